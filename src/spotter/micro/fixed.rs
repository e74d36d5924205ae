//! Arithmetic on quantised numbers, as the reference kernels of TensorFlow Lite do it, bit for bit: scales as 32-bit
//! fractions and powers of two, sums rounded twice, a logistic function in fixed point.
//!
//! Sources: Jacob et al., *Quantization and training of neural networks for efficient integer-arithmetic-only inference*,
//! 2018, and the fixed-point functions of gemmlowp.

/// A positive factor: `fraction` · 2^(`shift` − 31).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Factor {
    /// 2^30 to 2^31 − 1, or 0.
    pub(super) fraction: i32,
    pub(super) shift: i32,
}

impl Factor {
    /// The factor nearest to `value`; `None` if that is none that a sum can be multiplied by: negative, 2^16 or more, no
    /// number.
    pub(super) fn new(value: f64) -> Option<Factor> {
        if !(0.0..65536.0).contains(&value) {
            return None;
        }
        if value == 0.0 {
            return Some(Factor { fraction: 0, shift: 0 });
        }
        let (mantissa, mut shift) = libm::frexp(value);
        let mut fraction = libm::round(mantissa * 2_147_483_648.0) as i64;
        if fraction == 1 << 31 {
            (fraction, shift) = (1 << 30, shift + 1);
        }
        // What is smaller leaves nothing of any sum.
        if shift < -31 {
            (fraction, shift) = (0, 0);
        }
        Some(Factor { fraction: fraction as i32, shift })
    }

    /// `value` times the factor, rounded at 2^−31 of the shifted value and again at 1.
    pub(super) fn apply(self, value: i32) -> i32 {
        let shifted = i64::from(value) << self.shift.clamp(0, 31);
        let shifted = shifted.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        divide(times(shifted, self.fraction), self.shift.min(0).unsigned_abs())
    }
}

/// Product of two fractions of 2^31: the nearest, halves upwards, and the largest for −1 · −1.
fn times(a: i32, b: i32) -> i32 {
    let product = i64::from(a) * i64::from(b);
    let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    ((product + nudge) / (1 << 31)).min(i64::from(i32::MAX)) as i32
}

/// `value` / 2^`exponent`: the nearest, halves away from zero.
fn divide(value: i32, exponent: u32) -> i32 {
    let exponent = exponent.min(31);
    let mask = ((1i64 << exponent) - 1) as i32;
    let threshold = (mask >> 1) + i32::from(value < 0);
    (value >> exponent) + i32::from(value & mask > threshold)
}

