//! Xz: streams with padding between them, every check and index verified by liblzma.

use liblzma::stream::{Action, Error, Status, Stream, TELL_UNSUPPORTED_CHECK};

use super::{Codec, Fault, Step};
use crate::{ArchiveError, Limits, Place};

/// What liblzma holds beside the dictionary.
const OVERHEAD_BYTES: u64 = 16 << 20;

pub(crate) struct Xz {
    stream: Stream,
    memory_bytes: u64,
    padding: usize,
}

impl Xz {
    /// A decoder that takes dictionaries of the memory that may be held.
    pub(crate) fn new(limits: &Limits) -> Result<Self, ArchiveError> {
        let memory_bytes = limits.decoder_memory_bytes;
        let stream = stream(memory_bytes).map_err(|fault| fault.at(Place::default()))?;
        Ok(Self { stream, memory_bytes, padding: 0 })
    }
}

/// A check that liblzma does not know is refused, where it would be passed over by default.
fn stream(memory_bytes: u64) -> Result<Stream, Fault> {
    let limit = memory_bytes.saturating_add(OVERHEAD_BYTES);
    Stream::new_stream_decoder(limit, TELL_UNSUPPORTED_CHECK)
        .map_err(|error| fault(error, memory_bytes))
}

impl Codec for Xz {
    fn name(&self) -> &'static str {
        "xz stream"
    }

    fn begins(&mut self, byte: u8) -> bool {
        byte == 0xfd && self.padded()
    }

    /// Stream padding is NUL bytes, a multiple of four (xz file format, 2.2).
    fn pads(&mut self, byte: u8) -> bool {
        self.padding += 1;
        byte == 0
    }

    fn padded(&self) -> bool {
        self.padding.is_multiple_of(4)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let (taken, given) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.process(input, output, Action::Run);
        let status = status.map_err(|error| fault(error, self.memory_bytes))?;
        let taken = (self.stream.total_in() - taken) as usize;
        let given = (self.stream.total_out() - given) as usize;
        let finished = matches!(status, Status::StreamEnd);
        if finished {
            (self.stream, self.padding) = (stream(self.memory_bytes)?, 0);
        }
        Ok(Step { taken, given, finished })
    }
}

fn fault(error: Error, memory_bytes: u64) -> Fault {
    match error {
        Error::MemLimit => Fault::Memory(memory_bytes),
        Error::UnsupportedCheck => Fault::Unsupported("this kind of xz check"),
        Error::Options => Fault::Unsupported("this filter or option of xz"),
        other => Fault::Damaged(other.to_string()),
    }
}
