//! From text to a set of phrases.

use super::accents::accents;
use super::background::Background;
use super::calibration::Calibration;
use super::phrase::{self, MAX_PHRASE_PHONES, MAX_PHRASES, MAX_SEQUENCES, MIN_PHRASE_PHONES, PhraseParts};
use super::rivals::{self, Rival, RivalKind};
use crate::image::ImageError;
use crate::lexicon::{Dictionary, Lexicon, ReadError};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Most pronunciations of a phrase: of more, the likeliest.
const MAX_PRONUNCIATIONS: usize = 12;

/// Why a phrase can't be listened for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CompileError {
    /// It can't be pronounced.
    Read(ReadError),
    /// It is too short to be told from ordinary speech, or too long.
    Phones {
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// Phones it has.
        actual: usize,
    },
    /// More phrases or rivals than a set holds.
    Count {
        /// What is counted.
        what: &'static str,
        /// Most.
        expected: usize,
        /// How many it would be.
        actual: usize,
    },
    /// A threshold that is not 0 to 1.
    Threshold(f32),
    /// What was compiled is no image: a fault of this library.
    Image(ImageError),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Read(error) => error.fmt(f),
            CompileError::Phones { min, max, actual } => {
                write!(f, "{actual} phones, expected {min} to {max}")
            }
            CompileError::Count { what, expected, actual } => {
                write!(f, "{actual} {what}, expected at most {expected}")
            }
            CompileError::Image(error) => error.fmt(f),
            CompileError::Threshold(actual) => write!(f, "threshold is {actual}, expected 0 to 1"),
        }
    }
}

impl core::error::Error for CompileError {}

/// A phrase that was added.
struct Added {
    text: String,
    threshold: f32,
    /// Word by word.
    pronunciations: Vec<Vec<Vec<u8>>>,
    rivals: Vec<Rival>,
    calibration: Calibration,
}

/// Makes a set of phrases out of text.
#[derive(Default)]
pub struct PhraseCompiler {
    added: Vec<Added>,
}

impl PhraseCompiler {
    /// No phrase yet.
    pub fn new() -> Self {
        PhraseCompiler::default()
    }

    /// Adds a phrase that wakes at `threshold`, said in every way that `lexicon` has for its words.
    ///
    /// # Errors
    /// What in it can't be listened for; nothing is added then.
    pub fn add(
        &mut self,
        text: &str,
        threshold: f32,
        lexicon: &Lexicon<'_>,
    ) -> Result<&mut Self, CompileError> {
        if !(0.0..=1.0).contains(&threshold) {
            return Err(CompileError::Threshold(threshold));
        }
        let actual = self.added.len() + 1;
        if actual > MAX_PHRASES {
            return Err(CompileError::Count { what: "phrases", expected: MAX_PHRASES, actual });
        }
        let pronunciations = variants(text, lexicon)?;
        for words in &pronunciations {
            let (min, max, actual) = (MIN_PHRASE_PHONES, MAX_PHRASE_PHONES, words.iter().map(Vec::len).sum());
            if !(min..=max).contains(&actual) {
                return Err(CompileError::Phones { min, max, actual });
            }
        }
        let (rivals, calibration) = (Vec::new(), Calibration::NONE);
        self.added.push(Added { text: text.into(), threshold, pronunciations, rivals, calibration });
        Ok(self)
    }

    /// Adds how other accents say the latest phrase: without R but before vowels, "glass" with the vowel of "father".
    /// Before its rivals are looked for. More ways of saying it are more that ordinary speech may come near to: for a
    /// check behind a network ([`cascade`](crate::spotter::cascade)) rather than for a phrase that stands alone.
    pub fn add_accents(&mut self) -> &mut Self {
        if let Some(phrase) = self.added.last_mut() {
            let others: Vec<_> = phrase.pronunciations.iter().flat_map(|words| accents(words)).collect();
            for other in others {
                let known = phrase.pronunciations.iter().any(|words| words.concat() == other.concat());
                if !known && phrase.pronunciations.len() < MAX_PRONUNCIATIONS {
                    phrase.pronunciations.push(other);
                }
            }
        }
        self
    }

    /// Looks for what sounds like the latest phrase: words of `dictionary` and pairs of them, published lists, parts of
    /// the phrase, longer words with the phrase in them. A second or less.
    pub fn find_rivals(&mut self, dictionary: &Dictionary<'_>) -> &mut Self {
        if let Some(phrase) = self.added.last_mut() {
            let found = rivals::find(&phrase.pronunciations, dictionary);
            phrase.rivals.extend(found);
        }
        self
    }

