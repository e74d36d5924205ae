//! Sound from outside, as the chain wants it: files and pipes by the library, the microphone here.

#[cfg(feature = "mic")]
pub(crate) mod mic;

pub(crate) use earnest::eval::decode::{AudioError, Source, Warning};

use earnest::eval::decode::{self, Raw};
use std::io;

/// Half a second of silence, heard after the end of a recording: what was said at its very end is otherwise still
/// waiting for something better when the audio stops. Not counted in the recording's length.
pub(crate) const AFTER_THE_END: &[i16] = &[0; 8_000];

/// The sound in `file`; `-` is raw 16 kHz s16le on stdin.
pub(crate) fn open(file: &str) -> Result<Box<dyn Source>, AudioError> {
    if file == "-" { Ok(Box::new(Raw::new(io::stdin().lock()))) } else { decode::open(file) }
}

/// A recording that is part of the program.
pub(crate) fn open_bundled(name: &str, bytes: &'static [u8]) -> Result<Box<dyn Source>, AudioError> {
    decode::open_bytes(name, bytes)
}
