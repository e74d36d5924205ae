//! Writing the image of a dictionary.

use super::super::bits::BitWriter;
use super::super::code::CodeWriter;
use super::super::phone::{MAX_PHONES, Phone};
use super::{
    ANOTHER, BLOCK, HEADER, LETTER_SYMBOLS, MAGIC, MAX_SHARED, MAX_WORD, PHONE_SYMBOLS, VERSION, symbol,
};
use crate::crc::crc32;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Why a dictionary cannot hold an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryError {
    /// Words are of letters a … z, digits, apostrophes, hyphens and full stops.
    Character {
        /// The first that is none of these.
        actual: char,
    },
    /// The word is too long, or empty.
    WordLength {
        /// Most bytes.
        expected: usize,
        /// Bytes of the word.
        actual: usize,
    },
    /// The pronunciation is too long, or empty.
    Phones {
        /// Most phones.
        expected: usize,
        /// Phones that there are.
        actual: usize,
    },
    /// A pronunciation holds the blank.
    Blank {
        /// Where, from 0.
        index: usize,
    },
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            EntryError::Character { actual } => {
                write!(f, "expected a letter, digit, apostrophe, hyphen or full stop, found {actual:?}")
            }
            EntryError::WordLength { expected, actual } => {
                write!(f, "word of {actual} bytes, expected 1 to {expected}")
            }
            EntryError::Phones { expected, actual } => {
                write!(f, "pronunciation of {actual} phones, expected 1 to {expected}")
            }
            EntryError::Blank { index } => write!(f, "blank as phone {index} of a pronunciation"),
        }
    }
}

impl core::error::Error for EntryError {}

/// Collects entries and writes them as an image for [`Dictionary`](super::Dictionary).
#[derive(Clone, Debug, Default)]
pub struct DictionaryBuilder {
    words: BTreeMap<String, Vec<Vec<Phone>>>,
}

impl DictionaryBuilder {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pronunciation behind those that `word` has; what it has already is not added again.
    ///
    /// # Errors
    /// What is wrong with the word or the pronunciation; nothing is added then.
    pub fn add(&mut self, word: &str, phones: &[Phone]) -> Result<(), EntryError> {
        let word = word.to_ascii_lowercase();
        let bad = |c: &char| u8::try_from(*c).ok().and_then(symbol).is_none();
        if let Some(actual) = word.chars().find(bad) {
            return Err(EntryError::Character { actual });
        }
        if !(1..=MAX_WORD).contains(&word.len()) {
            return Err(EntryError::WordLength { expected: MAX_WORD, actual: word.len() });
        }
        if !(1..=MAX_PHONES).contains(&phones.len()) {
            return Err(EntryError::Phones { expected: MAX_PHONES, actual: phones.len() });
        }
        if let Some(index) = phones.iter().position(|phone| phone.is_blank()) {
            return Err(EntryError::Blank { index });
        }
        let known = self.words.entry(word).or_default();
        if known.iter().all(|other| other[..] != *phones) {
            known.push(phones.to_vec());
        }
        Ok(())
    }

    /// Words so far.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// The image. The same entries give the same bytes.
    pub fn to_image(&self) -> Vec<u8> {
        let mut coder = Coder {
            shared: CodeWriter::new(1, MAX_SHARED + 1),
            letters: CodeWriter::new(LETTER_SYMBOLS, LETTER_SYMBOLS),
            phones: CodeWriter::new(Phone::SYMBOLS, PHONE_SYMBOLS),
            bits: None,
        };
        self.pass(&mut coder, |_| {});
        let mut parts =
            Vec::from([coder.shared.table(), coder.letters.table(), coder.phones.table(), Vec::new()]);
        coder.bits = Some(BitWriter::default());
        let mut index = Vec::new();
        self.pass(&mut coder, |at| index.extend((at as u32).to_le_bytes()));
        parts[3] = index;
        let bits = coder.bits.unwrap_or_default();
        let (bit_count, bytes) = (bits.position(), bits.bytes);
        parts.push(bytes);

        let mut image = alloc::vec![0; HEADER];
        let pronunciations: usize = self.words.values().map(Vec::len).sum();
        let mut fields = Vec::from([self.words.len(), pronunciations]);
        for part in parts {
            image.extend(part);
            image.resize(image.len().next_multiple_of(4), 0);
            fields.push(image.len());
        }
        fields.push(bit_count);
        image[..8].copy_from_slice(&MAGIC);
        image[8..12].copy_from_slice(&VERSION.to_le_bytes());
        let len = image.len() as u32;
        image[12..16].copy_from_slice(&len.to_le_bytes());
        for (n, field) in fields.into_iter().enumerate() {
            image[20 + 4 * n..24 + 4 * n].copy_from_slice(&(field as u32).to_le_bytes());
        }
        let crc = crc32([&image[..16], &image[20..]]);
        image[16..20].copy_from_slice(&crc.to_le_bytes());
        image
    }

    /// All words in order through `coder`; `block` is told at which bit each block begins.
    fn pass(&self, coder: &mut Coder, mut block: impl FnMut(usize)) {
        let mut last: &[u8] = &[];
        for (n, (word, pronunciations)) in self.words.iter().enumerate() {
            let word = word.as_bytes();
            let mut shared = 0;
            if n % BLOCK == 0 {
                block(coder.bits.as_ref().map_or(0, BitWriter::position));
            } else {
                shared = last.iter().zip(word).take_while(|(a, b)| a == b).count().min(MAX_SHARED);
                coder.shared(shared);
            }
            coder.word(word, shared);
            last = word;
            for (n, phones) in pronunciations.iter().enumerate() {
                coder.pronunciation(phones, n + 1 < pronunciations.len());
            }
        }
    }
}

/// Counts symbols on the first pass, writes them on the second.
struct Coder {
    shared: CodeWriter,
    letters: CodeWriter,
    phones: CodeWriter,
    bits: Option<BitWriter>,
}

impl Coder {
    fn put(codes: &mut CodeWriter, bits: &mut Option<BitWriter>, context: usize, symbol: usize) {
        match bits {
            None => codes.count(context, symbol),
            Some(bits) => codes.write(context, symbol, bits),
        }
    }

    fn shared(&mut self, shared: usize) {
        Self::put(&mut self.shared, &mut self.bits, 0, shared);
    }

    fn word(&mut self, word: &[u8], shared: usize) {
        let symbols = || word.iter().map(|&letter| usize::from(symbol(letter).unwrap_or_default()));
        let before = core::iter::once(0).chain(symbols());
        for (before, symbol) in before.zip(symbols().chain([0])).skip(shared) {
            Self::put(&mut self.letters, &mut self.bits, before, symbol);
        }
    }

    fn pronunciation(&mut self, phones: &[Phone], another: bool) {
        let mut before = 0;
        for phone in phones {
            Self::put(&mut self.phones, &mut self.bits, before, phone.index());
            before = phone.index();
        }
        Self::put(&mut self.phones, &mut self.bits, before, if another { ANOTHER } else { 0 });
    }
}
