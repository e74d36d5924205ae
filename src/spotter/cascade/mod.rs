//! `cascade`: a small network that hears everything, and an acoustic model that is asked about the little that it takes
//! for the phrase.
//!
//! ```text
//! mel frames ─┬─► spotter::net, at a low threshold ──► not the phrase, nearly always
//!             │        │ perhaps
//!             └─► the latest 2 s ──► acoustic model ──► phonetic evidence ──► one score of both ──► detection
//! ```
//!
//! The network costs the same all the time, the acoustic model runs for a few seconds here and there. It goes through
//! what was kept faster than new frames come, so that a frame never costs more than [`PACE`] of them.

mod score;
mod spot;

pub use spot::{CascadeConfig, CascadeMemory, CascadeSpotter, PACE};

use super::net::NetEvidence;
use super::phonetic::PhoneticEvidence;
use core::fmt;

/// What the score of a cascade was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CascadeEvidence {
    /// What the network said where it was surest.
    pub net: NetEvidence,
    /// What the acoustic model said about the same stretch.
    pub phonetic: PhoneticEvidence,
}

impl fmt::Display for CascadeEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; the check found {}", self.net, self.phonetic)
    }
}
