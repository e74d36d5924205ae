//! Operators that move numbers about as they are.

use super::super::MicroError;
use super::super::file::{Call, Constants, RANK, Shape};
use super::super::step::{Copied, Place, Step};
use super::{Planner, Sink, axis, same, steps, with};

impl<'f, S: Sink> Planner<'f, '_, S> {
    /// The same numbers under another shape.
    pub(super) fn reshape(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
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
    pub(super) fn copy(
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

    pub(super) fn concatenate(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
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

    pub(super) fn slice(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
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

    pub(super) fn split(&mut self, call: &Call<'f>) -> Result<(), MicroError> {
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

    /// More of zero around it.
    pub(super) fn pad(&mut self, call: &Call<'_>) -> Result<(), MicroError> {
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
    pub(super) fn pack(&mut self, call: &Call<'_>) -> Result<(), MicroError> {
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
