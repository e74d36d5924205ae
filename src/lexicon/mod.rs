//! Words to phones: dictionaries, letters to sound, and the text between.
//!
//! ```text
//!  "Call O'Neil at 7:30"
//!       ▼  case, apostrophes, hyphens, numbers, initials
//!  words       call  o'neil  at  seven  thirty
//!       ▼  the first that knows the word
//!  user        entries in the format of the CMU dictionary
//!  dictionary  a flat image, looked up in place: no heap, may lie in flash
//!  letters     a joint n-gram model of letters and phones, with n-best
//!       ▼
//!  phones      those of the acoustic model, each pronunciation with its weight and where it is from
//! ```
//!
//! [`Dictionary`] works in the core. Its writer, [`G2p`] and [`Lexicon`] need the heap, so `alloc`.

mod phone;
mod bits;
mod code;
mod reader;
mod dictionary;
#[cfg(feature = "alloc")]
mod g2p;
#[cfg(feature = "alloc")]
mod spoken;
#[cfg(feature = "alloc")]
mod front;

pub use crate::image::ImageError;
pub use dictionary::{Dictionary, Found, MAX_WORD};
#[cfg(feature = "alloc")]
pub use dictionary::{DictionaryBuilder, EntryError};
#[cfg(feature = "alloc")]
pub use front::{Lexicon, LexiconConfig, Pronunciation, ReadError, Source, Word};
#[cfg(feature = "alloc")]
pub use g2p::{G2p, Guess};
pub use phone::{MAX_PHONES, Phone, PhoneError, Phones};
pub use reader::{Entry, LineError, entries};
#[cfg(feature = "alloc")]
pub(crate) use spoken::number as number_words;

/// A [`Dictionary`] of what devices are told: numbers, days, rooms, colours, devices, verbs, fillers, yes and no.
/// From the CMU dictionary, by the list `models/lexicon-core.txt`.
pub const CORE: &[u8] = include_bytes!("../../models/lexicon-core.bin");
