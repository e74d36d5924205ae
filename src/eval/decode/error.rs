//! What can be wrong with a recording: errors that leave nothing to work on, warnings that don't.

use std::fmt;
use std::io;
use std::prelude::rust_2024::*;

/// Slowest and fastest sample rate that is taken, Hz.
pub const RATE_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// Why a recording could not be read, or not to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum AudioError {
    /// There is no such file.
    Missing {
        /// Its name, as in all variants.
        file: String,
    },
    /// It is a directory.
    Directory {
        /// Its name.
        file: String,
    },
    /// The system did not open it.
    Open {
        /// Its name.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// There is nothing in it.
    Empty {
        /// Its name.
        file: String,
    },
    /// It is something else.
    NotAudio {
        /// Its name.
        file: String,
        /// What it seems to be.
        found: String,
    },
    /// Its first bytes are those of audio, but what follows is not.
    Header {
        /// Its name.
        file: String,
        /// What the parser says.
        problem: String,
    },
    /// There is no decoder for what is in it.
    Codec {
        /// Its name.
        file: String,
        /// What is in it.
        found: String,
    },
    /// Its sample rate lies outside [`RATE_HZ`].
    Rate {
        /// Its name.
        file: String,
        /// Hz.
        actual: u32,
    },
    /// Its sample rate changes on the way.
    RateChange {
        /// Its name.
        file: String,
        /// Hz, up to then.
        expected: u32,
        /// Hz, from then on.
        actual: u32,
        /// When.
        seconds: f64,
    },
    /// It holds no samples.
    NoSamples {
        /// Its name.
        file: String,
    },
    /// The system could not read on.
    Read {
        /// Its name.
        file: String,
        /// What was read before.
        seconds: f64,
        /// Why.
        source: io::Error,
    },
    /// A device that audio comes from failed.
    Device {
        /// `microphone`, …
        device: String,
        /// What its driver says.
        problem: String,
    },
}

impl fmt::Display for AudioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AudioError::Missing { file } => write!(f, "{file}: no such file"),
            AudioError::Directory { file } => write!(f, "{file}: expected an audio file, found a directory"),
            AudioError::Open { file, source } => write!(f, "{file}: cannot be opened: {source}"),
            AudioError::Empty { file } => {
                write!(f, "{file}: expected an audio file, found an empty file (0 bytes)")
            }
            AudioError::NotAudio { file, found } => {
                write!(f, "{file}: expected WAV, FLAC, Ogg (Vorbis or Opus) or MP3, found {found}")
            }
            AudioError::Header { file, problem } => {
                write!(f, "{file}: expected an intact header, found damage: {problem}")
            }
            AudioError::Codec { file, found } => {
                write!(f, "{file}: expected PCM, FLAC, Vorbis, Opus or MP3 sound in the file, found {found}")
            }
            AudioError::Rate { file, actual } => {
                let (from, to) = (RATE_HZ.start(), RATE_HZ.end());
                write!(f, "{file}: expected a sample rate of {from} to {to} Hz, found {actual} Hz")
            }
            AudioError::RateChange { file, expected, actual, seconds } => {
                write!(
                    f,
                    "{file}: expected {expected} Hz all through, found {actual} Hz after {seconds:.2} s"
                )
            }
            AudioError::NoSamples { file } => write!(f, "{file}: expected sound, found 0 samples"),
            AudioError::Read { file, seconds, source } => {
                write!(f, "{file}: reading failed after {seconds:.2} s: {source}")
            }
            AudioError::Device { device, problem } => write!(f, "{device}: {problem}"),
        }
    }
}

impl std::error::Error for AudioError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AudioError::Open { source, .. } | AudioError::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Something about a recording that its user should know, although it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The file ends before its header says.
    Truncated {
        /// Seconds as of the header.
        expected_s: f64,
        /// Seconds that were there.
        actual_s: f64,
    },
    /// NaN or infinite samples, now silence.
    NotNumbers {
        /// How many.
        samples: u64,
        /// Of how many.
        total: u64,
    },
    /// Float samples beyond ±1, now ±1.
    BeyondFullScale {
        /// How many.
        samples: u64,
        /// Of how many.
        total: u64,
    },
    /// Stretches that could not be decoded, now silence.
    Damaged {
        /// How many.
        packets: u64,
    },
    /// A raw stream that ended in the middle of a sample.
    OddByte,
    /// A device was faster than the chain.
    Lost {
        /// Samples that nobody heard.
        samples: u64,
    },
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
            Warning::Lost { samples } => {
                write!(f, "{samples} samples lost: this machine was too slow")
            }
        }
    }
}
