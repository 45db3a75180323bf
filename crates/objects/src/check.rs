//! What holds of all objects together, and what each gets.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use landfall_diagnostics::{Diagnostic, Span};
use serde_json::{Value, json};

use crate::rendered::{Content, Rendered};
use crate::scopes::{Scope, scope};
use crate::{Context, Object, images};

/// The label by which the objects of an app are found.
const NAME_LABEL: &str = "app.kubernetes.io/name";

/// The longest name (RFC 1123 as the API server has it: a subdomain).
const NAME_LIMIT_BYTES: usize = 253;

/// Judges documents, in order; what each becomes.
pub(crate) fn objects(
    documents: Vec<Rendered>,
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Object> {
    let mut first = BTreeMap::new();
    let mut objects = Vec::with_capacity(documents.len());
    for document in documents {
        let identity = judge(&document, context, problems);
        if let Some(identity) = &identity {
            match first.entry(identity.key()) {
                Entry::Vacant(entry) => drop(entry.insert(identity.place.clone())),
                Entry::Occupied(entry) => problems.push(twice(identity, entry.get())),
            }
        }
        objects.push(finish(document, identity.as_ref(), context));
    }
    objects
}

/// What an object is, as far as it could be read.
struct Identity {
    group: String,
    kind: String,
    name: String,
    /// Of its name.
    place: Span,
    scope: Scope,
}

impl Identity {
    /// Versions of a group are views of the same thing, and there is only the app's namespace.
    fn key(&self) -> (String, String, String) {
        (self.group.clone(), self.kind.clone(), self.name.clone())
    }
}

fn judge(
    document: &Rendered,
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Identity> {
    if document.is_broken() {
        return None;
    }
    if !matches!(document.content, Content::Map(_)) {
        problems.push(no_map(document));
        return None;
    }
    if document.get("kind").is_some_and(|kind| is_list(kind, document)) {
        problems.push(list(document));
        return None;
    }
    images::check(document, problems);
    let version = text(document, "apiVersion", "v1", problems);
    let kind = text(document, "kind", "ConfigMap", problems);
    let name = name(document, problems);
    let (version, kind) = (version?, kind?);
    let group = version.0.rsplit_once('/').map_or("", |(group, _)| group).to_owned();
    let scope = scope(&group, &kind.0);
    check_metadata(document, &kind.0, scope, context, problems);
    let (name, place) = name?;
    if !is_name(&name, &group) {
        problems.push(no_name(&name, &place));
    }
    Some(Identity { group, kind: kind.0, name, place, scope })
}

/// A text that every object has.
fn text(
    document: &Rendered,
    key: &'static str,
    example: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<(String, Span)> {
    match document.get(key) {
        Some(value) if value.is_broken() => None,
        Some(value) => match value.text().filter(|text| !text.is_empty()) {
            Some(text) => Some((text.to_owned(), value.span.clone())),
            None => {
                problems.push(no_text(key, value));
                None
            }
        },
        None => {
            problems.push(missing(key, &format!("{key}: {example}"), document));
            None
        }
    }
}

fn name(document: &Rendered, problems: &mut Vec<Diagnostic>) -> Option<(String, Span)> {
    let example = "metadata: { name: \"{{ Name }}\" }";
    let metadata = match document.get("metadata") {
        Some(metadata) if metadata.is_broken() => return None,
        Some(metadata) if !metadata.is_null() => metadata,
        _ => {
            problems.push(missing("metadata.name", example, document));
            return None;
        }
    };
    match metadata.get("name") {
        Some(name) if name.is_broken() => None,
        Some(name) => match name.text() {
            Some(text) => Some((text.to_owned(), name.span.clone())),
            None => {
                problems.push(no_text("metadata.name", name));
                None
            }
        },
        None => {
            problems.push(missing("metadata.name", example, metadata));
            None
        }
    }
}

fn check_metadata(
    document: &Rendered,
    kind: &str,
    scope: Scope,
    context: &Context<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(metadata) = document.get("metadata") else { return };
    if let Some(namespace) = metadata.get("namespace").filter(|found| !found.is_broken()) {
        problems.extend(wrong_namespace(namespace, kind, scope, context));
    }
    let label = metadata.get("labels").and_then(|labels| labels.get(NAME_LABEL));
    let label = label.filter(|label| !label.is_broken());
    if let Some(label) = label.filter(|label| label.text() != Some(context.app.as_str())) {
        problems.push(wrong_label(label, context));
    }
}

/// Names are subdomains; those of roles may hold what can stand between two slashes.
fn is_name(name: &str, group: &str) -> bool {
    if group == "rbac.authorization.k8s.io" {
        return !matches!(name, "" | "." | "..") && !name.contains(['/', '%']);
    }
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= NAME_LIMIT_BYTES && name.split('.').all(is_label)
}

/// `List`, `ConfigMapList`: several objects in one.
fn is_list(kind: &Rendered, document: &Rendered) -> bool {
    let is_called_so = kind.text().is_some_and(|kind| kind.ends_with("List"));
    is_called_so && document.get("items").is_some()
}

/// Gives an object its namespace, where it is sure to have one, and the label of the app. The other
/// marks come when it is planned, from whoever asks the cluster.
fn finish(document: Rendered, identity: Option<&Identity>, context: &Context<'_>) -> Object {
    let span = document.span.clone();
    let mut value = document.into_json();
    if let Some(Value::Object(metadata)) = value.get_mut("metadata") {
        if identity.is_some_and(|identity| identity.scope == Scope::Namespace) {
            metadata.insert("namespace".into(), context.environment.namespace.as_str().into());
        }
        let labels = metadata.entry("labels").or_insert(Value::Null);
        if labels.is_null() {
            *labels = json!({});
        }
        if let Value::Object(labels) = labels {
            labels.insert(NAME_LABEL.into(), context.app.as_str().into());
        }
    }
    Object { value, span }
}

fn list(document: &Rendered) -> Diagnostic {
    let kind = document.get("kind").map_or_else(|| document.span.clone(), |kind| kind.span.clone());
    Diagnostic::error("objects::list", "a list of objects stands in the place of one")
        .at(&kind, "a list")
        .help("write each of its items as a document of its own, with `---` between them")
}

fn missing(field: &str, example: &str, document: &Rendered) -> Diagnostic {
    let span = document.pairs().first().map_or(&document.span, |pair| &pair.place);
    let problem = Diagnostic::error("objects::identity", format!("the object has no `{field}`"));
    problem.at(span, "this one").help(format!("add `{example}`"))
}

fn no_map(document: &Rendered) -> Diagnostic {
    let kind = document.kind();
    Diagnostic::error(
        "objects::document",
        format!("an object is a map, and the document is {kind}"),
    )
    .at(&document.span, kind)
    .help("write a document for each object, with `---` between them")
}

fn no_text(field: &str, value: &Rendered) -> Diagnostic {
    let kind = match value.text() {
        Some(_) => "empty",
        None => value.kind(),
    };
    Diagnostic::error("objects::identity", format!("`{field}` is {kind}, and must be a text"))
        .at(&value.span, kind)
        .help("write a text; `| string` makes one of a number")
}

fn no_name(name: &str, place: &Span) -> Diagnostic {
    let message = format!("no object can be named `{}`", name.escape_debug());
    Diagnostic::error("objects::name", message).at(place, "not a name").help(
        "a name has lower-case letters, digits, inner dashes and dots, at most 253 characters",
    )
}

fn twice(again: &Identity, first: &Span) -> Diagnostic {
    let message = format!("two objects are `{} {}`", again.kind, again.name);
    Diagnostic::error("objects::duplicate", message)
        .at(&again.place, "again here")
        .at(first, "first here")
        .help("give one of them another name, or keep one of them with `$when`")
}

fn wrong_namespace(
    namespace: &Rendered,
    kind: &str,
    scope: Scope,
    context: &Context<'_>,
) -> Option<Diagnostic> {
    let own = context.environment.namespace.as_str();
    let problem = match scope {
        Scope::Cluster => {
            Diagnostic::error("objects::namespace", format!("a {kind} belongs to no namespace"))
                .at(&namespace.span, "a namespace")
        }
        _ if namespace.text() == Some(own) || namespace.is_null() => return None,
        _ => Diagnostic::error(
            "objects::namespace",
            format!("the object is for another namespace than the app's, `{own}`"),
        )
        .at(&namespace.span, "another namespace"),
    };
    Some(problem.help("take `namespace` away: objects go where the stage and the region say"))
}

fn wrong_label(label: &Rendered, context: &Context<'_>) -> Diagnostic {
    let app = context.app;
    let message = format!("the label `{NAME_LABEL}` is the app's name, `{app}`");
    Diagnostic::error("objects::label", message)
        .at(&label.span, "something else")
        .help("take it away: every object gets it; `app.kubernetes.io/component` tells parts apart")
}
