//! What the acoustic model says about speech that nobody meant for the device: the measure of a phrase.
//!
//! The image: magic `EARNBKG1`, CRC-32 of all that follows it, frames (u32); then the frames. A byte from 128 on
//! stands for its value less 127 frames of blank alone; a smaller one, 1 to 8, for as many pairs of a phone and its
//! posterior in units of 1/255 in one frame, the rest of which is blank. `models/training/background.py` writes it.

use super::calibration::Calibration;
use super::find::{Finder, required_history, required_tokens};
use super::phrase::PhraseSet;
use crate::image::{ImageError, check_seal, u32_at};
use crate::lexicon::Phone;
use crate::storage::{Image, Storage};
use alloc::vec::Vec;

const MAGIC: [u8; 8] = *b"EARNBKG1";
const HEADER: usize = 16;
/// Most phones of a frame.
const MOST: u8 = 8;
/// Frames an hour.
const HOUR: f32 = 180_000.0;

/// Posteriors over background speech.
#[derive(Clone, Debug)]
pub struct Background<'a> {
    image: Image<'a>,
    frames: u32,
}

impl<'a> Background<'a> {
    /// Checks an image.
    ///
    /// # Errors
    /// [`ImageError`] says what was expected and what was found.
    pub fn parse(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        let image = image.into();
        check_seal(&image, MAGIC, HEADER, None)?;
        let frames = u32_at(&image, 12);
        let background = Background { image, frames };
        let mut found = 0;
        background.for_each(|_| found += 1);
        if found != frames {
            return Err(ImageError::Field { field: "frames", expected: frames.into(), actual: found.into() });
        }
        Ok(background)
    }

    /// Hours that it lasted.
    pub fn hours(&self) -> f32 {
        self.frames as f32 / HOUR
    }

    /// Gives the log posteriors of every frame.
    fn for_each(&self, mut take: impl FnMut(&[f32; Phone::SYMBOLS])) {
        let silence = libm::logf(1e-4);
        let mut blank = [silence; Phone::SYMBOLS];
        blank[0] = 0.0;
        let mut rest = self.image.get(HEADER..).unwrap_or_default();
        while let Some((&first, behind)) = rest.split_first() {
            rest = behind;
            if first >= 128 {
                (127..first).for_each(|_| take(&blank));
                continue;
            }
            let mut frame = [silence; Phone::SYMBOLS];
            let mut left = 1.0f32;
            for _ in 0..first.min(MOST) {
                let Some(([phone, share], behind)) = rest.split_first_chunk() else { return };
                rest = behind;
                let share = f32::from(*share) / 255.0;
                left -= share;
                if let Some(place) = frame.get_mut(usize::from(*phone)) {
                    *place = libm::logf(share.max(1e-4));
                }
            }
            frame[0] = libm::logf(left.max(1e-3));
            take(&frame);
        }
    }

    /// Looks for all phrases of an image, and says what evidence is worth for each.
    pub(super) fn calibrate(&self, image: &[u8]) -> Result<Vec<Calibration>, ImageError> {
        let phrases = PhraseSet::parse(image)?;
        let count = phrases.len();
        let tokens = Storage::owned(required_tokens(&phrases));
        let history = Storage::owned(required_history(&phrases));
        let Ok(mut finder) = Finder::new(phrases, tokens, history) else { return Ok(Vec::new()) };
        // What was told less than a second ago is the same event: its highest counts.
        let mut evidence: Vec<Vec<f32>> = alloc::vec![Vec::new(); count];
        let mut latest: Vec<u32> = alloc::vec![0; count];
        self.for_each(|frame| {
            finder.take(frame);
            finder.settle(|_, found| {
                let (all, latest) = (&mut evidence[found.phrase], &mut latest[found.phrase]);
                match all.last_mut() {
                    Some(last) if found.start < *latest + 50 => *last = last.max(found.value),
                    _ => {
                        *latest = found.start;
                        all.push(found.value);
                    }
                }
            });
        });
        Ok(evidence.iter_mut().map(|evidence| Calibration::of_background(evidence, self.hours())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crc::crc32;
    use proptest::prelude::*;

    fn sealed(frames: u32, body: &[u8]) -> Vec<u8> {
        let mut image = Vec::from(MAGIC);
        image.extend([0; 4]);
        image.extend(frames.to_le_bytes());
        image.extend(body);
        let crc = crc32([&image[12..]]);
        image[8..12].copy_from_slice(&crc.to_le_bytes());
        image
    }

    #[test]
    fn frames_come_as_they_were_written() {
        // Three frames of blank, one with two phones, one of blank.
        let background = Background::parse(sealed(5, &[130, 2, 7, 204, 9, 25, 128])).unwrap();
        let mut frames = Vec::new();
        background.for_each(|frame| frames.push(*frame));
        assert_eq!(frames.len(), 5);
        assert_eq!(frames[0][0], 0.0);
        let shares: Vec<f32> = [0, 7, 9].map(|symbol| libm::expf(frames[3][symbol])).into();
        for (share, expected) in shares.iter().zip([26.0, 204.0, 25.0]) {
            assert!((255.0 * share - expected).abs() < 0.01, "{shares:?}");
        }
    }

    #[test]
    fn a_wrong_count_is_an_error() {
        let error = Background::parse(sealed(6, &[130, 2, 7, 204, 9, 25, 128])).unwrap_err();
        assert_eq!(error, ImageError::Field { field: "frames", expected: 6, actual: 5 });
    }

    proptest! {
        #[test]
        fn any_bytes_are_frames_or_an_error(frames in 0u32..40, body in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(background) = Background::parse(sealed(frames, &body)) {
                background.for_each(|frame| assert!(frame.iter().all(|log| log.is_finite())));
            }
        }
    }
}
