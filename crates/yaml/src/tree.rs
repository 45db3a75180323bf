//! Builds the tree from the parser's events, and says what is wrong on the way.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag,
};
use landfall_diagnostics::{Diagnostic, Source, Span};

use crate::braces::{self, Braces};
use crate::reading::{self, Reading};
use crate::{Content, Document, Entry, Key, Node, Scalar, Style, Value, problem};

/// How many collections may stand inside one another.
pub const DEPTH_LIMIT: usize = 64;

/// How many nodes a text may have, copies by aliases among them.
pub const NODE_LIMIT: usize = 200_000;

/// How long a text may be.
pub const TEXT_LIMIT_BYTES: usize = 8 << 20;

/// Reads all documents of a text, and every problem that they have.
///
/// A document with a mistake in its syntax is left out. Where something else is wrong the tree
/// stands for what was most likely meant, so that whoever reads on finds more; it is not to be used
/// where there is any problem.
pub fn read(source: &Arc<Source>) -> (Vec<Document>, Vec<Diagnostic>) {
    if let Some(refused) = problem::unreadable(source) {
        return (Vec::new(), vec![refused]);
    }
    let mut parser = Parser::new_from_str_with_options(&source.text, options());
    let mut tree = Tree::new(source);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => tree.take(event, span),
            Err(error) => {
                tree.fail(&error);
                if !parser.proceed_next_document().unwrap_or(false) {
                    break;
                }
            }
        }
        if tree.is_full {
            break;
        }
    }
    (tree.documents, tree.problems)
}

/// One more than the limit: the tree counts itself, across both kinds, with words of its own.
fn options() -> Options {
    granit_parser::options! {
        disallow_directives: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEPTH_LIMIT + 1,
        block_nesting_limit: DEPTH_LIMIT + 1,
    }
}

/// A collection whose end was not seen yet.
struct Open {
    start: usize,
    style: StructureStyle,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, keys: BTreeMap<String, Span>, pending: Pending },
}

impl Kind {
    fn mapping() -> Self {
        Self::Mapping { entries: Vec::new(), keys: BTreeMap::new(), pending: Pending::Key }
    }
}

/// What a mapping waits for.
enum Pending {
    Key,
    Value(Key),
    /// The value of a key that was refused.
    Nothing,
}

struct Tree<'a> {
    source: &'a Arc<Source>,
    documents: Vec<Document>,
    problems: Vec<Diagnostic>,
    open: Vec<Open>,
    root: Option<Node>,
    /// Whole nodes by the number of their anchor.
    anchors: BTreeMap<usize, Node>,
    count: usize,
    is_full: bool,
    /// An expression without quotes, which reads as two mappings.
    braces: Option<Braces>,
}

