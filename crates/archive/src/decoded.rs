//! The unpacked bytes of a compressed container, counted against what is borne.

use crate::bytes::Bytes;
use crate::codec::{Codec, Step};
use crate::source::Feed;
use crate::{ArchiveError, Limits, Place};

const BUFFER_BYTES: usize = 128 * 1024;

/// How much may come out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    unpacked_bytes: u64,
    ratio: u64,
    ratio_free_bytes: u64,
}

impl Budget {
    /// What the limits leave to a whole container.
    pub(crate) fn of(limits: &Limits) -> Self {
        let Limits { unpacked_bytes, ratio, ratio_free_bytes, .. } = *limits;
        Self { unpacked_bytes, ratio, ratio_free_bytes }
    }

    /// For who counts by himself.
    pub(crate) const UNBOUNDED: Self =
        Self { unpacked_bytes: u64::MAX, ratio: u64::MAX, ratio_free_bytes: u64::MAX };

    /// Refuses what is too much (CVE-2025-32386, CVE-2026-25140, CVE-2026-48702).
    pub(crate) fn check(
        &self,
        packed: u64,
        unpacked: u64,
        place: &Place,
    ) -> Result<(), ArchiveError> {
        let too_large =
            |what, limit| Err(ArchiveError::TooLarge { place: place.clone(), what, limit });
        if unpacked > self.unpacked_bytes {
            return too_large("what it unpacks to is more bytes than", self.unpacked_bytes);
        }
        if unpacked > self.ratio_free_bytes && unpacked / self.ratio > packed {
            return too_large("the times by which it grows in unpacking are more than", self.ratio);
        }
        Ok(())
    }
}

/// Members of one compression in a row, which are one stream of bytes.
///
/// Every member must end as its format demands, with its checks right, and nothing but members
/// may follow: bytes after the last one would be seen by some readers and not by others.
pub(crate) struct Decoded<F, C> {
    feed: F,
    codec: C,
    budget: Budget,
    begun: bool,
    between: bool,
    packed: u64,
    unpacked: u64,
    buffer: Box<[u8]>,
    buffered: std::ops::Range<usize>,
}

impl<F: Feed, C: Codec> Decoded<F, C> {
    /// Decodes all that `feed` gives.
    pub(crate) fn new(feed: F, codec: C, budget: Budget) -> Self {
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        let (packed, unpacked) = (0, 0);
        Self {
            feed,
            codec,
            budget,
            begun: false,
            between: true,
            packed,
            unpacked,
            buffer,
            buffered: 0..0,
        }
    }

    fn place(&self) -> Place {
        Place::byte(self.feed.position())
    }

    /// Decodes some bytes; none at the end of the last member.
    fn decode(&mut self, output: &mut [u8]) -> Result<usize, ArchiveError> {
        loop {
            if self.between && !self.begin()? {
                return Ok(0);
            }
            let place = Place::byte(self.feed.position());
            let input = self.feed.peek()?;
            let at_end = input.is_empty();
            let step = self.codec.step(input, output).map_err(|fault| fault.at(place))?;
            self.account(&step)?;
            if step.given > 0 {
                return Ok(step.given);
            }
            if step.taken == 0 && !step.finished {
                return Err(self.stalled(at_end));
            }
        }
    }

    /// Looks whether another member comes.
    fn begin(&mut self) -> Result<bool, ArchiveError> {
        while let Some(byte) = self.feed.peek()?.first().copied() {
            if self.codec.begins(byte) {
                (self.begun, self.between) = (true, false);
                return Ok(true);
            }
            if !(self.begun && self.codec.pads(byte)) {
                return Err(self.garbage());
            }
            self.feed.consume(1);
        }
        match self.begun && self.codec.padded() {
            true => Ok(false),
            false => Err(self.stalled(true)),
        }
    }

    fn account(&mut self, step: &Step) -> Result<(), ArchiveError> {
        self.feed.consume(step.taken);
        self.packed += step.taken as u64;
        self.unpacked += step.given as u64;
        self.between = step.finished;
        self.budget.check(self.packed, self.unpacked, &self.place())
    }

    fn garbage(&self) -> ArchiveError {
        let place = self.place();
        if !self.begun {
            let reason = format!("no {} begins here", self.codec.name());
            return ArchiveError::Compression { place, reason };
        }
        ArchiveError::TrailingData { place, what: "bytes follow the end of the compressed data" }
    }

    fn stalled(&self, at_end: bool) -> ArchiveError {
        let place = self.place();
        if at_end {
            return ArchiveError::Truncated { place, wanted: "the compressed data are not whole" };
        }
        ArchiveError::Compression { place, reason: "the decoder makes no progress".into() }
    }

    fn refill(&mut self) -> Result<(), ArchiveError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let decoded = self.decode(&mut buffer);
        self.buffer = buffer;
        self.buffered = 0..decoded?;
        Ok(())
    }
}

impl<F: Feed, C: Codec> Bytes for Decoded<F, C> {
    fn read(&mut self, output: &mut [u8]) -> Result<usize, ArchiveError> {
        if self.buffered.is_empty() {
            if output.len() >= BUFFER_BYTES {
                return self.decode(output);
            }
            self.refill()?;
        }
        let count = output.len().min(self.buffered.len());
        let start = self.buffered.start;
        output[..count].copy_from_slice(&self.buffer[start..start + count]);
        self.buffered.start += count;
        Ok(count)
    }

    fn skip(&mut self, mut count: u64) -> Result<bool, ArchiveError> {
        while count > 0 {
            if self.buffered.is_empty() {
                self.refill()?;
            }
            let step = self.buffered.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            if step == 0 {
                return Ok(false);
            }
            self.buffered.start += step;
            count -= step as u64;
        }
        Ok(true)
    }
}
