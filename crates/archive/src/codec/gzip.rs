//! Gzip (RFC 1952): members, each with a CRC-32 and a length that zlib's inflate checks.

use flate2::Decompress;

use super::deflate::inflate;
use super::{Codec, Fault, Step};

const WINDOW_BITS: u8 = 15;

pub(crate) struct Gzip {
    stream: Decompress,
}

impl Gzip {
    pub(crate) fn new() -> Self {
        Self { stream: Decompress::new_gzip(WINDOW_BITS) }
    }
}

impl Codec for Gzip {
    fn name(&self) -> &'static str {
        "gzip member"
    }

    fn begins(&mut self, byte: u8) -> bool {
        let begins = byte == 0x1f;
        if begins && self.stream.total_in() > 0 {
            self.stream.reset(true);
        }
        begins
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        inflate(&mut self.stream, input, output)
    }
}
