//! What the features count.

use super::features::FEATURES;
use super::phones_m::PHONES_M;
use crate::error::ConfigError;

/// Units of the network that judges commands.
pub const HIDDEN: usize = 8;

/// All weights of a [`Judge`](super::Judge): they belong to an acoustic model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceWeights {
    /// For values.
    pub slots: SlotWeights,
    /// For commands.
    pub commands: CommandWeights,
}

/// Weights of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlotWeights {
    /// Of a value's score, per nat.
    pub score: f32,
    /// Of a value's length, per phone.
    pub phone: f32,
    /// Of "not listed", which has no score: a constant; per dB of signal to noise (30 dB at most); per phone that the
    /// free run of phones has in the slot's frames; per nat by which the best value is ahead of the second (30 at most);
    /// per nat of the whole command's score for each of its free phones.
    pub not_listed: [f32; 5],
}

/// Weights of commands: `linear`·x + `out`·tanh(`hidden` x), over the features x, is the log-odds of an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CommandWeights {
    /// See [`FEATURES`].
    pub linear: [f32; FEATURES],
    /// One row a unit.
    pub hidden: [[f32; FEATURES]; HIDDEN],
    /// Of each unit.
    pub out: [f32; HIDDEN],
}

impl CommandWeights {
    pub(super) fn logit(&self, features: &[f32; FEATURES]) -> f32 {
        let dot =
            |weights: &[f32; FEATURES]| -> f32 { weights.iter().zip(features).map(|(w, x)| w * x).sum() };
        let units = self.hidden.iter().zip(self.out);
        dot(&self.linear) + units.map(|(hidden, out)| out * libm::tanhf(dot(hidden))).sum::<f32>()
    }
}

impl ConfidenceWeights {
    /// For `models/phones-m`, by `models/training/confidence.py`.
    pub fn phones_m() -> &'static ConfidenceWeights {
        &PHONES_M
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let ConfidenceWeights { slots, commands } = self;
        let slots = [slots.score, slots.phone].into_iter().chain(slots.not_listed);
        let commands = commands.linear.iter().chain(&commands.out).chain(commands.hidden.as_flattened());
        let mut weights = slots.chain(commands.copied());
        weights.try_for_each(|weight| ConfigError::check("weights", f64::from(weight), -1e3, 1e3))
    }
}
