//! Why an image is not taken.

use core::fmt;

/// What is wrong with a model image. `layer` counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// The image holds fewer bytes than a header, or not as many as its header says.
    Length {
        /// Bytes needed.
        expected: usize,
        /// Bytes given.
        actual: usize,
    },
    /// The image does not begin as one. It is another kind of file.
    Magic {
        /// The first eight bytes.
        actual: [u8; 8],
    },
    /// The image was packed by another version. Pack it again.
    Version {
        /// The version that is read here.
        expected: u32,
        /// The version of the image.
        actual: u32,
    },
    /// The memory that holds the image begins at an address that is not a multiple of `expected`.
    Alignment {
        /// Alignment needed, in bytes.
        expected: usize,
        /// The address modulo that.
        actual: usize,
    },
    /// The bytes are not those that were packed.
    Checksum {
        /// CRC-32 that the image names.
        expected: u32,
        /// CRC-32 of its bytes.
        actual: u32,
    },
    /// A number of the header makes no sense.
    Header {
        /// Which one.
        field: &'static str,
        /// What it should be, or the most it may be.
        expected: u32,
        /// What it is.
        actual: u32,
    },
    /// A record of the layer table is of no known kind or activation.
    Kind {
        /// Which layer.
        layer: u32,
    },
    /// A number of a layer's record makes no sense.
    Layer {
        /// Which layer.
        layer: u32,
        /// Which number.
        field: &'static str,
        /// What it should be, or the most it may be.
        expected: u64,
        /// What it is.
        actual: u64,
    },
    /// The metadata is cut off, or not UTF-8.
    Metadata {
        /// Byte of the image where it goes wrong.
        offset: usize,
    },
    /// Images are little-endian and viewed in place, which this big-endian machine can't.
    BigEndian,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ImageError::Length { expected, actual } => {
                write!(f, "model image holds {actual} bytes, expected {expected}")
            }
            ImageError::Magic { actual } => {
                write!(
                    f,
                    "not a model image: expected EARN-NET at its beginning, found {}",
                    actual.escape_ascii()
                )
            }
            ImageError::Version { expected, actual } => {
                write!(f, "model image of version {actual}, expected {expected}")
            }
            ImageError::Alignment { expected, actual } => {
                write!(f, "model image lies {actual} bytes past a multiple of {expected}")
            }
            ImageError::Checksum { expected, actual } => {
                write!(f, "model image has checksum {actual:08x}, expected {expected:08x}")
            }
            ImageError::Header { field, expected, actual } => {
                write!(f, "model image: {field} is {actual}, expected {expected}")
            }
            ImageError::Kind { layer } => write!(f, "layer {layer}: unknown kind or activation"),
            ImageError::Layer { layer, field, expected, actual } => {
                write!(f, "layer {layer}: {field} is {actual}, expected {expected}")
            }
            ImageError::Metadata { offset } => write!(f, "metadata is broken at byte {offset}"),
            ImageError::BigEndian => write!(f, "model images need a little-endian machine"),
        }
    }
}

impl core::error::Error for ImageError {}
