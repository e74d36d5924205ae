//! Triangular bands, equally far apart on the mel scale, each the weighted sum of a few FFT bins.

use super::{FrontEndConfig, Height, MAX_FFT, MAX_MEL_BINS, MelScale, Triangles, series};
use crate::audio::SAMPLE_RATE_HZ;
use crate::error::ConfigError;
use crate::simd::{BLOCK, Kernel, Lanes, Level};

/// Blocks of a power spectrum: N/2 + 1 bins, and zeros for the weights of the highest band to reach into.
pub(super) const POWER_BLOCKS: usize = (MAX_FFT / 2 + 1 + BLOCK).div_ceil(BLOCK);
/// Blocks of mel bands.
pub(super) const MEL_BLOCKS: usize = MAX_MEL_BINS / BLOCK;
/// Memory for weights: what 128 bands up to 8 kHz take on 512 points is 144.
const WEIGHT_BLOCKS: usize = 152;

/// A power spectrum, zero behind the last bin.
pub(super) type Power = [[f32; BLOCK]; POWER_BLOCKS];
/// Band energies, or what has become of them.
pub(super) type Mel = [[f32; BLOCK]; MEL_BLOCKS];

fn hz_to_mel(scale: MelScale, hz: f64) -> f64 {
    match scale {
        MelScale::Htk => 1127.0 * libm::log(1.0 + hz / 700.0),
        // 200/3 Hz a mel up to 1000 Hz, from there 27 mel for every factor of 6.4.
        MelScale::Slaney if hz < 1000.0 => hz * 3.0 / 200.0,
        MelScale::Slaney => 15.0 + 27.0 * libm::log(hz / 1000.0) / libm::log(6.4),
    }
}

fn mel_to_hz(scale: MelScale, mel: f64) -> f64 {
    match scale {
        MelScale::Htk => 700.0 * (libm::exp(mel / 1127.0) - 1.0),
        MelScale::Slaney if mel < 15.0 => mel * 200.0 / 3.0,
        MelScale::Slaney => 1000.0 * libm::exp((mel - 15.0) * libm::log(6.4) / 27.0),
    }
}

/// Sparse filterbank: of each band the weights that are not zero, in whole blocks from its first bin on.
#[derive(Clone, Debug)]
pub(super) struct MelFilterbank {
    bins: usize,
    level: Level,
    weights: [[f32; BLOCK]; WEIGHT_BLOCKS],
    /// First FFT bin and number of blocks of each band.
    bands: [(u16, u16); MAX_MEL_BINS],
}

impl MelFilterbank {
    /// # Errors
    /// [`ConfigError::OutOfRange`] for `mel_bins` where a band would be so narrow that no FFT bin falls in it, or
    /// where the weights outgrow the memory.
    pub(super) fn new(config: &FrontEndConfig, level: Level) -> Result<Self, ConfigError> {
        let scale = config.mel_scale;
        let low = hz_to_mel(scale, f64::from(config.low_hz));
        let high = hz_to_mel(scale, f64::from(config.high_hz));
        let step = (high - low) / (config.mel_bins + 1) as f64;
        let bin_hz = f64::from(SAMPLE_RATE_HZ) / config.fft_samples as f64;
        let mut bank = MelFilterbank {
            bins: config.mel_bins,
            level,
            weights: [[0.0; BLOCK]; WEIGHT_BLOCKS],
            bands: [(0, 0); MAX_MEL_BINS],
        };
        let mut used = 0;
        for (band, slot) in bank.bands.iter_mut().take(config.mel_bins).enumerate() {
            let too_many = ConfigError::OutOfRange {
                field: "mel_bins",
                min: 4.0,
                max: band as f64,
                actual: config.mel_bins as f64,
            };
            let [left, peak, right] = [0.0, 1.0, 2.0].map(|edge| low + (band as f64 + edge) * step);
            let [left_hz, peak_hz, right_hz] = [left, peak, right].map(|mel| mel_to_hz(scale, mel));
            let height = match config.height {
                Height::One => 1.0,
                Height::EqualArea => 2.0 / (right_hz - left_hz),
            };
            let weight = |bin: usize| {
                let hz = bin as f64 * bin_hz;
                let (rising, falling) = match config.triangles {
                    Triangles::Mel => {
                        let mel = hz_to_mel(scale, hz);
                        ((mel - left) / step, (right - mel) / step)
                    }
                    Triangles::Hertz => {
                        ((hz - left_hz) / (peak_hz - left_hz), (right_hz - hz) / (right_hz - peak_hz))
                    }
                };
                rising.min(falling) * height
            };
            let mut inside = (0..=config.fft_samples / 2).filter(|&bin| weight(bin) > 0.0);
            let Some(first) = inside.next() else {
                return Err(too_many);
            };
            let last = inside.next_back().unwrap_or(first);
            let blocks = (last - first + 1).div_ceil(BLOCK);
            let Some(weights) = bank.weights.get_mut(used..used + blocks) else {
                return Err(too_many);
            };
            for (value, bin) in weights.as_flattened_mut().iter_mut().zip(first..=last) {
                *value = weight(bin) as f32;
            }
            *slot = (first as u16, blocks as u16);
            used += blocks;
        }
        Ok(bank)
    }

