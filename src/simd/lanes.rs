//! Vectors of `f32`, as wide as the level has them, for kernels that are written once.
//!
//! Data lie in blocks of [`BLOCK`] floats. A level computes a block in `BLOCK / N` parts of `N` lanes, so whatever
//! happens lane by lane has the same bits at every width. What goes across lanes ([`Lanes::dot`]) always adds up
//! in the same tree, as if there were eight lanes.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators and closures over vectors may be compiled apart, without the level's instructions"
)]

use super::Level;
use core::ops::{Add, Mul, Sub};
use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x4, i32x4};
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::{f32x8, i32x8, x86::Avx2, x86::Avx512, x86::Sse2};

/// Floats in a block: the widest vector that pays in our kernels. 16 lanes were measured: on cores that split
/// 512-bit operations they gain nothing, and everything has to be padded further.
pub(crate) const BLOCK: usize = 8;

/// Where the mantissa is cut for the logarithm: √½ and up, so that ln m is small around 1.
const SQRT_HALF_BITS: i32 = 0x3f35_04f3;
/// 1.5 · 2²³: adding it rounds to an integer, whose bits are then the low ones of the mantissa.
const ROUND: f32 = 12_582_912.0;

/// `N` floats.
pub(crate) trait Lanes: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// Proof that the instructions are there.
    type Token: Copy;
    /// Width: divides [`BLOCK`].
    const N: usize;

    fn splat(token: Self::Token, value: f32) -> Self;
    /// Part `part` of a block.
    fn load(token: Self::Token, block: &[f32; BLOCK], part: usize) -> Self;
    /// Writes part `part` of a block.
    fn store(self, block: &mut [f32; BLOCK], part: usize);
    /// Writes the lanes in reversed order to where part `part` lies if the whole block is reversed.
    fn store_reversed(self, block: &mut [f32; BLOCK], part: usize);
    /// `rows[r]` holds columns `part·N …`: writes it to `out[column][r]`.
    fn store_transposed(rows: [Self; BLOCK], out: &mut [[f32; BLOCK]; BLOCK], part: usize);
    /// The larger one.
    fn max(self, other: Self) -> Self;
    /// For finite x > 0: (m, e) with x = m · 2^e and √½ ≤ m < √2.
    fn split_exponent(self, token: Self::Token) -> (Self, Self);
    /// 2^n for integers n in -126 … 127.
    fn power_of_two(self, token: Self::Token) -> Self;
    /// Σ a·b, block by block, eight running sums, then (((0+4)+(2+6)) + ((1+5)+(3+7))).
    fn dot(token: Self::Token, a: &[[f32; BLOCK]], b: &[[f32; BLOCK]]) -> f32;

    /// Σ a, added up as [`Lanes::dot`] does.
    fn sum(token: Self::Token, a: &[[f32; BLOCK]]) -> f32;

    /// The nearest integer, for |x| < 2²².
    #[inline(always)]
    fn round(self, token: Self::Token) -> Self {
        let round = Self::splat(token, ROUND);
        (self + round) - round
    }
}

impl Lanes for f32 {
    type Token = ();
    const N: usize = 1;

    #[inline(always)]
    fn splat((): (), value: f32) -> f32 {
        value
    }
    #[inline(always)]
    fn load((): (), block: &[f32; BLOCK], part: usize) -> f32 {
        block[part % BLOCK]
    }
    #[inline(always)]
    fn store(self, block: &mut [f32; BLOCK], part: usize) {
        block[part % BLOCK] = self;
    }
    #[inline(always)]
    fn store_reversed(self, block: &mut [f32; BLOCK], part: usize) {
        block[(BLOCK - 1 - part) % BLOCK] = self;
    }
    #[inline(always)]
    fn store_transposed(rows: [f32; BLOCK], out: &mut [[f32; BLOCK]; BLOCK], part: usize) {
        out[part % BLOCK] = rows;
    }
    #[inline(always)]
    fn max(self, other: f32) -> f32 {
        if self > other { self } else { other }
    }
    #[inline(always)]
    fn split_exponent(self, (): ()) -> (f32, f32) {
        let bits = self.to_bits() as i32;
        let exponent = bits.wrapping_sub(SQRT_HALF_BITS) >> 23;
        (f32::from_bits(bits.wrapping_sub(exponent << 23) as u32), exponent as f32)
    }
    #[inline(always)]
    fn power_of_two(self, (): ()) -> f32 {
        f32::from_bits((((self + ROUND).to_bits() as i32) << 23).wrapping_add(0x3f80_0000) as u32)
    }
    #[inline(always)]
    fn dot((): (), a: &[[f32; BLOCK]], b: &[[f32; BLOCK]]) -> f32 {
        let mut sum = [0.0f32; BLOCK];
        for (a, b) in a.iter().zip(b) {
            for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
                *sum += a * b;
            }
        }
        ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]))
    }
    #[inline(always)]
    fn sum((): (), a: &[[f32; BLOCK]]) -> f32 {
        let mut sum = [0.0f32; BLOCK];
        for a in a {
            for (sum, a) in sum.iter_mut().zip(a) {
                *sum += a;
            }
        }
        ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]))
    }
}

