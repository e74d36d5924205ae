//! One layer as the image's layer table records it, and the sizes that follow from it.

/// Rows of activations are padded to a multiple of this, so that kernels work on whole blocks.
pub(super) const LANES: usize = 16;
/// 32-bit words of a record.
pub(super) const RECORD_WORDS: usize = 32;
/// Entries of the table that an integer activation looks up: 512 intervals over the range of an `i16`.
pub(super) const TABLE_LEN: usize = 513;
/// No second input.
pub(super) const NO_INPUT: u32 = u32::MAX;

/// `channels` rounded up to whole blocks.
pub(super) const fn padded(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// How weights and activations are represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Weights and activations are `f32`.
    F32,
    /// Weights are `i8` with one scale per output channel, activations `i16` with one scale per layer, sums `i32`.
    Int8,
}

impl Format {
    pub(super) fn decode(word: u32) -> Option<Format> {
        [Format::F32, Format::Int8].into_iter().find(|&f| f as u32 == word)
    }

    /// Bytes of one activation.
    pub(super) fn activation_bytes(self) -> usize {
        match self {
            Format::F32 => 4,
            Format::Int8 => 2,
        }
    }
}

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum Activation {
    /// The value itself.
    #[default]
    None,
    /// max(0, x).
    Relu,
    /// x · max(0, min(1, x/6 + 1/2)).
    HardSwish,
    /// max(0, min(1, `alpha` · x + `beta`)).
    HardSigmoid {
        /// Slope.
        alpha: f32,
        /// Value at 0.
        beta: f32,
    },
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).
    Tanh,
}

impl Activation {
    pub(super) fn encode(self) -> [u32; 3] {
        match self {
            Activation::None => [0, 0, 0],
            Activation::Relu => [1, 0, 0],
            Activation::HardSwish => [2, 0, 0],
            Activation::HardSigmoid { alpha, beta } => [3, alpha.to_bits(), beta.to_bits()],
            Activation::Sigmoid => [4, 0, 0],
            Activation::Tanh => [5, 0, 0],
        }
    }

    pub(super) fn decode(code: u32, alpha: u32, beta: u32) -> Option<Activation> {
        Some(match code {
            0 => Activation::None,
            1 => Activation::Relu,
            2 => Activation::HardSwish,
            3 => Activation::HardSigmoid { alpha: f32::from_bits(alpha), beta: f32::from_bits(beta) },
            4 => Activation::Sigmoid,
            5 => Activation::Tanh,
            _ => return None,
        })
    }
}

/// What a layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LayerKind {
    /// Convolution over time in which every output channel sees every input channel; dense with a kernel of 1.
    Conv,
    /// Convolution over time, each channel by itself.
    Depthwise,
    /// Gated recurrent unit, as ONNX defines it with `linear_before_reset = 1`.
    Gru,
    /// Sum of two values, the earlier one delayed until both are there.
    Add,
    /// A function of each value.
    Activation,
}

impl LayerKind {
    fn decode(word: u32) -> Option<LayerKind> {
        Some(match word {
            0 => LayerKind::Conv,
            1 => LayerKind::Depthwise,
            2 => LayerKind::Gru,
            3 => LayerKind::Add,
            4 => LayerKind::Activation,
            _ => return None,
        })
    }

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            LayerKind::Conv => "conv",
            LayerKind::Depthwise => "depthwise",
            LayerKind::Gru => "gru",
            LayerKind::Add => "add",
            LayerKind::Activation => "activation",
        }
    }
}

