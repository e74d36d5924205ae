//! Layers in integers: weights `i8`, activations `i16`, sums `i32`. All of it is exact, so that every level, and every
//! machine, gives the same bits. The packer chooses scales by which no sum can leave the range of an `i32`.

use super::super::layer::{LANES, TABLE_LEN};
use super::super::taps::Taps;
use super::{PANEL, at_level, panels};
use crate::simd::Level;
use fearless_simd::prelude::*;
use fearless_simd::{i8x16, i8x32, i16x16, i16x32, i32x16};

/// Weights of two inputs for a block of outputs: output by output, both inputs side by side.
type Pairs = [i8; 2 * LANES];

/// From sums to activations: output channel c is `sum · multipliers[c] / 2^(32 + shifts[c])`, rounded.
#[derive(Clone, Copy)]
pub(in super::super) struct Requantise<'a> {
    pub(in super::super) multipliers: &'a [i32],
    pub(in super::super) shifts: &'a [i32],
}

impl<'a> Requantise<'a> {
    /// `words`: all multipliers, then all shifts.
    pub(in super::super) fn view(words: &'a [i32]) -> Self {
        let (multipliers, shifts) = words.split_at(words.len() / 2);
        Requantise { multipliers, shifts }
    }

    /// Blocks of outputs from `start` on.
    #[inline(always)]
    fn panel(&self, start: usize) -> Scales<'a> {
        let part = |words: &'a [i32]| words.get(start..).unwrap_or_default().as_chunks().0;
        (part(self.multipliers), part(self.shifts))
    }
}

/// Multipliers and shifts by blocks.
type Scales<'a> = (&'a [[i32; LANES]], &'a [[i32; LANES]]);

/// `floor` is 0 to rectify, else the least `i16`.
#[inline(always)]
fn requantised(sum: i32, multiplier: i32, shift: i32, floor: i32) -> i16 {
    let high = ((i64::from(sum) * i64::from(multiplier)) >> 32) as i32;
    let half = (1u32.wrapping_shl(shift as u32) >> 1) as i32;
    let value = high.wrapping_add(half).wrapping_shr(shift as u32);
    value.max(floor).min(i32::from(i16::MAX)) as i16
}

#[inline(always)]
fn floor(relu: bool) -> i32 {
    if relu { 0 } else { i32::from(i16::MIN) }
}

/// As [`super::conv_f32`], in integers. `taps.used` is even.
pub(in super::super) fn conv(
    level: Level,
    weights: &[i8],
    bias: &[i32],
    requantise: Requantise,
    taps: &Taps<i16>,
    relu: bool,
    out: &mut [i16],
) {
    at_level!(level,
        simd => conv_vector(simd, weights, bias, requantise, taps, relu, out),
        scalar => conv_scalar(weights, bias, requantise, taps, relu, out))
}

fn conv_scalar(
    weights: &[i8],
    bias: &[i32],
    requantise: Requantise,
    taps: &Taps<i16>,
    relu: bool,
    out: &mut [i16],
) {
    let inputs = taps.kernel * taps.used;
    for (start, width) in panels(out.len()) {
        let panel = weights.get(start * inputs..(start + width) * inputs).unwrap_or_default();
        let outputs = out.get_mut(start..start + width).unwrap_or_default().as_chunks_mut::<4>().0;
        let biases = bias.get(start..start + width).unwrap_or_default().as_chunks::<4>().0;
        let scales = |words| words_from(words, start).as_chunks::<4>().0;
        let scales = scales(requantise.multipliers).iter().zip(scales(requantise.shifts));
        // Four sums at a time stay in the registers of a microcontroller.
        for (column, ((y, b), scale)) in outputs.iter_mut().zip(biases).zip(scales).enumerate() {
            let mut sums = *b;
            let mut rows = panel.chunks_exact(2 * width);
            for k in 0..taps.kernel {
                for (x, row) in taps.tap(k).as_chunks::<2>().0.iter().zip(&mut rows) {
                    let Some(w) = row.as_chunks::<8>().0.get(column) else { return };
                    for (sum, w) in sums.iter_mut().zip(w.as_chunks::<2>().0) {
                        let products = i32::from(w[0]) * i32::from(x[0]) + i32::from(w[1]) * i32::from(x[1]);
                        *sum = sum.wrapping_add(products);
                    }
                }
            }
            store(&sums, scale.0, scale.1, relu, y);
        }
    }
}

