//! The flat image of typed phrases: checked once, then viewed in place.
//!
//! Little-endian. Header of 24 bytes: magic `EARNPHR1`, CRC-32 of all that follows it, bytes in all, phrases (u16),
//! sequences (u16), bytes of text (u32). Behind it: for every phrase 24 bytes (text offset u32, text bytes u16, its
//! first sequence u16, pronunciations u16, rivals u16, threshold f32, calibration: half f32, scale f32); for every sequence 12 bytes (phones offset u32,
//! phones u16, text offset u32, text bytes u16); the phones, one byte each; the texts (UTF-8). Offsets of phones and
//! texts count from the first phone and the first byte of text.

use super::calibration::Calibration;
#[cfg(feature = "alloc")]
use crate::crc::crc32;
use crate::image::{ImageError, check_seal, u16_at, u32_at};
use crate::lexicon::Phone;
use crate::storage::Image;

const MAGIC: [u8; 8] = *b"EARNPHR1";
pub(super) const HEADER: usize = 24;
pub(super) const PHRASE: usize = 24;
pub(super) const SEQUENCE: usize = 12;

/// Most phrases of one set.
pub const MAX_PHRASES: usize = 64;
/// Most phones of a pronunciation or rival.
pub const MAX_PHRASE_PHONES: usize = 32;
/// Fewest phones of a phrase: with fewer, ordinary speech says it all the time.
pub const MIN_PHRASE_PHONES: usize = 3;
/// Most pronunciations and rivals of all phrases together.
pub(super) const MAX_SEQUENCES: usize = 8192;

/// Typed phrases, viewed in their image: how each may be said, and what sounds like it.
#[derive(Clone, Debug)]
pub struct PhraseSet<'a> {
    image: Image<'a>,
    phrases: usize,
    sequences: usize,
    /// Where phones and texts begin.
    phones: usize,
    texts: usize,
}

/// One phrase of a set.
#[derive(Clone, Copy, Debug)]
pub struct Phrase<'s> {
    set: &'s PhraseSet<'s>,
    text: (u32, u16),
    first: usize,
    pronunciations: usize,
    rivals: usize,
    threshold: f32,
    calibration: Calibration,
}

impl<'a> PhraseSet<'a> {
    /// Checks an image: magic, length, checksum, every count, offset, phone and text.
    ///
    /// # Errors
    /// [`ImageError`] says what was expected and what was found.
    pub fn parse(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        let image = image.into();
        check_seal(&image, MAGIC, HEADER, Some(12))?;
        let length = |expected| ImageError::Length { expected, actual: image.len() };
        let (total, text_bytes) = (image.len(), u32_at(&image, 20));
        let (phrases, sequences) = (u16_at(&image, 16), u16_at(&image, 18));
        let field = |field, min: usize, max: usize, actual: u16| {
            let actual = usize::from(actual);
            let expected = actual.clamp(min, max) as u64;
            match expected == actual as u64 {
                true => Ok(actual),
                false => Err(ImageError::Field { field, expected, actual: actual as u64 }),
            }
        };
        let phrases = field("phrases", 1, MAX_PHRASES, phrases)?;
        let sequences = field("sequences", 1, MAX_SEQUENCES, sequences)?;
        let phones = HEADER + PHRASE * phrases + SEQUENCE * sequences;
        let texts = total.checked_sub(text_bytes as usize).filter(|&texts| texts >= phones);
        let texts = texts.ok_or(length(phones.saturating_add(text_bytes as usize)))?;
        let set = PhraseSet { image, phrases, sequences, phones, texts };
        set.check()?;
        Ok(set)
    }

    fn check(&self) -> Result<(), ImageError> {
        let bad = |index| ImageError::Contents { what: "bad value at byte", index };
        if let Some(at) = self
            .image
            .iter()
            .take(self.texts)
            .skip(self.phones)
            .position(|&phone| phone == 0 || usize::from(phone) >= Phone::SYMBOLS)
        {
            return Err(bad(self.phones + at));
        }
        for index in 0..self.sequences {
            let at = HEADER + PHRASE * self.phrases + SEQUENCE * index;
            let phones = self.sequence(index).ok_or(bad(at))?;
            let (expected, actual) = (phones.len().clamp(1, MAX_PHRASE_PHONES) as u64, phones.len() as u64);
            if actual != expected {
                return Err(ImageError::Field { field: "phones", expected, actual });
            }
            self.sequence_text(index).ok_or(bad(at + 6))?;
        }
        for index in 0..self.phrases {
            let at = HEADER + PHRASE * index;
            let phrase = self.phrase(index).ok_or(bad(at))?;
            self.text(phrase.text).ok_or(bad(at))?;
            let expected = self.sequences as u64;
            let actual = (phrase.first + phrase.pronunciations + phrase.rivals) as u64;
            if actual > expected {
                return Err(ImageError::Field { field: "sequences of a phrase", expected, actual });
            }
            if phrase.pronunciations == 0 {
                return Err(ImageError::Field { field: "pronunciations", expected: 1, actual: 0 });
            }
            if !(0.0..=1.0).contains(&phrase.threshold) {
                return Err(bad(at + 12));
            }
            let Calibration { half, scale } = phrase.calibration;
            if !(half.is_finite() && scale > 0.0 && scale.is_finite()) {
                return Err(bad(at + 16));
            }
        }
        Ok(())
    }

