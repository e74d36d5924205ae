//! `template`: a phrase enrolled from three to eight recordings.

use core::fmt;

/// What a template score was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TemplateEvidence {
    /// How far the audio lay from the recordings, per frame, in units of what two people saying the same sound
    /// differ by.
    pub distance: f32,
    /// How far ordinary speech lies from the recordings at its nearest, same unit.
    pub background: f32,
    /// The recording it was most like, from 0.
    pub nearest: u16,
}

impl fmt::Display for TemplateEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "distance {:.2} from recording {}, other speech comes to {:.2}",
            self.distance,
            self.nearest + 1,
            self.background
        )
    }
}
