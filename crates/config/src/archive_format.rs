//! What kind of archive a file is, as far as its name or app.toml says.

/// A kind of archive that can be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "kinds by their own names")]
pub enum ArchiveFormat {
    Tar,
    TarGz,
    TarXz,
    TarZst,
    Zip,
}

/// What `format` can be.
pub(crate) const WORDS: [&str; 5] = ["tar", "tar.gz", "tar.xz", "tar.zst", "zip"];

/// What names of archives end with.
const ENDINGS: [(&str, ArchiveFormat); 8] = [
    (".tar", ArchiveFormat::Tar),
    (".tar.gz", ArchiveFormat::TarGz),
    (".tgz", ArchiveFormat::TarGz),
    (".tar.xz", ArchiveFormat::TarXz),
    (".txz", ArchiveFormat::TarXz),
    (".tar.zst", ArchiveFormat::TarZst),
    (".zip", ArchiveFormat::Zip),
    (".jar", ArchiveFormat::Zip),
];

impl ArchiveFormat {
    /// Every kind, in the order of [`WORDS`].
    const ALL: [Self; 5] = [Self::Tar, Self::TarGz, Self::TarXz, Self::TarZst, Self::Zip];

    /// The word for it in app.toml.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarXz => "tar.xz",
            Self::TarZst => "tar.zst",
            Self::Zip => "zip",
        }
    }

    /// The kind that a word of app.toml stands for.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == word)
    }

    /// The kind that a file's name ends with; none where the end says nothing.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let known = ENDINGS.into_iter().find(|(ending, _)| name.ends_with(ending));
        known.map(|(_, format)| format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_kind_and_an_ending() {
        assert_eq!(ArchiveFormat::ALL.map(ArchiveFormat::name), WORDS);
        for word in WORDS {
            let format = ArchiveFormat::of_word(word);
            assert_eq!(format.map(ArchiveFormat::name), Some(word));
            assert_eq!(ArchiveFormat::of_file_name(&format!("x-1.0.{word}")), format);
        }
        assert_eq!(ArchiveFormat::of_word("tgz"), None);
        assert_eq!(ArchiveFormat::of_file_name("x.tgz"), Some(ArchiveFormat::TarGz));
        assert_eq!(ArchiveFormat::of_file_name("x.gz"), None);
        assert_eq!(ArchiveFormat::of_file_name("targz"), None);
    }
}
