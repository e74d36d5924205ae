//! Cosine, sine and logarithm as the compiler can compute them, for tables that lie in flash. `f64`, to about the last
//! bit: what is rounded to `f32` is what `libm` gives.

use core::f64::consts::{FRAC_PI_2, LN_2, TAU};

/// The first 33 bits of π/2 and what they leave: a small multiple of the first is exact.
const HALF_PI_HEAD: f64 = f64::from_bits(FRAC_PI_2.to_bits() & !0xF_FFFF);
const HALF_PI_TAIL: f64 = (FRAC_PI_2 - HALF_PI_HEAD) + HALF_PI_REST;
/// π/2 less `FRAC_PI_2`.
const HALF_PI_REST: f64 = 6.123_233_995_736_766e-17;

/// e^{-2πi numerator/denominator}.
pub(super) const fn unit(numerator: usize, denominator: usize) -> (f32, f32) {
    let angle = TAU * (numerator % denominator) as f64 / denominator as f64;
    (cos(angle) as f32, -sin(angle) as f32)
}

/// Of 0 to 2π.
pub(super) const fn cos(x: f64) -> f64 {
    turned(x, 1)
}

/// Of 0 to 2π.
pub(super) const fn sin(x: f64) -> f64 {
    turned(x, 0)
}

/// sin(x + quarters·π/2).
const fn turned(x: f64, quarters: usize) -> f64 {
    let quarter = (x / FRAC_PI_2 + 0.5) as usize;
    let rest = (x - quarter as f64 * HALF_PI_HEAD) - quarter as f64 * HALF_PI_TAIL;
    let at = quarter + quarters;
    let value = taylor(rest, at % 2 == 1);
    if at % 4 < 2 { value } else { -value }
}

/// sin(x), or cos(x), for |x| ≤ π/4.
const fn taylor(x: f64, cosine: bool) -> f64 {
    // From the small terms to the large ones: 1 - x²/(n (n - 1)) · (1 - …).
    let mut n = if cosine { 22 } else { 23 };
    let mut sum = 1.0;
    while n >= 2 {
        sum = 1.0 - x * x / (n * (n - 1)) as f64 * sum;
        n -= 2;
    }
    if cosine { sum } else { x * sum }
}

/// Natural logarithm of what is normal and above 0.
pub(super) const fn ln(x: f64) -> f64 {
    let exponent = (x.to_bits() >> 52) as i64 - 1023;
    let mut mantissa = f64::from_bits(x.to_bits() & !(0x7FF << 52) | 1023 << 52);
    let mut twos = exponent as f64;
    if mantissa > core::f64::consts::SQRT_2 {
        (mantissa, twos) = (0.5 * mantissa, twos + 1.0);
    }
    // 2 artanh s.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut sum, mut n) = (0.0, 31);
    while n >= 1 {
        sum = sum * s * s + 1.0 / n as f64;
        n -= 2;
    }
    twos * LN_2 + 2.0 * s * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_libm() {
        for n in 0..=4000 {
            let x = TAU * f64::from(n) / 4000.0;
            for (ours, theirs) in [(sin(x), libm::sin(x)), (cos(x), libm::cos(x))] {
                assert!((ours - theirs).abs() <= 4e-16 * theirs.abs().max(1e-10), "{x}: {ours}, {theirs}");
            }
            let y = 0.01 + f64::from(n) * 0.37;
            assert!((ln(y) - libm::log(y)).abs() <= 4e-16 * ln(y).abs().max(1.0), "{y}");
        }
    }
}
