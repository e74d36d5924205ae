//! What the features count.

use super::features::{FEATURES, SLOT_FEATURES};
use super::phones_m::PHONES_M;
use crate::error::ConfigError;

/// Units of each network.
pub const HIDDEN: usize = 8;

/// All weights of a [`Judge`](super::Judge): they belong to an acoustic model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceWeights {
    /// For values.
    pub slots: SlotWeights,
    /// For commands.
    pub commands: Network<FEATURES>,
}

/// Weights of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlotWeights {
    /// Of a value's score, per nat.
    pub score: f32,
    /// Of a value's length, per phone.
    pub phone: f32,
    /// Of "not listed", which has no score of its own.
    pub not_listed: Network<SLOT_FEATURES>,
}

/// A small network: `linear`·x + `out`·tanh(`hidden` x) over the features x, [`FEATURES`] of commands or
/// [`SLOT_FEATURES`] of slots. Of a command it is the log-odds that it is an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network<const N: usize> {
    /// One for each feature.
    pub linear: [f32; N],
    /// One row a unit.
    pub hidden: [[f32; N]; HIDDEN],
    /// Of each unit.
    pub out: [f32; HIDDEN],
}

impl<const N: usize> Network<N> {
    pub(super) fn value(&self, features: &[f32; N]) -> f32 {
        let dot = |weights: &[f32; N]| -> f32 { weights.iter().zip(features).map(|(w, x)| w * x).sum() };
        let units = self.hidden.iter().zip(self.out);
        dot(&self.linear) + units.map(|(hidden, out)| out * libm::tanhf(dot(hidden))).sum::<f32>()
    }

    fn weights(&self) -> impl Iterator<Item = f32> {
        self.linear.iter().chain(&self.out).chain(self.hidden.as_flattened()).copied()
    }
}

impl ConfidenceWeights {
    /// For `models/phones-m`, by `models/training/confidence.py`.
    pub fn phones_m() -> &'static ConfidenceWeights {
        &PHONES_M
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let ConfidenceWeights { slots, commands } = self;
        let values = [slots.score, slots.phone].into_iter();
        let mut weights = values.chain(slots.not_listed.weights()).chain(commands.weights());
        weights.try_for_each(|weight| ConfigError::check("weights", f64::from(weight), -1e3, 1e3))
    }
}
