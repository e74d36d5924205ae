//! The flat image of an enrolled phrase: checked once, then viewed in place.
//!
//! Little-endian. Header of 36 bytes: magic `EARNTPL2`, CRC-32 of all that follows it, bytes in all, recordings,
//! warps, words in the codebook, bytes of the name, then `cost_same`, `cost_other`, `threshold` (f32). Behind it: for
//! every recording its length in steps (u16, valid for all its warps) and its scale (f32), the name (UTF-8), padding to 4 bytes,
//! the codebook and the recordings (warps of one recording together), all f32.

use super::align::{MAX_STEPS, MIN_STEPS};
use super::features::{BANDS, DIMS, WINDOW};
use super::{MAX_RECORDINGS, MIN_RECORDINGS};
use crate::crc::crc32;
use crate::image::{u16_at, u32_at};
use crate::storage::Image;
use core::fmt;

const MAGIC: [u8; 8] = *b"EARNTPL2";
const HEADER: usize = 36;
/// Length and scale of a recording.
const ENTRY: usize = 6;
/// Most warps of a recording.
pub(super) const MAX_WARPS: usize = 5;
/// Most words in the codebook.
pub(super) const MAX_CODEBOOK: usize = 64;
/// Longest name, bytes.
pub(super) const MAX_NAME: usize = 64;

/// Why bytes are not a template model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// It doesn't begin as a template model does. Is it another kind of file?
    NotATemplateModel,
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
    /// A field holds what no enrolment writes.
    Field {
        /// Which.
        field: &'static str,
        /// Smallest value that is taken.
        min: u32,
        /// Largest value that is taken.
        max: u32,
        /// What it held.
        actual: u32,
    },
    /// The phrase's name is not UTF-8, or a number is not finite.
    Contents {
        /// Offset of the first bad byte.
        offset: usize,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ImageError::NotATemplateModel => {
                write!(f, "not a template model: expected it to begin with EARNTPL2")
            }
            ImageError::Length { expected, actual } => {
                write!(f, "template model of {actual} bytes, expected {expected}")
            }
            ImageError::Checksum { expected, actual } => {
                write!(
                    f,
                    "template model with checksum {actual:08x}, expected {expected:08x}: it was damaged"
                )
            }
            ImageError::Field { field, min, max, actual } => {
                write!(f, "template model: {field} is {actual}, expected {min} to {max}")
            }
            ImageError::Contents { offset } => write!(f, "template model: bad value at byte {offset}"),
        }
    }
}

impl core::error::Error for ImageError {}

/// An enrolled phrase, viewed in its image.
#[derive(Clone, Debug)]
pub struct TemplateModel<'a> {
    image: Image<'a>,
    recordings: usize,
    warps: usize,
    codebook: usize,
    name: usize,
    /// Steps of all recordings together.
    steps: usize,
    cost_same: f32,
    cost_other: f32,
    threshold: f32,
}

