//! Writes ONNX files, enough of them for tests. Field numbers as in `onnx.proto`.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use super::nn_support::{Net, Random};
use earnest::nn::{Activation, Conv, Op};

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn int(field: u64, value: i64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(value as u64, out);
}

fn bytes(field: u64, content: &[u8], out: &mut Vec<u8>) {
    varint(field << 3 | 2, out);
    varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

fn message(field: u64, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut content = Vec::new();
    fill(&mut content);
    bytes(field, &content, out);
}

/// An attribute of a node.
pub enum Value<'a> {
    Int(i64),
    Float(f32),
    Ints(&'a [i64]),
}

/// A file being written: constants and nodes go in, in order.
#[derive(Default)]
pub struct Writer {
    graph: Vec<u8>,
    metadata: Vec<(String, String)>,
    names: usize,
}

impl Writer {
    pub fn floats(&mut self, dims: &[usize], values: &[f32]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(dims.iter().product::<usize>(), values.len());
        self.tensor(dims, 1, &raw)
    }

    pub fn ints(&mut self, values: &[i64]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.tensor(&[values.len()], 7, &raw)
    }

    fn tensor(&mut self, dims: &[usize], kind: i64, raw: &[u8]) -> String {
        let name = self.name("c");
        message(5, &mut self.graph, |tensor| {
            dims.iter().for_each(|&dim| int(1, dim as i64, tensor));
            int(2, kind, tensor);
            bytes(8, name.as_bytes(), tensor);
            bytes(9, raw, tensor);
        });
        name
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: &[(&str, Value)]) -> String {
        let output = self.name("v");
        message(1, &mut self.graph, |node| {
            inputs.iter().for_each(|input| bytes(1, input.as_bytes(), node));
            bytes(2, output.as_bytes(), node);
            bytes(3, format!("{op}_{output}").as_bytes(), node);
            bytes(4, op.as_bytes(), node);
            for (name, value) in attributes {
                message(5, node, |attribute| {
                    bytes(1, name.as_bytes(), attribute);
                    match value {
                        Value::Float(x) => {
                            varint(2 << 3 | 5, attribute);
                            attribute.extend_from_slice(&x.to_le_bytes());
                            int(20, 1, attribute);
                        }
                        Value::Int(x) => {
                            int(3, *x, attribute);
                            int(20, 2, attribute);
                        }
                        Value::Ints(list) => {
                            list.iter().for_each(|&x| int(8, x, attribute));
                            int(20, 7, attribute);
                        }
                    }
                });
            }
        });
        output
    }

    pub fn metadata(&mut self, key: &str, value: &str) {
        self.metadata.push((key.into(), value.into()));
    }

    /// The file. A dimension of 0 is left open.
    pub fn finish(mut self, input: (&str, &[usize]), output: (&str, &[usize])) -> Vec<u8> {
        for (field, (name, dims)) in [(11, input), (12, output)] {
            message(field, &mut self.graph, |info| {
                bytes(1, name.as_bytes(), info);
                message(2, info, |kind| {
                    message(1, kind, |tensor| {
                        int(1, 1, tensor);
                        message(2, tensor, |shape| {
                            for (i, &dim) in dims.iter().enumerate() {
                                message(1, shape, |d| match dim {
                                    0 => bytes(2, format!("open{i}").as_bytes(), d),
                                    dim => int(1, dim as i64, d),
                                });
                            }
                        });
                    });
                });
            });
        }
        bytes(2, b"test", &mut self.graph);
        let mut model = Vec::new();
        int(1, 8, &mut model);
        bytes(7, &self.graph, &mut model);
        message(8, &mut model, |opset| int(2, 17, opset));
        for (key, value) in &self.metadata {
            message(14, &mut model, |pair| {
                bytes(1, key.as_bytes(), pair);
                bytes(2, value.as_bytes(), pair);
            });
        }
        model
    }
}

/// Pads, strides and dilations of a convolution that gives one output for every `stride` inputs, begun or not.
pub fn conv_attributes(writer: &mut Writer, x: &str, conv: &Conv, inputs: usize, group: i64) -> String {
    let right = (conv.kernel as i64 - 1) * conv.dilation as i64 - i64::from(conv.padding);
    let weights = writer.floats(&[conv.bias.len(), inputs, conv.kernel], &conv.weights);
    let bias = writer.floats(&[conv.bias.len()], &conv.bias);
    writer.node(
        "Conv",
        &[x, &weights, &bias],
        &[
            ("group", Value::Int(group)),
            ("strides", Value::Ints(&[conv.stride as i64])),
            ("dilations", Value::Ints(&[conv.dilation as i64])),
            ("kernel_shape", Value::Ints(&[conv.kernel as i64])),
            ("pads", Value::Ints(&[i64::from(conv.padding), right])),
        ],
    )
}

/// The whole network, channels before time; with `fold`, each convolution as one of other scale and a batch norm.
pub fn write(net: &Net, fold: Option<&mut Random>) -> Vec<u8> {
    let mut writer = Writer::default();
    let mut fold = fold;
    let mut names = vec!["mel".to_string()];
    for layer in &net.layers {
        let x = names[layer.inputs[0]].clone();
        let channels = net.channels[layer.inputs[0]];
        let mut y = match &layer.op {
            Op::Conv(conv) | Op::Depthwise(conv) => {
                let (inputs, group) =
                    if matches!(layer.op, Op::Conv(_)) { (channels, 1) } else { (1, channels as i64) };
                match &mut fold {
                    Some(random) => normed(&mut writer, &x, conv, inputs, group, random),
                    None => conv_attributes(&mut writer, &x, conv, inputs, group),
                }
            }
            Op::Gru { input, recurrent, bias } => {
                let hidden = bias.len() / 6;
                let x = writer.node("Transpose", &[&x], &[("perm", Value::Ints(&[2, 0, 1]))]);
                let w = writer.floats(&[1, 3 * hidden, channels], input);
                let r = writer.floats(&[1, 3 * hidden, hidden], recurrent);
                let b = writer.floats(&[1, 6 * hidden], bias);
                let y = writer.node(
                    "GRU",
                    &[&x, &w, &r, &b],
                    &[("hidden_size", Value::Int(hidden as i64)), ("linear_before_reset", Value::Int(1))],
                );
                let axes = writer.ints(&[1]);
                let y = writer.node("Squeeze", &[&y, &axes], &[]);
                writer.node("Transpose", &[&y], &[("perm", Value::Ints(&[1, 2, 0]))])
            }
            Op::Add => writer.node("Add", &[&x, &names[layer.inputs[1]].clone()], &[]),
            Op::Activation(activation) => match activation {
                Activation::Relu => writer.node("Relu", &[&x], &[]),
                Activation::HardSwish => writer.node("HardSwish", &[&x], &[]),
                Activation::HardSigmoid { alpha, beta } => writer.node(
                    "HardSigmoid",
                    &[&x],
                    &[("alpha", Value::Float(*alpha)), ("beta", Value::Float(*beta))],
                ),
                Activation::Sigmoid => writer.node("Sigmoid", &[&x], &[]),
                _ => writer.node("Tanh", &[&x], &[]),
            },
            _ => unreachable!(),
        };
        if layer.relu {
            y = writer.node("Relu", &[&y], &[]);
        }
        names.push(y);
    }
    let last = names.last().unwrap();
    let last = last.clone();
    writer.finish(("mel", &[1, net.channels[0], 0]), (&last, &[1, *net.channels.last().unwrap(), 0]))
}

/// The same convolution as one with other weights, then a batch norm that makes up for it.
fn normed(
    writer: &mut Writer,
    x: &str,
    conv: &Conv,
    inputs: usize,
    group: i64,
    random: &mut Random,
) -> String {
    let outputs = conv.bias.len();
    let some = |random: &mut Random| 1.0 + 0.5 * random.unit();
    let scale: Vec<f32> = (0..outputs).map(|_| some(random)).collect();
    let variance: Vec<f32> = (0..outputs).map(|_| some(random)).collect();
    let mean = random.vec(outputs, 0.5);
    let epsilon = 1e-3;
    let factor: Vec<f32> = scale.iter().zip(&variance).map(|(s, v)| s / (v + epsilon).sqrt()).collect();
    let mut other = conv.clone();
    let per_output = conv.weights.len() / outputs;
    for (weights, factor) in other.weights.chunks_mut(per_output).zip(&factor) {
        weights.iter_mut().for_each(|w| *w /= factor);
    }
    // factor · (bias' − mean) + offset = bias, with bias' = 0.3.
    other.bias = vec![0.3; outputs];
    let offset: Vec<f32> =
        conv.bias.iter().zip(&mean).zip(&factor).map(|((b, m), f)| b - f * (0.3 - m)).collect();
    let y = conv_attributes(writer, x, &other, inputs, group);
    let lists = [scale, offset, mean, variance].map(|list| writer.floats(&[outputs], &list));
    let [s, o, m, v] = &lists;
    writer.node("BatchNormalization", &[&y, s, o, m, v], &[("epsilon", Value::Float(epsilon))])
}
