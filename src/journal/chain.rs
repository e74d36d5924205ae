//! The chain of hashes: every entry's is made from the one before and its own bytes.
//!
//! BLAKE2s with 32 bytes (RFC 7693), `hash(previous hash ‖ body)`; with a key, keyed BLAKE2s. A 32-bit machine
//! computes it quickly, and anybody can check it: `hashlib.blake2s` in Python.

use super::entry::{BODY_BYTES, ENTRY_BYTES, Entry, Kind, take};
use blake2::digest::{Digest, FixedOutput, KeyInit, Update};
use blake2::{Blake2s256, Blake2sMac256};
use core::fmt;
use zeroize::Zeroize;

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

const MAGIC: [u8; 8] = *b"EARNJRNL";
const VERSION: u16 = 1;
/// In the header's `detail`: the chain has a key.
const KEYED: u16 = 1 << 8;

/// A key of the chain. Who has it can write a journal anew; who doesn't can't. It is wiped on drop.
pub struct Key([u8; 32]);

impl Key {
    /// From 32 random bytes, kept apart from the journal: in a secure element, or with the one who checks.
    pub fn new(bytes: [u8; 32]) -> Key {
        Key(bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The end of a journal: kept elsewhere (with the owner, on a server, on paper), it shows later whether the journal
/// still holds everything up to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Number of the next entry.
    pub next: u64,
    /// Hash of the last.
    pub head: [u8; HASH_BYTES],
}

impl Anchor {
    /// Before the first journal.
    pub const NONE: Anchor = Anchor { next: 0, head: [0; HASH_BYTES] };
}

impl fmt::Display for Anchor {
    /// `number:hash`, in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.next)?;
        self.head.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The hash is not that of its bytes after the entry before: one of them was changed, put in or taken out.
    Hash,
    /// The number isn't the next one.
    Sequence {
        /// The next one.
        expected: u64,
        /// What it has.
        actual: u64,
    },
    /// The bytes are no entry of this version, though their hash is right.
    Content,
    /// A journal must begin with a header of this version, and have no other.
    Header,
    /// It was written with a key and read without, or the other way round.
    Keyed {
        /// Whether a key was expected.
        expected: bool,
        /// Whether it has one.
        actual: bool,
    },
}

/// The first entry that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which entry of this journal, from 0.
    pub entry: u64,
    /// What is wrong with it.
    pub kind: FaultKind,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: ", self.entry)?;
        match self.kind {
            FaultKind::Hash => f.write_str("its hash does not follow from its bytes and the entry before"),
            FaultKind::Sequence { expected, actual } => {
                write!(f, "its number is {actual}, expected {expected}")
            }
            FaultKind::Content => f.write_str("its bytes are not an entry of this version"),
            FaultKind::Header => f.write_str("not the header of a journal of this version where one belongs"),
            FaultKind::Keyed { expected: true, .. } => f.write_str("the journal has no key, expected one"),
            FaultKind::Keyed { expected: false, .. } => f.write_str("the journal has a key, expected none"),
        }
    }
}

impl core::error::Error for Fault {}

fn hash(key: Option<&Key>, before: &[u8; HASH_BYTES], body: &[u8; BODY_BYTES]) -> [u8; HASH_BYTES] {
    match key {
        None => Blake2s256::new().chain(before).chain(body).finalize_fixed().into(),
        Some(key) => Blake2sMac256::new(&key.0.into()).chain(before).chain(body).finalize_fixed().into(),
    }
}

/// Writes a chain: turns entries into bytes.
#[derive(Debug)]
pub struct Chain {
    key: Option<Key>,
    /// Number of the next entry, hash of the last.
    end: Anchor,
}

impl Chain {
    /// A new journal after `before` ([`Anchor::NONE`] for the first), and the bytes of its header.
    pub fn begin(key: Option<Key>, before: Anchor) -> (Chain, [u8; ENTRY_BYTES]) {
        let mut entry = Entry::new(Kind::Header, crate::audio::SampleIndex(0));
        entry.detail = VERSION | if key.is_some() { KEYED } else { 0 };
        entry.span.start.0 = u64::from_le_bytes(MAGIC);
        let mut body = entry.body(before.next);
        // The anchor of the journal before lies where other entries have their numbers.
        body.iter_mut().skip(BODY_BYTES - HASH_BYTES).zip(before.head).for_each(|(to, from)| *to = from);
        let mut chain = Chain { key, end: Anchor { next: before.next, head: [0; HASH_BYTES] } };
        let bytes = chain.seal_body(&body);
        (chain, bytes)
    }

    /// The bytes of the next entry. They must be appended before the one after them.
    pub fn seal(&mut self, entry: &Entry) -> [u8; ENTRY_BYTES] {
        self.seal_body(&entry.body(self.end.next))
    }

