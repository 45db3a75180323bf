//! An app.toml gives an app, or errors that point into it.

use std::sync::Arc;

use landfall_config::{App, Overrides, read_app};
use landfall_diagnostics::{Diagnostic, Severity, Source, Span};

/// Bytes as an app.toml.
pub fn app_toml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let source = Source::new("app.toml", text);
    for overrides in [Overrides::default(), Overrides { version: Some("1.2.3".into()) }] {
        let (app, diagnostics) = read_app(&source, &overrides);
        let wrong = diagnostics.iter().any(|one| one.severity == Severity::Error);
        assert_eq!(app.is_some(), !wrong, "an app stands exactly where no error does");
        diagnostics.iter().for_each(|diagnostic| check_diagnostic(diagnostic, &source));
        app.iter().for_each(|app| check_app(app, &source));
    }
}

fn check_diagnostic(diagnostic: &Diagnostic, source: &Arc<Source>) {
    assert!(!diagnostic.message.is_empty() && !diagnostic.code.is_empty());
    assert!(diagnostic.to_string().contains(diagnostic.code));
    diagnostic.labels.iter().for_each(|label| check_span(&label.span, source));
}

fn check_app(app: &App, source: &Arc<Source>) {
    check_span(&app.name.span, source);
    app.environments.iter().for_each(|environment| check_span(&environment.span, source));
    app.inputs.values().for_each(|input| check_span(&input.span, source));
    app.layers.iter().for_each(|layer| check_span(&layer.name.span, source));
    let placements = app.layers.iter().flat_map(|layer| &layer.placements);
    placements.for_each(|placement| check_span(&placement.span, source));
}

fn check_span(span: &Span, source: &Arc<Source>) {
    let Span { start, end, .. } = *span;
    assert!(Arc::ptr_eq(&span.source, source), "{span} is of another file");
    assert!(source.text.get(start..end).is_some(), "{span} is not in the text: {start}..{end}");
}
