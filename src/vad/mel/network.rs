//! The network of [`MelVad`](super::MelVad): two small dense layers with a leaky memory between them.
//!
//! ```text
//! h  = relu(W1 x + b1)                 24 units
//! s += leak · (h − s)                  each unit's own mean over its own time, 30 ms to 1 s
//! g  = relu(W2 [h, s] + b2)            16 units
//! log odds of speech = w3 · g + b3
//! ```

use super::features::INPUTS;
use super::weights::{BIAS_1, BIAS_2, BIAS_3, LEAK, WEIGHTS_1, WEIGHTS_2, WEIGHTS_3};

/// Units of the first layer.
pub(super) const HIDDEN_1: usize = 24;
/// Units of the second layer.
pub(super) const HIDDEN_2: usize = 16;
/// A memory smaller than this is none.
const FADED: f32 = 1e-20;

#[derive(Clone, Debug)]
pub(super) struct Network {
    /// The first layer's units now, then their leaky means.
    units: [[f32; HIDDEN_1]; 2],
}

impl Network {
    pub(super) fn new() -> Self {
        Network { units: [[0.0; HIDDEN_1]; 2] }
    }

    /// Log odds of speech.
    pub(super) fn process(&mut self, inputs: &[f32; INPUTS]) -> f32 {
        let [now, mean] = &mut self.units;
        *now = dense(inputs, &WEIGHTS_1, &BIAS_1);
        for ((mean, now), leak) in mean.iter_mut().zip(now).zip(&LEAK) {
            let next = *mean + leak * (*now - *mean);
            // Silence must not leave it to fade through the subnormal numbers, which some machines are slow at.
            *mean = if next < FADED { 0.0 } else { next };
        }
        let second = dense(self.units.as_flattened(), &WEIGHTS_2, &BIAS_2);
        let odds: f32 = second.iter().zip(&WEIGHTS_3).map(|(g, w)| g * w).sum();
        odds + BIAS_3
    }

    pub(super) fn reset(&mut self) {
        *self = Network::new();
    }
}

/// relu(Wᵀ x + b), one row of `weights` an input: the sums run over many units at once in one order on all machines.
#[inline]
fn dense<const N: usize>(inputs: &[f32], weights: &[[f32; N]], bias: &[f32; N]) -> [f32; N] {
    let mut out = *bias;
    for (input, row) in inputs.iter().zip(weights) {
        for (out, weight) in out.iter_mut().zip(row) {
            *out += input * weight;
        }
    }
    out.map(|sum| if sum > 0.0 { sum } else { 0.0 })
}
