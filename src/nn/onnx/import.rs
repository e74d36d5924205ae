//! Goes through the nodes of an ONNX graph and builds layers.

use super::OnnxError;
use super::layout::{Axis, Layout};
use super::proto::{GraphProto, ModelProto, NodeProto, Tensor};
use crate::nn::graph::{Conv, Graph, GraphError, Op};
use crate::nn::image::OutputKind;
use crate::nn::layer::Activation;
use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub(super) fn import(model: &ModelProto) -> Result<Graph, OnnxError> {
    let proto = &model.graph;
    let constant: BTreeSet<&str> = proto.initializers.iter().map(|tensor| tensor.name.as_str()).collect();
    let mut inputs = proto.inputs.iter().filter(|input| !constant.contains(input.name.as_str()));
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return Err(OnnxError::Interface { needs: "one input" });
    };
    let mut first_error = OnnxError::Interface {
        needs: "an input of time and channels, the channels fixed, all else of length 1",
    };
    for (n, (layout, channels)) in Layout::of_input(&input.dims).into_iter().enumerate() {
        match Import::new(model, layout, channels, &input.name).run(proto) {
            Ok(graph) => return Ok(graph),
            Err(error) if n == 0 => first_error = error,
            Err(_) => {}
        }
    }
    Err(first_error)
}

/// What an ONNX tensor is among our values.
#[derive(Clone, Debug)]
struct Value {
    id: usize,
    layout: Layout,
    /// Zeros put before the first row and not yet given to a layer; less than none: rows taken off.
    padding: i64,
    /// Frames that a row is cut into.
    frames: usize,
    /// Already a probability or its logarithm.
    done: bool,
}

struct Import<'m> {
    model: &'m ModelProto,
    graph: Graph,
    constants: BTreeMap<&'m str, &'m Tensor>,
    values: BTreeMap<&'m str, Value>,
    /// How many nodes read each tensor, the graph's outputs counted too.
    readers: BTreeMap<&'m str, usize>,
}

/// What goes wrong at a node, before the node's name is known.
enum Fault {
    Needs(&'static str),
    Input(usize),
    Layer(GraphError),
    Operator,
}

impl From<GraphError> for Fault {
    fn from(error: GraphError) -> Self {
        Fault::Layer(error)
    }
}

impl<'m> Import<'m> {
    fn new(model: &'m ModelProto, layout: Layout, channels: usize, input: &'m str) -> Self {
        let mut graph = Graph::new(channels);
        graph.input_axes = Some(layout.0.clone());
        let value = Value { id: 0, layout, padding: 0, frames: 1, done: false };
        let mut readers = BTreeMap::new();
        let read = model.graph.nodes.iter().flat_map(|node| node.inputs.iter().map(String::as_str));
        for name in read.chain(model.graph.outputs.iter().map(|output| output.name.as_str())) {
            *readers.entry(name).or_insert(0) += 1;
        }
        let constants =
            model.graph.initializers.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        Import { model, graph, constants, values: BTreeMap::from([(input, value)]), readers }
    }

    fn run(mut self, proto: &'m GraphProto) -> Result<Graph, OnnxError> {
        let Some(output) = proto.outputs.first() else {
            return Err(OnnxError::Interface { needs: "an output" });
        };
        let needed = needed(proto, &output.name);
        for node in &proto.nodes {
            if node.op == "Constant" {
                let (Some(name), Some(tensor)) =
                    (node.outputs.first(), node.attribute("value").and_then(|value| value.tensor.as_ref()))
                else {
                    continue;
                };
                self.constants.insert(name, tensor);
            } else if node.outputs.iter().any(|name| needed.contains(name.as_str())) {
                self.node(node).map_err(|fault| named(node, fault))?;
            }
        }
        let Some(value) = self.values.remove(output.name.as_str()) else {
            return Err(OnnxError::Interface { needs: "an output that depends on the input" });
        };
        let in_output = |error| OnnxError::Layer { node: output.name.clone(), error };
        let value = self.settled(value).map_err(in_output)?;
        if value.id == 0 || value.id != self.graph.layers() {
            self.graph.push(Op::Activation(Activation::None), &[value.id]).map_err(in_output)?;
        }
        self.graph.output_frames = value.frames;
        self.graph.output_axes = Some(value.layout.0);
        for (key, text) in &self.model.metadata {
            if key == "symbols" {
                self.graph.set_metadata(key, &one_a_line(text));
            } else {
                self.graph.set_metadata(key, text);
            }
        }
        Ok(self.graph)
    }

