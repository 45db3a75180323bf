//! Which archives are read.

use crate::tar;

/// A kind of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Tar (POSIX ustar and PAX, GNU, V7) as it is.
    Tar,
    /// Tar in gzip (RFC 1952), of one member or several.
    TarGz,
    /// Tar in zstd (RFC 8878), of one frame or several.
    TarZst,
    /// Tar in xz, of one stream or several.
    TarXz,
    /// Zip (APPNOTE 6.3), stored or deflated.
    Zip,
}

impl Format {
    /// Every format, for messages and tests.
    pub const ALL: [Self; 5] = [Self::Tar, Self::TarGz, Self::TarZst, Self::TarXz, Self::Zip];

    /// Judges by an archive's first bytes, never by a file's name; 512 bytes are enough.
    ///
    /// What is compressed is taken to hold a tar.
    pub fn detect(first_bytes: &[u8]) -> Option<Self> {
        match first_bytes {
            [0x1f, 0x8b, ..] => Some(Self::TarGz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Some(Self::TarZst)
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::TarXz),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            _ => tar::begins(first_bytes).then_some(Self::Tar),
        }
    }

    /// The name that ids are taken of, which is also the usual ending of a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarZst => "tar.zst",
            Self::TarXz => "tar.xz",
            Self::Zip => "zip",
        }
    }
}
