//! From a file's operators to steps: everything is checked here, so that nothing can go wrong when they run.

use super::file::{Call, Constants, File, Graph, INT8, INT32, RANK, RESOURCE, Shape, Tensor, UINT8};
use super::fixed::{Factor, logistic_table};
use super::step::{Combination, Convolution, Copied, Lookup, Place, Pool, Step};
use super::{MicroError, code};

/// Most tensors that a graph may have; published models have about a hundred.
const MAX_TENSORS: usize = 512;
/// Most variables; published models have six.
const MAX_VARIABLES: usize = 64;
/// Most bytes of memory for everything that is computed.
const MAX_BYTES: usize = 1 << 22;
/// Most operators and most steps.
const MAX_STEPS: usize = 4096;
/// Most words that go with the steps.
const MAX_WORDS: usize = 1 << 20;
/// Most products of one run; published models have about 30,000.
const MAX_PRODUCTS: usize = 1 << 26;
/// Stands for a tensor that nothing has computed yet.
const NOWHERE: u32 = u32::MAX;

/// Takes what a plan consists of.
pub(super) trait Sink {
    fn step(&mut self, step: Step);
    fn word(&mut self, word: u32);
}

/// Counts it only.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) steps: usize,
    pub(super) words: usize,
}

impl Sink for Count {
    fn step(&mut self, _: Step) {
        self.steps += 1;
    }

    fn word(&mut self, _: u32) {
        self.words += 1;
    }
}

/// An input or output of the whole model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port {
    pub(super) place: Place,
    pub(super) shape: Shape,
    pub(super) signed: bool,
    pub(super) scale: f32,
    pub(super) zero: i32,
}

/// What is known of a plan besides its steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) input: Port,
    pub(super) output: Port,
    /// Steps that give the variables their first values; the others run for each input.
    pub(super) first_steps: usize,
    /// Bytes of memory for what is computed.
    pub(super) bytes: usize,
}

#[derive(Clone, Copy)]
struct Variable {
    /// Where in the file its name lies.
    name: (usize, usize),
    place: Place,
    scale: (f32, i32),
}

/// Lays out the file's first graph, once it was initialised.
pub(super) fn plan(file: File<'_>, sink: &mut impl Sink) -> Result<Layout, MicroError> {
    let graph = file.graph(0)?;
    limit("operators", MAX_STEPS, graph.operator_count())?;
    let none = Variable { name: (0, 0), place: Place::default(), scale: (0.0, 0) };
    let mut planner = Planner {
        file,
        graph,
        places: [NOWHERE; MAX_TENSORS],
        variables: [none; MAX_VARIABLES],
        variable_count: 0,
        bytes: 0,
        words: 0,
        steps: 0,
        products: 0,
        sink,
    };
    let mut initialised = 0;
    for index in 0..graph.operator_count() {
        let call = graph.operator(index)?;
        if call.operator.code == code::CALL_ONCE {
            call.expect(0, 0, 0)?;
            initialised += 1;
            call.check("times", 1, initialised)?;
            planner.initialise(file.graph(call.option(0, 0)?.max(0).unsigned_abs() as usize)?)?;
        }
    }
    let first_steps = planner.steps;
    planner.enter(graph)?;
    let port = |indices: &[[u8; 4]], what| match indices {
        [index] => Ok(u32::from_le_bytes(*index) as usize),
        _ => Err(MicroError::Count { what, expected: 1, actual: indices.len() }),
    };
    let input = graph.tensor(port(graph.inputs, "inputs of the model")?)?;
    planner.define(&input)?;
    for index in 0..graph.operator_count() {
        planner.operator(graph.operator(index)?)?;
    }
    let input = planner.port(input.index)?;
    let output = planner.port(port(graph.outputs, "outputs of the model")?)?;
    Ok(Layout { input, output, first_steps, bytes: planner.bytes })
}

struct Planner<'f, 's, S> {
    file: File<'f>,
    graph: Graph<'f>,
    /// Where each tensor lies in memory, or which variable it stands for.
    places: [u32; MAX_TENSORS],
    variables: [Variable; MAX_VARIABLES],
    variable_count: usize,
    bytes: usize,
    words: usize,
    steps: usize,
    products: usize,
    sink: &'s mut S,
}

