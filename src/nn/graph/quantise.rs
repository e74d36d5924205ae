//! Chooses scales from what a network does on real input, and rounds its weights.
//!
//! Weights are `i8`, symmetric, one scale per output channel; activations `i16`, symmetric, one scale per layer. With
//! 16 bits an activation needs no tight range: the largest value seen gets [`HEADROOM`].

use super::super::image::Model;
use super::super::layer::{Activation, Format, TABLE_LEN, padded};
use super::super::net::Net;
use super::pack::{Blocks, bytes, gate_row, in_panels};
use super::{Conv, Graph, GraphError, Op};
use crate::nn::ImageError;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// How far values may go beyond the largest one seen before they are cut off.
const HEADROOM: f32 = 2.0;
/// Largest activation.
const MAX_VALUE: f32 = 32767.0;
/// What the sums of a GRU's gates are rounded to: ±8 with 12 fractional bits.
const GATE_SCALE: f64 = 1.0 / 4096.0;

/// The largest magnitude of every value of a network on the input shown to it.
#[derive(Debug)]
pub struct Calibration {
    net: Net<'static>,
    input: f32,
    layers: Vec<f32>,
}

impl Calibration {
    /// Begins to watch `graph`.
    ///
    /// # Errors
    /// [`GraphError`] or [`ImageError`] if the graph can't be packed.
    pub fn new(graph: &Graph) -> Result<Calibration, Box<dyn core::error::Error + Send + Sync>> {
        let image = graph.to_image()?;
        let model = Model::new(image).map_err(|error: ImageError| error)?;
        Ok(Calibration { layers: vec![0.0; model.layers()], net: Net::owned(model), input: 0.0 })
    }

    /// Shows it the next frame.
    pub fn observe(&mut self, frame: &[f32]) {
        self.input = frame.iter().fold(self.input, |max, x| max.max(x.abs()));
        let layers = &mut self.layers;
        self.net.process_observed(frame, |layer, output| {
            if let Some(max) = layers.get_mut(layer) {
                *max = output.iter().fold(*max, |max, x| max.max(x.abs()));
            }
        });
    }

    /// What follows is another recording.
    pub fn reset(&mut self) {
        self.net.reset();
    }
}

impl Graph {
    /// The network as an image in integers, with the ranges that `calibration` saw.
    ///
    /// # Errors
    /// [`GraphError`] if the calibration is another graph's, or saw nothing.
    pub fn to_int8_image(&self, calibration: &Calibration) -> Result<Vec<u8>, GraphError> {
        let count = self.nodes.len();
        if calibration.layers.len() != count {
            let (expected, actual) = (count, calibration.layers.len());
            return Err(GraphError { layer: count, what: "layers calibrated", expected, actual });
        }
        let scale_of = |max: f32| (max * HEADROOM / MAX_VALUE).max(1e-20);
        if calibration.input == 0.0 {
            return Err(GraphError { layer: 0, what: "frames calibrated with", expected: 1, actual: 0 });
        }
        let mut scales = vec![scale_of(calibration.input)];
        let mut all = Vec::with_capacity(count);
        for (node, &max) in self.nodes.iter().zip(&calibration.layers) {
            let inputs: Vec<f32> = node.inputs.iter().map(|&input| scales[input]).collect();
            let wanted = scale_of(max);
            let blocks = match &node.op {
                Op::Conv(conv) => conv_blocks(conv, node.in_channels, inputs[0], wanted),
                Op::Depthwise(conv) => depthwise_blocks(conv, inputs[0], wanted),
                Op::Gru { input, recurrent, bias } => {
                    gru_blocks(input, recurrent, bias, node.in_channels, inputs[0]).map_err(|actual| {
                        GraphError {
                            layer: all.len(),
                            what: "scale of a GRU's gates, in units of 2^-13",
                            expected: 1,
                            actual,
                        }
                    })?
                }
                Op::Add => add_blocks(inputs[0], inputs[1], wanted),
                Op::Activation(activation) => {
                    let mut blocks = empty(wanted);
                    blocks.blocks[6] = table(*activation, inputs[0], wanted);
                    blocks
                }
            };
            scales.push(blocks.scale);
            all.push(blocks);
        }
        self.write(Format::Int8, scales[0], all)
    }
}

