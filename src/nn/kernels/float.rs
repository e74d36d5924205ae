//! Convolutions in `f32`.

use super::super::layer::LANES;
use super::super::taps::Taps;
use super::{PANEL, at_level, copy, panels};
use crate::simd::Level;
use fearless_simd::{Simd, SimdBase, f32x16};

type Block = [f32; LANES];

/// `out[o] = act(bias[o] + Σ_k Σ_i weights[o][k][i] · tap_k[i])`; `out` and `bias` padded, weights in panels.
pub(in super::super) fn conv(
    level: Level,
    weights: &[f32],
    bias: &[f32],
    taps: &Taps<f32>,
    relu: bool,
    out: &mut [f32],
) {
    at_level!(level,
        simd => conv_vector(simd, weights, bias, taps, relu, out),
        scalar => conv_scalar(weights, bias, taps, relu, out))
}

/// `out[c] = act(bias[c] + Σ_k weights[k][c] · tap_k[c])`; all rows padded, weights in panels.
pub(in super::super) fn depthwise(
    level: Level,
    weights: &[f32],
    bias: &[f32],
    taps: &Taps<f32>,
    relu: bool,
    out: &mut [f32],
) {
    at_level!(level,
        simd => depthwise_vector(simd, weights, bias, taps, relu, out),
        scalar => depthwise_scalar(weights, bias, taps, relu, out))
}

fn conv_scalar(weights: &[f32], bias: &[f32], taps: &Taps<f32>, relu: bool, out: &mut [f32]) {
    let inputs = taps.kernel * taps.used;
    for (start, width) in panels(out.len()) {
        let panel = weights.get(start * inputs..(start + width) * inputs).unwrap_or_default();
        let outputs = out.get_mut(start..start + width).unwrap_or_default();
        let biases = bias.get(start..start + width).unwrap_or_default();
        // Four sums at a time stay in the registers of a microcontroller.
        for (column, (y, b)) in
            outputs.as_chunks_mut::<4>().0.iter_mut().zip(biases.as_chunks::<4>().0).enumerate()
        {
            let mut sums = *b;
            let mut rows = panel.chunks_exact(width);
            for k in 0..taps.kernel {
                for (&x, row) in taps.tap(k).iter().zip(&mut rows) {
                    let Some(w) = row.as_chunks::<4>().0.get(column) else { return };
                    for (sum, &w) in sums.iter_mut().zip(w) {
                        *sum += w * x;
                    }
                }
            }
            *y = sums.map(|sum| rectified(relu, sum));
        }
    }
}

fn depthwise_scalar(weights: &[f32], bias: &[f32], taps: &Taps<f32>, relu: bool, out: &mut [f32]) {
    for (start, width) in panels(out.len()) {
        let panel = weights.get(start * taps.kernel..(start + width) * taps.kernel).unwrap_or_default();
        let outputs = out.get_mut(start..start + width).unwrap_or_default();
        copy(bias.get(start..start + width).unwrap_or_default(), outputs);
        for (k, row) in panel.chunks_exact(width).enumerate() {
            let inputs = taps.tap(k).get(start..start + width).unwrap_or_default();
            for ((y, &w), &x) in outputs.iter_mut().zip(row).zip(inputs) {
                *y += w * x;
            }
        }
        for y in outputs {
            *y = rectified(relu, *y);
        }
    }
}

/// Zero for what is negative, and for a NaN.
#[inline(always)]
fn rectified(relu: bool, value: f32) -> f32 {
    if value > 0.0 || !relu { value } else { 0.0 }
}

#[inline(always)]
fn conv_vector<S: Simd>(
    simd: S,
    weights: &[f32],
    bias: &[f32],
    taps: &Taps<f32>,
    relu: bool,
    out: &mut [f32],
) {
    let inputs = taps.kernel * taps.used;
    for (start, width) in panels(out.len()) {
        let panel = weights.get(start * inputs..(start + width) * inputs).unwrap_or_default();
        let panel = panel.as_chunks::<LANES>().0;
        let bias = bias.get(start..start + width).unwrap_or_default().as_chunks::<LANES>().0;
        let out = out.get_mut(start..start + width).unwrap_or_default().as_chunks_mut::<LANES>().0;
        match (width, S::f32s::LEN) {
            (PANEL, 4) => {
                // Sixteen registers hold half a panel's sums.
                conv_panel::<S, 4, 2>(simd, 0, panel, bias, taps, relu, out);
                conv_panel::<S, 4, 2>(simd, 2, panel, bias, taps, relu, out);
            }
            (PANEL, _) => conv_panel::<S, 4, 4>(simd, 0, panel, bias, taps, relu, out),
            (LANES, _) => conv_panel::<S, 1, 1>(simd, 0, panel, bias, taps, relu, out),
            _ => conv_panel::<S, 2, 2>(simd, 0, panel, bias, taps, relu, out),
        }
    }
}

