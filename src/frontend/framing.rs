//! Cuts a stream into overlapping windows.

use super::MAX_FFT;
use crate::audio::{Sample, SampleIndex, SampleSpan};

#[derive(Clone, Debug)]
pub(super) struct Framer {
    samples: [f32; MAX_FFT],
    window: usize,
    hop: usize,
    filled: usize,
    now: SampleIndex,
}

impl Framer {
    /// `hop <= window <= MAX_FFT`, checked by the configuration.
    pub(super) fn new(window: usize, hop: usize) -> Self {
        Framer { samples: [0.0; MAX_FFT], window, hop, filled: 0, now: SampleIndex(0) }
    }

    /// Takes from `input` what the window lacks; the span of the window once it is full.
    pub(super) fn fill<S: Sample>(&mut self, input: &mut &[S]) -> Option<SampleSpan> {
        if self.filled == self.window {
            self.samples.copy_within(self.hop..self.window, 0);
            self.filled = self.window - self.hop;
        }
        let take = input.len().min(self.window - self.filled);
        let (taken, rest) = input.split_at(take);
        *input = rest;
        for (slot, sample) in self.samples[self.filled..].iter_mut().zip(taken) {
            *slot = sample.unit().get();
        }
        self.filled += take;
        self.now = self.now.after(take as u64);
        let full = self.filled == self.window && take > 0;
        full.then(|| SampleSpan { start: self.now.before(self.window as u64), end: self.now })
    }

    pub(super) fn frame(&self) -> &[f32] {
        &self.samples
    }

    pub(super) fn now(&self) -> SampleIndex {
        self.now
    }

    pub(super) fn reset(&mut self) {
        self.filled = 0;
        self.now = SampleIndex(0);
    }
}
