//! From text to a set of phrases.

use super::phrase::{self, MAX_PHRASE_PHONES, MAX_PHRASES, MAX_SEQUENCES, MIN_PHRASE_PHONES, PhraseParts};
use crate::lexicon::{Lexicon, ReadError};
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
            CompileError::Threshold(actual) => write!(f, "threshold is {actual}, expected 0 to 1"),
        }
    }
}

impl core::error::Error for CompileError {}

/// Makes a set of phrases out of text.
#[derive(Default)]
pub struct PhraseCompiler {
    parts: Vec<PhraseParts>,
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
        let actual = self.parts.len() + 1;
        if actual > MAX_PHRASES {
            return Err(CompileError::Count { what: "phrases", expected: MAX_PHRASES, actual });
        }
        let pronunciations = pronunciations(text, lexicon)?;
        self.parts.push(PhraseParts { text: text.into(), threshold, pronunciations, rivals: Vec::new() });
        Ok(self)
    }

    /// Adds what sounds like the latest phrase and must not wake.
    ///
    /// # Errors
    /// What can't be pronounced.
    pub fn add_rival(&mut self, text: &str, lexicon: &Lexicon<'_>) -> Result<&mut Self, CompileError> {
        let said = variants(text, lexicon)?;
        if let Some(part) = self.parts.last_mut() {
            for phones in said {
                let known = part.pronunciations.contains(&phones)
                    || part.rivals.iter().any(|(old, _)| *old == phones);
                if !known && (1..=MAX_PHRASE_PHONES).contains(&phones.len()) {
                    part.rivals.push((phones, String::from(text)));
                }
            }
        }
        Ok(self)
    }

    /// The image of the set.
    ///
    /// # Errors
    /// [`CompileError::Count`] if it is more than an image holds, or nothing.
    pub fn to_image(&self) -> Result<Vec<u8>, CompileError> {
        let actual = self.parts.iter().map(|part| part.pronunciations.len() + part.rivals.len()).sum();
        if actual > MAX_SEQUENCES {
            return Err(CompileError::Count { what: "sequences", expected: MAX_SEQUENCES, actual });
        }
        if self.parts.is_empty() {
            return Err(CompileError::Read(ReadError::Empty));
        }
        Ok(phrase::write(&self.parts))
    }
}

/// Pronunciations of a phrase, the likeliest first.
pub(super) fn pronunciations(text: &str, lexicon: &Lexicon<'_>) -> Result<Vec<Vec<u8>>, CompileError> {
    let said = variants(text, lexicon)?;
    for phones in &said {
        let (min, max, actual) = (MIN_PHRASE_PHONES, MAX_PHRASE_PHONES, phones.len());
        if !(min..=max).contains(&actual) {
            return Err(CompileError::Phones { min, max, actual });
        }
    }
    Ok(said)
}

/// All ways to say a text, word by word, the likeliest first.
fn variants(text: &str, lexicon: &Lexicon<'_>) -> Result<Vec<Vec<u8>>, CompileError> {
    let words = lexicon.pronounce(text).map_err(CompileError::Read)?;
    let mut all: Vec<(f32, Vec<u8>)> = Vec::from([(0.0, Vec::new())]);
    for word in &words {
        let mut next = Vec::new();
        for (weight, phones) in &all {
            for one in &word.pronunciations {
                let mut longer = phones.clone();
                longer.extend(one.phones.iter().map(|phone| phone.index() as u8));
                next.push((weight + one.log_weight, longer));
            }
        }
        next.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut kept: Vec<(f32, Vec<u8>)> = Vec::new();
        for one in next {
            if kept.len() < MAX_PRONUNCIATIONS && kept.iter().all(|old| old.1 != one.1) {
                kept.push(one);
            }
        }
        all = kept;
    }
    Ok(all.into_iter().map(|(_, phones)| phones).collect())
}
