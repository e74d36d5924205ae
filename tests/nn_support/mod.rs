//! Random networks, and what they compute as their definition says it: whole recordings, in `f64`, loops and sums.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use earnest::nn::{Activation, Conv, Graph, Op};

/// Steele, Lea and Flood's SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// −1 to 1.
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    pub fn vec(&mut self, len: usize, scale: f32) -> Vec<f32> {
        (0..len).map(|_| self.unit() * scale).collect()
    }

    pub fn frames(&mut self, count: usize, channels: usize) -> Vec<Vec<f32>> {
        (0..count).map(|_| self.vec(channels, 2.0)).collect()
    }
}

/// One layer as a test knows it: what was pushed, what it reads, whether it is rectified.
#[derive(Clone, Debug)]
pub struct Layer {
    pub op: Op,
    pub inputs: Vec<usize>,
    pub relu: bool,
}

/// A network twice: as the library's graph, and as a list to evaluate.
#[derive(Clone, Debug)]
pub struct Net {
    pub graph: Graph,
    pub layers: Vec<Layer>,
    pub channels: Vec<usize>,
    pub periods: Vec<usize>,
}

impl Net {
    pub fn new(input_channels: usize) -> Net {
        Net {
            graph: Graph::new(input_channels),
            layers: vec![],
            channels: vec![input_channels],
            periods: vec![1],
        }
    }

    pub fn push(&mut self, op: Op, inputs: &[usize], relu: bool) -> usize {
        let (mut channels, mut period) = (self.channels[inputs[0]], self.periods[inputs[0]]);
        match &op {
            Op::Conv(conv) | Op::Depthwise(conv) => {
                channels = conv.bias.len();
                period *= conv.stride;
            }
            Op::Gru { bias, .. } => channels = bias.len() / 6,
            _ => {}
        }
        let value = self.graph.push(op.clone(), inputs).unwrap();
        if relu {
            assert_eq!(self.graph.relu(value).unwrap(), value);
        }
        self.layers.push(Layer { op, inputs: inputs.to_vec(), relu });
        self.channels.push(channels);
        self.periods.push(period);
        value
    }

    /// The same without rows skipped at the start, which convolutions in ONNX don't do.
    pub fn without_skips(&mut self) {
        let layers = std::mem::take(&mut self.layers);
        *self = Net::new(self.channels[0]);
        for mut layer in layers {
            if let Op::Conv(conv) | Op::Depthwise(conv) = &mut layer.op {
                conv.padding = conv.padding.max(0);
            }
            self.push(layer.op, &layer.inputs, layer.relu);
        }
    }

    /// Every value over the whole of `input`: as many rows as can be known from it.
    pub fn evaluate(&self, input: &[Vec<f32>]) -> Vec<Vec<Vec<f64>>> {
        let mut values: Vec<Vec<Vec<f64>>> =
            vec![input.iter().map(|row| row.iter().map(|&x| f64::from(x)).collect()).collect()];
        for layer in &self.layers {
            let x = &values[layer.inputs[0]];
            let mut y = match &layer.op {
                Op::Conv(conv) => convolve(x, conv, false),
                Op::Depthwise(conv) => convolve(x, conv, true),
                Op::Gru { input, recurrent, bias } => gru(x, input, recurrent, bias),
                Op::Add => {
                    let b = &values[layer.inputs[1]];
                    x.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect()).collect()
                }
                Op::Activation(activation) => {
                    x.iter().map(|row| row.iter().map(|&x| function(*activation, x)).collect()).collect()
                }
                _ => unreachable!(),
            };
            if layer.relu {
                y.iter_mut().flatten().for_each(|y| *y = y.max(0.0));
            }
            values.push(y);
        }
        values
    }
}

fn convolve(x: &[Vec<f64>], conv: &Conv, depthwise: bool) -> Vec<Vec<f64>> {
    let mut y = Vec::new();
    for t in 0.. {
        let row = |k: usize| (t * conv.stride + k * conv.dilation) as i64 - i64::from(conv.padding);
        if row(conv.kernel - 1) >= x.len() as i64 {
            return y;
        }
        let outputs = (0..conv.bias.len()).map(|o| {
            let mut sum = f64::from(conv.bias[o]);
            for k in 0..conv.kernel {
                let Some(x) = usize::try_from(row(k)).ok().map(|row| &x[row]) else { continue };
                if depthwise {
                    sum += f64::from(conv.weights[o * conv.kernel + k]) * x[o];
                } else {
                    for (i, x) in x.iter().enumerate() {
                        sum += f64::from(
                            conv.weights[(o * (conv.weights.len() / conv.bias.len() / conv.kernel) + i)
                                * conv.kernel
                                + k],
                        ) * x;
                    }
                }
            }
            sum
        });
        y.push(outputs.collect());
    }
    unreachable!()
}

