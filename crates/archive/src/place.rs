//! Where in an archive something was found.

use std::fmt;

/// An entry of an archive, or the archive itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The entry's path as the archive writes it, made readable and shortened.
    pub path: Option<String>,
    /// Of the header that says so. In a compressed tar this counts the unpacked bytes, except
    /// where the compressed stream itself is at fault.
    pub offset_bytes: Option<u64>,
}

impl Place {
    /// An entry, by its name as it stands in the archive.
    pub(crate) fn entry(name: &[u8], offset_bytes: u64) -> Self {
        let path = Some(shorten(&String::from_utf8_lossy(name)));
        Self { path, offset_bytes: Some(offset_bytes) }
    }

    /// A byte of the archive that belongs to no entry.
    pub(crate) fn byte(offset_bytes: u64) -> Self {
        Self { path: None, offset_bytes: Some(offset_bytes) }
    }

    /// An entry that is known by its path alone.
    pub(crate) fn path(path: &impl fmt::Display) -> Self {
        Self { path: Some(shorten(&path.to_string())), offset_bytes: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, self.offset_bytes) {
            (Some(path), Some(offset)) => write!(formatter, "`{path}` (byte {offset})"),
            (Some(path), None) => write!(formatter, "`{path}`"),
            (None, Some(offset)) => write!(formatter, "the archive (byte {offset})"),
            (None, None) => write!(formatter, "the archive"),
        }
    }
}

/// The beginning of a text that may be a mebibyte of nothing.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 120;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
