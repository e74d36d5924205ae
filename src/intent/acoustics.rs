//! From the acoustic model's posteriors to what each phone scores in a frame.

use crate::error::ConfigError;
use crate::lexicon::Phone;

/// How posteriors are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AcousticsConfig {
    /// Taken off the blank's logarithm, nats, −5 … 5.
    pub blank_nats: f32,
    /// Probability that the model is wrong about a frame altogether, 1e-6 … 0.5: no phone is ever less likely.
    pub floor: f32,
}

impl Default for AcousticsConfig {
    fn default() -> Self {
        AcousticsConfig { blank_nats: 0.0, floor: 1e-3 }
    }
}

/// Scores of all symbols in a frame, relative to the best: 0 for that, less for all others.
pub(super) type Scores = [f32; Phone::SYMBOLS];

#[derive(Clone, Debug)]
pub(super) struct Acoustics {
    config: AcousticsConfig,
}

impl Acoustics {
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub(super) fn new(config: AcousticsConfig) -> Result<Self, ConfigError> {
        ConfigError::check("blank_nats", f64::from(config.blank_nats), -5.0, 5.0)?;
        ConfigError::check("floor", f64::from(config.floor), 1e-6, 0.5)?;
        Ok(Acoustics { config })
    }

    /// `log_posteriors`: natural logarithms; missing ones count as the floor.
    pub(super) fn scores(&self, log_posteriors: &[f32]) -> Scores {
        let AcousticsConfig { blank_nats, floor } = self.config;
        let mut scores = [libm::logf(floor); Phone::SYMBOLS];
        for (score, log) in scores.iter_mut().zip(log_posteriors) {
            *score = libm::logf(libm::expf(log.min(0.0)) + floor);
        }
        scores[0] -= blank_nats;
        let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        scores.iter_mut().for_each(|score| *score -= best);
        scores
    }
}
