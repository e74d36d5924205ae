//! A network that runs on a stream: frame in, now and then an output.

use super::arithmetic::{Arithmetic, Float, Int8};
use super::image::{Model, OutputKind};
use super::kernels;
use super::layer::{Format, Layer, padded};
use super::step::{Counters, Memory, step};
use crate::error::ConfigError;
use crate::simd::Level;
use crate::storage::Storage;

const COUNTER_WORDS: usize = size_of::<Counters>() / 4;

/// A model and the memory of one stream through it.
#[derive(Debug)]
pub struct Net<'a> {
    model: Model<'a>,
    memory: Storage<'a, u32>,
    level: Level,
}

impl<'a> Net<'a> {
    /// Runs `model` in `memory`, which is [`required_words`](Net::required_words) long, at the machine's best level.
    ///
    /// # Errors
    /// [`ConfigError::BufferTooSmall`] if `memory` is.
    pub fn new(model: Model<'a>, memory: Storage<'a, u32>) -> Result<Self, ConfigError> {
        Net::with_level(model, memory, Level::detect())
    }

    /// The same at a chosen level. All give the same bits.
    ///
    /// # Errors
    /// [`ConfigError::BufferTooSmall`] if `memory` is.
    pub fn with_level(model: Model<'a>, memory: Storage<'a, u32>, level: Level) -> Result<Self, ConfigError> {
        let expected = Net::required_words(&model);
        if memory.len() < expected {
            return Err(ConfigError::BufferTooSmall { buffer: "memory", expected, actual: memory.len() });
        }
        let mut net = Net { model, memory, level };
        net.reset();
        Ok(net)
    }

    /// Memory that a stream through `model` needs, in 32-bit words.
    pub fn required_words(model: &Model) -> usize {
        let [counters, state, scratch, output] = part_words(model);
        counters + state + scratch + output
    }

    /// The model it runs.
    pub fn model(&self) -> &Model<'a> {
        &self.model
    }

    /// The level it runs at.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Takes the next frame of [`Model::input_channels`] values; missing ones count as 0, further ones as not there.
    ///
    /// With every [`Model::stride`]-th frame, [`Model::look_ahead`] frames late, an output comes:
    /// [`Model::output_frames`] frames of [`Model::output_channels`] values, oldest frame first. Before the first
    /// frame, zeros count as having come: what convolutions see as their left padding.
    ///
    /// # Real time
    /// No allocation. Steps that give an output cost the most.
    pub fn process(&mut self, frame: &[f32]) -> Option<&[f32]> {
        match self.model.format() {
            Format::F32 => self.run::<Float>(frame, |_, _| ()),
            Format::Int8 => self.run::<Int8>(frame, |_, _| ()),
        }
    }

    /// As new: no frame has come yet.
    pub fn reset(&mut self) {
        self.memory.fill(0);
        let parts = part_words(&self.model);
        match self.model.format() {
            Format::F32 => {
                if let Some((mut memory, _)) = split::<f32>(&mut self.memory, parts) {
                    memory.reset(&self.model);
                }
            }
            Format::Int8 => {
                if let Some((mut memory, _)) = split::<i16>(&mut self.memory, parts) {
                    memory.reset(&self.model);
                }
            }
        }
    }

    /// As [`process`](Net::process), but `observe` sees every layer's number and output as well. `f32` models only.
    #[cfg(feature = "alloc")]
    pub(super) fn process_observed(&mut self, frame: &[f32], observe: impl FnMut(usize, &[f32])) {
        if self.model.format() == Float::FORMAT {
            self.run::<Float>(frame, observe);
        }
    }

    fn run<A: Arithmetic>(
        &mut self,
        frame: &[f32],
        observe: impl FnMut(usize, &[A::Value]),
    ) -> Option<&[f32]> {
        let model = &self.model;
        let (mut memory, output) = split::<A::Value>(&mut self.memory, part_words(model))?;
        let last = step::<A>(model, self.level, &mut memory, frame, observe)?;
        let layer: Layer = model.layer(model.layers().checked_sub(1)?)?;
        let len = layer.out_channels as usize;
        let (output, spare) = output.split_at_mut_checked(len)?;
        A::store(last, f32::from_bits(layer.scale), output);
        let frames = output.chunks_exact_mut(model.output_channels().max(1));
        match model.output_kind() {
            OutputKind::Plain => {}
            OutputKind::Softmax => frames.for_each(|frame| kernels::softmax(self.level, frame)),
            OutputKind::LogSoftmax => {
                let spare = spare.get_mut(..model.output_channels())?;
                frames.for_each(|frame| kernels::log_softmax(self.level, frame, spare));
            }
        }
        Some(output)
    }
}

#[cfg(feature = "alloc")]
impl<'a> Net<'a> {
    /// Runs `model` in memory from the heap, at the machine's best level.
    pub fn owned(model: Model<'a>) -> Self {
        Net::owned_with_level(model, Level::detect())
    }

    /// Runs `model` in memory from the heap, at a chosen level.
    pub fn owned_with_level(model: Model<'a>, level: Level) -> Self {
        let memory = Storage::owned(Net::required_words(&model));
        let mut net = Net { model, memory, level };
        net.reset();
        net
    }
}

/// Words of memory: counters, state, scratch, output.
fn part_words(model: &Model) -> [usize; 4] {
    let header = model.header();
    let words = |values: u32| (values as usize * model.format().activation_bytes()).div_ceil(4);
    // The output, and room for the exponentials of a frame of it.
    let output = 2 * padded(model.output_channels() * model.output_frames());
    [model.layers() * COUNTER_WORDS, words(header.state), words(header.scratch), output]
}

/// The parts of `memory`, as they are used.
fn split<T: bytemuck::Pod>(memory: &mut [u32], parts: [usize; 4]) -> Option<(Memory<'_, T>, &mut [f32])> {
    let (counters, rest) = memory.split_at_mut_checked(parts[0])?;
    let (state, rest) = rest.split_at_mut_checked(parts[1])?;
    let (scratch, rest) = rest.split_at_mut_checked(parts[2])?;
    let output = rest.get_mut(..parts[3])?;
    let memory = Memory {
        counters: counters.as_chunks_mut().0,
        state: bytemuck::try_cast_slice_mut(state).ok()?,
        scratch: bytemuck::try_cast_slice_mut(scratch).ok()?,
    };
    Some((memory, bytemuck::try_cast_slice_mut(output).ok()?))
}
