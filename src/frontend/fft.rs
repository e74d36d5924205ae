//! The Fourier transform of real signals, behind a trait so that a host or a DSP library can put in its own.
//!
//! N = 16·C samples lie as 16 rows of C columns. The columns are transformed first, window and all, as real
//! 16-point transforms side by side in the lanes. Of the rows that result, 1 to 8 are turned by e^{-2πi kn/N},
//! transposed, and again transformed side by side: C points each, in the order in which the bins lie in memory.
//! (Rows 9 to 15 are the mirror images of 7 to 1.) Row 0 holds every sixteenth bin and is a real transform by
//! itself. So nothing is ever reordered, and power comes straight out of the last butterflies (the four-step
//! method of Bailey, *FFTs in external or hierarchical memory*, 1990, for real input).

use super::butterflies::{Complex, dft4, dft8, real_dft8, real_dft16};
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

/// One block of eight complex numbers, lanes apart.
#[derive(Clone, Copy, Debug)]
struct ComplexBlock {
    re: [f32; BLOCK],
    im: [f32; BLOCK],
}

const ZERO: ComplexBlock = ComplexBlock { re: [0.0; BLOCK], im: [0.0; BLOCK] };

/// The transform of the core: 128, 256 or 512 points, tables and scratch inline.
#[derive(Clone, Debug)]
pub struct RealFftF32 {
    len: usize,
    level: Level,
    /// e^{-2πi kn/N}, k = 1 … 8, n in blocks: `[n block][k - 1]`.
    rotation: [[ComplexBlock; BLOCK]; COLUMN_BLOCKS],
    /// e^{-2πi jq/C}, j = 0 … 7 in the lanes, q = 1 … 3.
    inner: [ComplexBlock; COLUMN_BLOCKS - 1],
    /// Rows 1 to 8 after the column transform, one column a block.
    rows: [ComplexBlock; COLUMNS],
    /// Row 0.
    first_row: [[f32; BLOCK]; COLUMN_BLOCKS],
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
        let mut rotation = [[ZERO; BLOCK]; COLUMN_BLOCKS];
        for n in 0..columns {
            for k in 1..=BLOCK {
                let block = &mut rotation[n / BLOCK][k - 1];
                (block.re[n % BLOCK], block.im[n % BLOCK]) = unit(k * n, len);
            }
        }
        let mut inner = [ZERO; COLUMN_BLOCKS - 1];
        for (q, block) in inner.iter_mut().enumerate() {
            for j in 0..BLOCK {
                (block.re[j], block.im[j]) = unit(j * (q + 1), columns);
            }
        }
        let first_row = [[0.0; BLOCK]; COLUMN_BLOCKS];
        Ok(RealFftF32 { len, level, rotation, inner, rows: [ZERO; COLUMNS], first_row })
    }
}

impl RealFft for RealFftF32 {
    fn len(&self) -> usize {
        self.len
    }

    /// Does nothing unless the three slices have the lengths asked for.
    fn power(&mut self, frame: &[f32], window: &[f32], power: &mut [f32]) {
        let level = self.level;
        match self.len {
            128 => level.run(Transform::<1, 65> { fft: self, frame, window, power }),
            256 => level.run(Transform::<2, 129> { fft: self, frame, window, power }),
            _ => level.run(Transform::<4, 257> { fft: self, frame, window, power }),
        }
    }
}

/// `CB`: blocks of columns; `BINS`: N/2 + 1.
struct Transform<'a, const CB: usize, const BINS: usize> {
    fft: &'a mut RealFftF32,
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
        for block in 0..CB {
            columns::<V, CB>(token, self.fft, frame, window, block);
        }
        if CB > 1 {
            for j in 0..BLOCK {
                for part in 0..BLOCK / V::N {
                    across_blocks::<V, CB>(token, self.fft, j, part);
                }
            }
        }
        for q in 0..CB {
            for part in 0..BLOCK / V::N {
                within_block::<V, CB>(token, &self.fft.rows, power, q, part);
            }
        }
        first_row::<CB>(&self.fft.first_row, &self.fft.inner, power);
    }
}

/// Real 16-point transforms of the windowed columns of one block; rows 1 to 8 of the result turned and transposed.
#[inline(always)]
fn columns<V: Lanes, const CB: usize>(
    token: V::Token,
    fft: &mut RealFftF32,
    frame: &[[[f32; BLOCK]; CB]; ROWS],
    window: &[[[f32; BLOCK]; CB]; ROWS],
    block: usize,
) {
    let (re_im, _) = fft.rows.as_chunks_mut::<BLOCK>();
    let (Some(out), Some(rotation), Some(first_row)) =
        (re_im.get_mut(block), fft.rotation.get(block), fft.first_row.get_mut(block))
    else {
        return;
    };
    let mut re = [[0.0; BLOCK]; BLOCK];
    let mut im = [[0.0; BLOCK]; BLOCK];
    for part in 0..BLOCK / V::N {
        let mut x = [V::splat(token, 0.0); ROWS];
        for ((x, frame), window) in x.iter_mut().zip(frame).zip(window) {
            *x = V::load(token, &frame[block], part) * V::load(token, &window[block], part);
        }
        let (row0, [y1, y2, y3, y4, y5, y6, y7], row8) = real_dft16(token, x);
        row0.store(first_row, part);
        let load = |k: usize| {
            Complex::new(V::load(token, &rotation[k].re, part), V::load(token, &rotation[k].im, part))
        };
        let last = load(7);
        let turned = [
            y1.times(load(0)),
            y2.times(load(1)),
            y3.times(load(2)),
            y4.times(load(3)),
            y5.times(load(4)),
            y6.times(load(5)),
            y7.times(load(6)),
            Complex::new(row8 * last.re, row8 * last.im),
        ];
        V::store_transposed(turned.map(|z| z.re), &mut re, part);
        V::store_transposed(turned.map(|z| z.im), &mut im, part);
    }
    for ((out, re), im) in out.iter_mut().zip(re).zip(im) {
        *out = ComplexBlock { re, im };
    }
}

