//! The integer front end of TensorFlow Lite Micro, on which the models of microWakeWord and ESPHome were trained:
//! 16-bit window and FFT, square root of the band energies, noise reduction, automatic gain, logarithm.
//!
//! All of it is integer arithmetic, so its output is exactly that of the original C code (`pymicro-features` is
//! the yardstick), on every machine. The gain is described by Wang et al., *Trainable frontend for robust and
//! far-field keyword spotting*, 2017.

mod fft;
mod filterbank;
mod gain;
mod log;

use super::{MAX_MEL_BINS, MelFrame};
use crate::audio::{Sample, SampleIndex, SampleSpan};
use crate::error::ConfigError;
use core::f32::consts::PI;
use fft::FixedFft;
use filterbank::Filterbank;
use gain::{AutomaticGain, NoiseReduction};
use log::Logarithm;

/// Points of the FFT.
const FFT: usize = 512;
/// Fraction bits of a window weight.
const WINDOW_BITS: u32 = 12;
/// What the energies have to be shifted left by after the FFT's and the weights' scale, for 512 points.
const CORRECTION_BITS: u32 = 3;

/// The numbers that define the integer front end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MicroFrontEndConfig {
    /// Length of the analysis window, 257 to 512 samples.
    pub window_samples: usize,
    /// From one frame to the next, 1 sample to `window_samples`.
    pub hop_samples: usize,
    /// Number of mel bands, 4 to 128.
    pub mel_bins: usize,
    /// Lower edge of the lowest band, Hz.
    pub low_hz: f32,
    /// Upper edge of the highest band, Hz, at most 7900.
    pub high_hz: f32,
    /// How fast the noise estimate follows the bands 0, 2, 4, …, 0 to 1 a frame.
    pub even_smoothing: f32,
    /// How fast it follows the bands 1, 3, 5, …
    pub odd_smoothing: f32,
    /// Share of the signal that noise reduction always leaves, 0 to 1.
    pub min_signal_remaining: f32,
    /// Exponent of the automatic gain, 0 to 1; `None` turns it off.
    pub gain_strength: Option<f32>,
    /// What the noise estimate is added to before it is divided by.
    pub gain_offset: f32,
    /// Fraction bits of the logarithm, 0 to 8.
    pub log_bits: u32,
}

impl MicroFrontEndConfig {
    /// As microWakeWord and ESPHome set it: 40 bands from 125 to 7500 Hz, 30 ms windows every 10 ms.
    pub const fn base() -> Self {
        MicroFrontEndConfig {
            window_samples: 480,
            hop_samples: 160,
            mel_bins: 40,
            low_hz: 125.0,
            high_hz: 7500.0,
            even_smoothing: 0.025,
            odd_smoothing: 0.06,
            min_signal_remaining: 0.05,
            gain_strength: Some(0.95),
            gain_offset: 80.0,
            log_bits: 6,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        ConfigError::check("window_samples", self.window_samples as f64, (FFT / 2 + 1) as f64, FFT as f64)?;
        ConfigError::check("hop_samples", self.hop_samples as f64, 1.0, self.window_samples as f64)?;
        ConfigError::check("mel_bins", self.mel_bins as f64, 4.0, MAX_MEL_BINS as f64)?;
        ConfigError::check("high_hz", f64::from(self.high_hz), 1.0, 7900.0)?;
        ConfigError::check("low_hz", f64::from(self.low_hz), 0.0, f64::from(self.high_hz) - 1.0)?;
        ConfigError::check("even_smoothing", f64::from(self.even_smoothing), 0.0, 1.0)?;
        ConfigError::check("odd_smoothing", f64::from(self.odd_smoothing), 0.0, 1.0)?;
        ConfigError::check("min_signal_remaining", f64::from(self.min_signal_remaining), 0.0, 1.0)?;
        ConfigError::check("gain_strength", f64::from(self.gain_strength.unwrap_or(0.0)), 0.0, 1.0)?;
        ConfigError::check("gain_offset", f64::from(self.gain_offset), 1.0, 1e6)?;
        ConfigError::check("log_bits", f64::from(self.log_bits), 0.0, 8.0)
    }
}

impl Default for MicroFrontEndConfig {
    fn default() -> Self {
        MicroFrontEndConfig::base()
    }
}

/// The integer front end: samples in, mel frames out.
#[derive(Clone, Debug)]
pub struct MicroFrontEnd {
    config: MicroFrontEndConfig,
    weights: [i16; FFT],
    samples: [i16; FFT],
    filled: usize,
    now: SampleIndex,
    /// 1 / (Σ w² at full scale).
    inverse_energy: f32,
    fft: FixedFft,
    filterbank: Filterbank,
    noise: NoiseReduction,
    gain: Option<AutomaticGain>,
    log: Logarithm,
    values: [u16; MAX_MEL_BINS],
    frame: MelFrame,
}

impl MicroFrontEnd {
    /// What one step of [`MicroFrontEnd::values`] is in [`MelFrame::mel`] and in the input of microWakeWord's models.
    pub const STEP: f32 = 0.039_062_5;

