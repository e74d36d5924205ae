//! The inner loops, once as plain code and once over vectors.
//!
//! Sums run over the inputs in the same order in all of them: the vectors lie across output channels, and nothing is
//! fused. So every level gives the same bits, in `f32` too.
//!
//! Weights come in panels of 64 output channels (the last ones of 32 and 16): for each input the weights of all
//! outputs of the panel, side by side. A panel's sums stay in registers while its weights stream by once.

mod elementwise;
mod float;
mod int;

pub(super) use elementwise::{activate, add, gru, log_softmax, softmax};
pub(super) use float::{conv as conv_f32, depthwise as depthwise_f32};
pub(super) use int::{
    Requantise, add as add_i16, conv as conv_i8, depthwise as depthwise_i8, dequantise, gru as gru_i16,
    lookup, quantise,
};

use super::layer::LANES;

/// Output channels of a full panel.
pub(super) const PANEL: usize = 4 * LANES;

/// Splits `len` padded output channels into panels: start and width of each.
pub(super) fn panels(len: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    core::iter::from_fn(move || {
        let width = match len - start {
            0..LANES => return None,
            left if left >= PANEL => PANEL,
            left if left >= PANEL / 2 => PANEL / 2,
            _ => LANES,
        };
        start += width;
        Some((start - width, width))
    })
}

/// Runs the plain code at the scalar level, the vector code at all others.
macro_rules! at_level {
    ($level:expr, $simd:ident => $vector:expr, scalar => $scalar:expr) => {
        match $level.isa() {
            $crate::simd::Isa::Scalar => $scalar,
            _ => fearless_simd::dispatch!($level.token(), $simd => $vector),
        }
    };
}
pub(super) use at_level;

/// As `copy_from_slice`, which would panic if the lengths differed: in a checked model they don't.
#[inline(always)]
pub(super) fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = from;
    }
}