    fn value(&self, node: &NodeProto, input: usize) -> Result<Value, Fault> {
        let name = node.input(input).ok_or(Fault::Input(input))?;
        self.values.get(name).cloned().ok_or(Fault::Input(input))
    }

    fn constant(&self, node: &NodeProto, input: usize) -> Result<&'m Tensor, Fault> {
        node.input(input).and_then(|name| self.constants.get(name).copied()).ok_or(Fault::Input(input))
    }

    /// Integers from an input that is constant, or from the attribute that older versions have instead.
    fn ints(&self, node: &'m NodeProto, input: usize, attribute: &str) -> Result<&'m [i64], Fault> {
        match node.input(input) {
            Some(_) => self.constant(node, input).map(|tensor| &tensor.ints[..]),
            None => Ok(node.ints(attribute)),
        }
    }

    fn channels(&self, id: usize) -> usize {
        id.checked_sub(1).map_or(self.graph.input_channels, |giver| self.graph.nodes[giver].out_channels)
    }

    /// Whether only one node reads the tensor, so that the layer that gives it may be changed.
    fn sole(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.readers.get(name) == Some(&1))
    }

    /// `value` with no padding left over: by a convolution that only shifts, if need be.
    fn settled(&mut self, value: Value) -> Result<Value, GraphError> {
        if value.padding == 0 {
            return Ok(value);
        }
        let channels = self.channels(value.id);
        let kernel = value.padding.max(0) as usize + 1;
        let weights = (0..channels * kernel).map(|i| if i % kernel == 0 { 1.0 } else { 0.0 }).collect();
        let conv =
            Conv { padding: value.padding as i32, ..Conv::causal(weights, vec![0.0; channels], kernel) };
        let id = self.graph.push(Op::Depthwise(conv), &[value.id])?;
        Ok(Value { id, padding: 0, ..value })
    }

    fn node(&mut self, node: &'m NodeProto) -> Result<(), Fault> {
        let output = node.outputs.first().ok_or(Fault::Operator)?;
        let value = match node.op.as_str() {
            "Conv" => self.conv(node)?,
            "Gemm" | "MatMul" => self.dense(node)?,
            "GRU" => self.gru(node)?,
            "BatchNormalization" => self.batch_norm(node)?,
            "Add" | "Sub" | "Mul" | "Div" => self.binary(node)?,
            "Relu" => {
                let value = self.ready(node)?;
                let id = self.relu(node, value.id)?;
                Value { id, ..value }
            }
            "HardSwish" => self.activation(node, Activation::HardSwish)?,
            "Sigmoid" => self.activation(node, Activation::Sigmoid)?,
            "Tanh" => self.activation(node, Activation::Tanh)?,
            "HardSigmoid" => {
                let (alpha, beta) = (node.float("alpha", 0.2), node.float("beta", 0.5));
                self.activation(node, Activation::HardSigmoid { alpha, beta })?
            }
            "Softmax" => self.softmax(node, OutputKind::Softmax)?,
            "LogSoftmax" => self.softmax(node, OutputKind::LogSoftmax)?,
            "Identity" | "Dropout" => self.value(node, 0)?,
            "Pad" | "Slice" | "Transpose" | "Squeeze" | "Unsqueeze" | "Flatten" | "Reshape" => {
                self.renamed(node)?
            }
            _ => return Err(Fault::Operator),
        };
        self.values.insert(output, value);
        Ok(())
    }

    /// The first input, settled, and not after the softmax.
    fn ready(&mut self, node: &NodeProto) -> Result<Value, Fault> {
        let value = self.value(node, 0)?;
        let value = self.settled(value)?;
        if value.done { Err(Fault::Needs("a softmax that comes last")) } else { Ok(value) }
    }

    fn relu(&mut self, node: &NodeProto, id: usize) -> Result<usize, Fault> {
        if self.sole(node.input(0)) {
            return Ok(self.graph.relu(id)?);
        }
        Ok(self.graph.push(Op::Activation(Activation::Relu), &[id])?)
    }

    fn activation(&mut self, node: &NodeProto, activation: Activation) -> Result<Value, Fault> {
        let value = self.ready(node)?;
        let id = self.graph.push(Op::Activation(activation), &[value.id])?;
        Ok(Value { id, ..value })
    }

