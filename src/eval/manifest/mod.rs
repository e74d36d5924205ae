//! Which recordings there are: JSON lines, lhotse cuts, plain folders.
//!
//! A JSON line names one file:
//!
//! | field | holds | without it |
//! |---|---|---|
//! | `file` | the path, relative to the manifest | an error |
//! | `set`, `split`, `kind` | what it is | the manifest's folder, `all`, `audio` |
//! | `phrase` | the wake phrase that is said in it | negative |
//! | `phrase_at` | where: `[[start, end], …]`, seconds | anywhere in the file |
//! | `text` | all that is said in it | unknown |
//! | `session` | files with the same one are one stretch of time, in this order | a session of its own |
//! | `speaker` | who speaks | unknown |
//! | `seconds` | its length, for the progress bar | unknown |
//!
//! Other fields are left alone.

mod error;
mod folder;
mod jsonl;
mod lhotse;

pub use error::ManifestError;

use super::result::ManifestId;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::format;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;

/// Where recordings are listed.
#[derive(Clone, Debug, PartialEq)]
pub enum Manifest {
    /// JSON lines, perhaps gzipped (`.gz`): our own or lhotse's cuts, as the first line shows; or a folder with
    /// `positive/PHRASE/…` and `negative/…`.
    At(PathBuf),
    /// All audio files below a folder, none of which has the phrase.
    Negative(PathBuf),
    /// All audio files below a folder; in each the phrase is said once.
    Positive {
        /// The phrase.
        phrase: String,
        /// The folder.
        folder: PathBuf,
    },
}

/// One recording, or a stretch of one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Relative to the manifest's root.
    pub file: String,
    /// The stretch, where it isn't all: from and for how long, seconds.
    pub stretch_s: Option<(f64, f64)>,
    /// Name of the data set.
    pub set: String,
    /// `train`, `dev`, `test`, …
    pub split: String,
    /// `wake`, `negative`, …
    pub kind: String,
    /// The phrase that is said in it.
    pub phrase: Option<String>,
    /// What is said where, as far as it is known: text, start and end in seconds from the start of the stretch.
    pub said: Vec<(String, f64, f64)>,
    /// All that is said.
    pub text: Option<String>,
    /// Who speaks.
    pub speaker: Option<String>,
    /// The session it belongs to, if that is more than this file.
    pub session: Option<String>,
    /// How long it is.
    pub seconds: Option<f64>,
}

impl Manifest {
    /// Calls `each` with every row, in order. Memory doesn't grow with their number, but for folders.
    ///
    /// # Errors
    /// [`ManifestError`] if it can't be read, with the line and the field that is wrong.
    pub fn rows(&self, mut each: impl FnMut(Row)) -> Result<ManifestId, ManifestError> {
        match self {
            Manifest::At(path) if path.is_dir() => folder::layout(path, &mut each),
            Manifest::At(path) => lines(path, &mut each),
            Manifest::Negative(folder) => folder::flat(folder, None, &mut each),
            Manifest::Positive { phrase, folder } => folder::flat(folder, Some(phrase), &mut each),
        }
    }
}

/// Reads JSON lines of either kind.
fn lines(path: &Path, each: &mut dyn FnMut(Row)) -> Result<ManifestId, ManifestError> {
    let failed = |source| ManifestError::Read { manifest: shown(path), source };
    let file = Hashing { inner: File::open(path).map_err(failed)?, hash: Sha256::new() };
    let zipped = path.extension().is_some_and(|extension| extension == "gz");
    let mut reader: Box<dyn Lines> = match zipped {
        true => Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file))),
        false => Box::new(BufReader::with_capacity(1 << 16, file)),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let set = folder.file_name().map_or_else(|| "audio".into(), |name| name.to_string_lossy().into_owned());
    let (mut line, mut number, mut rows) = (String::new(), 0, 0);
    loop {
        line.clear();
        if reader.read_line(&mut line).map_err(failed)? == 0 {
            break;
        }
        number += 1;
        if line.trim().is_empty() {
            continue;
        }
        let at = jsonl::At { manifest: path, line: number };
        let object = at.object(&line)?;
        let row = match lhotse::is_cut(&object) {
            true => lhotse::row(&at, &object, path)?,
            false => jsonl::row(&at, &object, &set)?,
        };
        rows += 1;
        each(row);
    }
    let root = if folder.as_os_str().is_empty() { ".".into() } else { shown(folder) };
    Ok(ManifestId { path: shown(path), given: None, root, digest: reader.digest().map_err(failed)?, rows })
}

/// A path as it is written into results.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Hexadecimal digits of a hash.
pub(crate) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hashes what is read through it.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Lines, and in the end the digest of the file that they came from.
trait Lines: BufRead {
    fn digest(self: Box<Self>) -> std::io::Result<String>;
}

fn rest(mut file: Hashing<File>) -> std::io::Result<String> {
    std::io::copy(&mut file, &mut std::io::sink())?;
    Ok(hex(file.hash))
}

impl Lines for BufReader<Hashing<File>> {
    fn digest(self: Box<Self>) -> std::io::Result<String> {
        rest(self.into_inner())
    }
}

impl Lines for BufReader<MultiGzDecoder<Hashing<File>>> {
    fn digest(self: Box<Self>) -> std::io::Result<String> {
        rest(self.into_inner().into_inner())
    }
}
