//! Where a value comes from.

use std::fmt;

use landfall_diagnostics::Span;
use serde::{Serialize, Serializer};

use crate::{Name, Value};

/// What gave a value, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Nothing said so: what holds where a key is left out.
    Default,
    /// `regions.toml`.
    Regions,
    /// `[shared.GROUP]` of stage.toml.
    SharedByStage(Name),
    /// `[shared.GROUP]` of a region's file.
    SharedByRegion(Name),
    /// app.toml.
    App,
    /// stage.toml.
    Stage,
    /// A region's file.
    Region,
    /// local.toml.
    Local,
    /// `--set`.
    Set,
}

/// As people read it: `stage`, `shared logging of the region`.
impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Default => "default",
            Self::Regions => "regions",
            Self::SharedByStage(group) => return write!(formatter, "shared {group} of the stage"),
            Self::SharedByRegion(group) => {
                return write!(formatter, "shared {group} of the region");
            }
            Self::App => "app",
            Self::Stage => "stage",
            Self::Region => "region",
            Self::Local => "local",
            Self::Set => "--set",
        };
        formatter.write_str(word)
    }
}

impl Serialize for Layer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What gave a value, and where it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What gave it.
    pub layer: Layer,
    /// Where; none for `--set` and defaults.
    pub span: Option<Span>,
}

impl Origin {
    /// A place in a file.
    pub(crate) fn at(layer: Layer, span: &Span) -> Self {
        Self { layer, span: Some(span.clone()) }
    }

    /// The command line.
    pub(crate) fn set() -> Self {
        Self { layer: Layer::Set, span: None }
    }
}

/// `environments/prod/london.toml:12:12`, else the layer.
impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.span {
            Some(span) => write!(formatter, "{span}"),
            None => write!(formatter, "{}", self.layer),
        }
    }
}

/// A value that a higher layer took the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// What it was.
    pub value: Value,
    /// Where it stands.
    pub origin: Origin,
}
