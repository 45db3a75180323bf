//! Compression in blocks: the same bytes for any number of threads.
//!
//! The stream is cut into blocks of a fixed length, counted from its start. Each block becomes a
//! gzip member of its own (RFC 1952, section 2.2: members concatenate) or a zstd frame of its own
//! (RFC 8878, section 3). One thread reads and hashes what goes in, the pool compresses, the
//! caller hashes and writes what comes out, in order; only a few blocks are held at a time.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use landfall_hashing::{Digest, Hasher};
use libdeflater::{CompressionLvl, Compressor, Crc};
use rayon::ThreadPool;

use crate::{Compression, Encoding};

const GZIP_BLOCK_BYTES: usize = 1 << 20;
const GZIP_LEVEL: i32 = 5;
const ZSTD_BLOCK_BYTES: usize = 4 << 20;
const ZSTD_LEVEL: i32 = 3;
const ZSTD_WINDOW_LOG: u32 = 22;
/// What is looked at to see whether a block shrinks at all.
const SAMPLE_BYTES: usize = 4 << 10;
/// The longest stored block of deflate (RFC 1951, section 3.2.4).
const STORED_LIMIT_BYTES: usize = 65_535;
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Who compresses, and how much may be on its way at once. Neither reaches a byte.
#[derive(Clone, Copy)]
pub struct Threads<'a> {
    /// The threads that compress.
    pub pool: &'a ThreadPool,
    /// About what blocks and their compressed forms may hold together; two blocks at the least.
    pub memory_bytes: usize,
}

/// What went in and what came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compressed {
    /// Of the bytes that went in: a layer's diff id.
    pub diff_id: Digest,
    /// How many went in.
    pub input_bytes: u64,
    /// Of the bytes that came out: the blob's digest.
    pub digest: Digest,
    /// How many came out.
    pub size_bytes: u64,
}

/// Compresses all that `input` gives into `output`.
///
/// Fails with the first error of the reader or the writer; what was written by then is of no use.
pub fn compress(
    threads: Threads<'_>,
    encoding: Encoding,
    compression: Compression,
    input: impl Read + Send,
    output: &mut dyn Write,
) -> io::Result<Compressed> {
    let Encoding::V1 = encoding;
    let Threads { pool, memory_bytes } = threads;
    let most = 2 * pool.current_num_threads() + 2;
    let in_flight = (memory_bytes / (2 * block_bytes(compression))).clamp(2, most);
    std::thread::scope(|scope| {
        let (blocks, to_hash) = sync_channel(in_flight);
        let (slots, to_write) = sync_channel(in_flight);
        let hashing = scope.spawn(move || hash_all(&to_hash));
        let reading = scope.spawn(move || read_all(pool, compression, input, &blocks, &slots));
        let written = write_all(&to_write, output);
        drop(to_write);
        let read = reading.join().map_err(|_| io::Error::other("the reader panicked"))?;
        let (diff_id, input_bytes) =
            hashing.join().map_err(|_| io::Error::other("the hasher panicked"))?;
        read?;
        let (digest, size_bytes) = written?;
        Ok(Compressed { diff_id, input_bytes, digest, size_bytes })
    })
}

type Block = Arc<Vec<u8>>;

/// Cuts the input into blocks, and starts compressing each while the next is read.
fn read_all(
    pool: &ThreadPool,
    compression: Compression,
    mut input: impl Read,
    blocks: &SyncSender<Block>,
    slots: &SyncSender<Receiver<io::Result<Vec<u8>>>>,
) -> io::Result<()> {
    let length = block_bytes(compression);
    loop {
        let mut block = Vec::with_capacity(length);
        input.by_ref().take(length as u64).read_to_end(&mut block)?;
        if block.is_empty() {
            return Ok(());
        }
        let block = Arc::new(block);
        let (done, slot) = sync_channel(1);
        // A closed channel means that the writer has failed, and has the error.
        if blocks.send(block.clone()).is_err() || slots.send(slot).is_err() {
            return Ok(());
        }
        pool.spawn(move || drop(done.send(compress_block(compression, &block))));
    }
}

fn hash_all(blocks: &Receiver<Block>) -> (Digest, u64) {
    let (mut hasher, mut count) = (Hasher::new(), 0);
    for block in blocks {
        hasher.update(&block);
        count += block.len() as u64;
    }
    (hasher.finish(), count)
}

fn write_all(
    slots: &Receiver<Receiver<io::Result<Vec<u8>>>>,
    output: &mut dyn Write,
) -> io::Result<(Digest, u64)> {
    let (mut hasher, mut count) = (Hasher::new(), 0);
    for slot in slots {
        let bytes =
            slot.recv().map_err(|_| io::Error::other("a compressing thread panicked"))??;
        hasher.update(&bytes);
        output.write_all(&bytes)?;
        count += bytes.len() as u64;
    }
    Ok((hasher.finish(), count))
}

