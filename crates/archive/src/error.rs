//! Why an archive is refused.

use std::fmt;
use std::io;

use landfall_tree::{ListingError, PathError};

use crate::Place;

/// Why an archive is refused, with the place and what to do about it.
///
/// [`ArchiveError::code`] is the stable name of the reason, by which the fixtures know it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum ArchiveError {
    #[error("{place}: the {part} cannot stand in an image; rename it and pack the archive again")]
    Path { place: Place, part: Part, source: PathError },
    #[error("{place}: the {part} {problem}; rename it and pack the archive again")]
    Text { place: Place, part: Part, problem: Problem },
    #[error(
        "{place}: the path leads through `{link}`, which is a symbolic link of the same archive; exclude one of the two"
    )]
    ThroughLink { place: Place, link: String },
    #[error("{place}: {what}; exclude it, or pack the archive again with each path once")]
    Duplicate { place: Place, what: String },
    #[error(
        "{place}: the hard link names `{target}`, which is no earlier file of the archive; pack the archive again whole"
    )]
    LinkTargetMissing { place: Place, target: String },
    #[error(
        "{place}: the hard link names `{target}`, which lies outside of the archive; pack the archive again without it"
    )]
    LinkEscape { place: Place, target: String },
    #[error(
        "{place}: {what}: {stated} bytes are stated in one place and {found} in another; the archive is damaged or made to deceive"
    )]
    SizeDisagrees { place: Place, what: &'static str, stated: u64, found: u64 },
    #[error("{place}: the PAX header is malformed: {reason}; pack the archive again")]
    PaxMalformed { place: Place, reason: &'static str },
    #[error("{place}: the header's checksum is wrong; the archive is damaged, or is no tar")]
    HeaderChecksum { place: Place },
    #[error("{place}: the field `{field}` of the header {reason}; pack the archive again")]
    HeaderField { place: Place, field: &'static str, reason: &'static str },
    #[error("{place}: the archive ends too early: {wanted}; fetch or pack it again")]
    Truncated { place: Place, wanted: &'static str },
    #[error("{place}: {what}, which other readers may take for content; pack the archive again")]
    TrailingData { place: Place, what: &'static str },
    #[error(
        "{place}: {kind} has no place in an image; exclude it, or pack the archive again without it"
    )]
    EntryKind { place: Place, kind: &'static str },
    #[error("{place}: mode {mode:04o} {what}; where that is meant, write `{line}`")]
    SpecialMode { place: Place, mode: u16, what: &'static str, line: String },
    #[error(
        "{place}: {what} {limit}, which is the limit; see whether the archive is what it should be"
    )]
    TooLarge { place: Place, what: &'static str, limit: u64 },
    #[error(
        "{place}: {what} does not match its content; the archive is damaged, fetch or pack it again"
    )]
    Checksum { place: Place, what: &'static str },
    #[error(
        "{place}: the compressed data are damaged, or in another format: {reason}; fetch or pack the archive again"
    )]
    Compression { place: Place, reason: String },
    #[error("{place}: {what} is not supported; pack the archive again without it")]
    Unsupported { place: Place, what: &'static str },
    #[error("{place}: {reason}, so readers disagree on what the archive holds; pack it again")]
    Ambiguous { place: Place, reason: &'static str },
    #[error("the archive cannot be read at byte {offset_bytes}")]
    Read { offset_bytes: u64, source: io::Error },
    #[error("the pattern `{pattern}` {reason}")]
    Pattern { pattern: String, reason: &'static str, source: Option<globset::Error> },
    #[error("the content of `{path}` cannot be taken")]
    Sink { path: String, source: io::Error },
    #[error("the entries of the archive make no tree")]
    Listing { source: ListingError },
}

/// A text of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the messages")]
pub enum Part {
    Name,
    LinkTarget,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Name => "name",
            Self::LinkTarget => "link's target",
        })
    }
}

/// What is wrong with a text of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "see the messages below")]
pub enum Problem {
    Backslash,
    Empty,
    Encoding,
    Nul,
    TooLong,
    Unmarked,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Backslash => "has a backslash, which some readers take for a slash",
            Self::Empty => "is empty",
            Self::Encoding => "is not UTF-8",
            Self::Nul => "holds a NUL byte, at which some readers stop and others do not",
            Self::TooLong => "is longer than the 4095 bytes that Linux takes",
            Self::Unmarked => "is not ASCII and not marked as UTF-8, so readers disagree on it",
        })
    }
}

impl Problem {
    fn code(self) -> &'static str {
        match self {
            Self::Backslash | Self::Encoding | Self::Unmarked => "path-encoding",
            Self::Empty => "header-field",
            Self::Nul => "path-nul",
            Self::TooLong => "path-too-long",
        }
    }
}

impl ArchiveError {
    /// The stable name of the reason, for scripts, documents and fixtures.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Path { source, .. } => path_code(source),
            Self::Text { problem, .. } => problem.code(),
            Self::ThroughLink { .. } => "path-through-link",
            Self::Duplicate { .. } => "path-duplicate",
            Self::LinkTargetMissing { .. } => "link-target-missing",
            Self::LinkEscape { .. } => "link-escape",
            Self::SizeDisagrees { .. } => "size-disagrees",
            Self::PaxMalformed { .. } => "pax-malformed",
            Self::HeaderChecksum { .. } => "header-checksum",
            Self::HeaderField { .. } => "header-field",
            Self::Truncated { .. } => "truncated",
            Self::TrailingData { .. } => "trailing-data",
            Self::EntryKind { .. } => "entry-kind",
            Self::SpecialMode { .. } => "special-mode",
            Self::TooLarge { .. } => "too-large",
            Self::Checksum { .. } => "checksum",
            Self::Compression { .. } => "compression",
            Self::Unsupported { .. } => "unsupported",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Read { .. } => "read",
            Self::Pattern { .. } => "pattern",
            Self::Sink { .. } => "sink",
            Self::Listing { source } => listing_code(source),
        }
    }

    /// Names the entry whose content was being read, where the error knows only a byte.
    pub(crate) fn within(mut self, entry: &Place) -> Self {
        if let Self::Truncated { place, .. }
        | Self::TooLarge { place, .. }
        | Self::Checksum { place, .. }
        | Self::Compression { place, .. }
        | Self::TrailingData { place, .. } = &mut self
        {
            place.path = place.path.take().or_else(|| entry.path.clone());
        }
        self
    }
}

fn path_code(error: &PathError) -> &'static str {
    match error {
        PathError::Absolute { .. } => "path-absolute",
        PathError::Escape { .. } => "path-escape",
        PathError::Nul { .. } => "path-nul",
        PathError::Whiteout { .. } => "name-whiteout",
        PathError::TooLong { .. } => "path-too-long",
        PathError::Dot { .. } | PathError::EmptyComponent { .. } => "header-field",
    }
}

fn listing_code(error: &ListingError) -> &'static str {
    match error {
        ListingError::LinkTarget { .. } => "link-target-missing",
        _ => "path-duplicate",
    }
}
