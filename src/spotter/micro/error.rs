//! Why a file is no model that can be run.

use super::code;
use core::fmt;

/// Which operator of a model's graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Counted from 0.
    pub index: usize,
    /// What it does, as numbered in the file.
    pub code: u32,
}

impl Operator {
    /// Its name, if it is one that is known here or that is often met.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self.code {
            code::ADD => "ADD",
            code::AVERAGE_POOL_2D => "AVERAGE_POOL_2D",
            code::CONCATENATION => "CONCATENATION",
            code::CONV_2D => "CONV_2D",
            code::DEPTHWISE_CONV_2D => "DEPTHWISE_CONV_2D",
            6 => "DEQUANTIZE",
            code::FULLY_CONNECTED => "FULLY_CONNECTED",
            code::LOGISTIC => "LOGISTIC",
            code::MAX_POOL_2D => "MAX_POOL_2D",
            code::MUL => "MUL",
            19 => "RELU",
            code::RESHAPE => "RESHAPE",
            25 => "SOFTMAX",
            27 => "SVDF",
            code::PAD => "PAD",
            39 => "TRANSPOSE",
            40 => "MEAN",
            code::SQUEEZE => "SQUEEZE",
            code::STRIDED_SLICE => "STRIDED_SLICE",
            49 => "SPLIT",
            code::EXPAND_DIMS => "EXPAND_DIMS",
            77 => "SHAPE",
            code::PACK => "PACK",
            code::SPLIT_V => "SPLIT_V",
            code::QUANTIZE => "QUANTIZE",
            code::CALL_ONCE => "CALL_ONCE",
            code::VAR_HANDLE => "VAR_HANDLE",
            code::READ_VARIABLE => "READ_VARIABLE",
            code::ASSIGN_VARIABLE => "ASSIGN_VARIABLE",
            _ => return None,
        })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "operator {} ({name})", self.index),
            None => write!(f, "operator {} (number {} of TensorFlow Lite)", self.index, self.code),
        }
    }
}

/// Why a file is no model that can be run.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum MicroError {
    /// It doesn't begin as a TensorFlow Lite file does. Is it another kind of file?
    Identifier {
        /// Its bytes 4 to 7 would be.
        expected: [u8; 4],
        /// What they are.
        actual: [u8; 4],
    },
    /// Written in another version of the format.
    Version {
        /// The version that is read.
        expected: u32,
        /// The version it has.
        actual: u32,
    },
    /// It refers to something beyond its end: cut off or changed.
    Damaged {
        /// Bytes that there are.
        expected: usize,
        /// Where it leads to.
        actual: usize,
    },
    /// It refers to something that it doesn't have.
    Missing {
        /// What.
        what: &'static str,
        /// How many of these it has.
        expected: usize,
        /// Which it refers to, counted from 0.
        actual: usize,
    },
    /// It has another number of something.
    Count {
        /// Of what.
        what: &'static str,
        /// How many it would have.
        expected: usize,
        /// How many it has.
        actual: usize,
    },
    /// An operator that isn't known here.
    Operator {
        /// Which.
        operator: Operator,
    },
    /// An operator is used in a way that isn't known here, or that makes no sense.
    Option {
        /// Which.
        operator: Operator,
        /// What about it.
        what: &'static str,
        /// The nearest that would do.
        expected: i64,
        /// What it is.
        actual: i64,
    },
    /// A tensor isn't what the operators that use it need.
    Tensor {
        /// Which, counted from 0 in its graph.
        tensor: usize,
        /// What about it. Types are numbered as in the file: 2 for `INT32`, 3 for `UINT8`, 9 for `INT8`, 13 for
        /// `RESOURCE`.
        what: &'static str,
        /// The nearest that would do.
        expected: i64,
        /// What it is.
        actual: i64,
    },
    /// A tensor is of another shape than the operator that makes it gives it.
    Shape {
        /// Which, counted from 0 in its graph.
        tensor: usize,
        /// Sizes of its dimensions, ones in front.
        expected: [usize; 4],
        /// What they are.
        actual: [usize; 4],
    },
    /// A tensor's scale is not a positive number, or not one that goes with those around it.
    Scale {
        /// Which tensor, counted from 0 in its graph.
        tensor: usize,
        /// Of which channel.
        channel: usize,
        /// The scale.
        actual: f32,
    },
    /// A tensor's scale is another than its operator gives it.
    Scales {
        /// Which tensor, counted from 0 in its graph.
        tensor: usize,
        /// What it would be.
        expected: f32,
        /// What it is.
        actual: f32,
    },
    /// A tensor is used before anything was computed for it, or computed more than once.
    Order {
        /// Which, counted from 0 in its graph.
        tensor: usize,
        /// How often it is computed: it should be once, before it is used.
        times: usize,
    },
    /// It is larger than anything that listens for a phrase.
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        expected: usize,
        /// How much there is, or would be.
        actual: usize,
    },
}

impl fmt::Display for MicroError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            MicroError::Identifier { expected, actual } => {
                let (expected, actual) = (expected.escape_ascii(), actual.escape_ascii());
                write!(f, "no TensorFlow Lite file: bytes 4 to 7 are \"{actual}\", expected \"{expected}\"")
            }
            MicroError::Version { expected, actual } => write!(f, "version {actual}, expected {expected}"),
            MicroError::Damaged { expected, actual } => {
                write!(f, "damaged: it leads to byte {actual} of {expected}")
            }
            MicroError::Missing { what, expected, actual } => {
                write!(f, "{what} {actual}, but there are {expected}, counted from 0")
            }
            MicroError::Count { what, expected, actual } => write!(f, "{actual} {what}, expected {expected}"),
            MicroError::Operator { operator } => write!(f, "{operator} is not known"),
            MicroError::Option { operator, what, expected, actual } => {
                write!(f, "{operator}: {what}: {actual}, expected {expected}")
            }
            MicroError::Tensor { tensor, what, expected, actual } => {
                write!(f, "tensor {tensor}: {what}: {actual}, expected {expected}")
            }
            MicroError::Shape { tensor, expected, actual } => {
                write!(f, "tensor {tensor}: its shape is {actual:?}, expected {expected:?}")
            }
            MicroError::Scale { tensor, channel, actual } => {
                write!(f, "tensor {tensor}: the scale {actual} of channel {channel} can't be used")
            }
            MicroError::Scales { tensor, expected, actual } => {
                write!(f, "tensor {tensor}: its scale is {actual}, expected {expected}")
            }
            MicroError::Order { tensor, times } => {
                let once = "expected once, before it is used";
                write!(f, "tensor {tensor}: computed {times} times, {once}")
            }
            MicroError::Limit { what, expected, actual } => {
                write!(f, "{actual} {what}, expected at most {expected}")
            }
        }
    }
}

impl core::error::Error for MicroError {}