    /// Number of phrases, at least 1.
    pub fn len(&self) -> usize {
        self.phrases
    }

    /// Whether there is none; never so.
    pub fn is_empty(&self) -> bool {
        self.phrases == 0
    }

    /// Bytes of the image.
    pub fn image_bytes(&self) -> usize {
        self.image.len()
    }

    /// Phrase `index`, 0 … [`len`](PhraseSet::len) − 1.
    pub fn phrase(&self, index: usize) -> Option<Phrase<'_>> {
        if index >= self.phrases {
            return None;
        }
        let at = HEADER + PHRASE * index;
        let half = |offset| u16_at(&self.image, at + offset);
        Some(Phrase {
            set: self,
            text: (u32_at(&self.image, at), half(4)),
            first: half(6).into(),
            pronunciations: half(8).into(),
            rivals: half(10).into(),
            threshold: f32::from_bits(u32_at(&self.image, at + 12)),
            calibration: Calibration {
                half: f32::from_bits(u32_at(&self.image, at + 16)),
                scale: f32::from_bits(u32_at(&self.image, at + 20)),
            },
        })
    }

    /// All phrases, in order.
    pub fn iter(&self) -> impl Iterator<Item = Phrase<'_>> {
        (0..self.phrases).filter_map(|index| self.phrase(index))
    }

    /// Phones of the longest pronunciation of any phrase.
    pub(in crate::spotter) fn longest(&self) -> usize {
        self.iter().flat_map(|phrase| phrase.pronunciations().map(<[u8]>::len)).max().unwrap_or(0)
    }

    fn record(&self, index: usize) -> usize {
        HEADER + PHRASE * self.phrases + SEQUENCE * index
    }

    /// Phones of a sequence, as outputs of the acoustic model.
    fn sequence(&self, index: usize) -> Option<&[u8]> {
        if index >= self.sequences {
            return None;
        }
        let at = self.record(index);
        let from = self.phones.checked_add(u32_at(&self.image, at) as usize)?;
        let to = from + usize::from(u16_at(&self.image, at + 4));
        if to > self.texts { None } else { self.image.get(from..to) }
    }

    fn sequence_text(&self, index: usize) -> Option<&str> {
        let at = self.record(index);
        self.text((u32_at(&self.image, at + 6), u16_at(&self.image, at + 10)))
    }

    fn text(&self, (offset, bytes): (u32, u16)) -> Option<&str> {
        let from = self.texts.checked_add(offset as usize)?;
        core::str::from_utf8(self.image.get(from..from + usize::from(bytes))?).ok()
    }
}

impl<'s> Phrase<'s> {
    /// The phrase as it was typed.
    pub fn text(&self) -> &'s str {
        self.set.text(self.text).unwrap_or_default()
    }

    /// Score that wakes, 0 to 1.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// How evidence for it becomes a score.
    pub fn calibration(&self) -> Calibration {
        self.calibration
    }

    /// How it may be said: phones as outputs of the acoustic model, 1 … 38.
    pub fn pronunciations(&self) -> impl ExactSizeIterator<Item = &'s [u8]> + use<'s> {
        let (set, first) = (self.set, self.first);
        (0..self.pronunciations).map(move |index| set.sequence(first + index).unwrap_or_default())
    }

    /// What sounds like it, as it is written.
    pub fn rival_text(&self, rival: u16) -> Option<&'s str> {
        let rival = usize::from(rival);
        if rival < self.rivals {
            self.set.sequence_text(self.first + self.pronunciations + rival)
        } else {
            None
        }
    }

    /// Phones of what sounds like it; numbers of [`rival_text`](Phrase::rival_text) count in this order.
    pub fn rivals(&self) -> impl ExactSizeIterator<Item = &'s [u8]> + use<'s> {
        let (set, first) = (self.set, self.first + self.pronunciations);
        (0..self.rivals).map(move |index| set.sequence(first + index).unwrap_or_default())
    }
}

/// What is written into an image.
#[cfg(feature = "alloc")]
pub(super) struct PhraseParts<'p> {
    pub(super) text: &'p str,
    pub(super) threshold: f32,
    pub(super) calibration: Calibration,
    pub(super) pronunciations: alloc::vec::Vec<alloc::vec::Vec<u8>>,
    pub(super) rivals: alloc::vec::Vec<(&'p [u8], &'p str)>,
}

