//! The noise floor of every band: minima of the smoothed log power, and a mean near them.
//!
//! After Martin's minimum statistics (IEEE Trans. Speech Audio Process. 9(5), 2001) and Cohen's minima-controlled
//! recursive averaging (Signal Processing 81(11), 2001), both in the log domain, where the bias of the minimum is a
//! constant: the floor is the mean of the frames that lie within [`NEAR`] of the minimum.

/// Bands that are tracked together.
pub(super) const LANES: usize = 24;
/// Share of the new frame in the smoothed power: about 50 ms.
const SMOOTHING: f32 = 0.2;
/// Frames in a sub-window. The minimum is over the present one and the one before it: 0.8 to 1.6 s.
const SUB_WINDOW: u32 = 80;
/// Frames up to this far above the minimum count as noise, nat of power (6 dB).
const NEAR: f32 = 1.4;
/// Share of a noise frame in the mean: about 200 ms.
const MEAN_RATE: f32 = 0.05;

#[derive(Clone, Debug)]
pub(super) struct NoiseFloor {
    smoothed: [f32; LANES],
    /// Minimum of the sub-window before, and of the present one.
    before: [f32; LANES],
    present: [f32; LANES],
    floor: [f32; LANES],
    /// Frames in the present sub-window.
    frames: u32,
    started: bool,
}

impl NoiseFloor {
    pub(super) fn new() -> Self {
        NoiseFloor {
            smoothed: [0.0; LANES],
            before: [0.0; LANES],
            present: [0.0; LANES],
            floor: [0.0; LANES],
            frames: 0,
            started: false,
        }
    }

    /// `power`: log power of every band, nat. Gives the floor of every band, same scale.
    pub(super) fn process(&mut self, power: &[f32; LANES]) -> &[f32; LANES] {
        if !self.started {
            self.started = true;
            self.smoothed = *power;
            self.before = *power;
            self.present = *power;
            self.floor = *power;
        }
        if self.frames == SUB_WINDOW {
            self.frames = 0;
            self.before = self.present;
            self.present = self.smoothed;
        }
        self.frames += 1;
        for (lane, power) in power.iter().enumerate() {
            let smoothed = self.smoothed[lane] + SMOOTHING * (power - self.smoothed[lane]);
            self.smoothed[lane] = smoothed;
            self.present[lane] = least(self.present[lane], smoothed);
            let lowest = least(self.present[lane], self.before[lane]);
            let near = lowest + NEAR;
            let rate = if smoothed < near { MEAN_RATE } else { 0.0 };
            let floor = self.floor[lane] + rate * (smoothed - self.floor[lane]);
            self.floor[lane] = least(most(floor, lowest), near);
        }
        &self.floor
    }
}

/// One instruction on most machines, unlike `f32::min`, whose answer for NaN takes several.
#[inline]
pub(super) fn least(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// As [`least`].
#[inline]
pub(super) fn most(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deterministic noise, roughly normal, standard deviation 1.
    fn noise(state: &mut u64) -> f32 {
        (0..12)
            .map(|_| {
                *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (*state >> 40) as f32 / (1u32 << 24) as f32
            })
            .sum::<f32>()
            - 6.0
    }

    #[test]
    fn finds_the_mean_of_noise_under_speech_and_follows_a_step() {
        let mut floor = NoiseFloor::new();
        let mut state = 1;
        let mut at = 0.0;
        // Noise around −8, later −5; "speech" 6 nat above it for half of every 400 ms.
        for i in 0..1200 {
            let mean = if i < 600 { -8.0 } else { -5.0 };
            let speech = if i % 40 < 20 { 6.0 } else { 0.0 };
            at = floor.process(&[mean + speech + 0.5 * noise(&mut state); LANES])[0];
            if i == 599 {
                assert!((at + 8.0).abs() < 0.6, "{at}");
            }
        }
        assert!((at + 5.0).abs() < 0.6, "{at}");
    }

    #[test]
    fn falls_with_the_power() {
        let mut floor = NoiseFloor::new();
        for _ in 0..300 {
            floor.process(&[0.0; LANES]);
        }
        let mut at = 0.0;
        for _ in 0..30 {
            at = floor.process(&[-10.0; LANES])[LANES - 1];
        }
        assert!(at < -8.0, "{at}");
    }
}
