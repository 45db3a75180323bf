//! A pattern over the paths of an archive.

use std::str::FromStr;

use crate::problems::Reason;

/// A pattern that compiles. Paths of an archive are relative, so one that begins with `/` is none.
pub(crate) struct Glob(pub(crate) String);

impl FromStr for Glob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        let glob = text.to_owned();
        if text.is_empty() || text.starts_with('/') {
            return Err(GlobError::NeverMatches { glob });
        }
        match globset::Glob::new(text) {
            Ok(_) => Ok(Self(glob)),
            Err(source) => Err(GlobError::Syntax { glob, source }),
        }
    }
}

/// Why a text is no pattern.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GlobError {
    #[error("the pattern `{}` matches no path of an archive", glob.escape_debug())]
    NeverMatches { glob: String },
    #[error("`{}` is no pattern", glob.escape_debug())]
    Syntax { glob: String, source: globset::Error },
}

impl Reason for GlobError {
    const CODE: &'static str = "config::glob";
    const LABEL: &'static str = "not a pattern";

    fn label(&self) -> String {
        match self {
            Self::NeverMatches { .. } => Self::LABEL.to_owned(),
            Self::Syntax { source, .. } => source.kind().to_string(),
        }
    }

    fn helps(&self) -> Vec<String> {
        let way_out = match self {
            Self::NeverMatches { .. } => {
                "paths are relative, after `strip`: write `bin/**`, or `**/*.md` for any folder"
            }
            Self::Syntax { .. } => "a character that means itself stands in brackets, as in `[[]`",
        };
        vec![way_out.to_owned()]
    }
}
