//! One block as a gzip member (RFC 1952): how a block is looked at, and what it becomes.
//!
//! A block is judged by how often each byte comes in a sample of it. What is compressed already has
//! all bytes about equally often, and is stored: it would cost most of the time and win nothing.
//! Where it is a little less even, a fast search wins what there is. Code of a processor is full of
//! zeros and of bytes from 0x80 on, and gains less from a longer search than text does.

use std::cell::RefCell;
use std::io;

use libdeflater::{CompressionLvl, Compressor, Crc};

use crate::compress::Packed;

/// How long a block is.
pub(crate) const BLOCK_BYTES: usize = 1 << 20;
/// A block that is shorter is not judged: chance alone would make its sample look uneven.
const JUDGED_BYTES: usize = 1 << 16;
/// A sample holds the first bytes of each stride. Its length is prime, so that it falls in step
/// with nothing that repeats.
const STRIDE_BYTES: usize = 509;
const STRIDE_SAMPLE_BYTES: usize = 16;
/// The longest stored block of deflate (section 3.2.4 of RFC 1951).
const STORED_LIMIT_BYTES: usize = 65_535;
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
const TRAILER_BYTES: usize = 8;

/// What a block looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Stored.
    Even,
    /// Deflated at level 1.
    Dense,
    /// Deflated at level 2.
    Code,
    /// Deflated at level 5.
    Text,
}

/// The member of a block, in a buffer that is at hand.
pub(crate) fn member(block: &[u8], buffer: Vec<u8>) -> io::Result<Packed> {
    match kind(block) {
        Kind::Even => Ok(stored(block, buffer)),
        Kind::Dense => DENSE.with_borrow_mut(|kept| deflated(kept, 1, block, buffer)),
        Kind::Code => CODE.with_borrow_mut(|kept| deflated(kept, 2, block, buffer)),
        Kind::Text => TEXT.with_borrow_mut(|kept| deflated(kept, 5, block, buffer)),
    }
}

/// Integers only, so that every machine judges alike.
fn kind(block: &[u8]) -> Kind {
    if block.len() < JUDGED_BYTES {
        return Kind::Text;
    }
    let counts = sample(block);
    let all: u64 = counts.iter().sum();
    let squares: u64 = counts.iter().map(|count| count * count).sum();
    let high: u64 = counts[0x80..].iter().sum();
    // Were all bytes equally frequent, 256 times the squares would be the square of the sum; of bytes
    // that chance alone has chosen they are 255 times the sum more, on average.
    let unevenness = (256 * squares).saturating_sub(all * all + 255 * all);
    if 32 * unevenness <= all * all {
        Kind::Even
    } else if 4 * unevenness <= all * all {
        Kind::Dense
    } else if 8 * high > all && 16 * counts[0] > all {
        Kind::Code
    } else {
        Kind::Text
    }
}

/// How often each byte comes.
fn sample(block: &[u8]) -> [u64; 256] {
    let mut counts = [0; 256];
    for stride in block.chunks(STRIDE_BYTES) {
        for byte in stride.iter().take(STRIDE_SAMPLE_BYTES) {
            counts[usize::from(*byte)] += 1;
        }
    }
    counts
}

thread_local! {
    static DENSE: RefCell<Option<Compressor>> = const { RefCell::new(None) };
    static TEXT: RefCell<Option<Compressor>> = const { RefCell::new(None) };
    static CODE: RefCell<Option<Compressor>> = const { RefCell::new(None) };
}

/// A member of one deflate stream. A thread keeps its compressors; nothing of one block reaches the
/// next.
fn deflated(
    kept: &mut Option<Compressor>,
    level: i32,
    block: &[u8],
    mut buffer: Vec<u8>,
) -> io::Result<Packed> {
    let compressor = match kept {
        Some(compressor) => compressor,
        none => none.insert(compressor(level)?),
    };
    let most = HEADER.len() + compressor.deflate_compress_bound(block.len()) + TRAILER_BYTES;
    buffer.resize(most.max(buffer.len()), 0);
    let (header, body) = buffer.split_at_mut(HEADER.len());
    header.copy_from_slice(&HEADER);
    let size = compressor.deflate_compress(block, body).map_err(io::Error::other)?;
    body[size..size + TRAILER_BYTES].copy_from_slice(&trailer(block));
    Ok(Packed { buffer, length: HEADER.len() + size + TRAILER_BYTES })
}

fn compressor(level: i32) -> io::Result<Compressor> {
    let refused = |_| io::Error::other("libdeflate refuses its level");
    CompressionLvl::new(level).map(Compressor::new).map_err(refused)
}

/// A member of stored blocks only.
fn stored(block: &[u8], mut buffer: Vec<u8>) -> Packed {
    buffer.clear();
    buffer.extend(HEADER);
    let mut pieces = block.chunks(STORED_LIMIT_BYTES).peekable();
    while let Some(piece) = pieces.next() {
        let length = piece.len() as u16;
        buffer.push(u8::from(pieces.peek().is_none()));
        buffer.extend(length.to_le_bytes());
        buffer.extend((!length).to_le_bytes());
        buffer.extend(piece);
    }
    buffer.extend(trailer(block));
    Packed { length: buffer.len(), buffer }
}

/// CRC-32 and length.
fn trailer(block: &[u8]) -> [u8; TRAILER_BYTES] {
    let mut crc = Crc::new();
    crc.update(block);
    let mut trailer = [0; TRAILER_BYTES];
    trailer[..4].copy_from_slice(&crc.sum().to_le_bytes());
    trailer[4..].copy_from_slice(&(block.len() as u32).to_le_bytes());
    trailer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise() -> impl Iterator<Item = u8> {
        let mut state = 1_u64;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
    }

    #[test]
    fn a_block_is_judged_by_its_bytes() {
        let of =
            |bytes: &mut dyn Iterator<Item = u8>| kind(&bytes.take(1 << 20).collect::<Vec<_>>());
        assert_eq!(of(&mut noise()), Kind::Even);
        assert_eq!(of(&mut noise().take(JUDGED_BYTES)), Kind::Even);
        // Raised to 2 the bytes are uneven by 0.023 of the most that is even, to 3 by 0.047, to 7 by
        // 0.219, to 8 by 0.281; the bounds are 1/32 and 1/4.
        for (least, kind) in [(2, Kind::Even), (3, Kind::Dense), (7, Kind::Dense), (8, Kind::Text)]
        {
            assert_eq!(of(&mut noise().map(|byte| byte.max(least))), kind, "{least}");
        }
        assert_eq!(of(&mut noise().map(|byte| if byte < 0x60 { 0 } else { byte })), Kind::Code);
        assert_eq!(of(&mut noise().map(|byte| byte & 0x7f)), Kind::Text);
        assert_eq!(of(&mut noise().take(JUDGED_BYTES - 1)), Kind::Text);
        assert_eq!(of(&mut std::iter::repeat(0)), Kind::Text);
    }

    #[test]
    fn what_a_buffer_held_reaches_no_member() {
        for block in [noise().take(70_000).collect::<Vec<_>>(), vec![b'a'; 70_000], vec![7; 9]] {
            let [fresh, used] = [Vec::new(), vec![0xaa; 3 << 20]]
                .map(|buffer| member(&block, buffer).unwrap())
                .map(|packed| packed.buffer[..packed.length].to_vec());
            assert_eq!(fresh, used);
        }
    }
}
