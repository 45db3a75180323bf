//! The template language: MiniJinja, strict, with nothing that reaches outside.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use landfall_diagnostics::Source;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, OutputSpan, UndefinedBehavior, Value};

use crate::journal::{Asked, Journal};
use crate::json::{self, Refusal};
use crate::{Context, names, omit};

/// More steps than any sensible template takes; ends endless loops.
pub(crate) const FUEL: u64 = 1_000_000;

/// Evaluates expressions and texts over the names of one context.
pub(crate) struct Engine<'a> {
    pub context: Context<'a>,
    /// The names of the ConfigMaps; none while they are rendered themselves.
    pub config: Option<BTreeMap<String, String>>,
    environment: Environment<'static>,
    names: Value,
    journal: Arc<Journal>,
}

/// Why nothing came out, and what was asked for until then.
#[derive(Debug)]
pub(crate) struct Failure {
    pub cause: Cause,
    /// Where in the template, as far as that is known.
    pub range: Option<Range<usize>>,
    pub asked: Vec<Asked>,
}

/// What went wrong.
#[derive(Debug)]
pub(crate) enum Cause {
    /// What the engine says.
    Engine(Error),
    /// An `if` without an `else` that did not hold.
    NoElse,
    /// What came out cannot stand in an object.
    Value(Refusal),
}

impl<'a> Engine<'a> {
    pub fn new(context: &Context<'a>, config: Option<BTreeMap<String, String>>) -> Self {
        let journal = Arc::new(Journal::default());
        let names = names::names(context, config.as_ref(), &journal);
        Self { context: *context, config, environment: environment(), names, journal }
    }

    /// What an expression gives; never undefined.
    pub fn evaluate(&self, expression: &str) -> Result<Value, Failure> {
        self.journal.take();
        let compiled = self.environment.compile_expression(expression);
        let value = compiled.and_then(|compiled| compiled.eval(self.names.clone()));
        match value {
            Ok(value) if value.is_undefined() => Err(self.undefined(expression)),
            Ok(value) => Ok(value),
            Err(error) => Err(self.fail(error, 0)),
        }
    }

    /// What an expression gives, as JSON or as a text.
    pub fn evaluate_as<T>(
        &self,
        expression: &str,
        convert: impl FnOnce(&Value) -> Result<T, Refusal>,
    ) -> Result<T, Failure> {
        let value = self.evaluate(expression)?;
        let asked = self.journal.take();
        convert(&value).map_err(|refusal| Failure {
            cause: Cause::Value(refusal),
            range: None,
            asked,
        })
    }

    /// What a whole text gives, with what came from where.
    pub fn render(&self, source: &Source) -> Result<(String, Vec<OutputSpan>), Failure> {
        self.journal.take();
        let parsed = self.environment.template_from_named_str("template", &source.text);
        let rendered = parsed.and_then(|template| template.render_with_spans(self.names.clone()));
        rendered.map_err(|error| self.fail(error, 0))
    }

    /// Printing it makes the engine say what is undefined in it.
    fn undefined(&self, expression: &str) -> Failure {
        const OPEN: &str = "{{ ";
        self.journal.take();
        let text = format!("{OPEN}{expression} }}}}");
        let rendered = self.environment.render_str(&text, self.names.clone());
        let error = rendered.err().unwrap_or_else(|| ErrorKind::UndefinedError.into());
        self.fail(error, OPEN.len())
    }

    fn fail(&self, error: Error, offset: usize) -> Failure {
        let asked = self.journal.take();
        let range = error.range().and_then(|range| {
            Some(range.start.checked_sub(offset)?..range.end.checked_sub(offset)?)
        });
        let cause = match error.detail() {
            Some(OMITTED) => Cause::Value(Refusal::Omit),
            Some(NO_ELSE) => Cause::NoElse,
            _ => Cause::Engine(error),
        };
        Failure { cause, range, asked }
    }
}

/// How what stands in [`environment`] tells its own causes through the engine.
const OMITTED: &str = "omit stands in a text";
const NO_ELSE: &str = "nothing stands in a text";

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax());
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    // Prints all that a template knows.
    environment.remove_global("debug");
    environment.add_global("omit", omit::value());
    environment.add_filter("tojson", |value: &Value| to_json_text(value));
    // The engine's own writes `True`.
    environment.add_filter("string", |value: &Value| json::to_text(value).map_err(refused));
    environment.set_formatter(|output, _, value| {
        // Every other undefined value was refused before.
        if value.is_undefined() {
            return Err(Error::new(ErrorKind::UndefinedError, NO_ELSE));
        }
        let text = json::to_text(value).map_err(refused)?;
        output.write_str(&text).map_err(Error::from)
    });
    environment
}

/// As Ansible sets Jinja2, and without the blanks before a tag: a file keeps its last line feed, and
/// a line that holds only `{% … %}` leaves nothing.
fn syntax() -> SyntaxConfig {
    let built = SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    built.expect("the delimiters are the default ones")
}

/// Also of a text, in quotes.
fn to_json_text(value: &Value) -> Result<String, Error> {
    let json = json::to_json(value).and_then(|json| json.ok_or(Refusal::Omit)).map_err(refused)?;
    Ok(json.to_string())
}

fn refused(refusal: Refusal) -> Error {
    let detail = match refusal {
        Refusal::Omit => OMITTED.to_owned(),
        Refusal::Undefined => return Error::from(ErrorKind::UndefinedError),
        other => other.to_string(),
    };
    Error::new(ErrorKind::InvalidOperation, detail)
}
