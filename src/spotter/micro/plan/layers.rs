//! Operators that compute.

use super::super::MicroError;
use super::super::file::{Call, INT32, RANK, Shape, Tensor, UINT8};
use super::super::fixed::{Factor, logistic_table};
use super::super::step::{Combination, Convolution, Lookup, Place, Pool, Step};
use super::{MAX_WORDS, Planner, Sink, limit, same, steps};

impl<'f, S: Sink> Planner<'f, '_, S> {
    /// Bias and factor of each channel, where they begin. `weights` gives a channel's weights.
    pub(super) fn channels<W: Iterator<Item = i8>>(
        &mut self,
        (input, filter, bias, output): (&Tensor<'f>, &Tensor<'f>, Option<usize>, &Tensor<'f>),
        count: usize,
        weights: impl Fn(usize, &'f [u8]) -> W,
    ) -> Result<usize, MicroError> {
        let ((from_scale, zero), (to_scale, _)) = (input.signed()?, output.signed()?);
        let bias = match bias {
            Some(index) => {
                let tensor = self.graph.tensor(index)?;
                tensor.check("type", INT32.into(), tensor.kind.into())?;
                Some(tensor.constants(&self.file, count)?)
            }
            None => None,
        };
        let (at, len) = filter.data;
        let bytes = self.file.bytes.get(at..at + len).unwrap_or_default();
        let begin = self.words;
        // A layer with one scale multiplies the first two in single precision.
        let single = f64::from(from_scale * filter.scale(0)?);
        let fully_connected = filter.shape.rank != RANK;
        limit("words", MAX_WORDS, self.words + 3 * count)?;
        for channel in 0..count {
            let scale = filter.scale(channel)?;
            let product = match fully_connected && !filter.is_per_channel() {
                true => single,
                false => f64::from(from_scale) * f64::from(scale),
            };
            let factor = Factor::new(product / f64::from(to_scale));
            let factor =
                factor.ok_or(MicroError::Scale { tensor: output.index, channel, actual: to_scale })?;
            let sum = weights(channel, bytes).fold(0i32, |sum, weight| sum.wrapping_add(weight.into()));
            let bias = bias.map_or(0, |bias| bias.get(channel));
            self.word(bias.wrapping_sub(zero.wrapping_mul(sum)).cast_unsigned());
            self.word(factor.fraction.cast_unsigned());
            self.word(factor.shift.cast_unsigned());
        }
        Ok(begin)
    }

    pub(super) fn convolve(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(2, 3, 1)?;
        let (input, filter, output) = self.layer(call)?;
        let ([.., channels], [count, height, width, depth]) = (input.shape.dims, filter.shape.dims);
        filter.check("input channels", channels as i64, depth as i64)?;
        filter.check_weights(0)?;
        let dilation = [call.option(5, 1)?, call.option(4, 1)?];
        let len = height * width * depth;
        let window = Window { kernel: [height, width], dilation, activation: call.flag(3)? };
        let convolution = self.slide(call, [&input, &filter, &output], count, window, |channel, bytes| {
            bytes.iter().skip(channel * len).take(len).map(|byte| byte.cast_signed())
        })?;
        self.step(Step::Convolve(convolution))
    }

    pub(super) fn depthwise(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(2, 3, 1)?;
        let (input, filter, output) = self.layer(call)?;
        let ([.., channels], [one, height, width, count]) = (input.shape.dims, filter.shape.dims);
        filter.check("batch", 1, one as i64)?;
        filter.check_weights(3)?;
        let multiplier = call.option(3, 0)?;
        call.check("depth multiplier", (count / channels) as i64, multiplier.into())?;
        filter.check("channels", channels as i64 * i64::from(multiplier), count as i64)?;
        let dilation = [call.option(6, 1)?, call.option(5, 1)?];
        let window = Window { kernel: [height, width], dilation, activation: call.flag(4)? };
        let convolution = self.slide(call, [&input, &filter, &output], count, window, |channel, bytes| {
            bytes.iter().skip(channel).step_by(count).map(|byte| byte.cast_signed())
        })?;
        self.step(Step::Depthwise(convolution))
    }

    /// A convolution over rows and columns with `count` outputs at each place; `weights` gives a channel's.
    fn slide<W: Iterator<Item = i8>>(
        &mut self,
        call: &Call<'f>,
        [input, filter, output]: [&Tensor<'f>; 3],
        count: usize,
        Window { kernel, dilation, activation }: Window,
        weights: impl Fn(usize, &'f [u8]) -> W,
    ) -> Result<Convolution, MicroError> {
        let [batch, rows, columns, channels] = input.shape.dims;
        let stride = [call.option(2, 0)?, call.option(1, 0)?];
        let edges = Edges::new(call, [rows, columns], kernel, stride, dilation)?;
        output.check_shape([batch, edges.output[0], edges.output[1], count])?;
        let (from, zeros) = (self.find(input)?, [input.signed()?.1, output.signed()?.1]);
        let range = range(call, output, activation)?;
        let words = self.channels((input, filter, call.optional_input(2), output), count, weights)?;
        Ok(Convolution {
            from,
            to: self.define(output)?,
            weights: Place { at: filter.data.0, len: filter.data.1, constant: true },
            words,
            batch,
            input: [rows, columns, channels],
            output: [edges.output[0], edges.output[1], count],
            kernel,
            stride: edges.stride,
            dilation: edges.dilation,
            padding: edges.padding,
            zeros,
            range,
        })
    }

    /// Input, weights and output, all of four dimensions.
    pub(super) fn layer(&self, call: &Call<'f>) -> Result<(Tensor<'f>, Tensor<'f>, Tensor<'f>), MicroError> {
        let (input, filter) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.input(1)?)?);
        let output = self.graph.tensor(call.output(0)?)?;
        for tensor in [&input, &filter, &output] {
            tensor.check("dimensions", RANK as i64, tensor.shape.rank as i64)?;
        }
        Ok((input, filter, output))
    }

    pub(super) fn connect(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(2, 3, 1)?;
        call.check("weights format", 0, call.flag(1)?.into())?;
        let (input, filter) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.input(1)?)?);
        let output = self.graph.tensor(call.output(0)?)?;
        filter.check("dimensions", 2, filter.shape.rank as i64)?;
        filter.check_weights(0)?;
        let [count, len, ..] = filter.shape.dims;
        let rest = (input.shape.elements() % len) as i64;
        input.check("elements beyond the last row", 0, rest)?;
        let batch = input.shape.elements() / len;
        output.check("elements", (batch * count) as i64, output.shape.elements() as i64)?;
        output.check("size", count as i64, output.shape.last() as i64)?;
        let (from, zeros) = (self.find(&input)?, [input.signed()?.1, output.signed()?.1]);
        let range = range(call, &output, call.flag(0)?)?;
        let words =
            self.channels((&input, &filter, call.optional_input(2), &output), count, |channel, bytes| {
                bytes.iter().skip(channel * len).take(len).map(|byte| byte.cast_signed())
            })?;
        let to = self.define(&output)?;
        self.step(Step::Convolve(Convolution {
            from,
            to,
            weights: Place { at: filter.data.0, len: filter.data.1, constant: true },
            words,
            batch,
            input: [1, 1, len],
            output: [1, 1, count],
            kernel: [1, 1],
            stride: [1, 1],
            dilation: [1, 1],
            padding: [0, 0],
            zeros,
            range,
        }))
    }

    /// A number for each of 256.
    pub(super) fn table(&mut self, call: &Call<'f>, table: &[u8; 256]) -> Result<(), MicroError> {
        let (input, output) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.output(0)?)?);
        output.check_shape(input.shape.aligned())?;
        let (words, from) = (self.words, self.find(&input)?);
        limit("words", MAX_WORDS, words + 64)?;
        for four in table.as_chunks().0 {
            self.word(u32::from_le_bytes(*four));
        }
        let to = self.define(&output)?;
        self.step(Step::Lookup(Lookup { from, to, words }))
    }

    pub(super) fn logistic(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(1, 1, 1)?;
        let (input, output) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.output(0)?)?);
        let (scale, zero) = input.signed()?;
        same(&output, output.signed()?, (1.0 / 256.0, -128))?;
        let wrong = MicroError::Scale { tensor: input.index, channel: 0, actual: scale };
        self.table(call, &logistic_table(scale, zero).ok_or(wrong)?)
    }

    pub(super) fn quantise(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(1, 1, 1)?;
        let (input, output) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.output(0)?)?);
        let ((from, from_zero), (to, to_zero)) = (input.quantisation()?, output.quantisation()?);
        let factor = Factor::new(f64::from(from) / f64::from(to));
        let factor = factor.ok_or(MicroError::Scale { tensor: output.index, channel: 0, actual: to })?;
        let mut table = [0; 256];
        for (byte, slot) in (0..=255u8).zip(&mut table) {
            let number = if input.kind == UINT8 { byte.into() } else { i32::from(byte.cast_signed()) };
            let value = factor.apply(number - from_zero).saturating_add(to_zero);
            *slot = match output.kind {
                UINT8 => value.clamp(0, 255) as u8,
                _ => (value.clamp(-128, 127) as i8).cast_unsigned(),
            };
        }
        self.table(call, &table)
    }

    /// Sum or product; a dimension of one goes with any.
    pub(super) fn combine(&mut self, call: &Call<'_>, product: bool) -> Result<(), MicroError> {
        call.expect(2, 2, 1)?;
        let (a, b) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.input(1)?)?);
        let output = self.graph.tensor(call.output(0)?)?;
        let ((a_scale, a_zero), (b_scale, b_zero)) = (a.signed()?, b.signed()?);
        let (scale, zero) = output.signed()?;
        let counts = output.shape.aligned();
        let mut steps_of = [[0; RANK]; 2];
        for (tensor, steps_of) in [&a, &b].into_iter().zip(&mut steps_of) {
            let dims = tensor.shape.aligned();
            let mut expected = counts;
            let own = steps(&Shape { dims, rank: RANK });
            for dim in 0..RANK {
                match dims[dim] {
                    1 => expected[dim] = 1,
                    _ => steps_of[dim] = own[dim],
                }
            }
            tensor.check_shape(expected)?;
        }
        let (from, to, both) = (f64::from(a_scale), f64::from(scale), f64::from(b_scale));
        let twice = 2.0 * from.max(both);
        let ratios = match product {
            true => [0.0, 0.0, from * both / to],
            false => [from / twice, both / twice, twice / (f64::from(1 << 20) * to)],
        };
        let mut factors = [Factor::default(); 3];
        for (slot, ratio) in factors.iter_mut().zip(ratios) {
            let wrong = MicroError::Scale { tensor: output.index, channel: 0, actual: scale };
            *slot = Factor::new(ratio).ok_or(wrong)?;
        }
        let range = range(call, &output, call.flag(0)?)?;
        let from = [self.find(&a)?, self.find(&b)?];
        let to = self.define(&output)?;
        let zeros = [a_zero, b_zero, zero];
        let steps = steps_of;
        self.step(Step::Combine(Combination { product, from, to, counts, steps, zeros, factors, range }))
    }

    pub(super) fn pool(&mut self, call: &Call<'_>, largest: bool) -> Result<(), MicroError> {
        call.expect(1, 1, 1)?;
        let (input, output) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.output(0)?)?);
        input.check("dimensions", RANK as i64, input.shape.rank as i64)?;
        let [batch, rows, columns, channels] = input.shape.dims;
        let mut kernel = [1; 2];
        for (slot, field) in kernel.iter_mut().zip([4, 3]) {
            let size = i64::from(call.option(field, 0)?);
            call.check("size of the window", size.clamp(1, 1 << 16), size)?;
            *slot = size as usize;
        }
        let stride = [call.option(2, 0)?, call.option(1, 0)?];
        let edges = Edges::new(call, [rows, columns], kernel, stride, [1, 1])?;
        let [height, width] = edges.output;
        output.check_shape([batch, height, width, channels])?;
        same(&output, output.signed()?, input.signed()?)?;
        let range = range(call, &output, call.flag(5)?)?;
        let (from, to) = (self.find(&input)?, self.define(&output)?);
        self.step(Step::Pool(Pool {
            largest,
            from,
            to,
            batch,
            input: [rows, columns, channels],
            output: edges.output,
            kernel,
            stride: edges.stride,
            padding: edges.padding,
            range,
        }))
    }
}

