//! An archive gives a harmless tree of exactly the bytes that were given, or an error.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read};

use landfall_archive::{Format, Limits, Options, Sink, unpack};
use landfall_hashing::Digest;
use landfall_tree::{Entry, EntryPath, Node, Tree};

use crate::check_error;
use crate::listing::check_tree;

/// Past this, runtimes wrap to root (CVE-2024-40635).
const OWNER_LIMIT: u32 = i32::MAX as u32;

/// Bytes as a plain tar, also with right checksums: what lies behind them is to be fuzzed.
pub fn unpack_tar(bytes: &[u8]) {
    check(bytes, Format::Tar);
    let mut mended = bytes.to_vec();
    mended.as_chunks_mut().0.iter_mut().for_each(mend);
    if mended != bytes {
        check(&mended, Format::Tar);
    }
}

/// Gives a block that looks like a header its checksum (POSIX pax, "ustar Interchange Format").
fn mend(block: &mut [u8; 512]) {
    if &block[257..262] == b"ustar" {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
}

/// Bytes as the compressed tar that their beginning says they are.
pub fn unpack_compressed(bytes: &[u8]) {
    match Format::detect(bytes) {
        Some(format @ (Format::TarGz | Format::TarZst | Format::TarXz)) => check(bytes, format),
        _ => (),
    }
}

/// Bytes as a zip.
pub fn unpack_zip(bytes: &[u8]) {
    check(bytes, Format::Zip);
}

/// As a whole, then in parts, which reads an archive twice where a hard link's file is left out.
fn check(bytes: &[u8], format: Format) {
    let whole = Options { limits: limits(), ..Options::default() };
    let patterns = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.into()).collect();
    let part = Options {
        strip: 1,
        include: patterns(&["**/*[b-z]*", "?"]),
        exclude: patterns(&["**/*e*"]),
        allow_special: patterns(&["**"]),
        ..whole.clone()
    };
    [whole, part].iter().for_each(|options| check_with(bytes, format, options));
}

/// Small, so that a bomb costs milliseconds.
fn limits() -> Limits {
    const MIB: u64 = 1 << 20;
    Limits {
        unpacked_bytes: 4 * MIB,
        entries: 10_000,
        ratio: 500,
        ratio_free_bytes: MIB,
        metadata_bytes: MIB / 16,
        listing_bytes: MIB,
        decoder_memory_bytes: 8 * MIB,
    }
}

fn check_with(bytes: &[u8], format: Format, options: &Options) {
    let mut taken =
        Taken { source: (format == Format::Tar).then_some(bytes), files: BTreeSet::new() };
    match unpack(Cursor::new(bytes), format, options, &mut taken) {
        Ok(tree) => check_unpacked(&tree, &taken),
        Err(error) => check_error(&error),
    }
}

fn check_unpacked(tree: &Tree, taken: &Taken<'_>) {
    check_tree(tree);
    tree.entries().iter().for_each(|entry| check_entry(entry, taken));
    assert!(tree.size_bytes() <= limits().unpacked_bytes, "more came out than the limit allows");
}

fn check_entry(entry: &Entry, taken: &Taken<'_>) {
    let Entry { path, node, attributes } = entry;
    assert!(!path.is_root(), "an archive says what the root is");
    assert!(attributes.user_id <= OWNER_LIMIT && attributes.group_id <= OWNER_LIMIT, "{entry:?}");
    if let Node::File { size_bytes, digest } = node {
        assert!(taken.files.contains(&(*digest, *size_bytes)), "{path} has bytes nobody gave");
    }
}

/// What the sink was given; for a plain tar, beside where it should lie.
struct Taken<'a> {
    source: Option<&'a [u8]>,
    files: BTreeSet<(Digest, u64)>,
}

impl Sink for Taken<'_> {
    fn file(
        &mut self,
        path: &EntryPath,
        size_bytes: u64,
        offset_bytes: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest> {
        let mut read = Vec::new();
        content.read_to_end(&mut read)?;
        assert_eq!(read.len() as u64, size_bytes, "{path} is not as long as was said");
        assert_eq!(self.source.is_some(), offset_bytes.is_some(), "{path}: only a tar has places");
        if let (Some(source), Some(offset)) = (self.source, offset_bytes) {
            let there = source.get(offset as usize..).and_then(|rest| rest.get(..read.len()));
            assert_eq!(there, Some(&*read), "{path} does not lie where was said");
        }
        let digest = Digest::of(&read);
        self.files.insert((digest, size_bytes));
        Ok(digest)
    }
}
