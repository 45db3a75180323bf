//! The two methods of a zip's entries: deflate (RFC 1951) without a frame, and no compression.

use flate2::{Decompress, DecompressError, FlushDecompress, Status};

use super::{Codec, Fault, Step};

/// One deflate stream.
pub(crate) struct Deflate {
    stream: Decompress,
    begun: bool,
}

impl Deflate {
    pub(crate) fn new() -> Self {
        Self { stream: Decompress::new(false), begun: false }
    }
}

impl Codec for Deflate {
    fn name(&self) -> &'static str {
        "deflate stream"
    }

    /// Any byte begins the one stream; none begins a second.
    fn begins(&mut self, _byte: u8) -> bool {
        !std::mem::replace(&mut self.begun, true)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        inflate(&mut self.stream, input, output)
    }
}

/// One step of zlib's inflate, with or without gzip's frame.
pub(super) fn inflate(
    stream: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
) -> Result<Step, Fault> {
    let (taken, given) = (stream.total_in(), stream.total_out());
    let status = stream.decompress(input, output, FlushDecompress::None).map_err(fault)?;
    Ok(Step {
        taken: (stream.total_in() - taken) as usize,
        given: (stream.total_out() - given) as usize,
        finished: status == Status::StreamEnd,
    })
}

/// zlib's messages are part of its interface since 1995; its code is one for all of them.
fn fault(error: DecompressError) -> Fault {
    match error.message() {
        Some("incorrect data check" | "incorrect length check" | "header crc mismatch") => {
            Fault::Checksum
        }
        message => Fault::Damaged(message.unwrap_or("deflate").to_owned()),
    }
}

/// Bytes as they are.
pub(crate) struct Stored {
    left: u64,
    begun: bool,
}

impl Stored {
    pub(crate) fn new(size_bytes: u64) -> Self {
        Self { left: size_bytes, begun: false }
    }
}

impl Codec for Stored {
    fn name(&self) -> &'static str {
        "stored content"
    }

    fn begins(&mut self, _byte: u8) -> bool {
        !std::mem::replace(&mut self.begun, true)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let count = input.len().min(output.len());
        output[..count].copy_from_slice(&input[..count]);
        self.left = self.left.saturating_sub(count as u64);
        Ok(Step { taken: count, given: count, finished: self.left == 0 })
    }
}