    fn conv(&mut self, node: &NodeProto) -> Result<Value, Fault> {
        let value = self.value(node, 0)?;
        let weights = self.constant(node, 1)?;
        let axes = &value.layout.0;
        let time = value.layout.position(Axis::Time).ok_or(Fault::Input(0))?;
        let plain = axes.len() == weights.dims.len()
            && axes.len() >= 3
            && axes[0] == Axis::One
            && axes[1] == Axis::Channel
            && time >= 2;
        if !plain || value.frames != 1 || value.done {
            return Err(Fault::Needs("an input of [1, channels, time]"));
        }
        if !matches!(node.string("auto_pad"), "" | "NOTSET" | "VALID") {
            return Err(Fault::Needs("explicit pads"));
        }
        let at = |name: &str, offset: usize, default: i64| {
            node.ints(name).get(time - 2 + offset).copied().unwrap_or(default)
        };
        let others_are_one = weights.dims[2..].iter().enumerate().all(|(i, &dim)| i + 2 == time || dim == 1);
        if !others_are_one {
            return Err(Fault::Needs("a kernel over time alone"));
        }
        let (outputs, inputs, kernel) = (weights.dims[0], weights.dims[1], weights.dims[time]);
        let channels = self.channels(value.id);
        let group = node.int("group", 1);
        let bias = match node.input(2) {
            Some(_) => self.constant(node, 2)?.floats.clone(),
            None => vec![0.0; outputs],
        };
        let number = |x: i64| usize::try_from(x).map_err(|_| Fault::Needs("strides and dilations above 0"));
        let conv = Conv {
            weights: weights.floats.clone(),
            bias,
            kernel,
            stride: number(at("strides", 0, 1))?,
            dilation: number(at("dilations", 0, 1))?,
            padding: i32::try_from(at("pads", 0, 0) + value.padding)
                .map_err(|_| Fault::Needs("pads that an i32 holds"))?,
        };
        let op = if group == 1 {
            Op::Conv(conv)
        } else if group == channels as i64 && inputs == 1 && outputs == channels {
            Op::Depthwise(conv)
        } else {
            return Err(Fault::Needs("one group, or as many as there are channels in and out"));
        };
        let id = self.graph.push(op, &[value.id])?;
        Ok(Value { id, padding: 0, ..value })
    }

    fn dense(&mut self, node: &NodeProto) -> Result<Value, Fault> {
        let value = self.ready(node)?;
        let weights = self.constant(node, 1)?;
        if value.layout.0.last() != Some(&Axis::Channel) || value.frames != 1 || weights.dims.len() != 2 {
            return Err(Fault::Needs("channels as the input's last axis and a constant matrix"));
        }
        let gemm = node.op == "Gemm";
        if gemm && (node.int("transA", 0) != 0 || value.layout.0.len() != 2) {
            return Err(Fault::Needs("an input of [time, channels], not transposed"));
        }
        let transposed = gemm && node.int("transB", 0) != 0;
        let (alpha, beta) =
            if gemm { (node.float("alpha", 1.0), node.float("beta", 1.0)) } else { (1.0, 1.0) };
        let (rows, columns) = (weights.dims[0], weights.dims[1]);
        let (inputs, outputs) = if transposed { (columns, rows) } else { (rows, columns) };
        let matrix = (0..outputs * inputs).map(|at| {
            let (o, i) = (at / inputs, at % inputs);
            alpha * weights.floats[if transposed { o * columns + i } else { i * columns + o }]
        });
        let bias = match node.input(2).filter(|_| gemm) {
            Some(_) => {
                let bias = self.constant(node, 2)?;
                let bias =
                    value.layout.per_channel(&bias.dims, &bias.floats, outputs).ok_or(Fault::Input(2))?;
                bias.into_iter().map(|b| beta * b).collect()
            }
            None => vec![0.0; outputs],
        };
        let id = self.graph.push(Op::Conv(Conv::causal(matrix.collect(), bias, 1)), &[value.id])?;
        Ok(Value { id, ..value })
    }

