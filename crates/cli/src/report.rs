//! A failure in words and as an exit status: headline, causes, then the ways out.

use std::error::Error as _;
use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use landfall_diagnostics::{Diagnostic, Label, Severity};
use landfall_pipeline::Error;

use crate::failure::Failure;
use crate::printer::{Printer, clean, clean_line};

/// Says what went wrong and gives the exit status.
pub fn report(printer: &Printer, failure: &Failure) -> ExitCode {
    match failure {
        Failure::Front { message, causes, hints, .. } => headline(printer, message, causes, hints),
        Failure::Pipeline(error) => one(printer, error),
        Failure::Several(errors) => errors.iter().for_each(|error| one(printer, error)),
    }
    ExitCode::from(failure.status())
}

fn one(printer: &Printer, error: &Error) {
    match error {
        Error::Problems(problems) => {
            problems.iter().for_each(|problem| printer.complain(&render(printer, problem)))
        }
        // A program's words may be many lines, so they are shown as a cause.
        Error::ProgramFailed { program, message } => {
            headline(printer, &format!("{program} failed"), std::slice::from_ref(message), &[]);
        }
        error => headline(
            printer,
            &error.to_string(),
            &causes(error),
            &error.hint().into_iter().collect::<Vec<_>>(),
        ),
    }
}

fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}

fn headline(printer: &Printer, message: &str, causes: &[String], hints: &[String]) {
    let (start, end) = if printer.colour { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
    printer.complain(&format!("{start}error{end}: {}", clean_line(message)));
    for (index, cause) in causes.iter().enumerate() {
        printer.complain(&format!("  {}: {}", index + 1, clean(cause).replace('\n', "\n     ")));
    }
    for hint in hints {
        printer.complain(&format!("help: {}", clean_line(hint)));
    }
}

/// A problem with its places, as rustc shows one.
pub fn render(printer: &Printer, problem: &Diagnostic) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = clean_line(&problem.message);
    let helps: Vec<_> = problem.helps.iter().map(|help| clean(help)).collect();
    let sources = sources(&problem.labels);
    let title = level.primary_title(message.as_str()).id(problem.code);
    let snippets = sources.iter().map(SourceLabels::snippet);
    let group = snippets.fold(Group::with_title(title), Group::element);
    let group =
        helps.iter().fold(group, |group, help| group.element(Level::HELP.message(help.as_str())));
    let renderer = if printer.colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

/// The labels of one file.
struct SourceLabels {
    path: String,
    text: String,
    labels: Vec<(std::ops::Range<usize>, String)>,
}

impl SourceLabels {
    fn snippet(&self) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let snippet = Snippet::source(self.text.as_str()).path(self.path.as_str()).line_start(1);
        let mut kinds = std::iter::once(AnnotationKind::Primary)
            .chain(std::iter::repeat(AnnotationKind::Context));
        self.labels.iter().fold(snippet, |snippet, (range, text)| {
            let kind = kinds.next().unwrap_or(AnnotationKind::Context);
            snippet.annotation(kind.span(range.clone()).label(text.as_str()))
        })
    }
}

fn sources(labels: &[Label]) -> Vec<SourceLabels> {
    let mut sources: Vec<SourceLabels> = Vec::new();
    for label in labels {
        let path = clean_line(&label.span.source.path.display().to_string());
        let place =
            (label.span.start..label.span.end.max(label.span.start), clean_line(&label.text));
        match sources.iter_mut().find(|source| source.path == path) {
            Some(source) => source.labels.push(place),
            None => sources.push(SourceLabels {
                path,
                text: clean(&label.span.source.text),
                labels: vec![place],
            }),
        }
    }
    sources
}
