//! Logarithm and exponential over lanes: additions and multiplications in a fixed order, the same bits everywhere.
//!
//! Range reduction and polynomials as in Moshier's Cephes library (single precision `logf`, `expf`).

use super::lanes::Lanes;

/// High and low part of ln 2; the high part times an exponent is exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// ln(1 + t) ≈ t − t²/2 + t³·P(t) for √½ ≤ 1 + t < √2, highest power first.
const LN: [f32; 9] = [
    7.037_683_6e-2,
    -0.115_146_1,
    0.116_769_98,
    -0.124_201_41,
    0.142_493_23,
    -0.166_680_57,
    0.200_007_15,
    -0.249_999_94,
    0.333_333_3,
];

/// e^t ≈ 1 + t + t²·P(t) for |t| ≤ ½ ln 2, highest power first.
const EXP: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5];

#[inline(always)]
fn polynomial<V: Lanes, const D: usize>(token: V::Token, x: V, coefficients: [f32; D]) -> V {
    let mut sum = V::splat(token, 0.0);
    for c in coefficients {
        sum = sum * x + V::splat(token, c);
    }
    sum
}

/// Natural logarithm of positive finite normal numbers, to 2 ulp.
#[inline(always)]
pub(crate) fn ln<V: Lanes>(token: V::Token, x: V) -> V {
    let (mantissa, exponent) = x.split_exponent(token);
    let t = mantissa - V::splat(token, 1.0);
    let square = t * t;
    let tail = polynomial(token, t, LN) * t * square + exponent * V::splat(token, LN2_LOW);
    ((tail - square * V::splat(token, 0.5)) + t) + exponent * V::splat(token, LN2_HIGH)
}

/// e^x for −87 ≤ x ≤ 88, to 2 ulp; what lies below counts as −87.
#[inline(always)]
pub(crate) fn exp<V: Lanes>(token: V::Token, x: V) -> V {
    let x = x.max(V::splat(token, -87.0));
    let n = (x * V::splat(token, core::f32::consts::LOG2_E)).round(token);
    let t = (x - n * V::splat(token, LN2_HIGH)) - n * V::splat(token, LN2_LOW);
    let tail = polynomial(token, t, EXP) * (t * t) + t;
    (tail + V::splat(token, 1.0)) * n.power_of_two(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{BLOCK, Kernel, Level};
    use proptest::prelude::*;

    struct Both<'a>(&'a mut [f32; BLOCK], bool);

    impl Kernel for Both<'_> {
        type Output = ();
        #[inline(always)]
        fn run<V: Lanes>(self, token: V::Token) {
            for part in 0..BLOCK / V::N {
                let x = V::load(token, self.0, part);
                let y = if self.1 { ln(token, x) } else { exp(token, x) };
                y.store(self.0, part);
            }
        }
    }

    /// Distance in units of the last place of `want`.
    fn ulps(got: f32, want: f64) -> f64 {
        let ulp = f64::from(f32::from_bits((want as f32).abs().to_bits() + 1) - (want as f32).abs());
        (f64::from(got) - want).abs() / ulp
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn two_ulp_and_the_same_bits_everywhere(
            x in prop::array::uniform8(0x0080_0000u32..0x7f80_0000), y in prop::array::uniform8(-87.0f32..88.0),
        ) {
            let x = x.map(f32::from_bits);
            for (input, is_ln) in [(x, true), (y, false)] {
                let mut scalar = input;
                Level::scalar().run(Both(&mut scalar, is_ln));
                for (x, got) in input.iter().zip(scalar) {
                    let want = if is_ln { libm::log(f64::from(*x)) } else { libm::exp(f64::from(*x)) };
                    prop_assert!(ulps(got, want) <= 2.0, "{x}: {got} {want}");
                }
                for level in Level::all() {
                    let mut out = input;
                    level.run(Both(&mut out, is_ln));
                    prop_assert_eq!(out.map(f32::to_bits), scalar.map(f32::to_bits), "{}", level);
                }
            }
        }
    }
}
