//! What stands before the layer table, and what can be told of an image from it alone.

use super::super::error::ImageError;
use super::super::layer::Format;
use crate::crc::crc32;
use core::ops::Range;

pub(in crate::nn) const MAGIC: [u8; 8] = *b"EARN-NET";
pub(in crate::nn) const VERSION: u32 = 1;
pub(in crate::nn) const HEADER_WORDS: usize = 32;
/// Blocks of the image begin at multiples of this: a cache line, if the image itself does.
pub(in crate::nn) const BLOCK_ALIGN: usize = 64;
/// The image itself must begin at a multiple of this.
pub(in crate::nn) const IMAGE_ALIGN: usize = 4;
/// Byte range of the checksum in the header.
pub(in crate::nn) const CRC: Range<usize> = 16..20;

pub(in crate::nn) const MAX_LAYERS: u32 = 256;
pub(in crate::nn) const MAX_CHANNELS: u32 = 4096;
pub(in crate::nn) const MAX_KERNEL: u32 = 1024;
pub(in crate::nn) const MAX_STRIDE: u32 = 256;
pub(in crate::nn) const MAX_DILATION: u32 = 4096;
/// Inputs until the first output, between outputs, and that a convolution spans.
pub(in crate::nn) const MAX_LAG: u32 = 1 << 16;
/// Activations of memory.
pub(in crate::nn) const MAX_MEMORY: u64 = 1 << 28;

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
pub(in crate::nn) struct Header {
    pub(in crate::nn) total_bytes: u32,
    pub(in crate::nn) format: Format,
    pub(in crate::nn) output: OutputKind,
    pub(in crate::nn) input_channels: u32,
    pub(in crate::nn) output_channels: u32,
    pub(in crate::nn) output_frames: u32,
    pub(in crate::nn) stride: u32,
    pub(in crate::nn) look_ahead: u32,
    pub(in crate::nn) layers: u32,
    pub(in crate::nn) metadata_offset: u32,
    pub(in crate::nn) metadata_bytes: u32,
    pub(in crate::nn) state: u32,
    pub(in crate::nn) scratch: u32,
    /// Where the network's input goes in scratch, and the last layer that reads it.
    pub(in crate::nn) input_offset: u32,
    pub(in crate::nn) input_last_use: u32,
    /// Int8: bits of the input's scale.
    pub(in crate::nn) input_scale: u32,
}

impl Header {
    #[cfg(feature = "alloc")]
    pub(in crate::nn) fn encode(&self) -> [u32; HEADER_WORDS] {
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

/// Everything that can be told without understanding the content: length, magic, version, checksum.
pub(super) fn check_frame(image: &[u8]) -> Result<Header, ImageError> {
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