/// What a convolution sees at once, and what becomes of its sums.
struct Window {
    kernel: [usize; 2],
    dilation: [i32; 2],
    activation: u8,
}

/// Where a kernel goes along rows and columns.
struct Edges {
    output: [usize; 2],
    padding: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
}

impl Edges {
    fn new(
        call: &Call<'_>,
        input: [usize; 2],
        kernel: [usize; 2],
        stride: [i32; 2],
        dilation: [i32; 2],
    ) -> Result<Edges, MicroError> {
        const SAME: u8 = 0;
        let padding = call.flag(0)?;
        call.check("padding", padding.min(1).into(), padding.into())?;
        let mut edges = Edges { output: [1; 2], padding: [0; 2], stride: [1; 2], dilation: [1; 2] };
        for axis in 0..2 {
            let (stride, dilation) = (i64::from(stride[axis]), i64::from(dilation[axis]));
            call.check("stride", stride.clamp(1, 1 << 16), stride)?;
            call.check("dilation", dilation.clamp(1, 1 << 16), dilation)?;
            let size = input[axis] as i64;
            let reach = (kernel[axis] as i64 - 1) * dilation + 1;
            let output = match padding {
                SAME => (size + stride - 1) / stride,
                _ => (size - reach + stride) / stride,
            };
            let most = if padding == SAME { 1 << 16 } else { size };
            call.check("size of the kernel", reach.min(most), reach)?;
            let beyond = ((output - 1) * stride + reach - size).max(0);
            edges.output[axis] = output as usize;
            edges.padding[axis] = (beyond / 2) as usize;
            (edges.stride[axis], edges.dilation[axis]) = (stride as usize, dilation as usize);
        }
        Ok(edges)
    }
}

/// Smallest and largest output after an activation.
fn range(call: &Call<'_>, output: &Tensor<'_>, activation: u8) -> Result<[i32; 2], MicroError> {
    let (scale, zero) = output.signed()?;
    let quantised = |value: f32| zero.saturating_add(libm::roundf(value / scale) as i32);
    let [least, most] = match activation {
        0 => [-128, 127],
        1 => [quantised(0.0), 127],
        2 => [quantised(-1.0), quantised(1.0)],
        3 => [quantised(0.0), quantised(6.0)],
        _ => {
            call.check("activation", 3, activation.into())?;
            [-128, 127]
        }
    };
    Ok([least.clamp(-128, 127), most.clamp(-128, 127)])
}