/// A record of the layer table. Values are numbered: 0 is the network's input, i + 1 the output of layer i.
///
/// Offsets into the image are in bytes, offsets into memory in activations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layer {
    pub(super) kind: LayerKind,
    /// As [`Activation::encode`] gives it.
    pub(super) function: [u32; 3],
    pub(super) inputs: [u32; 2],
    /// Where the inputs lie in scratch.
    pub(super) input_offsets: [u32; 2],
    /// A sum: rows of the queue in which the first or the second input waits for the other.
    pub(super) waits: [u32; 2],
    pub(super) in_channels: u32,
    pub(super) out_channels: u32,
    pub(super) kernel: u32,
    pub(super) stride: u32,
    pub(super) dilation: u32,
    /// Input rows taken in before the one that gives the first output.
    pub(super) wait: u32,
    pub(super) weights: u32,
    pub(super) bias: u32,
    /// Int8: multipliers, then shifts, of every output channel.
    pub(super) requantise: u32,
    /// GRU: the same three for the recurrent part.
    pub(super) recurrent: u32,
    pub(super) recurrent_bias: u32,
    pub(super) recurrent_requantise: u32,
    /// Int8: tables of activations. A GRU has two, sigmoid and tanh.
    pub(super) table: u32,
    /// What lasts from step to step: history, the queue of a sum, the GRU's state.
    pub(super) state: u32,
    /// Where the output goes, and where the layer may scribble while it runs.
    pub(super) output: u32,
    pub(super) work: u32,
    /// Index of the last layer that reads the output; the number of layers if it is the network's output.
    pub(super) last_use: u32,
    /// The layer's t-th output is ready with the network's input number `period` · t + `lag`.
    pub(super) period: u32,
    pub(super) lag: u32,
    /// Int8: scale of the output, the bits of an `f32`. An activation of q stands for q · scale.
    pub(super) scale: u32,
    /// Int8: multipliers and right shift of a sum.
    pub(super) sum: [u32; 2],
}

impl Layer {
    #[cfg(feature = "alloc")]
    pub(super) fn encode(&self) -> [u32; RECORD_WORDS] {
        let [activation, alpha, beta] = self.function;
        [
            self.kind as u32,
            activation,
            alpha,
            beta,
            self.inputs[0],
            self.inputs[1],
            self.input_offsets[0],
            self.input_offsets[1],
            self.waits[0],
            self.waits[1],
            self.in_channels,
            self.out_channels,
            self.kernel,
            self.stride,
            self.dilation,
            self.wait,
            self.weights,
            self.bias,
            self.requantise,
            self.recurrent,
            self.recurrent_bias,
            self.recurrent_requantise,
            self.table,
            self.state,
            self.output,
            self.work,
            self.last_use,
            self.period,
            self.lag,
            self.scale,
            self.sum[0],
            self.sum[1],
        ]
    }

    // Inlined, so that a step reads only the words it needs of a record.
    #[inline(always)]
    pub(super) fn decode(words: &[u32; RECORD_WORDS]) -> Option<Layer> {
        let &[
            kind,
            activation,
            alpha,
            beta,
            input_a,
            input_b,
            offset_a,
            offset_b,
            wait_a,
            wait_b,
            in_channels,
            out_channels,
            kernel,
            stride,
            dilation,
            wait,
            weights,
            bias,
            requantise,
            recurrent,
            recurrent_bias,
            recurrent_requantise,
            table,
            state,
            output,
            work,
            last_use,
            period,
            lag,
            scale,
            multipliers,
            shift,
        ] = words;
        Some(Layer {
            kind: LayerKind::decode(kind)?,
            function: [activation, alpha, beta],
            inputs: [input_a, input_b],
            input_offsets: [offset_a, offset_b],
            waits: [wait_a, wait_b],
            in_channels,
            out_channels,
            kernel,
            stride,
            dilation,
            wait,
            weights,
            bias,
            requantise,
            recurrent,
            recurrent_bias,
            recurrent_requantise,
            table,
            state,
            output,
            work,
            last_use,
            period,
            lag,
            scale,
            sum: [multipliers, shift],
        })
    }

    pub(super) fn activation(&self) -> Option<Activation> {
        let [code, alpha, beta] = self.function;
        Activation::decode(code, alpha, beta)
    }

    /// Activations of state.
    #[inline(always)]
    pub(super) fn state_len(&self) -> usize {
        match self.kind {
            LayerKind::Conv | LayerKind::Depthwise => self.history_rows() * self.in_row(),
            LayerKind::Gru => self.out_row(),
            LayerKind::Add => (self.waits[0] + self.waits[1]) as usize * self.in_row(),
            LayerKind::Activation => 0,
        }
    }

