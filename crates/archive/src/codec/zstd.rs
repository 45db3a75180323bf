//! Zstd (RFC 8878): frames and skippable frames in any order, checksums checked by libzstd.

use zstd::zstd_safe::{DCtx, DParameter, ErrorCode, InBuffer, OutBuffer, get_error_name};

use super::{Codec, Fault, Step};
use crate::{ArchiveError, Limits, Place};

pub(crate) struct Zstd {
    context: DCtx<'static>,
    memory_bytes: u64,
}

impl Zstd {
    /// A decoder that takes windows of half of the memory that may be held.
    pub(crate) fn new(limits: &Limits) -> Result<Self, ArchiveError> {
        let memory_bytes = limits.decoder_memory_bytes;
        let window_log = memory_bytes.max(2048).ilog2().min(32) - 1;
        Self::with_window(window_log, memory_bytes).map_err(|fault| fault.at(Place::default()))
    }

    fn with_window(window_log: u32, memory_bytes: u64) -> Result<Self, Fault> {
        let no_memory = || Fault::Damaged("the decoder finds no memory".into());
        let mut context = DCtx::try_create().ok_or_else(no_memory)?;
        let set = context.set_parameter(DParameter::WindowLogMax(window_log));
        set.map_err(|code| fault(code, memory_bytes))?;
        Ok(Self { context, memory_bytes })
    }
}

impl Codec for Zstd {
    fn name(&self) -> &'static str {
        "zstd frame"
    }

    /// The first byte of a frame's magic, or of one of the sixteen that are skipped.
    fn begins(&mut self, byte: u8) -> bool {
        matches!(byte, 0x28 | 0x50..=0x5f)
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let mut input = InBuffer::around(input);
        let mut output = OutBuffer::around(output);
        let hint = self.context.decompress_stream(&mut output, &mut input);
        let hint = hint.map_err(|code| fault(code, self.memory_bytes))?;
        Ok(Step { taken: input.pos(), given: output.pos(), finished: hint == 0 })
    }
}

/// The stable numbers of `ZSTD_ErrorCode` (zstd_errors.h), which libzstd hands out negated.
fn fault(code: ErrorCode, memory_bytes: u64) -> Fault {
    match code.wrapping_neg() {
        16 => Fault::Memory(memory_bytes),
        22 => Fault::Checksum,
        30 | 32 => Fault::Unsupported("a zstd dictionary"),
        _ => Fault::Damaged(get_error_name(code).to_owned()),
    }
}