fn block_bytes(compression: Compression) -> usize {
    match compression {
        Compression::Gzip => GZIP_BLOCK_BYTES,
        Compression::Zstd => ZSTD_BLOCK_BYTES,
    }
}

fn compress_block(compression: Compression, block: &[u8]) -> io::Result<Vec<u8>> {
    match compression {
        Compression::Gzip if shrinks(block)? => gzip_member(block),
        Compression::Gzip => Ok(stored_member(block)),
        Compression::Zstd => zstd_frame(block),
    }
}

fn level(number: i32) -> io::Result<CompressionLvl> {
    CompressionLvl::new(number).map_err(|_| io::Error::other("libdeflate refuses its level"))
}

/// Whether three samples of a block, compressed fast, lose more than a fiftieth of their length.
/// What is compressed already would otherwise cost most of the time and win nothing.
fn shrinks(block: &[u8]) -> io::Result<bool> {
    if block.len() < 4 * SAMPLE_BYTES {
        return Ok(true);
    }
    let starts = [0, block.len() / 2, block.len() - SAMPLE_BYTES];
    let samples = starts.map(|start| &block[start..start + SAMPLE_BYTES]).concat();
    let mut compressor = Compressor::new(level(1)?);
    let mut output = vec![0; compressor.deflate_compress_bound(samples.len())];
    let size = compressor.deflate_compress(&samples, &mut output).map_err(io::Error::other)?;
    Ok(size < samples.len() / 50 * 49)
}

fn gzip_member(block: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(level(GZIP_LEVEL)?);
    let bound = compressor.deflate_compress_bound(block.len());
    let mut member = vec![0; GZIP_HEADER.len() + bound];
    member[..GZIP_HEADER.len()].copy_from_slice(&GZIP_HEADER);
    let body = &mut member[GZIP_HEADER.len()..];
    let size = compressor.deflate_compress(block, body).map_err(io::Error::other)?;
    member.truncate(GZIP_HEADER.len() + size);
    close_member(&mut member, block);
    Ok(member)
}

/// A member of stored blocks only.
fn stored_member(block: &[u8]) -> Vec<u8> {
    let mut member = GZIP_HEADER.to_vec();
    let mut pieces = block.chunks(STORED_LIMIT_BYTES).peekable();
    while let Some(piece) = pieces.next() {
        let length = piece.len() as u16;
        member.push(u8::from(pieces.peek().is_none()));
        member.extend(length.to_le_bytes());
        member.extend((!length).to_le_bytes());
        member.extend(piece);
    }
    close_member(&mut member, block);
    member
}

fn close_member(member: &mut Vec<u8>, block: &[u8]) {
    let mut crc = Crc::new();
    crc.update(block);
    member.extend(crc.sum().to_le_bytes());
    member.extend((block.len() as u32).to_le_bytes());
}

fn zstd_frame(block: &[u8]) -> io::Result<Vec<u8>> {
    use zstd::zstd_safe::CParameter;
    let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
    compressor.set_parameter(CParameter::WindowLog(ZSTD_WINDOW_LOG))?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    compressor.set_parameter(CParameter::ContentSizeFlag(true))?;
    compressor.compress(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    fn one(pool: &ThreadPool) -> Threads<'_> {
        Threads { pool, memory_bytes: 64 << 20 }
    }

    /// Half text, half noise, longer than a few blocks of either kind.
    fn input() -> Vec<u8> {
        let mut state = 1_u64;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        });
        let text = b"the same bits everywhere, ".iter().copied().cycle();
        text.take(5 << 20).chain(noise.take(5 << 20)).collect()
    }

    fn run(threads: usize, compression: Compression, input: &[u8]) -> (Compressed, Vec<u8>) {
        let mut output = Vec::new();
        let done =
            compress(one(&pool(threads)), Encoding::V1, compression, input, &mut output).unwrap();
        (done, output)
    }

    #[test]
    fn threads_do_not_reach_the_bytes() {
        let input = input();
        for compression in [Compression::Gzip, Compression::Zstd] {
            let one = run(1, compression, &input);
            assert_eq!(one.0.diff_id, Digest::of(&input));
            assert_eq!(one.0.digest, Digest::of(&one.1));
            assert_eq!(run(2, compression, &input), one);
            assert_eq!(run(8, compression, &input), one);
        }
    }

    #[test]
    fn a_failing_writer_ends_it() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let done =
            compress(one(&pool(2)), Encoding::V1, Compression::Gzip, &input()[..], &mut Full);
        assert_eq!(done.map_err(|error| error.kind()), Err(io::ErrorKind::StorageFull));
    }
}
