//! The Fourier transform of real signals, behind a trait so that a host or a DSP library can put in its own.
//!
//! N = 16·C samples lie as 16 rows of C columns. The columns are transformed first, window and all, as real
//! 16-point transforms side by side in the lanes. Of the rows that result, 1 to 8 are turned by e^{-2πi kn/N},
//! transposed, and again transformed side by side: C points each, in the order in which the bins lie in memory.
//! (Rows 9 to 15 are the mirror images of 7 to 1.) Row 0 holds every sixteenth bin and is a real transform by
//! itself. So nothing is ever reordered, and power comes straight out of the last butterflies (the four-step
//! method of Bailey, *FFTs in external or hierarchical memory*, 1990, for real input).

#![expect(
    clippy::needless_range_loop,
    reason = "iterators and closures over vectors may be compiled apart, without the level's instructions"
)]

use super::butterflies::{Complex, dft4, dft8, real_dft8, real_dft16};
use super::series;
use crate::error::ConfigError;
use crate::simd::{BLOCK, Kernel, Lanes, Level};
use core::f64::consts::TAU;

/// Longest transform the core has memory for.
pub const MAX_FFT: usize = 512;
/// Shortest transform.
pub const MIN_FFT: usize = 128;

/// Rows of the column transform.
const ROWS: usize = 16;
/// Columns of the longest transform.
const COLUMNS: usize = MAX_FFT / ROWS;
/// Columns in blocks.
const COLUMN_BLOCKS: usize = COLUMNS / BLOCK;

/// Power spectrum of a windowed real signal.
pub trait RealFft {
    /// Length N of the transform.
    fn len(&self) -> usize;

    /// |Σ window·frame·e^{-2πi kn/N}|² for k = 0 … N/2, unscaled.
    ///
    /// `frame` and `window` are N values, the window zero where the frame doesn't count; `power` is N/2 + 1.
    fn power(&mut self, frame: &[f32], window: &[f32], power: &mut [f32]);

    /// A transform is never empty.
    fn is_empty(&self) -> bool {
        false
    }
}

/// Complex numbers, real and imaginary parts in blocks of their own.
#[derive(Clone, Copy, Debug)]
struct Blocks<const N: usize> {
    re: [[f32; BLOCK]; N],
    im: [[f32; BLOCK]; N],
}

impl<const N: usize> Blocks<N> {
    const ZERO: Self = Blocks { re: [[0.0; BLOCK]; N], im: [[0.0; BLOCK]; N] };

    /// Part `part` of block `i < N`.
    #[inline(always)]
    fn load<V: Lanes>(&self, token: V::Token, i: usize, part: usize) -> Complex<V> {
        Complex::new(V::load(token, &self.re[i], part), V::load(token, &self.im[i], part))
    }

    /// Lane `j` of block `i < N`, in all lanes.
    #[inline(always)]
    fn splat<V: Lanes>(&self, token: V::Token, i: usize, j: usize) -> Complex<V> {
        Complex::new(V::splat(token, self.re[i][j]), V::splat(token, self.im[i][j]))
    }

    /// All blocks up to the eighth, part `part`.
    #[inline(always)]
    fn load_all<V: Lanes>(&self, token: V::Token, part: usize) -> [Complex<V>; BLOCK] {
        let zero = Complex::new(V::splat(token, 0.0), V::splat(token, 0.0));
        let mut all = [zero; BLOCK];
        for i in 0..BLOCK {
            all[i] = self.load(token, i, part);
        }
        all
    }

    #[inline(always)]
    fn store<V: Lanes>(&mut self, z: Complex<V>, i: usize, part: usize) {
        z.re.store(&mut self.re[i], part);
        z.im.store(&mut self.im[i], part);
    }
}

/// What a transform of N points multiplies by.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    /// e^{-2πi kn/N}, k = 1 … 8, n in the lanes: `[n / 8]`, block k − 1.
    rotation: [Blocks<BLOCK>; COLUMN_BLOCKS],
    /// e^{-2πi jq/C}, j = 0 … 7 in the lanes, block q − 1.
    inner: Blocks<{ COLUMN_BLOCKS - 1 }>,
}

