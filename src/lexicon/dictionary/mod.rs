//! A dictionary as a flat image: written once, looked up in place.

mod image;
#[cfg(feature = "alloc")]
mod write;

pub use image::{Dictionary, Found, MAX_WORD};
#[cfg(feature = "alloc")]
pub use write::{DictionaryBuilder, EntryError};

const MAGIC: [u8; 8] = *b"EARN-LEX";
const VERSION: u32 = 1;
const HEADER: usize = 64;
/// Words of a block; the first of each can be found without reading the others.
const BLOCK: usize = 16;
/// What words are written in, in order: symbol n + 1 is character n, symbol 0 ends the word.
const LETTERS: &[u8; 39] = b"'-.0123456789abcdefghijklmnopqrstuvwxyz";
/// Letters and the end.
const LETTER_SYMBOLS: usize = LETTERS.len() + 1;
/// Letters that a word shares with the one before; more are not counted.
const MAX_SHARED: usize = 31;
/// End of the word, phones, and the start of another pronunciation.
const PHONE_SYMBOLS: usize = super::Phone::SYMBOLS + 1;
const ANOTHER: usize = PHONE_SYMBOLS - 1;

fn symbol(letter: u8) -> Option<u8> {
    LETTERS.binary_search(&letter).ok().map(|at| at as u8 + 1)
}
