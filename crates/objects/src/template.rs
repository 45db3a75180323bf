//! What objects are made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use landfall_config::Name;
use landfall_diagnostics::{Source, Span};

/// The texts of an app's templates, with their paths below the workspace.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    /// Of each folder of `apps/shared/` that the app names, in the order in which it does.
    pub shared: Vec<Vec<Arc<Source>>>,
    /// Of the app's own folder of objects.
    pub own: Vec<Arc<Source>>,
    /// `[kubernetes.config.NAME]`.
    pub config_maps: BTreeMap<Name, ConfigMapTemplate>,
}

/// The templates of one ConfigMap.
#[derive(Debug, Clone)]
pub struct ConfigMapTemplate {
    /// Where app.toml asks for it.
    pub span: Span,
    /// By the key that each becomes.
    pub files: BTreeMap<String, Arc<Source>>,
}

/// The two kinds of templates of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateKind {
    /// `*.yaml`, `*.yml`: YAML, with expressions in its scalars.
    Yaml,
    /// `*.yaml.j2`, `*.yml.j2`: a text that becomes YAML.
    Text,
}

impl TemplateKind {
    /// The kind of a file by its name; none where it is no template of objects.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (plain, kind) = match name.strip_suffix(".j2") {
            Some(plain) => (plain, Self::Text),
            None => (name, Self::Yaml),
        };
        (plain.ends_with(".yaml") || plain.ends_with(".yml")).then_some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_kind() {
        for (path, kind) in [
            ("a/b.yaml", Some(TemplateKind::Yaml)),
            ("b.yml", Some(TemplateKind::Yaml)),
            ("b.yaml.j2", Some(TemplateKind::Text)),
            ("b.yml.j2", Some(TemplateKind::Text)),
            ("b.j2", None),
            ("server.conf", None),
            ("yaml", None),
        ] {
            assert_eq!(TemplateKind::of(Path::new(path)), kind, "{path}");
        }
    }
}