impl Factors {
    /// Those of 512 points, made by the compiler; those of [`RealFftF32::new`], bit for bit.
    pub(super) const fn of_512() -> Self {
        let mut factors = Factors { rotation: [Blocks::ZERO; COLUMN_BLOCKS], inner: Blocks::ZERO };
        let mut n = 0;
        while n < COLUMNS {
            let mut k = 1;
            while k <= BLOCK {
                let (re, im) = series::unit(k * n, MAX_FFT);
                factors.rotation[n / BLOCK].re[k - 1][n % BLOCK] = re;
                factors.rotation[n / BLOCK].im[k - 1][n % BLOCK] = im;
                k += 1;
            }
            n += 1;
        }
        let mut q = 1;
        while q < COLUMN_BLOCKS {
            let mut j = 0;
            while j < BLOCK {
                let (re, im) = series::unit(j * q, COLUMNS);
                factors.inner.re[q - 1][j] = re;
                factors.inner.im[q - 1][j] = im;
                j += 1;
            }
            q += 1;
        }
        factors
    }
}

/// What a transform keeps from one step to the next.
#[derive(Clone, Debug)]
pub(super) struct Scratch {
    /// Rows 1 to 8 after the column transform, one column n a block: `[n / 8]`, block n % 8.
    rows: [Blocks<BLOCK>; COLUMN_BLOCKS],
    /// Row 0.
    first_row: [[f32; BLOCK]; COLUMN_BLOCKS],
}

impl Scratch {
    pub(super) const ZERO: Self =
        Scratch { rows: [Blocks::ZERO; COLUMN_BLOCKS], first_row: [[0.0; BLOCK]; COLUMN_BLOCKS] };
}

/// The transform of the core: 128, 256 or 512 points, tables and scratch inline.
#[derive(Clone, Debug)]
pub struct RealFftF32 {
    len: usize,
    level: Level,
    factors: Factors,
    scratch: Scratch,
}

impl RealFftF32 {
    /// A transform of `len` points, as fast as this machine can.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] below [`MIN_FFT`] or above [`MAX_FFT`], [`ConfigError::Mismatch`] unless a
    /// power of two.
    pub fn new(len: usize) -> Result<Self, ConfigError> {
        RealFftF32::with_level(len, Level::detect())
    }

    /// A transform at a level of the caller's choice. All levels give the same bits.
    ///
    /// # Errors
    /// As [`RealFftF32::new`].
    pub fn with_level(len: usize, level: Level) -> Result<Self, ConfigError> {
        ConfigError::check("fft_samples", len as f64, MIN_FFT as f64, MAX_FFT as f64)?;
        if !len.is_power_of_two() {
            let expected = len.next_power_of_two();
            return Err(ConfigError::Mismatch { what: "fft_samples", expected, actual: len });
        }
        let columns = len / ROWS;
        let unit = |numerator: usize, denominator: usize| {
            let angle = TAU * (numerator % denominator) as f64 / denominator as f64;
            (libm::cos(angle) as f32, -libm::sin(angle) as f32)
        };
        let mut rotation = [Blocks::ZERO; COLUMN_BLOCKS];
        for n in 0..columns {
            for k in 1..=BLOCK {
                let Blocks { re, im } = &mut rotation[n / BLOCK];
                (re[k - 1][n % BLOCK], im[k - 1][n % BLOCK]) = unit(k * n, len);
            }
        }
        let mut inner = Blocks::ZERO;
        for (q, (re, im)) in inner.re.iter_mut().zip(&mut inner.im).enumerate() {
            for j in 0..BLOCK {
                (re[j], im[j]) = unit(j * (q + 1), columns);
            }
        }
        Ok(RealFftF32 { len, level, factors: Factors { rotation, inner }, scratch: Scratch::ZERO })
    }
}

