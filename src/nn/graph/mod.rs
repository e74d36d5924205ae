//! Networks under construction: layers with their weights in `f32`, to be written as an image.

mod pack;
mod quantise;

pub use quantise::Calibration;

use super::image::{MAX_CHANNELS, MAX_DILATION, MAX_KERNEL, MAX_LAG, MAX_LAYERS, MAX_STRIDE, OutputKind};
use super::layer::Activation;
use super::onnx::Axis;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A convolution over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// `[out][in][kernel]`; of a depthwise convolution `[channel][kernel]`. The last tap sees the newest row.
    pub weights: Vec<f32>,
    /// One per output channel.
    pub bias: Vec<f32>,
    /// Input rows it sees, 1 to 1024.
    pub kernel: usize,
    /// Input rows from one output to the next, 1 to 256.
    pub stride: usize,
    /// Input rows from one tap to the next, 1 to 4096.
    pub dilation: usize,
    /// Rows of zeros before the first: output t sees rows from `t · stride − padding` on. (kernel − 1) · dilation of
    /// them make it causal, fewer look ahead; less than none skips rows.
    pub padding: i32,
}

impl Conv {
    /// A causal one with stride and dilation 1; with a kernel of 1, a dense layer.
    pub fn causal(weights: Vec<f32>, bias: Vec<f32>, kernel: usize) -> Conv {
        Conv { weights, bias, kernel, stride: 1, dilation: 1, padding: kernel as i32 - 1 }
    }

    /// Input rows before the one that gives the first output; `None` if there would be none.
    fn wait(&self) -> Option<u32> {
        let span = (self.kernel as i64 - 1) * self.dilation as i64;
        u32::try_from(span - i64::from(self.padding)).ok()
    }
}

/// What a layer computes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Op {
    /// Every output channel sees every input channel.
    Conv(Conv),
    /// Every channel by itself.
    Depthwise(Conv),
    /// A GRU as ONNX has it with `linear_before_reset = 1` and a state of zeros; gates in the order z, r, h.
    Gru {
        /// `[3 · hidden][in]`.
        input: Vec<f32>,
        /// `[3 · hidden][hidden]`.
        recurrent: Vec<f32>,
        /// `[6 · hidden]`: of the three gates for the input, then for the state.
        bias: Vec<f32>,
    },
    /// Sum of two values.
    Add,
    /// A function of each value.
    Activation(Activation),
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) inputs: Vec<usize>,
    pub(super) relu: bool,
    pub(super) in_channels: usize,
    pub(super) out_channels: usize,
    pub(super) wait: u32,
    pub(super) period: u32,
    pub(super) lag: u32,
}

/// A network under construction. Values are numbered: 0 is the input, then one for each layer in turn.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) input_channels: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) output: OutputKind,
    pub(super) output_frames: usize,
    pub(super) metadata: Vec<(String, String)>,
    /// Axes of the ONNX file's input and output, if it was read from one.
    pub(super) input_axes: Option<Vec<Axis>>,
    pub(super) output_axes: Option<Vec<Axis>>,
}

impl Graph {
    /// A network without layers, whose input frames hold `input_channels` values.
    pub fn new(input_channels: usize) -> Graph {
        Graph {
            input_channels,
            nodes: Vec::new(),
            output: OutputKind::Plain,
            output_frames: 1,
            metadata: Vec::new(),
            input_axes: None,
            output_axes: None,
        }
    }

