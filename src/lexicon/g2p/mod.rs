//! Letters to phones: for names and invented words that no dictionary lists.
//!
//! A joint n-gram model (Bisani & Ney, "Joint-sequence models for grapheme-to-phoneme conversion", 2008; Novak et al.,
//! "Phonetisaurus", 2016): a word and its phones are a sequence of graphones, chunks of one or two letters with none,
//! one or two phones, and the model says how likely each follows those before it. Trained by `models/training/g2p.py`.

mod image;
mod decode;

pub use decode::Guess;
pub use image::G2p;

/// Letters that the model reads, in order.
const LETTERS: &[u8; 27] = b"abcdefghijklmnopqrstuvwxyz'";
/// Token 0 ends a word, token 1 begins it; graphones are those behind.
const END: u32 = 0;
const BEGIN: u32 = 1;
const FIRST: u32 = 2;
/// Costs are −ln p in this many parts.
const UNIT: f64 = 1024.0;
/// Longest n-grams of any model.
const MAX_ORDER: usize = 12;
