//! Reads ONNX, the exchange format, into a [`Graph`].

mod layout;
mod import;
mod proto;

pub(super) use layout::Axis;

use super::graph::{Graph, GraphError};
use alloc::string::String;
use core::fmt;

/// The operators that are read.
const SUPPORTED: &str = "Conv, BatchNormalization, Gemm, MatMul, Add, Sub, Mul, Div, GRU, Relu, HardSwish, \
                         HardSigmoid, Sigmoid, Tanh, Softmax, LogSoftmax, Pad, Slice, Transpose, Squeeze, Unsqueeze, \
                         Flatten, Reshape, Identity, Dropout, Constant";

impl Graph {
    /// Reads a network from the bytes of an ONNX file: one input of mel frames over time, one output over time.
    ///
    /// Batch norms, constant sums and products are folded into the layers before them; transpositions, squeezes and
    /// the like only rename axes. Zeros padded to the left of time become the state of the stream, zeros to the right
    /// its look-ahead. A reshape may cut each output into several frames. The file's metadata comes along; its
    /// `symbols`, if not one a line, may be split by spaces or commas.
    ///
    /// # Errors
    /// [`OnnxError`] that names the node and says what is not understood.
    pub fn from_onnx(bytes: &[u8]) -> Result<Graph, OnnxError> {
        import::import(&proto::ModelProto::read(bytes)?)
    }
}

/// Why an ONNX file can't be read. Nodes are named as in the file, by their first output if they have no name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file is cut off or no ONNX.
    Broken,
    /// A constant doesn't hold as many numbers as its shape says, or holds them in another file.
    Tensor {
        /// Its name.
        name: String,
        /// Numbers that its shape asks for.
        expected: usize,
        /// Numbers in the file.
        actual: usize,
    },
    /// An operator that streaming networks of this library don't have.
    Operator {
        /// The node.
        node: String,
        /// Its operator.
        op: String,
    },
    /// The operator is known, but not used in this way.
    Use {
        /// The node.
        node: String,
        /// Its operator.
        op: String,
        /// What is asked for.
        needs: &'static str,
    },
    /// The node reads something that no node gives, or that should be a constant.
    Input {
        /// The node.
        node: String,
        /// Number of the input.
        input: usize,
    },
    /// The graph's own input or output can't be used.
    Interface {
        /// What is asked for.
        needs: &'static str,
    },
    /// A layer doesn't fit with what it reads.
    Layer {
        /// The node.
        node: String,
        /// What doesn't fit.
        error: GraphError,
    },
}

impl fmt::Display for OnnxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OnnxError::Broken => write!(f, "not an ONNX file, or cut off"),
            OnnxError::Tensor { name, expected, actual } => {
                write!(f, "constant {name} holds {actual} numbers in the file, expected {expected}")
            }
            OnnxError::Operator { node, op } => {
                write!(f, "node {node}: {op} is not supported; supported are {SUPPORTED}")
            }
            OnnxError::Use { node, op, needs } => {
                write!(f, "node {node}: {op} is supported only with {needs}")
            }
            OnnxError::Input { node, input } => {
                write!(
                    f,
                    "node {node}: input {input} is not there, or not what it must be (a constant, or not one)"
                )
            }
            OnnxError::Interface { needs } => write!(f, "the graph must have {needs}"),
            OnnxError::Layer { node, error } => write!(f, "node {node}: {error}"),
        }
    }
}

impl core::error::Error for OnnxError {}