    /// Adds a layer that reads the values `inputs`; the number of the value it gives. The last layer gives the output.
    ///
    /// # Errors
    /// [`GraphError`] if weights and shapes don't fit.
    pub fn push(&mut self, op: Op, inputs: &[usize]) -> Result<usize, GraphError> {
        let layer = self.nodes.len();
        let check = |what, expected: usize, actual: usize| {
            if expected == actual { Ok(()) } else { Err(GraphError { layer, what, expected, actual }) }
        };
        let most = |what, actual: usize, most: usize| {
            if (1..=most).contains(&actual) {
                Ok(())
            } else {
                Err(GraphError { layer, what, expected: most, actual })
            }
        };
        most("layers", layer + 1, MAX_LAYERS as usize)?;
        check("inputs", if op == Op::Add { 2 } else { 1 }, inputs.len())?;
        for &input in inputs {
            if input > layer {
                return Err(GraphError { layer, what: "number of an input", expected: layer, actual: input });
            }
        }
        let value = |value: usize| match value.checked_sub(1) {
            None => (self.input_channels, 1, 0),
            Some(i) => (self.nodes[i].out_channels, self.nodes[i].period, self.nodes[i].lag),
        };
        let (channels, mut period, mut lag) = value(inputs[0]);
        let (mut out_channels, mut wait) = (channels, 0);
        match &op {
            Op::Conv(conv) | Op::Depthwise(conv) => {
                most("kernel", conv.kernel, MAX_KERNEL as usize)?;
                most("stride", conv.stride, MAX_STRIDE as usize)?;
                most("dilation", conv.dilation, MAX_DILATION as usize)?;
                let span = (conv.kernel - 1) * conv.dilation;
                most("rows that the kernel spans", span + 1, MAX_LAG as usize + 1)?;
                out_channels = conv.bias.len();
                most("channels", out_channels, MAX_CHANNELS as usize)?;
                let inputs = if matches!(op, Op::Conv(_)) { channels } else { 1 };
                if inputs == 1 && matches!(op, Op::Depthwise(_)) {
                    check("channels", channels, out_channels)?;
                }
                check("weights", out_channels * inputs * conv.kernel, conv.weights.len())?;
                wait = conv.wait().ok_or(GraphError {
                    layer,
                    what: "padding",
                    expected: (conv.kernel - 1) * conv.dilation,
                    actual: conv.padding.max(0) as usize,
                })?;
                lag = period.saturating_mul(wait).saturating_add(lag);
                period = period.saturating_mul(conv.stride as u32);
            }
            Op::Gru { input, recurrent, bias } => {
                out_channels = bias.len() / 6;
                most("channels", out_channels, MAX_CHANNELS as usize)?;
                check("biases", 6 * out_channels, bias.len())?;
                check("input weights", 3 * out_channels * channels, input.len())?;
                check("recurrent weights", 3 * out_channels * out_channels, recurrent.len())?;
            }
            Op::Add => {
                let (other, other_period, other_lag) = value(inputs[1]);
                check("channels of the second input", channels, other)?;
                check(
                    "input frames between rows of the second input",
                    period as usize,
                    other_period as usize,
                )?;
                if inputs[0] == inputs[1] {
                    return Err(GraphError { layer, what: "second input", expected: 0, actual: inputs[1] });
                }
                lag = lag.max(other_lag);
            }
            Op::Activation(_) => {}
        }
        most("input frames until the first output", (lag as usize).saturating_add(1), MAX_LAG as usize + 1)?;
        most("input frames between outputs", period as usize, MAX_LAG as usize)?;
        let in_channels = channels;
        let node =
            Node { op, inputs: inputs.to_vec(), relu: false, in_channels, out_channels, wait, period, lag };
        self.nodes.push(node);
        Ok(self.nodes.len())
    }

    /// Adds a layer that reads the last value, and max(0, x) on what it gives if `relu`; for chains.
    ///
    /// # Errors
    /// [`GraphError`] if weights and shapes don't fit.
    pub fn then(&mut self, op: Op, relu: bool) -> Result<usize, GraphError> {
        let value = self.push(op, &[self.nodes.len()])?;
        if relu { self.relu(value) } else { Ok(value) }
    }

    /// The value max(0, `value`): `value` itself, done by the layer that gives it, if that can and nothing else reads
    /// it yet; else that of a new layer.
    ///
    /// # Errors
    /// [`GraphError`] if there is no such value.
    pub fn relu(&mut self, value: usize) -> Result<usize, GraphError> {
        let read = self.nodes.iter().any(|node| node.inputs.contains(&value));
        match value.checked_sub(1).and_then(|giver| self.nodes.get_mut(giver)) {
            Some(node) if !read && matches!(node.op, Op::Conv(_) | Op::Depthwise(_) | Op::Add) => {
                node.relu = true;
                Ok(value)
            }
            _ => self.push(Op::Activation(Activation::Relu), &[value]),
        }
    }

    /// What is done to the output: `kind` over each of the `frames` that one output's values are divided into.
    pub fn set_output(&mut self, kind: OutputKind, frames: usize) {
        self.output = kind;
        self.output_frames = frames;
    }

    /// Adds to the metadata. Under `symbols`, the names of the output's values, one a line.
    pub fn set_metadata(&mut self, key: &str, value: &str) {
        self.metadata.retain(|(name, _)| name != key);
        self.metadata.push((key.into(), value.into()));
    }

    /// Number of layers so far.
    pub fn layers(&self) -> usize {
        self.nodes.len()
    }

    /// Number of weights and biases.
    pub fn parameters(&self) -> usize {
        self.nodes
            .iter()
            .map(|node| match &node.op {
                Op::Conv(conv) | Op::Depthwise(conv) => conv.weights.len() + conv.bias.len(),
                Op::Gru { input, recurrent, bias } => input.len() + recurrent.len() + bias.len(),
                Op::Add | Op::Activation(_) => 0,
            })
            .sum()
    }
}

/// A layer doesn't fit. `layer` counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphError {
    /// Which layer.
    pub layer: usize,
    /// What is counted.
    pub what: &'static str,
    /// What it should be, or the most it may be.
    pub expected: usize,
    /// What it is.
    pub actual: usize,
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GraphError { layer, what, expected, actual } = self;
        write!(f, "layer {layer}: {what}: {actual}, expected {expected}")
    }
}

impl core::error::Error for GraphError {}