impl<'a> TemplateModel<'a> {
    /// Checks an image: magic, length, checksum, every count and every number.
    ///
    /// # Errors
    /// [`ImageError`] says what was expected and what was found.
    pub fn parse(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        let image = image.into();
        if image.len() < HEADER || !image.starts_with(&MAGIC) {
            return Err(if image.starts_with(&MAGIC) {
                ImageError::Length { expected: HEADER, actual: image.len() }
            } else {
                ImageError::NotATemplateModel
            });
        }
        let expected = u32_at(&image, 12) as usize;
        if expected != image.len() {
            return Err(ImageError::Length { expected, actual: image.len() });
        }
        let (expected, actual) = (u32_at(&image, 8), crc32([image.get(12..).unwrap_or_default()]));
        if expected != actual {
            return Err(ImageError::Checksum { expected, actual });
        }
        let count = |field, at, min: usize, max: usize| {
            let actual = u32::from(u16_at(&image, at));
            let (min, max) = (min as u32, max as u32);
            if (min..=max).contains(&actual) {
                Ok(actual as usize)
            } else {
                Err(ImageError::Field { field, min, max, actual })
            }
        };
        let recordings = count("recordings", 16, MIN_RECORDINGS, MAX_RECORDINGS)?;
        let warps = count("warps", 18, 1, MAX_WARPS)?;
        let codebook = count("codebook", 20, 0, MAX_CODEBOOK)?;
        let name = count("name", 22, 1, MAX_NAME)?;
        let lengths = HEADER;
        if image.len() < lengths + ENTRY * recordings {
            return Err(ImageError::Length { expected: lengths + ENTRY * recordings, actual: image.len() });
        }
        let mut steps = 0;
        for recording in 0..recordings {
            let at = lengths + ENTRY * recording;
            steps += count("steps", at, MIN_STEPS, MAX_STEPS)?;
            let scale = f32_at(&image, at + 2);
            if !(scale > 0.0 && scale < 1e4) {
                return Err(ImageError::Contents { offset: at + 2 });
            }
        }
        let mut model = TemplateModel {
            recordings,
            warps,
            codebook,
            name,
            steps,
            cost_same: f32_at(&image, 24),
            cost_other: f32_at(&image, 28),
            threshold: f32_at(&image, 32),
            image: Image::Lent(&[]),
        };
        let expected = model.vectors_at() + model.vectors() * DIMS * 4;
        if expected != image.len() {
            return Err(ImageError::Length { expected, actual: image.len() });
        }
        let name_at = lengths + ENTRY * recordings;
        if let Err(error) = core::str::from_utf8(image.get(name_at..name_at + name).unwrap_or_default()) {
            return Err(ImageError::Contents { offset: name_at + error.valid_up_to() });
        }
        for offset in (24..HEADER).step_by(4).chain((model.vectors_at()..image.len()).step_by(4)) {
            let value = f32_at(&image, offset);
            if !value.is_finite() || value.abs() > 1e4 {
                return Err(ImageError::Contents { offset });
            }
        }
        if !(0.0..=1.0).contains(&model.threshold) {
            return Err(ImageError::Contents { offset: 32 });
        }
        if model.cost_other <= model.cost_same {
            return Err(ImageError::Contents { offset: 28 });
        }
        model.image = image;
        Ok(model)
    }

    /// The phrase's name.
    pub fn phrase(&self) -> &str {
        let at = HEADER + ENTRY * self.recordings;
        core::str::from_utf8(self.image.get(at..at + self.name).unwrap_or_default()).unwrap_or("")
    }

    /// Score from which the phrase counts as said, unless the configuration sets another.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Recordings it was enrolled from.
    pub fn recordings(&self) -> usize {
        self.recordings
    }

    /// Elements of state that a [`super::TemplateSpotter`] of this model needs.
    pub fn required_state(&self) -> usize {
        self.vectors() * DIMS + WINDOW * (BANDS + DIMS)
    }

    /// What one recording costs against the others.
    pub(super) fn cost_same(&self) -> f32 {
        self.cost_same
    }

    /// What ordinary speech costs where it is nearest.
    pub(super) fn cost_other(&self) -> f32 {
        self.cost_other
    }

    pub(super) fn warps(&self) -> usize {
        self.warps
    }

    /// Words in the codebook.
    pub(super) fn codebook(&self) -> usize {
        self.codebook
    }

    /// Steps of a recording.
    pub(super) fn steps(&self, recording: usize) -> usize {
        usize::from(u16_at(&self.image, HEADER + ENTRY * recording))
    }

    /// What the costs of a recording are multiplied with: 1 over what other speech costs against it.
    pub(super) fn scale(&self, recording: usize) -> f32 {
        f32_at(&self.image, HEADER + ENTRY * recording + 2)
    }

    /// Feature vectors in the image: codebook first, then all warps of each recording.
    pub(super) fn vectors(&self) -> usize {
        self.codebook + self.steps * self.warps
    }

    fn vectors_at(&self) -> usize {
        (HEADER + ENTRY * self.recordings + self.name).next_multiple_of(4)
    }

    /// Copies all vectors into `out`, flat.
    pub(super) fn copy_vectors(&self, out: &mut [f32]) {
        let bytes = self.image.get(self.vectors_at()..).unwrap_or_default();
        for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *out = f32::from_le_bytes(*bytes);
        }
    }
}

