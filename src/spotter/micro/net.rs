//! A model that runs: its steps, and memory for what they compute.

use super::kernels;
use super::model::MicroModel;
use super::plan::Sink;
use super::step::{MicroStep, Step};
use crate::error::ConfigError;
use crate::simd::{Isa, Level};
use crate::storage::Storage;
use zeroize::Zeroize;

/// Memory that a model works in.
#[derive(Debug)]
pub struct MicroMemory<'a> {
    /// What is to be done: [`MicroModel::required_steps`] elements.
    pub steps: Storage<'a, MicroStep>,
    /// Tables and everything that is computed: [`MicroModel::required_words`] elements.
    pub words: Storage<'a, u32>,
}

#[cfg(feature = "alloc")]
impl MicroMemory<'static> {
    /// As much as `model` needs, on the heap.
    pub fn owned(model: &MicroModel<'_>) -> Self {
        MicroMemory {
            steps: Storage::owned(model.required_steps()),
            words: Storage::owned(model.required_words()),
        }
    }
}

/// A model that runs, with what it remembers of its inputs.
#[derive(Debug)]
pub struct MicroNet<'a> {
    model: MicroModel<'a>,
    memory: MicroMemory<'a>,
    level: Level,
}

impl<'a> MicroNet<'a> {
    /// Lays out `model` in `memory`, for the best instruction set of this machine.
    ///
    /// # Errors
    /// [`ConfigError::BufferTooSmall`] for too little memory.
    pub fn new(model: MicroModel<'a>, memory: MicroMemory<'a>) -> Result<Self, ConfigError> {
        MicroNet::with_level(model, memory, Level::detect())
    }

    /// As [`MicroNet::new`], for an instruction set of the caller's choice. All levels give the same numbers.
    ///
    /// # Errors
    /// As [`MicroNet::new`].
    pub fn with_level(
        model: MicroModel<'a>,
        mut memory: MicroMemory<'a>,
        level: Level,
    ) -> Result<Self, ConfigError> {
        let enough = |buffer, expected, actual| match actual >= expected {
            true => Ok(()),
            false => Err(ConfigError::BufferTooSmall { buffer, expected, actual }),
        };
        enough("micro steps", model.required_steps(), memory.steps.len())?;
        enough("micro words", model.required_words(), memory.words.len())?;
        model.lay_out(&mut Writer { steps: memory.steps.iter_mut(), words: memory.words.iter_mut() });
        let mut net = MicroNet { model, memory, level };
        net.reset();
        Ok(net)
    }

    /// The model it runs.
    pub fn model(&self) -> &MicroModel<'a> {
        &self.model
    }

    /// Runs the model on its next input, [`MicroModel::input_len`] numbers of its own scale; gives its output, of which
    /// [`MicroModel::dequantise`] says what it stands for. What `input` has too much is left out.
    ///
    /// # Real time
    /// No allocation; the same work every time.
    pub fn process(&mut self, input: &[i8]) -> &[u8] {
        let layout = self.model.layout();
        let place = layout.input.place;
        let memory = self.memory.words.get_mut(self.model.constant_words()..).unwrap_or_default();
        let memory: &mut [u8] = bytemuck::cast_slice_mut(memory);
        for (slot, value) in memory.iter_mut().skip(place.at).take(place.len).zip(input) {
            *slot = value.cast_unsigned();
        }
        let first = layout.first_steps;
        self.run(first, self.model.required_steps());
        let place = self.model.layout().output.place;
        if place.constant {
            return self.model.bytes().get(place.at..place.at + place.len).unwrap_or_default();
        }
        let memory = self.memory.words.get(self.model.constant_words()..).unwrap_or_default();
        bytemuck::cast_slice(memory).get(place.at..place.at + place.len).unwrap_or_default()
    }

    fn run(&mut self, from: usize, to: usize) {
        let MicroNet { model, memory, level } = self;
        let steps = memory.steps.get(from..to).unwrap_or_default();
        let words = memory.words.split_at_mut_checked(model.constant_words());
        let (words, memory) = words.unwrap_or_default();
        let (words, memory): (&[u32], &mut [u8]) = (words, bytemuck::cast_slice_mut(memory));
        let file = model.bytes();
        match level.isa() {
            Isa::Scalar => run(steps, file, words, memory),
            _ => fearless_simd::dispatch!(level.token(), _simd => run(steps, file, words, memory)),
        }
    }

    /// As new: nothing that was heard before counts any more, or stays in memory.
    pub fn reset(&mut self) {
        let computed = self.model.constant_words()..self.model.required_words();
        self.memory.words.get_mut(computed).unwrap_or_default().zeroize();
        self.run(0, self.model.layout().first_steps);
    }
}

#[inline(always)]
fn run(steps: &[MicroStep], file: &[u8], words: &[u32], memory: &mut [u8]) {
    for MicroStep(step) in steps {
        let done = kernels::run(step, file, words, memory);
        debug_assert!(done.is_some(), "{step:?}");
    }
}

/// Writes a plan into memory.
struct Writer<'m> {
    steps: core::slice::IterMut<'m, MicroStep>,
    words: core::slice::IterMut<'m, u32>,
}

impl Sink for Writer<'_> {
    fn step(&mut self, step: Step) {
        if let Some(slot) = self.steps.next() {
            *slot = MicroStep(step);
        }
    }

    fn word(&mut self, word: u32) {
        if let Some(slot) = self.words.next() {
            *slot = word;
        }
    }
}
