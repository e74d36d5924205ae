//! Functions of single values, in `f32`. Plain loops that the compiler turns into vectors at each level.

use super::super::layer::Activation;
use super::copy;
use crate::simd::Level;

/// eˣ, to 2 ulp for |x| ≤ 87; beyond that the value at ±87.
#[inline(always)]
fn exp(x: f32) -> f32 {
    crate::simd::math::exp((), if x > 87.0 { 87.0 } else { x })
}

/// To 2e-7, absolute.
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// To 2e-7, absolute.
#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * x))
}

/// `x` between 0 and 1. Comparisons, because of what `max` makes of 0 and −0 differs between machines.
#[inline(always)]
fn unit(x: f32) -> f32 {
    if x >= 1.0 {
        1.0
    } else if x > 0.0 {
        x
    } else {
        0.0
    }
}

/// `y[i] = activation(x[i])`.
pub(in super::super) fn activate(level: Level, activation: Activation, x: &[f32], y: &mut [f32]) {
    fearless_simd::dispatch!(level.token(), _simd => match activation {
        Activation::None => copy(x, y),
        Activation::Relu => map(x, y, |x| if x > 0.0 { x } else { 0.0 }),
        Activation::HardSwish => map(x, y, |x| x * unit(x / 6.0 + 0.5)),
        Activation::HardSigmoid { alpha, beta } => map(x, y, |x| unit(alpha * x + beta)),
        Activation::Sigmoid => map(x, y, sigmoid),
        Activation::Tanh => map(x, y, tanh),
    })
}

#[inline(always)]
fn map(x: &[f32], y: &mut [f32], f: impl Fn(f32) -> f32) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// `y[i] = act(a[i] + b[i])`.
pub(in super::super) fn add(level: Level, a: &[f32], b: &[f32], relu: bool, y: &mut [f32]) {
    fearless_simd::dispatch!(level.token(), _simd => sum(a, b, relu, y))
}

#[inline(always)]
fn sum(a: &[f32], b: &[f32], relu: bool, y: &mut [f32]) {
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        let sum = a + b;
        *y = if sum > 0.0 || !relu { sum } else { 0.0 };
    }
}

/// One step of a GRU after its two matrix–vector products; `x` and `r` hold the gates z, r, h of `state.len()` each.
///
/// z = σ(x_z + r_z), r = σ(x_r + r_r), n = tanh(x_h + r · r_h), state = n + z · (state − n).
pub(in super::super) fn gru(level: Level, x: &[f32], r: &[f32], state: &mut [f32]) {
    let len = state.len();
    let (Some((xz, xrest)), Some((rz, rrest))) = (x.split_at_checked(len), r.split_at_checked(len)) else {
        return;
    };
    let (Some((xr, xh)), Some((rr, rh))) = (xrest.split_at_checked(len), rrest.split_at_checked(len)) else {
        return;
    };
    fearless_simd::dispatch!(level.token(), _simd => gru_step([xz, xr, xh], [rz, rr, rh], state))
}

#[inline(always)]
fn gru_step([xz, xr, xh]: [&[f32]; 3], [rz, rr, rh]: [&[f32]; 3], state: &mut [f32]) {
    let x = xz.iter().zip(xr).zip(xh);
    let r = rz.iter().zip(rr).zip(rh);
    for ((h, ((xz, xr), xh)), ((rz, rr), rh)) in state.iter_mut().zip(x).zip(r) {
        let z = sigmoid(xz + rz);
        let reset = sigmoid(xr + rr);
        let n = tanh(xh + reset * rh);
        *h = n + z * (*h - n);
    }
}

/// eˣ over the sum of all, in place.
pub(in super::super) fn softmax(level: Level, frame: &mut [f32]) {
    let max = max(frame);
    fearless_simd::dispatch!(level.token(), _simd => exponentials(max, frame));
    let scale = 1.0 / frame.iter().sum::<f32>();
    for value in frame {
        *value *= scale;
    }
}

#[inline(always)]
fn exponentials(max: f32, frame: &mut [f32]) {
    for value in frame {
        *value = exp(*value - max);
    }
}

/// x − ln Σ eˣ, in place. `scratch` is as long as `frame`.
pub(in super::super) fn log_softmax(level: Level, frame: &mut [f32], scratch: &mut [f32]) {
    let max = max(frame);
    for (copy, &value) in scratch.iter_mut().zip(&*frame) {
        *copy = value;
    }
    fearless_simd::dispatch!(level.token(), _simd => exponentials(max, scratch));
    let offset = max + libm::logf(scratch.iter().sum());
    for value in frame {
        *value -= offset;
    }
}

fn max(frame: &[f32]) -> f32 {
    frame.iter().fold(f32::NEG_INFINITY, |max, &value| max.max(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn exp_is_right_to_2_ulp(x in -87.0f32..87.0) {
            let expected = f64::from(x).exp();
            let ulp = f64::from((expected as f32).next_up()) - f64::from(expected as f32);
            prop_assert!((f64::from(exp(x)) - expected).abs() <= 2.0 * ulp);
        }

        #[test]
        fn sigmoid_and_tanh_are_right_to_2e_7(x in -100.0f32..100.0) {
            let x64 = f64::from(x);
            prop_assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + (-x64).exp())).abs() < 2e-7);
            prop_assert!((f64::from(tanh(x)) - x64.tanh()).abs() < 2e-7);
        }
    }

    #[test]
    fn extremes_are_finite() {
        for x in [f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(exp(x).is_finite());
            assert!((0.0..=1.0).contains(&sigmoid(x)));
            assert!((-1.0..=1.0).contains(&tanh(x)));
        }
    }
}
