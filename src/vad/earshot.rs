//! The `earshot` crate's network as a VAD of the chain.

use super::noise::{LANES, NoiseFloor};
use super::segments::Segmenter;
use super::{MelVadConfig, VadFrame, VoiceActivityDetector, decibel};
use crate::error::ConfigError;
use crate::frontend::MelFrame;
use core::fmt;

/// Samples that earshot judges at once.
const CHUNK: usize = 256;

/// How [`EarshotVad`] decides: as [`MelVad`](super::MelVad), on earshot's probability.
pub type EarshotVadConfig = MelVadConfig;

/// Speech or not from the samples themselves, by earshot's recurrent network, 16 ms at a time.
///
/// A frame gets the probability of the latest 16 ms that were complete when its window ended; the level and the
/// noise floor are the frame's own, so any front end will do. The state takes about 8 KiB.
pub struct EarshotVad {
    detector: earshot::Detector,
    threshold: f32,
    samples: [i16; CHUNK],
    filled: usize,
    probability: f32,
    noise: NoiseFloor,
    segmenter: Segmenter,
}

impl EarshotVad {
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub fn new(config: EarshotVadConfig) -> Result<Self, ConfigError> {
        ConfigError::check("threshold", f64::from(config.threshold), 0.01, 0.99)?;
        Ok(EarshotVad {
            detector: earshot::Detector::default(),
            threshold: config.threshold,
            samples: [0; CHUNK],
            filled: 0,
            probability: 0.0,
            noise: NoiseFloor::new(),
            segmenter: Segmenter::new(config.onset_frames, config.hangover_frames, config.talk_window_s)?,
        })
    }
}

impl VoiceActivityDetector for EarshotVad {
    fn hear(&mut self, pcm: &[i16]) {
        let mut rest = pcm;
        while !rest.is_empty() {
            let free = &mut self.samples[self.filled..];
            let (taken, behind) = rest.split_at(rest.len().min(free.len()));
            free[..taken.len()].copy_from_slice(taken);
            self.filled += taken.len();
            rest = behind;
            if self.filled == CHUNK {
                self.filled = 0;
                self.probability = self.detector.predict_i16(&self.samples).clamp(0.0, 1.0);
            }
        }
    }

    fn process(&mut self, frame: &MelFrame) -> VadFrame {
        let power = libm::logf(frame.mean_square.max(1e-10));
        let noise_db = decibel(self.noise.process(&[power; LANES])[0]);
        let likely = self.probability >= self.threshold;
        self.segmenter.process(frame.span, likely, self.probability, decibel(power), noise_db)
    }

    fn reset(&mut self) {
        self.detector.reset();
        self.filled = 0;
        self.probability = 0.0;
        self.noise = NoiseFloor::new();
        self.segmenter.reset();
    }
}

impl fmt::Debug for EarshotVad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EarshotVad").field("threshold", &self.threshold).finish_non_exhaustive()
    }
}