    fn seal_body(&mut self, body: &[u8; BODY_BYTES]) -> [u8; ENTRY_BYTES] {
        let hash = hash(self.key.as_ref(), &self.end.head, body);
        self.end = Anchor { next: self.end.next.wrapping_add(1), head: hash };
        let mut bytes = [0; ENTRY_BYTES];
        bytes.iter_mut().zip(body.iter().chain(&hash)).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// Where it ends.
    pub fn end(&self) -> Anchor {
        self.end
    }

    pub(super) fn into_key(self) -> Option<Key> {
        self.key
    }
}

/// Reads a chain, one entry after the other.
#[derive(Debug)]
pub struct Verifier {
    key: Option<Key>,
    /// After the header: the number of the next entry and the hash of the last.
    end: Option<Anchor>,
    /// Where the journal before ended.
    before: Anchor,
    entries: u64,
}

impl Verifier {
    /// A journal written with `key`.
    pub fn new(key: Option<Key>) -> Verifier {
        Verifier { key, end: None, before: Anchor::NONE, entries: 0 }
    }

    /// The next entry.
    ///
    /// # Errors
    /// What is wrong with it. Nothing after it can be trusted.
    pub fn next(&mut self, bytes: &[u8; ENTRY_BYTES]) -> Result<Entry, Fault> {
        let fault = |kind| Err(Fault { entry: self.entries, kind });
        let mut rest = &bytes[..];
        let (Some(body), Some(stored)) = (take::<BODY_BYTES>(&mut rest), take::<HASH_BYTES>(&mut rest))
        else {
            return fault(FaultKind::Content);
        };
        if self.end.is_none() && body.get(24..32) != Some(&MAGIC) {
            return fault(FaultKind::Header);
        }
        if self.end.is_none() {
            let actual = body.get(43).is_some_and(|flags| u16::from(*flags) << 8 & KEYED != 0);
            if actual != self.key.is_some() {
                return fault(FaultKind::Keyed { expected: self.key.is_some(), actual });
            }
        }
        let before = self.end.map_or([0; HASH_BYTES], |end| end.head);
        if hash(self.key.as_ref(), &before, &body) != stored {
            return fault(FaultKind::Hash);
        }
        let Some((entry, sequence)) = Entry::parse(&body) else { return fault(FaultKind::Content) };
        match self.end {
            None => {
                if entry.kind != Kind::Header || entry.detail & !KEYED != VERSION {
                    return fault(FaultKind::Header);
                }
                let mut head = [0; HASH_BYTES];
                head.iter_mut()
                    .zip(body.iter().skip(BODY_BYTES - HASH_BYTES))
                    .for_each(|(to, from)| *to = *from);
                self.before = Anchor { next: sequence, head };
            }
            Some(end) => {
                if entry.kind == Kind::Header {
                    return fault(FaultKind::Header);
                }
                if sequence != end.next {
                    return fault(FaultKind::Sequence { expected: end.next, actual: sequence });
                }
            }
        }
        self.end = Some(Anchor { next: sequence.wrapping_add(1), head: stored });
        self.entries += 1;
        Ok(entry)
    }

    /// Whether `block`, the last of a journal and not a right entry, is one whose write was cut: it ends in memory
    /// that was never written (all `00` or all `FF`). Less than 8 such bytes could be chance; then what is there of
    /// the hash must be right.
    pub fn is_torn(&self, block: &[u8; ENTRY_BYTES]) -> bool {
        let erased = match block {
            [.., 0x00] => 0x00,
            [.., 0xFF] => 0xFF,
            _ => return false,
        };
        let unwritten = block.iter().rev().take_while(|byte| **byte == erased).count();
        if unwritten >= 8 {
            return true;
        }
        let mut rest = &block[..];
        let (Some(body), Some(stored)) = (take::<BODY_BYTES>(&mut rest), take::<HASH_BYTES>(&mut rest))
        else {
            return false;
        };
        let before = self.end.map_or([0; HASH_BYTES], |end| end.head);
        let right = hash(self.key.as_ref(), &before, &body);
        right.iter().zip(&stored).take(HASH_BYTES - unwritten).all(|(a, b)| a == b)
    }

    /// Entries that were right, the header included.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Where the journal before this one ended, as its header says.
    pub fn before(&self) -> Anchor {
        self.before
    }

    /// Where it ends so far; `None` before the header.
    pub fn end(&self) -> Option<Anchor> {
        self.end
    }

    /// To go on writing where reading has come to.
    ///
    /// # Errors
    /// The key, if there was no header yet.
    pub fn into_chain(self) -> Result<Chain, Option<Key>> {
        match self.end {
            Some(end) => Ok(Chain { key: self.key, end }),
            None => Err(self.key),
        }
    }
}