fn words_from(words: &[i32], start: usize) -> &[i32] {
    words.get(start..).unwrap_or_default()
}

#[inline(always)]
fn store<const N: usize>(
    sums: &[i32; N],
    multipliers: &[i32; N],
    shifts: &[i32; N],
    relu: bool,
    out: &mut [i16; N],
) {
    let floor = floor(relu);
    for i in 0..N {
        out[i] = requantised(sums[i], multipliers[i], shifts[i], floor);
    }
}

#[inline(always)]
fn conv_vector<S: Simd>(
    simd: S,
    weights: &[i8],
    bias: &[i32],
    requantise: Requantise,
    taps: &Taps<i16>,
    relu: bool,
    out: &mut [i16],
) {
    let inputs = taps.kernel * taps.used;
    for (start, width) in panels(out.len()) {
        let panel = weights.get(start * inputs..(start + width) * inputs).unwrap_or_default();
        let panel = panel.as_chunks::<{ 2 * LANES }>().0;
        let bias = bias.get(start..start + width).unwrap_or_default().as_chunks::<LANES>().0;
        let out = out.get_mut(start..start + width).unwrap_or_default().as_chunks_mut::<LANES>().0;
        let scales = requantise.panel(start);
        match (width, S::f32s::LEN) {
            (PANEL, 4) => {
                conv_panel::<S, 4, 2>(simd, 0, panel, bias, scales, taps, relu, out);
                conv_panel::<S, 4, 2>(simd, 2, panel, bias, scales, taps, relu, out);
            }
            (PANEL, _) => conv_panel::<S, 4, 4>(simd, 0, panel, bias, scales, taps, relu, out),
            (LANES, _) => conv_panel::<S, 1, 1>(simd, 0, panel, bias, scales, taps, relu, out),
            _ => conv_panel::<S, 2, 2>(simd, 0, panel, bias, scales, taps, relu, out),
        }
    }
}

/// `COLUMNS` blocks from `first` on of a panel of `BLOCKS`.
#[expect(clippy::too_many_arguments, reason = "inlined into one caller")]
#[inline(always)]
fn conv_panel<S: Simd, const BLOCKS: usize, const COLUMNS: usize>(
    simd: S,
    first: usize,
    weights: &[Pairs],
    bias: &[[i32; LANES]],
    (multipliers, shifts): Scales,
    taps: &Taps<i16>,
    relu: bool,
    out: &mut [[i16; LANES]],
) {
    let (Some(bias), Some(out)) = (bias.first_chunk::<BLOCKS>(), out.first_chunk_mut::<BLOCKS>()) else {
        return;
    };
    let (Some(multipliers), Some(shifts)) =
        (multipliers.first_chunk::<BLOCKS>(), shifts.first_chunk::<BLOCKS>())
    else {
        return;
    };
    let mut sums: [i32x16<S>; COLUMNS] =
        core::array::from_fn(|c| i32x16::load_array_ref(simd, &bias[first + c]));
    let mut rows = weights.as_chunks::<BLOCKS>().0.iter();
    for k in 0..taps.kernel {
        for (&pair, row) in taps.tap(k).as_chunks::<2>().0.iter().zip(&mut rows) {
            let x: i16x32<S> = i32x16::splat(simd, bytemuck::cast(pair)).bitcast();
            for (c, sum) in sums.iter_mut().enumerate() {
                let (low, high) = i8x32::load_array_ref(simd, &row[first + c]).widen();
                let w: i16x32<S> = low.combine(high);
                *sum += w.pairwise_dot_product(x);
            }
        }
    }
    for (c, sum) in sums.iter().enumerate() {
        store(sum.as_array(), &multipliers[first + c], &shifts[first + c], relu, &mut out[first + c]);
    }
}

/// As [`super::depthwise_f32`], in integers.
pub(in super::super) fn depthwise(
    level: Level,
    weights: &[i8],
    bias: &[i32],
    requantise: Requantise,
    taps: &Taps<i16>,
    relu: bool,
    out: &mut [i16],
) {
    at_level!(level,
        simd => depthwise_vector(simd, weights, bias, requantise, taps, relu, out),
        scalar => depthwise_scalar(weights, bias, requantise, taps, relu, out))
}

