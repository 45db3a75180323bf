//! What is said where an expression or a text gives nothing that can stand in an object.

use landfall_config::environment::LayeredContent;
use landfall_config::nearest;
use landfall_diagnostics::{Diagnostic, Span};
use minijinja::{Error, ErrorKind};

use crate::engine::{Cause, Engine, FUEL, Failure};
use crate::journal::Asked;
use crate::json::Refusal;
use crate::names::NAMES;
use crate::parts::PartError;
use crate::site::Site;

/// Of an expression or a whole text.
pub(crate) fn failure(failure: &Failure, site: &Site, engine: &Engine<'_>) -> Diagnostic {
    let Failure { cause, range, asked } = failure;
    let place = range.clone().map_or_else(|| site.span.clone(), |range| site.at(range));
    match cause {
        Cause::Engine(error) => of_engine(error, &place, asked, site, engine),
        Cause::NoElse => nothing(&place),
        Cause::Value(Refusal::Undefined) => undefined_inside(asked, &place, engine),
        Cause::Value(refusal) => {
            let problem = of_value(*refusal, &place);
            with_origins(problem, asked, site.around(&place), engine)
        }
    }
}

/// Nobody says what exactly: most likely the last that was not there.
fn undefined_inside(asked: &[Asked], place: &Span, engine: &Engine<'_>) -> Diagnostic {
    let last = asked.iter().rev().find(|asked| !asked.is_there);
    last.map_or_else(|| nothing(place), |asked| missing(&asked.path, place, engine))
}

fn of_engine(
    error: &Error,
    place: &Span,
    asked: &[Asked],
    site: &Site,
    engine: &Engine<'_>,
) -> Diagnostic {
    let described = described(error);
    let path = missing_path(described.as_deref(), asked);
    match (error.kind(), path, described) {
        (_, Some(path), _) => missing(path, place, engine),
        (_, None, Some(described)) => undefined(&described, place),
        (ErrorKind::UndefinedError, None, None) => undefined_inside(asked, place, engine),
        (ErrorKind::SyntaxError | ErrorKind::BadEscape, ..) => syntax(error, place),
        (ErrorKind::OutOfFuel, ..) => endless(place),
        _ => with_origins(invalid(error, place), asked, site.around(place), engine),
    }
}

/// What the engine calls undefined: `Values.Resources.Memory`.
fn described(error: &Error) -> Option<String> {
    let before = error.detail()?.split("` is undefined").next()?;
    let is_said = before.len() < error.detail()?.len();
    let name = before.rsplit('`').next().filter(|_| is_said)?;
    Some(name.replace("[\"", ".").replace("['", ".").replace("\"]", "").replace("']", ""))
}

/// The look-up that found nothing and that the engine speaks of.
fn missing_path<'a>(described: Option<&str>, asked: &'a [Asked]) -> Option<&'a [String]> {
    let described = described?;
    let missing = asked.iter().filter(|asked| !asked.is_there);
    missing.map(|asked| &asked.path[..]).find(|path| path.join(".") == described)
}

fn missing(path: &[String], place: &Span, engine: &Engine<'_>) -> Diagnostic {
    let name = path.join(".");
    let start = place.text().find(&name).map_or(place.start, |at| place.start + at);
    let end = if place.text().contains(&name) { start + name.len() } else { place.end };
    let place = Span::new(&place.source, start..end);
    match path {
        [root, rest @ ..] if root == "Values" => missing_value(&name, rest, &place, engine),
        [root, rest @ ..] if root == "Config" && !rest.is_empty() => {
            missing_config(&rest.join("."), &place, engine)
        }
        _ => missing_name(&name, &place, engine),
    }
}

fn missing_value(name: &str, path: &[String], place: &Span, engine: &Engine<'_>) -> Diagnostic {
    let environment = engine.context.environment;
    let above = path.len().saturating_sub(1);
    let siblings = match environment.values.get(&path[..above]).map(|value| &value.content) {
        Some(LayeredContent::Table(table)) => table,
        _ => &environment.values.values,
    };
    let last = path.last().map_or("", String::as_str);
    let prefix = name.strip_suffix(last).unwrap_or("Values.");
    let (stage, region) = (&environment.stage, &environment.region);
    let problem = undefined_error(format!("the app has no value `{name}` in {stage} {region}"))
        .at(place, "asked for here");
    let meant = nearest(last, siblings.keys().map(String::as_str));
    let problem = meant
        .into_iter()
        .fold(problem, |all, meant| all.help(format!("did you mean `{prefix}{meant}`?")));
    problem
        .help(where_to_set(engine))
        .help("or say what holds without it: `| default(…)`; `| default(omit)` leaves the key out")
}

/// Where a value of the app may be written.
fn where_to_set(engine: &Engine<'_>) -> String {
    let (app, environment) = (engine.context.app, engine.context.environment);
    let (stage, region) = (&environment.stage, &environment.region);
    format!(
        "set it in `[kubernetes.values]` of apps/{app}/app.toml, in `[values.{app}]` of \
         environments/{stage}/stage.toml, or in `[values.{app}]` of \
         environments/{stage}/{region}.toml"
    )
}

fn missing_config(name: &str, place: &Span, engine: &Engine<'_>) -> Diagnostic {
    let known = engine.config.iter().flatten().map(|(known, _)| known.as_str());
    let app = engine.context.app;
    let problem =
        undefined_error(format!("the app has no ConfigMap `{name}`")).at(place, "asked for here");
    // A dash is a minus for the language.
    let dashed = known.clone().find(|known| known.starts_with(&format!("{name}-")));
    let meant = match dashed {
        Some(known) => Some(format!("write `Config[\"{known}\"]`: a dash is a minus in a name")),
        None => nearest(name, known).map(|known| format!("did you mean `Config.{known}`?")),
    };
    let problem = meant.into_iter().fold(problem, Diagnostic::help);
    problem.help(format!("write `[kubernetes.config.{name}]` into apps/{app}/app.toml"))
}

