//! Writes a graph as an image.

use super::super::image::{BLOCK_ALIGN, CRC, HEADER_WORDS, Header, MAGIC, MAX_MEMORY};
use super::super::kernels::panels;
use super::super::layer::{Activation, Format, LANES, Layer, LayerKind, NO_INPUT, RECORD_WORDS, padded};
use super::{Graph, GraphError, Node, Op};
use crate::crc::crc32;
use alloc::vec;
use alloc::vec::Vec;

/// The blocks of a layer in the order of its block table, ready to be written.
pub(super) struct Blocks {
    pub(super) blocks: [Vec<u8>; 7],
    pub(super) scale: f32,
    pub(super) sum: [u32; 2],
}

impl Graph {
    /// The network as an image in `f32`.
    ///
    /// # Errors
    /// [`GraphError`] if there is no layer, or too much memory would be needed.
    pub fn to_image(&self) -> Result<Vec<u8>, GraphError> {
        let blocks = self.nodes.iter().map(float_blocks).collect();
        self.write(Format::F32, 0.0, blocks)
    }

    /// Puts an image together.
    pub(super) fn write(
        &self,
        format: Format,
        input_scale: f32,
        blocks: Vec<Blocks>,
    ) -> Result<Vec<u8>, GraphError> {
        let count = self.nodes.len();
        let Some(last) = self.nodes.last() else {
            return Err(GraphError { layer: 0, what: "layers", expected: 1, actual: 0 });
        };
        if self.output_frames == 0 || last.out_channels % self.output_frames != 0 {
            let expected = last.out_channels;
            return Err(GraphError {
                layer: count,
                what: "output frames",
                expected,
                actual: self.output_frames,
            });
        }
        let mut layers: Vec<Layer> =
            self.nodes.iter().zip(&blocks).map(|(node, b)| self.record(node, b)).collect();
        let last_use = |value: usize| {
            let readers = self.nodes.iter().rposition(|node| node.inputs.contains(&value));
            if value == count { count as u32 } else { readers.unwrap_or(value.saturating_sub(1)) as u32 }
        };
        let mut plan = Plan::default();
        let input_last_use = last_use(0);
        let input_offset = plan.place(padded(self.input_channels), 0, input_last_use);
        for (index, layer) in layers.iter_mut().enumerate().take(count) {
            let now = index as u32;
            layer.last_use = last_use(index + 1);
            layer.output = plan.place(layer.out_row(), now, layer.last_use);
            layer.work = plan.place(layer.work_len(), now, now);
        }
        let mut state = 0;
        for index in 0..count {
            let place = |value: u32| match value.checked_sub(1) {
                _ if value == NO_INPUT => 0,
                None => input_offset,
                Some(giver) => layers[giver as usize].output,
            };
            layers[index].input_offsets = layers[index].inputs.map(place);
            layers[index].state = state as u32;
            state += layers[index].state_len() as u64;
        }
        for (what, actual) in [("state", state), ("scratch", plan.len)] {
            if actual > MAX_MEMORY {
                return Err(GraphError {
                    layer: count,
                    what,
                    expected: MAX_MEMORY as usize,
                    actual: actual as usize,
                });
            }
        }

        let mut image = vec![0; 4 * (HEADER_WORDS + RECORD_WORDS * count)];
        for (layer, blocks) in layers.iter_mut().zip(&blocks) {
            let mut offsets = [0; 7];
            for (offset, block) in
                offsets.iter_mut().zip(&blocks.blocks).filter(|(_, block)| !block.is_empty())
            {
                image.resize(image.len().next_multiple_of(BLOCK_ALIGN), 0);
                *offset = image.len() as u32;
                image.extend_from_slice(block);
            }
            [
                layer.weights,
                layer.bias,
                layer.requantise,
                layer.recurrent,
                layer.recurrent_bias,
                layer.recurrent_requantise,
                layer.table,
            ] = offsets;
            debug_assert!(
                (0..).zip(&blocks.blocks).all(|(i, block)| layer.section(i, format).1 == block.len() as u64)
            );
        }
        let metadata_offset = image.len();
        for (key, value) in &self.metadata {
            image.extend_from_slice(&(key.len() as u32).to_le_bytes());
            image.extend_from_slice(&(value.len() as u32).to_le_bytes());
            image.extend_from_slice(key.as_bytes());
            image.extend_from_slice(value.as_bytes());
        }
        let header = Header {
            total_bytes: image.len() as u32,
            format,
            output: self.output,
            input_channels: self.input_channels as u32,
            output_channels: (last.out_channels / self.output_frames) as u32,
            output_frames: self.output_frames as u32,
            stride: last.period,
            look_ahead: last.lag,
            layers: count as u32,
            metadata_offset: metadata_offset as u32,
            metadata_bytes: (image.len() - metadata_offset) as u32,
            state: state as u32,
            scratch: plan.len as u32,
            input_offset,
            input_last_use,
            input_scale: input_scale.to_bits(),
        };
        let words = header.encode().into_iter().chain(layers.iter().flat_map(Layer::encode));
        for (bytes, word) in image.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        image[..8].copy_from_slice(&MAGIC);
        let crc = crc32([&image[..CRC.start], &image[CRC.end..]]);
        image[CRC].copy_from_slice(&crc.to_le_bytes());
        Ok(image)
    }

