//! Templates: URLs of inputs, and files inside the image.
//!
//! Strict: an undefined name is an error at its place. A name that only a stage or a region could
//! give is an error of its own, because an image knows neither.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source, Span};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Template, UndefinedBehavior};

pub use minijinja::Value;

/// More steps than any sensible template takes; ends endless loops. Values cost, too: one step is
/// 64 bytes of a text that is made, or one to two places of a list.
const FUEL: u64 = 2_000_000;

/// No file inside an image that a person writes a template for is longer.
const LIMIT_BYTES: usize = 16 << 20;

/// Names that Kubernetes object templates have and images must not.
const STAGE_NAMES: [&str; 9] = [
    "AppName",
    "AwsEcrPrefix",
    "DnsDomain",
    "Image",
    "REGION",
    "STAGE",
    "SubDomain",
    "Tag",
    "Values",
];

/// Renders a file's text over the given names.
///
/// Gives the text, or every problem that can be found without rendering further.
pub fn render(
    source: &Arc<Source>,
    names: &BTreeMap<String, Value>,
) -> Result<String, Vec<Diagnostic>> {
    let environment = environment();
    let parsed = environment.template_from_named_str("template", &source.text);
    let template = parsed.map_err(|error| vec![problem(source, names, &error)])?;
    let stage_names = stage_names(source, &template.undeclared_variables(false), names);
    if !stage_names.is_empty() {
        return Err(stage_names);
    }
    bounded(&template, names).map_err(|error| vec![problem(source, names, &error)])
}

/// What a template renders to, which ends where nobody meant it to be that long.
fn bounded(
    template: &Template<'_, '_>,
    names: &BTreeMap<String, Value>,
) -> Result<String, minijinja::Error> {
    let failed = |reason| minijinja::Error::new(ErrorKind::WriteFailure, reason);
    let mut output = Bounded { bytes: Vec::new(), full: false };
    let rendered = template.render_captured_to(Value::from(names.clone()), &mut output);
    match rendered {
        Err(_) if output.full => return Err(failed("more than 16 MiB come out of it")),
        rendered => drop(rendered?),
    }
    String::from_utf8(output.bytes).map_err(|_| failed("what comes out of it is not UTF-8"))
}

struct Bounded {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.full |= bytes.len() > LIMIT_BYTES - self.bytes.len();
        if self.full {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Renders a text that stands in another file, at `span`; problems point there.
pub fn render_inline(
    span: &Span,
    text: &str,
    names: &BTreeMap<String, Value>,
) -> Result<String, Diagnostic> {
    let environment = environment();
    let rendered = environment
        .template_from_named_str("template", text)
        .and_then(|template| bounded(&template, names));
    rendered.map_err(|error| {
        Diagnostic::error("template::invalid", reason(&error))
            .at(span, "in this text")
            .help(format!("the names here are: {}", known(names)))
    })
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax());
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    // It would write what it finds in the engine.
    environment.remove_global("debug");
    environment
}

/// As Ansible sets Jinja2: a file keeps its last line feed, and a line of `{% … %}` leaves no empty line.
fn syntax() -> SyntaxConfig {
    let built = SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).build();
    built.expect("the delimiters are the default ones")
}

fn stage_names(
    source: &Arc<Source>,
    used: &std::collections::HashSet<String>,
    names: &BTreeMap<String, Value>,
) -> Vec<Diagnostic> {
    let foreign =
        STAGE_NAMES.iter().filter(|name| used.contains(**name) && !names.contains_key(**name));
    foreign.map(|name| stage_name(source, name)).collect()
}

fn stage_name(source: &Arc<Source>, name: &str) -> Diagnostic {
    let place = place_of(&source.text, name);
    Diagnostic::error("template::stage-value", format!("`{name}` differs between stages, and an image knows no stage"))
        .at(&Span::new(source, place), "not known inside an image")
        .help("one digest goes from dev to prod: put what differs into the objects, as an environment variable or a ConfigMap")
        .help("what is the same everywhere belongs into `[image.values]` of app.toml")
}