    #[inline(always)]
    pub(super) fn in_row(&self) -> usize {
        padded(self.in_channels as usize)
    }

    #[inline(always)]
    pub(super) fn out_row(&self) -> usize {
        padded(self.out_channels as usize)
    }

    /// Rows that the weights give: three gates for a GRU, z, r, h, each padded.
    #[inline(always)]
    pub(super) fn weight_rows(&self) -> usize {
        match self.kind {
            LayerKind::Gru => 3 * self.out_row(),
            _ => self.out_row(),
        }
    }

    /// Input rows that a convolution keeps, the newest not among them.
    #[inline(always)]
    pub(super) fn history_rows(&self) -> usize {
        (self.kernel as usize).saturating_sub(1) * self.dilation as usize
    }

    /// Rows of the queue in which each of a sum's inputs waits, by their lags: the earlier one for the later.
    pub(super) fn queue_rows(period: u32, lags: [u32; 2]) -> [u32; 2] {
        let rows = |own: u32, other: u32| if own < other { (other - own) / period.max(1) + 1 } else { 0 };
        [rows(lags[0], lags[1]), rows(lags[1], lags[0])]
    }

    /// Multiplications with a weight, for one output.
    pub(super) fn macs(&self) -> usize {
        let (inputs, outputs, kernel) =
            (self.in_channels as usize, self.out_channels as usize, self.kernel as usize);
        match self.kind {
            LayerKind::Conv => inputs * outputs * kernel,
            LayerKind::Depthwise => outputs * kernel,
            LayerKind::Gru => 3 * outputs * (inputs + outputs),
            LayerKind::Add | LayerKind::Activation => 0,
        }
    }

    /// Scratch beside the output: the gates of a GRU.
    #[inline(always)]
    pub(super) fn work_len(&self) -> usize {
        if self.kind == LayerKind::Gru { 2 * self.weight_rows() } else { 0 }
    }

    /// Byte offset and length of block `index` of what the image holds for this layer; 0 bytes if there is none.
    #[inline(always)]
    pub(super) fn section(&self, index: usize, format: Format) -> (u32, u64) {
        let rows = self.weight_rows() as u64;
        let int8 = format == Format::Int8;
        let gru = self.kind == LayerKind::Gru;
        let weights = |inputs: u32, kernel: u32| {
            // Int8 weights come in pairs of input channels.
            let inputs = if int8 { inputs.next_multiple_of(2) } else { 4 * inputs };
            rows * u64::from(inputs) * u64::from(kernel)
        };
        let weighs = matches!(self.kind, LayerKind::Conv | LayerKind::Depthwise | LayerKind::Gru);
        match index {
            Layer::WEIGHTS if self.kind == LayerKind::Depthwise => {
                (self.weights, rows * u64::from(self.kernel) * if int8 { 1 } else { 4 })
            }
            Layer::WEIGHTS if weighs => (self.weights, weights(self.in_channels, self.kernel)),
            Layer::BIAS if weighs => (self.bias, 4 * rows),
            Layer::REQUANTISE if weighs && int8 => (self.requantise, 8 * rows),
            Layer::RECURRENT if gru => (self.recurrent, weights(self.out_channels, 1)),
            Layer::RECURRENT_BIAS if gru => (self.recurrent_bias, 4 * rows),
            Layer::RECURRENT_REQUANTISE if gru && int8 => (self.recurrent_requantise, 8 * rows),
            Layer::TABLE if gru && int8 => (self.table, 4 * TABLE_LEN as u64),
            Layer::TABLE if self.kind == LayerKind::Activation && int8 => (self.table, 2 * TABLE_LEN as u64),
            _ => (0, 0),
        }
    }
}

/// The blocks that a layer may have.
impl Layer {
    pub(super) const SECTIONS: usize = 7;
    pub(super) const WEIGHTS: usize = 0;
    pub(super) const BIAS: usize = 1;
    pub(super) const REQUANTISE: usize = 2;
    pub(super) const RECURRENT: usize = 3;
    pub(super) const RECURRENT_BIAS: usize = 4;
    pub(super) const RECURRENT_REQUANTISE: usize = 5;
    pub(super) const TABLE: usize = 6;
}
