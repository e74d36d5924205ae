//! `phonetic`: any phrase, typed as text, without training.
//!
//! ```text
//! mel frames ──► acoustic model ──► confusions ──► search ──► second look ──► score
//!                (log posteriors     (likelihood    (Viterbi    (phone by phone, pauses,
//!                 of 38 phones)       ratios)        per phrase)  what sounds like it)
//! ```
//!
//! The text becomes pronunciations by [`lexicon`](crate::lexicon). A phrase scores by the likelihood ratio of its
//! phones against free phones over the same stretch, where a phone may also come out as one that it is often taken
//! for. Before a phrase is believed, everything that sounds like it is tried on the same stretch: longer and shorter
//! words, words of the dictionary a phone or two away.

mod phrase;
mod emission;
mod history;
mod search;
mod align;
mod score;
mod calibration;
mod find;
mod spot;
#[cfg(feature = "alloc")]
mod accents;
#[cfg(feature = "alloc")]
mod distance;
#[cfg(feature = "alloc")]
mod rivals;
#[cfg(feature = "alloc")]
mod background;
#[cfg(feature = "alloc")]
mod compile;

pub use crate::image::ImageError;
#[cfg(feature = "alloc")]
pub use background::Background;
pub use calibration::{Calibration, false_accepts_per_hour, threshold_for};
#[cfg(feature = "alloc")]
pub use compile::{CompileError, PhraseCompiler};
pub(super) use find::{Finder, required_history, required_tokens};
pub use phrase::{MAX_PHRASE_PHONES, MAX_PHRASES, MIN_PHRASE_PHONES, Phrase, PhraseSet};
#[cfg(feature = "alloc")]
pub use rivals::{Rival, RivalKind};
pub use search::Token;
pub use spot::{PhoneticConfig, PhoneticSpotter};

use crate::lexicon::Phone;
use core::fmt;

/// What a phonetic score was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhoneticEvidence {
    /// Log likelihood ratio per phone against free phones; 0 if the phrase is the likeliest reading of the stretch.
    pub ratio: f32,
    /// Phones of the pronunciation that fitted best.
    pub phones: u16,
    /// The lowest log likelihood ratio of a phone.
    pub worst: f32,
    /// That phone.
    pub worst_phone: Phone,
    /// The lowest but one.
    pub second_worst: f32,
    /// Pause before the phrase, up to 240 ms.
    pub pause_before_ms: u16,
    /// Pause after it, up to 120 ms.
    pub pause_after_ms: u16,
    /// What else explains the stretch best, as numbered by [`Phrase::rival_text`].
    pub rival: Option<u16>,
    /// Log likelihood ratio of that against the phrase: above 0 it explains the stretch better.
    pub rival_margin: f32,
}

impl fmt::Display for PhoneticEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} phones, {:.2} each against free speech, worst {} at {:.1}; {} ms of pause before",
            self.phones, self.ratio, self.worst_phone, self.worst, self.pause_before_ms
        )?;
        match self.rival {
            Some(_) if self.rival_margin > 0.0 => {
                write!(f, "; something that sounds like it fits better by {:.1}", self.rival_margin)
            }
            Some(_) => write!(f, "; what sounds like it fits worse by {:.1}", -self.rival_margin),
            None => Ok(()),
        }
    }
}