fn empty(scale: f32) -> Blocks {
    Blocks { blocks: [const { Vec::new() }; 7], scale, sum: [0; 2] }
}

/// The rounded weights of one output, what one unit of its sum stands for, and its bias in that unit.
struct Row {
    weights: Vec<i8>,
    unit: f64,
    bias: i32,
}

/// Rounds the weights of one output so that no input can make its sum leave the range of an `i32`.
fn round_row(weights: &[f32], bias: f32, input_scale: f32) -> Row {
    let input_scale = f64::from(input_scale);
    let bias = f64::from(bias);
    let largest = weights.iter().fold(0.0f32, |max, w| max.max(w.abs()));
    let mut scale =
        (f64::from(largest) / 127.0).max(bias.abs() / (input_scale * f64::from(1 << 29))).max(1e-30);
    loop {
        let rounded: Vec<i8> = weights.iter().map(|&w| libm::round(f64::from(w) / scale) as i8).collect();
        let unit = scale * input_scale;
        let bias = libm::round(bias / unit);
        let reach: f64 = rounded.iter().map(|&w| f64::from(w).abs()).sum::<f64>() * 32768.0 + bias.abs();
        if reach < f64::from(i32::MAX) {
            return Row { weights: rounded, unit, bias: bias as i32 };
        }
        scale *= 1.1;
    }
}

/// Multiplier and shift for a factor below 1/2: `factor ≈ multiplier / 2^(32 + shift)`.
fn fixed_point(factor: f64) -> (i32, i32) {
    let (mut scaled, mut shift) = (factor * 4294967296.0, 0);
    while scaled < f64::from(1 << 30) {
        if shift == 31 {
            return (0, 0);
        }
        scaled *= 2.0;
        shift += 1;
    }
    (libm::round(scaled).min(f64::from(i32::MAX)) as i32, shift)
}

/// Multipliers, then shifts, of all padded rows.
fn requantise(units: impl Iterator<Item = f64>, scale: f64) -> Vec<u8> {
    let (multipliers, shifts): (Vec<i32>, Vec<i32>) = units.map(|unit| fixed_point(unit / scale)).unzip();
    bytes(multipliers.into_iter().chain(shifts).map(i32::to_le_bytes))
}

/// The output scale: what was asked for, or more if a sum's unit is coarser than that.
fn output_scale(wanted: f32, units: impl Iterator<Item = f64>) -> f32 {
    units.fold(wanted, |scale, unit| scale.max(2.001 * unit as f32))
}

/// Weights of pairs of inputs in panels: for each tap and pair, both weights of every output.
fn pairs(rows: &[Option<&Row>], inputs: usize, kernel: usize) -> Vec<u8> {
    let even = inputs.next_multiple_of(2);
    let both = in_panels(rows.len(), kernel * even / 2, |o, pair| {
        let (k, first) = (2 * pair / even, 2 * pair % even);
        let at = |i: usize| rows[o].filter(|_| i < inputs).map_or(0, |row| row.weights[i * kernel + k]);
        [at(first) as u8, at(first + 1) as u8]
    });
    bytes(both)
}

fn biases(rows: &[Option<&Row>]) -> Vec<u8> {
    bytes((0..padded(rows.len())).map(|o| {
        let row = rows.get(o).copied().flatten();
        row.map_or(0, |row| row.bias).to_le_bytes()
    }))
}

fn units<'r>(rows: &'r [Option<&Row>]) -> impl Iterator<Item = f64> + 'r {
    (0..padded(rows.len())).map(|o| rows.get(o).copied().flatten().map_or(0.0, |row| row.unit))
}

fn conv_blocks(conv: &Conv, inputs: usize, input_scale: f32, wanted: f32) -> Blocks {
    let rows: Vec<Row> = conv
        .weights
        .chunks(inputs * conv.kernel)
        .zip(&conv.bias)
        .map(|(weights, &bias)| round_row(weights, bias, input_scale))
        .collect();
    let rows: Vec<Option<&Row>> = rows.iter().map(Some).collect();
    let mut blocks = empty(output_scale(wanted, units(&rows)));
    blocks.blocks[0] = pairs(&rows, inputs, conv.kernel);
    blocks.blocks[1] = biases(&rows);
    blocks.blocks[2] = requantise(units(&rows), f64::from(blocks.scale));
    blocks
}