/// Where a name is first used inside `{{ }}` or `{% %}`; the file's start where that is not found.
fn place_of(text: &str, name: &str) -> std::ops::Range<usize> {
    let word = |start: usize| {
        let boundary = |symbol: Option<char>| {
            !symbol.is_some_and(|symbol| symbol.is_alphanumeric() || symbol == '_')
        };
        let before = &text[..start];
        boundary(before.chars().next_back())
            && boundary(text[start + name.len()..].chars().next())
            && before.rfind(['{']).is_some_and(|open| !before[open..].contains('}'))
    };
    let found = text.match_indices(name).map(|(start, _)| start).find(|start| word(*start));
    found.map_or(0..0, |start| start..start + name.len())
}

fn problem(
    source: &Arc<Source>,
    names: &BTreeMap<String, Value>,
    error: &minijinja::Error,
) -> Diagnostic {
    let line_start = || {
        let before =
            source.text.split_inclusive('\n').take(error.line().unwrap_or(1).saturating_sub(1));
        let start = before.map(str::len).sum();
        start..start
    };
    let span = Span::new(source, error.range().unwrap_or_else(line_start));
    let diagnostic = Diagnostic::error(code(error), reason(error)).at(&span, "here");
    match error.kind() {
        ErrorKind::UndefinedError => diagnostic
            .help(format!("the names here are: {}", known(names)))
            .help("add the name to `[image.values]` of app.toml, or give it a default: `{{ name | default(…) }}`"),
        ErrorKind::SyntaxError => diagnostic.help("write `{% raw %}…{% endraw %}` around braces that are meant as they are"),
        _ => diagnostic,
    }
}

fn code(error: &minijinja::Error) -> &'static str {
    match error.kind() {
        ErrorKind::UndefinedError => "template::undefined",
        ErrorKind::SyntaxError => "template::syntax",
        _ => "template::invalid",
    }
}

/// The engine's words without the variables that its long form would print.
fn reason(error: &minijinja::Error) -> String {
    error
        .detail()
        .map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()))
}

fn known(names: &BTreeMap<String, Value>) -> String {
    names.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> BTreeMap<String, Value> {
        [("Name", "myapp"), ("Version", "1.0.0")]
            .map(|(name, value)| (name.into(), value.into()))
            .into()
    }

    fn check(text: &str) -> Result<String, String> {
        let rendered = render(&Source::new("templates/x", text), &names());
        rendered.map_err(|problems| {
            problems
                .iter()
                .map(|problem| format!("{} {}", problem.code, problem.labels[0].span))
                .collect::<Vec<_>>()
                .join("\n")
        })
    }

    #[test]
    fn renders_what_is_known_and_nothing_else() {
        for (text, wanted) in [
            ("{{ Name }}-{{ Version }}\n", Ok("myapp-1.0.0\n")),
            ("<{{ '&' }}>", Ok("<&>")),
            ("a\n{{ nobody }}", Err("template::undefined templates/x:2:4")),
            ("{% if nobody %}x{% endif %}", Err("template::undefined templates/x:1:7")),
            ("{{ nobody | default('x') }}", Ok("x")),
            ("{{ ", Err("template::syntax templates/x:1:1")),
            ("STAGE {{ STAGE }}", Err("template::stage-value templates/x:1:10")),
            (
                "{% for x in range(99999999) %}{% endfor %}",
                Err("template::invalid templates/x:1:13"),
            ),
            ("{{ [[1]*1000000]*1000000 }}", Err("template::invalid templates/x:1:1")),
            (
                "{% for x in range(90000) %}{{ 'x' * 200 }}{% endfor %}",
                Err("template::invalid templates/x:1:1"),
            ),
            (
                "{{ ('x' * 90000000) ~ ('x' * 90000000) }}",
                Err("template::invalid templates/x:1:24"),
            ),
            ("{{ debug() }}", Err("template::invalid templates/x:1:4")),
        ] {
            assert_eq!(check(text), wanted.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }
}
