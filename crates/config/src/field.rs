//! What can be said of a key: one description for the reader, the suggestions and the schema.

/// A table of the file, in messages called by its title.
pub(crate) struct Table {
    /// Its name among the schema's definitions.
    pub name: &'static str,
    /// How messages call it.
    pub title: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its keys, in the order in which they are shown.
    pub fields: &'static [Field],
    /// What keys of the user's choice hold; none where every other key is unknown.
    pub rest: Option<Rest>,
    /// Which keys must be there, beside those that are required by themselves.
    pub rule: Option<Rule>,
    /// What else to say where a key is missing or unknown.
    pub hint: Option<&'static str>,
}

/// Keys of the user's choice.
pub(crate) struct Rest {
    pub key: Text,
    /// What each holds; its own key is an example of one.
    pub field: Field,
}

/// Keys of which a table must have one.
pub(crate) struct Rule {
    pub keys: &'static [&'static str],
    /// Whether two of them contradict each other; what is said then.
    pub contradiction: Option<Contradiction>,
    /// The code where none is there.
    pub code: &'static str,
    /// What is said where none is there.
    pub absence: &'static str,
}

/// What is said where two keys contradict each other.
#[derive(Clone, Copy)]
pub(crate) struct Contradiction {
    pub said: &'static str,
    /// Under each place.
    pub label: &'static str,
    pub way_out: &'static str,
}

/// A key.
pub(crate) struct Field {
    pub key: &'static str,
    pub kind: Kind,
    pub doc: &'static str,
    /// As TOML, for people and for the schema.
    pub example: &'static str,
    /// The lines to write where the example is not how people write it.
    pub lines: Option<&'static str>,
    pub is_required: bool,
    /// What holds where the key is left out, as TOML.
    pub default: Option<&'static str>,
    /// The keys of which one must stand beside it; none where it can stand alone.
    pub beside: &'static [&'static str],
    /// Set where the key has its place in the format and is not built yet.
    pub reserved: Option<Reservation>,
    /// How other tools call it.
    pub other_names: &'static [&'static str],
}

/// Why a key is refused for now.
#[derive(Clone, Copy)]
pub(crate) struct Reservation {
    /// What is not built yet, in the plural.
    pub what: &'static str,
    /// What can be done until then.
    pub instead: &'static str,
}

/// What a key takes.
pub(crate) enum Kind {
    Text(Text),
    /// Permission bits: a text, though people write numbers.
    Mode,
    Count,
    /// A number that only grows, from 1.
    Revision,
    Boolean,
    /// One of a few words.
    Choice(&'static [&'static str]),
    List(&'static Kind),
    Table(&'static Table),
    /// A table with keys of the user's choice.
    Map(&'static Map),
    /// The first kind that has the value's type.
    Either(&'static [Kind]),
    /// Any value that a template can show.
    Value,
    /// Not looked at: the key is reserved.
    Anything,
}

/// A text's grammar for the schema; the reader has a type for each, which may be stricter.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    /// An ECMA-262 pattern; none takes every text.
    pub pattern: Option<&'static str>,
    pub length_limit: Option<usize>,
}

impl Text {
    pub const ANY: Self = Self { pattern: None, length_limit: None };

    pub const fn like(pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), length_limit: None }
    }

    pub const fn at_most(self, length_limit: usize) -> Self {
        Self { length_limit: Some(length_limit), ..self }
    }
}

/// A table with keys of the user's choice.
pub(crate) struct Map {
    pub key: Text,
    pub value: Kind,
}

impl Table {
    /// The field of a key.
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.fields.iter().map(|field| field.key)
    }
}

/// Each method adds one fact, so that a table of fields reads as a list of facts.
impl Field {
    pub const fn new(
        key: &'static str,
        kind: Kind,
        example: &'static str,
        doc: &'static str,
    ) -> Self {
        Self {
            key,
            kind,
            doc,
            example,
            lines: None,
            is_required: false,
            default: None,
            beside: &[],
            reserved: None,
            other_names: &[],
        }
    }

    pub const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    pub const fn beside(mut self, keys: &'static [&'static str]) -> Self {
        self.beside = keys;
        self
    }

    pub const fn reserved(mut self, what: &'static str, instead: &'static str) -> Self {
        self.reserved = Some(Reservation { what, instead });
        self
    }

    pub const fn elsewhere(mut self, other_names: &'static [&'static str]) -> Self {
        self.other_names = other_names;
        self
    }

    pub const fn lines(mut self, lines: &'static str) -> Self {
        self.lines = Some(lines);
        self
    }

    /// `key = example`, ready to be pasted.
    pub fn line(&self) -> String {
        format!("{} = {}", self.key, self.example)
    }

    /// How the key is written: a line in backticks, or the lines below.
    pub fn shown(&self) -> String {
        self.lines
            .map_or_else(|| format!("`{}`", self.line()), |lines| format!("these lines:\n{lines}"))
    }
}

impl Kind {
    /// How the kind is called where something else was found.
    pub fn expected(&self) -> String {
        match self {
            Self::Text(_) | Self::Mode | Self::Choice(_) => "a string".into(),
            Self::Count | Self::Revision => "an integer".into(),
            Self::Boolean => "a boolean".into(),
            Self::List(kind) => format!("a list of {}", kind.plural()),
            Self::Table(_) | Self::Map(_) => "a table".into(),
            Self::Either(kinds) => {
                kinds.iter().map(Self::expected).collect::<Vec<_>>().join(" or ")
            }
            Self::Value | Self::Anything => {
                "a string, an integer, a boolean, a list or a table".into()
            }
        }
    }

    fn plural(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Mode | Self::Choice(_) => "strings",
            Self::Table(_) | Self::Map(_) => "tables",
            _ => "values",
        }
    }
}
