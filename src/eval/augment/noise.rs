//! Noise at a signal-to-noise ratio between the loudest 32 ms of the two.

use std::prelude::rust_2024::*;
use std::sync::Arc;

/// 32 ms.
const WINDOW: usize = 512;

/// The loudest 32 ms and the highest sample of what goes through, windows counted from the start.
#[derive(Clone, Debug, Default)]
pub(super) struct Loudest {
    energy: f32,
    held: usize,
    loudest: f32,
    peak: f32,
}

impl Loudest {
    pub(super) fn hear(&mut self, samples: impl IntoIterator<Item = f32>) {
        for sample in samples {
            self.peak = self.peak.max(sample.abs());
            self.energy += sample * sample;
            self.held += 1;
            if self.held == WINDOW {
                self.loudest = self.loudest.max(self.energy);
                (self.energy, self.held) = (0.0, 0);
            }
        }
    }

    /// Mean square of the loudest whole window.
    pub(super) fn power(&self) -> f32 {
        self.loudest / WINDOW as f32 + 1e-12
    }

    pub(super) fn peak(&self) -> f32 {
        self.peak
    }
}

/// A stretch of a recording of noise, from its beginning again where it is too short.
#[derive(Clone, Debug)]
pub(super) struct Bed {
    noise: Arc<[i16]>,
    start: usize,
    at: usize,
    gain: f32,
}

impl Bed {
    /// `draw` picks one of so many starts.
    pub(super) fn new(noise: Arc<[i16]>, samples: u64, draw: impl FnOnce(u64) -> u64) -> Bed {
        let starts = (noise.len() as u64).saturating_sub(samples).max(1);
        let start = draw(starts) as usize;
        Bed { noise, start, at: start, gain: 0.0 }
    }

    fn next(&mut self) -> f32 {
        let sample = self.noise.get(self.at).map_or(0.0, |sample| f32::from(*sample) / 32_768.0);
        self.at += 1;
        if self.at >= self.noise.len() {
            self.at = self.start;
        }
        sample
    }

    /// Sets the gain for `samples` samples beside `speech`; gives the highest that a sum of both can reach.
    pub(super) fn level(&mut self, speech: &Loudest, samples: u64, snr_db: f32) -> f32 {
        let once = (self.noise.len() - self.start) as u64;
        let mut bed = Loudest::default();
        bed.hear((0..samples.min(once)).map(|_| self.next()));
        self.at = self.start;
        self.gain = libm::sqrtf(speech.power() / (bed.power() * libm::powf(10.0, snr_db / 10.0)));
        speech.peak() + self.gain * bed.peak()
    }

    pub(super) fn add(&mut self, block: &mut [f32]) {
        for sample in block {
            *sample += self.gain * self.next();
        }
    }
}
