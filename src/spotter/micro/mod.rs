//! `micro`: microWakeWord's models, the TensorFlow Lite files that ESPHome and Home Assistant's voice devices listen with.
//!
//! ```text
//! samples ──► the integer front end ──► 8-bit features ──► model, every 30 ms ──► mean of 5 ──► crossing ──► detection
//!             frontend::MicroFrontEnd                      keeps what it heard in variables
//! ```
//!
//! The file is read in place, by our own reader, and checked before anything is heard; its graph is laid out as a list of
//! steps in memory of a fixed size. What comes out is, byte for byte, what the devices compute: the arithmetic is that of
//! the reference kernels of TensorFlow Lite and of TensorFlow Lite Micro. (TensorFlow Lite's optimised kernels for large
//! machines, among them those in microWakeWord's Python package, round otherwise: see `tests/micro_wake_word.rs`.)
//!
//! Operators that are known, on 8-bit numbers: those of the published models, `CALL_ONCE`, `VAR_HANDLE`, `READ_VARIABLE`,
//! `ASSIGN_VARIABLE`, `CONCATENATION`, `STRIDED_SLICE`, `SPLIT_V`, `RESHAPE`, `CONV_2D`, `DEPTHWISE_CONV_2D`,
//! `FULLY_CONNECTED`, `LOGISTIC` and `QUANTIZE`; and of the others that ESPHome runs, `EXPAND_DIMS`, `SQUEEZE`, `ADD`,
//! `MUL`, `AVERAGE_POOL_2D`, `MAX_POOL_2D`, `PAD` and `PACK`, not `MEAN`.

mod error;
mod file;
mod fixed;
mod flatbuffer;
mod kernels;
mod model;
mod net;
mod plan;
mod spot;
mod step;

pub use error::{MicroError, Operator};
pub use model::MicroModel;
pub use net::{MicroMemory, MicroNet};
pub use spot::{MicroConfig, MicroSpotter};
pub use step::MicroStep;

use core::fmt;

/// What a model's score was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MicroEvidence {
    /// Runs of the model that were averaged.
    pub runs: u32,
    /// The highest probability among them, 0 to 1.
    pub highest: f32,
    /// For how long the score had been at least half of the threshold, ms.
    pub held_ms: u32,
}

impl fmt::Display for MicroEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the mean of the model's last {} probabilities, of which the highest was {:.2}; it had been half as sure \
             for {} ms",
            self.runs, self.highest, self.held_ms
        )
    }
}

/// Numbers of the operators in the file.
mod code {
    pub(super) const ADD: u32 = 0;
    pub(super) const AVERAGE_POOL_2D: u32 = 1;
    pub(super) const CONCATENATION: u32 = 2;
    pub(super) const CONV_2D: u32 = 3;
    pub(super) const DEPTHWISE_CONV_2D: u32 = 4;
    pub(super) const FULLY_CONNECTED: u32 = 9;
    pub(super) const LOGISTIC: u32 = 14;
    pub(super) const MAX_POOL_2D: u32 = 17;
    pub(super) const MUL: u32 = 18;
    pub(super) const RESHAPE: u32 = 22;
    pub(super) const PAD: u32 = 34;
    pub(super) const SQUEEZE: u32 = 43;
    pub(super) const STRIDED_SLICE: u32 = 45;
    pub(super) const EXPAND_DIMS: u32 = 70;
    pub(super) const PACK: u32 = 83;
    pub(super) const SPLIT_V: u32 = 102;
    pub(super) const QUANTIZE: u32 = 114;
    pub(super) const CALL_ONCE: u32 = 129;
    pub(super) const VAR_HANDLE: u32 = 142;
    pub(super) const READ_VARIABLE: u32 = 143;
    pub(super) const ASSIGN_VARIABLE: u32 = 144;
}
