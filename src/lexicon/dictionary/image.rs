//! The image of a dictionary, little-endian.
//!
//! Header of 64 bytes: magic `EARN-LEX`, version, bytes in all, CRC-32 of everything but itself, words,
//! pronunciations, then the ends of five parts that follow each other behind the header, each at a multiple of 4: the
//! codes of shared letters, of letters and of phones (see `code.rs`), the index, the data; then the bits of the data.
//!
//! Words are sorted by their bytes and stand in blocks of 16. The index says at which bit each block begins. A word is
//! the number of letters that it shares with the word before (not for the first of a block), the other letters, each
//! coded by the letter before it, an end, and its pronunciations, each phone coded by the phone before it, with a mark
//! between them and an end behind the last.

use super::super::bits::BitReader;
use super::super::code::Codes;
use super::super::phone::{Phone, Phones};
use super::{
    ANOTHER, BLOCK, HEADER, LETTER_SYMBOLS, LETTERS, MAGIC, MAX_SHARED, PHONE_SYMBOLS, VERSION, symbol,
};
use crate::image::{ImageError, check_frame, u32_at};
use crate::storage::Image;
use core::cmp::Ordering;

/// Longest word of a dictionary, bytes.
pub const MAX_WORD: usize = 48;

/// A pronouncing dictionary: an image that was checked.
#[derive(Clone, Debug)]
pub struct Dictionary<'a> {
    image: Image<'a>,
    /// Ends of the five parts.
    ends: [usize; 5],
    words: usize,
    pronunciations: usize,
}

impl<'a> Dictionary<'a> {
    /// Checks all of `image`, every word included, so once: 220 million instructions for the full CMU dictionary.
    ///
    /// # Errors
    /// The first thing that is wrong, with the numbers.
    pub fn new(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        let image = image.into();
        check_frame(&image, MAGIC, VERSION, HEADER)?;
        let word = |n: usize| u32_at(&image, 20 + 4 * n) as usize;
        let (words, pronunciations, bits) = (word(0), word(1), word(7));
        let ends: [usize; 5] = core::array::from_fn(|n| word(2 + n));
        let field = |field, expected: usize, actual: usize| {
            if expected == actual {
                Ok(())
            } else {
                Err(ImageError::Field { field, expected: expected as u64, actual: actual as u64 })
            }
        };
        let mut last = HEADER;
        for end in ends {
            if end < last || end % 4 != 0 {
                return Err(ImageError::Field {
                    field: "end of a part",
                    expected: last as u64,
                    actual: end as u64,
                });
            }
            last = end;
        }
        field("end of the data", image.len(), ends[4])?;
        field("bytes of the index", 4 * words.div_ceil(BLOCK), ends[3] - ends[2])?;
        field("words of data", bits.div_ceil(32), (ends[4] - ends[3]) / 4)?;
        field("reserved", 0, word(8) | word(9) | word(10))?;
        let dictionary = Dictionary { image, ends, words, pronunciations };
        dictionary.check_words(bits)?;
        Ok(dictionary)
    }

    /// Words.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Pronunciations of all words.
    pub fn pronunciations(&self) -> usize {
        self.pronunciations
    }

    /// Bytes of the image.
    pub fn image_bytes(&self) -> usize {
        self.image.len()
    }

    /// The pronunciations of `word`, in either case; none if it isn't listed. No heap is used.
    pub fn get(&self, word: &str) -> Option<Found<'_>> {
        let mut wanted = [0; MAX_WORD];
        let wanted = wanted.get_mut(..word.len())?;
        wanted.copy_from_slice(word.as_bytes());
        wanted.make_ascii_lowercase();
        let wanted = &*wanted;
        // The last block that begins with no later word.
        let (mut low, mut high) = (0, self.words.div_ceil(BLOCK));
        while low < high {
            let middle = low.midpoint(high);
            let mut cursor = self.cursor(middle);
            cursor.word()?;
            if cursor.text() <= wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut cursor = self.cursor(low.checked_sub(1)?);
        for _ in 0..BLOCK {
            if !cursor.word()? {
                return None;
            }
            match cursor.text().cmp(wanted) {
                Ordering::Equal => return Some(Found { cursor, more: true }),
                Ordering::Less => cursor.skip()?,
                Ordering::Greater => return None,
            }
        }
        None
    }

    /// Calls `take` with every word and each of its pronunciations, in order.
    pub fn for_each(&self, mut take: impl FnMut(&str, &[Phone])) {
        let mut cursor = self.cursor(0);
        while cursor.word() == Some(true) {
            let mut more = true;
            while more {
                let Some((phones, another)) = cursor.phones() else { return };
                take(core::str::from_utf8(cursor.text()).unwrap_or_default(), &phones);
                more = another;
            }
        }
    }