fn gru(x: &[Vec<f64>], input: &[f32], recurrent: &[f32], bias: &[f32]) -> Vec<Vec<f64>> {
    let hidden = bias.len() / 6;
    let mut h = vec![0.0; hidden];
    let dot = |w: &[f32], x: &[f64]| w.iter().zip(x).map(|(&w, x)| f64::from(w) * x).sum::<f64>();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    x.iter()
        .map(|x| {
            let part = |gate: usize, i: usize| {
                let row = gate * hidden + i;
                let of_input = dot(&input[row * x.len()..][..x.len()], x) + f64::from(bias[row]);
                let of_state =
                    dot(&recurrent[row * hidden..][..hidden], &h) + f64::from(bias[3 * hidden + row]);
                (of_input, of_state)
            };
            let next = (0..hidden)
                .map(|i| {
                    let ((zx, zr), (rx, rr), (hx, hr)) = (part(0, i), part(1, i), part(2, i));
                    let (z, r) = (sigmoid(zx + zr), sigmoid(rx + rr));
                    (1.0 - z) * (hx + r * hr).tanh() + z * h[i]
                })
                .collect();
            h = next;
            h.clone()
        })
        .collect()
}

fn function(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Activation::HardSigmoid { alpha, beta } => (f64::from(alpha) * x + f64::from(beta)).clamp(0.0, 1.0),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
        _ => x,
    }
}

pub fn conv(random: &mut Random, inputs: usize, outputs: usize, kernel: usize) -> Conv {
    let scale = 1.7 / ((inputs * kernel) as f32).sqrt();
    Conv::causal(random.vec(inputs * outputs * kernel, scale), random.vec(outputs, 0.3), kernel)
}

/// A network of `layers` layers of all kinds, with look-ahead, strides, dilations and sums where they fit.
pub fn random_net(seed: u64, layers: usize) -> Net {
    let random = &mut Random(seed);
    let mut net = Net::new(1 + random.below(45));
    for _ in 0..layers {
        let last = net.layers.len();
        let channels = net.channels[last];
        let relu = random.below(2) == 0;
        let shape = |random: &mut Random, conv: &mut Conv| {
            conv.stride = 1 + random.below(8) / 6;
            conv.dilation = 1 + random.below(3);
            let span = (conv.kernel - 1) * conv.dilation;
            conv.padding = (span - random.below(span.min(3) + 1)) as i32 - (random.below(10) / 9) as i32;
        };
        match random.below(8) {
            0..3 => {
                let (outputs, kernel) = (1 + random.below(90), 1 + random.below(4));
                let mut conv = conv(random, channels, outputs, kernel);
                shape(random, &mut conv);
                net.push(Op::Conv(conv), &[last], relu);
            }
            3..5 => {
                let kernel = 1 + random.below(6);
                let mut conv = conv(random, 1, channels, kernel);
                shape(random, &mut conv);
                net.push(Op::Depthwise(conv), &[last], relu);
            }
            5 => {
                let hidden = 1 + random.below(40);
                let scale = |n: usize| 1.5 / (n as f32).sqrt();
                let op = Op::Gru {
                    input: random.vec(3 * hidden * channels, scale(channels)),
                    recurrent: random.vec(3 * hidden * hidden, scale(hidden)),
                    bias: random.vec(6 * hidden, 0.3),
                };
                net.push(op, &[last], false);
            }
            6 => {
                let fits = |v: &usize| net.channels[*v] == channels && net.periods[*v] == net.periods[last];
                let others: Vec<usize> = (0..last).filter(fits).collect();
                if !others.is_empty() {
                    let other = others[random.below(others.len())];
                    let inputs = if random.below(2) == 0 { [last, other] } else { [other, last] };
                    net.push(Op::Add, &inputs, relu);
                }
            }
            _ => {
                let functions = [
                    Activation::Relu,
                    Activation::HardSwish,
                    Activation::HardSigmoid { alpha: 0.2, beta: 0.5 },
                    Activation::Sigmoid,
                    Activation::Tanh,
                ];
                net.push(Op::Activation(functions[random.below(functions.len())]), &[last], false);
            }
        }
    }
    if net.layers.is_empty() {
        net.push(Op::Activation(Activation::Relu), &[0], false);
    }
    net
}
