//! The flat image of a model: checked once, then viewed in place, in flash or on the heap.
//!
//! Little-endian 32-bit words: a header of 32, the layer table of 32 a layer, then the weights, every block at a
//! multiple of 64 bytes, and the metadata: pairs of length, length, key, value. The CRC-32 in the header covers
//! every byte but its own four.

use super::error::ImageError;
use super::layer::{Activation, Format, LANES, Layer, LayerKind, NO_INPUT, RECORD_WORDS, padded};
use crate::crc::crc32;
use crate::storage::Image;
use core::ops::Range;

pub(super) const MAGIC: [u8; 8] = *b"EARN-NET";
pub(super) const VERSION: u32 = 1;
pub(super) const HEADER_WORDS: usize = 32;
/// Blocks of the image begin at multiples of this: a cache line, if the image itself does.
pub(super) const BLOCK_ALIGN: usize = 64;
/// The image itself must begin at a multiple of this.
pub(super) const IMAGE_ALIGN: usize = 4;
/// Byte range of the checksum in the header.
pub(super) const CRC: Range<usize> = 16..20;

pub(super) const MAX_LAYERS: u32 = 256;
pub(super) const MAX_CHANNELS: u32 = 4096;
pub(super) const MAX_KERNEL: u32 = 1024;
pub(super) const MAX_STRIDE: u32 = 256;
pub(super) const MAX_DILATION: u32 = 4096;
/// Inputs until the first output, between outputs, and that a convolution spans.
pub(super) const MAX_LAG: u32 = 1 << 16;
/// Activations of memory.
pub(super) const MAX_MEMORY: u64 = 1 << 28;

/// What is done to the last layer's output, in `f32` also for [`Format::Int8`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OutputKind {
    /// Nothing.
    #[default]
    Plain,
    /// eˣ, made to sum to 1 over the symbols of an output frame.
    Softmax,
    /// Logarithm of that.
    LogSoftmax,
}

/// The header's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) total_bytes: u32,
    pub(super) format: Format,
    pub(super) output: OutputKind,
    pub(super) input_channels: u32,
    pub(super) output_channels: u32,
    pub(super) output_frames: u32,
    pub(super) stride: u32,
    pub(super) look_ahead: u32,
    pub(super) layers: u32,
    pub(super) metadata_offset: u32,
    pub(super) metadata_bytes: u32,
    pub(super) state: u32,
    pub(super) scratch: u32,
    /// Where the network's input goes in scratch, and the last layer that reads it.
    pub(super) input_offset: u32,
    pub(super) input_last_use: u32,
    /// Int8: bits of the input's scale.
    pub(super) input_scale: u32,
}

impl Header {
    #[cfg(feature = "alloc")]
    pub(super) fn encode(&self) -> [u32; HEADER_WORDS] {
        let mut words = [0; HEADER_WORDS];
        // Magic and checksum are filled in by the writer.
        words[2] = VERSION;
        words[3] = self.total_bytes;
        words[5..20].copy_from_slice(&[
            self.format as u32,
            self.output as u32,
            self.input_channels,
            self.output_channels,
            self.output_frames,
            self.stride,
            self.look_ahead,
            self.layers,
            self.metadata_offset,
            self.metadata_bytes,
            self.state,
            self.scratch,
            self.input_offset,
            self.input_last_use,
            self.input_scale,
        ]);
        words
    }

    fn decode(words: &[u32; HEADER_WORDS]) -> Result<Header, ImageError> {
        let outputs = [OutputKind::Plain, OutputKind::Softmax, OutputKind::LogSoftmax];
        if let Some(&actual) = words[20..].iter().find(|&&word| word != 0) {
            return Err(ImageError::Header { field: "reserved", expected: 0, actual });
        }
        Ok(Header {
            total_bytes: words[3],
            format: Format::decode(words[5]).ok_or(ImageError::Header {
                field: "format",
                expected: Format::Int8 as u32,
                actual: words[5],
            })?,
            output: outputs.into_iter().find(|&kind| kind as u32 == words[6]).ok_or(ImageError::Header {
                field: "output kind",
                expected: OutputKind::LogSoftmax as u32,
                actual: words[6],
            })?,
            input_channels: words[7],
            output_channels: words[8],
            output_frames: words[9],
            stride: words[10],
            look_ahead: words[11],
            layers: words[12],
            metadata_offset: words[13],
            metadata_bytes: words[14],
            state: words[15],
            scratch: words[16],
            input_offset: words[17],
            input_last_use: words[18],
            input_scale: words[19],
        })
    }
}

/// A model: an image that was checked.
#[derive(Debug)]
pub struct Model<'a> {
    image: Image<'a>,
    header: Header,
}

impl<'a> Model<'a> {
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