    /// One energy a band, and the sum of all `power`.
    pub(super) fn apply(&self, power: &Power, out: &mut Mel) -> f32 {
        let bands = self.bands.get(..self.bins).unwrap_or_default();
        apply(self.level, &self.weights, bands, power, out)
    }
}

/// One energy a band, and the sum of all `power`.
fn apply(level: Level, weights: &[[f32; BLOCK]], bands: &[(u16, u16)], power: &Power, out: &mut Mel) -> f32 {
    level.run(Apply { weights, bands, power, out })
}

/// The bank of [`FrontEndConfig::base`], made by the compiler; that of [`MelFilterbank::new`], bit for bit.
#[derive(Clone, Debug)]
pub(super) struct BaseBank {
    weights: [[f32; BLOCK]; BASE_BLOCKS],
    bands: [(u16, u16); BASE.mel_bins],
}

const BASE: FrontEndConfig = FrontEndConfig::base();
/// What its weights take.
const BASE_BLOCKS: usize = 74;

impl BaseBank {
    pub(super) const fn new() -> Self {
        const BINS: usize = BASE.fft_samples / 2 + 1;
        const fn mel(hz: f64) -> f64 {
            1127.0 * series::ln(1.0 + hz / 700.0)
        }
        let (low, high) = (mel(BASE.low_hz as f64), mel(BASE.high_hz as f64));
        let step = (high - low) / (BASE.mel_bins + 1) as f64;
        let bin_hz = SAMPLE_RATE_HZ as f64 / BASE.fft_samples as f64;
        let mut mels = [0.0; BINS];
        let mut bin = 0;
        while bin < BINS {
            mels[bin] = mel(bin as f64 * bin_hz);
            bin += 1;
        }
        let mut bank = BaseBank { weights: [[0.0; BLOCK]; BASE_BLOCKS], bands: [(0, 0); BASE.mel_bins] };
        let (mut used, mut band) = (0, 0);
        while band < BASE.mel_bins {
            let (left, right) = (low + band as f64 * step, low + (band as f64 + 2.0) * step);
            let (mut first, mut count, mut bin) = (0, 0, 0);
            while bin < BINS {
                let weight = ((mels[bin] - left) / step).min((right - mels[bin]) / step);
                if weight > 0.0 {
                    first = if count == 0 { bin } else { first };
                    bank.weights[used + count / BLOCK][count % BLOCK] = weight as f32;
                    count += 1;
                }
                bin += 1;
            }
            let blocks = count.div_ceil(BLOCK);
            bank.bands[band] = (first as u16, blocks as u16);
            used += blocks;
            band += 1;
        }
        bank
    }

    /// As [`MelFilterbank::apply`].
    pub(super) fn apply(&self, level: Level, power: &Power, out: &mut Mel) -> f32 {
        apply(level, &self.weights, &self.bands, power, out)
    }
}

struct Apply<'a> {
    weights: &'a [[f32; BLOCK]],
    bands: &'a [(u16, u16)],
    power: &'a Power,
    out: &'a mut Mel,
}

