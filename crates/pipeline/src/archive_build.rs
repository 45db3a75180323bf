//! What unpacking an archive is derived from.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use landfall_archive::{Format, Limits, Options};
use landfall_config::Unpack;
use landfall_derivation::build::{Build, UNPACKER};
use landfall_hashing::Digest;

pub(crate) fn unpack_build(archive: Digest, format: Format, unpack: &Unpack) -> Build {
    let Unpack { strip, include, exclude, allow_special, .. } = unpack.clone();
    let format = format.name().into();
    Build::Unpack { unpacker: UNPACKER, archive, format, strip, include, exclude, allow_special }
}

pub(crate) fn options(unpack: &Unpack) -> Options {
    let Unpack { strip, include, exclude, allow_special, .. } = unpack.clone();
    Options { strip, include, exclude, allow_special, limits: Limits::default() }
}

/// By its first bytes.
pub(crate) fn local_format(place: &Path) -> Option<Format> {
    let mut start = Vec::new();
    let file = File::open(place).ok()?;
    file.take(512).read_to_end(&mut start).ok()?;
    Format::detect(&start).or_else(|| format_by_name(place.to_str()?))
}

/// By the name, because nothing is fetched at this point.
pub(crate) fn format_by_name(url: &str) -> Option<Format> {
    let path = url.split(['?', '#']).next()?;
    let endings = [
        (".tar", Format::Tar),
        (".tar.gz", Format::TarGz),
        (".tgz", Format::TarGz),
        (".tar.zst", Format::TarZst),
        (".tar.xz", Format::TarXz),
        (".txz", Format::TarXz),
        (".zip", Format::Zip),
        (".jar", Format::Zip),
    ];
    endings.into_iter().find(|(ending, _)| path.ends_with(ending)).map(|(_, format)| format)
}
