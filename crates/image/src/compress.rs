//! Compression in blocks: the same bytes for any number of threads.
//!
//! The stream is cut into blocks of a fixed length, counted from its start. Each block becomes a
//! gzip member of its own (RFC 1952, section 2.2: members concatenate) or a zstd frame of its own
//! (RFC 8878, section 3). One thread reads and hashes what goes in, the pool compresses, the
//! caller writes what comes out, in order; only a few blocks are held at a time.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use landfall_hashing::{Digest, Hasher};
use rayon::ThreadPool;

use crate::{Compression, Encoding, gzip};

const ZSTD_BLOCK_BYTES: usize = 4 << 20;
const ZSTD_LEVEL: i32 = 3;
const ZSTD_WINDOW_LOG: u32 = 22;
/// What is hashed as soon as it is read, while it is in the processor's cache.
const READ_BYTES: usize = 1 << 18;

/// Who compresses, and how much may be on its way at once. Neither reaches a byte.
#[derive(Clone, Copy)]
pub struct Threads<'a> {
    /// The threads that compress.
    pub pool: &'a ThreadPool,
    /// About what blocks and their compressed forms may hold together; two blocks at the least.
    pub memory_bytes: usize,
}

/// What went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Of the bytes that went in: a layer's diff id.
    pub diff_id: Digest,
    /// How many went in.
    pub size_bytes: u64,
}

/// Compresses all that `input` gives into `output`, which hashes by itself what it keeps.
///
/// Fails with the first error of the reader or the writer; what was written by then is of no use.
pub fn compress(
    threads: Threads<'_>,
    encoding: Encoding,
    compression: Compression,
    input: impl Read + Send,
    output: &mut dyn Write,
) -> io::Result<Input> {
    let Encoding::V1 = encoding;
    let Threads { pool, memory_bytes } = threads;
    let most = 2 * pool.current_num_threads() + 2;
    let in_flight = (memory_bytes / (2 * block_bytes(compression))).clamp(2, most);
    std::thread::scope(|scope| {
        let (slots, to_write) = sync_channel(in_flight);
        let back = Buffers::default();
        let buffers = back.clone();
        let reading = scope.spawn(move || read_all(pool, compression, input, &slots, &buffers));
        let written = write_all(&to_write, output, &back);
        drop(to_write);
        let read = reading.join().map_err(|_| io::Error::other("the reader panicked"))??;
        written.map(|()| read)
    })
}

type Slot = Receiver<io::Result<Packed>>;

/// A compressed block: the first bytes of a buffer.
pub(crate) struct Packed {
    /// What the block became, and whatever stood there before.
    pub buffer: Vec<u8>,
    /// How long the block became.
    pub length: usize,
}

/// Cuts the input into blocks, hashes it, and starts compressing each block while the next is read.
fn read_all(
    pool: &ThreadPool,
    compression: Compression,
    input: impl Read,
    slots: &SyncSender<Slot>,
    buffers: &Buffers,
) -> io::Result<Input> {
    let mut blocks = Blocks { input, length: block_bytes(compression), hasher: Hasher::new() };
    let mut size_bytes = 0;
    loop {
        let block = blocks.next(buffers.take())?;
        size_bytes += block.len() as u64;
        // A closed channel means that the writer has failed, and has the error.
        if block.is_empty() || !begin(pool, compression, block, slots, buffers) {
            return Ok(Input { diff_id: blocks.hasher.finish(), size_bytes });
        }
    }
}

/// Starts compressing a block; whether there still is who writes it.
fn begin(
    pool: &ThreadPool,
    compression: Compression,
    block: Vec<u8>,
    slots: &SyncSender<Slot>,
    buffers: &Buffers,
) -> bool {
    let (done, slot) = sync_channel(1);
    if slots.send(slot).is_err() {
        return false;
    }
    let buffers = buffers.clone();
    pool.spawn(move || {
        let packed = compress_block(compression, &block, buffers.take());
        buffers.give(block);
        drop(done.send(packed));
    });
    true
}

/// Buffers that were used have their memory pages, and new ones have to be given them.
#[derive(Clone, Default)]
struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give(&self, buffer: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// Reads blocks of one length, and hashes them.
struct Blocks<R> {
    input: R,
    length: usize,
    hasher: Hasher,
}

impl<R: Read> Blocks<R> {
    /// The next block in a buffer that is at hand; shorter, or empty, at the end.
    fn next(&mut self, mut block: Vec<u8>) -> io::Result<Vec<u8>> {
        block.resize(self.length, 0);
        let mut filled = 0;
        while filled < block.len() {
            let end = block.len().min(filled + READ_BYTES);
            let count = fill(&mut self.input, &mut block[filled..end])?;
            self.hasher.update(&block[filled..filled + count]);
            filled += count;
            if filled < end {
                block.truncate(filled);
            }
        }
        Ok(block)
    }
}

/// Reads until the buffer is full or the input ends; gives how much was read.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn write_all(slots: &Receiver<Slot>, output: &mut dyn Write, buffers: &Buffers) -> io::Result<()> {
    for slot in slots {
        let packed =
            slot.recv().map_err(|_| io::Error::other("a compressing thread panicked"))??;
        output.write_all(&packed.buffer[..packed.length])?;
        buffers.give(packed.buffer);
    }
    Ok(())
}

fn block_bytes(compression: Compression) -> usize {
    match compression {
        Compression::Gzip => gzip::BLOCK_BYTES,
        Compression::Zstd => ZSTD_BLOCK_BYTES,
    }
}

fn compress_block(compression: Compression, block: &[u8], buffer: Vec<u8>) -> io::Result<Packed> {
    match compression {
        Compression::Gzip => gzip::member(block, buffer),
        Compression::Zstd => zstd_frame(block, buffer),
    }
}

fn zstd_frame(block: &[u8], mut buffer: Vec<u8>) -> io::Result<Packed> {
    use zstd::zstd_safe::CParameter;
    let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
    compressor.set_parameter(CParameter::WindowLog(ZSTD_WINDOW_LOG))?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    compressor.set_parameter(CParameter::ContentSizeFlag(true))?;
    buffer.resize(zstd::zstd_safe::compress_bound(block.len()), 0);
    let length = compressor.compress_to_buffer(block, &mut buffer[..])?;
    Ok(Packed { buffer, length })
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

    fn run(threads: usize, compression: Compression, input: &[u8]) -> (Input, Vec<u8>) {
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
            assert_eq!(one.0.size_bytes, input.len() as u64);
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