fn depthwise_scalar(
    weights: &[i8],
    bias: &[i32],
    requantise: Requantise,
    taps: &Taps<i16>,
    relu: bool,
    out: &mut [i16],
) {
    for (start, width) in panels(out.len()) {
        let panel = weights.get(start * taps.kernel..(start + width) * taps.kernel).unwrap_or_default();
        let outputs = out.get_mut(start..start + width).unwrap_or_default().as_chunks_mut::<4>().0;
        let biases = words_from(bias, start).as_chunks::<4>().0;
        let scales = |words| words_from(words, start).as_chunks::<4>().0;
        let scales = scales(requantise.multipliers).iter().zip(scales(requantise.shifts));
        for (column, ((y, b), scale)) in outputs.iter_mut().zip(biases).zip(scales).enumerate() {
            let mut sums = *b;
            for (k, row) in panel.chunks_exact(width).enumerate() {
                let inputs = taps.tap(k).get(start..).unwrap_or_default();
                let x = inputs.as_chunks::<4>().0.get(column);
                let (Some(x), Some(w)) = (x, row.as_chunks::<4>().0.get(column)) else { return };
                for ((sum, &w), &x) in sums.iter_mut().zip(w).zip(x) {
                    *sum = sum.wrapping_add(i32::from(w) * i32::from(x));
                }
            }
            store(&sums, scale.0, scale.1, relu, y);
        }
    }
}

#[inline(always)]
fn depthwise_vector<S: Simd>(
    simd: S,
    weights: &[i8],
    bias: &[i32],
    requantise: Requantise,
    taps: &Taps<i16>,
    relu: bool,
    out: &mut [i16],
) {
    for (start, width) in panels(out.len()) {
        let panel = weights.get(start * taps.kernel..(start + width) * taps.kernel).unwrap_or_default();
        let panel = panel.as_chunks::<LANES>().0;
        let bias = bias.get(start..start + width).unwrap_or_default().as_chunks::<LANES>().0;
        let out = out.get_mut(start..start + width).unwrap_or_default().as_chunks_mut::<LANES>().0;
        let scales = requantise.panel(start);
        match (width, S::f32s::LEN) {
            (PANEL, 4) => {
                depthwise_panel::<S, 4, 2>(simd, 0, start, panel, bias, scales, taps, relu, out);
                depthwise_panel::<S, 4, 2>(simd, 2, start, panel, bias, scales, taps, relu, out);
            }
            (PANEL, _) => depthwise_panel::<S, 4, 4>(simd, 0, start, panel, bias, scales, taps, relu, out),
            (LANES, _) => depthwise_panel::<S, 1, 1>(simd, 0, start, panel, bias, scales, taps, relu, out),
            _ => depthwise_panel::<S, 2, 2>(simd, 0, start, panel, bias, scales, taps, relu, out),
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "inlined into one caller")]
#[inline(always)]
fn depthwise_panel<S: Simd, const BLOCKS: usize, const COLUMNS: usize>(
    simd: S,
    first: usize,
    start: usize,
    weights: &[[i8; LANES]],
    bias: &[[i32; LANES]],
    (multipliers, shifts): Scales,
    taps: &Taps<i16>,
    relu: bool,
    out: &mut [[i16; LANES]],
) {
    let (Some(bias), Some(out)) = (bias.first_chunk::<BLOCKS>(), out.first_chunk_mut::<BLOCKS>()) else {
        return;
    };
    let (Some(multipliers), Some(shifts)) =
        (multipliers.first_chunk::<BLOCKS>(), shifts.first_chunk::<BLOCKS>())
    else {
        return;
    };
    let mut sums: [i32x16<S>; COLUMNS] =
        core::array::from_fn(|c| i32x16::load_array_ref(simd, &bias[first + c]));
    for (k, row) in weights.as_chunks::<BLOCKS>().0.iter().enumerate() {
        let inputs = taps.tap(k).get(start..).unwrap_or_default().as_chunks::<LANES>().0;
        let Some(inputs) = inputs.first_chunk::<BLOCKS>() else { return };
        for (c, sum) in sums.iter_mut().enumerate() {
            let (low, high) = i8x16::load_array_ref(simd, &row[first + c]).widen();
            let w = low.combine(high);
            let x = i16x16::load_array_ref(simd, &inputs[first + c]);
            let (low, high) = w.widening_mul(x);
            *sum += low.combine(high);
        }
    }
    for (c, sum) in sums.iter().enumerate() {
        store(sum.as_array(), &multipliers[first + c], &shifts[first + c], relu, &mut out[first + c]);
    }
}

/// `y = act(a · multipliers[0] + b · multipliers[1], divided by 2^shift and rounded)`.
pub(in super::super) fn add(
    level: Level,
    (a, b): (&[i16], &[i16]),
    multipliers: [i32; 2],
    shift: u32,
    relu: bool,
    out: &mut [i16],
) {
    at_level!(level,
        _simd => sum((a, b), multipliers, shift, relu, out),
        scalar => sum((a, b), multipliers, shift, relu, out))
}

#[inline(always)]
fn sum((a, b): (&[i16], &[i16]), [ma, mb]: [i32; 2], shift: u32, relu: bool, out: &mut [i16]) {
    let half = (1u32.wrapping_shl(shift) >> 1) as i32;
    let floor = floor(relu);
    for ((y, &a), &b) in out.iter_mut().zip(a).zip(b) {
        let sum = i32::from(a).wrapping_mul(ma).wrapping_add(i32::from(b).wrapping_mul(mb));
        *y = sum.wrapping_add(half).wrapping_shr(shift).max(floor).min(i32::from(i16::MAX)) as i16;
    }
}

/// Linear interpolation in a table of 512 intervals over the whole range of `x`.
#[inline(always)]
fn interpolated(table: &[i16], x: i16) -> i16 {
    let position = i32::from(x) + 32768;
    let entries = table.get((position >> 7) as usize..).and_then(|entries| entries.first_chunk::<2>());
    let Some(&[low, high]) = entries else { return 0 };
    let (low, high) = (i32::from(low), i32::from(high));
    (low + (((high - low) * (position & 127) + 64) >> 7)) as i16
}

/// `y[i] = table(x[i])`.
pub(in super::super) fn lookup(table: &[i16], x: &[i16], y: &mut [i16]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = interpolated(table, x);
    }
}