    fn check_header(&self) -> Result<(), ImageError> {
        let h = &self.header;
        let within = |field, actual: u32, least: u32, most: u32| {
            if actual < least {
                Err(ImageError::Header { field, expected: least, actual })
            } else if actual > most {
                Err(ImageError::Header { field, expected: most, actual })
            } else {
                Ok(())
            }
        };
        within("input_channels", h.input_channels, 1, MAX_CHANNELS)?;
        within("output_channels", h.output_channels, 1, MAX_CHANNELS)?;
        within("output_frames", h.output_frames, 1, MAX_CHANNELS)?;
        within("layers", h.layers, 1, MAX_LAYERS)?;
        within("input_last_use", h.input_last_use, 0, h.layers)?;
        within("state", h.state, 0, MAX_MEMORY as u32)?;
        within("scratch", h.scratch, 1, MAX_MEMORY as u32)?;
        let table_end = 4 * (HEADER_WORDS + RECORD_WORDS * h.layers as usize);
        if self.image.len() < table_end {
            return Err(ImageError::Length { expected: table_end, actual: self.image.len() });
        }
        if h.format == Format::Int8 {
            self.check_scale(h.input_scale).map_err(|actual| ImageError::Header {
                field: "input_scale",
                expected: 1,
                actual,
            })?;
        }
        Ok(())
    }

    /// Scales are positive and their inverse is finite.
    fn check_scale(&self, bits: u32) -> Result<(), u32> {
        let scale = f32::from_bits(bits);
        if (1e-30..=1e30).contains(&scale) { Ok(()) } else { Err(bits) }
    }

    /// Channels, period, lag and place of value `index`, which an earlier layer gives, or the input.
    fn value(&self, index: u32) -> Option<(u32, u32, u32, u32)> {
        match index.checked_sub(1) {
            None => Some((self.header.input_channels, 1, 0, self.header.input_offset)),
            Some(layer) => self.layer(layer as usize).map(|l| (l.out_channels, l.period, l.lag, l.output)),
        }
    }

    fn check_layer(&self, index: u32) -> Result<(), ImageError> {
        let layer = self.layer(index as usize).ok_or(ImageError::Kind { layer: index })?;
        let activation = layer.activation().ok_or(ImageError::Kind { layer: index })?;
        let fail = |field, expected: u64, actual: u64| {
            Err(ImageError::Layer { layer: index, field, expected, actual })
        };
        let equal = |field, expected: u32, actual: u32| {
            if expected == actual { Ok(()) } else { fail(field, expected.into(), actual.into()) }
        };
        let within = |field, actual: u32, least: u32, most: u32| {
            if actual < least {
                fail(field, least.into(), actual.into())
            } else if actual > most {
                fail(field, most.into(), actual.into())
            } else {
                Ok(())
            }
        };
        within("out_channels", layer.out_channels, 1, MAX_CHANNELS)?;
        within("kernel", layer.kernel, 1, MAX_KERNEL)?;
        within("stride", layer.stride, 1, MAX_STRIDE)?;
        within("dilation", layer.dilation, 1, MAX_DILATION)?;
        within("wait", layer.wait, 0, MAX_LAG)?;
        within("period", layer.period, 1, MAX_LAG)?;
        within("lag", layer.lag, 0, MAX_LAG)?;
        within("first input", layer.inputs[0], 0, index)?;
        let Some((channels, period, lag, offset)) = self.value(layer.inputs[0]) else {
            return Err(ImageError::Kind { layer: index });
        };
        equal("place of the first input", offset, layer.input_offsets[0])?;
        equal("in_channels", channels, layer.in_channels)?;
        let convolves = matches!(layer.kind, LayerKind::Conv | LayerKind::Depthwise);
        if !convolves {
            equal("kernel", 1, layer.kernel)?;
            equal("stride", 1, layer.stride)?;
            equal("dilation", 1, layer.dilation)?;
            equal("wait", 0, layer.wait)?;
        }
        if layer.kind != LayerKind::Conv && layer.kind != LayerKind::Gru {
            equal("out_channels", layer.in_channels, layer.out_channels)?;
        }
        let (mut own_period, mut own_lag, mut waits) = (period, lag, [0; 2]);
        if layer.kind == LayerKind::Add {
            within("second input", layer.inputs[1], 0, index)?;
            let Some((other_channels, other_period, other_lag, offset)) = self.value(layer.inputs[1]) else {
                return Err(ImageError::Kind { layer: index });
            };
            equal("place of the second input", offset, layer.input_offsets[1])?;
            if layer.inputs[0] == layer.inputs[1] {
                return fail("second input", u64::from(NO_INPUT), layer.inputs[1].into());
            }
            equal("channels of the second input", layer.in_channels, other_channels)?;
            equal("period of the second input", period, other_period)?;
            own_lag = lag.max(other_lag);
            waits = Layer::queue_rows(period, [lag, other_lag]);
        } else {
            equal("second input", NO_INPUT, layer.inputs[1])?;
        }
        if convolves {
            own_period = period.saturating_mul(layer.stride);
            own_lag = lag.saturating_add(period.saturating_mul(layer.wait));
            within("rows that the kernel spans", (layer.kernel - 1) * layer.dilation, 0, MAX_LAG)?;
        }
        equal("rows that the first input waits", waits[0], layer.waits[0])?;
        equal("rows that the second input waits", waits[1], layer.waits[1])?;
        equal("period", own_period, layer.period)?;
        equal("lag", own_lag, layer.lag)?;

        let simple = matches!(activation, Activation::None | Activation::Relu);
        let unary = layer.kind == LayerKind::Activation;
        if !simple && !unary {
            return fail("activation", 1, layer.function[0].into());
        }
        if layer.kind == LayerKind::Gru && activation != Activation::None {
            return fail("activation", 0, layer.function[0].into());
        }
        if self.header.format == Format::Int8 {
            self.check_scale(layer.scale).or_else(|bits| fail("scale", 1, bits.into()))?;
            within("first multiplier", layer.sum[0] & 0xffff, 0, 1 << 15)?;
            within("second multiplier", layer.sum[0] >> 16, 0, 1 << 15)?;
            within("shift", layer.sum[1], 0, 30)?;
        }

        for block in 0..Layer::SECTIONS {
            let (offset, bytes) = layer.section(block, self.header.format);
            if bytes > 0 && !(offset as usize).is_multiple_of(BLOCK_ALIGN) {
                return fail("alignment of a block", BLOCK_ALIGN as u64, offset.into());
            }
            let end = u64::from(offset) + bytes;
            if end > self.image.len() as u64 {
                return fail("end of a block", self.image.len() as u64, end);
            }
        }
        self.check_requantise(index, &layer)?;

        let state_end = u64::from(layer.state) + layer.state_len() as u64;
        if !(layer.state as usize).is_multiple_of(LANES) || state_end > self.header.state.into() {
            return fail("state", self.header.state.into(), state_end);
        }
        // States follow one another, so that none overlaps another.
        let state_before = match index.checked_sub(1) {
            None => 0,
            Some(before) => self.state_end(before)?,
        };
        if u64::from(layer.state) < state_before {
            return fail("state", state_before, layer.state.into());
        }
        Ok(())
    }