impl<'a> Tree<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        Self {
            source,
            documents: Vec::new(),
            problems: Vec::new(),
            open: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            count: 0,
            is_full: false,
            braces: None,
        }
    }

    fn take(&mut self, event: Event<'_>, place: granit_parser::Span) {
        let span = self.span(&place);
        let tag = place.tag_span().map_or_else(|| span.clone(), |tag| self.span(&tag));
        match event {
            Event::DocumentEnd => self.end_document(),
            Event::Scalar(text, style, anchor, name) => {
                // The parser says `~` where nothing stands.
                let text = if span.text().is_empty() { "".into() } else { text };
                let node = self.scalar(text.into_owned(), style, tag_of(name, tag), span);
                self.complete(node, anchor);
            }
            Event::SequenceStart(style, anchor, name) => {
                self.check_tag(tag_of(name, tag), "seq");
                self.begin(Kind::Sequence(Vec::new()), style, anchor, &span);
            }
            Event::MappingStart(style, anchor, name) => {
                self.check_tag(tag_of(name, tag), "map");
                self.begin(Kind::mapping(), style, anchor, &span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span),
            Event::Alias(anchor) => self.alias(anchor, &span),
            Event::UnresolvedAlias(name) => {
                self.note(problem::unknown_alias(&name, &span));
                self.complete(null(span), 0);
            }
            _ => {}
        }
    }

    fn begin(&mut self, kind: Kind, style: StructureStyle, anchor: usize, span: &Span) {
        if self.open.len() >= DEPTH_LIMIT {
            self.refuse(problem::too_deep(span));
        }
        if self.braces.is_none() && self.opens_braces(style, span) {
            self.braces = Some(Braces { depth: self.open.len(), start: span.start - 1 });
        }
        self.open.push(Open { start: span.start, style, anchor, kind });
    }

    /// Whether a mapping is the first key of another right before it: `{{`.
    fn opens_braces(&self, style: StructureStyle, span: &Span) -> bool {
        let is_first = |open: &Open| match &open.kind {
            Kind::Mapping { entries, pending: Pending::Key, .. } => {
                open.style == StructureStyle::Flow
                    && entries.is_empty()
                    && open.start + 1 == span.start
            }
            _ => false,
        };
        style == StructureStyle::Flow
            && span.text().starts_with('{')
            && self.open.last().is_some_and(is_first)
    }

    fn end(&mut self, end: &Span) {
        let Some(open) = self.open.pop() else { return };
        let (content, last) = match open.kind {
            Kind::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (Content::Sequence(items), last)
            }
            Kind::Mapping { entries, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key.span.end));
                (Content::Mapping(entries), last)
            }
        };
        let stop = match open.style {
            StructureStyle::Flow => end.end,
            StructureStyle::Block => last.unwrap_or(end.end),
        };
        let span = Span::new(self.source, open.start..stop.max(open.start));
        let node = match self.braces.take_if(|braces| braces.depth == self.open.len() + 1) {
            Some(braces) => self.expression(&braces, span),
            None => Node { span, content },
        };
        self.complete(node, open.anchor);
    }

    /// The outer of the two mappings that an expression without quotes makes, as if it had some.
    fn expression(&mut self, braces: &Braces, span: Span) -> Node {
        let problem = braces::problem(self.source, braces.start);
        self.note(problem);
        let text = span.text().to_owned();
        node(span, Scalar { text, style: Style::Quoted, is_tagged_text: false, value: Value::Text })
    }

    fn alias(&mut self, anchor: usize, span: &Span) {
        let Some(copy) = self.anchors.get(&anchor).cloned() else {
            self.note(problem::alias_of_itself(span));
            return self.complete(null(span.clone()), 0);
        };
        self.count += copy.count();
        if self.open.len() + copy.depth() > DEPTH_LIMIT {
            self.refuse(problem::too_deep(span));
        }
        self.complete(copy, 0);
    }

    /// Puts a whole node where it belongs.
    fn complete(&mut self, node: Node, anchor: usize) {
        self.count += 1;
        if self.count > NODE_LIMIT {
            return self.refuse(problem::too_many(&node.span));
        }
        if anchor != 0 {
            // A copy too: what is named inside of what is named is kept twice.
            self.count += node.count();
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.kind {
            Kind::Sequence(items) => items.push(node),
            Kind::Mapping { entries, pending, .. } => {
                match std::mem::replace(pending, Pending::Key) {
                    Pending::Key => self.key(node),
                    Pending::Value(key) => entries.push(Entry { key, value: node }),
                    Pending::Nothing => {}
                }
            }
        }
    }

    fn key(&mut self, node: Node) {
        let Some(Open { kind: Kind::Mapping { keys, pending, .. }, .. }) = self.open.last_mut()
        else {
            return;
        };
        let key = checked_key(node).and_then(|key| match keys.get(&key.text) {
            Some(first) => Err(problem::duplicate_key(&key, first)),
            None => Ok(key),
        });
        match key {
            Ok(key) => {
                keys.insert(key.text.clone(), key.span.clone());
                *pending = Pending::Value(key);
            }
            Err(refused) => {
                *pending = Pending::Nothing;
                self.note(refused);
            }
        }
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        tag: Option<(Tag, Span)>,
        span: Span,
    ) -> Node {
        if text.contains('\0') {
            self.note(problem::nul(&span));
        }
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        let is_tagged_text = tag.as_ref().is_some_and(|(tag, _)| is_core(tag, "str"));
        let value = match style {
            Style::Plain if !is_tagged_text => self.plain(&text, &span),
            _ => Value::Text,
        };
        self.check_scalar_tag(tag, value);
        node(span, Scalar { text, style, is_tagged_text, value })
    }

    /// What a scalar without quotes means; a text where that is refused.
    fn plain(&mut self, text: &str, span: &Span) -> Value {
        if self.is_key() {
            // A key is judged as a text.
            return Value::Text;
        }
        let (core, legacy) = (reading::core(text), reading::legacy(text));
        if !core.agrees(legacy) {
            self.note(problem::ambiguous(text, core, legacy, span));
            return Value::Text;
        }
        core.value().unwrap_or_else(|| {
            self.note(problem::no_number(text, core, span));
            Value::Text
        })
    }

    fn is_key(&self) -> bool {
        let kind = self.open.last().map(|open| &open.kind);
        matches!(kind, Some(Kind::Mapping { pending: Pending::Key, .. }))
    }

    fn check_tag(&mut self, tag: Option<(Tag, Span)>, wanted: &str) {
        if let Some((tag, span)) = tag.filter(|(tag, _)| !is_core(tag, wanted)) {
            self.note(problem::tag(&tag, &span));
        }
    }

    /// A tag may say what is so anyway, and `!!str` that it is a text.
    fn check_scalar_tag(&mut self, tag: Option<(Tag, Span)>, value: Value) {
        let wanted = match value {
            Value::Null => "null",
            Value::Boolean(_) => "bool",
            Value::Integer(_) => "int",
            Value::Float(_) => "float",
            Value::Text => "str",
        };
        self.check_tag(tag, wanted);
    }

    fn end_document(&mut self) {
        self.documents.extend(self.root.take().map(|root| Document { root }));
        self.anchors.clear();
    }

    /// Notes a mistake in the syntax, and forgets the document.
    fn fail(&mut self, error: &ScanError) {
        let offset = error.marker().byte_offset().unwrap_or(self.source.text.len());
        let offset = self.source.text.floor_char_boundary(offset);
        let braces = self.braces.take().map(|braces| braces.start);
        let last = self.problems.last();
        match braces.or_else(|| braces::before(&self.source.text, offset)) {
            _ if *error.kind() == ErrorKind::RecursionLimitExceeded => {
                self.problems.push(problem::too_deep(&Span::new(self.source, offset..offset)));
            }
            Some(start) => {
                let problem = braces::problem(self.source, start);
                if last != Some(&problem) {
                    self.problems.push(problem);
                }
            }
            None => self.problems.push(problem::syntax(self.source, error, offset)),
        }
        self.open.clear();
        self.root = None;
        self.anchors.clear();
    }

    /// Notes a problem, unless it is about what stands inside of an expression without quotes.
    fn note(&mut self, problem: Diagnostic) {
        if self.braces.is_none() {
            self.problems.push(problem);
        }
    }

    /// Notes a problem and reads no further.
    fn refuse(&mut self, problem: Diagnostic) {
        if !self.is_full {
            self.problems.push(problem);
        }
        self.is_full = true;
    }

    fn span(&self, place: &granit_parser::Span) -> Span {
        let range = place.byte_range().unwrap_or_default();
        let end = range.end.clamp(range.start, self.source.text.len());
        Span::new(self.source, range.start..end)
    }
}