impl<'f, S: Sink> Planner<'f, '_, S> {
    /// Goes on with another graph.
    fn enter(&mut self, graph: Graph<'f>) -> Result<(), MicroError> {
        limit("tensors", MAX_TENSORS, graph.tensor_count())?;
        (self.graph, self.places) = (graph, [NOWHERE; MAX_TENSORS]);
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), MicroError> {
        self.steps += 1;
        limit("steps", MAX_STEPS, self.steps)?;
        if let Step::Convolve(layer) | Step::Depthwise(layer) = &step {
            let seen = layer.weights.len / layer.output[2];
            self.products = self.products.saturating_add(layer.to.len.saturating_mul(seen));
        }
        if let Step::Pool(pool) = &step {
            let seen = pool.kernel[0] * pool.kernel[1];
            self.products = self.products.saturating_add(pool.to.len.saturating_mul(seen));
        }
        limit("products", MAX_PRODUCTS, self.products)?;
        self.sink.step(step);
        Ok(())
    }

    fn word(&mut self, word: u32) {
        self.words += 1;
        self.sink.word(word);
    }

    /// Room for `len` numbers.
    fn room(&mut self, len: usize) -> Result<Place, MicroError> {
        let place = Place { at: self.bytes, len, constant: false };
        self.bytes += len;
        limit("bytes of memory", MAX_BYTES, self.bytes)?;
        Ok(place)
    }

    /// Says what lies at `at` from now on. An error if something does already.
    fn settle(&mut self, tensor: &Tensor<'_>, at: usize) -> Result<(), MicroError> {
        tensor.check("bytes in the file", 0, tensor.data.1 as i64)?;
        match self.places.get_mut(tensor.index) {
            Some(place) if *place == NOWHERE => *place = at as u32,
            _ => return Err(MicroError::Order { tensor: tensor.index, times: 2 }),
        }
        Ok(())
    }

    /// Room for a tensor of 8-bit numbers that is computed next.
    fn define(&mut self, tensor: &Tensor<'_>) -> Result<Place, MicroError> {
        tensor.quantisation()?;
        let place = self.room(tensor.shape.elements())?;
        self.settle(tensor, place.at)?;
        Ok(place)
    }

    /// Where a tensor of 8-bit numbers lies, which must be constant or computed already.
    fn find(&self, tensor: &Tensor<'_>) -> Result<Place, MicroError> {
        tensor.quantisation()?;
        let len = tensor.shape.elements();
        if tensor.is_constant() {
            return Ok(Place { at: tensor.data.0, len, constant: true });
        }
        match self.places.get(tensor.index) {
            Some(&at) if at != NOWHERE => Ok(Place { at: at as usize, len, constant: false }),
            _ => Err(MicroError::Order { tensor: tensor.index, times: 0 }),
        }
    }

    fn port(&self, index: usize) -> Result<Port, MicroError> {
        let tensor = self.graph.tensor(index)?;
        let (scale, zero) = tensor.quantisation()?;
        let (place, signed) = (self.find(&tensor)?, tensor.kind == INT8);
        Ok(Port { place, shape: tensor.shape, signed, scale, zero })
    }

    /// Gives variables their first values.
    fn initialise(&mut self, graph: Graph<'f>) -> Result<(), MicroError> {
        self.enter(graph)?;
        for index in 0..graph.operator_count() {
            let call = graph.operator(index)?;
            match call.operator.code {
                code::VAR_HANDLE => self.handle(&call, true)?,
                code::ASSIGN_VARIABLE => self.assign(&call, true)?,
                _ => return Err(MicroError::Operator { operator: call.operator }),
            }
        }
        Ok(())
    }

    fn operator(&mut self, call: Call<'f>) -> Result<(), MicroError> {
        match call.operator.code {
            // Done before.
            code::CALL_ONCE => Ok(()),
            code::VAR_HANDLE => self.handle(&call, false),
            code::READ_VARIABLE => self.read(&call),
            code::ASSIGN_VARIABLE => self.assign(&call, false),
            code::RESHAPE | code::EXPAND_DIMS | code::SQUEEZE => self.reshape(&call),
            code::CONCATENATION => self.concatenate(&call),
            code::STRIDED_SLICE => self.slice(&call),
            code::SPLIT_V => self.split(&call),
            code::CONV_2D => self.convolve(&call),
            code::DEPTHWISE_CONV_2D => self.depthwise(&call),
            code::FULLY_CONNECTED => self.connect(&call),
            code::LOGISTIC => self.logistic(&call),
            code::QUANTIZE => self.quantise(&call),
            code::ADD => self.combine(&call, false),
            code::MUL => self.combine(&call, true),
            code::AVERAGE_POOL_2D => self.pool(&call, false),
            code::MAX_POOL_2D => self.pool(&call, true),
            code::PAD => self.pad(&call),
            code::PACK => self.pack(&call),
            _ => Err(MicroError::Operator { operator: call.operator }),
        }
    }

    fn handle(&mut self, call: &Call<'f>, create: bool) -> Result<(), MicroError> {
        call.expect(0, 0, 1)?;
        let tensor = self.graph.tensor(call.output(0)?)?;
        tensor.check("type", RESOURCE.into(), tensor.kind.into())?;
        let (at, len) = call.text(1)?;
        let text = |(at, len)| self.file.bytes.get(at..at + len);
        let known = self.variables.iter().take(self.variable_count);
        let index = known.clone().position(|known| text(known.name) == text((at, len)));
        let index = match index {
            Some(index) => index,
            None if create => {
                limit("variables", MAX_VARIABLES, self.variable_count + 1)?;
                self.variables[self.variable_count].name = (at, len);
                self.variable_count += 1;
                self.variable_count - 1
            }
            None => return Err(MicroError::Order { tensor: tensor.index, times: 0 }),
        };
        self.settle(&tensor, index)
    }

    /// The variable that a handle stands for.
    fn variable(&self, call: &Call<'f>) -> Result<usize, MicroError> {
        let tensor = self.graph.tensor(call.input(0)?)?;
        tensor.check("type", RESOURCE.into(), tensor.kind.into())?;
        match self.places.get(tensor.index) {
            Some(&index) if index != NOWHERE => Ok(index as usize),
            _ => Err(MicroError::Order { tensor: tensor.index, times: 0 }),
        }
    }

    fn read(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(1, 1, 1)?;
        let Variable { place: from, scale, .. } = self.variables[self.variable(call)?];
        let tensor = self.graph.tensor(call.output(0)?)?;
        tensor.check("elements", from.len as i64, tensor.shape.elements() as i64)?;
        same(&tensor, tensor.signed()?, scale)?;
        let to = self.define(&tensor)?;
        self.step(Step::Copy(Copied::whole(from, to)))
    }

    fn assign(&mut self, call: &Call<'f>, first: bool) -> Result<(), MicroError> {
        call.expect(2, 2, 0)?;
        let index = self.variable(call)?;
        let tensor = self.graph.tensor(call.input(1)?)?;
        let scale = tensor.signed()?;
        let from = self.find(&tensor)?;
        if first && self.variables[index].place.len == 0 {
            (self.variables[index].place, self.variables[index].scale) = (self.room(from.len)?, scale);
        }
        let Variable { place: to, scale: expected, .. } = self.variables[index];
        tensor.check("elements", to.len as i64, from.len as i64)?;
        same(&tensor, scale, expected)?;
        self.step(Step::Copy(Copied::whole(from, to)))
    }

    /// The same numbers under another shape.
    fn reshape(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(1, 2, 1)?;
        let (input, output) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.output(0)?)?);
        output.check("elements", input.shape.elements() as i64, output.shape.elements() as i64)?;
        output.check("type", input.kind.into(), output.kind.into())?;
        same(&output, output.quantisation()?, input.quantisation()?)?;
        let from = self.find(&input)?;
        if from.constant {
            let to = self.define(&output)?;
            return self.step(Step::Copy(Copied::whole(from, to)));
        }
        self.settle(&output, from.at)
    }

    /// Part of a tensor to part of another: `dims` of them, from `from_start` and to `to_start`.
    fn copy(
        &mut self,
        (from, from_shape, from_start): (Place, &Shape, usize),
        strides: [usize; RANK],
        (to, to_shape, to_start): (Place, &Shape, usize),
        counts: [usize; RANK],
    ) -> Result<(), MicroError> {
        let mut from_steps = steps(from_shape);
        for (step, stride) in from_steps.iter_mut().zip(strides) {
            *step *= stride;
        }
        let from = Place { at: from.at + from_start, len: from.len - from_start, ..from };
        let to = Place { at: to.at + to_start, len: to.len - to_start, ..to };
        let copied = Copied { from, to, counts, from_steps, to_steps: steps(to_shape) };
        self.step(Step::Copy(copied.merged()))
    }

    fn concatenate(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(1, usize::MAX, 1)?;
        call.check("activation", 0, call.flag(1)?.into())?;
        let output = self.graph.tensor(call.output(0)?)?;
        let axis = axis(call, &output.shape, call.option(0, 0)?)?;
        let quantised = output.signed()?;
        let mut total = 0;
        for number in 0..call.inputs() {
            total += self.graph.tensor(call.input(number)?)?.shape.dims[axis];
        }
        output.check("size", total as i64, output.shape.dims[axis] as i64)?;
        // Inputs are found first: nothing may be its own input.
        for number in 0..call.inputs() {
            self.find(&self.graph.tensor(call.input(number)?)?)?;
        }
        let to = self.define(&output)?;
        let mut start = 0;
        for number in 0..call.inputs() {
            let input = self.graph.tensor(call.input(number)?)?;
            let expected =
                Shape { dims: with(output.shape.dims, axis, input.shape.dims[axis]), ..output.shape };
            input.check_shape(expected.aligned())?;
            same(&input, input.signed()?, quantised)?;
            let from = self.find(&input)?;
            let to_start = start * steps(&output.shape)[axis];
            self.copy((from, &input.shape, 0), [1; RANK], (to, &output.shape, to_start), input.shape.dims)?;
            start += input.shape.dims[axis];
        }
        Ok(())
    }

    fn slice(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(4, 4, 1)?;
        for (field, what) in [(2, "ellipsis mask"), (3, "new axis mask"), (4, "shrink axis mask")] {
            call.check(what, 0, call.option(field, 0)?.into())?;
        }
        call.check("offset", 0, call.flag(5)?.into())?;
        let (input, output) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.output(0)?)?);
        let rank = input.shape.rank;
        let numbers = |number| -> Result<Constants<'f>, MicroError> {
            self.graph.tensor(call.input(number)?)?.constants(&self.file, rank)
        };
        let (begins, ends, strides) = (numbers(1)?, numbers(2)?, numbers(3)?);
        let masks = [call.option(0, 0)?, call.option(1, 0)?];
        let (mut counts, mut by) = ([1; RANK], [1; RANK]);
        let mut start = 0;
        for dim in 0..rank {
            let size = input.shape.dims[dim] as i64;
            let stride = i64::from(strides.get(dim));
            call.check("stride", stride.clamp(1, size), stride)?;
            let edge = |masked: bool, value: i32, open: i64| match i64::from(value) {
                _ if masked => open,
                value if value < 0 => (value + size).max(0),
                value => value.min(size),
            };
            let begin = edge(masks[0] & (1 << dim) != 0, begins.get(dim), 0);
            let end = edge(masks[1] & (1 << dim) != 0, ends.get(dim), size);
            let count = (end - begin + stride - 1) / stride;
            call.check("length of a slice", count.max(1), count)?;
            (counts[dim], by[dim]) = (count as usize, stride as usize);
            start += begin as usize * steps(&input.shape)[dim];
        }
        output.check_shape(Shape { dims: counts, rank }.aligned())?;
        same(&output, output.signed()?, input.signed()?)?;
        let from = self.find(&input)?;
        let to = self.define(&output)?;
        let to_shape = Shape { dims: counts, rank };
        self.copy((from, &input.shape, start), by, (to, &to_shape, 0), counts)
    }

    fn split(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        let outputs = call.outputs();
        call.expect(3, 3, outputs.max(1))?;
        let input = self.graph.tensor(call.input(0)?)?;
        let sizes = self.graph.tensor(call.input(1)?)?.constants(&self.file, outputs)?;
        let along = self.graph.tensor(call.input(2)?)?.constants(&self.file, 1)?;
        let axis = axis(call, &input.shape, along.get(0))?;
        let from = self.find(&input)?;
        let mut start = 0;
        for number in 0..outputs {
            let output = self.graph.tensor(call.output(number)?)?;
            // One of the sizes may be left open.
            let size = match sizes.get(number) {
                -1 => output.shape.dims[axis],
                size => size.max(0).unsigned_abs() as usize,
            };
            let part = Shape { dims: with(input.shape.dims, axis, size), ..input.shape };
            output.check_shape(part.aligned())?;
            same(&output, output.signed()?, input.signed()?)?;
            let end = (start + size) as i64;
            call.check("sizes", end.min(input.shape.dims[axis] as i64), end)?;
            let to = self.define(&output)?;
            let from_start = start * steps(&input.shape)[axis];
            self.copy((from, &input.shape, from_start), [1; RANK], (to, &part, 0), part.dims)?;
            start += size;
        }
        call.check("sizes", input.shape.dims[axis] as i64, start as i64)
    }

    /// Bias and factor of each channel, where they begin. `weights` gives a channel's weights.
    fn channels<W: Iterator<Item = i8>>(
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

    fn convolve(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(2, 3, 1)?;
        let (input, filter, output) = self.layer(call)?;
        let ([batch, rows, columns, channels], [count, height, width, depth]) =
            (input.shape.dims, filter.shape.dims);
        filter.check("input channels", channels as i64, depth as i64)?;
        filter.check_weights(0)?;
        let stride = [call.option(2, 0)?, call.option(1, 0)?];
        let dilation = [call.option(5, 1)?, call.option(4, 1)?];
        let edges = Edges::new(call, [rows, columns], [height, width], stride, dilation)?;
        output.check_shape([batch, edges.output[0], edges.output[1], count])?;
        let (from, zeros) = (self.find(&input)?, [input.signed()?.1, output.signed()?.1]);
        let range = range(call, &output, call.flag(3)?)?;
        let len = height * width * depth;
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
            input: [rows, columns, channels],
            output: [edges.output[0], edges.output[1], count],
            kernel: [height, width],
            stride: edges.stride,
            dilation: edges.dilation,
            padding: edges.padding,
            zeros,
            range,
        }))
    }

    fn depthwise(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(2, 3, 1)?;
        let (input, filter, output) = self.layer(call)?;
        let ([batch, rows, columns, channels], [one, height, width, count]) =
            (input.shape.dims, filter.shape.dims);
        filter.check("batch", 1, one as i64)?;
        filter.check_weights(3)?;
        let multiplier = call.option(3, 0)?;
        call.check("depth multiplier", (count / channels) as i64, multiplier.into())?;
        filter.check("channels", channels as i64 * i64::from(multiplier), count as i64)?;
        let stride = [call.option(2, 0)?, call.option(1, 0)?];
        let dilation = [call.option(6, 1)?, call.option(5, 1)?];
        let edges = Edges::new(call, [rows, columns], [height, width], stride, dilation)?;
        output.check_shape([batch, edges.output[0], edges.output[1], count])?;
        let (from, zeros) = (self.find(&input)?, [input.signed()?.1, output.signed()?.1]);
        let range = range(call, &output, call.flag(4)?)?;
        let words =
            self.channels((&input, &filter, call.optional_input(2), &output), count, |channel, bytes| {
                bytes.iter().skip(channel).step_by(count).map(|byte| byte.cast_signed())
            })?;
        let to = self.define(&output)?;
        self.step(Step::Depthwise(Convolution {
            from,
            to,
            weights: Place { at: filter.data.0, len: filter.data.1, constant: true },
            words,
            batch,
            input: [rows, columns, channels],
            output: [edges.output[0], edges.output[1], count],
            kernel: [height, width],
            stride: edges.stride,
            dilation: edges.dilation,
            padding: edges.padding,
            zeros,
            range,
        }))
    }

    /// Input, weights and output, all of four dimensions.
    fn layer(&self, call: &Call<'f>) -> Result<(Tensor<'f>, Tensor<'f>, Tensor<'f>), MicroError> {
        let (input, filter) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.input(1)?)?);
        let output = self.graph.tensor(call.output(0)?)?;
        for tensor in [&input, &filter, &output] {
            tensor.check("dimensions", RANK as i64, tensor.shape.rank as i64)?;
        }
        Ok((input, filter, output))
    }

    fn connect(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
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
    fn table(&mut self, call: &Call<'f>, table: &[u8; 256]) -> Result<(), MicroError> {
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

    fn logistic(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
        call.expect(1, 1, 1)?;
        let (input, output) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.output(0)?)?);
        let (scale, zero) = input.signed()?;
        same(&output, output.signed()?, (1.0 / 256.0, -128))?;
        let wrong = MicroError::Scale { tensor: input.index, channel: 0, actual: scale };
        self.table(call, &logistic_table(scale, zero).ok_or(wrong)?)
    }

    fn quantise(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
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
}

