//! Mel bands of integer energies, as the root of their sum.

use super::fft::Fixed;
use super::{FFT, MicroFrontEndConfig};
use crate::audio::SAMPLE_RATE_HZ;
use crate::error::ConfigError;
use crate::frontend::MAX_MEL_BINS;

/// Bins of the spectrum.
const BINS: usize = FFT / 2 + 1;

/// Triangles that overlap by half: between two centres every bin counts for the band below and the band above.
#[derive(Clone, Debug)]
pub(super) struct Filterbank {
    bands: usize,
    /// First bin that counts.
    start: usize,
    /// Of each bin from `start` on: the share of the band below and of the band above it, Q12.
    shares: [(u16, u16); BINS],
    /// Bins between one centre and the next.
    widths: [u16; MAX_MEL_BINS + 1],
}

/// In single precision as the original, even where it rounds otherwise than the true logarithm: two weights hang on it.
fn hz_to_mel(hz: f32) -> f32 {
    1127.0 * libm::log1pf(hz / 700.0)
}

impl Filterbank {
    pub(super) fn new(config: &MicroFrontEndConfig) -> Result<Self, ConfigError> {
        let segments = config.mel_bins + 1;
        let bin_hz = (0.5 * f64::from(SAMPLE_RATE_HZ) / f64::from((BINS - 1) as f32)) as f32;
        let low = hz_to_mel(config.low_hz);
        let step = (hz_to_mel(config.high_hz) - low) / segments as f32;
        let start = (1.5 + f64::from(config.low_hz / bin_hz)) as usize;
        let mut bank = Filterbank {
            bands: config.mel_bins,
            start,
            shares: [(0, 0); BINS],
            widths: [0; MAX_MEL_BINS + 1],
        };
        let mut bin = start;
        let mut below = low;
        for (segment, width) in bank.widths.iter_mut().take(segments).enumerate() {
            let centre = low + step * (segment + 1) as f32;
            let first = bin;
            while hz_to_mel(bin as f32 * bin_hz) <= centre {
                let falling = (centre - hz_to_mel(bin as f32 * bin_hz)) / (centre - below);
                let Some(share) = bank.shares.get_mut(bin - start) else {
                    let highest = f64::from(bin_hz) * (BINS - 2) as f64;
                    let actual = f64::from(config.high_hz);
                    return Err(ConfigError::OutOfRange { field: "high_hz", min: 1.0, max: highest, actual });
                };
                *share = (
                    libm::floorf(falling * 4096.0 + 0.5) as u16,
                    libm::floorf((1.0 - falling) * 4096.0 + 0.5) as u16,
                );
                bin += 1;
            }
            *width = (bin - first) as u16;
            below = centre;
        }
        Ok(bank)
    }

    /// One value a band: the root of its energy, `shift` bits down again.
    pub(super) fn apply(&self, spectrum: &[Fixed; BINS], shift: u32, out: &mut [u32]) {
        let bins = spectrum.get(self.start..).unwrap_or_default();
        let mut bins = bins.iter().zip(&self.shares);
        let mut out = out.iter_mut();
        let mut band_above = 0u64;
        for (segment, &width) in self.widths.iter().take(self.bands + 1).enumerate() {
            let mut band_below = band_above;
            band_above = 0;
            for (z, &(below, above)) in bins.by_ref().take(usize::from(width)) {
                let energy = i32::from(z.re).pow(2).wrapping_add(i32::from(z.im).pow(2)) as u64;
                band_below = band_below.wrapping_add(energy.wrapping_mul(u64::from(below)));
                band_above = band_above.wrapping_add(energy.wrapping_mul(u64::from(above)));
            }
            // What lies below the first centre belongs to no band.
            if segment > 0
                && let Some(out) = out.next()
            {
                *out = root(band_below) >> shift;
            }
        }
    }
}

/// √x to the nearest integer, but never up to 2¹⁶ for 32-bit x nor up to 2³².
fn root(x: u64) -> u32 {
    let root = x.isqrt();
    let most = if x >> 32 == 0 { 0xffff } else { 0xffff_ffff };
    let up = x.wrapping_sub(root.wrapping_mul(root)) > root && root != most;
    (root + u64::from(up)) as u32
}