    fn part(&self, part: usize) -> &[u8] {
        let from = if part == 0 { HEADER } else { self.ends[part - 1] };
        self.image.get(from..self.ends[part]).unwrap_or_default()
    }

    /// At the first word of a block.
    fn cursor(&self, block: usize) -> Cursor<'_> {
        Cursor {
            shared: Codes::new(self.part(0), 1),
            letters: Codes::new(self.part(1), LETTER_SYMBOLS),
            phones: Codes::new(self.part(2), super::super::Phone::SYMBOLS),
            bits: BitReader::new(self.part(4), u32_at(self.part(3), 4 * block) as usize),
            next: block * BLOCK,
            words: self.words,
            text: [0; MAX_WORD],
            len: 0,
        }
    }

    fn check_words(&self, bits: usize) -> Result<(), ImageError> {
        let mut cursor = self.cursor(0);
        check_codes(&cursor)?;
        let (mut last, mut last_len, mut pronunciations) = ([0; MAX_WORD], 0, 0);
        for index in 0..self.words {
            let wrong = |what| ImageError::Contents { what, index };
            if index % BLOCK == 0 {
                let at = u32_at(self.part(3), index / BLOCK * 4) as usize;
                if at != cursor.bits.position() {
                    return Err(wrong("wrong place of the block of word"));
                }
            }
            cursor.word().ok_or(wrong("no word where there should be word"))?;
            // The empty word would be the first; so nothing but it is as small as this.
            if cursor.text() <= &last[..last_len] {
                return Err(wrong("wrong order of word"));
            }
            (last, last_len) = (cursor.text, cursor.len);
            let mut more = true;
            while more {
                pronunciations += 1;
                (_, more) = cursor.phones().ok_or(wrong("no pronunciation of word"))?;
            }
        }
        let count = |field, expected: usize, actual: usize| {
            let (expected, actual) = (expected as u64, actual as u64);
            if expected == actual { Ok(()) } else { Err(ImageError::Field { field, expected, actual }) }
        };
        count("number of pronunciations", pronunciations, self.pronunciations)?;
        count("bits of data", cursor.bits.position(), bits)
    }
}

fn check_codes(cursor: &Cursor<'_>) -> Result<(), ImageError> {
    cursor.shared.check(MAX_SHARED as u8 + 1, "code of shared letters")?;
    cursor.letters.check(LETTER_SYMBOLS as u8, "code of letters")?;
    cursor.phones.check(PHONE_SYMBOLS as u8, "code of phones")
}

/// A place in the data, and the word that was read there.
#[derive(Clone, Debug)]
struct Cursor<'d> {
    shared: Codes<'d>,
    letters: Codes<'d>,
    phones: Codes<'d>,
    bits: BitReader<'d>,
    /// Number of the next word.
    next: usize,
    words: usize,
    text: [u8; MAX_WORD],
    len: usize,
}

impl<'d> Cursor<'d> {
    fn text(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    /// Reads the letters of the next word; its pronunciations must have been read or skipped. False behind the last.
    fn word(&mut self) -> Option<bool> {
        if self.next >= self.words {
            return Some(false);
        }
        let mut len = 0;
        if !self.next.is_multiple_of(BLOCK) {
            len = usize::from(self.shared.read(0, &mut self.bits)?);
            if len > self.len {
                return None;
            }
        }
        let mut before = match len.checked_sub(1) {
            None => 0,
            Some(at) => symbol(self.text[at])?,
        };
        loop {
            before = self.letters.read(usize::from(before), &mut self.bits)?;
            if before == 0 {
                break;
            }
            *self.text.get_mut(len)? = *LETTERS.get(usize::from(before) - 1)?;
            len += 1;
        }
        self.len = len;
        self.next += 1;
        Some(true)
    }

    /// Reads a pronunciation, and whether another one follows.
    fn phones(&mut self) -> Option<(Phones, bool)> {
        let mut phones = Phones::new();
        loop {
            let before = phones.last().map_or(0, |phone| phone.index());
            let symbol = self.phones.read(before, &mut self.bits)?;
            match Phone::new(symbol) {
                Some(phone) if !phone.is_blank() => {
                    if !phones.push(phone) {
                        return None;
                    }
                }
                _ if phones.is_empty() => return None,
                _ => return Some((phones, usize::from(symbol) == ANOTHER)),
            }
        }
    }

    fn skip(&mut self) -> Option<()> {
        while self.phones()?.1 {}
        Some(())
    }
}

/// The pronunciations of a word, in the order of the dictionary: the usual one first.
#[derive(Clone, Debug)]
pub struct Found<'d> {
    cursor: Cursor<'d>,
    more: bool,
}

impl Iterator for Found<'_> {
    type Item = Phones;

    fn next(&mut self) -> Option<Phones> {
        if !self.more {
            return None;
        }
        let (phones, more) = self.cursor.phones()?;
        self.more = more;
        Some(phones)
    }
}
