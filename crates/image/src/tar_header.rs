//! The tar dialect of encoding 1: ustar, with PAX records only for what ustar cannot hold.
//!
//! POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format". User and group
//! names are empty, device numbers zero, PAX records sorted, the PAX header's own name fixed. No
//! GNU type is ever written, and neither access nor change time (both would force PAX).

use std::collections::BTreeMap;

use landfall_tree::{Attributes, Entry, Node};

use crate::EPOCH_SECONDS;

/// The unit of a tar stream.
pub(crate) const BLOCK_BYTES: usize = 512;
const NAME_BYTES: usize = 100;
const PREFIX_BYTES: usize = 155;
/// Largest value of eleven octal digits: sizes and times.
const OCTAL_11_LIMIT: u64 = 0o77_777_777_777;
/// Largest value of seven octal digits: owners.
const OCTAL_7_LIMIT: u64 = 0o7_777_777;
const PAX_NAME: &str = "PaxHeaders/entry";

/// All blocks that stand before an entry's content.
pub(crate) fn header(entry: &Entry) -> Vec<u8> {
    let fields = Fields::of(entry);
    let records = fields.records(&entry.attributes);
    let mut bytes = Vec::with_capacity(BLOCK_BYTES);
    if !records.is_empty() {
        write_records(&mut bytes, &records);
    }
    bytes.extend(fields.block());
    bytes
}

/// Zeros that fill a length up to whole blocks.
pub(crate) fn padding(length_bytes: u64) -> usize {
    let over = (length_bytes % BLOCK_BYTES as u64) as usize;
    if over == 0 { 0 } else { BLOCK_BYTES - over }
}

struct Fields {
    path: String,
    link: String,
    kind: u8,
    mode: u16,
    user_id: u64,
    group_id: u64,
    size_bytes: u64,
    modified_seconds: i64,
}

impl Fields {
    fn of(entry: &Entry) -> Self {
        let (kind, size_bytes, link) = match &entry.node {
            Node::File { size_bytes, .. } => (b'0', *size_bytes, String::new()),
            Node::Hardlink { target } => (b'1', 0, target.to_string()),
            Node::Symlink { target } => (b'2', 0, target.clone()),
            Node::Directory => (b'5', 0, String::new()),
        };
        let slash = if kind == b'5' { "/" } else { "" };
        let attributes = &entry.attributes;
        Self {
            path: format!("{}{slash}", entry.path),
            link,
            kind,
            mode: attributes.mode,
            user_id: attributes.user_id.into(),
            group_id: attributes.group_id.into(),
            size_bytes,
            modified_seconds: attributes.modified_seconds.unwrap_or(EPOCH_SECONDS),
        }
    }

    /// What ustar cannot hold, by PAX keyword; the map sorts them.
    fn records(&self, attributes: &Attributes) -> BTreeMap<String, Vec<u8>> {
        let mut records = BTreeMap::new();
        let mut record = |wanted: bool, key: &str, value: String| {
            if wanted {
                records.insert(key.to_owned(), value.into_bytes());
            }
        };
        record(split(&self.path).is_none(), "path", self.path.clone());
        record(!fits(&self.link, NAME_BYTES), "linkpath", self.link.clone());
        record(self.size_bytes > OCTAL_11_LIMIT, "size", self.size_bytes.to_string());
        record(self.user_id > OCTAL_7_LIMIT, "uid", self.user_id.to_string());
        record(self.group_id > OCTAL_7_LIMIT, "gid", self.group_id.to_string());
        record(
            octal_time(self.modified_seconds).is_none(),
            "mtime",
            self.modified_seconds.to_string(),
        );
        for (name, value) in &attributes.extended {
            records.insert(format!("SCHILY.xattr.{name}"), value.clone());
        }
        records
    }

    fn block(&self) -> [u8; BLOCK_BYTES] {
        let (prefix, name) = split(&self.path).unwrap_or(("", &self.path));
        let mut block = Block::new(self.kind);
        block.text(0, NAME_BYTES, name);
        block.octal(100, 8, self.mode.into());
        block.octal(108, 8, within(self.user_id, OCTAL_7_LIMIT));
        block.octal(116, 8, within(self.group_id, OCTAL_7_LIMIT));
        block.octal(124, 12, within(self.size_bytes, OCTAL_11_LIMIT));
        block.octal(136, 12, octal_time(self.modified_seconds).unwrap_or(0));
        block.text(157, NAME_BYTES, &self.link);
        block.text(345, PREFIX_BYTES, prefix);
        block.finish()
    }
}

