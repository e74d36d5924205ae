//! The flat image of a model: checked once, then viewed in place, in flash or on the heap.
//!
//! Little-endian 32-bit words: a header of 32, the layer table of 32 a layer, then the weights, every block at a
//! multiple of 64 bytes, and the metadata: pairs of length, length, key, value. The CRC-32 in the header covers
//! every byte but its own four.

mod check;
mod header;

use super::error::ImageError;
use super::layer::{Activation, Format, Layer, LayerKind, RECORD_WORDS};
use crate::storage::Image;
use header::check_frame;

pub use header::OutputKind;
pub(super) use header::*;

/// A model: an image that was checked.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    image: Image<'a>,
    header: Header,
}

impl<'a> Model<'a> {
    /// What every image begins with.
    pub const MAGIC: [u8; 8] = MAGIC;

    /// Checks all of `image`: nothing that it says is trusted later that was not checked here.
    ///
    /// The image must begin at a multiple of 4 bytes; at one of 64, weights lie on whole cache lines.
    ///
    /// # Errors
    /// The first thing that is wrong, with the numbers.
    pub fn new(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        let image = image.into();
        if cfg!(target_endian = "big") {
            return Err(ImageError::BigEndian);
        }
        let header = check_frame(&image)?;
        let model = Model { image, header };
        model.check_header()?;
        for index in 0..model.header.layers {
            model.check_layer(index)?;
        }
        model.check_memory()?;
        model.check_metadata()?;
        Ok(model)
    }

    /// How numbers are represented.
    pub fn format(&self) -> Format {
        self.header.format
    }

    /// What is done to the last layer's output.
    pub fn output_kind(&self) -> OutputKind {
        self.header.output
    }

    /// Values of an input frame.
    pub fn input_channels(&self) -> usize {
        self.header.input_channels as usize
    }

    /// Values of an output frame.
    pub fn output_channels(&self) -> usize {
        self.header.output_channels as usize
    }

    /// Output frames that one step of the network gives, oldest first.
    pub fn output_frames(&self) -> usize {
        self.header.output_frames as usize
    }

    /// Input frames from one step of the network to the next.
    pub fn stride(&self) -> usize {
        self.header.stride as usize
    }

    /// Step t is computed when input frame `stride` · t + `look_ahead` comes, counted from 0.
    pub fn look_ahead(&self) -> usize {
        self.header.look_ahead as usize
    }

    /// Number of layers.
    pub fn layers(&self) -> usize {
        self.header.layers as usize
    }

    /// Bytes of the image.
    pub fn image_bytes(&self) -> usize {
        self.header.total_bytes as usize
    }

    /// Multiplications with a weight in one step of the network, not counting activations.
    pub fn macs_per_step(&self) -> usize {
        let stride = self.header.stride;
        self.iter().map(|layer| layer.macs() * (stride / layer.period.max(1)) as usize).sum()
    }

    /// What layer `index` is: kind, activation, input and output channels, kernel, stride, dilation.
    pub fn layer_info(&self, index: usize) -> Option<LayerInfo> {
        let layer = self.layer(index)?;
        Some(LayerInfo {
            kind: layer.kind,
            activation: layer.activation()?,
            in_channels: layer.in_channels as usize,
            out_channels: layer.out_channels as usize,
            kernel: layer.kernel as usize,
            stride: layer.stride as usize,
            dilation: layer.dilation as usize,
            macs: layer.macs(),
            scale: (self.header.format == Format::Int8).then(|| f32::from_bits(layer.scale)),
        })
    }

    /// All metadata, in the order of packing.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.bytes(self.header.metadata_offset, u64::from(self.header.metadata_bytes));
        core::iter::from_fn(move || {
            let (entry, after) = entry(rest)?;
            rest = after;
            Some(entry)
        })
    }

    /// The value of one key of the metadata.
    pub fn meta(&self, key: &str) -> Option<&str> {
        self.metadata().find(|&(name, _)| name == key).map(|(_, value)| value)
    }

    /// Names of the output's symbols, in order, if the model has them: the metadata `symbols`, one a line.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.meta("symbols").unwrap_or_default().lines()
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    #[inline(always)]
    pub(super) fn layer(&self, index: usize) -> Option<Layer> {
        let from = 4 * (HEADER_WORDS + RECORD_WORDS * index);
        let record = self.image.get(from..from + 4 * RECORD_WORDS)?;
        Layer::decode(bytemuck::try_cast_slice::<u8, u32>(record).ok()?.first_chunk()?)
    }

    /// All layers in order, as recorded.
    pub(super) fn iter(&self) -> impl Iterator<Item = Layer> {
        (0..self.layers()).map_while(|index| self.layer(index))
    }

    /// A block of the image; empty if there is none, which the checks exclude.
    fn bytes(&self, offset: u32, bytes: u64) -> &[u8] {
        let from = offset as usize;
        let to = from.checked_add(bytes as usize);
        to.and_then(|to| self.image.get(from..to)).unwrap_or_default()
    }

    /// A block of the image, as numbers.
    pub(super) fn view<T: bytemuck::AnyBitPattern>(&self, (offset, bytes): (u32, u64)) -> &[T] {
        bytemuck::try_cast_slice(self.bytes(offset, bytes)).unwrap_or_default()
    }
}

/// What a layer is, for people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerInfo {
    /// What it does.
    pub kind: LayerKind,
    /// What is done to its output.
    pub activation: Activation,
    /// Values of an input row.
    pub in_channels: usize,
    /// Values of an output row.
    pub out_channels: usize,
    /// Input rows it sees.
    pub kernel: usize,
    /// Input rows from one output to the next.
    pub stride: usize,
    /// Input rows from one tap of the kernel to the next.
    pub dilation: usize,
    /// Multiplications with a weight for one output.
    pub macs: usize,
    /// [`Format::Int8`]: what one unit of its output stands for.
    pub scale: Option<f32>,
}

/// One pair of the metadata and what follows it.
fn entry(bytes: &[u8]) -> Option<((&str, &str), &[u8])> {
    let (lengths, rest) = bytes.split_first_chunk::<8>()?;
    let [a, b, c, d, e, f, g, h] = *lengths;
    let (key, rest) = rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize)?;
    let (value, rest) = rest.split_at_checked(u32::from_le_bytes([e, f, g, h]) as usize)?;
    Some(((core::str::from_utf8(key).ok()?, core::str::from_utf8(value).ok()?), rest))
}
