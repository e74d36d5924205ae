//! What layers compute, in either number format.

use super::image::Model;
use super::kernels::{self, Requantise};
use super::layer::{Activation, Format, Layer};
use super::taps::Taps;
use crate::simd::Level;

/// A layer, its blocks of the image, and the level to run it at.
#[derive(Clone, Copy)]
pub(super) struct Task<'m> {
    model: &'m Model<'m>,
    pub(super) layer: &'m Layer,
    level: Level,
    relu: bool,
}

impl<'m> Task<'m> {
    pub(super) fn new(model: &'m Model<'m>, layer: &'m Layer, level: Level) -> Self {
        let relu = layer.function[0] == Activation::Relu.encode()[0];
        Task { model, layer, level, relu }
    }

    /// A block of the image, [`Layer::WEIGHTS`] for instance.
    #[inline(always)]
    fn block<T: bytemuck::AnyBitPattern>(&self, index: usize, format: Format) -> &'m [T] {
        self.model.view(self.layer.section(index, format))
    }
}

/// A number format: the type of an activation, and the layers in it.
pub(super) trait Arithmetic {
    type Value: bytemuck::Pod + Default;
    const FORMAT: Format;

    /// Input channels as kernels count them.
    fn inputs(channels: u32) -> usize;
    fn load(level: Level, frame: &[f32], scale: f32, row: &mut [Self::Value]);
    fn store(row: &[Self::Value], scale: f32, frame: &mut [f32]);
    fn conv(task: &Task, taps: &Taps<Self::Value>, out: &mut [Self::Value]);
    fn depthwise(task: &Task, taps: &Taps<Self::Value>, out: &mut [Self::Value]);
    /// `gates`: room for the gates from the input, `recurrent`: for those from the state.
    fn gru(
        task: &Task,
        x: &[Self::Value],
        gates: &mut [Self::Value],
        recurrent: &mut [Self::Value],
        state: &mut [Self::Value],
    );
    fn add(task: &Task, a: &[Self::Value], b: &[Self::Value], out: &mut [Self::Value]);
    fn activate(task: &Task, x: &[Self::Value], out: &mut [Self::Value]);
}

/// [`Format::F32`].
pub(super) struct Float;

impl Arithmetic for Float {
    type Value = f32;
    const FORMAT: Format = Format::F32;

    fn inputs(channels: u32) -> usize {
        channels as usize
    }

    fn load(_level: Level, frame: &[f32], _scale: f32, row: &mut [f32]) {
        for (value, &x) in row.iter_mut().zip(frame) {
            *value = x;
        }
    }

    fn store(row: &[f32], _scale: f32, frame: &mut [f32]) {
        for (y, &value) in frame.iter_mut().zip(row) {
            *y = value;
        }
    }

    #[inline(always)]
    fn conv(task: &Task, taps: &Taps<f32>, out: &mut [f32]) {
        kernels::conv_f32(
            task.level,
            task.block(Layer::WEIGHTS, Self::FORMAT),
            task.block(Layer::BIAS, Self::FORMAT),
            taps,
            task.relu,
            out,
        );
    }

    #[inline(always)]
    fn depthwise(task: &Task, taps: &Taps<f32>, out: &mut [f32]) {
        kernels::depthwise_f32(
            task.level,
            task.block(Layer::WEIGHTS, Self::FORMAT),
            task.block(Layer::BIAS, Self::FORMAT),
            taps,
            task.relu,
            out,
        );
    }

    fn gru(task: &Task, x: &[f32], gates: &mut [f32], recurrent: &mut [f32], state: &mut [f32]) {
        let input = Taps::one(x, task.layer.in_channels as usize);
        kernels::conv_f32(
            task.level,
            task.block(Layer::WEIGHTS, Self::FORMAT),
            task.block(Layer::BIAS, Self::FORMAT),
            &input,
            false,
            gates,
        );
        let before = Taps::one(state, task.layer.out_channels as usize);
        kernels::conv_f32(
            task.level,
            task.block(Layer::RECURRENT, Self::FORMAT),
            task.block(Layer::RECURRENT_BIAS, Self::FORMAT),
            &before,
            false,
            recurrent,
        );
        kernels::gru(task.level, gates, recurrent, state);
    }