/// The image of phrases; their counts were checked.
#[cfg(feature = "alloc")]
pub(super) fn write(parts: &[PhraseParts<'_>]) -> alloc::vec::Vec<u8> {
    use alloc::vec::Vec;
    let (mut phrases, mut sequences, mut phones, mut texts) =
        (Vec::new(), Vec::new(), Vec::<u8>::new(), Vec::<u8>::new());
    let mut count = 0u16;
    let mut add = |sequence: &[u8], text: &str, texts: &mut Vec<u8>| {
        sequences.extend((phones.len() as u32).to_le_bytes());
        sequences.extend((sequence.len() as u16).to_le_bytes());
        phones.extend(sequence);
        sequences.extend((texts.len() as u32).to_le_bytes());
        sequences.extend((text.len() as u16).to_le_bytes());
        texts.extend(text.as_bytes());
    };
    for part in parts {
        phrases.extend((texts.len() as u32).to_le_bytes());
        phrases.extend((part.text.len() as u16).to_le_bytes());
        texts.extend(part.text.as_bytes());
        phrases.extend(count.to_le_bytes());
        phrases.extend((part.pronunciations.len() as u16).to_le_bytes());
        phrases.extend((part.rivals.len() as u16).to_le_bytes());
        phrases.extend(part.threshold.to_le_bytes());
        phrases.extend(part.calibration.half.to_le_bytes());
        phrases.extend(part.calibration.scale.to_le_bytes());
        part.pronunciations.iter().for_each(|phones| add(phones, "", &mut texts));
        part.rivals.iter().for_each(|(phones, text)| add(phones, text, &mut texts));
        count += (part.pronunciations.len() + part.rivals.len()) as u16;
    }
    let mut image = Vec::from(MAGIC);
    let total = HEADER + phrases.len() + sequences.len() + phones.len() + texts.len();
    image.extend([0; 4]);
    image.extend((total as u32).to_le_bytes());
    image.extend((parts.len() as u16).to_le_bytes());
    image.extend(count.to_le_bytes());
    image.extend((texts.len() as u32).to_le_bytes());
    for part in [phrases, sequences, phones, texts] {
        image.extend(part);
    }
    let crc = crc32([&image[12..]]);
    image[8..12].copy_from_slice(&crc.to_le_bytes());
    image
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn image() -> Vec<u8> {
        let part = |text, rivals| PhraseParts {
            text,
            threshold: 0.5,
            calibration: Calibration { half: 1.5, scale: 0.7 },
            pronunciations: Vec::from([Vec::from([1, 2, 3]), Vec::from([4, 5, 6, 7])]),
            rivals,
        };
        write(&[part("one", Vec::from([(&[9u8, 9][..], "née")])), part("two", Vec::new())])
    }

    #[test]
    fn what_was_written_is_read() {
        let set = PhraseSet::parse(image()).unwrap();
        assert_eq!((set.len(), set.longest()), (2, 4));
        let phrase = set.phrase(0).unwrap();
        assert_eq!((phrase.text(), phrase.threshold()), ("one", 0.5));
        assert_eq!(phrase.calibration(), Calibration { half: 1.5, scale: 0.7 });
        assert_eq!(phrase.pronunciations().collect::<Vec<_>>(), [&[1u8, 2, 3][..], &[4, 5, 6, 7]]);
        assert_eq!(phrase.rivals().collect::<Vec<_>>(), [&[9u8, 9][..]]);
        assert_eq!((phrase.rival_text(0), phrase.rival_text(1)), (Some("née"), None));
        assert_eq!(set.phrase(1).unwrap().rivals().len(), 0);
        assert!(set.phrase(2).is_none());
    }

    #[test]
    fn every_byte_counts() {
        let good = image();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(PhraseSet::parse(bad).is_err(), "byte {at}");
        }
        assert_eq!(
            PhraseSet::parse(&good[..good.len() - 1]).unwrap_err(),
            ImageError::Length { expected: good.len(), actual: good.len() - 1 }
        );
    }

    proptest! {
        /// With the checksum made right again, whatever passes can be read to its end.
        #[test]
        fn damaged_images_are_errors_or_harmless(at in 12usize..200, to: u8, more in 0usize..3) {
            let mut bad = image();
            let len = bad.len();
            for step in 0..=more {
                bad[12 + (at + 7 * step) % (len - 12)] = to;
            }
            let crc = crc32([&bad[12..]]);
            bad[8..12].copy_from_slice(&crc.to_le_bytes());
            if let Ok(set) = PhraseSet::parse(bad) {
                for phrase in set.iter() {
                    for phones in phrase.pronunciations().chain(phrase.rivals()) {
                        let right = phones.iter().all(|&phone| (1..39).contains(&phone));
                        prop_assert!(right && !phones.is_empty());
                    }
                    prop_assert!(phrase.calibration().scale > 0.0);
                    let _ = (phrase.text(), phrase.rival_text(0));
                }
            }
        }
    }
}
