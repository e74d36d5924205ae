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
use crate::simd::{BLOCK, Kernel, Lanes, Level};

/// Blocks of units in the first layer.
pub(super) const BLOCKS_1: usize = 3;
/// Blocks of units in the second layer.
pub(super) const BLOCKS_2: usize = 2;
/// One number for each unit of a layer.
pub(super) type Layer<const BLOCKS: usize> = [[f32; BLOCK]; BLOCKS];

// The memory and the units beside it are as many as the inputs, so both layers have as many rows.
const _: () = assert!(2 * BLOCKS_1 * BLOCK == INPUTS);
/// The least that a memory fades to: silence must not leave it among the subnormal numbers, which some machines are
/// slow at.
const FADED: f32 = 1e-20;

#[derive(Clone, Debug)]
pub(super) struct Network {
    /// The first layer's units now, then their leaky means.
    units: [Layer<BLOCKS_1>; 2],
    level: Level,
}

impl Network {
    pub(super) fn new(level: Level) -> Self {
        Network { units: [[[0.0; BLOCK]; BLOCKS_1]; 2], level }
    }

    /// Log odds of speech. All levels give the same bits.
    pub(super) fn process(&mut self, inputs: &[f32; INPUTS]) -> f32 {
        self.level.run(Step { units: &mut self.units, inputs })
    }

    pub(super) fn reset(&mut self) {
        self.units = [[[0.0; BLOCK]; BLOCKS_1]; 2];
    }
}

struct Step<'a> {
    units: &'a mut [Layer<BLOCKS_1>; 2],
    inputs: &'a [f32; INPUTS],
}

impl Kernel for Step<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<V: Lanes>(self, token: V::Token) -> f32 {
        let [now, mean] = &mut *self.units;
        dense::<V, BLOCKS_1>(token, self.inputs, &WEIGHTS_1, &BIAS_1, now);
        for block in 0..BLOCKS_1 {
            for part in 0..BLOCK / V::N {
                let before = V::load(token, &mean[block], part);
                let leak = V::load(token, &LEAK[block], part);
                let next = before + leak * (V::load(token, &now[block], part) - before);
                next.max(V::splat(token, FADED)).store(&mut mean[block], part);
            }
        }
        let mut second = [[0.0; BLOCK]; BLOCKS_2];
        dense::<V, BLOCKS_2>(
            token,
            self.units.as_flattened().as_flattened(),
            &WEIGHTS_2,
            &BIAS_2,
            &mut second,
        );
        V::dot(token, &second, &WEIGHTS_3) + BIAS_3
    }
}

/// relu(Wᵀ x + b), one row of `weights` an input. Inputs with even and with odd numbers are summed apart: a single
/// sum would wait for each addition to end before the next.
#[inline(always)]
fn dense<V: Lanes, const N: usize>(
    token: V::Token,
    inputs: &[f32],
    weights: &[Layer<N>; INPUTS],
    bias: &Layer<N>,
    out: &mut Layer<N>,
) {
    let zero = V::splat(token, 0.0);
    for part in 0..BLOCK / V::N {
        let (mut even, mut odd) = ([zero; N], [zero; N]);
        for block in 0..N {
            even[block] = V::load(token, &bias[block], part);
        }
        let pairs = inputs.as_chunks::<2>().0.iter().zip(weights.as_chunks::<2>().0);
        for (inputs, rows) in pairs {
            let (first, second) = (V::splat(token, inputs[0]), V::splat(token, inputs[1]));
            for block in 0..N {
                even[block] = even[block] + first * V::load(token, &rows[0][block], part);
                odd[block] = odd[block] + second * V::load(token, &rows[1][block], part);
            }
        }
        for block in 0..N {
            (even[block] + odd[block]).max(zero).store(&mut out[block], part);
        }
    }
}
