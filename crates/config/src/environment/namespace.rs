//! The namespace of an app, as a name with holes.

use std::str::FromStr;

use crate::Name;
use crate::problems::Reason;

/// The grammar of [`NamespaceTemplate`], for the schema.
pub(crate) const PATTERN: &str = "^([a-z0-9-]|\\{\\{ *(Name|STAGE|REGION) *\\}\\})+$";

/// The longest label that Kubernetes takes for a namespace (RFC 1123).
const LIMIT_BYTES: usize = 63;

/// What can stand in a hole.
const HOLES: [&str; 3] = ["Name", "STAGE", "REGION"];

/// `{{ Name }}`, `{{ STAGE }}-{{ Name }}`, `web`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name,
    Stage,
    Region,
}

impl NamespaceTemplate {
    /// `{{ Name }}`: each app has a namespace of its own name.
    pub(crate) fn own() -> Self {
        Self(vec![Part::Name])
    }

    /// The namespace of an app, where what comes out can be one.
    pub(crate) fn render(
        &self,
        app: &Name,
        stage: &Name,
        region: &Name,
    ) -> Result<String, NamespaceError> {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text,
            Part::Name => app.as_str(),
            Part::Stage => stage.as_str(),
            Part::Region => region.as_str(),
        });
        let namespace: String = parts.collect();
        match () {
            () if !is_label(&namespace) => Err(NamespaceError::Label { namespace }),
            () if namespace.starts_with("kube-") => Err(NamespaceError::OfCluster { namespace }),
            () => Ok(namespace),
        }
    }
}

fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LIMIT_BYTES).contains(&text.len())
        && text.bytes().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl FromStr for NamespaceTemplate {
    type Err = NamespaceError;

    fn from_str(text: &str) -> Result<Self, NamespaceError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, opened)) = rest.split_once("{{") {
            let (hole, after) = opened
                .split_once("}}")
                .ok_or_else(|| NamespaceError::Unclosed { namespace: text.into() })?;
            parts.push(Part::Text(literal(before, text)?));
            parts.push(part(hole.trim())?);
            rest = after;
        }
        parts.push(Part::Text(literal(rest, text)?));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        let is_empty = parts.is_empty();
        (!is_empty)
            .then_some(Self(parts))
            .ok_or_else(|| NamespaceError::Label { namespace: text.to_owned() })
    }
}

fn literal(part: &str, whole: &str) -> Result<String, NamespaceError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let label = || NamespaceError::Label { namespace: whole.to_owned() };
    part.bytes().all(fits).then(|| part.to_owned()).ok_or_else(label)
}

fn part(hole: &str) -> Result<Part, NamespaceError> {
    match hole {
        "Name" => Ok(Part::Name),
        "STAGE" => Ok(Part::Stage),
        "REGION" => Ok(Part::Region),
        _ => Err(NamespaceError::Hole { hole: hole.to_owned() }),
    }
}

/// Why something is no namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum NamespaceError {
    #[error("`{}` is no namespace", namespace.escape_debug())]
    Label { namespace: String },
    #[error("`{namespace}` is a namespace of the cluster's own")]
    OfCluster { namespace: String },
    #[error("`{}` opens a hole that does not end", namespace.escape_debug())]
    Unclosed { namespace: String },
    #[error("a namespace cannot ask for `{}`", hole.escape_debug())]
    Hole { hole: String },
}

impl Reason for NamespaceError {
    const CODE: &'static str = "environment::namespace";
    const LABEL: &'static str = "not a namespace";

    fn helps(&self) -> Vec<String> {
        let way_out = match self {
            Self::Label { .. } => format!(
                "a namespace has lower-case letters, digits and inner dashes, at most \
                 {LIMIT_BYTES}, as in `{{{{ STAGE }}}}-{{{{ Name }}}}`"
            ),
            Self::OfCluster { .. } => "choose a name that does not begin with `kube-`".to_owned(),
            Self::Unclosed { .. } => "close it with `}}`".to_owned(),
            Self::Hole { hole } => {
                let meant = crate::nearest(hole, HOLES);
                let known = "it can ask for `Name`, `STAGE` and `REGION`".to_owned();
                let meant = meant.map(|meant| format!("did you mean `{meant}`?"));
                return meant.into_iter().chain([known]).collect();
            }
        };
        vec![way_out]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str) -> Result<String, NamespaceError> {
        let [app, stage, region] = ["myapp", "prod", "london"].map(|name| name.parse().unwrap());
        template.parse::<NamespaceTemplate>()?.render(&app, &stage, &region)
    }

    #[test]
    fn holes_are_filled() {
        assert_eq!(render("{{ Name }}").unwrap(), "myapp");
        assert_eq!(render("{{STAGE}}-{{ Name }}-{{  REGION}}2").unwrap(), "prod-myapp-london2");
        assert_eq!(render("web").unwrap(), "web");
    }

    #[test]
    fn what_is_no_namespace_is_refused() {
        for text in
            ["", "-{{ Name }}", "{{ Name }}-", "Web", "a.b", "{{ Name", "{{ }}", "{{ name }}"]
        {
            assert!(render(text).is_err(), "{text}");
        }
        assert!(render(&"x".repeat(64)).is_err());
        let system = Err(NamespaceError::OfCluster { namespace: "kube-system".into() });
        assert_eq!(render("kube-system"), system);
    }
}