impl<S: Simd> Lanes for f32x4<S> {
    type Token = S;
    const N: usize = 4;

    #[inline(always)]
    fn splat(token: S, value: f32) -> Self {
        <Self as SimdBase<S>>::splat(token, value)
    }
    #[inline(always)]
    fn load(token: S, block: &[f32; BLOCK], part: usize) -> Self {
        let (halves, _) = block.as_chunks::<4>();
        Self::load_array_ref(token, &halves[part % 2])
    }
    #[inline(always)]
    fn store(self, block: &mut [f32; BLOCK], part: usize) {
        let (halves, _) = block.as_chunks_mut::<4>();
        self.store_array(&mut halves[part % 2]);
    }
    #[inline(always)]
    fn store_reversed(self, block: &mut [f32; BLOCK], part: usize) {
        let (halves, _) = block.as_chunks_mut::<4>();
        self.reverse().store_array(&mut halves[(1 - part) % 2]);
    }
    #[inline(always)]
    fn store_transposed(rows: [Self; BLOCK], out: &mut [[f32; BLOCK]; BLOCK], part: usize) {
        let (out, _) = out.as_chunks_mut::<4>();
        let out = &mut out[part % 2];
        let [a, b, c, d, e, f, g, h] = rows;
        let halves = [[a, b, c, d], [e, f, g, h]];
        for half in 0..2 {
            let [a, b, c, d] = halves[half];
            let (ac0, ac1) = (a.zip_low(c), a.zip_high(c));
            let (bd0, bd1) = (b.zip_low(d), b.zip_high(d));
            Lanes::store(ac0.zip_low(bd0), &mut out[0], half);
            Lanes::store(ac0.zip_high(bd0), &mut out[1], half);
            Lanes::store(ac1.zip_low(bd1), &mut out[2], half);
            Lanes::store(ac1.zip_high(bd1), &mut out[3], half);
        }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        SimdBase::max(self, other)
    }
    #[inline(always)]
    fn split_exponent(self, token: S) -> (Self, Self) {
        let bits: i32x4<S> = self.bitcast();
        let exponent = (bits - SQRT_HALF_BITS) >> 23;
        let mantissa = bits - (exponent << 23);
        (mantissa.bitcast(), token.cvt_f32_i32x4(exponent))
    }
    #[inline(always)]
    fn power_of_two(self, _: S) -> Self {
        let bits: i32x4<S> = (self + ROUND).bitcast();
        ((bits << 23) + 0x3f80_0000).bitcast()
    }
    #[inline(always)]
    fn dot(token: S, a: &[[f32; BLOCK]], b: &[[f32; BLOCK]]) -> f32 {
        let mut low = <Self as Lanes>::splat(token, 0.0);
        let mut high = low;
        for (a, b) in a.iter().zip(b) {
            low += <Self as Lanes>::load(token, a, 0) * <Self as Lanes>::load(token, b, 0);
            high += <Self as Lanes>::load(token, a, 1) * <Self as Lanes>::load(token, b, 1);
        }
        tree(low + high)
    }
    #[inline(always)]
    fn sum(token: S, a: &[[f32; BLOCK]]) -> f32 {
        let mut low = <Self as Lanes>::splat(token, 0.0);
        let mut high = low;
        for a in a {
            low += <Self as Lanes>::load(token, a, 0);
            high += <Self as Lanes>::load(token, a, 1);
        }
        tree(low + high)
    }
}

/// (0+2) + (1+3).
#[inline(always)]
fn tree<S: Simd>(four: f32x4<S>) -> f32 {
    let [a, b, c, d] = four.to_array();
    (a + c) + (b + d)
}

