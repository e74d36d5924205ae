//! Sound from outside, as the chain wants it: files and pipes by the library, the microphone here.

#[cfg(feature = "mic")]
pub(crate) mod mic;

pub(crate) use earnest::eval::decode::{AudioError, Source, Warning};

use earnest::eval::decode::{self, Raw};
use std::io;
use std::path::Path;

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