    /// Shifts must be shifts.
    fn check_requantise(&self, index: u32, layer: &Layer) -> Result<(), ImageError> {
        if self.header.format != Format::Int8 {
            return Ok(());
        }
        for block in [Layer::REQUANTISE, Layer::RECURRENT_REQUANTISE] {
            let words: &[i32] = self.view(layer.section(block, self.header.format));
            let (_, shifts) = words.split_at(words.len() / 2);
            if let Some(&shift) = shifts.iter().find(|&&shift| !(0..=31).contains(&shift)) {
                return Err(ImageError::Layer {
                    layer: index,
                    field: "requantising shift",
                    expected: 31,
                    actual: u64::from(shift as u32),
                });
            }
        }
        Ok(())
    }

    /// Where the state of a layer that was checked ends.
    fn state_end(&self, index: u32) -> Result<u64, ImageError> {
        let layer = self.layer(index as usize).ok_or(ImageError::Kind { layer: index })?;
        Ok(u64::from(layer.state) + layer.state_len() as u64)
    }

    /// Outputs lie within scratch and none is overwritten before its last use; the last layer gives the output.
    fn check_memory(&self) -> Result<(), ImageError> {
        let h = &self.header;
        let Some(last) = self.iter().last() else {
            return Err(ImageError::Header { field: "layers", expected: 1, actual: 0 });
        };
        let equal = |field, expected: u32, actual: u32| {
            if expected == actual { Ok(()) } else { Err(ImageError::Header { field, expected, actual }) }
        };
        equal("stride", last.period, h.stride)?;
        equal("look_ahead", last.lag, h.look_ahead)?;
        equal("output_channels × output_frames", last.out_channels, h.output_channels * h.output_frames)?;
        for (index, layer) in self.iter().enumerate() {
            for input in layer.inputs {
                let (used, last_use) = match input.checked_sub(1) {
                    _ if input == NO_INPUT => continue,
                    None => (index as u32, h.input_last_use),
                    Some(before) => {
                        (index as u32, self.layer(before as usize).map_or(0, |before| before.last_use))
                    }
                };
                if used > last_use || last_use > h.layers {
                    return Err(ImageError::Layer {
                        layer: index as u32,
                        field: "last_use of an input",
                        expected: used.into(),
                        actual: last_use.into(),
                    });
                }
            }
        }
        equal("last_use of the output", h.layers, last.last_use)?;
        for (mine, region) in self.regions().enumerate() {
            // The input is region 0, then come two of each layer.
            let fail = |field, expected: u64, actual: u64| {
                Err(ImageError::Layer { layer: mine.saturating_sub(1) as u32 / 2, field, expected, actual })
            };
            if region.end > u64::from(h.scratch) {
                return fail("end in scratch", h.scratch.into(), region.end);
            }
            if region.start % LANES as u64 != 0 {
                return fail("alignment in scratch", LANES as u64, region.start);
            }
            if let Some(other) = self.regions().skip(mine + 1).find(|other| other.overlaps(&region)) {
                return fail("overlap in scratch", region.end, other.start);
            }
        }
        Ok(())
    }

