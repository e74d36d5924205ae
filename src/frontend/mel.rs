//! Triangular bands, equally wide on the mel scale, each the weighted sum of a few FFT bins.

use super::{FrontEndConfig, MAX_FFT, MAX_MEL_BINS};
use crate::audio::SAMPLE_RATE_HZ;
use crate::error::ConfigError;

/// HTK's mel scale: 1127 ln(1 + f/700).
fn hz_to_mel(hz: f64) -> f64 {
    1127.0 * libm::log(1.0 + hz / 700.0)
}

/// Sparse filterbank. The rising and the falling sides of neighbouring triangles overlap, so an FFT bin counts in
/// at most two bands: `2 × MAX_FFT/2` weights suffice.
#[derive(Clone, Debug)]
pub(super) struct MelFilterbank {
    bins: usize,
    weights: [f32; MAX_FFT],
    /// First FFT bin and number of weights of each band.
    bands: [(u16, u16); MAX_MEL_BINS],
}

impl MelFilterbank {
    /// Triangles with peak 1, linear in mel, as Kaldi's: no area normalisation.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for `mel_bins` where a band would be so narrow that no FFT bin falls in it.
    pub(super) fn new(config: &FrontEndConfig) -> Result<Self, ConfigError> {
        let low = hz_to_mel(f64::from(config.low_hz));
        let high = hz_to_mel(f64::from(config.high_hz));
        let step = (high - low) / (config.mel_bins + 1) as f64;
        let bin_hz = f64::from(SAMPLE_RATE_HZ) / config.fft_samples as f64;
        let mut bank =
            MelFilterbank { bins: config.mel_bins, weights: [0.0; MAX_FFT], bands: [(0, 0); MAX_MEL_BINS] };
        let mut used = 0;
        for band in 0..config.mel_bins {
            let left = low + band as f64 * step;
            let mut first = 0;
            let mut count = 0;
            for bin in 0..=config.fft_samples / 2 {
                let position = (hz_to_mel(bin as f64 * bin_hz) - left) / step;
                let weight = position.min(2.0 - position);
                if weight > 0.0 {
                    if count == 0 {
                        first = bin;
                    }
                    bank.weights[used + count] = weight as f32;
                    count += 1;
                }
            }
            if count == 0 {
                return Err(ConfigError::OutOfRange {
                    field: "mel_bins",
                    min: 4.0,
                    max: band as f64,
                    actual: config.mel_bins as f64,
                });
            }
            bank.bands[band] = (first as u16, count as u16);
            used += count;
        }
        Ok(bank)
    }

    /// `power`: N/2 + 1 values; `out`: one energy a band.
    pub(super) fn apply(&self, power: &[f32], out: &mut [f32]) {
        let mut weights = &self.weights[..];
        for (&(first, count), out) in self.bands[..self.bins].iter().zip(out) {
            let (own, rest) = weights.split_at(usize::from(count));
            weights = rest;
            *out = own.iter().zip(&power[usize::from(first)..]).map(|(w, p)| w * p).sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_sum_to_one_between_the_outer_peaks() {
        let config = FrontEndConfig::base();
        let bank = MelFilterbank::new(&config).unwrap();
        let mut sum = [0.0f32; 257];
        let mut weights = bank.weights.iter();
        for &(first, count) in &bank.bands[..40] {
            for bin in 0..usize::from(count) {
                sum[usize::from(first) + bin] += weights.next().unwrap();
            }
        }
        // Bins 6 (188 Hz) to 228 (7125 Hz) lie between the first and the last peak.
        for (bin, total) in sum.iter().enumerate().take(229).skip(6) {
            assert!((total - 1.0).abs() < 1e-5, "bin {bin}: {total}");
        }
    }

    #[test]
    fn too_many_bands_name_the_most_that_fit() {
        let config = FrontEndConfig {
            window_samples: 128,
            fft_samples: 128,
            hop_samples: 64,
            ..FrontEndConfig::base()
        };
        assert!(matches!(
            MelFilterbank::new(&config),
            Err(ConfigError::OutOfRange { field: "mel_bins", actual: 40.0, .. })
        ));
    }
}