/// What an image is made of; lengths are consistent, or [`TemplateModel::parse`] will say so.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy)]
pub(super) struct Parts<'p> {
    pub(super) name: &'p str,
    pub(super) warps: usize,
    pub(super) codebook: &'p [super::features::Feature],
    /// All warps of each recording.
    pub(super) recordings: &'p [alloc::vec::Vec<alloc::vec::Vec<super::features::Feature>>],
    /// One each.
    pub(super) scales: &'p [f32],
    pub(super) cost_same: f32,
    pub(super) cost_other: f32,
    pub(super) threshold: f32,
}

#[cfg(feature = "alloc")]
impl Parts<'_> {
    pub(super) fn write(&self) -> alloc::vec::Vec<u8> {
        let mut image = alloc::vec::Vec::from(MAGIC);
        image.extend([0; 8]);
        for count in [self.recordings.len(), self.warps, self.codebook.len(), self.name.len()] {
            image.extend((count as u16).to_le_bytes());
        }
        for value in [self.cost_same, self.cost_other, self.threshold] {
            image.extend(value.to_le_bytes());
        }
        for (warps, scale) in self.recordings.iter().zip(self.scales) {
            image.extend((warps.first().map_or(0, |steps| steps.len()) as u16).to_le_bytes());
            image.extend(scale.to_le_bytes());
        }
        image.extend(self.name.as_bytes());
        image.resize(image.len().next_multiple_of(4), 0);
        let recordings = self.recordings.iter().flatten().flatten();
        for value in self.codebook.iter().chain(recordings).flatten() {
            image.extend(value.to_le_bytes());
        }
        let len = image.len() as u32;
        image[12..16].copy_from_slice(&len.to_le_bytes());
        let crc = crc32([&image[12..]]);
        image[8..12].copy_from_slice(&crc.to_le_bytes());
        image
    }
}

fn f32_at(bytes: &[u8], at: usize) -> f32 {
    f32::from_bits(u32_at(bytes, at))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn image() -> Vec<u8> {
        let recordings = vec![
            vec![vec![[0.5; DIMS]; 12]; 2],
            vec![vec![[0.25; DIMS]; 15]; 2],
            vec![vec![[0.1; DIMS]; 10]; 2],
        ];
        Parts {
            name: "hey earnest",
            warps: 2,
            codebook: &[[1.0; DIMS]; 3],
            recordings: &recordings,
            scales: &[0.5, 1.0, 2.0],
            cost_same: 1.0,
            cost_other: 2.0,
            threshold: 0.5,
        }
        .write()
    }

    #[test]
    fn what_is_written_is_read() {
        let model = TemplateModel::parse(image()).unwrap();
        assert_eq!(model.phrase(), "hey earnest");
        assert_eq!((model.recordings(), model.warps(), model.steps(1)), (3, 2, 15));
        let mut flat = vec![0.0; model.vectors() * DIMS];
        model.copy_vectors(&mut flat);
        assert_eq!(flat[2 * DIMS..4 * DIMS], [[1.0; DIMS], [0.5; DIMS]].concat());
        assert_eq!(flat.last(), Some(&0.1));
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_found() {
        let good = image();
        for len in 0..good.len() {
            assert!(TemplateModel::parse(&good[..len]).is_err(), "cut to {len}");
        }
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(TemplateModel::parse(bad).is_err(), "bit {bit}");
        }
    }

    proptest! {
        /// With a right checksum on wrong contents, the other checks have to hold.
        #[test]
        fn nothing_behind_a_right_checksum_panics(at in 16usize..200, value in any::<u8>(), len in 36usize..400) {
            let mut bad = image();
            bad.resize(len, 0);
            if let Some(byte) = bad.get_mut(at) {
                *byte = value;
            }
            let len = bad.len() as u32;
            bad[12..16].copy_from_slice(&len.to_le_bytes());
            let crc = crc32([&bad[12..]]);
            bad[8..12].copy_from_slice(&crc.to_le_bytes());
            if let Ok(model) = TemplateModel::parse(bad) {
                let mut flat = vec![0.0; model.vectors() * DIMS];
                model.copy_vectors(&mut flat);
                prop_assert!(flat.iter().all(|v| v.is_finite()));
            }
        }
    }
}