impl RealFft for RealFftF32 {
    fn len(&self) -> usize {
        self.len
    }

    /// Does nothing unless the three slices have the lengths asked for.
    fn power(&mut self, frame: &[f32], window: &[f32], power: &mut [f32]) {
        let RealFftF32 { len, level, factors, scratch } = self;
        match len {
            128 => level.run(Transform::<1, 65> { factors, scratch, frame, window, power }),
            256 => level.run(Transform::<2, 129> { factors, scratch, frame, window, power }),
            _ => power_512(*level, factors, scratch, frame, window, power),
        }
    }
}

/// As [`RealFft::power`], of 512 points, with factors and scratch of the caller's.
pub(super) fn power_512(
    level: Level,
    factors: &Factors,
    scratch: &mut Scratch,
    frame: &[f32],
    window: &[f32],
    power: &mut [f32],
) {
    level.run(Transform::<4, 257> { factors, scratch, frame, window, power });
}

/// `CB`: blocks of columns; `BINS`: N/2 + 1.
struct Transform<'a, const CB: usize, const BINS: usize> {
    factors: &'a Factors,
    scratch: &'a mut Scratch,
    frame: &'a [f32],
    window: &'a [f32],
    power: &'a mut [f32],
}

/// The 16 rows of `samples`, in blocks.
#[inline(always)]
fn as_rows<const CB: usize>(samples: &[f32]) -> Option<&[[[f32; BLOCK]; CB]; ROWS]> {
    samples.as_chunks::<BLOCK>().0.as_chunks::<CB>().0.first_chunk()
}

impl<const CB: usize, const BINS: usize> Kernel for Transform<'_, CB, BINS> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes>(self, token: V::Token) {
        let (Some(frame), Some(window)) = (as_rows::<CB>(self.frame), as_rows::<CB>(self.window)) else {
            return;
        };
        let Some(power) = self.power.first_chunk_mut::<BINS>() else {
            return;
        };
        let Factors { rotation, inner } = self.factors;
        let Scratch { rows, first_row } = self.scratch;
        for (n, (((rotation, rows), first_row), _)) in
            rotation.iter().zip(rows.iter_mut()).zip(first_row.iter_mut()).zip(0..CB).enumerate()
        {
            for part in 0..BLOCK / V::N {
                let mut x = [V::splat(token, 0.0); ROWS];
                for ((x, frame), window) in x.iter_mut().zip(frame).zip(window) {
                    *x = V::load(token, &frame[n], part) * V::load(token, &window[n], part);
                }
                columns(token, x, rotation, rows, first_row, part);
            }
        }
        if CB > 1 {
            for j in 0..BLOCK {
                for part in 0..BLOCK / V::N {
                    across_blocks::<V, CB>(token, rows, inner, j, part);
                }
            }
        }
        for (q, (rows, _)) in rows.iter().zip(0..CB).enumerate() {
            for part in 0..BLOCK / V::N {
                within_block::<V, CB>(token, rows, power, q, part);
            }
        }
        every_sixteenth::<V, CB>(token, first_row, inner, power);
    }
}

/// Real 16-point transforms of windowed columns; rows 1 to 8 of the result turned and transposed.
#[inline(always)]
fn columns<V: Lanes>(
    token: V::Token,
    x: [V; ROWS],
    rotation: &Blocks<BLOCK>,
    rows: &mut Blocks<BLOCK>,
    first_row: &mut [f32; BLOCK],
    part: usize,
) {
    let (y0, [y1, y2, y3, y4, y5, y6, y7], y8) = real_dft16(token, x);
    y0.store(first_row, part);
    let y1 = y1.times(rotation.load(token, 0, part));
    let y2 = y2.times(rotation.load(token, 1, part));
    let y3 = y3.times(rotation.load(token, 2, part));
    let y4 = y4.times(rotation.load(token, 3, part));
    let y5 = y5.times(rotation.load(token, 4, part));
    let y6 = y6.times(rotation.load(token, 5, part));
    let y7 = y7.times(rotation.load(token, 6, part));
    let y8 = rotation.load(token, 7, part).scaled(y8);
    let re = [y1.re, y2.re, y3.re, y4.re, y5.re, y6.re, y7.re, y8.re];
    let im = [y1.im, y2.im, y3.im, y4.im, y5.im, y6.im, y7.im, y8.im];
    V::store_transposed(re, &mut rows.re, part);
    V::store_transposed(im, &mut rows.im, part);
}

