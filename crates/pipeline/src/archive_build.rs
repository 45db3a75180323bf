//! What unpacking an archive is derived from.

use std::io::Read;
use std::path::Path;

use landfall_archive::{Format, Limits, Options};
use landfall_config::{ArchiveFormat, Input, Unpack};
use landfall_derivation::build::{Build, UNPACKER};
use landfall_hashing::Digest;

use crate::plain_file;

pub(crate) fn unpack_build(archive: Digest, format: Format, unpack: &Unpack) -> Build {
    let Unpack { strip, include, exclude, allow_special, .. } = unpack.clone();
    let format = format.name().into();
    Build::Unpack { unpacker: UNPACKER, archive, format, strip, include, exclude, allow_special }
}

pub(crate) fn options(unpack: &Unpack) -> Options {
    let Unpack { strip, include, exclude, allow_special, .. } = unpack.clone();
    Options { strip, include, exclude, allow_special, limits: Limits::default() }
}

/// What an input is unpacked as: what app.toml or the URL says. Of a file of the app whose format
/// is not named the first bytes tell, else its name.
pub(crate) fn archive_format(input: &Input, place: Option<&Path>) -> Option<Format> {
    let by_bytes = || first_bytes(place?).and_then(|bytes| Format::detect(&bytes));
    let by_name = || ArchiveFormat::of_file_name(place?.to_str()?).map(format);
    input.format.map(format).or_else(by_bytes).or_else(by_name)
}

fn first_bytes(place: &Path) -> Option<Vec<u8>> {
    let mut start = Vec::new();
    plain_file::open(place).ok()?.take(512).read_to_end(&mut start).ok()?;
    Some(start)
}

fn format(named: ArchiveFormat) -> Format {
    match named {
        ArchiveFormat::Tar => Format::Tar,
        ArchiveFormat::TarGz => Format::TarGz,
        ArchiveFormat::TarXz => Format::TarXz,
        ArchiveFormat::TarZst => Format::TarZst,
        ArchiveFormat::Zip => Format::Zip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What app.toml calls a format is what ids call it.
    #[test]
    fn formats_have_one_name() {
        for one in Format::ALL {
            let named = ArchiveFormat::of_file_name(&format!("x.{}", one.name()));
            assert_eq!(named.map(ArchiveFormat::name), Some(one.name()));
            assert_eq!(named.map(format), Some(one));
        }
    }
}
