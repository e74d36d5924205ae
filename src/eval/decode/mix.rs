//! Many channels to one, and samples that are no numbers to silence.

use crate::audio::Unit;
use std::prelude::rust_2024::*;

/// Mixes down to the mean of the channels and counts what was wrong on the way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mixer {
    /// Samples that were NaN or infinite.
    pub not_numbers: u64,
    /// Samples beyond ±1.
    pub beyond: u64,
    /// All samples, of all channels.
    pub total: u64,
}

impl Mixer {
    /// Appends one sample a frame of `interleaved` (±1, `channels` samples a frame) to `mono`.
    pub fn mix(&mut self, interleaved: &[f32], channels: usize, mono: &mut Vec<f32>) {
        self.total += interleaved.len() as u64;
        let scale = 1.0 / channels as f32;
        for frame in interleaved.chunks_exact(channels) {
            let mut sum = 0.0;
            for &sample in frame {
                if !sample.is_finite() {
                    self.not_numbers += 1;
                } else {
                    self.beyond += u64::from(sample.abs() > 1.0);
                    sum += Unit::saturating(sample).get();
                }
            }
            mono.push(sum * scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_the_channels_without_what_is_no_number() {
        let mut mixer = Mixer::default();
        let mut mono = Vec::new();
        mixer.mix(&[0.5, 0.25, f32::NAN, 0.5, f32::INFINITY, -4.0], 2, &mut mono);
        assert_eq!(mono, [0.375, 0.25, -0.5]);
        assert_eq!((mixer.not_numbers, mixer.beyond, mixer.total), (2, 1, 6));
    }
}
