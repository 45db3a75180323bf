//! Templates that are YAML first: evaluates the expressions of a document, node by node.

use landfall_config::nearest;
use landfall_diagnostics::{Diagnostic, Span};
use landfall_yaml::{self as yaml, Entry, Key, Node, Scalar, Value};
use serde_json::Value as Json;

use crate::engine::Engine;
use crate::json;
use crate::parts::{Part, parts};
use crate::problem;
use crate::rendered::{Content, Pair, Rendered};
use crate::site::Site;

/// Puts the pairs of a map, or the items of a list, in its own place.
const SPLICE: &str = "$splice";

/// Keeps a document, or not.
const WHEN: &str = "$when";

/// Renders a document; none where it is empty or `$when` says no.
pub(crate) fn render(
    document: &yaml::Document,
    engine: &Engine<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Rendered> {
    let root = &document.root;
    let is_empty = root.scalar().is_some_and(|scalar| scalar.value == Value::Null);
    let mut writer = Writer { engine, problems };
    if is_empty || !writer.when(root) {
        return None;
    }
    writer.root(root)
}

struct Writer<'a> {
    engine: &'a Engine<'a>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Writer<'_> {
    /// Whether a document is kept; also where that cannot be told, so that the rest is looked at.
    fn when(&mut self, root: &Node) -> bool {
        let Some(entry) = root.entries().iter().find(|entry| entry.key.text == WHEN) else {
            return true;
        };
        match self.node(&entry.value).map(|value| value.content) {
            Some(Content::Plain(Json::Bool(is_kept))) => is_kept,
            Some(Content::Broken) => true,
            found => {
                let found = found.map(|content| Rendered { span: root.span.clone(), content });
                let kind = found.map_or("omit", |found| found.kind());
                self.problems.push(not_boolean(kind, &entry.value.span));
                true
            }
        }
    }

    fn root(&mut self, root: &Node) -> Option<Rendered> {
        match &root.content {
            yaml::Content::Mapping(entries) => Some(self.mapping(entries, &root.span, true)),
            _ => self.node(root).or_else(|| {
                self.problems.push(root_omitted(&root.span));
                None
            }),
        }
    }

    /// None where `omit` leaves it out.
    fn node(&mut self, node: &Node) -> Option<Rendered> {
        match &node.content {
            yaml::Content::Mapping(entries) => Some(self.mapping(entries, &node.span, false)),
            yaml::Content::Sequence(items) => Some(self.sequence(items, &node.span)),
            yaml::Content::Scalar(scalar) => self.scalar(scalar, &node.span),
        }
    }

    fn mapping(&mut self, entries: &[Entry], span: &Span, is_root: bool) -> Rendered {
        let mut pairs = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry.key.text.as_str() {
                WHEN if is_root => {}
                SPLICE => self.splice(&entry.value, &mut pairs),
                text if text.starts_with('$') => {
                    self.problems.push(unknown_directive(&entry.key, is_root));
                }
                _ => self.pair(entry, &mut pairs),
            }
        }
        Rendered { span: span.clone(), content: Content::Map(pairs) }
    }

    fn pair(&mut self, Entry { key, value }: &Entry, pairs: &mut Vec<Pair>) {
        let name = self.key(key);
        let value = self.node(value);
        if let (Some(name), Some(value)) = (name, value) {
            self.push(Pair { key: name, place: key.span.clone(), value }, pairs);
        }
    }

    /// A key's text; none where that was refused.
    fn key(&mut self, key: &Key) -> Option<String> {
        let scalar = Scalar {
            text: key.text.clone(),
            style: key.style,
            is_tagged_text: false,
            value: Value::Text,
        };
        let rendered = self.scalar(&scalar, &key.span);
        match rendered.as_ref().map(|rendered| (rendered.is_broken(), rendered.text())) {
            Some((true, _)) => None,
            Some((_, Some(text))) if !text.is_empty() || key.text.is_empty() => {
                Some(text.to_owned())
            }
            _ => {
                let kind = rendered.map_or("omit", |rendered| rendered.kind());
                self.problems.push(no_key(kind, &key.span));
                None
            }
        }
    }

    fn push(&mut self, pair: Pair, pairs: &mut Vec<Pair>) {
        match pairs.iter().find(|before| before.key == pair.key) {
            Some(before) => self.problems.push(twice(&pair, before)),
            None => pairs.push(pair),
        }
    }

    /// `$splice` as a key: the pairs of the map that it gives.
    fn splice(&mut self, value: &Node, pairs: &mut Vec<Pair>) {
        match self.node(value).map(|value| (value.kind(), value.content)) {
            None | Some((_, Content::Broken)) => {}
            Some((_, Content::Map(spliced))) => {
                spliced.into_iter().for_each(|pair| self.push(pair, pairs));
            }
            Some((kind, _)) => self.problems.push(not_spliced("a map", kind, &value.span)),
        }
    }

    fn sequence(&mut self, nodes: &[Node], span: &Span) -> Rendered {
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node.entries() {
                [Entry { key, value }] if key.text == SPLICE => {
                    self.splice_items(value, &mut items)
                }
                _ => items.extend(self.node(node)),
            }
        }
        Rendered { span: span.clone(), content: Content::List(items) }
    }

    /// `- $splice: …`: the items of the list that it gives; of a map the map.
    fn splice_items(&mut self, value: &Node, items: &mut Vec<Rendered>) {
        match self.node(value) {
            None => {}
            Some(Rendered { content: Content::List(spliced), .. }) => items.extend(spliced),
            Some(item @ Rendered { content: Content::Map(_) | Content::Broken, .. }) => {
                items.push(item);
            }
            Some(other) => {
                self.problems.push(not_spliced("a list", other.kind(), &value.span));
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar, span: &Span) -> Option<Rendered> {
        let value = match scalar.value {
            Value::Null => Json::Null,
            Value::Boolean(boolean) => boolean.into(),
            Value::Integer(integer) => integer.into(),
            Value::Float(float) => json::float(float).map_or(Json::Null, Json::Number),
            Value::Text => return self.text(scalar, span),
        };
        Some(Rendered::of(value, span))
    }

    fn text(&mut self, scalar: &Scalar, span: &Span) -> Option<Rendered> {
        let parts = match parts(&scalar.text) {
            Ok(parts) => parts,
            Err(error) => {
                let site = Site::in_scalar(scalar, span, 0..scalar.text.len());
                self.problems.push(problem::of_parts(&error, &site));
                return Some(Rendered::broken(span));
            }
        };
        match &parts[..] {
            [Part::Expression(range)] if !scalar.is_tagged_text => {
                self.whole(&Site::in_scalar(scalar, span, range.clone()), span)
            }
            parts => Some(self.joined(scalar, span, parts)),
        }
    }

    /// A scalar that is one expression and nothing else: what it gives keeps its type.
    fn whole(&mut self, site: &Site, span: &Span) -> Option<Rendered> {
        match self.engine.evaluate_as(&site.text, json::to_json) {
            Ok(value) => value.map(|value| Rendered::of(value, span)),
            Err(failure) => {
                self.problems.push(problem::failure(&failure, site, self.engine));
                Some(Rendered::broken(span))
            }
        }
    }

    /// A text with expressions in it.
    fn joined(&mut self, scalar: &Scalar, span: &Span, parts: &[Part]) -> Rendered {
        let mut text = String::new();
        let mut is_whole = true;
        for part in parts {
            match part {
                Part::Text(range) => text.push_str(&scalar.text[range.clone()]),
                Part::Expression(range) => {
                    let site = Site::in_scalar(scalar, span, range.clone());
                    match self.engine.evaluate_as(&site.text, json::to_text) {
                        Ok(given) => text.push_str(&given),
                        Err(failure) => {
                            self.problems.push(problem::failure(&failure, &site, self.engine));
                            is_whole = false;
                        }
                    }
                }
            }
        }
        if is_whole { Rendered::of(Json::String(text), span) } else { Rendered::broken(span) }
    }
}

fn not_boolean(kind: &str, span: &Span) -> Diagnostic {
    Diagnostic::error("objects::when", format!("`{WHEN}` is {kind}, and must be a boolean"))
        .at(span, kind)
        .help("compare with something, as in `$when: \"{{ STAGE == 'prod' }}\"`")
}

fn root_omitted(span: &Span) -> Diagnostic {
    Diagnostic::error("objects::omit", "`omit` leaves out a key or an item, and here is none")
        .at(span, "a whole document")
        .help("leave the document out with `$when`")
}

fn no_key(kind: &str, span: &Span) -> Diagnostic {
    let problem = Diagnostic::error("objects::key", "a key must be a text that is not empty");
    problem.at(span, kind).help("let the expression give a text; `| string` makes one")
}

fn twice(again: &Pair, first: &Pair) -> Diagnostic {
    let message = format!("the key `{}` comes twice into one map", again.key.escape_debug());
    Diagnostic::error("objects::duplicate-key", message)
        .at(&again.place, "again from here")
        .at(&first.place, "first from here")
        .help("take one of the two away: what is spliced in replaces nothing")
}

fn not_spliced(wanted: &str, kind: &str, span: &Span) -> Diagnostic {
    let message = format!("`{SPLICE}` gives {kind}, and {wanted} is wanted here");
    Diagnostic::error("objects::splice", message).at(span, kind).help(
        "as a key it puts in the pairs of a map; as the only key of a list's item it puts in the \
         items of a list",
    )
}

fn unknown_directive(key: &Key, is_root: bool) -> Diagnostic {
    let text = key.text.escape_debug();
    let problem = match (key.text.as_str(), is_root) {
        (WHEN, false) => {
            Diagnostic::error("objects::directive", "`$when` keeps or drops a whole document")
                .at(&key.span, "not at the top of one")
                .help("drop a key with `omit`: `\"{{ … if … else omit }}\"`")
        }
        _ => {
            let problem = Diagnostic::error("objects::directive", format!("unknown key `{text}`"))
                .at(&key.span, "no such directive");
            let meant = nearest(&key.text, [SPLICE, WHEN]);
            meant
                .into_iter()
                .fold(problem, |all, meant| all.help(format!("did you mean `{meant}`?")))
        }
    };
    problem.help(format!(
        "a key that is meant as it is comes from an expression: `\"{{{{ '{text}' }}}}\"`"
    ))
}
