//! Keyword spotting: was the phrase said, when, how sure, and why so sure.

pub mod net;
pub mod micro;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod phonetic;
pub mod cascade;
pub mod template;
mod settle;

use crate::audio::{SampleIndex, SampleSpan};
use crate::frontend::MelFrame;
use crate::playback::PlaybackEvidence;
use crate::vad::VadFrame;
use cascade::CascadeEvidence;
use core::fmt;
use micro::MicroEvidence;
use net::NetEvidence;
#[cfg(feature = "onnx")]
use onnx::OnnxEvidence;
use phonetic::PhoneticEvidence;
use template::TemplateEvidence;

/// What a spotter heard: the phrase, or something that came near it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Which phrase, as numbered by the spotter.
    pub phrase: u16,
    /// Where in the audio.
    pub span: SampleSpan,
    /// When it was decided: the end of the last frame that was needed.
    pub decided: SampleIndex,
    /// How sure, 0 to 1.
    pub score: f32,
    /// What the score had to reach.
    pub threshold: f32,
    /// The evidence behind the score.
    pub why: Evidence,
}

impl Detection {
    /// Whether the score reached the threshold, and not because the device itself was playing the phrase. If not, this
    /// is a near miss, told so that it can be explained.
    pub fn accepted(&self) -> bool {
        self.score >= self.threshold && !matches!(self.why, Evidence::Playback(_))
    }
}

/// Numbers that a score was made of, by engine.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Evidence {
    /// From the `net` engine.
    Net(NetEvidence),
    /// From the `template` engine.
    Template(TemplateEvidence),
    /// From the `phonetic` engine.
    Phonetic(PhoneticEvidence),
    /// From the `cascade` engine.
    Cascade(CascadeEvidence),
    /// From the `micro` engine.
    Micro(MicroEvidence),
    /// From the `onnx` engine.
    #[cfg(feature = "onnx")]
    Onnx(OnnxEvidence),
    /// The phrase was in what the device itself played: whatever engine heard it, it doesn't count.
    Playback(PlaybackEvidence),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Net(evidence) => evidence.fmt(f),
            Evidence::Template(evidence) => evidence.fmt(f),
            Evidence::Phonetic(evidence) => evidence.fmt(f),
            Evidence::Cascade(evidence) => evidence.fmt(f),
            Evidence::Micro(evidence) => evidence.fmt(f),
            #[cfg(feature = "onnx")]
            Evidence::Onnx(evidence) => evidence.fmt(f),
            Evidence::Playback(evidence) => evidence.fmt(f),
        }
    }
}

/// An engine that hears phrases in mel frames.
pub trait KeywordSpotter {
    /// The samples themselves, for an engine that needs them; most don't. Before a frame is processed, everything up to the
    /// end of its window has been heard, in order, in any chunks.
    fn hear(&mut self, pcm: &[i16]) {
        let _ = pcm;
    }

    /// Takes the next frame and what the VAD said about it. Frames come in order, none left out.
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection>;

    /// Score of the best phrase ending now, 0 to 1, whether or not it is worth a [`Detection`].
    fn score(&self) -> f32;

    /// As new: nothing that was heard before counts any more.
    fn reset(&mut self);
}
