//! Any sample rate to 16 kHz: the one file that knows rubato.

use crate::audio::{SAMPLE_RATE_HZ, Unit};
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler};
use std::prelude::rust_2024::*;
use std::vec;

/// Streaming resampler. Its delay is taken out, so a sound keeps its time, and `n` samples at `rate_hz` become
/// `n · 16000 / rate_hz` samples, rounded. At 16 kHz nothing is computed and 16-bit samples stay what they were.
pub struct To16k {
    rate_hz: u32,
    fft: Option<Fft<f32>>,
    /// Input waiting for a full block.
    block: Vec<f32>,
    output: Vec<f32>,
    /// Output samples still to be dropped: the delay.
    skip: usize,
    taken: u64,
    given: u64,
}

impl To16k {
    /// `rate_hz` within [`RATE_HZ`](super::RATE_HZ).
    pub fn new(rate_hz: u32) -> To16k {
        let fft = (rate_hz != SAMPLE_RATE_HZ).then(|| {
            // Blocks of 1/16 s at least: the filter is as long as a block, and so sharp at every rate. An even
            // number of the smallest blocks, or the middle of the filter lies between two samples and all sounds
            // come out up to half an input sample early.
            let pair = 2 * (rate_hz / gcd(rate_hz, SAMPLE_RATE_HZ)) as usize;
            let block = (rate_hz as usize / 16).next_multiple_of(pair);
            Fft::new(rate_hz as usize, SAMPLE_RATE_HZ as usize, block, 1, FixedSync::Both)
                .expect("rates and block are above zero")
        });
        let (block, output, skip) = fft
            .as_ref()
            .map_or((0, 0, 0), |fft| (fft.input_frames_next(), fft.output_frames_max(), fft.output_delay()));
        To16k {
            rate_hz,
            fft,
            block: Vec::with_capacity(block),
            output: vec![0.0; output],
            skip,
            taken: 0,
            given: 0,
        }
    }

    /// Takes in `mono` (±1), appends what is ready to `out`.
    pub fn push(&mut self, mono: &[f32], out: &mut Vec<i16>) {
        self.taken += mono.len() as u64;
        let Some(fft) = &self.fft else {
            self.given = self.taken;
            out.extend(mono.iter().map(|&sample| Unit::saturating(sample).to_i16()));
            return;
        };
        let full = fft.input_frames_next();
        let mut rest = mono;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(full - self.block.len()));
            self.block.extend_from_slice(now);
            rest = later;
            if self.block.len() == full {
                self.run(out, u64::MAX);
            }
        }
    }

    /// Appends what is still inside, to the last sample. Nothing may be pushed afterwards.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        let rate = u64::from(self.rate_hz);
        let total = (self.taken * u64::from(SAMPLE_RATE_HZ) + rate / 2) / rate;
        while self.given < total {
            self.run(out, total);
        }
    }

    /// Resamples one block, filled up with silence where it isn't full, and gives at most up to sample `end`.
    fn run(&mut self, out: &mut Vec<i16>, end: u64) {
        let Some(fft) = &mut self.fft else { return };
        let valid = self.block.len();
        self.block.resize(fft.input_frames_next(), 0.0);
        let input = SequentialSlice::new(&self.block, 1, self.block.len()).expect("one channel");
        let frames = self.output.len();
        let mut output = SequentialSlice::new_mut(&mut self.output, 1, frames).expect("one channel");
        let partial = Indexing::new().partial_len(valid);
        let (_, made) = fft
            .process_into_buffer(&input, &mut output, Some(&partial))
            .expect("buffers as large as the resampler asked for");
        self.block.clear();
        let skipped = self.skip.min(made);
        self.skip -= skipped;
        let left = usize::try_from(end - self.given).unwrap_or(usize::MAX);
        let ready = &self.output[skipped..made];
        let ready = &ready[..ready.len().min(left)];
        self.given += ready.len() as u64;
        out.extend(ready.iter().map(|&sample| Unit::saturating(sample).to_i16()));
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn resample(rate_hz: u32, input: &[f32], chunk: usize) -> Vec<i16> {
        let mut to_16k = To16k::new(rate_hz);
        let mut out = Vec::new();
        for piece in input.chunks(chunk) {
            to_16k.push(piece, &mut out);
        }
        to_16k.finish(&mut out);
        out
    }

    fn tone(rate_hz: u32, hz: f64, seconds: f64) -> Vec<f32> {
        let samples = (f64::from(rate_hz) * seconds).round() as usize;
        (0..samples).map(|n| (0.5 * (TAU * hz * n as f64 / f64::from(rate_hz)).sin()) as f32).collect()
    }

    /// A tone keeps its phase, so its time, and its level, at every rate.
    #[test]
    fn a_tone_stays_where_it_was() {
        let expected = tone(16_000, 1_000.0, 1.0);
        for rate in [4_000, 8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000, 44_101] {
            let got = resample(rate, &tone(rate, 1_000.0, 1.0), 777);
            assert_eq!(got.len(), 16_000, "{rate} Hz");
            // Both ends miss what was before and after.
            let error = (1_600..14_400)
                .map(|n| (f32::from(got[n]) / 32_768.0 - expected[n]).abs())
                .fold(0.0f32, f32::max);
            assert!(error < 1e-3, "{rate} Hz: {error}");
        }
    }

    /// What 16 kHz cannot hold is gone rather than folded into the speech band.
    #[test]
    fn nothing_folds_back() {
        for rate in [44_100, 48_000, 96_000] {
            let got = resample(rate, &tone(rate, 10_000.0, 1.0), 4_096);
            let loudest = got[1_600..14_400].iter().map(|s| s.unsigned_abs()).max().unwrap();
            assert!(loudest <= 4, "{rate} Hz: {loudest}");
        }
    }

    #[test]
    fn lengths_are_right_to_a_sample_and_chunks_dont_matter() {
        for rate in [8_000, 16_000, 44_100, 48_000, 96_000] {
            for samples in [1usize, 2, 3, 159, 1_000, 44_099] {
                let input = &tone(rate, 300.0, 12.0)[..samples];
                let whole = resample(rate, input, samples);
                let expected = (samples as f64 * 16_000.0 / f64::from(rate)).round() as usize;
                assert_eq!(whole.len(), expected, "{samples} samples at {rate} Hz");
                assert_eq!(resample(rate, input, 13), whole);
            }
        }
    }

    #[test]
    fn sixteen_bits_at_16_khz_stay_the_same_bits() {
        let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let unit: Vec<f32> = all.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        assert_eq!(resample(16_000, &unit, 1_000), all);
    }
}
