//! What the network of [`MelVad`](super::MelVad) sees of a frame.

use crate::vad::noise::{LANES, NoiseFloor, least, most};

/// Mel bands of a frame, those of [`FrontEndConfig::base`](crate::frontend::FrontEndConfig::base).
pub(super) const MEL_BINS: usize = 40;
/// Pairs of mel bands.
pub(super) const BANDS: usize = MEL_BINS / 2;
/// Less power than this counts as this: −100 dB.
const QUIETEST: f32 = 1e-10;
/// Lane of the noise floor that follows the whole power.
pub(super) const WHOLE: usize = BANDS;
/// Numbers a frame.
pub const INPUTS: usize = 48;
/// Lowest mel bands, narrow enough to tell the harmonics of most voices apart: 80 to 700 Hz.
const VOICED: usize = 12;
/// Bands from here on are "high": 2.1 kHz.
const HIGH: usize = BANDS / 2;
/// About 2 s.
const SLOW: f32 = 0.005;
/// About 40 and 250 ms: between them lies the rate of syllables, 3 to 8 Hz.
const SYLLABLE_FAST: f32 = 0.25;
const SYLLABLE_SLOW: f32 = 0.04;
/// About 500 ms.
const MODULATION: f32 = 0.02;

/// The features of a stream of frames.
///
/// | input | what | scale |
/// |---|---|---|
/// | 0..20 | power over the noise floor, by pairs of mel bands | 4 nat |
/// | 20..40 | power over the mean level of the last 2 s, same pairs | 4 nat |
/// | 40 | whole power over its noise floor | 4 nat |
/// | 41 | low bands over high bands: tilt | 4 nat |
/// | 42 | highest band over the mean band: how far from flat | 4 nat |
/// | 43 | roughness of the lowest 12 mel bands: harmonics of a voice | 1 nat |
/// | 44 | change since the frame before, mean over the bands | 1 nat |
/// | 45, 46, 47 | modulation at the rate of syllables: all, low, high bands | 1 nat |
#[derive(Clone, Debug)]
pub struct VadFeatures {
    noise: NoiseFloor,
    previous: [f32; LANES],
    level: f32,
    fast: [f32; 3],
    slow: [f32; 3],
    modulation: [f32; 3],
    started: bool,
    inputs: [f32; INPUTS],
    power: f32,
    noise_power: f32,
}

impl VadFeatures {
    /// Features of a stream that begins.
    pub fn new() -> Self {
        VadFeatures {
            noise: NoiseFloor::new(),
            previous: [0.0; LANES],
            level: 0.0,
            fast: [0.0; 3],
            slow: [0.0; 3],
            modulation: [0.0; 3],
            started: false,
            inputs: [0.0; INPUTS],
            power: 0.0,
            noise_power: 0.0,
        }
    }

    /// `mel`: natural log energies; `mean_square`: the frame's power, 1 for a square wave at full scale.
    pub fn process(&mut self, mel: &[f32; MEL_BINS], mean_square: f32) -> &[f32; INPUTS] {
        let power = libm::logf(mean_square.max(QUIETEST));
        self.power = power;
        let mut bands = [0.0; LANES];
        for (band, pair) in bands.iter_mut().zip(mel.as_chunks::<2>().0) {
            *band = 0.5 * (pair[0] + pair[1]);
        }
        bands[WHOLE] = power;
        let floor = self.noise.process(&bands);
        self.noise_power = floor[WHOLE];

        let mean = |values: &[f32]| values.iter().sum::<f32>() * (1.0 / HIGH as f32);
        let low = mean(&bands[..HIGH]);
        let high = mean(&bands[HIGH..BANDS]);
        let all = 0.5 * (low + high);
        if !self.started {
            self.started = true;
            self.previous = bands;
            self.level = all;
            self.fast = [all, low, high];
            self.slow = [all, low, high];
        }
        self.level += SLOW * (all - self.level);

        let inputs = &mut self.inputs;
        for band in 0..BANDS {
            inputs[band] = scaled(bands[band] - floor[band]);
        }
        for band in 0..BANDS {
            inputs[BANDS + band] = scaled(bands[band] - self.level);
        }
        // Four sums and maxima side by side: one after the other would leave most of the machine idle.
        let (mut change, mut highest) = ([0.0; 4], [bands[0]; 4]);
        let quads = bands[..BANDS].as_chunks::<4>().0.iter().zip(self.previous[..BANDS].as_chunks::<4>().0);
        for (now, before) in quads {
            for i in 0..4 {
                change[i] += (now[i] - before[i]).abs();
                highest[i] = most(highest[i], now[i]);
            }
        }
        let change = (change[0] + change[1]) + (change[2] + change[3]);
        let highest = most(most(highest[0], highest[1]), most(highest[2], highest[3]));
        self.previous = bands;
        let rough: f32 = mel[..VOICED].windows(3).map(|w| (w[1] - 0.5 * (w[0] + w[2])).abs()).sum();
        inputs[40] = scaled(power - floor[WHOLE]);
        inputs[41] = scaled(low - high);
        inputs[42] = scaled(highest - all);
        inputs[43] = rough * (1.0 / (VOICED - 2) as f32);
        inputs[44] = change * (1.0 / BANDS as f32);
        for (i, now) in [all, low, high].into_iter().enumerate() {
            self.fast[i] += SYLLABLE_FAST * (now - self.fast[i]);
            self.slow[i] += SYLLABLE_SLOW * (now - self.slow[i]);
            let swing = (self.fast[i] - self.slow[i]).abs();
            // Plus nothing audible, so that silence does not fade into the subnormal numbers.
            self.modulation[i] += MODULATION * (swing + 1e-20 - self.modulation[i]);
            inputs[45 + i] = self.modulation[i];
        }
        inputs
    }

    /// Natural log of the mean square of the latest frame, at least that of −100 dB.
    pub fn power(&self) -> f32 {
        self.power
    }

    /// Natural log of the mean square of the background.
    pub fn noise_power(&self) -> f32 {
        self.noise_power
    }

    /// As new.
    pub fn reset(&mut self) {
        *self = VadFeatures::new();
    }
}

impl Default for VadFeatures {
    fn default() -> Self {
        VadFeatures::new()
    }
}

/// Nats to inputs: 4 nat (17 dB) is 1, and nothing lies beyond ±3.
#[inline]
fn scaled(nats: f32) -> f32 {
    most(least(0.25 * nats, 3.0), -3.0)
}