/// Eight rows of eight to eight columns of eight: 24 shuffles, half of what portable interleaving takes. In small
/// functions, because a function with instructions of its own cannot be forced inline.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod transpose {
    #[cfg(target_arch = "x86")]
    use core::arch::x86::*;
    #[cfg(target_arch = "x86_64")]
    use core::arch::x86_64::*;
    use fearless_simd::x86::Avx2;

    fearless_simd::kernel!(
        #[inline(always)]
        fn unpack(avx2: Avx2, a: __m256, b: __m256) -> (__m256, __m256) {
            (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b))
        }
    );
    fearless_simd::kernel!(
        #[inline(always)]
        fn pairs(avx2: Avx2, a: __m256, b: __m256) -> (__m256, __m256) {
            (_mm256_shuffle_ps::<0b01_00_01_00>(a, b), _mm256_shuffle_ps::<0b11_10_11_10>(a, b))
        }
    );
    fearless_simd::kernel!(
        #[inline(always)]
        fn halves(avx2: Avx2, a: __m256, b: __m256) -> (__m256, __m256) {
            (_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b))
        }
    );

    #[inline(always)]
    fn quarter(token: Avx2, a: __m256, b: __m256, c: __m256, d: __m256) -> [__m256; 4] {
        let ((ab, ab_high), (cd, cd_high)) = (unpack(token, a, b), unpack(token, c, d));
        let ((x, y), (z, w)) = (pairs(token, ab, cd), pairs(token, ab_high, cd_high));
        [x, y, z, w]
    }

    #[inline(always)]
    pub(super) fn transpose(token: Avx2, [a, b, c, d, e, f, g, h]: [__m256; 8]) -> [__m256; 8] {
        let [a0, a1, a2, a3] = quarter(token, a, b, c, d);
        let [e0, e1, e2, e3] = quarter(token, e, f, g, h);
        let (x0, x4) = halves(token, a0, e0);
        let (x1, x5) = halves(token, a1, e1);
        let (x2, x6) = halves(token, a2, e2);
        let (x3, x7) = halves(token, a3, e3);
        [x0, x1, x2, x3, x4, x5, x6, x7]
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
macro_rules! eight_lanes {
    ($S:ty) => {
        impl Lanes for f32x8<$S> {
            type Token = $S;
            const N: usize = 8;

            #[inline(always)]
            fn splat(token: $S, value: f32) -> Self {
                <Self as SimdBase<$S>>::splat(token, value)
            }
            #[inline(always)]
            fn load(token: $S, block: &[f32; BLOCK], _: usize) -> Self {
                Self::load_array_ref(token, block)
            }
            #[inline(always)]
            fn store(self, block: &mut [f32; BLOCK], _: usize) {
                self.store_array(block);
            }
            #[inline(always)]
            fn store_reversed(self, block: &mut [f32; BLOCK], _: usize) {
                self.reverse().store_array(block);
            }
            #[inline(always)]
            fn store_transposed(rows: [Self; BLOCK], out: &mut [[f32; BLOCK]; BLOCK], _: usize) {
                let Some(token) = rows[0].token().level().as_avx2() else {
                    return;
                };
                let [a, b, c, d, e, f, g, h] = rows;
                let columns = transpose::transpose(
                    token,
                    [a.into(), b.into(), c.into(), d.into(), e.into(), f.into(), g.into(), h.into()],
                );
                for i in 0..BLOCK {
                    let column: f32x8<Avx2> = columns[i].simd_into(token);
                    column.store_array(&mut out[i]);
                }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                SimdBase::max(self, other)
            }
            #[inline(always)]
            fn split_exponent(self, token: $S) -> (Self, Self) {
                let bits: i32x8<$S> = self.bitcast();
                let exponent = (bits - SQRT_HALF_BITS) >> 23;
                let mantissa = bits - (exponent << 23);
                (mantissa.bitcast(), token.cvt_f32_i32x8(exponent))
            }
            #[inline(always)]
            fn power_of_two(self, _: $S) -> Self {
                let bits: i32x8<$S> = (self + ROUND).bitcast();
                ((bits << 23) + 0x3f80_0000).bitcast()
            }
            #[inline(always)]
            fn dot(token: $S, a: &[[f32; BLOCK]], b: &[[f32; BLOCK]]) -> f32 {
                let mut sum = <Self as Lanes>::splat(token, 0.0);
                for (a, b) in a.iter().zip(b) {
                    sum += <Self as Lanes>::load(token, a, 0) * <Self as Lanes>::load(token, b, 0);
                }
                let (low, high) = sum.split();
                tree(low + high)
            }
            #[inline(always)]
            fn sum(token: $S, a: &[[f32; BLOCK]]) -> f32 {
                let mut sum = <Self as Lanes>::splat(token, 0.0);
                for a in a {
                    sum += <Self as Lanes>::load(token, a, 0);
                }
                let (low, high) = sum.split();
                tree(low + high)
            }
        }
    };
}
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
eight_lanes!(Avx2);
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
eight_lanes!(Avx512);

/// A loop that is compiled for every level. `run` and all it calls are `#[inline(always)]`, so that they become
/// part of a function with the level's instructions enabled.
pub(crate) trait Kernel {
    type Output;
    fn run<V: Lanes>(self, token: V::Token) -> Self::Output;
}

impl Level {
    /// Runs `kernel` with this level's instructions.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx512(token) => token.vectorize(
                #[inline(always)]
                || kernel.run::<f32x8<Avx512>>(token),
            ),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx2(token) => token.vectorize(
                #[inline(always)]
                || kernel.run::<f32x8<Avx2>>(token),
            ),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Sse2(token) => token.vectorize(
                #[inline(always)]
                || kernel.run::<f32x4<Sse2>>(token),
            ),
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon(token) => token.vectorize(
                #[inline(always)]
                || kernel.run::<f32x4<fearless_simd::aarch64::Neon>>(token),
            ),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            fearless_simd::Level::WasmSimd128(token) => token.vectorize(
                #[inline(always)]
                || kernel.run::<f32x4<fearless_simd::wasm32::WasmSimd128>>(token),
            ),
            _ => kernel.run::<f32>(()),
        }
    }
}
