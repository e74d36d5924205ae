//! A checked file.

use super::MicroError;
use super::file::File;
use super::plan::{Count, Layout, Port, Sink, plan};
use crate::storage::Image;

/// A model, read in place from a TensorFlow Lite file.
#[derive(Clone, Debug)]
pub struct MicroModel<'a> {
    image: Image<'a>,
    layout: Layout,
    count: Count,
}

impl<'a> MicroModel<'a> {
    /// The model in `image`: bytes in flash or a file that was read.
    ///
    /// # Errors
    /// [`MicroError`] naming the first operator or tensor that can't be run, and the numbers that are in the way.
    pub fn parse(image: impl Into<Image<'a>>) -> Result<Self, MicroError> {
        let image = image.into();
        let mut count = Count::default();
        let layout = plan(File::new(&image)?, &mut count)?;
        Ok(MicroModel { image, layout, count })
    }

    /// Steps that a run of it takes: what [`MicroMemory::steps`](super::MicroMemory::steps) must hold.
    pub fn required_steps(&self) -> usize {
        self.count.steps
    }

    /// 32-bit words that it needs: what [`MicroMemory::words`](super::MicroMemory::words) must hold.
    pub fn required_words(&self) -> usize {
        self.count.words + self.layout.bytes.div_ceil(4)
    }

    /// Numbers that one run takes.
    pub fn input_len(&self) -> usize {
        self.layout.input.place.len
    }

    /// Numbers that one run gives.
    pub fn output_len(&self) -> usize {
        self.layout.output.place.len
    }

    /// Frames and bands that one run takes: the last two dimensions of its input.
    pub fn frames(&self) -> [usize; 2] {
        let [.., frames, bands] = self.layout.input.shape.aligned();
        [frames, bands]
    }

    /// What an input of the model is for a feature: the nearest there is.
    pub fn quantise(&self, feature: f64) -> i8 {
        let Port { scale, zero, signed, .. } = self.layout.input;
        let value = libm::rint(feature / f64::from(scale) + f64::from(zero));
        match signed {
            true => value.clamp(-128.0, 127.0) as i8,
            false => (value.clamp(0.0, 255.0) as u8).cast_signed(),
        }
    }

    /// What a byte of the output stands for.
    pub fn dequantise(&self, byte: u8) -> f32 {
        let Port { scale, zero, signed, .. } = self.layout.output;
        let value = if signed { i32::from(byte.cast_signed()) } else { i32::from(byte) };
        (value - zero) as f32 * scale
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.image
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Words before those that are computed.
    pub(super) fn constant_words(&self) -> usize {
        self.count.words
    }

    /// Writes steps and words.
    pub(super) fn lay_out(&self, sink: &mut impl Sink) {
        // What was checked once is as it was.
        let _ = File::new(&self.image).and_then(|file| plan(file, sink));
    }
}
