//! Templates that are a text first: rendered as a whole, then read as YAML.

use std::ops::Range;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Label, Source, Span};
use landfall_yaml::{Content as Node, Value};
use minijinja::{OutputSpan, OutputSpanKind};
use serde_json::Value as Json;

use crate::engine::Engine;
use crate::json;
use crate::problem;
use crate::rendered::{Content, Pair, Rendered};
use crate::site::Site;

/// Renders a whole text; what is wrong with it points into it.
pub(crate) fn render_text(
    source: &Arc<Source>,
    engine: &Engine<'_>,
) -> Result<(String, Vec<OutputSpan>), Diagnostic> {
    engine.render(source).map_err(|failure| {
        let site = Site::of_file(Span::new(source, 0..source.text.len()));
        problem::failure(&failure, &site, engine)
    })
}

/// Renders a template and reads what comes out; every place is one in the template.
pub(crate) fn render(
    source: &Arc<Source>,
    engine: &Engine<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Rendered> {
    let (text, spans) = match render_text(source, engine) {
        Ok(rendered) => rendered,
        Err(problem) => {
            problems.push(problem);
            return Vec::new();
        }
    };
    let way_back = WayBack { template: source, spans };
    let (documents, found) = landfall_yaml::read(&Source::new(&source.path, text));
    problems.extend(found.into_iter().map(|problem| way_back.problem(problem)));
    let roots = documents.into_iter().map(|document| way_back.node(document.root));
    roots.filter(|root| !root.is_null()).collect()
}

/// From places in what came out to places in the template.
struct WayBack<'a> {
    template: &'a Arc<Source>,
    spans: Vec<OutputSpan>,
}

impl WayBack<'_> {
    /// Where it was written, or the expression that gave it.
    fn span(&self, rendered: &Span) -> Span {
        let at = self.spans.partition_point(|span| span.output_range().end <= rendered.start);
        let Some(found) = self.spans.get(at).or(self.spans.last()) else {
            return Span::new(self.template, 0..0);
        };
        let range = match found.kind() {
            OutputSpanKind::Raw => shifted(found, rendered.start..rendered.end),
            _ => found.source_range(),
        };
        let end = self.template.text.floor_char_boundary(range.end);
        let start = self.template.text.floor_char_boundary(range.start.min(end));
        Span::new(self.template, start..end)
    }

    /// The message shows the line that was read: it may be nowhere in the template.
    fn problem(&self, problem: Diagnostic) -> Diagnostic {
        let place = problem.labels.first().map(|label| label.span.clone());
        let line = place.map(|place| {
            let (number, _) = place.source.line_column(place.start);
            let line = place.source.text.lines().nth(number - 1).unwrap_or_default();
            format!(
                ", in line {number} of what the template gives: `{}`",
                line.trim().escape_debug()
            )
        });
        let labels = problem
            .labels
            .iter()
            .map(|label| Label { span: self.span(&label.span), text: label.text.clone() });
        Diagnostic {
            message: problem.message.clone() + &line.unwrap_or_default(),
            labels: labels.collect(),
            ..problem
        }
    }

    /// A text has no expressions and no directives any more.
    fn node(&self, node: landfall_yaml::Node) -> Rendered {
        let span = self.span(&node.span);
        let content = match node.content {
            Node::Mapping(entries) => Content::Map(
                entries
                    .into_iter()
                    .map(|entry| Pair {
                        place: self.span(&entry.key.span),
                        key: entry.key.text,
                        value: self.node(entry.value),
                    })
                    .collect(),
            ),
            Node::Sequence(items) => {
                Content::List(items.into_iter().map(|item| self.node(item)).collect())
            }
            Node::Scalar(scalar) => Content::Plain(match scalar.value {
                Value::Null => Json::Null,
                Value::Boolean(boolean) => boolean.into(),
                Value::Integer(integer) => integer.into(),
                Value::Float(float) => json::float(float).map_or(Json::Null, Json::Number),
                Value::Text => scalar.text.into(),
            }),
        };
        Rendered { span, content }
    }
}

/// A range of the output as one of the source, as far as it was written there.
fn shifted(found: &OutputSpan, rendered: Range<usize>) -> Range<usize> {
    let (output, source) = (found.output_range(), found.source_range());
    let start = source.start + rendered.start.clamp(output.start, output.end) - output.start;
    let end = source.start + rendered.end.clamp(output.start, output.end) - output.start;
    start..end.max(start)
}