/// `value` · 2^`exponent`, at most the largest there is.
fn shift_left(value: i32, exponent: u32) -> i32 {
    (i64::from(value) << exponent).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// The logistic function of `scale` · (input − `zero`) as 1/256 · (output + 128), for all 256 inputs. Both are `i8`, here as
/// their bits.
pub(super) fn logistic_table(scale: f32, zero: i32) -> Option<[u8; 256]> {
    const INTEGER_BITS: u32 = 4;
    let (mantissa, shift) = libm::frexp(f64::from(scale) * f64::from(1u32 << (31 - INTEGER_BITS)));
    let mut fraction = libm::round(mantissa * 2_147_483_648.0) as i64;
    let mut left = shift;
    if fraction == 1 << 31 {
        (fraction, left) = (1 << 30, left + 1);
    }
    if !(scale > 0.0 && (0..=30).contains(&left)) {
        return None;
    }
    let factor = Factor { fraction: fraction as i32, shift: left };
    // Beyond it, the fixed-point number has no bits left.
    let radius = ((((1i64 << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> left) as i32;
    let mut table = [0; 256];
    for (input, slot) in (0..=255u8).zip(&mut table) {
        let centred = i32::from(input.cast_signed()) - zero;
        let output = if centred <= -radius {
            -128
        } else if centred >= radius {
            127
        } else {
            (divide(logistic(factor.apply(centred)), 23) - 128).clamp(-128, 127)
        };
        *slot = (output as i8).cast_unsigned();
    }
    Some(table)
}

/// 1 / (1 + e^−x) of `x` / 2^27, times 2^31.
fn logistic(x: i32) -> i32 {
    match x {
        0 => 1 << 30,
        1.. => one_over_one_plus(exp_of_negative(-x)),
        _ => i32::MAX - one_over_one_plus(exp_of_negative(x)),
    }
}

/// e^x of `x` / 2^27, −16 to 0, times 2^31.
fn exp_of_negative(x: i32) -> i32 {
    const QUARTER: i32 = 1 << 25;
    /// e^−(1/4), e^−(1/2), e^−1 … e^−8, times 2^31.
    const POWERS: [i32; 6] = [1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401];
    if x == 0 {
        return i32::MAX;
    }
    // What is left of the last quarter, −1/4 to 0, by a series; all whole quarters by their powers.
    let last = (x & (QUARTER - 1)) - QUARTER;
    let mut result = exp_of_last_quarter(shift_left(last, 4));
    let quarters = last - x;
    for (power, bit) in POWERS.into_iter().zip(25..) {
        if quarters & (1 << bit) != 0 {
            result = times(result, power);
        }
    }
    result
}

/// e^a of `a` / 2^31, −1/4 to 0, times 2^31: a Taylor series around −1/8.
fn exp_of_last_quarter(a: i32) -> i32 {
    /// e^−(1/8) and 1/3, times 2^31.
    const MIDDLE: i32 = 1_895_147_668;
    const THIRD: i32 = 715_827_883;
    let x = a + (1 << 28);
    let x2 = times(x, x);
    let x3 = times(x2, x);
    let quarter_x4 = divide(times(x2, x2), 2);
    let rest = divide(times(quarter_x4.saturating_add(x3), THIRD).saturating_add(x2), 1);
    MIDDLE.saturating_add(times(MIDDLE, x.saturating_add(rest)))
}

/// 1 / (1 + a) of `a` / 2^31, 0 to 1, times 2^31: three steps of Newton's method.
fn one_over_one_plus(a: i32) -> i32 {
    /// 48/17 and −32/17, the straight line to begin with, times 2^29.
    const START: i32 = 1_515_870_810;
    const SLOPE: i32 = -1_010_580_540;
    let half = ((i64::from(a) + i64::from(i32::MAX) + 1) / 2) as i32;
    let mut x = START.saturating_add(times(half, SLOPE));
    for _ in 0..3 {
        let error = (1 << 29) - times(half, x);
        x = x.saturating_add(shift_left(times(x, error), 2));
    }
    shift_left(x, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_round_as_real_numbers_would_but_twice() {
        let half = Factor::new(0.5).unwrap();
        assert_eq!([-3, -1, 0, 1, 3].map(|value| half.apply(value)), [-1, 0, 0, 1, 2]);
        assert_eq!([-3, -1, 0, 1, 3].map(|value| divide(value, 1)), [-2, -1, 0, 1, 2]);
        for (value, factor) in [(12_345, 0.001), (-987_654, 0.000_3), (77, 3.75), (i32::MAX / 2, 1e-9)] {
            let expected = f64::from(value) * factor;
            let actual = f64::from(Factor::new(factor).unwrap().apply(value));
            assert!((expected - actual).abs() <= 0.500_01, "{value} · {factor}: {actual}");
        }
        // The shift holds at the smallest there is, and half of that is left.
        assert_eq!(Factor::new(4096.0).unwrap().apply(i32::MIN), i32::MIN / 2);
        assert_eq!(Factor::new(1e-12).unwrap().apply(i32::MAX), 0);
        assert!(
            [f64::NAN, -1.0, f64::INFINITY, 65536.0].into_iter().all(|value| Factor::new(value).is_none())
        );
    }

    #[test]
    fn the_logistic_function_is_one() {
        for x in (i32::MIN + 1..i32::MAX).step_by(1_000_003) {
            let expected = 1.0 / (1.0 + (-f64::from(x) / f64::from(1 << 27)).exp());
            let actual = f64::from(logistic(x)) / 2_147_483_648.0;
            assert!((expected - actual).abs() < 1e-7, "{x}: {actual}, expected {expected}");
        }
    }
}