fn depthwise_blocks(conv: &Conv, input_scale: f32, wanted: f32) -> Blocks {
    let rows: Vec<Row> = conv
        .weights
        .chunks(conv.kernel)
        .zip(&conv.bias)
        .map(|(weights, &bias)| round_row(weights, bias, input_scale))
        .collect();
    let weights = in_panels(rows.len(), conv.kernel, |c, k| [rows[c].weights[k] as u8]);
    let rows: Vec<Option<&Row>> = rows.iter().map(Some).collect();
    let mut blocks = empty(output_scale(wanted, units(&rows)));
    blocks.blocks[0] = bytes(weights);
    blocks.blocks[1] = biases(&rows);
    blocks.blocks[2] = requantise(units(&rows), f64::from(blocks.scale));
    blocks
}

/// Fails with the scale of the coarsest gate if that is too coarse.
fn gru_blocks(
    input: &[f32],
    recurrent: &[f32],
    bias: &[f32],
    inputs: usize,
    input_scale: f32,
) -> Result<Blocks, usize> {
    let hidden = bias.len() / 6;
    let state_scale = 1.0 / 32768.0;
    let mut blocks = empty(state_scale);
    let (of_input, of_state) = bias.split_at(3 * hidden);
    let parts = [(input, of_input, inputs, input_scale), (recurrent, of_state, hidden, state_scale)];
    for (part, (weights, bias, inputs, scale)) in parts.into_iter().enumerate() {
        let rows: Vec<Row> = weights.chunks(inputs).zip(bias).map(|(w, &b)| round_row(w, b, scale)).collect();
        let rows: Vec<Option<&Row>> =
            (0..3 * padded(hidden)).map(|row| gate_row(row, hidden).map(|row| &rows[row])).collect();
        let coarsest = units(&rows).fold(0.0, f64::max);
        if coarsest > GATE_SCALE / 2.001 {
            return Err(libm::ceil(coarsest / (GATE_SCALE / 2.0)) as usize);
        }
        blocks.blocks[3 * part] = pairs(&rows, inputs, 1);
        blocks.blocks[3 * part + 1] = biases(&rows);
        blocks.blocks[3 * part + 2] = requantise(units(&rows), GATE_SCALE);
    }
    blocks.blocks[6] = table(Activation::Sigmoid, GATE_SCALE as f32, 1.0 / MAX_VALUE);
    blocks.blocks[6].extend(table(Activation::Tanh, GATE_SCALE as f32, 1.0 / MAX_VALUE));
    Ok(blocks)
}

/// A sum: each input times a multiplier, both multipliers together at most 2^15 so that nothing overflows.
fn add_blocks(a: f32, b: f32, wanted: f32) -> Blocks {
    let (a, b) = (f64::from(a), f64::from(b));
    let scale = f64::from(wanted).max((a + b) / 16384.0);
    let mut shift = 30;
    let multiplier = |input: f64, shift: i32| libm::round(libm::ldexp(input / scale, shift));
    while multiplier(a, shift) + multiplier(b, shift) > 32768.0 {
        shift -= 1;
    }
    let mut blocks = empty(scale as f32);
    blocks.sum = [multiplier(a, shift) as u32 | (multiplier(b, shift) as u32) << 16, shift as u32];
    blocks
}

/// `activation` at 513 points over the range of an `i16`.
fn table(activation: Activation, input_scale: f32, output_scale: f32) -> Vec<u8> {
    let f = |x: f64| match activation {
        Activation::None => x,
        Activation::Relu => x.max(0.0),
        Activation::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Activation::HardSigmoid { alpha, beta } => (f64::from(alpha) * x + f64::from(beta)).clamp(0.0, 1.0),
        Activation::Sigmoid => 1.0 / (1.0 + libm::exp(-x)),
        Activation::Tanh => libm::tanh(x),
    };
    bytes((0..TABLE_LEN).map(|point| {
        let x = (point as f64 * 128.0 - 32768.0) * f64::from(input_scale);
        let y = libm::round(f(x) / f64::from(output_scale));
        (y.clamp(-32768.0, 32767.0) as i16).to_le_bytes()
    }))
}
