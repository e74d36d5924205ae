//! What all flat images share: why bytes are not one, the frame around one, numbers in it.

use crate::crc::crc32;
use core::fmt;

/// Why bytes are not the image they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// It doesn't begin as such an image does. Is it another kind of file?
    Magic {
        /// How it would begin.
        expected: [u8; 8],
    },
    /// Written in another version of the format. Write it again.
    Version {
        /// The version that is read.
        expected: u32,
        /// The version it has.
        actual: u32,
    },
    /// Its length isn't what its header says: cut off, or something added.
    Length {
        /// Bytes, by the header.
        expected: usize,
        /// Bytes that there are.
        actual: usize,
    },
    /// Its contents were changed after it was written.
    Checksum {
        /// CRC-32 in the header.
        expected: u32,
        /// CRC-32 of the contents.
        actual: u32,
    },
    /// A number holds what no writer writes.
    Field {
        /// Which.
        field: &'static str,
        /// The nearest value that would do.
        expected: u64,
        /// What it held.
        actual: u64,
    },
    /// The contents contradict themselves.
    Contents {
        /// What is wrong there.
        what: &'static str,
        /// Which word, node or table, counted from 0.
        index: usize,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ImageError::Magic { expected } => {
                write!(f, "expected it to begin with {}", core::str::from_utf8(&expected).unwrap_or("?"))
            }
            ImageError::Version { expected, actual } => write!(f, "version {actual}, expected {expected}"),
            ImageError::Length { expected, actual } => write!(f, "{actual} bytes, expected {expected}"),
            ImageError::Checksum { expected, actual } => {
                write!(f, "checksum {actual:08x}, expected {expected:08x}: it was damaged")
            }
            ImageError::Field { field, expected, actual } => {
                write!(f, "{field} is {actual}, expected {expected}")
            }
            ImageError::Contents { what, index } => write!(f, "{what} at {index}"),
        }
    }
}

impl core::error::Error for ImageError {}

/// What begins images of dictionaries, letters, grammars and lists: magic, version, length, checksum over everything else,
/// in 20 bytes.
pub(crate) fn check_frame(
    image: &[u8],
    magic: [u8; 8],
    version: u32,
    header: usize,
) -> Result<(), ImageError> {
    if !image.starts_with(&magic) {
        return Err(ImageError::Magic { expected: magic });
    }
    if image.len() < header {
        return Err(ImageError::Length { expected: header, actual: image.len() });
    }
    let word = |at| u32_at(image, at);
    if word(8) != version {
        return Err(ImageError::Version { expected: version, actual: word(8) });
    }
    if word(12) as usize != image.len() {
        return Err(ImageError::Length { expected: word(12) as usize, actual: image.len() });
    }
    let actual = crc32([image.get(..16).unwrap_or_default(), image.get(20..).unwrap_or_default()]);
    if word(16) != actual {
        return Err(ImageError::Checksum { expected: word(16), actual });
    }
    Ok(())
}

/// What begins images of phrases and of background: magic, then a checksum over all that follows it, within `header` bytes.
/// The length is written at `length_at`, if it is.
pub(crate) fn check_seal(
    image: &[u8],
    magic: [u8; 8],
    header: usize,
    length_at: Option<usize>,
) -> Result<(), ImageError> {
    if !image.starts_with(&magic) {
        return Err(ImageError::Magic { expected: magic });
    }
    if image.len() < header {
        return Err(ImageError::Length { expected: header, actual: image.len() });
    }
    if let Some(expected) = length_at.map(|at| u32_at(image, at) as usize)
        && expected != image.len()
    {
        return Err(ImageError::Length { expected, actual: image.len() });
    }
    let (expected, actual) = (u32_at(image, 8), crc32([image.get(12..).unwrap_or_default()]));
    match expected == actual {
        true => Ok(()),
        false => Err(ImageError::Checksum { expected, actual }),
    }
}

/// 0 beyond the end, which checks have excluded.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |&four| u32::from_le_bytes(four))
}

/// 0 beyond the end, which checks have excluded.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |&two| u16::from_le_bytes(two))
}