    #[inline(always)]
    fn add(task: &Task, a: &[f32], b: &[f32], out: &mut [f32]) {
        kernels::add(task.level, a, b, task.relu, out);
    }

    fn activate(task: &Task, x: &[f32], out: &mut [f32]) {
        if let Some(activation) = task.layer.activation() {
            kernels::activate(task.level, activation, x, out);
        }
    }
}

/// [`Format::Int8`].
pub(super) struct Int8;

impl Arithmetic for Int8 {
    type Value = i16;
    const FORMAT: Format = Format::Int8;

    fn inputs(channels: u32) -> usize {
        channels.next_multiple_of(2) as usize
    }

    fn load(level: Level, frame: &[f32], scale: f32, row: &mut [i16]) {
        kernels::quantise(level, frame, scale, row);
    }

    fn store(row: &[i16], scale: f32, frame: &mut [f32]) {
        kernels::dequantise(row, scale, frame);
    }

    #[inline(always)]
    fn conv(task: &Task, taps: &Taps<i16>, out: &mut [i16]) {
        let requantise = Requantise::view(task.block(Layer::REQUANTISE, Self::FORMAT));
        kernels::conv_i8(
            task.level,
            task.block(Layer::WEIGHTS, Self::FORMAT),
            task.block(Layer::BIAS, Self::FORMAT),
            requantise,
            taps,
            task.relu,
            out,
        );
    }

    #[inline(always)]
    fn depthwise(task: &Task, taps: &Taps<i16>, out: &mut [i16]) {
        let requantise = Requantise::view(task.block(Layer::REQUANTISE, Self::FORMAT));
        kernels::depthwise_i8(
            task.level,
            task.block(Layer::WEIGHTS, Self::FORMAT),
            task.block(Layer::BIAS, Self::FORMAT),
            requantise,
            taps,
            task.relu,
            out,
        );
    }

    fn gru(task: &Task, x: &[i16], gates: &mut [i16], recurrent: &mut [i16], state: &mut [i16]) {
        let requantise = Requantise::view(task.block(Layer::REQUANTISE, Self::FORMAT));
        let input = Taps::one(x, Self::inputs(task.layer.in_channels));
        kernels::conv_i8(
            task.level,
            task.block(Layer::WEIGHTS, Self::FORMAT),
            task.block(Layer::BIAS, Self::FORMAT),
            requantise,
            &input,
            false,
            gates,
        );
        let requantise = Requantise::view(task.block(Layer::RECURRENT_REQUANTISE, Self::FORMAT));
        let before = Taps::one(state, Self::inputs(task.layer.out_channels));
        kernels::conv_i8(
            task.level,
            task.block(Layer::RECURRENT, Self::FORMAT),
            task.block(Layer::RECURRENT_BIAS, Self::FORMAT),
            requantise,
            &before,
            false,
            recurrent,
        );
        kernels::gru_i16(task.block(Layer::TABLE, Self::FORMAT), gates, recurrent, state);
    }

    #[inline(always)]
    fn add(task: &Task, a: &[i16], b: &[i16], out: &mut [i16]) {
        let [multipliers, shift] = task.layer.sum;
        let multipliers = [(multipliers & 0xffff) as i32, (multipliers >> 16) as i32];
        kernels::add_i16(task.level, (a, b), multipliers, shift, task.relu, out);
    }

    fn activate(task: &Task, x: &[i16], out: &mut [i16]) {
        kernels::lookup(task.block(Layer::TABLE, Self::FORMAT), x, out);
    }
}
