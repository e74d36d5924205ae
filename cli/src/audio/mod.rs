//! Sound from outside, as the chain wants it: 16 kHz, one channel, 16 bit, block by block.

mod error;
mod mix;
mod resample;
mod decode;
mod raw;
#[cfg(feature = "mic")]
pub(crate) mod mic;

pub(crate) use error::{AudioError, Warning};

use decode::Decoded;
use raw::Raw;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Half a second of silence, heard after the end of a recording: what was said at its very end is otherwise still
/// waiting for something better when the audio stops. Not counted in the recording's length.
pub(crate) const AFTER_THE_END: &[i16] = &[0; 8_000];

/// Where samples come from. Memory doesn't grow with the length.
pub(crate) trait Source {
    /// The next samples, at least one; `None` at the end.
    fn next_block(&mut self) -> Result<Option<&[i16]>, AudioError>;

    /// How long it will be, where that is known before.
    fn total_seconds(&self) -> Option<f64>;

    /// What was noticed so far; complete after the last block.
    fn warnings(&self) -> Vec<Warning>;
}

/// The sound in `file`; `-` is raw 16 kHz s16le on stdin.
pub(crate) fn open(file: &str) -> Result<Box<dyn Source>, AudioError> {
    if file == "-" {
        return Ok(Box::new(Raw::new(io::stdin().lock())));
    }
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

/// A recording that is part of the program.
pub(crate) fn open_bundled(name: &str, bytes: &'static [u8]) -> Result<Box<dyn Source>, AudioError> {
    Ok(Box::new(Decoded::new(name, Box::new(io::Cursor::new(bytes)), None)?))
}

/// Samples `from` to `to` of a recording, as far as there are any; `None` if it can't be read.
pub(crate) fn stretch(path: &Path, from: i64, to: i64) -> Option<Vec<i16>> {
    let (from, to) = (from.max(0) as usize, to.max(0) as usize);
    let mut source = open(path.to_str()?).ok()?;
    let (mut pcm, mut at) = (Vec::new(), 0);
    while at < to {
        let Some(block) = source.next_block().ok()? else { break };
        let keep = from.saturating_sub(at).min(block.len())..(to - at).min(block.len());
        pcm.extend_from_slice(block.get(keep).unwrap_or_default());
        at += block.len();
    }
    Some(pcm)
}
