//! `net`: a small network trained for one phrase.
//!
//! ```text
//! mel frames ──► nn::Net (int8, ≤ 60 KB) ──► log-odds every 40 ms ──► mean of two ──► first crossing, then its peak ──► detection
//!                sees 1.7 s, 100 ms ahead                                             (speech, refractory, re-armed)
//! ```
//!
//! The image is one of [`crate::nn`] whose metadata says what it is for: the phrase, the score to wake at, how long the
//! phrase lasts, and how often negative audio reached which score ([`Curve`]). `models/training` has the recipe that makes
//! one from a phrase as text.

mod curve;
mod model;
mod spot;

pub use curve::{Curve, CurvePoint};
pub use model::{NetModel, NetModelError};
pub use spot::{NetConfig, NetSpotter};

#[cfg(all(test, feature = "alloc"))]
mod tests;

use core::fmt;

/// What a network's score was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetEvidence {
    /// Log-odds for the phrase, the mean of two steps, of which the score is the logistic function.
    pub log_odds: f32,
    /// Highest probability of any single step, 0 to 1.
    pub highest: f32,
    /// For how long the score had been at least half of the threshold, ms.
    pub held_ms: u32,
}

impl fmt::Display for NetEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the network's log-odds were {:.1}, its surest step said {:.2}, and it had been half as sure for {} ms",
            self.log_odds, self.highest, self.held_ms
        )
    }
}
