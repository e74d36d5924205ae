//! Short Fourier transforms on registers, lane by lane: e^{-2πi jk/n}, natural order in and out.

use crate::simd::Lanes;
use core::f32::consts::FRAC_1_SQRT_2;

/// Complex values, one in each lane.
#[derive(Clone, Copy)]
pub(super) struct Complex<V> {
    pub(super) re: V,
    pub(super) im: V,
}

impl<V: Lanes> Complex<V> {
    #[inline(always)]
    pub(super) fn new(re: V, im: V) -> Self {
        Complex { re, im }
    }
    #[inline(always)]
    pub(super) fn plus(self, other: Self) -> Self {
        Complex::new(self.re + other.re, self.im + other.im)
    }
    #[inline(always)]
    pub(super) fn minus(self, other: Self) -> Self {
        Complex::new(self.re - other.re, self.im - other.im)
    }
    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        Complex::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
    #[inline(always)]
    pub(super) fn scaled(self, by: V) -> Self {
        Complex::new(self.re * by, self.im * by)
    }
    /// self + i·other.
    #[inline(always)]
    fn plus_i(self, other: Self) -> Self {
        Complex::new(self.re - other.im, self.im + other.re)
    }
    /// self − i·other.
    #[inline(always)]
    fn minus_i(self, other: Self) -> Self {
        Complex::new(self.re + other.im, self.im - other.re)
    }
    /// The conjugate of self − other.
    #[inline(always)]
    fn minus_conjugated(self, other: Self) -> Self {
        Complex::new(self.re - other.re, other.im - self.im)
    }
    /// |self|².
    #[inline(always)]
    pub(super) fn power(self) -> V {
        self.re * self.re + self.im * self.im
    }
}

/// Four points.
#[inline(always)]
pub(super) fn dft4<V: Lanes>([a, b, c, d]: [Complex<V>; 4]) -> [Complex<V>; 4] {
    let (even, odd) = (a.plus(c), b.plus(d));
    let (even_half, odd_half) = (a.minus(c), b.minus(d));
    [even.plus(odd), even_half.minus_i(odd_half), even.minus(odd), even_half.plus_i(odd_half)]
}

/// Eight points: 52 additions, 4 multiplications.
#[inline(always)]
pub(super) fn dft8<V: Lanes>(token: V::Token, x: [Complex<V>; 8]) -> [Complex<V>; 8] {
    let half = V::splat(token, FRAC_1_SQRT_2);
    let e = dft4([x[0], x[2], x[4], x[6]]);
    let o = dft4([x[1], x[3], x[5], x[7]]);
    let o1 = Complex::new((o[1].re + o[1].im) * half, (o[1].im - o[1].re) * half);
    // −i times what the odd half contributes to bin 3 after the turn by 45°.
    let o3 = Complex::new((o[3].re + o[3].im) * half, (o[3].im - o[3].re) * half);
    [
        e[0].plus(o[0]),
        e[1].plus(o1),
        e[2].minus_i(o[2]),
        e[3].minus_i(o3),
        e[0].minus(o[0]),
        e[1].minus(o1),
        e[2].plus_i(o[2]),
        e[3].plus_i(o3),
    ]
}

/// Eight real points: bins 0 and 4, which are real, and bins 1 to 3.
#[inline(always)]
pub(super) fn real_dft8<V: Lanes>(token: V::Token, x: [V; 8]) -> (V, [Complex<V>; 3], V) {
    let half = V::splat(token, FRAC_1_SQRT_2);
    let (a, b, c, d) = (x[0] + x[4], x[2] + x[6], x[1] + x[5], x[3] + x[7]);
    let (e, f) = (x[0] - x[4], x[2] - x[6]);
    let (g, h) = (x[1] - x[5], x[3] - x[7]);
    let (p, q) = ((g - h) * half, (g + h) * half);
    let (even, odd) = (a + b, c + d);
    let zero = V::splat(token, 0.0);
    (
        even + odd,
        [Complex::new(e + p, zero - (f + q)), Complex::new(a - b, d - c), Complex::new(e - p, f - q)],
        even - odd,
    )
}

/// cos and sin of 22.5°.
const COS_22: f32 = 0.923_879_5;
const SIN_22: f32 = 0.382_683_43;

/// Sixteen real points: bins 0 and 8, which are real, and bins 1 to 7. Bin 8 − k is the conjugate of E − W·O
/// where bin k is E + W·O.
#[inline(always)]
pub(super) fn real_dft16<V: Lanes>(token: V::Token, x: [V; 16]) -> (V, [Complex<V>; 7], V) {
    let (cos, sin) = (V::splat(token, COS_22), V::splat(token, SIN_22));
    let half = V::splat(token, FRAC_1_SQRT_2);
    let (e0, [e1, e2, e3], e4) = real_dft8(token, [x[0], x[2], x[4], x[6], x[8], x[10], x[12], x[14]]);
    let (o0, [o1, o2, o3], o4) = real_dft8(token, [x[1], x[3], x[5], x[7], x[9], x[11], x[13], x[15]]);
    let o1 = Complex::new(o1.re * cos + o1.im * sin, o1.im * cos - o1.re * sin);
    let o2 = Complex::new((o2.re + o2.im) * half, (o2.im - o2.re) * half);
    let o3 = Complex::new(o3.re * sin + o3.im * cos, o3.im * sin - o3.re * cos);
    let zero = V::splat(token, 0.0);
    (
        e0 + o0,
        [
            e1.plus(o1),
            e2.plus(o2),
            e3.plus(o3),
            Complex::new(e4, zero - o4),
            e3.minus_conjugated(o3),
            e2.minus_conjugated(o2),
            e1.minus_conjugated(o1),
        ],
        e0 - o0,
    )
}
