//! Where two layers first differ: path and header field, not two digests.

use std::fmt;
use std::io::{self, Read};

use crate::tar_header::{BLOCK_BYTES, padding};

/// The header fields of ustar, by name, start and length.
const FIELDS: [(&str, usize, usize); 14] = [
    ("name", 0, 100),
    ("mode", 100, 8),
    ("user id", 108, 8),
    ("group id", 116, 8),
    ("size", 124, 12),
    ("time", 136, 12),
    ("kind", 156, 1),
    ("link target", 157, 100),
    ("magic", 257, 8),
    ("user name", 265, 32),
    ("group name", 297, 32),
    ("device", 329, 16),
    ("prefix", 345, 155),
    ("checksum", 148, 8),
];

/// The first difference of two tar streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The entry; of the first stream where both have one.
    pub path: String,
    /// A header field, `content`, `PAX record`, or `missing`.
    pub field: &'static str,
    /// What the first stream has there.
    pub first: String,
    /// What the second has.
    pub second: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, field, first, second } = self;
        write!(formatter, "`/{path}`: {field}: {first} against {second}")
    }
}

/// Reads two tars of our own dialect side by side and gives their first difference, if any.
///
/// Fails where one cannot be read, or is no tar of encoding 1.
pub fn first_difference(
    mut first: impl Read,
    mut second: impl Read,
) -> io::Result<Option<Difference>> {
    let mut long_path = None;
    loop {
        let (left, right) = (read_block(&mut first)?, read_block(&mut second)?);
        let path = long_path
            .clone()
            .or_else(|| left.or(right).map(|block| name(&block)))
            .unwrap_or_default();
        let (left, right) = match (left, right) {
            (None, None) => return Ok(None),
            (Some(left), Some(right)) => (left, right),
            (left, _) => return Ok(Some(missing(path, left.is_some()))),
        };
        if let Some(difference) = header_difference(&path, &left, &right) {
            return Ok(Some(difference));
        }
        let body = body(&mut first, &mut second, &left)?;
        match body {
            Body::Equal(bytes) => {
                long_path = (left[156] == b'x').then(|| pax_path(&bytes)).flatten()
            }
            Body::Differs(offset) => {
                let field = if left[156] == b'x' { "PAX record" } else { "content" };
                let at = format!("byte {offset}");
                return Ok(Some(Difference { path, field, first: at.clone(), second: at }));
            }
        }
    }
}

type HeaderBlock = [u8; BLOCK_BYTES];

/// The next header; none at the end of the archive.
fn read_block(stream: &mut impl Read) -> io::Result<Option<HeaderBlock>> {
    let mut block = [0; BLOCK_BYTES];
    stream.read_exact(&mut block)?;
    Ok(block.iter().any(|byte| *byte != 0).then_some(block))
}

fn missing(path: String, in_second: bool) -> Difference {
    let (here, gone) = ("present".to_owned(), "missing".to_owned());
    let (first, second) = if in_second { (here, gone) } else { (gone, here) };
    Difference { path, field: "entry", first, second }
}

fn header_difference(path: &str, left: &HeaderBlock, right: &HeaderBlock) -> Option<Difference> {
    let differs = |(_, start, length): &&(&str, usize, usize)| {
        left[*start..start + length] != right[*start..start + length]
    };
    let (field, start, length) = FIELDS.iter().find(differs)?;
    let shown = |block: &HeaderBlock| format!("`{}`", text(&block[*start..start + length]));
    Some(Difference { path: path.into(), field, first: shown(left), second: shown(right) })
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn name(block: &HeaderBlock) -> String {
    let (prefix, name) = (text(&block[345..500]), text(&block[..100]));
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

enum Body {
    /// Equal; the bytes are kept where they are few, for PAX.
    Equal(Vec<u8>),
    Differs(u64),
}

fn body(first: &mut impl Read, second: &mut impl Read, header: &HeaderBlock) -> io::Result<Body> {
    const PIECE_BYTES: usize = 1 << 16;
    let size = size_bytes(header)?;
    let mut left_bytes = size + padding(size) as u64;
    let (mut kept, mut offset) = (Vec::new(), 0);
    let (mut left, mut right) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
    while left_bytes > 0 {
        let count = usize::try_from(left_bytes).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        first.read_exact(&mut left[..count])?;
        second.read_exact(&mut right[..count])?;
        if let Some(index) = (0..count).find(|index| left[*index] != right[*index]) {
            return Ok(Body::Differs(offset + index as u64));
        }
        if header[156] == b'x' {
            kept.extend(&left[..count]);
        }
        offset += count as u64;
        left_bytes -= count as u64;
    }
    Ok(Body::Equal(kept))
}

fn size_bytes(header: &HeaderBlock) -> io::Result<u64> {
    let parsed = u64::from_str_radix(&text(&header[124..136]), 8);
    parsed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The `path` record of a PAX header of our own writing, where it has one.
fn pax_path(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let record = text.lines().find_map(|line| line.split_once(' ')?.1.strip_prefix("path="))?;
    Some(record.to_owned())
}
