//! What was asked for: grammars, and speech decoded by them.
//!
//! ```text
//!  sentences (templates of Home Assistant, contexts of Rhino)
//!       ▼  compile, with a lexicon                                     `alloc`
//!  images      a grammar, and the lists of its slots                   flat, viewed in place, lists may be swapped
//!       ▼
//!  decoder     phone posteriors, frame by frame                        no heap
//!       ▼
//!  hypotheses  meaning, words, slots, spans, score
//!       ▼  utterance decoder: when a command is over; listener: the same from samples
//!  heard
//! ```

mod acoustics;
mod alignment;
mod decoder;
mod history;
mod image;
mod listener;
mod rescore;
mod tokens;
mod utterance;
#[cfg(feature = "alloc")]
mod compile;
#[cfg(feature = "alloc")]
mod error;
#[cfg(feature = "alloc")]
mod grammar;
#[cfg(feature = "alloc")]
mod lattice;
#[cfg(feature = "alloc")]
mod template;
#[cfg(feature = "alloc")]
mod text;
#[cfg(feature = "std")]
mod yaml;

pub use crate::confusions::Confusions;
pub use acoustics::AcousticsConfig;
#[cfg(feature = "alloc")]
pub use compile::{Compiled, compile, compile_list};
pub use decoder::{Decoder, DecoderConfig, DecoderMemory, Hypothesis, Item};
#[cfg(feature = "alloc")]
pub use error::{GrammarError, Place, Problem};
#[cfg(feature = "alloc")]
pub use grammar::{Block, Grammar, Intent, List, Range, Sentence, Value};
pub use history::Record;
pub use image::{GrammarImage, ListImage};
pub use listener::{Listener, ListenerConfig};
pub use rescore::{Alignment, Candidate, Rescorer, Stretch};
#[cfg(feature = "alloc")]
pub use template::{Template, TemplateError};
#[cfg(feature = "alloc")]
pub use text::{Reading, TextRecognizer};
pub use tokens::Token;
pub use utterance::{Heard, UtteranceConfig, UtteranceDecoder};