    fn gru(&mut self, node: &NodeProto) -> Result<Value, Fault> {
        let value = self.ready(node)?;
        if value.layout.0 != [Axis::Time, Axis::One, Axis::Channel] || node.int("layout", 0) != 0 {
            return Err(Fault::Needs("an input of [time, 1, channels]"));
        }
        let plain = node.int("linear_before_reset", 0) == 1
            && matches!(node.string("direction"), "" | "forward")
            && node.attribute("clip").is_none()
            && node.attribute("activations").is_none();
        if !plain {
            return Err(Fault::Needs("linear_before_reset = 1, forward, default activations, no clip"));
        }
        if node.input(5).is_some_and(|name| !self.zero(name)) {
            return Err(Fault::Needs("an initial state of zeros"));
        }
        let recurrent = self.constant(node, 2)?;
        let hidden = recurrent.dims.last().copied().unwrap_or(0);
        let bias = match node.input(3) {
            Some(_) => self.constant(node, 3)?.floats.clone(),
            None => vec![0.0; 6 * hidden],
        };
        let input = self.constant(node, 1)?.floats.clone();
        let id =
            self.graph.push(Op::Gru { input, recurrent: recurrent.floats.clone(), bias }, &[value.id])?;
        if node.outputs.get(1).is_some_and(|name| self.readers.contains_key(name.as_str())) {
            return Err(Fault::Needs("its last state unused"));
        }
        let layout = Layout(vec![Axis::Time, Axis::One, Axis::One, Axis::Channel]);
        Ok(Value { id, layout, ..value })
    }

    /// Whether a tensor is zeros: a constant, or one spread out by a node.
    fn zero(&self, name: &str) -> bool {
        if let Some(tensor) = self.constants.get(name) {
            return tensor.is_zero();
        }
        let giver =
            self.model.graph.nodes.iter().find(|node| node.outputs.iter().any(|output| output == name));
        giver.is_some_and(|node| match node.op.as_str() {
            "ConstantOfShape" => {
                node.attribute("value").is_none_or(|v| v.tensor.as_ref().is_none_or(Tensor::is_zero))
            }
            "Expand" | "Identity" | "Unsqueeze" | "Squeeze" | "Reshape" | "Transpose" | "Slice" => {
                node.input(0).is_some_and(|name| self.zero(name))
            }
            _ => false,
        })
    }

    fn batch_norm(&mut self, node: &NodeProto) -> Result<Value, Fault> {
        let value = self.ready(node)?;
        if value.layout.position(Axis::Channel) != Some(1) || value.frames != 1 {
            return Err(Fault::Needs("channels as the second axis"));
        }
        let [scale, bias, mean, variance] = [1, 2, 3, 4].map(|input| self.constant(node, input));
        let (scale, bias, mean, variance) = (&scale?.floats, &bias?.floats, &mean?.floats, &variance?.floats);
        let channels = self.channels(value.id);
        if [scale, bias, mean, variance].iter().any(|list| list.len() != channels) {
            return Err(Fault::Needs("one scale, bias, mean and variance per channel"));
        }
        let epsilon = f64::from(node.float("epsilon", 1e-5));
        let factors: Vec<f64> = scale
            .iter()
            .zip(variance)
            .map(|(&s, &v)| f64::from(s) / libm::sqrt(f64::from(v) + epsilon))
            .collect();
        let offsets: Vec<f64> = bias
            .iter()
            .zip(mean)
            .zip(&factors)
            .map(|((&b, &m), f)| f64::from(b) - f64::from(m) * f)
            .collect();
        self.affine(node, 0, value, &factors, &offsets)
    }

    /// `value · factors + offsets`, by the layer that gives it if it can, else by a new one.
    fn affine(
        &mut self,
        node: &NodeProto,
        input: usize,
        value: Value,
        factors: &[f64],
        offsets: &[f64],
    ) -> Result<Value, Fault> {
        let sole = self.sole(node.input(input));
        let read = self.graph.nodes.iter().any(|node| node.inputs.contains(&value.id));
        if let Some(giver) = value.id.checked_sub(1).map(|giver| &mut self.graph.nodes[giver])
            && let Op::Conv(conv) | Op::Depthwise(conv) = &mut giver.op
            && sole
            && !read
            && !giver.relu
        {
            let per_output = conv.weights.len() / conv.bias.len();
            for (weights, &factor) in conv.weights.chunks_mut(per_output).zip(factors) {
                weights.iter_mut().for_each(|w| *w = (f64::from(*w) * factor) as f32);
            }
            for ((b, factor), offset) in conv.bias.iter_mut().zip(factors).zip(offsets) {
                *b = (f64::from(*b) * factor + offset) as f32;
            }
            return Ok(value);
        }
        let narrow = |list: &[f64]| list.iter().map(|&x| x as f32).collect();
        let conv = Conv::causal(narrow(factors), narrow(offsets), 1);
        let id = self.graph.push(Op::Depthwise(conv), &[value.id])?;
        Ok(Value { id, ..value })
    }

