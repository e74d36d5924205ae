//! earnest listens for a wake word and a spoken command, and acts only when it was really asked to.
//!
//! ```text
//!  microphone, file, ring of the firmware
//!       │  16 kHz mono, any chunk size
//!       ▼
//!  audio       scale in the type, sample clock, pre-roll that wipes itself
//!       ▼
//!  frontend    window → real FFT → power → mel filterbank → log            one MelFrame every 10 ms
//!       ▼
//!  vad         speech probability, level, noise floor, onset and end
//!       ▼
//!  spotter     trait KeywordSpotter                                        Detection: phrase, span, score, why
//!       ▼
//!  intent      phones → a grammar's words and slots                        Hypothesis: meaning, spans, score
//!       ▼
//!  confidence  how likely each value, none of them, or no order at all
//!       ▼
//!  event       what, when (sample span), how sure, why
//!       ▼
//!  guard       gates, risk tiers, announcement, confirmation, mute         Authorization or Refusal
//!       ▼
//!  journal     every decision with its evidence, hash-chained, no audio
//! ```
//!
//! [`pipeline`] puts them together up to the wake phrase, [`chain`] all of them. [`playback`] is a second ear on what the
//! device itself plays, so that a phrase in it doesn't wake.
//!
//! Beside the flow of audio, [`lexicon`] turns text into the phones that spotters and decoders listen for.
//!
//! # Tiers
//!
//! | feature | adds |
//! |---|---|
//! | none | the core: `no_std`, no allocation at all |
//! | `alloc` | the heap, at construction only |
//! | `std` (default) | files and threads at the edges |
//! | `eval` | audio files, and the evaluator over them |
//! | `onnx` | wake words from the user's own models, run by tract; this engine allocates |
//!
//! The core computes the same bits in every tier.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

mod error;
mod storage;
mod crc;
mod decimal;
mod image;
pub mod simd;
pub mod audio;
pub mod frontend;
pub mod vad;
pub mod nn;
pub mod lexicon;
mod confusions;
pub mod spotter;
pub mod playback;
pub mod intent;
pub mod confidence;
pub mod event;
pub mod guard;
pub mod journal;
pub mod pipeline;
pub mod chain;
#[cfg(feature = "eval")]
pub mod eval;

pub use error::ConfigError;
pub use storage::{Image, Storage};

/// The README's example compiles and runs.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;