/// A value that stands in a PAX record is zero in the ustar field.
fn within(value: u64, limit: u64) -> u64 {
    if value > limit { 0 } else { value }
}

fn octal_time(seconds: i64) -> Option<u64> {
    u64::try_from(seconds).ok().filter(|seconds| *seconds <= OCTAL_11_LIMIT)
}

fn fits(text: &str, limit_bytes: usize) -> bool {
    text.is_ascii() && text.len() <= limit_bytes
}

/// Splits a path into ustar's prefix and name, at the first slash that makes both fit.
fn split(path: &str) -> Option<(&str, &str)> {
    if fits(path, NAME_BYTES) {
        return Some(("", path));
    }
    let slashes = path.match_indices('/').map(|(index, _)| (&path[..index], &path[index + 1..]));
    let mut halves = slashes.filter(|(_, name)| !name.is_empty());
    halves.find(|(prefix, name)| fits(prefix, PREFIX_BYTES) && fits(name, NAME_BYTES))
}

fn write_records(bytes: &mut Vec<u8>, records: &BTreeMap<String, Vec<u8>>) {
    let body: Vec<u8> = records.iter().flat_map(|(key, value)| pax_record(key, value)).collect();
    let mut block = Block::new(b'x');
    block.text(0, NAME_BYTES, PAX_NAME);
    block.octal(100, 8, 0o644);
    block.octal(108, 8, 0);
    block.octal(116, 8, 0);
    block.octal(124, 12, body.len() as u64);
    block.octal(136, 12, EPOCH_SECONDS.unsigned_abs());
    bytes.extend(block.finish());
    bytes.extend(&body);
    bytes.resize(bytes.len() + padding(body.len() as u64), 0);
}

/// `LENGTH KEY=VALUE\n`, where LENGTH counts itself.
fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest_bytes = key.len() + value.len() + 3;
    let mut length_bytes = rest_bytes + rest_bytes.to_string().len();
    if rest_bytes + length_bytes.to_string().len() != length_bytes {
        length_bytes += 1;
    }
    [format!("{length_bytes} {key}=").as_bytes(), value, b"\n"].concat()
}

/// A header block being filled.
struct Block([u8; BLOCK_BYTES]);

impl Block {
    fn new(kind: u8) -> Self {
        let mut block = Self([0; BLOCK_BYTES]);
        block.0[156] = kind;
        block.0[257..265].copy_from_slice(b"ustar\x0000");
        block.octal(329, 8, 0);
        block.octal(337, 8, 0);
        block
    }

    /// Text, cut to the field where a PAX record carries the whole; what is not ASCII becomes `_`.
    fn text(&mut self, start: usize, length: usize, text: &str) {
        let plain = text.chars().map(|symbol| if symbol.is_ascii() { symbol as u8 } else { b'_' });
        self.0[start..start + length].iter_mut().zip(plain).for_each(|(slot, byte)| *slot = byte);
    }

    /// Zero-padded octal digits and a closing NUL.
    fn octal(&mut self, start: usize, length: usize, value: u64) {
        let digits = format!("{value:0width$o}\0", width = length - 1);
        self.0[start..start + length].copy_from_slice(digits.as_bytes());
    }

    /// The checksum is taken with its own field full of spaces.
    fn finish(mut self) -> [u8; BLOCK_BYTES] {
        self.0[148..156].fill(b' ');
        let sum: u32 = self.0.iter().map(|byte| u32::from(*byte)).sum();
        self.0[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pax_record_counts_itself() {
        for length in [1, 87, 88, 89, 90, 986, 987, 988, 989, 990] {
            let record = pax_record("path", &vec![b'x'; length]);
            let text = String::from_utf8(record.clone()).unwrap();
            let (count, _) = text.split_once(' ').unwrap();
            assert_eq!(count.parse(), Ok(record.len()), "{length}");
        }
    }

    #[test]
    fn paths_split_where_both_halves_fit() {
        let name = "n".repeat(100);
        let prefix = "p".repeat(155);
        assert_eq!(split(&format!("{prefix}/{name}")), Some((prefix.as_str(), name.as_str())));
        assert_eq!(split(&format!("{prefix}x/{name}")), None);
        assert_eq!(split(&format!("{}/", "d".repeat(100))), None);
        assert_eq!(split("ä"), None);
    }
}
