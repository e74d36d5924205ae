//! The analysis window.

use super::{FrontEndConfig, MAX_FFT, WindowShape, series};
use core::f64::consts::TAU;

/// One weight a sample, zero behind the window, with the full scale multiplied in.
#[derive(Clone, Debug)]
pub(super) struct Window {
    weights: [f32; MAX_FFT],
    inverse_energy: f32,
}

impl Window {
    pub(super) fn new(config: &FrontEndConfig) -> Self {
        let mut weights = [0.0; MAX_FFT];
        let mut energy = 0.0;
        let len = config.window_samples;
        for (n, weight) in weights.iter_mut().take(len).enumerate() {
            let cosine = |period: usize| libm::cos(TAU * n as f64 / period as f64);
            let w = match config.window {
                WindowShape::Hann => 0.5 - 0.5 * cosine(len),
                WindowShape::Povey => libm::pow(0.5 - 0.5 * cosine(len - 1), 0.85),
                WindowShape::Hamming => 0.54 - 0.46 * cosine(len - 1),
            };
            let w = w * f64::from(config.full_scale);
            energy += w * w;
            *weight = w as f32;
        }
        Window { weights, inverse_energy: (1.0 / energy) as f32 }
    }

    /// That of [`FrontEndConfig::base`], made by the compiler; the same as [`Window::new`], bit for bit.
    pub(super) const fn base() -> Self {
        const LEN: usize = FrontEndConfig::base().window_samples;
        let (mut weights, mut energy, mut n) = ([0.0; MAX_FFT], 0.0, 0);
        while n < LEN {
            let weight = 0.5 - 0.5 * series::cos(TAU * n as f64 / LEN as f64);
            energy += weight * weight;
            weights[n] = weight as f32;
            n += 1;
        }
        Window { weights, inverse_energy: (1.0 / energy) as f32 }
    }

    /// The weights of `len` samples.
    pub(super) fn weights(&self, len: usize) -> &[f32] {
        self.weights.get(..len).unwrap_or(&self.weights)
    }

    /// 1 / Σ w².
    pub(super) fn inverse_energy(&self) -> f32 {
        self.inverse_energy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_makes_the_same_window() {
        static MADE: Window = Window::base();
        let made = Window::new(&FrontEndConfig::base());
        assert_eq!(MADE.inverse_energy.to_bits(), made.inverse_energy.to_bits());
        assert_eq!(MADE.weights.map(f32::to_bits), made.weights.map(f32::to_bits));
    }
}
