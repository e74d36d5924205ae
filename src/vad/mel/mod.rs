//! The neural VAD on mel frames.

mod features;
mod network;
// As the training script printed them.
#[allow(clippy::excessive_precision)]
mod weights;

pub use features::{INPUTS, VadFeatures};

use super::segments::Segmenter;
use super::{VadFrame, VoiceActivityDetector, decibel};
use crate::error::ConfigError;
use crate::frontend::{FrontEndConfig, MelFrame};
use crate::simd::Level;
use features::MEL_BINS;
use network::Network;

/// How [`MelVad`] decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MelVadConfig {
    /// A frame is likely speech from this probability, 0.01 to 0.99.
    pub threshold: f32,
    /// So many likely frames in a row begin speech, 1 to 100.
    pub onset_frames: u32,
    /// Speech goes on for so many unlikely frames, 1 to 500.
    pub hangover_frames: u32,
    /// Talk time is summed over so long, s: 1 to 60, and not below the hangover.
    pub talk_window_s: u32,
}

impl Default for MelVadConfig {
    fn default() -> Self {
        MelVadConfig { threshold: 0.5, onset_frames: 3, hangover_frames: 30, talk_window_s: 10 }
    }
}

impl MelVadConfig {
    /// Whether every number is in its range.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub fn check(&self) -> Result<(), ConfigError> {
        ConfigError::check("threshold", f64::from(self.threshold), 0.01, 0.99)?;
        Segmenter::check(self.onset_frames, self.hangover_frames, self.talk_window_s)
    }
}

/// Speech or not from log-mel frames: noise floors, features over them, a network of two thousand weights.
///
/// It takes frames of [`FrontEndConfig::base`] and no other. The level of the audio doesn't matter as long as it is
/// well above −80 dB of full scale, where that front end's own floor lies.
#[derive(Clone, Debug)]
pub struct MelVad {
    threshold: f32,
    features: VadFeatures,
    network: Network,
    segmenter: Segmenter,
}

impl MelVad {
    /// A VAD for the frames of a front end configured as `front_end`.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field of `config`; [`ConfigError::Mismatch`] if `front_end` differs
    /// from [`FrontEndConfig::base`].
    pub fn new(config: MelVadConfig, front_end: &FrontEndConfig) -> Result<Self, ConfigError> {
        MelVad::with_level(config, front_end, Level::detect())
    }

    /// As [`MelVad::new`], for an instruction set of the caller's choice. All levels give the same bits.
    ///
    /// # Errors
    /// As [`MelVad::new`].
    pub fn with_level(
        config: MelVadConfig,
        front_end: &FrontEndConfig,
        level: Level,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let base = FrontEndConfig::base();
        for (what, expected, actual) in [
            ("mel_bins of the VAD", base.mel_bins, front_end.mel_bins),
            ("hop_samples of the VAD", base.hop_samples, front_end.hop_samples),
            ("fields in which the VAD's front end differs from base()", 0, usize::from(*front_end != base)),
        ] {
            if expected != actual {
                return Err(ConfigError::Mismatch { what, expected, actual });
            }
        }
        Ok(MelVad {
            threshold: config.threshold,
            features: VadFeatures::new(),
            network: Network::new(level),
            segmenter: Segmenter::new(config.onset_frames, config.hangover_frames, config.talk_window_s)?,
        })
    }
}

impl VoiceActivityDetector for MelVad {
    fn process(&mut self, frame: &MelFrame) -> VadFrame {
        let odds = match frame.mel().first_chunk::<MEL_BINS>() {
            Some(mel) => self.network.process(self.features.process(mel, frame.mean_square)),
            // Not a frame of the front end that `new` was told of.
            None => f32::NEG_INFINITY,
        };
        let probability = 1.0 / (1.0 + libm::expf(-odds));
        let likely = probability >= self.threshold;
        let (level_db, noise_db) = (decibel(self.features.power()), decibel(self.features.noise_power()));
        self.segmenter.process(frame.span, likely, probability, level_db, noise_db)
    }

    fn reset(&mut self) {
        self.features.reset();
        self.network.reset();
        self.segmenter.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// Against `tests/golden/vad.py`, which computes everything in float64 by itself. The log odds agree to 1e-3,
    /// and those of all levels to the bit.
    #[test]
    fn equals_the_second_implementation() {
        let golden = include_bytes!("../../../tests/golden/vad.bin");
        let mut features = VadFeatures::new();
        let mut networks: Vec<Network> = Level::all().map(Network::new).collect();
        let mut frames = 0;
        for frame in golden.as_chunks::<{ 4 * (MEL_BINS + 2) }>().0 {
            let mut numbers = frame.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four));
            let mel: [f32; MEL_BINS] = core::array::from_fn(|_| numbers.next().unwrap());
            let mean_square = numbers.next().unwrap();
            let expected = numbers.next().unwrap();
            let inputs = features.process(&mel, mean_square);
            let odds = networks[0].process(inputs);
            assert!((odds - expected).abs() < 1e-3, "frame {frames}: {odds}, expected {expected}");
            for network in &mut networks[1..] {
                assert_eq!(network.process(inputs).to_bits(), odds.to_bits(), "frame {frames}: {network:?}");
            }
            frames += 1;
        }
        assert_eq!(frames, 240);
    }
}