    fn binary(&mut self, node: &NodeProto) -> Result<Value, Fault> {
        let [first, second] = [0, 1].map(|input| self.value(node, input));
        let (value, input, constant) = match (first, second) {
            (Ok(a), Ok(b)) => return self.of_two(node, a, b),
            (Ok(value), _) => (value, 0, self.constant(node, 1)?),
            (_, Ok(value)) => (value, 1, self.constant(node, 0)?),
            (Err(fault), _) => return Err(fault),
        };
        if value.done || value.frames != 1 {
            return Err(Fault::Needs("a softmax that comes last"));
        }
        let value = self.settled(value)?;
        let channels = self.channels(value.id);
        let list = value.layout.per_channel(&constant.dims, &constant.floats, channels);
        let list: Vec<f64> = list
            .ok_or(Fault::Needs("a constant for each channel, or for all"))?
            .into_iter()
            .map(f64::from)
            .collect();
        let ones = vec![1.0; channels];
        let zeros = vec![0.0; channels];
        let negative: Vec<f64> = list.iter().map(|x| -x).collect();
        let inverse: Vec<f64> = list.iter().map(|x| 1.0 / x).collect();
        match (node.op.as_str(), input) {
            ("Add", _) => self.affine(node, input, value, &ones, &list),
            ("Mul", _) => self.affine(node, input, value, &list, &zeros),
            ("Sub", 0) => self.affine(node, input, value, &ones, &negative),
            ("Sub", _) => self.affine(node, input, value, &vec![-1.0; channels], &list),
            ("Div", 0) => self.affine(node, input, value, &inverse, &zeros),
            _ => Err(Fault::Needs("a constant divisor")),
        }
    }

    fn of_two(&mut self, node: &NodeProto, a: Value, b: Value) -> Result<Value, Fault> {
        if a.done || b.done || a.layout != b.layout || a.frames != b.frames {
            return Err(Fault::Needs("two inputs of the same axes"));
        }
        match node.op.as_str() {
            "Add" => {
                let (a, b) = (self.settled(a)?, self.settled(b)?);
                let id = self.graph.push(Op::Add, &[a.id, b.id])?;
                Ok(Value { id, ..a })
            }
            // x · HardSigmoid(x) with a slope of 1/6 is how older versions write HardSwish.
            "Mul" => {
                let hard = |gate: &Value, x: &Value| {
                    let giver = gate.id.checked_sub(1).map(|giver| &self.graph.nodes[giver]);
                    giver.is_some_and(|giver| {
                        let hard = matches!(giver.op, Op::Activation(Activation::HardSigmoid { alpha, beta })
                            if (alpha - 1.0 / 6.0).abs() < 1e-6 && beta == 0.5);
                        hard && giver.inputs == [x.id] && gate.id == self.graph.layers() && gate.padding == 0
                    })
                };
                let x = if hard(&b, &a) {
                    a
                } else if hard(&a, &b) {
                    b
                } else {
                    return Err(Fault::Needs("a constant factor, or x and HardSigmoid(x) with alpha = 1/6"));
                };
                self.graph.nodes.pop();
                let id = self.graph.push(Op::Activation(Activation::HardSwish), &[x.id])?;
                Ok(Value { id, ..x })
            }
            _ => Err(Fault::Needs("one constant input")),
        }
    }

    fn softmax(&mut self, node: &NodeProto, kind: OutputKind) -> Result<Value, Fault> {
        let value = self.ready(node)?;
        let default = if self.model.opset < 13 { 1 } else { -1 };
        let axis = value.layout.resolve(node.int("axis", default));
        if axis != value.layout.position(Axis::Channel) {
            return Err(Fault::Needs("channels as its axis"));
        }
        self.graph.output = kind;
        Ok(Value { done: true, ..value })
    }

