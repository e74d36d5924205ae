//! The recording of a request: sealed until it is authorised, and gone when it is not.

use super::facts::OwnerId;
use super::gate::{Finding, Gate, Reason};
use crate::Storage;
use zeroize::Zeroize;

/// What was said in a request, in memory the caller gave, for one owner.
///
/// The guard fills it while a command is listened to and nobody can read it. The only way to the samples is
/// [`Grant::open`](super::Grant::open), for the owner it was captured for and as long as the grant lasts. On refusal,
/// mute, expiry, reset, after its grant and on drop the memory is set to zero. It is neither `Clone` nor anything a
/// serialiser takes:
///
/// ```compile_fail,E0599
/// use earnest::{Storage, guard::Recording};
/// let mut memory = [0i16; 10];
/// let recording = Recording::new(Storage::Lent(&mut memory));
/// let _ = recording.clone();
/// ```
/// ```compile_fail,E0277
/// use earnest::{Storage, guard::Recording};
/// let mut memory = [0i16; 10];
/// let recording = Recording::new(Storage::Lent(&mut memory));
/// let _ = serde_json::to_string(&recording);
/// ```
/// and read without a grant it can't be:
/// ```compile_fail,E0624
/// use earnest::{Storage, guard::{OwnerId, Recording}};
/// let mut memory = [0i16; 10];
/// let recording = Recording::new(Storage::Lent(&mut memory));
/// let _ = recording.open(OwnerId(0));
/// ```
pub struct Recording<'a> {
    memory: Storage<'a, i16>,
    len: usize,
    owner: OwnerId,
}

impl<'a> Recording<'a> {
    /// An empty recording of at most as many samples as `memory` has elements. Whatever is in it is wiped.
    pub fn new(mut memory: Storage<'a, i16>) -> Self {
        memory.zeroize();
        Recording { memory, len: 0, owner: OwnerId::default() }
    }

    /// Samples it can hold.
    pub fn capacity(&self) -> usize {
        self.memory.len()
    }

    /// Samples it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Empty, for `owner`.
    pub(super) fn begin(&mut self, owner: OwnerId) {
        self.wipe();
        self.owner = owner;
    }

    /// Takes in as much of `pcm` as there is room for, and says how much that was.
    pub(super) fn push(&mut self, pcm: &[i16]) -> usize {
        let room = self.memory.get_mut(self.len..).unwrap_or_default();
        let taken = pcm.len().min(room.len());
        room.iter_mut().zip(pcm).for_each(|(slot, sample)| *slot = *sample);
        self.len += taken;
        taken
    }

    /// The samples, for their owner.
    pub(super) fn open(&self, owner: OwnerId) -> Result<&[i16], Finding> {
        if owner != self.owner {
            let (expected, actual) = (self.owner.0 as f32, owner.0 as f32);
            return Err(Finding { gate: Gate::Authorization, reason: Reason::OtherOwner, expected, actual });
        }
        Ok(self.memory.get(..self.len).unwrap_or_default())
    }

    /// Everything to zero. What lies behind `len` already is.
    pub(super) fn wipe(&mut self) {
        self.memory.get_mut(..self.len).unwrap_or_default().zeroize();
        self.len = 0;
        self.owner = OwnerId::default();
    }
}

impl core::fmt::Debug for Recording<'_> {
    /// Its length. Never its samples.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Recording").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.memory.zeroize();
    }
}
