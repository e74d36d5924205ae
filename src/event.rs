//! What the chain tells its host: what happened, when, how sure, and why.

use crate::audio::SampleIndex;
use crate::spotter::Detection;
use core::fmt;

/// Something the chain noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Somebody began to speak.
    SpeechStart {
        /// Where the speech begins.
        at: SampleIndex,
        /// When it was noticed.
        decided: SampleIndex,
    },
    /// The speech is over.
    SpeechEnd {
        /// Where the speech ended.
        at: SampleIndex,
        /// When it was noticed: one hangover later.
        decided: SampleIndex,
    },
    /// A wake phrase was said.
    Wake(Detection),
    /// Something came near a wake phrase, but not near enough. Nothing follows from it; it is told so that "why
    /// didn't you hear me" has an answer.
    NearMiss(Detection),
}

impl Event {
    /// When the chain knew. Events come in this order.
    pub fn decided(&self) -> SampleIndex {
        match self {
            Event::SpeechStart { decided, .. } | Event::SpeechEnd { decided, .. } => *decided,
            Event::Wake(detection) | Event::NearMiss(detection) => detection.decided,
        }
    }
}

/// The event and its reason in plain words.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::SpeechStart { at, .. } => write!(f, "somebody speaks from {at}"),
            Event::SpeechEnd { at, .. } => write!(f, "quiet from {at}"),
            Event::Wake(detection) => write!(
                f,
                "woke: the phrase at {}, score {:.2}, needed {:.2}: {}",
                detection.span, detection.score, detection.threshold, detection.why
            ),
            Event::NearMiss(detection) => write!(
                f,
                "did not wake: something like the phrase at {}, score {:.2}, needed {:.2}: {}",
                detection.span, detection.score, detection.threshold, detection.why
            ),
        }
    }
}