fn tag_of(tag: Option<Cow<'_, Tag>>, span: Span) -> Option<(Tag, Span)> {
    Some((tag?.into_owned(), span))
}

fn is_core(tag: &Tag, suffix: &str) -> bool {
    tag.is_yaml_core_schema_tag(suffix)
}

fn null(span: Span) -> Node {
    let (text, style) = (String::new(), Style::Plain);
    node(span, Scalar { text, style, is_tagged_text: false, value: Value::Null })
}

fn node(span: Span, scalar: Scalar) -> Node {
    Node { span, content: Content::Scalar(scalar) }
}

/// A key is a text to every reader, or it is none.
fn checked_key(node: Node) -> Result<Key, Diagnostic> {
    let Node { span, content } = node;
    let Content::Scalar(Scalar { text, style, is_tagged_text, .. }) = content else {
        return Err(problem::collection_as_key(&span));
    };
    if style == Style::Plain && !is_tagged_text {
        match (reading::core(&text), reading::legacy(&text)) {
            (Reading::Text, Reading::Text) => {}
            (_, Reading::Merge) => return Err(problem::merge_key(&span)),
            (core, legacy) if core.agrees(legacy) => {
                return Err(problem::key_of_another_kind(&text, core, &span));
            }
            (core, legacy) => return Err(problem::ambiguous_key(&text, core, legacy, &span)),
        }
    }
    Ok(Key { text, style, span })
}