/// Transforms of the columns j, j + 8, … of all rows, turned.
#[inline(always)]
fn across_blocks<V: Lanes, const CB: usize>(token: V::Token, fft: &mut RealFftF32, j: usize, part: usize) {
    let zero = Complex::new(V::splat(token, 0.0), V::splat(token, 0.0));
    let mut x = [zero; 4];
    for (x, row) in x.iter_mut().zip(fft.rows.iter().skip(j).step_by(BLOCK)).take(CB) {
        *x = Complex::new(V::load(token, &row.re, part), V::load(token, &row.im, part));
    }
    let mut y = if CB == 4 { dft4(x) } else { [x[0].plus(x[1]), x[0].minus(x[1]), zero, zero] };
    for (y, inner) in y[1..].iter_mut().zip(&fft.inner) {
        let j = j % BLOCK;
        *y = y.times(Complex::new(V::splat(token, inner.re[j]), V::splat(token, inner.im[j])));
    }
    for (y, row) in y.into_iter().zip(fft.rows.iter_mut().skip(j).step_by(BLOCK)).take(CB) {
        y.re.store(&mut row.re, part);
        y.im.store(&mut row.im, part);
    }
}

/// Eight-point transforms of one block of all rows, and the power of what comes out.
#[inline(always)]
fn within_block<V: Lanes, const CB: usize>(
    token: V::Token,
    rows: &[ComplexBlock; COLUMNS],
    power: &mut [f32],
    q: usize,
    part: usize,
) {
    let Some(rows) = rows.as_chunks::<BLOCK>().0.get(q) else {
        return;
    };
    let x = rows.each_ref().map(|row| Complex::new(V::load(token, &row.re, part), V::load(token, &row.im, part)));
    for (r, x) in dft8(token, x).into_iter().enumerate() {
        // Bins 16·k + 1 … 16·k + 8, or their mirror images.
        let k = q + CB * r;
        if r < BLOCK / 2 {
            if let Some(out) = block_at(power, ROWS * k + 1) {
                x.power().store(out, part);
            }
        } else if let Some(out) = block_at(power, ROWS * (CB * BLOCK - 1 - k) + BLOCK) {
            x.power().store_reversed(out, part);
        }
    }
}

#[inline(always)]
fn block_at(power: &mut [f32], start: usize) -> Option<&mut [f32; BLOCK]> {
    power.get_mut(start..)?.first_chunk_mut()
}

/// The real transform of row 0: bins 0, 16, 32, …
#[inline(always)]
fn first_row<const CB: usize>(
    row: &[[f32; BLOCK]; COLUMN_BLOCKS],
    inner: &[ComplexBlock; COLUMN_BLOCKS - 1],
    power: &mut [f32],
) {
    let mut put = |k: usize, value: f32| {
        if let Some(out) = power.get_mut(ROWS * k) {
            *out = value;
        }
    };
    let turn = |j: usize, q: usize| Complex::new(inner[q - 1].re[j], inner[q - 1].im[j]);
    let [a, b, c, d] = row;
    let mut folded = [0.0; BLOCK];
    let mut odd = [Complex::new(0.0, 0.0); BLOCK];
    if CB == 4 {
        let mut twice_odd = odd;
        for j in 0..BLOCK {
            let (ac, bd) = (a[j] + c[j], b[j] + d[j]);
            folded[j] = ac + bd;
            let (re, turn2) = (ac - bd, turn(j, 2));
            twice_odd[j] = Complex::new(re * turn2.re, re * turn2.im);
            odd[j] = Complex::new(a[j] - c[j], d[j] - b[j]).times(turn(j, 1));
        }
        for (r, x) in dft8((), odd).into_iter().enumerate() {
            put(if r < BLOCK / 2 { 4 * r + 1 } else { 31 - 4 * r }, x.power());
        }
        for (r, x) in dft8((), twice_odd).into_iter().take(BLOCK / 2).enumerate() {
            put(4 * r + 2, x.power());
        }
    } else if CB == 2 {
        for j in 0..BLOCK {
            folded[j] = a[j] + b[j];
            let (re, turn) = (a[j] - b[j], turn(j, 1));
            odd[j] = Complex::new(re * turn.re, re * turn.im);
        }
        for (r, x) in dft8((), odd).into_iter().take(BLOCK / 2).enumerate() {
            put(2 * r + 1, x.power());
        }
    } else {
        folded = *a;
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
    fn says_which_length_it_wanted() {
        assert_eq!(
            RealFftF32::new(400).unwrap_err(),
            ConfigError::Mismatch { what: "fft_samples", expected: 512, actual: 400 }
        );
        assert!(RealFftF32::new(1024).is_err());
    }
}
