//! Templates of an app, the values of a region and a digest → Kubernetes objects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_config::environment::Environment;
use landfall_diagnostics::{Diagnostic, Source, Span};
use landfall_hashing::Digest;
use landfall_objects::{ConfigMapTemplate, Context, TemplateKind, Templates};
use serde_json::Value;

use crate::ledger::Running;
use crate::workspace::{Loaded, has_errors, read_text, warn};
use crate::{Error, Session, tag};

/// Where templates are that several apps use.
const SHARED: &str = "apps/shared";

/// An image as objects name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName {
    /// Of the image index.
    pub digest: Digest,
    /// As which version it was built.
    pub version: String,
}

impl ImageName {
    /// What people call it beside its digest.
    pub fn tag(&self) -> String {
        tag::of(&self.version, &self.digest)
    }

    /// The same as what a region runs.
    pub fn running(self, revision: Option<u64>) -> Running {
        Running { digest: self.digest, version: self.version, revision }
    }
}

impl From<Running> for ImageName {
    fn from(running: Running) -> Self {
        Self { digest: running.digest, version: running.version }
    }
}

/// Renders the objects of an app in a region, pinned to an image.
///
/// Fails with every problem of its templates; an app without objects is one.
pub fn render(
    session: &Session<'_>,
    loaded: &Loaded,
    environment: &Environment,
    image: &ImageName,
) -> Result<Vec<Value>, Error> {
    let templates = templates(session, loaded)?;
    let tag = image.tag();
    let context = Context {
        app: &loaded.app.name.value,
        version: &image.version,
        tag: &tag,
        digest: image.digest,
        environment,
    };
    let (objects, problems) = landfall_objects::render(&templates, &context);
    warn(session, &problems);
    match objects {
        Some(objects) if !has_errors(&problems) => {
            Ok(objects.into_iter().map(|object| object.value).collect())
        }
        _ => Err(Error::Problems(problems)),
    }
}

/// Whether the objects of every region can be rendered, where the app has any. So a value that is
/// missing in one region is found before an image goes anywhere.
pub(crate) fn check_rendering(
    session: &Session<'_>,
    loaded: &Loaded,
    environments: &[Environment],
    image: &ImageName,
) -> Result<(), Error> {
    if !has_objects(loaded) {
        return Ok(());
    }
    let rendered = environments.iter().map(|one| render(session, loaded, one, image));
    match crate::error::all(rendered) {
        Ok(_) => Ok(()),
        Err(mut errors) => Err(errors.swap_remove(0)),
    }
}

fn has_objects(loaded: &Loaded) -> bool {
    loaded.app.objects.is_some() || !loaded.app.templates.is_empty()
}

/// Every text that an app's objects are made of.
fn templates(session: &Session<'_>, loaded: &Loaded) -> Result<Templates, Error> {
    let app = &loaded.app;
    if !has_objects(loaded) {
        return Err(no_objects(loaded).into());
    }
    let place = Path::new("apps").join(app.name.value.as_str());
    let mut config_maps = BTreeMap::new();
    for (name, config) in &app.config_maps {
        let mut files = BTreeMap::new();
        for file in &config.files {
            let shown = place.join(file.source.value.as_str());
            let source = text(session, &shown, &file.source.span)?;
            files.insert(file.key.value.clone(), source);
        }
        let template = ConfigMapTemplate { span: config.span.clone(), files };
        config_maps.insert(name.clone(), template);
    }
    let own = match &app.objects {
        Some(objects) => folder(session, &place.join(objects.value.as_str()), &objects.span)?,
        None => Vec::new(),
    };
    let shared = app
        .templates
        .iter()
        .map(|name| folder(session, &Path::new(SHARED).join(name.value.as_str()), &name.span));
    Ok(Templates { own, shared: shared.collect::<Result<_, _>>()?, config_maps })
}

/// The templates of a folder and of those in it. Other files are let be: ConfigMaps are made of
/// some.
fn folder(session: &Session<'_>, shown: &Path, named: &Span) -> Result<Vec<Arc<Source>>, Error> {
    let mut files = Vec::new();
    collect(&session.workspace, shown, &mut files)
        .map_err(|error| unreadable(shown, named, &error.to_string()))?;
    files.retain(|path| TemplateKind::of(path).is_some());
    if files.is_empty() {
        return Err(unreadable(shown, named, "it holds no `*.yaml` and no `*.yaml.j2`").into());
    }
    files.iter().map(|path| text(session, path, named)).collect()
}