/// One step of a GRU after its two matrix–vector products. Gates have 12 fractional bits, the state 15.
pub(in super::super) fn gru(tables: &[i16], x: &[i16], r: &[i16], state: &mut [i16]) {
    let len = state.len();
    let Some((sigmoid, tanh)) = tables.split_at_checked(TABLE_LEN) else { return };
    let (Some((xz, xrest)), Some((rz, rrest))) = (x.split_at_checked(len), r.split_at_checked(len)) else {
        return;
    };
    let (Some((xr, xh)), Some((rr, rh))) = (xrest.split_at_checked(len), rrest.split_at_checked(len)) else {
        return;
    };
    let x = xz.iter().zip(xr).zip(xh);
    let r = rz.iter().zip(rr).zip(rh);
    for ((h, ((xz, xr), xh)), ((rz, rr), rh)) in state.iter_mut().zip(x).zip(r) {
        let z = i32::from(interpolated(sigmoid, xz.saturating_add(*rz)));
        let reset = i32::from(interpolated(sigmoid, xr.saturating_add(*rr)));
        let gated = (reset * i32::from(*rh) + (1 << 14)) >> 15;
        let n = i32::from(interpolated(tanh, xh.saturating_add(gated as i16)));
        *h = (n + ((z.wrapping_mul(i32::from(*h) - n).wrapping_add(1 << 14)) >> 15)) as i16;
    }
}

/// Nearest `i16` to x / scale.
pub(in super::super) fn quantise(level: Level, x: &[f32], scale: f32, y: &mut [i16]) {
    at_level!(level, _simd => nearest(x, 1.0 / scale, y), scalar => nearest(x, 1.0 / scale, y))
}

// Not `clamp`: NaN must become a number, and in this order it does.
#[allow(clippy::manual_clamp)]
#[inline(always)]
fn nearest(x: &[f32], inverse: f32, y: &mut [i16]) {
    // Adding this leaves the nearest integer in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    for (y, &x) in y.iter_mut().zip(x) {
        let scaled = (x * inverse).max(-32767.0).min(32767.0) + ROUND;
        *y = (scaled.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32) as i16;
    }
}

/// `y[i] = x[i] · scale`.
pub(in super::super) fn dequantise(x: &[i16], scale: f32, y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f32::from(x) * scale;
    }
}
