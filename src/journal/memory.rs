//! A journal in memory that the caller gives: RAM that keeps its content, or the image of a flash sector.

use super::chain::{Anchor, Chain, Fault, Key, Verifier};
use super::entry::{ENTRY_BYTES, Entry, Kind};
use crate::audio::SampleIndex;
use crate::{ConfigError, Storage};
use core::fmt;

/// The memory is full: [`Journal::rotate`] begins anew in it, after its content was kept elsewhere or is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalFull {
    /// Entries it holds.
    pub entries: usize,
}

impl fmt::Display for JournalFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the journal is full, with {} entries", self.entries)
    }
}

impl core::error::Error for JournalFull {}

/// Why a journal could not be opened.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum OpenError {
    /// The memory is too small.
    Config(ConfigError),
    /// An entry is wrong. [`Journal::create`] begins anew; keep the memory first, it is evidence.
    Fault(Fault),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Config(error) => error.fmt(f),
            OpenError::Fault(fault) => fault.fmt(f),
        }
    }
}

impl core::error::Error for OpenError {}

/// A journal of fixed capacity. Unwritten memory is zero.
#[derive(Debug)]
pub struct Journal<'a> {
    memory: Storage<'a, u8>,
    /// Bytes written.
    len: usize,
    chain: Chain,
}

impl<'a> Journal<'a> {
    /// Fewest bytes: the header and one entry.
    pub const MIN_BYTES: usize = 2 * ENTRY_BYTES;

    fn check(memory: &Storage<'a, u8>) -> Result<(), ConfigError> {
        let (expected, actual) = (Journal::MIN_BYTES, memory.len());
        if actual < expected {
            return Err(ConfigError::BufferTooSmall { buffer: "journal", expected, actual });
        }
        Ok(())
    }

    /// A new journal in `memory`, whose content is overwritten. `before`: where the journal before it ended,
    /// [`Anchor::NONE`] for the first.
    ///
    /// # Errors
    /// [`ConfigError::BufferTooSmall`] below [`Journal::MIN_BYTES`].
    pub fn create(
        mut memory: Storage<'a, u8>,
        key: Option<Key>,
        before: Anchor,
    ) -> Result<Self, ConfigError> {
        Journal::check(&memory)?;
        memory.fill(0);
        let (chain, header) = Chain::begin(key, before);
        let mut journal = Journal { memory, len: 0, chain };
        journal.write(&header);
        Ok(journal)
    }

    /// The journal that is in `memory`, to go on with. If its last write was cut, that is noted in it; memory that
    /// is all zero becomes a new journal.
    ///
    /// # Errors
    /// As [`Journal::create`], and the first entry that is wrong.
    pub fn open(mut memory: Storage<'a, u8>, key: Option<Key>) -> Result<Self, OpenError> {
        Journal::check(&memory).map_err(OpenError::Config)?;
        if memory.iter().all(|byte| *byte == 0) {
            return Journal::create(memory, key, Anchor::NONE).map_err(OpenError::Config);
        }
        let mut verifier = Verifier::new(key);
        let (mut len, mut lost) = (0, 0);
        for block in memory.as_chunks::<ENTRY_BYTES>().0 {
            if block.iter().all(|byte| *byte == 0) {
                break;
            }
            match verifier.next(block) {
                Ok(_) => len += ENTRY_BYTES,
                Err(_) if verifier.is_torn(block) => {
                    lost = block.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                    break;
                }
                Err(fault) => return Err(OpenError::Fault(fault)),
            }
        }
        // Nothing may stand behind the end: an entry there was put in, or what was before it taken out.
        let behind = memory.get(len + if lost > 0 { ENTRY_BYTES } else { 0 }..).unwrap_or_default();
        if behind.as_chunks::<ENTRY_BYTES>().0.iter().flatten().any(|byte| *byte != 0) {
            let entry = verifier.entries() + 1;
            return Err(OpenError::Fault(Fault { entry, kind: super::FaultKind::Hash }));
        }
        memory.get_mut(len..).unwrap_or_default().fill(0);
        let chain = match verifier.into_chain() {
            Ok(chain) => chain,
            // The very header was cut: nothing was in it.
            Err(key) => return Journal::create(memory, key, Anchor::NONE).map_err(OpenError::Config),
        };
        let mut journal = Journal { memory, len, chain };
        if lost > 0 {
            let entry = Entry { detail: lost as u16, ..Entry::new(Kind::Recovered, SampleIndex(0)) };
            // There is room: what was cut stood there.
            let _ = journal.append(&entry);
        }
        Ok(journal)
    }

    /// Appends `entry`.
    ///
    /// # Errors
    /// [`JournalFull`]; nothing is written then. A host that must not act without a record refuses to act.
    pub fn append(&mut self, entry: &Entry) -> Result<(), JournalFull> {
        if self.memory.len() - self.len < ENTRY_BYTES {
            return Err(JournalFull { entries: self.len / ENTRY_BYTES });
        }
        let bytes = self.chain.seal(entry);
        self.write(&bytes);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8; ENTRY_BYTES]) {
        if let Some(place) = self.memory.get_mut(self.len..).and_then(|rest| rest.first_chunk_mut()) {
            *place = *bytes;
            self.len += ENTRY_BYTES;
        }
    }

    /// Begins anew in the same memory, chained to what was in it.
    ///
    /// # Errors
    /// None that its creation didn't have.
    pub fn rotate(self) -> Result<Self, ConfigError> {
        let end = self.end();
        Journal::create(self.memory, self.chain.into_key(), end)
    }

    /// Its bytes, as [`verify`](super::verify()) takes them.
    pub fn bytes(&self) -> &[u8] {
        self.memory.get(..self.len).unwrap_or_default()
    }

    /// How many more entries there is room for.
    pub fn room(&self) -> usize {
        (self.memory.len() - self.len) / ENTRY_BYTES
    }

    /// Where it ends. Keep it elsewhere now and then.
    pub fn end(&self) -> Anchor {
        self.chain.end()
    }
}