    /// The stretches of scratch that the network's input and the layers' outputs and work take.
    fn regions(&self) -> impl Iterator<Item = Region> {
        let h = &self.header;
        let input = Region::new(h.input_offset, padded(h.input_channels as usize), 0, h.input_last_use);
        let layers = self.iter().enumerate().flat_map(|(index, layer)| {
            let index = index as u32;
            [
                Region::new(layer.output, layer.out_row(), index, layer.last_use),
                Region::new(layer.work, layer.work_len(), index, index),
            ]
        });
        core::iter::once(input).chain(layers)
    }

    fn check_metadata(&self) -> Result<(), ImageError> {
        let h = &self.header;
        let end = u64::from(h.metadata_offset) + u64::from(h.metadata_bytes);
        if end > self.image.len() as u64 {
            return Err(ImageError::Length { expected: end as usize, actual: self.image.len() });
        }
        let end = end as usize;
        let mut rest = self.bytes(h.metadata_offset, u64::from(h.metadata_bytes));
        while !rest.is_empty() {
            let (_, after) = entry(rest).ok_or(ImageError::Metadata { offset: end - rest.len() })?;
            rest = after;
        }
        let symbols = self.symbols().count() as u32;
        if symbols != 0 && symbols != h.output_channels {
            return Err(ImageError::Header {
                field: "number of symbols",
                expected: h.output_channels,
                actual: symbols,
            });
        }
        Ok(())
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

/// A stretch of scratch and the layers during which it must stay.
#[derive(Clone, Copy)]
struct Region {
    start: u64,
    end: u64,
    first: u32,
    last_use: u32,
}

impl Region {
    fn new(offset: u32, len: usize, first: u32, last_use: u32) -> Region {
        Region { start: offset.into(), end: u64::from(offset) + len as u64, first, last_use }
    }

    fn overlaps(&self, other: &Region) -> bool {
        self.start < other.end
            && other.start < self.end
            && self.first <= other.last_use
            && other.first <= self.last_use
    }
}

/// Everything that can be told without understanding the content: length, magic, version, checksum.
fn check_frame(image: &[u8]) -> Result<Header, ImageError> {
    let header_bytes = 4 * HEADER_WORDS;
    let Some(head) = image.get(..header_bytes) else {
        return Err(ImageError::Length { expected: header_bytes, actual: image.len() });
    };
    let misaligned = image.as_ptr() as usize % IMAGE_ALIGN;
    if misaligned != 0 {
        return Err(ImageError::Alignment { expected: IMAGE_ALIGN, actual: misaligned });
    }
    let mut words = [0; HEADER_WORDS];
    for (word, bytes) in words.iter_mut().zip(head.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    if head[..8] != MAGIC {
        let mut actual = [0; 8];
        actual.copy_from_slice(&head[..8]);
        return Err(ImageError::Magic { actual });
    }
    if words[2] != VERSION {
        return Err(ImageError::Version { expected: VERSION, actual: words[2] });
    }
    if words[3] as usize != image.len() {
        return Err(ImageError::Length { expected: words[3] as usize, actual: image.len() });
    }
    let actual = crc32([&image[..CRC.start], &image[CRC.end..]]);
    if words[4] != actual {
        return Err(ImageError::Checksum { expected: words[4], actual });
    }
    Header::decode(&words)
}

/// One pair of the metadata and what follows it.
fn entry(bytes: &[u8]) -> Option<((&str, &str), &[u8])> {
    let (lengths, rest) = bytes.split_first_chunk::<8>()?;
    let [a, b, c, d, e, f, g, h] = *lengths;
    let (key, rest) = rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize)?;
    let (value, rest) = rest.split_at_checked(u32::from_le_bytes([e, f, g, h]) as usize)?;
    Some(((core::str::from_utf8(key).ok()?, core::str::from_utf8(value).ok()?), rest))
}