/// Transforms of the columns j, j + 8, … of all rows, turned.
#[inline(always)]
fn across_blocks<V: Lanes, const CB: usize>(
    token: V::Token,
    rows: &mut [Blocks<BLOCK>; COLUMN_BLOCKS],
    inner: &Blocks<{ COLUMN_BLOCKS - 1 }>,
    j: usize,
    part: usize,
) {
    let (a, b) = (rows[0].load::<V>(token, j, part), rows[1].load(token, j, part));
    if CB == 4 {
        let [y0, y1, y2, y3] = dft4([a, b, rows[2].load(token, j, part), rows[3].load(token, j, part)]);
        rows[0].store(y0, j, part);
        rows[1].store(y1.times(inner.splat(token, 0, j)), j, part);
        rows[2].store(y2.times(inner.splat(token, 1, j)), j, part);
        rows[3].store(y3.times(inner.splat(token, 2, j)), j, part);
    } else {
        rows[0].store(a.plus(b), j, part);
        rows[1].store(a.minus(b).times(inner.splat(token, 0, j)), j, part);
    }
}

/// Eight-point transforms of one block of all rows, and the power of what comes out.
#[inline(always)]
fn within_block<V: Lanes, const CB: usize>(
    token: V::Token,
    rows: &Blocks<BLOCK>,
    power: &mut [f32],
    q: usize,
    part: usize,
) {
    // Of constant length, so that no store below needs a check of its own.
    let length = ROWS * CB * (BLOCK / 2 - 1) + BLOCK;
    let z = dft8(token, rows.load_all::<V>(token, part));
    // Output r is bins 16·(q + CB·r) + 1 … + 8, from r = 4 on their mirror images.
    let low = ROWS * q + 1;
    if let Some(low) = power.get_mut(low..low + length) {
        for r in 0..BLOCK / 2 {
            if let Some((_, at)) = low.split_at_mut_checked(ROWS * CB * r)
                && let Some(out) = at.first_chunk_mut()
            {
                z[r].power().store(out, part);
            }
        }
    }
    let high = ROWS * (CB - 1 - q) + BLOCK;
    if let Some(high) = power.get_mut(high..high + length) {
        for r in 0..BLOCK / 2 {
            if let Some((_, at)) = high.split_at_mut_checked(ROWS * CB * r)
                && let Some(out) = at.first_chunk_mut()
            {
                z[BLOCK - 1 - r].power().store_reversed(out, part);
            }
        }
    }
}