    /// Makes all tables.
    ///
    /// # Errors
    /// [`ConfigError`] naming the first field that is out of range.
    pub fn new(config: MicroFrontEndConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let len = config.window_samples;
        let mut weights = [0; FFT];
        let mut energy = 0.0;
        // In single precision where the original is, for the same integers.
        let step = PI * 2.0 / len as f32;
        for (n, weight) in weights.iter_mut().take(len).enumerate() {
            let w = 0.5 - 0.5 * libm::cos(f64::from(step * (n as f32 + 0.5))) as f32;
            *weight = libm::floorf(w * 4096.0 + 0.5) as i16;
            energy += f64::from(w) * f64::from(w);
        }
        Ok(MicroFrontEnd {
            config,
            weights,
            samples: [0; FFT],
            filled: 0,
            now: SampleIndex(0),
            inverse_energy: (1.0 / (energy * 32768.0 * 32768.0)) as f32,
            fft: FixedFft::new(),
            filterbank: Filterbank::new(&config)?,
            noise: NoiseReduction::new(&config),
            gain: config.gain_strength.map(|strength| AutomaticGain::new(strength, config.gain_offset)),
            log: Logarithm::new(config.log_bits),
            values: [0; MAX_MEL_BINS],
            frame: MelFrame::new(config.mel_bins),
        })
    }

    /// The configuration it was made from.
    pub fn config(&self) -> &MicroFrontEndConfig {
        &self.config
    }

    /// Takes samples from `input` until a frame is ready or `input` is empty, and leaves the rest in `input`.
    ///
    /// The frame's `mel` is [`MicroFrontEnd::values`] times [`MicroFrontEnd::STEP`]. Frames don't depend on how the
    /// audio is cut into calls.
    ///
    /// # Real time
    /// No allocation; at most one FFT a call.
    pub fn process<S: Sample>(&mut self, input: &mut &[S]) -> Option<&MelFrame> {
        let (window, hop) = (self.config.window_samples, self.config.hop_samples);
        if self.filled == window && hop <= window && window <= FFT {
            self.samples.copy_within(hop..window, 0);
            self.filled = window - hop;
        }
        let (taken, rest) =
            input.split_at_checked(window.saturating_sub(self.filled)).unwrap_or((input, &[]));
        *input = rest;
        for (slot, sample) in self.samples.get_mut(self.filled..).unwrap_or_default().iter_mut().zip(taken) {
            *slot = sample.unit().to_i16();
        }
        self.filled += taken.len();
        self.now = self.now.after(taken.len() as u64);
        if self.filled < window || taken.is_empty() {
            return None;
        }
        self.compute();
        let start = self.now.before(window as u64);
        self.frame.span = SampleSpan { start, end: self.now };
        // `max` for a divisor that the compiler knows not to be zero.
        self.frame.index = start.0 / hop.max(1) as u64;
        Some(&self.frame)
    }

    fn compute(&mut self) {
        let windowed = self.fft.input();
        let mut largest = 0i16;
        let mut squares = 0u64;
        for ((out, &sample), &weight) in windowed.iter_mut().zip(&self.samples).zip(&self.weights) {
            *out = ((i32::from(sample) * i32::from(weight)) >> WINDOW_BITS) as i16;
            largest = largest.max(out.wrapping_abs());
            squares += u64::from(i32::from(*out).unsigned_abs().pow(2));
        }
        self.frame.mean_square = squares as f32 * self.inverse_energy;
        // The FFT works with as many bits as there are.
        let shift = largest.leading_zeros().saturating_sub(1);
        for sample in windowed {
            *sample <<= shift;
        }
        let bins = self.config.mel_bins;
        let mut energies = [0u32; MAX_MEL_BINS];
        let energies = energies.get_mut(..bins).unwrap_or_default();
        self.filterbank.apply(self.fft.transform(), shift, energies);
        self.noise.apply(energies);
        if let Some(gain) = &self.gain {
            gain.apply(self.noise.estimate(), energies);
        }
        let mel = self.frame.mel.as_flattened_mut();
        for ((value, mel), &energy) in self.values.iter_mut().zip(mel).zip(energies.iter()) {
            *value = self.log.apply(energy << CORRECTION_BITS);
            *mel = f32::from(*value) * Self::STEP;
        }
    }

    /// The integers of the latest frame, lowest band first: ln of the energy with `log_bits` fraction bits.
    pub fn values(&self) -> &[u16] {
        self.values.get(..self.config.mel_bins).unwrap_or(&self.values)
    }

    /// Samples taken in since the start or the last reset.
    pub fn now(&self) -> SampleIndex {
        self.now
    }

    /// As new: the next sample is sample 0, the noise estimate zero.
    pub fn reset(&mut self) {
        self.filled = 0;
        self.now = SampleIndex(0);
        self.noise.reset();
    }
}