impl<S: Sink> Planner<'_, '_, S> {
    /// Sum or product; a dimension of one goes with any.
    fn combine(&mut self, call: &Call<'_>, product: bool) -> Result<(), MicroError> {
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

    fn pool(&mut self, call: &Call<'_>, largest: bool) -> Result<(), MicroError> {
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

    /// More of zero around it.
    fn pad(&mut self, call: &Call<'_>) -> Result<(), MicroError> {
        call.expect(2, 2, 1)?;
        let (input, output) = (self.graph.tensor(call.input(0)?)?, self.graph.tensor(call.output(0)?)?);
        let rank = input.shape.rank;
        let around = self.graph.tensor(call.input(1)?)?.constants(&self.file, 2 * rank)?;
        let mut expected = input.shape;
        let mut start = 0;
        for dim in 0..rank {
            let [before, after] = [around.get(2 * dim), around.get(2 * dim + 1)].map(i64::from);
            for count in [before, after] {
                call.check("padding", count.clamp(0, 1 << 20), count)?;
            }
            expected.dims[dim] += (before + after) as usize;
            start += before as usize * steps(&output.shape)[dim];
        }
        output.check_shape(expected.aligned())?;
        let quantised = output.signed()?;
        same(&output, quantised, input.signed()?)?;
        let (from, to) = (self.find(&input)?, self.define(&output)?);
        self.step(Step::Fill(to, (quantised.1 as i8).cast_unsigned()))?;
        self.copy((from, &input.shape, 0), [1; RANK], (to, &expected, start), input.shape.dims)
    }

    /// Tensors of one shape side by side, along a new dimension.
    fn pack(&mut self, call: &Call<'_>) -> Result<(), MicroError> {
        call.expect(1, usize::MAX, 1)?;
        let output = self.graph.tensor(call.output(0)?)?;
        let axis = axis(call, &output.shape, call.option(1, 0)?)?;
        output.check("size", call.inputs() as i64, output.shape.dims[axis] as i64)?;
        let quantised = output.signed()?;
        let part = Shape { dims: with(output.shape.dims, axis, 1), ..output.shape };
        for number in 0..call.inputs() {
            self.find(&self.graph.tensor(call.input(number)?)?)?;
        }
        let to = self.define(&output)?;
        for number in 0..call.inputs() {
            let input = self.graph.tensor(call.input(number)?)?;
            let mut expected = part;
            expected.dims[axis..].rotate_left(1);
            expected.rank = output.shape.rank - 1;
            input.check_shape(expected.aligned())?;
            same(&input, input.signed()?, quantised)?;
            let from = self.find(&input)?;
            let to_start = number * steps(&output.shape)[axis];
            self.copy((from, &part, 0), [1; RANK], (to, &output.shape, to_start), part.dims)?;
        }
        Ok(())
    }
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

/// Elements from one to the next along each dimension.
fn steps(shape: &Shape) -> [usize; RANK] {
    let mut steps = [1; RANK];
    for dim in (0..RANK - 1).rev() {
        steps[dim] = steps[dim + 1] * shape.dims[dim + 1];
    }
    steps
}

/// `dims` with another size along `axis`.
fn with(mut dims: [usize; RANK], axis: usize, size: usize) -> [usize; RANK] {
    dims[axis] = size;
    dims
}

/// The dimension that an option names, counted from the end if it is negative.
fn axis(call: &Call<'_>, shape: &Shape, option: i32) -> Result<usize, MicroError> {
    let rank = shape.rank as i32;
    let axis = if option < 0 { option.saturating_add(rank) } else { option };
    call.check("axis", axis.clamp(0, (rank - 1).max(0)).into(), axis.into())?;
    Ok(axis.unsigned_abs() as usize)
}

/// An error unless both have the same scale and zero.
fn same(tensor: &Tensor<'_>, actual: (f32, i32), expected: (f32, i32)) -> Result<(), MicroError> {
    tensor.check("zero point", expected.1.into(), actual.1.into())?;
    match actual.0.to_bits() == expected.0.to_bits() {
        true => Ok(()),
        false => {
            let (expected, actual) = (expected.0, actual.0);
            Err(MicroError::Scales { tensor: tensor.index, expected, actual })
        }
    }
}

/// An error if there is more than `expected`.
fn limit(what: &'static str, expected: usize, actual: usize) -> Result<(), MicroError> {
    match actual <= expected {
        true => Ok(()),
        false => Err(MicroError::Limit { what, expected, actual }),
    }
}
