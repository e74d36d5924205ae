//! `onnx`: a model that the user brings, run by tract (feature `onnx`).
//!
//! ```text
//!  Input::Mel           mel frames of a preset ──► the last N of them ──► model ──► score every M frames
//!  Input::OpenWakeWord  samples ──► melspectrogram ──► embedding ──► classifier ──► score every 80 ms
//!                                   each a model of its own, as openWakeWord runs them
//! ```
//!
//! What a model expects is declared in [`OnnxConfig`], and checked against the file before anything is heard. With
//! openWakeWord's models the scores are those of its own Python package (see `tests/open_wake_word.rs`). The embedding,
//! nearly all of the cost, is not computed anew for every window: its convolutions don't pad in time, so only the rows that
//! the latest 80 ms add are. Models of which that isn't true run whole.
//!
//! This engine allocates while it runs, unlike the others, and what it costs depends on the model.
//!
//! Not taken here: microWakeWord's models. They are TensorFlow Lite files with 8-bit weights and their state in resource
//! variables, for which there is no ONNX operator; [`spotter::micro`](super::micro) runs them.

mod chain;
mod embedding;
mod mel;
mod plan;
mod spot;

pub use spot::OnnxSpotter;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What comes in, as declared by the user.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<'m> {
    /// Mel frames.
    Mel {
        /// Which.
        preset: Preset,
        /// How many of the latest frames the model takes; `None` takes the number that the model states.
        frames: Option<usize>,
        /// From one run to the next, frames, 1 to 100.
        step: usize,
    },
    /// openWakeWord's chain in front of the classifier.
    OpenWakeWord {
        /// Its `melspectrogram.onnx`.
        melspectrogram: &'m [u8],
        /// Its `embedding_model.onnx`.
        embedding: &'m [u8],
    },
}

/// Mel frames of one of the presets of [`frontend`](crate::frontend).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// [`FrontEndConfig::base`](crate::frontend::FrontEndConfig::base).
    Base,
    /// [`FrontEndConfig::kaldi`](crate::frontend::FrontEndConfig::kaldi).
    Kaldi,
    /// [`FrontEndConfig::librosa`](crate::frontend::FrontEndConfig::librosa).
    Librosa,
    /// [`FrontEndConfig::pcen`](crate::frontend::FrontEndConfig::pcen).
    Pcen,
    /// [`MicroFrontEndConfig::base`](crate::frontend::MicroFrontEndConfig::base): that of TensorFlow Lite Micro.
    Micro,
}

/// What the model's number says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// A probability, 0 to 1.
    #[default]
    Probability,
    /// Log-odds: the score is their logistic function.
    LogOdds,
}

/// How an ONNX spotter is fed and decides.
#[derive(Clone, Debug, PartialEq)]
pub struct OnnxConfig<'m> {
    /// What comes in.
    pub input: Input<'m>,
    /// What comes out.
    pub scale: Scale,
    /// Which of the model's outputs it is, from 0.
    pub output: usize,
    /// Score that wakes, 0 to 1.
    pub threshold: f32,
    /// Scores that miss the threshold by no more than this are told as near misses, 0 to 1.
    pub near_miss: f32,
    /// After a detection, nothing counts for this long, 0 to 10,000 ms.
    pub refractory_ms: u32,
    /// How long the phrase usually lasts, 0 to 10,000 ms; for [`Detection::span`](crate::spotter::Detection::span) only.
    pub duration_ms: u32,
}

impl<'m> OnnxConfig<'m> {
    /// The usual numbers.
    pub fn new(input: Input<'m>) -> Self {
        OnnxConfig {
            input,
            scale: Scale::Probability,
            output: 0,
            threshold: 0.5,
            near_miss: 0.2,
            refractory_ms: 1000,
            duration_ms: 800,
        }
    }
}

/// What a model's score was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OnnxEvidence {
    /// Runs of the model in a row that gave at least half of the threshold.
    pub steps: u32,
    /// Their mean score, 0 to 1.
    pub mean: f32,
}

impl fmt::Display for OnnxEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OnnxEvidence { steps, mean } = self;
        write!(
            f,
            "the model gave at least half of what is needed {steps} times in a row, {mean:.2} on average"
        )
    }
}

/// Why there is no spotter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OnnxError {
    /// tract can't read or run a model.
    Model {
        /// Which: `model`, `melspectrogram` or `embedding`.
        name: &'static str,
        /// What tract says.
        problem: String,
    },
    /// A model is of another shape than its declared input asks for.
    Shape {
        /// Which model.
        name: &'static str,
        /// Which of its shapes: `input` or `output`.
        what: &'static str,
        /// What it should be; 0 stands for any size.
        expected: Vec<usize>,
        /// What it is; 0 stands for a size that the model leaves open.
        actual: Vec<usize>,
    },
    /// A field is out of range.
    Config(crate::ConfigError),
}

impl From<crate::ConfigError> for OnnxError {
    fn from(error: crate::ConfigError) -> Self {
        OnnxError::Config(error)
    }
}

impl fmt::Display for OnnxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OnnxError::Model { name, problem } => write!(f, "{name}: {problem}"),
            OnnxError::Shape { name, what, expected, actual } => {
                write!(f, "{name}: its {what} is {}, expected {}", Shape(actual), Shape(expected))
            }
            OnnxError::Config(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for OnnxError {}

struct Shape<'a>(&'a [usize]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (n, dim) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            match dim {
                0 => write!(f, "{comma}any")?,
                dim => write!(f, "{comma}{dim}")?,
            }
        }
        f.write_str("]")
    }
}
