//! The record of every decision: what was heard, what was decided, on which evidence.
//!
//! Entries have a fixed size ([`ENTRY_BYTES`]) and hold numbers only: no audio, no words, no names. They go into
//! memory of the caller ([`Journal`]) or a file that is only appended to (`JournalFile`, feature `std`). Each holds a
//! hash of itself and the one before, so that [`verify()`] finds the first that was changed, put in or taken out.
//! [`Explainer`] tells them in plain sentences.
//!
//! ```
//! use earnest::{Storage, audio::SampleIndex, journal::{Anchor, Entry, Journal, verify}};
//!
//! let mut memory = [0; 8 * earnest::journal::ENTRY_BYTES];
//! let mut journal = Journal::create(Storage::Lent(&mut memory), None, Anchor::NONE)?;
//! // The host tells the time; the library reads no clock.
//! journal.append(&Entry::clock(SampleIndex(0), 1_799_000_000_000, 60))?;
//! // And in the host's loop: guard.process(at, &input, |output| { journal.append(&Entry::of(&output)); … });
//! let found = verify(journal.bytes(), None, None, |number, entry| println!("{number}: {entry:?}"))?;
//! assert_eq!((found.entries, found.torn_bytes), (2, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What the chain shows, and what it can't
//!
//! - A change, an insertion, a removal or an exchange before the last entry is found by anybody, without a key.
//! - Entries missing **at the end** are not found from the journal alone: a shorter chain is a right chain. Keep
//!   [`Journal::end`] elsewhere now and then (with the owner, on a server, on paper); [`verify()`] then says whether
//!   the journal still holds everything up to there.
//! - Whoever can write the journal can write it anew from the first entry. Against that there is the anchor kept
//!   elsewhere, or a [`Key`]: without it no entry can be made. Whoever has the device *and* the key can forge; keep
//!   the key in a secure element, or have the anchors.
//! - What the host doesn't put in is not in it. The chain shows that a record was not altered, not that it is
//!   complete or was true.
//!
//! # Cut writes
//!
//! An entry whose write was cut (power, battery) stands at the end and is no right entry. It is recognised by memory
//! that was never written, or by the length of the file, taken off when the journal is opened again, and noted in it.
//! Nothing before it is lost.

mod entry;
mod chain;
mod verify;
mod memory;
#[cfg(feature = "std")]
mod file;
mod explain;

pub use chain::{Anchor, Chain, Fault, FaultKind, HASH_BYTES, Key, Verifier};
pub use entry::{BODY_BYTES, ENTRY_BYTES, ENTRY_NUMBERS, ENTRY_VALUES, Entry, Kind};
pub use explain::{Explainer, Names, NoNames};
#[cfg(feature = "std")]
pub use file::{FileError, JournalFile};
pub use memory::{Journal, JournalFull, OpenError};
pub use verify::{Verified, verify};