/// `COLUMNS` blocks from `first` on of a panel of `BLOCKS`.
#[inline(always)]
fn conv_panel<S: Simd, const BLOCKS: usize, const COLUMNS: usize>(
    simd: S,
    first: usize,
    weights: &[Block],
    bias: &[Block],
    taps: &Taps<f32>,
    relu: bool,
    out: &mut [Block],
) {
    let (Some(bias), Some(out)) = (bias.first_chunk::<BLOCKS>(), out.first_chunk_mut::<BLOCKS>()) else {
        return;
    };
    let mut sums: [f32x16<S>; COLUMNS] =
        core::array::from_fn(|c| f32x16::load_array_ref(simd, &bias[first + c]));
    let mut rows = weights.as_chunks::<BLOCKS>().0.iter();
    for k in 0..taps.kernel {
        for (&x, row) in taps.tap(k).iter().zip(&mut rows) {
            let x = f32x16::splat(simd, x);
            for (c, sum) in sums.iter_mut().enumerate() {
                *sum += f32x16::load_array_ref(simd, &row[first + c]) * x;
            }
        }
    }
    for (c, sum) in sums.into_iter().enumerate() {
        sum.store_array(&mut out[first + c]);
        for y in &mut out[first + c] {
            *y = rectified(relu, *y);
        }
    }
}

#[inline(always)]
fn depthwise_vector<S: Simd>(
    simd: S,
    weights: &[f32],
    bias: &[f32],
    taps: &Taps<f32>,
    relu: bool,
    out: &mut [f32],
) {
    for (start, width) in panels(out.len()) {
        let panel = weights.get(start * taps.kernel..(start + width) * taps.kernel).unwrap_or_default();
        let panel = panel.as_chunks::<LANES>().0;
        let bias = bias.get(start..start + width).unwrap_or_default().as_chunks::<LANES>().0;
        let out = out.get_mut(start..start + width).unwrap_or_default().as_chunks_mut::<LANES>().0;
        match (width, S::f32s::LEN) {
            (PANEL, 4) => {
                depthwise_panel::<S, 4, 2>(simd, 0, start, panel, bias, taps, relu, out);
                depthwise_panel::<S, 4, 2>(simd, 2, start, panel, bias, taps, relu, out);
            }
            (PANEL, _) => depthwise_panel::<S, 4, 4>(simd, 0, start, panel, bias, taps, relu, out),
            (LANES, _) => depthwise_panel::<S, 1, 1>(simd, 0, start, panel, bias, taps, relu, out),
            _ => depthwise_panel::<S, 2, 2>(simd, 0, start, panel, bias, taps, relu, out),
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "inlined into one caller")]
#[inline(always)]
fn depthwise_panel<S: Simd, const BLOCKS: usize, const COLUMNS: usize>(
    simd: S,
    first: usize,
    start: usize,
    weights: &[Block],
    bias: &[Block],
    taps: &Taps<f32>,
    relu: bool,
    out: &mut [Block],
) {
    let (Some(bias), Some(out)) = (bias.first_chunk::<BLOCKS>(), out.first_chunk_mut::<BLOCKS>()) else {
        return;
    };
    let mut sums: [f32x16<S>; COLUMNS] =
        core::array::from_fn(|c| f32x16::load_array_ref(simd, &bias[first + c]));
    for (k, row) in weights.as_chunks::<BLOCKS>().0.iter().enumerate() {
        let inputs = taps.tap(k).get(start..).unwrap_or_default().as_chunks::<LANES>().0;
        let Some(inputs) = inputs.first_chunk::<BLOCKS>() else { return };
        for (c, sum) in sums.iter_mut().enumerate() {
            let x = f32x16::load_array_ref(simd, &inputs[first + c]);
            *sum += f32x16::load_array_ref(simd, &row[first + c]) * x;
        }
    }
    for (c, sum) in sums.into_iter().enumerate() {
        sum.store_array(&mut out[first + c]);
        for y in &mut out[first + c] {
            *y = rectified(relu, *y);
        }
    }
}
