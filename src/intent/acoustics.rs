//! From the acoustic model's posteriors to what each phone scores in a frame.

use crate::confusions::Confusions;
use crate::error::ConfigError;
use crate::lexicon::Phone;

/// How posteriors are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AcousticsConfig {
    /// Taken off the blank's logarithm, nats, −5 … 5.
    pub blank_nats: f32,
    /// Likelihood that everything has in every frame, 1e-6 … 0.5: no phone is ever less likely.
    pub floor: f32,
}

impl Default for AcousticsConfig {
    fn default() -> Self {
        AcousticsConfig { blank_nats: 2.0, floor: 1e-3 }
    }
}

/// Scores of all symbols in a frame, relative to the best: 0 for that, less for all others.
pub(super) type Scores = [f32; Phone::SYMBOLS];

/// A table that is lent or on the heap: 7 KB in line would be too much where there is none.
#[derive(Clone, Debug)]
enum Table<'a> {
    Lent(&'a Confusions),
    #[cfg(feature = "alloc")]
    Owned(alloc::boxed::Box<Confusions>),
}

#[derive(Clone, Debug)]
pub(super) struct Acoustics<'a> {
    config: AcousticsConfig,
    confusions: Option<Table<'a>>,
}

impl<'a> Acoustics<'a> {
    #[cfg(feature = "alloc")]
    pub(super) fn own_confusions(&mut self, confusions: Confusions) {
        self.confusions = Some(Table::Owned(alloc::boxed::Box::new(confusions)));
    }

    pub(super) fn lend_confusions(&mut self, confusions: &'a Confusions) {
        self.confusions = Some(Table::Lent(confusions));
    }

    fn confusions(&self) -> Option<&Confusions> {
        match self.confusions.as_ref()? {
            Table::Lent(confusions) => Some(confusions),
            #[cfg(feature = "alloc")]
            Table::Owned(confusions) => Some(confusions),
        }
    }

    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub(super) fn new(config: AcousticsConfig) -> Result<Self, ConfigError> {
        ConfigError::check("blank_nats", f64::from(config.blank_nats), -5.0, 5.0)?;
        ConfigError::check("floor", f64::from(config.floor), 1e-6, 0.5)?;
        Ok(Acoustics { config, confusions: None })
    }

    /// `log_posteriors`: natural logarithms; missing ones count as never.
    pub(super) fn scores(&self, log_posteriors: &[f32]) -> Scores {
        let AcousticsConfig { blank_nats, floor } = self.config;
        let mut heard = [0.0; Phone::SYMBOLS];
        for (heard, log) in heard.iter_mut().zip(log_posteriors) {
            *heard = libm::expf(log.min(0.0));
        }
        let mut scores = heard;
        if let Some(Confusions(weights)) = self.confusions() {
            for (score, weights) in scores.iter_mut().zip(weights) {
                *score = weights.iter().zip(&heard).map(|(weight, heard)| weight * heard).sum();
            }
        }
        scores.iter_mut().for_each(|score| *score = libm::logf(*score + floor));
        scores[0] -= blank_nats;
        let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        scores.iter_mut().for_each(|score| *score -= best);
        scores
    }
}