/// The real transform of row 0: bins 0, 16, 32, …
#[inline(always)]
fn every_sixteenth<V: Lanes, const CB: usize>(
    token: V::Token,
    row: &[[f32; BLOCK]; COLUMN_BLOCKS],
    inner: &Blocks<{ COLUMN_BLOCKS - 1 }>,
    power: &mut [f32],
) {
    let mut put = |k: usize, value: f32| {
        if let Some(out) = power.get_mut(ROWS * k) {
            *out = value;
        }
    };
    // Across the blocks: one real sequence of eight and one or two complex ones.
    let mut folded = row[0];
    let mut odd = Blocks::<2>::ZERO;
    for part in 0..BLOCK / V::N {
        let (a, b) = (V::load(token, &row[0], part), V::load(token, &row[1], part));
        if CB == 4 {
            let (c, d) = (V::load(token, &row[2], part), V::load(token, &row[3], part));
            let (ac, bd) = (a + c, b + d);
            (ac + bd).store(&mut folded, part);
            odd.store(Complex::new(a - c, d - b).times(inner.load(token, 0, part)), 0, part);
            odd.store(inner.load(token, 1, part).scaled(ac - bd), 1, part);
        } else if CB == 2 {
            (a + b).store(&mut folded, part);
            odd.store(inner.load(token, 0, part).scaled(a - b), 0, part);
        }
    }
    // Within: eight points each.
    let sequence = |i: usize| {
        let mut x = [Complex::new(0.0, 0.0); BLOCK];
        for j in 0..BLOCK {
            x[j] = Complex::new(odd.re[i][j], odd.im[i][j]);
        }
        x
    };
    if CB == 4 {
        for (r, x) in dft8((), sequence(0)).into_iter().enumerate() {
            put(if r < BLOCK / 2 { 4 * r + 1 } else { 31 - 4 * r }, x.power());
        }
        for (r, x) in dft8((), sequence(1)).into_iter().take(BLOCK / 2).enumerate() {
            put(4 * r + 2, x.power());
        }
    } else if CB == 2 {
        for (r, x) in dft8((), sequence(0)).into_iter().take(BLOCK / 2).enumerate() {
            put(2 * r + 1, x.power());
        }
    }
    let (first, middle, last) = real_dft8((), folded);
    put(0, first * first);
    put(4 * CB, last * last);
    for (r, x) in middle.into_iter().enumerate() {
        put(CB * (r + 1), x.power());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn naive_power(signal: impl Iterator<Item = f64>, n: usize) -> Vec<f64> {
        let signal: Vec<f64> = signal.collect();
        (0..=n / 2)
            .map(|k| {
                let (mut re, mut im) = (0.0, 0.0);
                for (i, &x) in signal.iter().enumerate() {
                    let angle = TAU * ((k * i) % n) as f64 / n as f64;
                    re += x * libm::cos(angle);
                    im -= x * libm::sin(angle);
                }
                re * re + im * im
            })
            .collect()
    }

    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut state = seed | 1;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn equals_the_definition_at_every_level(log2 in 7u32..=9, seed in any::<u64>()) {
            let n = 1 << log2;
            let (signal, window) = (noise(n, seed), noise(n, seed ^ 0x5555));
            let expected =
                naive_power(signal.iter().zip(&window).map(|(x, w)| f64::from(*x) * f64::from(*w)), n);
            let total: f64 = expected.iter().sum();
            let mut scalar = std::vec![0.0; n / 2 + 1];
            RealFftF32::with_level(n, Level::scalar()).unwrap().power(&signal, &window, &mut scalar);
            for (got, want) in scalar.iter().zip(&expected) {
                prop_assert!((f64::from(*got) - want).abs() <= 2e-7 * total, "{got} {want} of {total}");
            }
            for level in Level::all() {
                let mut power = std::vec![0.0; n / 2 + 1];
                RealFftF32::with_level(n, level).unwrap().power(&signal, &window, &mut power);
                for (k, (got, want)) in power.iter().zip(&scalar).enumerate() {
                    prop_assert_eq!(got.to_bits(), want.to_bits(), "bin {} at {}", k, level);
                }
            }
        }
    }

    #[test]
    fn the_compiler_makes_the_same_factors() {
        static MADE: Factors = Factors::of_512();
        let made = RealFftF32::new(512).unwrap().factors;
        let bits = |factors: &Factors| {
            let blocks =
                factors.rotation.iter().flat_map(|b| b.re.as_flattened().iter().chain(b.im.as_flattened()));
            let inner = factors.inner.re.as_flattened().iter().chain(factors.inner.im.as_flattened());
            blocks.chain(inner).map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits(&MADE), bits(&made));
    }

    #[test]
    fn says_which_length_it_wanted() {
        assert_eq!(
            RealFftF32::new(400).unwrap_err(),
            ConfigError::Mismatch { what: "fft_samples", expected: 512, actual: 400 }
        );
        assert!(RealFftF32::new(1024).is_err());
    }
}
