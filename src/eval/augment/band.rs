//! Band limits: Butterworth filters of fourth order as two biquads each, after R. Bristow-Johnson's "Cookbook
//! formulae for audio equalizer biquad filter coefficients".

use std::f64::consts::PI;
use std::prelude::rust_2024::*;

const RATE: f64 = 16_000.0;
/// Q of the two halves of a Butterworth filter of fourth order: 1 / (2 cos(π/8)) and 1 / (2 cos(3π/8)).
const HALVES: [f64; 2] = [0.541_196_100_146_197, 1.306_562_964_876_377];

#[derive(Clone, Debug)]
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Biquad {
    fn new(hz: f64, q: f64, high_pass: bool) -> Biquad {
        let w = 2.0 * PI * hz / RATE;
        let (cos, alpha) = (libm::cos(w), libm::sin(w) / (2.0 * q));
        let a0 = 1.0 + alpha;
        let outer = if high_pass { (1.0 + cos) / 2.0 } else { (1.0 - cos) / 2.0 } / a0;
        let middle = if high_pass { -2.0 } else { 2.0 } * outer;
        Biquad { b: [outer, middle, outer], a: [-2.0 * cos / a0, (1.0 - alpha) / a0], state: [0.0; 2] }
    }

    /// Transposed direct form II.
    fn process(&mut self, x: f64) -> f64 {
        let ([b0, b1, b2], [a1, a2], [s1, s2]) = (self.b, self.a, self.state);
        let y = b0 * x + s1;
        self.state = [b1 * x - a1 * y + s2, b2 * x - a2 * y];
        y
    }
}

/// Takes away what is below or above.
#[derive(Clone, Debug, Default)]
pub(super) struct Band(Vec<Biquad>);

impl Band {
    /// A limit at 0 or at 8 kHz is none.
    pub(super) fn new(low_hz: f32, high_hz: f32) -> Band {
        let mut stages = Vec::new();
        for q in HALVES {
            if low_hz > 0.0 {
                stages.push(Biquad::new(f64::from(low_hz), q, true));
            }
            if f64::from(high_hz) < RATE / 2.0 {
                stages.push(Biquad::new(f64::from(high_hz), q, false));
            }
        }
        Band(stages)
    }

    pub(super) fn process(&mut self, sample: f32) -> f32 {
        self.0.iter_mut().fold(f64::from(sample), |x, stage| stage.process(x)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// dB that a tone loses.
    fn loss(low: f32, high: f32, hz: f64) -> f64 {
        let mut band = Band::new(low, high);
        let (mut before, mut after) = (0.0, 0.0);
        for n in 0..32_000 {
            let x = libm::sin(2.0 * PI * hz * f64::from(n) / RATE) as f32;
            let y = band.process(x);
            if n > 16_000 {
                before += f64::from(x * x);
                after += f64::from(y * y);
            }
        }
        10.0 * libm::log10(before / after)
    }

    #[test]
    fn three_db_at_the_limits_and_24_an_octave_beyond() {
        assert!((loss(300.0, 3400.0, 300.0) - 3.01).abs() < 0.1);
        assert!((loss(300.0, 3400.0, 3400.0) - 3.01).abs() < 0.1);
        assert!(loss(300.0, 3400.0, 1000.0).abs() < 0.1);
        assert!((loss(300.0, 8000.0, 75.0) - 48.2).abs() < 0.5);
        assert!(loss(0.0, 3400.0, 6800.0) > 24.0);
        assert_eq!(loss(0.0, 8000.0, 50.0), 0.0);
    }
}
