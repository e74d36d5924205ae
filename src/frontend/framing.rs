//! Cuts a stream into overlapping windows.

use super::conditioning::StreamFilter;
use super::{Edges, FrontEndConfig, MAX_FFT};
use crate::audio::{Sample, SampleIndex, SampleSpan};
use core::borrow::BorrowMut;

/// Which window is ready.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready {
    pub(super) index: u64,
    pub(super) span: SampleSpan,
}

/// `S`: the window's samples, or where they are lent.
#[derive(Clone, Debug)]
pub(super) struct Framer<S = [f32; MAX_FFT]> {
    /// The window, zeros behind it.
    samples: S,
    filter: Option<StreamFilter>,
    window: usize,
    hop: usize,
    /// What the first window holds before the audio begins.
    lead: usize,
    edges: Edges,
    filled: usize,
    index: u64,
    /// Where listening began.
    origin: SampleIndex,
    now: SampleIndex,
}

impl<M: BorrowMut<[f32; MAX_FFT]>> Framer<M> {
    /// `lead < window`, `hop <= window <= MAX_FFT`, checked by the configuration; `samples`: all zero.
    pub(super) fn new(config: &FrontEndConfig, samples: M) -> Self {
        let lead = config.lead_samples();
        Framer {
            samples,
            filter: StreamFilter::new(config.conditioning),
            window: config.window_samples,
            hop: config.hop_samples,
            lead,
            edges: config.edges,
            filled: lead,
            index: 0,
            origin: SampleIndex(0),
            now: SampleIndex(0),
        }
    }

    /// Takes from `input` what the window lacks; says which window it is once it is full.
    pub(super) fn fill<S: Sample>(&mut self, input: &mut &[S]) -> Option<Ready> {
        self.advance();
        let (taken, rest) =
            input.split_at_checked(self.window.saturating_sub(self.filled)).unwrap_or((input, &[]));
        *input = rest;
        let slots =
            self.samples.borrow_mut().get_mut(self.filled..).unwrap_or_default().iter_mut().zip(taken);
        match &mut self.filter {
            None => slots.for_each(|(slot, sample)| *slot = sample.unit().get()),
            Some(filter) => slots.for_each(|(slot, sample)| *slot = filter.next(sample.unit().get())),
        }
        self.filled += taken.len();
        self.now = self.now.after(taken.len() as u64);
        if self.filled < self.window || taken.is_empty() {
            return None;
        }
        if self.index == 0 && self.edges == Edges::Mirror {
            let (before, after) = self.samples.borrow_mut().split_at_mut_checked(self.lead)?;
            before.iter_mut().rev().zip(after).for_each(|(before, after)| *before = *after);
        }
        Some(self.ready())
    }

    /// The windows that reach beyond the end of the audio, one a call.
    pub(super) fn finish(&mut self) -> Option<Ready> {
        let (now, hop) = (self.now.since(self.origin), self.hop as u64);
        let count = match self.edges {
            Edges::Snip => 0,
            Edges::Silence => now / hop + 1,
            Edges::Mirror => (now + hop / 2) / hop,
        };
        // In less audio than one window, a mirror would have to show its own reflection.
        if self.index >= count || (self.edges == Edges::Mirror && now < self.window as u64) {
            return None;
        }
        self.advance();
        // Where in the window the audio ends.
        let end = (now + self.lead as u64).saturating_sub(self.index * hop) as usize;
        let samples = self.samples.borrow_mut();
        for slot in self.filled..self.window {
            let mirrored = (2 * end).checked_sub(slot + 1).and_then(|at| samples.get(at).copied());
            if let Some(sample) = samples.get_mut(slot) {
                *sample = if self.edges == Edges::Mirror { mirrored.unwrap_or(0.0) } else { 0.0 };
            }
        }
        self.filled = self.window;
        Some(self.ready())
    }

    /// Makes room for the next window if this one is full.
    fn advance(&mut self) {
        if self.filled == self.window && self.hop <= self.window && self.window <= MAX_FFT {
            self.samples.borrow_mut().copy_within(self.hop..self.window, 0);
            self.filled = self.window - self.hop;
        }
    }

    fn ready(&mut self) -> Ready {
        let start = (self.index * self.hop as u64).saturating_sub(self.lead as u64);
        let end = (self.index * self.hop as u64 + self.window as u64).saturating_sub(self.lead as u64);
        let span = SampleSpan { start: self.origin.after(start), end: self.origin.after(end).min(self.now) };
        let index = self.index;
        self.index += 1;
        Ready { index, span }
    }

    pub(super) fn frame(&self) -> &[f32; MAX_FFT] {
        self.samples.borrow()
    }

    pub(super) fn now(&self) -> SampleIndex {
        self.now
    }

    /// As new, but that the next sample is sample `origin`.
    pub(super) fn reset(&mut self, origin: SampleIndex) {
        *self.samples.borrow_mut() = [0.0; MAX_FFT];
        if let Some(filter) = &mut self.filter {
            filter.reset();
        }
        self.filled = self.lead;
        self.index = 0;
        self.origin = origin;
        self.now = origin;
    }
}
