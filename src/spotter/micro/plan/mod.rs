//! From a file's operators to steps: everything is checked here, so that nothing can go wrong when they run.

mod layers;
mod moves;

use super::file::{Call, File, Graph, INT8, RANK, RESOURCE, Shape, Tensor};
use super::step::{Copied, Place, Step};
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
const MAX_PRODUCTS: usize = 1 << 24;
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
