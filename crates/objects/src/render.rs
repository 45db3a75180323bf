//! From templates to objects.

use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Severity, Source, Span};

use crate::engine::Engine;
use crate::rendered::Rendered;
use crate::{Context, Object, TemplateKind, Templates, check, config_map, document, text};

/// Renders the objects of an app in one region, and says everything that is wrong with them.
///
/// First the ConfigMaps by their names in app.toml, then the shared folders in their order, then
/// the app's own; files by path, documents as they stand. There are objects where no diagnostic is
/// an error. Each has the app's namespace, unless its kind has none or only a cluster can tell, and
/// the label `app.kubernetes.io/name`.
pub fn render(
    templates: &Templates,
    context: &Context<'_>,
) -> (Option<Vec<Object>>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let engine = Engine::new(context, None);
    let (mut documents, names) = config_map::render(&templates.config_maps, &engine, &mut problems);
    let engine = Engine::new(context, Some(names));
    for folder in templates.shared.iter().chain([&templates.own]) {
        for source in by_path(folder) {
            let mut found = Vec::new();
            documents.extend(file(source, &engine, &mut found));
            // The syntax of all documents was judged before any expression.
            found.sort_by_key(|one| one.labels.first().map(|label| label.span.start));
            problems.extend(found);
        }
    }
    let objects = check::objects(documents, context, &mut problems);
    let has_error = problems.iter().any(|problem| problem.severity == Severity::Error);
    ((!has_error).then_some(objects), problems)
}

fn by_path(folder: &[Arc<Source>]) -> Vec<&Arc<Source>> {
    let mut sources: Vec<_> = folder.iter().collect();
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

fn file(
    source: &Arc<Source>,
    engine: &Engine<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Rendered> {
    match TemplateKind::of(&source.path) {
        Some(TemplateKind::Text) => text::render(source, engine, problems),
        Some(TemplateKind::Yaml) => {
            let (documents, found) = landfall_yaml::read(source);
            problems.extend(found);
            let rendered = documents.iter().map(|one| document::render(one, engine, problems));
            rendered.collect::<Vec<_>>().into_iter().flatten().collect()
        }
        None => {
            problems.push(no_template(source));
            Vec::new()
        }
    }
}

fn no_template(source: &Arc<Source>) -> Diagnostic {
    Diagnostic::error("objects::file", "the file is no template of objects")
        .at(&Span::new(source, 0..0), "this file")
        .help("let its name end with `.yaml` or `.yaml.j2`, or put it elsewhere")
}
