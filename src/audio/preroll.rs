//! The short memory behind "now": what was said just before the wake phrase was recognised.
//!
//! It forgets by overwriting. What leaves the ring, by age, by [`PreRoll::wipe`] or by drop, is zero in memory
//! and not merely out of reach.

use super::{SampleIndex, SampleSpan};
use crate::{ConfigError, Storage};
use zeroize::Zeroize;

/// A ring of the latest samples.
#[derive(Debug)]
pub struct PreRoll<'a> {
    ring: Storage<'a, i16>,
    /// Where the next sample goes.
    head: usize,
    /// Samples held, at most `ring.len()`.
    held: usize,
    /// The time of the next sample.
    now: SampleIndex,
}

impl<'a> PreRoll<'a> {
    /// A ring over `memory`, one sample an element: 16,000 elements remember one second.
    ///
    /// # Errors
    /// [`ConfigError::BufferTooSmall`] for memory of no element.
    pub fn new(memory: Storage<'a, i16>) -> Result<Self, ConfigError> {
        if memory.is_empty() {
            return Err(ConfigError::BufferTooSmall { buffer: "pre-roll", expected: 1, actual: 0 });
        }
        let mut ring = PreRoll { ring: memory, head: 0, held: 0, now: SampleIndex(0) };
        ring.wipe();
        Ok(ring)
    }

    /// Takes in `pcm`, any number of samples. The oldest are overwritten.
    pub fn push(&mut self, pcm: &[i16]) {
        let capacity = self.ring.len();
        self.now = self.now.after(pcm.len() as u64);
        self.held = (self.held + pcm.len()).min(capacity);
        // Where a chunk outsizes the ring, only its tail is written, where it would have landed.
        let skipped = pcm.len().saturating_sub(capacity);
        let latest = pcm.get(skipped..).unwrap_or_default();
        let head = self.wrapped(self.head + skipped);
        if let Some((start, end)) = self.ring.split_at_mut_checked(head) {
            let (first, second) = latest.split_at_checked(end.len()).unwrap_or((latest, &[]));
            end.iter_mut().zip(first).for_each(|(slot, sample)| *slot = *sample);
            start.iter_mut().zip(second).for_each(|(slot, sample)| *slot = *sample);
        }
        self.head = self.wrapped(head + latest.len());
    }

    /// What the ring remembers, as a span of time.
    pub fn span(&self) -> SampleSpan {
        SampleSpan { start: self.now.before(self.held as u64), end: self.now }
    }

    /// The samples of `span` in order, in two pieces as they lie in the ring; `None` unless all are remembered.
    pub fn get(&self, span: SampleSpan) -> Option<(&[i16], &[i16])> {
        let remembered = self.span();
        if span.start < remembered.start || span.end > remembered.end || span.start > span.end {
            return None;
        }
        let capacity = self.ring.len();
        let back = remembered.end.since(span.start) as usize;
        let len = span.len() as usize;
        let (start, end) = self.ring.split_at_checked(self.wrapped(self.head + capacity - back))?;
        match end.get(..len) {
            Some(all) => Some((all, &[])),
            None => Some((end, start.get(..len - end.len())?)),
        }
    }

    /// A position in the ring; the ring is never empty.
    fn wrapped(&self, at: usize) -> usize {
        at.checked_rem(self.ring.len()).unwrap_or(0)
    }

    /// Forgets everything; the memory is zero afterwards. The clock goes on.
    pub fn wipe(&mut self) {
        self.ring.zeroize();
        self.head = 0;
        self.held = 0;
    }

    /// `samples` pass unheard: everything is forgotten, the clock goes on.
    pub fn skip(&mut self, samples: u64) {
        if self.held > 0 {
            self.wipe();
        }
        self.now = self.now.after(samples);
    }

    /// Forgets everything and sets the clock to zero.
    pub fn reset(&mut self) {
        self.wipe();
        self.now = SampleIndex(0);
    }
}

impl Drop for PreRoll<'_> {
    fn drop(&mut self) {
        self.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn remembers_the_latest_samples_whatever_the_chunks(
            capacity in 1usize..50, chunks in prop::collection::vec(0usize..80, 0..12),
        ) {
            let mut memory = std::vec![0i16; capacity];
            let mut ring = PreRoll::new(Storage::Lent(&mut memory)).unwrap();
            let mut all = Vec::new();
            for n in chunks {
                let chunk: Vec<i16> = (0..n).map(|i| (all.len() + i + 1) as i16).collect();
                ring.push(&chunk);
                all.extend(chunk);
                let span = ring.span();
                prop_assert_eq!(span.end.0, all.len() as u64);
                prop_assert_eq!(span.len() as usize, all.len().min(capacity));
                let (a, b) = ring.get(span).unwrap();
                prop_assert_eq!([a, b].concat(), &all[span.start.0 as usize..]);
                let too_far = SampleSpan { start: span.start, end: span.end.after(1) };
                prop_assert!(ring.get(too_far).is_none());
            }
        }
    }

    #[test]
    fn drop_leaves_nothing_in_the_memory() {
        let mut memory = [0i16; 100];
        {
            let mut ring = PreRoll::new(Storage::Lent(&mut memory)).unwrap();
            ring.push(&[1234; 250]);
        }
        assert_eq!(memory, [0; 100]);
    }

    #[test]
    fn what_is_skipped_passes_but_is_not_remembered() {
        let mut memory = [0; 10];
        let mut ring = PreRoll::new(Storage::Lent(&mut memory)).unwrap();
        ring.push(&[7; 25]);
        ring.skip(5);
        assert_eq!(ring.span(), SampleSpan { start: SampleIndex(30), end: SampleIndex(30) });
        ring.push(&[1, 2]);
        let span = SampleSpan { start: SampleIndex(30), end: SampleIndex(32) };
        assert_eq!((ring.span(), ring.get(span)), (span, Some((&[1, 2][..], &[][..]))));
        drop(ring);
        assert_eq!(memory, [0; 10]);
    }

    #[test]
    fn wipe_forgets_but_time_goes_on() {
        let mut memory = [0; 10];
        let mut ring = PreRoll::new(Storage::Lent(&mut memory)).unwrap();
        ring.push(&[7; 25]);
        ring.wipe();
        assert!(ring.span().is_empty());
        assert_eq!(ring.span().end, SampleIndex(25));
    }
}
