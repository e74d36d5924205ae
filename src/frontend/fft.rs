//! The Fourier transform of real signals, behind a trait so that a host or a DSP library can put in its own.

use crate::error::ConfigError;
use core::f64::consts::TAU;

/// Longest transform the core has memory for.
pub const MAX_FFT: usize = 1024;

/// Power spectrum of a real signal.
pub trait RealFft {
    /// Length of the transform.
    fn len(&self) -> usize;

    /// |X_k|² for k = 0 … N/2, unscaled. `signal` is N samples and is used as scratch; `power` is N/2 + 1.
    fn power(&mut self, signal: &mut [f32], power: &mut [f32]);

    /// A transform is never empty.
    fn is_empty(&self) -> bool {
        false
    }
}

/// The transform of the core: N/2-point complex radix-2 with the real signal packed as even + i·odd samples
/// (Press et al., *Numerical Recipes*, §12.3), tables inline.
#[derive(Clone, Debug)]
pub struct RealFftF32 {
    len: usize,
    /// cos and −sin of 2πk/N for k < N/2.
    twiddle: [(f32, f32); MAX_FFT / 2],
}

impl RealFftF32 {
    /// A transform of `len` points.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] below 64 or above [`MAX_FFT`], [`ConfigError::Mismatch`] unless a power of two.
    pub fn new(len: usize) -> Result<Self, ConfigError> {
        ConfigError::check("fft_samples", len as f64, 64.0, MAX_FFT as f64)?;
        if !len.is_power_of_two() {
            let expected = len.next_power_of_two();
            return Err(ConfigError::Mismatch { what: "fft_samples", expected, actual: len });
        }
        let mut twiddle = [(0.0, 0.0); MAX_FFT / 2];
        for (k, w) in twiddle[..len / 2].iter_mut().enumerate() {
            let angle = TAU * k as f64 / len as f64;
            *w = (libm::cos(angle) as f32, -libm::sin(angle) as f32);
        }
        Ok(RealFftF32 { len, twiddle })
    }

    /// In-place complex transform of N/2 points, interleaved re, im.
    fn complex(&self, z: &mut [f32]) {
        let n = self.len / 2;
        let shift = usize::BITS - n.trailing_zeros();
        for i in 0..n {
            let j = i.reverse_bits() >> shift;
            if i < j {
                z.swap(2 * i, 2 * j);
                z.swap(2 * i + 1, 2 * j + 1);
            }
        }
        let mut half = 1;
        while half < n {
            let step = self.len / (2 * half);
            for block in z.chunks_exact_mut(4 * half) {
                let (low, high) = block.split_at_mut(2 * half);
                for ((a, b), &(c, s)) in low
                    .chunks_exact_mut(2)
                    .zip(high.chunks_exact_mut(2))
                    .zip(self.twiddle.iter().step_by(step))
                {
                    let (re, im) = (b[0] * c - b[1] * s, b[0] * s + b[1] * c);
                    (b[0], b[1]) = (a[0] - re, a[1] - im);
                    (a[0], a[1]) = (a[0] + re, a[1] + im);
                }
            }
            half *= 2;
        }
    }
}

impl RealFft for RealFftF32 {
    fn len(&self) -> usize {
        self.len
    }

    fn power(&mut self, signal: &mut [f32], power: &mut [f32]) {
        let n = self.len / 2;
        let signal = &mut signal[..2 * n];
        let power = &mut power[..n + 1];
        self.complex(signal);
        let (re, im) = (signal[0], signal[1]);
        power[0] = (re + im) * (re + im);
        power[n] = (re - im) * (re - im);
        for k in 1..=n / 2 {
            let (ar, ai) = (signal[2 * k], signal[2 * k + 1]);
            let (br, bi) = (signal[2 * (n - k)], signal[2 * (n - k) + 1]);
            // Spectra of the even and the odd samples at k.
            let (er, ei) = (0.5 * (ar + br), 0.5 * (ai - bi));
            let (or, oi) = (0.5 * (ai + bi), 0.5 * (br - ar));
            let (c, s) = self.twiddle[k];
            let (tr, ti) = (or * c - oi * s, or * s + oi * c);
            power[k] = (er + tr) * (er + tr) + (ei + ti) * (ei + ti);
            power[n - k] = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn naive_power(signal: &[f32]) -> Vec<f64> {
        let n = signal.len();
        (0..=n / 2)
            .map(|k| {
                let (mut re, mut im) = (0.0, 0.0);
                for (i, &x) in signal.iter().enumerate() {
                    let angle = TAU * ((k * i) % n) as f64 / n as f64;
                    re += f64::from(x) * libm::cos(angle);
                    im -= f64::from(x) * libm::sin(angle);
                }
                re * re + im * im
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn equals_the_definition(log2 in 6u32..=10, seed in any::<u64>()) {
            let n = 1 << log2;
            let mut state = seed | 1;
            let mut signal: Vec<f32> = (0..n).map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
            }).collect();
            let expected = naive_power(&signal);
            let mut power = std::vec![0.0; n / 2 + 1];
            RealFftF32::new(n).unwrap().power(&mut signal, &mut power);
            let total: f64 = expected.iter().sum();
            for (got, want) in power.iter().zip(&expected) {
                prop_assert!((f64::from(*got) - want).abs() <= 1e-6 * total, "{got} {want}");
            }
        }
    }

    #[test]
    fn says_which_length_it_wanted() {
        assert_eq!(
            RealFftF32::new(400).unwrap_err(),
            ConfigError::Mismatch { what: "fft_samples", expected: 512, actual: 400 }
        );
        assert!(RealFftF32::new(2048).is_err());
    }
}