    /// Operators that move axes and rows but compute nothing.
    fn renamed(&mut self, node: &'m NodeProto) -> Result<Value, Fault> {
        let value = self.value(node, 0)?;
        let layout = &value.layout;
        let new = match node.op.as_str() {
            "Transpose" => layout.transposed(node.ints("perm")),
            "Squeeze" => layout.squeezed(self.ints(node, 1, "axes")?),
            "Unsqueeze" => layout.unsqueezed(self.ints(node, 1, "axes")?),
            "Flatten" => layout.flattened(node.int("axis", 1)),
            "Reshape" => {
                let dims = self.ints(node, 1, "shape")?;
                let channels = self.channels(value.id) / value.frames;
                let (layout, frames) =
                    layout.reshaped(channels, dims).ok_or(Fault::Needs("time and channels kept apart"))?;
                return Ok(Value { layout, frames: value.frames * frames, ..value });
            }
            "Pad" => return self.pad(node, value),
            _ => return self.slice(node, value),
        };
        let layout = new.ok_or(Fault::Needs("axes of length 1 to add or drop"))?;
        Ok(Value { layout, ..value })
    }

    fn pad(&self, node: &'m NodeProto, value: Value) -> Result<Value, Fault> {
        let zeros = matches!(node.string("mode"), "" | "constant")
            && node.float("value", 0.0) == 0.0
            && (node.input(2).is_none() || self.constant(node, 2)?.is_zero());
        let rank = value.layout.0.len();
        let pads = self.ints(node, 1, "pads")?;
        let time = value.layout.position(Axis::Time).ok_or(Fault::Input(0))?;
        let only_time = pads.iter().enumerate().all(|(i, &pad)| pad == 0 || i % rank == time);
        if !zeros || !only_time || pads.len() != 2 * rank || value.frames != 1 || node.input(3).is_some() {
            return Err(Fault::Needs("zeros before and after time"));
        }
        Ok(Value { padding: value.padding + pads[time], ..value })
    }

    fn slice(&self, node: &'m NodeProto, value: Value) -> Result<Value, Fault> {
        let (starts, axes) = (self.ints(node, 1, "starts")?, self.ints(node, 3, "axes")?);
        let steps = self.ints(node, 4, "steps")?;
        let axis = axes.first().map_or(Some(0), |&axis| value.layout.resolve(axis));
        let (&[start], true) = (starts, axis == value.layout.position(Axis::Time)) else {
            return Err(Fault::Needs("time as its only axis"));
        };
        let ends = self.ints(node, 2, "ends")?;
        let to_the_end = ends.first().is_some_and(|&end| !(0..=1 << 30).contains(&end));
        if start < 0 || steps.iter().any(|&step| step != 1) || !to_the_end || value.frames != 1 {
            return Err(Fault::Needs("rows taken off at the start, or at the end by a negative number"));
        }
        if value.padding > 0 {
            return Err(Fault::Needs("no padding before it"));
        }
        Ok(Value { padding: value.padding - start, ..value })
    }
}

/// Names of all tensors that the output depends on. A GRU's lengths and initial state don't count.
fn needed<'m>(graph: &'m GraphProto, output: &'m str) -> BTreeSet<&'m str> {
    let mut needed = BTreeSet::from([output]);
    for node in graph.nodes.iter().rev() {
        if node.outputs.iter().any(|name| needed.contains(name.as_str())) {
            let inputs =
                if node.op == "GRU" { node.inputs.get(..4).unwrap_or(&node.inputs) } else { &node.inputs };
            needed.extend(inputs.iter().map(String::as_str));
        }
    }
    needed
}

fn named(node: &NodeProto, fault: Fault) -> OnnxError {
    let name = if node.name.is_empty() {
        node.outputs.first().cloned().unwrap_or_default()
    } else {
        node.name.clone()
    };
    let op = node.op.to_owned();
    match fault {
        Fault::Operator => OnnxError::Operator { node: name, op },
        Fault::Needs(needs) => OnnxError::Use { node: name, op, needs },
        Fault::Input(input) => OnnxError::Input { node: name, input },
        Fault::Layer(error) => OnnxError::Layer { node: name, error },
    }
}

/// Symbols one a line, from a list split by lines, commas or spaces.
fn one_a_line(text: &str) -> String {
    let separator = if text.contains('\n') {
        '\n'
    } else if text.contains(',') {
        ','
    } else {
        ' '
    };
    let symbols: Vec<&str> =
        text.split(separator).map(str::trim).filter(|symbol| !symbol.is_empty()).collect();
    symbols.join("\n")
}