    /// Adds what sounds like the latest phrase, for the user, and must not wake.
    ///
    /// # Errors
    /// What can't be pronounced.
    pub fn add_rival(&mut self, text: &str, lexicon: &Lexicon<'_>) -> Result<&mut Self, CompileError> {
        let said = variants(text, lexicon)?;
        if let Some(phrase) = self.added.last_mut() {
            for words in said {
                let phones = words.concat();
                let known = phrase.pronunciations.iter().any(|words| words.concat() == phones)
                    || phrase.rivals.iter().any(|old| old.phones == phones);
                if !known && phones.len() <= MAX_PHRASE_PHONES {
                    let kind = RivalKind::Added;
                    phrase.rivals.push(Rival { text: text.into(), phones, distance: 0.0, kind });
                }
            }
        }
        Ok(self)
    }

    /// Looks for all phrases in `background` and gives their scores a meaning: without, a score only orders. After
    /// the last phrase and rival; about a second for an hour of background.
    ///
    /// # Errors
    /// As [`to_image`](Self::to_image).
    pub fn calibrate(&mut self, background: &Background<'_>) -> Result<&mut Self, CompileError> {
        let image = self.to_image()?;
        let found = background.calibrate(&image).map_err(CompileError::Image)?;
        for (phrase, calibration) in self.added.iter_mut().zip(found) {
            phrase.calibration = calibration;
        }
        Ok(self)
    }

    /// Calibration of the latest phrase.
    pub fn calibration(&self) -> Calibration {
        self.added.last().map_or(Calibration::NONE, |phrase| phrase.calibration)
    }

    /// Phones of the latest phrase, the likeliest pronunciation first.
    pub fn pronunciations(&self) -> impl Iterator<Item = Vec<u8>> {
        self.added
            .last()
            .into_iter()
            .flat_map(|phrase| phrase.pronunciations.iter().map(|words| words.concat()))
    }

    /// What sounds like the latest phrase, the nearest first.
    pub fn rivals(&self) -> &[Rival] {
        self.added.last().map(|phrase| &phrase.rivals[..]).unwrap_or_default()
    }

    /// The image of the set.
    ///
    /// # Errors
    /// [`CompileError::Count`] if it is more than an image holds, or nothing.
    pub fn to_image(&self) -> Result<Vec<u8>, CompileError> {
        let actual = self.added.iter().map(|phrase| phrase.pronunciations.len() + phrase.rivals.len()).sum();
        if actual > MAX_SEQUENCES {
            return Err(CompileError::Count { what: "sequences", expected: MAX_SEQUENCES, actual });
        }
        if self.added.is_empty() {
            return Err(CompileError::Read(ReadError::Empty));
        }
        let parts: Vec<PhraseParts<'_>> = self
            .added
            .iter()
            .map(|phrase| PhraseParts {
                text: &phrase.text,
                threshold: phrase.threshold,
                calibration: phrase.calibration,
                pronunciations: phrase.pronunciations.iter().map(|words| words.concat()).collect(),
                rivals: phrase
                    .rivals
                    .iter()
                    .filter(|rival| rival.kind != RivalKind::Same)
                    .map(|rival| (&rival.phones[..], &rival.text[..]))
                    .collect(),
            })
            .collect();
        Ok(phrase::write(&parts))
    }
}

/// All ways to say a text, word by word, the likeliest first.
fn variants(text: &str, lexicon: &Lexicon<'_>) -> Result<Vec<Vec<Vec<u8>>>, CompileError> {
    let words = lexicon.pronounce(text).map_err(CompileError::Read)?;
    let mut all: Vec<(f32, Vec<Vec<u8>>)> = Vec::from([(0.0, Vec::new())]);
    for word in &words {
        let mut next = Vec::new();
        for (weight, before) in &all {
            for one in &word.pronunciations {
                let mut longer = before.clone();
                longer.push(one.phones.iter().map(|phone| phone.index() as u8).collect());
                next.push((weight + one.log_weight, longer));
            }
        }
        next.sort_by(|a, b| b.0.total_cmp(&a.0));
        all.clear();
        for one in next {
            if all.len() < MAX_PRONUNCIATIONS && all.iter().all(|old| old.1.concat() != one.1.concat()) {
                all.push(one);
            }
        }
    }
    Ok(all.into_iter().map(|(_, words)| words).collect())
}
