//! `template`: a phrase enrolled from three to eight recordings, found again by dynamic time warping.
//!
//! ```text
//! mel frames ──► 2.4 s window ──► normalise ──► cepstra ──► align with every recording ──► mean cost ──► score
//!                (20 ms steps)    (noise floor,  (12)       (subsequence DTW, banded        (against recordings
//!                                  level, mean)              by its step pattern)            and background)
//! ```
//!
//! Four choices make it more than the textbook method; each was measured on recordings of many speakers:
//! - the window is normalised as a whole, by its own noise floor, level and mean, so that gain, room and steady
//!   noise cancel;
//! - what any speech would cost there (distance to a small codebook of background speech) is subtracted from the
//!   local distance: a likelihood ratio against a filler in all but name;
//! - every recording is also kept with its frequency axis warped, towards a longer and a shorter vocal tract;
//! - costs are averaged over the recordings, so that one odd recording can't wake the device alone.

mod features;
mod align;
mod image;
mod spot;
#[cfg(feature = "alloc")]
mod enroll;

#[cfg(feature = "alloc")]
pub use enroll::{ClipReport, EnrollError, Enrollment, EnrollmentReport};
pub use image::{ImageError, TemplateModel};
pub use spot::{TemplateConfig, TemplateSpotter};

use core::fmt;

/// Fewest recordings a phrase is enrolled from.
pub const MIN_RECORDINGS: usize = 3;
/// Most recordings a phrase is enrolled from.
pub const MAX_RECORDINGS: usize = 8;

/// What a template score was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TemplateEvidence {
    /// How far the audio lay from the recordings: mean cost of a step of the alignment.
    pub distance: f32,
    /// How far one recording of the phrase lies from the others, same unit.
    pub recordings: f32,
    /// How near ordinary speech comes to the recordings, same unit.
    pub background: f32,
    /// The recording it was most like, from 0.
    pub nearest: u16,
}

impl fmt::Display for TemplateEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "distance {:.2}, where the recordings lie {:.2} apart and other speech {:.2}; most like recording {}",
            self.distance,
            self.recordings,
            self.background,
            self.nearest + 1
        )
    }
}
