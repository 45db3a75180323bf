//! The tags of a repository.

use landfall_transport::Address;
use reqwest::header::LINK;
use reqwest::{Method, Response};
use serde::Deserialize;

use crate::call::Call;
use crate::{Registry, RegistryError, Repository, RequestError, Tag, answer, route};

const PAGE_LIMIT_BYTES: u64 = 4 << 20;
const PAGES: usize = 1000;

#[derive(Deserialize)]
struct Page {
    /// Some registries write `null` where there are none.
    tags: Option<Vec<String>>,
}

impl Registry {
    /// All tags of a repository, in the registry's order; none where there is no such repository.
    ///
    /// # Errors
    /// What comes is no list of tags, or never ends.
    pub async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>, RegistryError> {
        let doing = format!("list the tags of {repository}");
        self.insist(&doing, async || self.list(repository).await).await
    }

    async fn list(&self, repository: &Repository) -> Result<Vec<Tag>, RequestError> {
        let mut call = Call::reading(Method::GET, self.endpoint(), repository, "tags/list");
        let mut tags = Vec::new();
        for _ in 0..PAGES {
            let response = self.want(&call, &[200, 404]).await?;
            if response.status().as_u16() == 404 {
                return Ok(tags);
            }
            let next = next(&response, &call.address)?;
            tags.extend(self.page(response).await?);
            match next {
                Some(address) if address.same_origin(&call.address) => call.address = address,
                _ => return Ok(tags),
            }
        }
        Err(RequestError::OverLimit { limit_bytes: PAGE_LIMIT_BYTES * PAGES as u64 })
    }

    async fn page(&self, response: Response) -> Result<Vec<Tag>, RequestError> {
        let bytes = answer::read(response, PAGE_LIMIT_BYTES, self.client.limits()).await?;
        let page: Page =
            serde_json::from_slice(&bytes).map_err(|source| RequestError::Tags { source })?;
        let tags = page.tags.unwrap_or_default();
        Ok(tags.iter().map(|tag| tag.parse()).collect::<Result<_, _>>()?)
    }
}

/// `<URL>; rel="next"` (RFC 8288, section 3).
fn next(response: &Response, from: &Address) -> Result<Option<Address>, RequestError> {
    let links = response.headers().get_all(LINK).iter().filter_map(|link| link.to_str().ok());
    let next = links.flat_map(|link| link.split(',')).find_map(target);
    next.map(|link| route::join(from, link)).transpose()
}

fn target(link: &str) -> Option<&str> {
    let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
    let next = |parameter: &str| matches!(parameter.trim(), r#"rel="next""# | "rel=next");
    parameters.split(';').any(next).then_some(target)
}
