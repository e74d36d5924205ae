//! One step of a network: a frame goes in, and every layer that has what it needs computes.

use super::arithmetic::{Arithmetic, Task};
use super::image::Model;
use super::kernels::copy;
use super::layer::{Layer, LayerKind, padded};
use super::taps::Taps;
use crate::simd::Level;
use core::ops::Range;

/// What a layer counts from step to step.
///
/// A convolution: inputs to pass over before the next output, and where its history's oldest row is. A sum: where its
/// queue is read, and where written. Last, whether the layer gave an output in this step.
pub(super) type Counters = [u32; 3];
const FIRED: usize = 2;

/// The parts of a network's memory, but for its output.
pub(super) struct Memory<'m, T> {
    pub(super) counters: &'m mut [Counters],
    pub(super) state: &'m mut [T],
    pub(super) scratch: &'m mut [T],
}

impl<T: Copy + Default> Memory<'_, T> {
    /// As before the first frame.
    pub(super) fn reset(&mut self, model: &Model) {
        self.state.fill(T::default());
        self.scratch.fill(T::default());
        for (counters, layer) in self.counters.iter_mut().zip(model.iter()) {
            *counters = [layer.wait, 0, 0];
        }
    }
}

fn range(start: u32, len: usize) -> Range<usize> {
    start as usize..start as usize + len
}

/// Takes one frame. `observe` sees the number and the output of every layer that computes. The last layer's output, if
/// it has one in this step.
///
/// `None` is also what a model that contradicts itself would give, but no such model passes `Model::new`.
pub(super) fn step<'m, A: Arithmetic>(
    model: &Model,
    level: Level,
    memory: &'m mut Memory<A::Value>,
    frame: &[f32],
    mut observe: impl FnMut(usize, &[A::Value]),
) -> Option<&'m [A::Value]> {
    let header = model.header();
    let channels = header.input_channels as usize;
    let input = memory.scratch.get_mut(range(header.input_offset, padded(channels)))?;
    input.fill(A::Value::default());
    A::load(level, frame, f32::from_bits(header.input_scale), input.get_mut(..channels)?);

    for index in 0..model.layers() {
        let layer = model.layer(index)?;
        let (before, rest) = memory.counters.split_at_mut_checked(index)?;
        let counters = rest.first_mut()?;
        counters[FIRED] = 0;
        let fired = |value: u32| match value.checked_sub(1) {
            None => true,
            Some(giver) => before.get(giver as usize).is_some_and(|giver| giver[FIRED] != 0),
        };
        let task = Task::new(model, &layer, level);
        let state = memory.state.get_mut(range(layer.state, layer.state_len()))?;
        let input = range(layer.input_offsets[0], layer.in_row());
        let output = range(layer.output, layer.out_row());
        let first = fired(layer.inputs[0]);
        match layer.kind {
            LayerKind::Conv | LayerKind::Depthwise if first => {
                let [x, y] = memory.scratch.get_disjoint_mut([input, output.clone()]).ok()?;
                convolve::<A>(&task, counters, x, state, y)?;
            }
            LayerKind::Gru if first => {
                let work = range(layer.work, layer.work_len());
                let [x, y, work] = memory.scratch.get_disjoint_mut([input, output.clone(), work]).ok()?;
                let (gates, recurrent) = work.split_at_mut_checked(layer.weight_rows())?;
                A::gru(&task, x, gates, recurrent, state);
                copy(state, y);
                counters[FIRED] = 1;
            }
            LayerKind::Add => {
                let other = range(layer.input_offsets[1], layer.in_row());
                let [a, b, y] = memory.scratch.get_disjoint_mut([input, other, output.clone()]).ok()?;
                add::<A>(&task, counters, (a, first), (b, fired(layer.inputs[1])), state, y)?;
            }
            LayerKind::Activation if first => {
                let [x, y] = memory.scratch.get_disjoint_mut([input, output.clone()]).ok()?;
                A::activate(&task, x, y);
                counters[FIRED] = 1;
            }
            _ => {}
        }
        if counters[FIRED] != 0 {
            observe(index, memory.scratch.get(output)?);
        }
    }
    let last = model.layer(model.layers().checked_sub(1)?)?;
    let fired = memory.counters.last()?[FIRED] != 0;
    fired.then(|| memory.scratch.get(range(last.output, last.out_row()))).flatten()
}

/// Computes if it is time, then takes `x` into the history.
#[inline(always)]
fn convolve<A: Arithmetic>(
    task: &Task,
    counters: &mut Counters,
    x: &[A::Value],
    history: &mut [A::Value],
    y: &mut [A::Value],
) -> Option<()> {
    let layer: &Layer = task.layer;
    let [countdown, oldest, fired] = counters;
    if let Some(left) = countdown.checked_sub(1) {
        *countdown = left;
    } else {
        *countdown = layer.stride - 1;
        *fired = 1;
        let depthwise = layer.kind == LayerKind::Depthwise;
        let taps = Taps {
            current: x,
            history,
            oldest: *oldest as usize,
            row: layer.in_row(),
            used: if depthwise { layer.in_row() } else { A::inputs(layer.in_channels) },
            kernel: layer.kernel as usize,
            dilation: layer.dilation as usize,
        };
        if depthwise { A::depthwise(task, &taps, y) } else { A::conv(task, &taps, y) }
    }
    if !history.is_empty() {
        copy(x, history.get_mut(range(0, layer.in_row()).shifted(*oldest))?);
        *oldest = if *oldest as usize + 1 == layer.history_rows() { 0 } else { *oldest + 1 };
    }
    Some(())
}

/// Adds when the later of two inputs comes; until then the earlier one waits in `queue`.
#[inline(always)]
fn add<A: Arithmetic>(
    task: &Task,
    counters: &mut Counters,
    (a, a_fired): (&[A::Value], bool),
    (b, b_fired): (&[A::Value], bool),
    queue: &mut [A::Value],
    y: &mut [A::Value],
) -> Option<()> {
    let [read, write, fired] = counters;
    let rows = task.layer.waits[0] + task.layer.waits[1];
    if rows == 0 {
        if a_fired {
            A::add(task, a, b, y);
            *fired = 1;
        }
        return Some(());
    }
    let row = task.layer.in_row();
    let next = |at: u32| if at + 1 == rows { 0 } else { at + 1 };
    let a_waits = task.layer.waits[0] > 0;
    let (early, early_fired, late_fired) =
        if a_waits { (a, a_fired, b_fired) } else { (b, b_fired, a_fired) };
    if early_fired {
        copy(early, queue.get_mut(range(0, row).shifted(*write))?);
        *write = next(*write);
    }
    if late_fired {
        let early = queue.get(range(0, row).shifted(*read))?;
        if a_waits {
            A::add(task, early, b, y)
        } else {
            A::add(task, a, early, y)
        }
        *read = next(*read);
        *fired = 1;
    }
    Some(())
}

/// The same stretch, `rows` of its lengths further on.
trait Shifted {
    fn shifted(self, rows: u32) -> Self;
}

impl Shifted for Range<usize> {
    fn shifted(self, rows: u32) -> Self {
        let by = rows as usize * self.len();
        self.start + by..self.end + by
    }
}