impl Kernel for Apply<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<V: Lanes>(self, token: V::Token) -> f32 {
        let power = self.power.as_flattened();
        let mut weights = self.weights;
        for (&(first, blocks), out) in self.bands.iter().zip(self.out.as_flattened_mut()) {
            let Some((own, rest)) = weights.split_at_checked(usize::from(blocks)) else {
                break;
            };
            weights = rest;
            let bins = power.get(usize::from(first)..).unwrap_or_default();
            *out = V::dot(token, own, bins.as_chunks().0);
        }
        V::sum(token, self.power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_sum_to_one_between_the_outer_peaks() {
        let config = FrontEndConfig::base();
        let bank = MelFilterbank::new(&config, Level::scalar()).unwrap();
        let mut sum = [0.0f32; 280];
        let mut weights = bank.weights.as_flattened().iter();
        for &(first, blocks) in &bank.bands[..40] {
            for bin in 0..BLOCK * usize::from(blocks) {
                sum[usize::from(first) + bin] += weights.next().unwrap();
            }
        }
        // Bins 6 (188 Hz) to 228 (7125 Hz) lie between the first and the last peak.
        for (bin, total) in sum.iter().enumerate().take(229).skip(6) {
            assert!((total - 1.0).abs() < 1e-5, "bin {bin}: {total}");
        }
    }

    #[test]
    fn the_compiler_makes_the_same_bank() {
        static MADE: BaseBank = BaseBank::new();
        let made = MelFilterbank::new(&BASE, Level::scalar()).unwrap();
        assert_eq!(MADE.bands, made.bands[..BASE.mel_bins]);
        let used: usize = MADE.bands.iter().map(|(_, blocks)| usize::from(*blocks)).sum();
        assert_eq!(used, BASE_BLOCKS);
        for (ours, theirs) in MADE.weights.as_flattened().iter().zip(made.weights.as_flattened()) {
            assert_eq!(ours.to_bits(), theirs.to_bits());
        }
    }

    #[test]
    fn equals_the_definition() {
        for config in [FrontEndConfig::base(), FrontEndConfig::librosa()] {
            let mut power = [[0.0; BLOCK]; POWER_BLOCKS];
            for (bin, p) in power.as_flattened_mut().iter_mut().enumerate().take(257) {
                *p = 1.0 + (bin as f32 * 0.7).sin();
            }
            let mut reference: Option<Mel> = None;
            for level in Level::all() {
                let bank = MelFilterbank::new(&config, level).unwrap();
                let mut out = [[0.0; BLOCK]; MEL_BLOCKS];
                let total = bank.apply(&power, &mut out);
                let expected: f32 = power.as_flattened().iter().sum();
                assert!((total - expected).abs() < 1e-4 * expected);
                let mut weights = bank.weights.as_flattened().iter();
                for (&(first, blocks), got) in bank.bands[..config.mel_bins].iter().zip(out.as_flattened()) {
                    let bins =
                        power.as_flattened()[usize::from(first)..].iter().take(BLOCK * usize::from(blocks));
                    let want: f64 = bins.map(|p| f64::from(*p) * f64::from(*weights.next().unwrap())).sum();
                    assert!((f64::from(*got) - want).abs() <= 1e-6 * want, "{got} {want}");
                }
                assert_eq!(out, *reference.get_or_insert(out), "{level}");
            }
        }
    }

    #[test]
    fn a_mel_scale_is_undone_by_its_inverse() {
        for scale in [MelScale::Htk, MelScale::Slaney] {
            for hz in [0.0, 80.0, 999.0, 1000.0, 1001.0, 7600.0] {
                assert!((mel_to_hz(scale, hz_to_mel(scale, hz)) - hz).abs() < 1e-9, "{scale:?} {hz}");
            }
        }
    }

    #[test]
    fn the_finest_bank_fits_and_a_finer_one_says_so() {
        let finest = FrontEndConfig { mel_bins: 128, ..FrontEndConfig::librosa() };
        let fits = MelFilterbank::new(&finest, Level::scalar());
        assert!(matches!(fits, Ok(_) | Err(ConfigError::OutOfRange { field: "mel_bins", .. })));
        let config = FrontEndConfig {
            window_samples: 128,
            fft_samples: 128,
            hop_samples: 64,
            ..FrontEndConfig::base()
        };
        assert!(matches!(
            MelFilterbank::new(&config, Level::scalar()),
            Err(ConfigError::OutOfRange { field: "mel_bins", actual: 40.0, .. })
        ));
    }
}
