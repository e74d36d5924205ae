//! A journal in a file that is only ever appended to.

use super::chain::{Anchor, Chain, Fault, Key, Verifier};
use super::entry::{ENTRY_BYTES, Entry, Kind};
use crate::audio::SampleIndex;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Why a journal file could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The file could not be read or written.
    Io(io::Error),
    /// An entry is wrong. The file was left as it is.
    Fault(Fault),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::Io(error) => error.fmt(f),
            FileError::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for FileError {}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        FileError::Io(error)
    }
}

/// A journal in a file.
#[derive(Debug)]
pub struct JournalFile {
    file: File,
    chain: Chain,
}

impl JournalFile {
    /// The journal at `path`, to go on with, or a new one if there is none. If its last write was cut, the rest of
    /// it is taken off and that is noted.
    ///
    /// # Errors
    /// [`FileError`]; a journal in which an entry is wrong is not touched.
    pub fn open(path: impl AsRef<Path>, key: Option<Key>) -> Result<Self, FileError> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let size = file.metadata()?.len();
        let whole = size / ENTRY_BYTES as u64;
        let mut verifier = Verifier::new(key);
        let mut torn = size % ENTRY_BYTES as u64;
        let mut reader = BufReader::new(&mut file);
        let mut block = [0; ENTRY_BYTES];
        for n in 0..whole {
            reader.read_exact(&mut block)?;
            match verifier.next(&block) {
                Ok(_) => {}
                Err(_) if n + 1 == whole && torn == 0 && verifier.is_torn(&block) => {
                    torn = ENTRY_BYTES as u64;
                }
                Err(fault) => return Err(FileError::Fault(fault)),
            }
        }
        let good = verifier.entries() * ENTRY_BYTES as u64;
        file.set_len(good)?;
        file.seek(SeekFrom::Start(good))?;
        let chain = match verifier.into_chain() {
            Ok(chain) => chain,
            // A new file, or one whose very header was cut: nothing was in it.
            Err(key) => {
                let (chain, header) = Chain::begin(key, Anchor::NONE);
                file.write_all(&header)?;
                chain
            }
        };
        let mut journal = JournalFile { file, chain };
        if torn > 0 {
            journal.append(&Entry { detail: torn as u16, ..Entry::new(Kind::Recovered, SampleIndex(0)) })?;
        }
        Ok(journal)
    }

    /// Appends `entry` in one write and waits until the system says it is stored.
    ///
    /// # Errors
    /// What the system says. The entry may then be there in part; [`JournalFile::open`] puts that right.
    pub fn append(&mut self, entry: &Entry) -> io::Result<()> {
        let bytes = self.chain.seal(entry);
        self.file.write_all(&bytes)?;
        self.file.sync_data()
    }

    /// Where it ends. Keep it elsewhere now and then.
    pub fn end(&self) -> Anchor {
        self.chain.end()
    }
}