    /// The record of a layer, without what depends on where things go.
    fn record(&self, node: &Node, blocks: &Blocks) -> Layer {
        let relu = if node.relu { Activation::Relu } else { Activation::None };
        let (kind, activation, conv) = match &node.op {
            Op::Conv(conv) => (LayerKind::Conv, relu, Some(conv)),
            Op::Depthwise(conv) => (LayerKind::Depthwise, relu, Some(conv)),
            Op::Gru { .. } => (LayerKind::Gru, Activation::None, None),
            Op::Add => (LayerKind::Add, relu, None),
            Op::Activation(activation) => (LayerKind::Activation, *activation, None),
        };
        let lag = |value: usize| value.checked_sub(1).map_or(0, |giver| self.nodes[giver].lag);
        let waits = match node.inputs[..] {
            [a, b] => Layer::queue_rows(node.period, [lag(a), lag(b)]),
            _ => [0; 2],
        };
        Layer {
            kind,
            function: activation.encode(),
            waits,
            input_offsets: [0; 2],
            inputs: [node.inputs[0] as u32, node.inputs.get(1).map_or(NO_INPUT, |&input| input as u32)],
            in_channels: node.in_channels as u32,
            out_channels: node.out_channels as u32,
            kernel: conv.map_or(1, |conv| conv.kernel) as u32,
            stride: conv.map_or(1, |conv| conv.stride) as u32,
            dilation: conv.map_or(1, |conv| conv.dilation) as u32,
            wait: node.wait,
            period: node.period,
            lag: node.lag,
            scale: blocks.scale.to_bits(),
            sum: blocks.sum,
            weights: 0,
            bias: 0,
            requantise: 0,
            recurrent: 0,
            recurrent_bias: 0,
            recurrent_requantise: 0,
            table: 0,
            state: 0,
            output: 0,
            work: 0,
            last_use: 0,
        }
    }
}

/// Where things lie in scratch: each at the lowest place that is free while it lives.
#[derive(Default)]
struct Plan {
    /// Start, end, first and last layer.
    taken: Vec<(u64, u64, u32, u32)>,
    len: u64,
}

impl Plan {
    fn place(&mut self, len: usize, first: u32, last: u32) -> u32 {
        let len = len as u64;
        let mut alive: Vec<(u64, u64)> = self
            .taken
            .iter()
            .filter(|&&(_, _, others_first, others_last)| others_first <= last && first <= others_last)
            .map(|&(start, end, ..)| (start, end))
            .collect();
        alive.sort_unstable();
        let mut start = 0;
        for (others_start, others_end) in alive {
            if start + len <= others_start {
                break;
            }
            start = start.max(others_end);
        }
        if len > 0 {
            self.taken.push((start, start + len, first, last));
            self.len = self.len.max(start + len);
        }
        start as u32
    }
}

pub(super) fn bytes<const N: usize>(values: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
    values.into_iter().flatten().collect()
}

/// Numbers of the `inputs` of every output in panels; `at(output, input)` within `outputs`, zero beyond.
pub(super) fn in_panels<T: Default>(
    outputs: usize,
    inputs: usize,
    mut at: impl FnMut(usize, usize) -> T,
) -> Vec<T> {
    let rows = padded(outputs);
    let mut all = Vec::with_capacity(rows * inputs);
    for (start, width) in panels(rows) {
        for input in 0..inputs {
            all.extend((start..start + width).map(|o| if o < outputs { at(o, input) } else { T::default() }));
        }
    }
    all
}

/// Number of padded output `row` of a GRU's three gates among the unpadded ones, if it is one.
pub(super) fn gate_row(row: usize, hidden: usize) -> Option<usize> {
    let (gate, unit) = (row / padded(hidden), row % padded(hidden));
    (gate < 3 && unit < hidden).then_some(gate * hidden + unit)
}

fn padded_f32(values: &[f32]) -> Vec<u8> {
    let zeros = values.len().next_multiple_of(LANES) - values.len();
    bytes(values.iter().copied().chain(core::iter::repeat_n(0.0, zeros)).map(f32::to_le_bytes))
}

fn float_blocks(node: &Node) -> Blocks {
    let none = Vec::new;
    let inputs = node.in_channels;
    let blocks = match &node.op {
        Op::Conv(conv) => {
            let weights = in_panels(node.out_channels, conv.kernel * inputs, |o, i| {
                conv.weights[(o * inputs + i % inputs) * conv.kernel + i / inputs]
            });
            let weights = bytes(weights.into_iter().map(f32::to_le_bytes));
            [weights, padded_f32(&conv.bias), none(), none(), none(), none(), none()]
        }
        Op::Depthwise(conv) => {
            let weights = in_panels(node.out_channels, conv.kernel, |c, k| conv.weights[c * conv.kernel + k]);
            let weights = bytes(weights.into_iter().map(f32::to_le_bytes));
            [weights, padded_f32(&conv.bias), none(), none(), none(), none(), none()]
        }
        Op::Gru { input, recurrent, bias } => {
            let hidden = node.out_channels;
            let rows = 3 * padded(hidden);
            let gates = |weights: &[f32], inputs: usize| {
                let panels = in_panels(rows, inputs, |row, i| {
                    gate_row(row, hidden).map_or(0.0, |row| weights[row * inputs + i])
                });
                bytes(panels.into_iter().map(f32::to_le_bytes))
            };
            let biases = |bias: &[f32]| {
                bytes((0..rows).map(|row| gate_row(row, hidden).map_or(0.0, |row| bias[row]).to_le_bytes()))
            };
            let (of_input, of_state) = bias.split_at(3 * hidden);
            [
                gates(input, inputs),
                biases(of_input),
                none(),
                gates(recurrent, hidden),
                biases(of_state),
                none(),
                none(),
            ]
        }
        Op::Add | Op::Activation(_) => [const { Vec::new() }; 7],
    };
    Blocks { blocks, scale: 0.0, sum: [0; 2] }
}