fn missing_name(name: &str, place: &Span, engine: &Engine<'_>) -> Diagnostic {
    if name == "Config" {
        return undefined_error("the files of a ConfigMap cannot ask for the name of one".into())
            .at(place, "asked for here")
            .help("a ConfigMap is named by what is in it; name it in an object");
    }
    let values = &engine.context.environment.values.values;
    let problem = undefined_error(format!("there is no name `{name}`")).at(place, "asked for here");
    let meant = match values.keys().find(|value| value.eq_ignore_ascii_case(name)) {
        Some(value) => Some(format!("Values.{value}")),
        None => nearest(name, NAMES).map(str::to_owned),
    };
    let problem =
        meant.iter().fold(problem, |all, meant| all.help(format!("did you mean `{meant}`?")));
    let known: Vec<_> = NAMES.iter().map(|name| format!("`{name}`")).collect();
    problem.help(format!("the names are {}", known.join(", ")))
}

fn undefined_error(message: String) -> Diagnostic {
    Diagnostic::error("objects::undefined", message)
}

fn undefined(described: &str, place: &Span) -> Diagnostic {
    undefined_error(format!("`{}` is undefined", described.escape_debug()))
        .at(place, "asked for here")
        .help("say what holds without it: `| default(…)`; `| default(omit)` leaves the key out")
}

fn nothing(place: &Span) -> Diagnostic {
    undefined_error("the expression gives nothing".into())
        .at(place, "undefined")
        .help("say what holds otherwise: `… if … else …`; `else omit` leaves the key out")
}

fn syntax(error: &Error, place: &Span) -> Diagnostic {
    let message = format!("the template cannot be read: {}", words(error));
    Diagnostic::error("objects::syntax", message).at(place, "here").help(
        "braces that are meant as they are stand in quotes: `{{ '{{' }}`; in a `.j2` file between \
         `{% raw %}` and `{% endraw %}`",
    )
}

fn endless(place: &Span) -> Diagnostic {
    Diagnostic::error("objects::expression", format!("the template takes more than {FUEL} steps"))
        .at(place, "no end in sight")
        .help("make it shorter: objects are small")
}

fn invalid(error: &Error, place: &Span) -> Diagnostic {
    let way_out = match error.kind() {
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
            "the filters, tests and functions are those of MiniJinja, with `tojson`"
        }
        _ => "look at what the values are: each keeps the type that TOML gave it",
    };
    let message = format!("the template cannot be evaluated: {}", words(error));
    Diagnostic::error("objects::expression", message).at(place, "here").help(way_out)
}

/// The engine's own, without its general ones where it has better.
fn words(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

fn of_value(refusal: Refusal, place: &Span) -> Diagnostic {
    let (code, way_out) = match refusal {
        Refusal::Omit => {
            ("objects::omit", "let it be all that stands there: `\"{{ … | default(omit) }}\"`")
        }
        Refusal::Number => ("objects::value", "make it a text: `| string`"),
        _ => ("objects::value", "give a text, a number, a boolean, a list or a map with text keys"),
    };
    let message = format!("what the expression gives cannot stand in an object: {refusal}");
    Diagnostic::error(code, message).at(place, "gives this").help(way_out)
}

/// Says where the values come from that an expression asked for.
fn with_origins(
    problem: Diagnostic,
    asked: &[Asked],
    around: &str,
    engine: &Engine<'_>,
) -> Diagnostic {
    let mut paths: Vec<_> = asked.iter().filter(|one| one.is_there).map(|one| &one.path).collect();
    paths.retain(|path| path.last().is_some_and(|name| around.contains(name.as_str())));
    paths.sort();
    paths.dedup();
    paths.into_iter().fold(problem, |all, path| with_origin(all, path, engine))
}

fn with_origin(problem: Diagnostic, path: &[String], engine: &Engine<'_>) -> Diagnostic {
    let value = match path {
        [root, rest @ ..] if root == "Values" && !rest.is_empty() => {
            engine.context.environment.values.get(rest)
        }
        _ => None,
    };
    let Some(value) = value.filter(|value| matches!(value.content, LayeredContent::Plain(_)))
    else {
        return problem;
    };
    let (name, kind) = (path.join("."), value.value().kind());
    match &value.origin.span {
        Some(span) => problem.at(span, format!("`{name}` is {kind} here")),
        None => problem.help(format!("`{name}` is {kind}, from {}", value.origin)),
    }
}

/// Of a scalar that cannot be taken apart.
pub(crate) fn of_parts(error: &PartError, site: &Site) -> Diagnostic {
    match error {
        PartError::Open(range) => Diagnostic::error("objects::syntax", "an expression has no end")
            .at(&site.at(range.clone()), "no `}}` behind it")
            .help("write `}}` where it ends; `{{ '{{' }}` for braces that are meant as they are"),
        PartError::Whitespace(range) => Diagnostic::error(
            "objects::syntax",
            "a sign beside the braces eats white space in texts, and here there is none",
        )
        .at(&site.at(range.clone()), "a sign")
        .help("take it away; with a blank before it, it is the sign of a number"),
        PartError::Statement(range) => Diagnostic::error(
            "objects::syntax",
            "a statement stands in a scalar, which takes expressions only",
        )
        .at(&site.at(range.clone()), "a statement")
        .help("write `{{ … if … else … }}`, or let the file end with `.yaml.j2`")
        .help("write `{{ '{%' }}` for signs that are meant as they are"),
    }
}
