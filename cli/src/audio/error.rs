//! What can be wrong with a recording: errors that leave nothing to work on, warnings that don't.

use std::fmt;
use std::io;
use thiserror::Error;

/// Slowest and fastest sample rate that is taken, Hz.
pub(crate) const RATE_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// Why a recording could not be read, or not to its end.
#[derive(Debug, Error)]
pub(crate) enum AudioError {
    #[error("{file}: no such file")]
    Missing { file: String },
    #[error("{file}: expected an audio file, found a directory")]
    Directory { file: String },
    #[error("{file}: cannot be opened: {source}")]
    Open { file: String, source: io::Error },
    #[error("{file}: expected an audio file, found an empty file (0 bytes)")]
    Empty { file: String },
    #[error("{file}: expected WAV, FLAC, Ogg Vorbis or MP3, found {found}")]
    NotAudio { file: String, found: String },
    #[error("{file}: expected an intact header, found damage: {problem}")]
    Header { file: String, problem: String },
    #[error("{file}: expected PCM, FLAC, Vorbis or MP3 sound in the file, found {found}")]
    Codec { file: String, found: String },
    #[error("{file}: expected a sample rate of {} to {} Hz, found {actual} Hz", RATE_HZ.start(), RATE_HZ.end())]
    Rate { file: String, actual: u32 },
    #[error("{file}: expected {expected} Hz all through, found {actual} Hz after {seconds:.2} s")]
    RateChange { file: String, expected: u32, actual: u32, seconds: f64 },
    #[error("{file}: expected sound, found 0 samples")]
    NoSamples { file: String },
    #[error("{file}: reading failed after {seconds:.2} s: {source}")]
    Read { file: String, seconds: f64, source: io::Error },
    #[cfg(feature = "mic")]
    #[error("microphone: {problem}")]
    Mic { problem: String },
}

/// Something about a recording that its user should know, although it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Warning {
    /// The file ends before its header says.
    Truncated { expected_s: f64, actual_s: f64 },
    /// NaN or infinite samples, now silence.
    NotNumbers { samples: u64, total: u64 },
    /// Float samples beyond ±1, now ±1.
    BeyondFullScale { samples: u64, total: u64 },
    /// Stretches that could not be decoded, now silence.
    Damaged { packets: u64 },
    /// A raw stream that ended in the middle of a sample.
    OddByte,
    /// The microphone was faster than the chain.
    #[cfg(feature = "mic")]
    Lost { samples: u64 },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Warning::Truncated { expected_s, actual_s } => {
                write!(f, "truncated: expected {expected_s:.2} s, found {actual_s:.2} s, used those")
            }
            Warning::NotNumbers { samples, total } => {
                write!(f, "{samples} of {total} samples are NaN or infinite, taken as silence")
            }
            Warning::BeyondFullScale { samples, total } => {
                write!(f, "{samples} of {total} samples lie beyond full scale (±1), clipped")
            }
            Warning::Damaged { packets } => {
                write!(f, "{packets} damaged packets, taken as silence")
            }
            Warning::OddByte => write!(f, "the last byte is half a sample, dropped"),
            #[cfg(feature = "mic")]
            Warning::Lost { samples } => {
                write!(f, "{samples} samples lost: this machine was too slow")
            }
        }
    }
}
