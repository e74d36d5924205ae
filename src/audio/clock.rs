//! Time is the number of samples heard since the start. The library never reads another clock.

use super::SAMPLE_RATE_HZ;
use core::fmt;

/// A point in time: the samples that came before it. At 16 kHz it wraps after 36 million years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleIndex(pub u64);

impl SampleIndex {
    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / f64::from(SAMPLE_RATE_HZ)
    }

    /// The point `samples` later; stays at the end of time rather than wrap.
    pub fn after(self, samples: u64) -> SampleIndex {
        SampleIndex(self.0.saturating_add(samples))
    }

    /// The point `samples` earlier; stays at the start.
    pub fn before(self, samples: u64) -> SampleIndex {
        SampleIndex(self.0.saturating_sub(samples))
    }

    /// Samples since `earlier`; 0 if that lies later.
    pub fn since(self, earlier: SampleIndex) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for SampleIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} s", self.seconds())
    }
}

/// A stretch of audio, `start` included, `end` not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SampleSpan {
    /// First sample.
    pub start: SampleIndex,
    /// One past the last sample.
    pub end: SampleIndex,
}

impl SampleSpan {
    /// Samples in the span.
    pub fn len(self) -> u64 {
        self.end.since(self.start)
    }

    /// Whether there is no sample in it.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Length in seconds.
    pub fn seconds(self) -> f64 {
        SampleIndex(self.len()).seconds()
    }
}

impl fmt::Display for SampleSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}–{:.2} s", self.start.seconds(), self.end.seconds())
    }
}
