//! From samples to log-mel frames: window → real FFT → power → mel filterbank → log, one frame every 10 ms.

mod config;
mod framing;
mod window;
mod butterflies;
mod fft;
mod mel;

pub use config::FrontEndConfig;
pub use fft::{MAX_FFT, MIN_FFT, RealFft, RealFftF32};

use crate::audio::{Sample, SampleIndex, SampleSpan};
use crate::error::ConfigError;
use framing::Framer;
use mel::MelFilterbank;
use window::Window;

/// Most mel bins a frame can have.
pub const MAX_MEL_BINS: usize = 128;

/// One frame: the mel spectrum of a short window of audio.
#[derive(Clone, Debug)]
pub struct MelFrame {
    /// Number of the frame, from 0 at the start or the last reset.
    pub index: u64,
    /// The samples the window saw.
    pub span: SampleSpan,
    /// Power of the windowed audio, 1 for a square wave at full scale, 0.5 for a sine.
    pub mean_square: f32,
    bins: usize,
    mel: [f32; MAX_MEL_BINS],
}

impl MelFrame {
    /// Compressed mel energies, lowest band first; their number and scale are the configuration's.
    pub fn mel(&self) -> &[f32] {
        &self.mel[..self.bins]
    }
}

/// The front end: samples in, mel frames out.
#[derive(Clone, Debug)]
pub struct FrontEnd {
    config: FrontEndConfig,
    framer: Framer,
    window: Window,
    fft: RealFftF32,
    filterbank: MelFilterbank,
    power: [f32; MAX_FFT / 2 + 1],
    frame: MelFrame,
}

impl FrontEnd {
    /// Makes all tables.
    ///
    /// # Errors
    /// [`ConfigError`] naming the first field that is out of range.
    pub fn new(config: FrontEndConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(FrontEnd {
            config,
            framer: Framer::new(config.window_samples, config.hop_samples),
            window: Window::hann(config.window_samples),
            fft: RealFftF32::new(config.fft_samples)?,
            filterbank: MelFilterbank::new(&config)?,
            power: [0.0; MAX_FFT / 2 + 1],
            frame: MelFrame {
                index: 0,
                span: SampleSpan::default(),
                mean_square: 0.0,
                bins: config.mel_bins,
                mel: [0.0; MAX_MEL_BINS],
            },
        })
    }

    /// The configuration it was made from.
    pub fn config(&self) -> &FrontEndConfig {
        &self.config
    }

    /// Takes samples from `input` until a frame is ready or `input` is empty, and leaves the rest in `input`.
    ///
    /// Call it until it gives `None`; then all of `input` is taken in. The frames don't depend on how the
    /// audio is cut into calls.
    ///
    /// # Real time
    /// No allocation; at most one FFT a call.
    pub fn process<S: Sample>(&mut self, input: &mut &[S]) -> Option<&MelFrame> {
        let span = self.framer.fill(input)?;
        let fft = self.config.fft_samples;
        self.fft.power(self.framer.frame(), self.window.weights(fft), &mut self.power[..fft / 2 + 1]);
        let power = &self.power[..fft / 2 + 1];
        self.filterbank.apply(power, &mut self.frame.mel);
        for energy in &mut self.frame.mel[..self.config.mel_bins] {
            *energy = libm::logf(energy.max(self.config.floor));
        }
        // Parseval: every bin but the first and the last stands for two.
        let both_sides = 2.0 * power.iter().sum::<f32>() - power[0] - power[fft / 2];
        self.frame.mean_square = both_sides * self.window.inverse_energy() / fft as f32;
        self.frame.span = span;
        self.frame.index = span.start.0 / self.config.hop_samples as u64;
        Some(&self.frame)
    }

    /// Samples taken in since the start or the last reset.
    pub fn now(&self) -> SampleIndex {
        self.framer.now()
    }

    /// As new: the next sample is sample 0.
    pub fn reset(&mut self) {
        self.framer.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn frames(pcm: &[i16], chunks: impl Iterator<Item = usize>) -> Vec<(SampleSpan, u32, Vec<u32>)> {
        let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
        let mut out = Vec::new();
        let mut rest = pcm;
        for n in chunks {
            let (mut chunk, after) = rest.split_at(n.min(rest.len()));
            rest = after;
            while let Some(frame) = front_end.process(&mut chunk) {
                let bits = frame.mel().iter().map(|v| v.to_bits()).collect();
                out.push((frame.span, frame.mean_square.to_bits(), bits));
            }
            assert!(chunk.is_empty());
        }
        out
    }

    proptest! {
        #[test]
        fn chunking_changes_nothing(
            pcm in prop::collection::vec(any::<i16>(), 0..4000),
            sizes in prop::collection::vec(0usize..700, 1..20),
        ) {
            let whole = frames(&pcm, core::iter::once(pcm.len()));
            let cut = frames(&pcm, sizes.iter().copied().chain(core::iter::once(pcm.len())));
            prop_assert_eq!(whole.len(), if pcm.len() < 400 { 0 } else { (pcm.len() - 400) / 160 + 1 });
            prop_assert_eq!(whole, cut);
        }
    }

    #[test]
    fn mean_square_is_the_signals_power() {
        let sine: Vec<i16> = (0..1600)
            .map(|i| (16384.0 * libm::sin(i as f64 * core::f64::consts::TAU * 1000.0 / 16000.0)) as i16)
            .collect();
        let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
        let mut input = &sine[..];
        let frame = front_end.process(&mut input).unwrap();
        assert!((frame.mean_square - 0.125).abs() < 1e-4, "{}", frame.mean_square);
    }
}