fn collect(workspace: &Path, shown: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<_> =
        std::fs::read_dir(workspace.join(shown))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = shown.join(entry.file_name());
        // A link is followed nowhere: what is reviewed stands in this folder.
        match entry.file_type()? {
            kind if kind.is_dir() => collect(workspace, &path, files)?,
            kind if kind.is_file() => files.push(path),
            _ => {}
        }
    }
    Ok(())
}

fn text(session: &Session<'_>, shown: &Path, named: &Span) -> Result<Arc<Source>, Error> {
    let path = session.workspace.join(shown);
    if !path.exists() {
        return Err(unreadable(shown, named, "it is not there").into());
    }
    Ok(Source::new(shown, read_text(&path, shown)?))
}

fn unreadable(shown: &Path, named: &Span, reason: &str) -> Diagnostic {
    let message = format!("`{}` cannot be used: {reason}", shown.display());
    Diagnostic::error("objects::missing", message).at(named, "named here")
}

fn no_objects(loaded: &Loaded) -> Diagnostic {
    let name = &loaded.app.name;
    Diagnostic::error(
        "objects::none",
        format!("the app `{}` has no Kubernetes objects", name.value),
    )
    .at(&name.span, "nothing can be rendered for it")
    .help("write `objects = \"objects/\"` below `[kubernetes]`, and templates into that folder")
}

/// Objects as YAML documents, as people read them.
///
/// Fails where an object has no form in YAML, which none of JSON is.
pub fn as_yaml(objects: &[Value]) -> Result<String, Error> {
    let mut text = String::new();
    for object in objects {
        // An image's name is long, and reads better in its line than folded below it.
        let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
        let document = serde_saphyr::to_string_with_options(object, options).map_err(|source| {
            Error::Yaml {
                object: object["kind"].as_str().unwrap_or_default().into(),
                reason: source.to_string(),
            }
        })?;
        text.push_str("---\n");
        text.push_str(&document);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use landfall_diagnostics::Source;
    use serde_json::{Value, json};

    use super::as_yaml;

    /// What an older reader would take for something else than a text is in quotes.
    #[test]
    fn what_is_written_is_read_as_the_same_by_a_strict_reader() {
        let texts =
            "yes no on off y n 0644 0o644 1_000 12:30:45 1e3 .5 ~ null true = << 1.10 -.inf 0x1f";
        let mut values: Vec<Value> = texts.split(' ').map(Value::from).collect();
        let more = [
            "",
            " a",
            "a: b",
            "a #b",
            "- a",
            "a\nb\n",
            "{{ x }}",
            "é\u{85}\u{2028}",
            "#",
            "!a",
            "&a",
            "*a",
        ];
        values.extend(more.map(Value::from));
        values.extend([
            json!(1),
            json!(-3),
            json!(true),
            json!(null),
            json!([]),
            json!({}),
            json!([{}]),
        ]);
        let object =
            json!({ "kind": "ConfigMap", "values": values, "yes": "no", "0644": { "on": 1 } });
        let text = as_yaml(std::slice::from_ref(&object)).unwrap();
        let (documents, problems) = landfall_yaml::read(&Source::new("written.yaml", &text));
        assert_eq!((documents.len(), problems.as_slice()), (1, &[][..]), "{text}");
        assert_eq!(read(&documents[0].root), object, "{text}");
    }

    fn read(node: &landfall_yaml::Node) -> Value {
        use landfall_yaml::{Content, Value as Scalar};
        match &node.content {
            Content::Mapping(entries) => {
                entries.iter().map(|one| (one.key.text.clone(), read(&one.value))).collect()
            }
            Content::Sequence(items) => items.iter().map(read).collect(),
            Content::Scalar(scalar) => match scalar.value {
                Scalar::Null => Value::Null,
                Scalar::Boolean(boolean) => boolean.into(),
                Scalar::Integer(integer) => integer.into(),
                Scalar::Float(float) => float.into(),
                Scalar::Text => scalar.text.clone().into(),
            },
        }
    }
}
