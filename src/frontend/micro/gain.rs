//! Noise reduction and automatic gain, band by band.

use super::{CORRECTION_BITS, MicroFrontEndConfig};
use crate::frontend::MAX_MEL_BINS;

/// Fraction bits of the noise reduction's shares.
const SHARE_BITS: u32 = 14;
/// Fraction bits of the noise estimate beyond those of the energies.
const ESTIMATE_BITS: u32 = 10;
/// Fraction bits of the gain.
const GAIN_BITS: u32 = 21;
/// Fraction bits of the signal-to-noise ratio, and of what it is compressed to.
const SNR_BITS: u32 = 12;
const OUT_BITS: u32 = 6;

/// Takes a slowly following estimate of the noise off every band.
#[derive(Clone, Debug)]
pub(super) struct NoiseReduction {
    /// Of even and odd bands: how fast the estimate follows.
    follow: [u64; 2],
    least: u64,
    estimate: [u32; MAX_MEL_BINS],
}

impl NoiseReduction {
    pub(super) fn new(config: &MicroFrontEndConfig) -> Self {
        let share = |x: f32| u64::from((x * (1 << SHARE_BITS) as f32) as u16);
        NoiseReduction {
            follow: [share(config.even_smoothing), share(config.odd_smoothing)],
            least: share(config.min_signal_remaining),
            estimate: [0; MAX_MEL_BINS],
        }
    }

    pub(super) fn apply(&mut self, energies: &mut [u32]) {
        for (pair, estimates) in energies.chunks_mut(2).zip(self.estimate.chunks_mut(2)) {
            for ((energy, estimate), &follow) in pair.iter_mut().zip(estimates).zip(&self.follow) {
                let scaled = *energy << ESTIMATE_BITS;
                let keep = (1u64 << SHARE_BITS).wrapping_sub(follow);
                *estimate = ((u64::from(scaled) * follow)
                    .wrapping_add(u64::from(*estimate).wrapping_mul(keep))
                    >> SHARE_BITS) as u32;
                let left = scaled.saturating_sub(*estimate) >> ESTIMATE_BITS;
                let least = ((u64::from(*energy) * self.least) >> SHARE_BITS) as u32;
                *energy = left.max(least);
            }
        }
    }

    pub(super) fn estimate(&self) -> &[u32] {
        &self.estimate
    }

    pub(super) fn reset(&mut self) {
        self.estimate = [0; MAX_MEL_BINS];
    }
}

/// Divides every band by a power of its noise estimate and compresses the ratio.
#[derive(Clone, Debug)]
pub(super) struct AutomaticGain {
    /// Gain for estimates 0 and 1.
    first: [i16; 2],
    /// For estimates of 2 to 32 bits: value, slope and curvature of a parabola over the octave.
    octaves: [(i16, i16, i16); 31],
}

impl AutomaticGain {
    pub(super) fn new(strength: f32, offset: f32) -> Self {
        let gain = |estimate: u32| {
            let noise = estimate as f32 / (1u32 << (ESTIMATE_BITS - CORRECTION_BITS)) as f32;
            let power = libm::pow(f64::from(noise + offset), -f64::from(strength)) as f32;
            let gain = (1u32 << GAIN_BITS) as f32 * power;
            if gain > f32::from(i16::MAX) { i16::MAX } else { (gain + 0.5) as i16 }
        };
        let mut octaves = [(0, 0, 0); 31];
        for (octave, bits) in octaves.iter_mut().zip(2u32..) {
            let low = 1u32 << (bits - 1);
            let high = if bits == 32 { u32::MAX } else { 2 * low };
            let start = gain(low);
            let middle = i32::from(gain(low + low / 2)) - i32::from(start);
            let end = i32::from(gain(high)) - i32::from(start);
            let slope = 4 * middle - end;
            *octave = (start, slope as i16, (end - slope) as i16);
        }
        AutomaticGain { first: [gain(0), gain(1)], octaves }
    }

    pub(super) fn apply(&self, estimates: &[u32], energies: &mut [u32]) {
        for (energy, &estimate) in energies.iter_mut().zip(estimates) {
            let gain = i64::from(self.gain(estimate)) as u64;
            let snr = (u64::from(*energy).wrapping_mul(gain & 0xffff_ffff)
                >> (GAIN_BITS - CORRECTION_BITS - SNR_BITS)) as u32;
            *energy = compress(snr);
        }
    }

    fn gain(&self, estimate: u32) -> i16 {
        let bits = u32::BITS - estimate.leading_zeros();
        let Some(&(start, slope, curve)) = bits.checked_sub(2).and_then(|i| self.octaves.get(i as usize))
        else {
            return self.first[usize::from(estimate != 0)];
        };
        // Ten bits below the highest one.
        let within = if bits < 11 { estimate << (11 - bits) } else { estimate >> (bits - 11) } & 0x3ff;
        let within = within as i32;
        let mut gain = (i32::from(curve) * within) >> 5;
        gain = gain.wrapping_add(i32::from(slope) << 5).wrapping_mul(within);
        (gain.wrapping_add(1 << 14) >> 15).wrapping_add(i32::from(start)) as i16
    }
}

/// x²/4 below a ratio of 2, x − 1 above.
fn compress(snr: u32) -> u32 {
    if snr < 2 << SNR_BITS {
        snr.wrapping_mul(snr) >> (2 + 2 * SNR_BITS - OUT_BITS)
    } else {
        (snr >> (SNR_BITS - OUT_BITS)) - (1 << OUT_BITS)
    }
}
