//! A small TOML file of the workspace, read with the lines of what stands in it.

use std::io;
use std::path::Path;

use landfall_pipeline::plain_file;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::failure::Failure;

/// A file's text, with its name for messages.
pub struct Document {
    name: String,
    text: String,
}

impl Document {
    /// Reads `NAME` in a folder; none where there is no such file.
    pub fn read(folder: &Path, name: &str) -> Result<Option<Self>, Failure> {
        let unusable = |reason| Failure::files(format!("`{name}` cannot be read: {reason}"));
        match plain_file::read(&folder.join(name)) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Some(Self { name: name.into(), text })),
                Err(_) => Err(unusable("it is not UTF-8".into())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(error.to_string())),
        }
    }

    /// The top table, or an error that names the line which is no TOML.
    pub fn table(&self) -> Result<DeTable<'_>, Failure> {
        let parsed = DeTable::parse(&self.text).map(Spanned::into_inner);
        parsed
            .map_err(|error| self.wrong(error.span().map_or(0, |span| span.start), error.message()))
    }

    /// An error at a value.
    pub fn wrong_value(&self, value: &Spanned<DeValue<'_>>, message: &str) -> Failure {
        self.wrong(value.span().start, message)
    }

    /// An error at a byte of the text.
    pub fn wrong(&self, place: usize, message: &str) -> Failure {
        let before = self.text.bytes().take(place);
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        Failure::files(format!("`{}`, line {line}: {message}", self.name))
    }
}
