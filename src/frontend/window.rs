//! The analysis window.

use super::MAX_FFT;
use core::f64::consts::TAU;

#[derive(Clone, Debug)]
pub(super) struct Window {
    weights: [f32; MAX_FFT],
    inverse_energy: f32,
}

impl Window {
    /// Periodic Hann window: 0.5 − 0.5 cos(2πn/N).
    pub(super) fn hann(len: usize) -> Self {
        let mut weights = [0.0; MAX_FFT];
        let mut energy = 0.0;
        for (n, weight) in weights[..len].iter_mut().enumerate() {
            let w = 0.5 - 0.5 * libm::cos(TAU * n as f64 / len as f64);
            energy += w * w;
            *weight = w as f32;
        }
        Window { weights, inverse_energy: (1.0 / energy) as f32 }
    }

    pub(super) fn weights(&self, len: usize) -> &[f32] {
        &self.weights[..len]
    }

    /// 1 / Σ w².
    pub(super) fn inverse_energy(&self) -> f32 {
        self.inverse_energy
    }
}
