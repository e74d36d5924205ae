//! Recordings as the chain wants them: 16 kHz, one channel, 16 bit, block by block.

mod error;
mod mix;
mod resample;
mod opus;
mod file;
mod raw;
#[cfg(test)]
#[path = "../../../tests/common/wav.rs"]
mod wav;

pub use error::{AudioError, RATE_HZ, Warning};
pub use mix::Mixer;
pub use raw::Raw;
pub use resample::To16k;

use file::Decoded;
use std::boxed::Box;
use std::fs::File;
use std::io::{Cursor, ErrorKind};
use std::path::Path;
use std::prelude::rust_2024::*;

/// Where samples come from. Memory doesn't grow with the length.
pub trait Source {
    /// The next samples, at least one; `None` at the end.
    ///
    /// # Errors
    /// [`AudioError`] if there is no more to be had; what came before is good.
    fn next_block(&mut self) -> Result<Option<&[i16]>, AudioError>;

    /// How long it will be, where that is known before.
    fn total_seconds(&self) -> Option<f64>;

    /// What was noticed so far; complete after the last block.
    fn warnings(&self) -> Vec<Warning>;
}

/// The sound in a file: WAV, FLAC, Ogg Vorbis, Ogg Opus or MP3, any rate and channel count.
///
/// # Errors
/// [`AudioError`] if it isn't there or isn't audio.
pub fn open(file: &str) -> Result<Box<dyn Source>, AudioError> {
    let name = || file.to_string();
    let opened = File::open(file).map_err(|source| match source.kind() {
        ErrorKind::NotFound => AudioError::Missing { file: name() },
        _ => AudioError::Open { file: name(), source },
    })?;
    let about = opened.metadata().map_err(|source| AudioError::Open { file: name(), source })?;
    if about.is_dir() {
        return Err(AudioError::Directory { file: name() });
    }
    if about.is_file() && about.len() == 0 {
        return Err(AudioError::Empty { file: name() });
    }
    let extension = Path::new(file).extension().and_then(|e| e.to_str());
    Ok(Box::new(Decoded::new(file, Box::new(opened), extension)?))
}

/// The sound in a file that is part of the program; `name` is for errors.
///
/// # Errors
/// [`AudioError`] if it isn't audio.
pub fn open_bytes(name: &str, bytes: &'static [u8]) -> Result<Box<dyn Source>, AudioError> {
    Ok(Box::new(Decoded::new(name, Box::new(Cursor::new(bytes)), None)?))
}
