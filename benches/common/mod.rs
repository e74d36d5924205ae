//! What several benchmarks share: a clock, random numbers, the networks.
#![allow(dead_code, reason = "no benchmark uses all of it")]

use earnest::nn::{Activation, Conv, Graph, Op};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Processor time of this thread: what others do on the machine doesn't count.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Steele, Lea and Flood's SplitMix64, −1 to 1.
pub(crate) fn random(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

pub(crate) fn values(len: usize, inputs: usize) -> Vec<f32> {
    let (mut state, scale) = (len as u64, 1.7 / (inputs as f32).sqrt());
    (0..len).map(|_| random(&mut state) * scale).collect()
}

pub(crate) fn conv(inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Op {
    let weights = values(inputs * outputs * kernel, inputs * kernel);
    Op::Conv(Conv { stride, ..Conv::causal(weights, values(outputs, 9), kernel) })
}

pub(crate) fn depthwise(channels: usize, kernel: usize, stride: usize) -> Op {
    Op::Depthwise(Conv {
        stride,
        ..Conv::causal(values(channels * kernel, kernel), values(channels, 9), kernel)
    })
}

pub(crate) fn single(channels: usize, op: Op) -> Graph {
    let mut graph = Graph::new(channels);
    graph.push(op, &[0]).unwrap();
    graph
}

pub(crate) fn gru(inputs: usize, hidden: usize) -> Op {
    Op::Gru {
        input: values(3 * hidden * inputs, inputs),
        recurrent: values(3 * hidden * hidden, hidden),
        bias: values(6 * hidden, 9),
    }
}

/// A stem that halves the rate twice, residual blocks of depthwise and pointwise, a dense head: as our phone models.
pub(crate) fn phones(stem: usize, channels: usize, blocks: usize, outputs: usize) -> Graph {
    let mut graph = Graph::new(40);
    graph.then(conv(40, stem, 5, 2), true).unwrap();
    graph.then(depthwise(stem, 5, 2), true).unwrap();
    let mut x = graph.then(conv(stem, channels, 1, 1), true).unwrap();
    for _ in 0..blocks {
        graph.then(depthwise(channels, 9, 1), true).unwrap();
        let y = graph.then(conv(channels, channels, 1, 1), false).unwrap();
        let sum = graph.push(Op::Add, &[x, y]).unwrap();
        x = graph.relu(sum).unwrap();
    }
    graph.then(conv(channels, outputs, 1, 1), false).unwrap();
    graph
}

/// 50,048 multiplications every 10 ms: a wake-word network without strides.
pub(crate) fn wake() -> Graph {
    let mut graph = Graph::new(40);
    let mut x = graph.then(conv(40, 64, 4, 1), true).unwrap();
    for _ in 0..9 {
        graph.then(depthwise(64, 5, 1), true).unwrap();
        let y = graph.then(conv(64, 64, 1, 1), false).unwrap();
        let sum = graph.push(Op::Add, &[x, y]).unwrap();
        x = graph.relu(sum).unwrap();
    }
    graph.then(conv(64, 1, 1, 1), false).unwrap();
    graph.then(Op::Activation(Activation::Sigmoid), false).unwrap();
    graph
}
