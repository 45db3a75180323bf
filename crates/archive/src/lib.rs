//! Turns an archive into a tree, trusting none of its bytes.
//!
//! Tar (plain, gzip, zstd, xz) and zip come in through a reader that is handed in; each file's
//! bytes go out through a [`Sink`]. Nothing is written, no link is followed, no path is opened:
//! what an archive says of paths is only ever compared, in memory, with what it says elsewhere.
//!
//! The rule of the readers is that whatever two readers could understand in two ways is refused:
//! nearly all advisories on archives are about a check and a use that read differently. What is
//! odd and yet has one meaning is taken. `tests/fixtures/archives` has both kinds, each file with
//! the advisory or rule that it stands for.
//!
//! This crate knows no file system, no store and no image.

mod assembly;
mod bytes;
mod codec;
mod decoded;
mod error;
mod filter;
mod format;
mod member;
mod name;
mod namespace;
mod options;
mod place;
mod sink;
mod source;
mod tar;
mod zip;

use std::io::{Read, Seek};

use landfall_tree::Tree;

pub use error::{ArchiveError, Part, Problem};
pub use format::Format;
pub use options::{Limits, Options};
pub use place::Place;
pub use sink::Sink;

use crate::assembly::Assembly;
use crate::codec::{Gzip, Xz, Zstd};
use crate::decoded::{Budget, Decoded};
use crate::member::Visitor;
use crate::source::Source;

/// Turns the archive in `source` into the tree of what `options` keeps.
///
/// Every file that is kept goes to `sink` once, in the order of the archive. The whole archive is
/// read and judged, also what is not kept. Where a kept hard link names a file that is not kept,
/// the archive is read a second time for that file's bytes.
pub fn unpack<R: Read + Seek>(
    mut source: R,
    format: Format,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<Tree, ArchiveError> {
    let mut assembly = Assembly::new(options, sink)?;
    scan(&mut source, format, &options.limits, &mut assembly)?;
    if let Some(mut recall) = assembly.recall() {
        scan(&mut source, format, &options.limits, &mut recall)?;
    }
    assembly.finish()
}

/// Shows every entry of the archive to `visitor`.
fn scan<R: Read + Seek>(
    source: &mut R,
    format: Format,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let mut source = Source::open(source)?;
    let budget = Budget::of(limits);
    match format {
        Format::Tar => tar::read(&mut source, limits, visitor),
        Format::TarGz => tar::read(&mut Decoded::new(source, Gzip::new(), budget), limits, visitor),
        Format::TarZst => {
            tar::read(&mut Decoded::new(source, Zstd::new(limits)?, budget), limits, visitor)
        }
        Format::TarXz => {
            tar::read(&mut Decoded::new(source, Xz::new(limits)?, budget), limits, visitor)
        }
        Format::Zip => zip::read(&mut source, limits, visitor),
    }
}
