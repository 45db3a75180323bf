//! What AWS calls a region.

use std::str::FromStr;

use crate::problems::Reason;

/// The grammar of [`AwsRegion`], for the schema.
pub(crate) const PATTERN: &str = "^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$";

/// `eu-west-2`, `us-gov-west-1`.
pub(crate) struct AwsRegion(pub(crate) String);

impl FromStr for AwsRegion {
    type Err = AwsRegionError;

    fn from_str(text: &str) -> Result<Self, AwsRegionError> {
        let parts: Vec<_> = text.split('-').collect();
        let is_word =
            |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
        let is_region = match parts.as_slice() {
            [area, words @ .., number] => {
                area.len() >= 2
                    && is_word(area)
                    && !words.is_empty()
                    && words.iter().all(is_word)
                    && (1..=2).contains(&number.len())
                    && number.bytes().all(|byte| byte.is_ascii_digit())
            }
            _ => false,
        };
        is_region.then(|| Self(text.to_owned())).ok_or_else(|| AwsRegionError { text: text.into() })
    }
}

/// A text that is no region's name at AWS.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no AWS region", text.escape_debug())]
pub(crate) struct AwsRegionError {
    text: String,
}

impl Reason for AwsRegionError {
    const CODE: &'static str = "environment::aws-region";
    const LABEL: &'static str = "not a region's name";

    fn helps(&self) -> Vec<String> {
        vec!["write it as AWS does, as in `eu-west-2`".to_owned()]
    }
}
