//! Objects in the caller's memory: how one is made there, known again, and ended.

use super::{Piece, Pointed, aligned, check};
use crate::api::chain::Chain;
use crate::api::commands::Commands;
use crate::api::guard::{self, Keeper};
use crate::api::guard_types::Policy;
use crate::api::listener::Listener;
use crate::api::room::Room;
use crate::api::types::{EARNEST_ALIGNMENT, Error, Status};
use core::ffi::c_void;
use core::mem::{MaybeUninit, offset_of};
use core::ptr;
use zeroize::Zeroize;

/// What every handle points to.
#[repr(C)]
struct Mark {
    /// Which object this is.
    tag: u32,
    /// Whether its own callback is under way.
    busy: u32,
    /// Where it was made: a copy elsewhere is none, its parts lie in the memory of the first.
    address: usize,
    /// Bytes of the whole memory.
    total: usize,
}

/// A mark, then what is marked.
#[repr(C)]
struct Marked<T> {
    mark: Mark,
    inner: T,
}

// Not `repr(C)`: C programs see the name alone.
/// A listener. What is in it is the library's own.
pub struct Head {
    marked: Marked<Listener<'static>>,
}

/// A guard. What is in it is the library's own.
pub struct GuardHead {
    marked: Marked<Keeper<'static>>,
}

/// Listens for commands. What is in it is the library's own.
pub struct CommandsHead {
    marked: Marked<Commands<'static>>,
}

/// The whole chain. What is in it is the library's own.
pub struct ChainHead {
    marked: Marked<Chain<'static>>,
}

// The mark is the first part of all.
const _: () = assert!(offset_of!(Head, marked) == 0 && offset_of!(GuardHead, marked) == 0);
const _: () = assert!(offset_of!(CommandsHead, marked) == 0 && offset_of!(ChainHead, marked) == 0);

/// An object behind a handle: a [`Mark`], then what it is.
pub(crate) trait Object {
    const TAG: u32;
    const NAME: &'static str;
    type Inner;

    /// # Safety
    /// `this` points into memory that has room for all of it.
    unsafe fn inner(this: *mut Self) -> *mut Self::Inner;
}

impl Object for Head {
    /// "EARL" and a version of the layout.
    const TAG: u32 = 0x4541_524c ^ 3;
    const NAME: &'static str = "listener";
    type Inner = Listener<'static>;

    unsafe fn inner(this: *mut Self) -> *mut Self::Inner {
        // SAFETY: within the object, by the caller's promise.
        unsafe { &raw mut (*this).marked.inner }
    }
}

impl Object for GuardHead {
    /// "EARG" and a version of the layout.
    const TAG: u32 = 0x4541_5247 ^ 1;
    const NAME: &'static str = "guard";
    type Inner = Keeper<'static>;

    unsafe fn inner(this: *mut Self) -> *mut Self::Inner {
        // SAFETY: within the object, by the caller's promise.
        unsafe { &raw mut (*this).marked.inner }
    }
}

impl Object for CommandsHead {
    /// "EARC" and a version of the layout.
    const TAG: u32 = 0x4541_5243 ^ 1;
    const NAME: &'static str = "commands";
    type Inner = Commands<'static>;

    unsafe fn inner(this: *mut Self) -> *mut Self::Inner {
        // SAFETY: within the object, by the caller's promise.
        unsafe { &raw mut (*this).marked.inner }
    }
}

impl Object for ChainHead {
    /// "EARH" and a version of the layout.
    const TAG: u32 = 0x4541_5248 ^ 2;
    const NAME: &'static str = "chain";
    type Inner = Chain<'static>;

    unsafe fn inner(this: *mut Self) -> *mut Self::Inner {
        // SAFETY: within the object, by the caller's promise.
        unsafe { &raw mut (*this).marked.inner }
    }
}

// The caller's memory is aligned for them.
const _: () = assert!(align_of::<CommandsHead>() <= EARNEST_ALIGNMENT);
const _: () = assert!(align_of::<ChainHead>() <= EARNEST_ALIGNMENT);
const _: () = assert!(align_of::<Head>() <= EARNEST_ALIGNMENT);
const _: () = assert!(align_of::<GuardHead>() <= EARNEST_ALIGNMENT);

/// The caller's memory for an object of `total` bytes.
fn room(memory: *mut u8, bytes: usize, total: usize, others: &[(Piece, &str)]) -> Result<Piece, Error> {
    let piece = check(memory, bytes, "memory")?;
    aligned(piece.start, EARNEST_ALIGNMENT, "memory")?;
    if bytes < total {
        return Err(Error::new(Status::TooSmall, "memory_bytes", total as f64, f64::INFINITY, bytes as f64));
    }
    for (other, field) in others {
        piece.apart(*other, field)?;
    }
    Ok(piece)
}

/// Marks what lies at `head` as an object: from here on its handle is one.
///
/// # Safety
/// The inner object was written, and the memory has `total` bytes.
unsafe fn mark<T: Object>(head: *mut T, address: usize, total: usize) {
    // SAFETY: the mark is the first part of every object.
    unsafe { head.cast::<Mark>().write(Mark { tag: T::TAG, busy: 0, address, total }) };
}

/// Bytes of an object behind a head and `behind` further ones.
pub(crate) fn object_bytes<T: Object>(behind: usize) -> usize {
    size_of::<T>().next_multiple_of(EARNEST_ALIGNMENT).saturating_add(behind)
}

/// Clears the memory, has an object made in it with `behind` bytes, and gives its handle. `apart` is asked before that
/// whether the memory may be written to. Where `make` fails the memory is left zero.
///
/// # Safety
/// If `memory` is not null, `bytes` bytes lie there that nobody else uses until the object is released.
pub(crate) unsafe fn place_object<T: Object>(
    memory: *mut c_void,
    bytes: usize,
    behind: usize,
    apart: impl FnOnce(Piece) -> Result<(), Error>,
    make: impl FnOnce(&mut MaybeUninit<T::Inner>, Room<'static>) -> Result<(), Error>,
) -> Result<*mut T, Error> {
    let memory = memory.cast::<u8>();
    let total = object_bytes::<T>(behind);
    let piece = room(memory, bytes, total, &[])?;
    apart(piece)?;
    let head = memory.cast::<T>();
    // SAFETY: `total` bytes are there and ours by the caller's promise: a head, and `behind` bytes that begin at a multiple
    // of the alignment. The slot lies in the head; it may hold anything. What is written at last makes the head whole.
    unsafe {
        ptr::write_bytes(memory, 0, total);
        let rest = core::slice::from_raw_parts_mut(memory.add(total - behind).cast(), behind);
        let slot = &mut *T::inner(head).cast::<MaybeUninit<T::Inner>>();
        if let Err(error) = make(slot, Room::new(rest)) {
            ptr::write_bytes(memory, 0, total);
            return Err(error);
        }
        mark(head, piece.start, total);
        Ok(head)
    }
}

/// Where the parts of a guard lie: the actions, the recording, and bytes in all. All sizes are bounded.
pub(crate) fn guard_layout(policy: &Policy) -> (usize, usize, usize) {
    let actions_at = size_of::<GuardHead>().next_multiple_of(EARNEST_ALIGNMENT);
    let actions = policy.action_count * size_of::<earnest_core::guard::Action>();
    let recording_at = (actions_at + actions).next_multiple_of(EARNEST_ALIGNMENT);
    let recording = policy.recording_samples as usize * size_of::<i16>();
    (actions_at, recording_at, (recording_at + recording).next_multiple_of(EARNEST_ALIGNMENT))
}

/// Clears the memory, makes a guard of `policy` in it, which was checked, and gives its handle. Where that fails the
/// memory is left zero.
///
/// # Safety
/// If `memory` is not null, `bytes` bytes lie there that nobody else uses until the guard is released; so for the
/// journal's memory.
pub(crate) unsafe fn place_guard(
    memory: *mut c_void,
    bytes: usize,
    policy: &Policy,
    pointed: &Pointed<'_>,
    handle: Piece,
) -> Result<*mut GuardHead, Error> {
    let memory = memory.cast::<u8>();
    let (actions_at, recording_at, total) = guard_layout(policy);
    let journal = policy.journal.cast::<u8>();
    let journal_piece = match policy.journal_bytes {
        0 => Piece { start: 0, bytes: 0 },
        bytes => check(journal, bytes, "journal")?,
    };
    journal_piece.apart(handle, "journal")?;
    journal_piece.apart(pointed.actions_piece, "journal")?;
    let others = [(handle, "guard"), (pointed.actions_piece, "actions"), (journal_piece, "journal")];
    let piece = room(memory, bytes, total, &others)?;
    let head = memory.cast::<GuardHead>();
    // SAFETY: `total` bytes are there and ours by the caller's promise, and the journal's. The parts don't overlap and
    // lie within them (`guard_layout`), each aligned for its type. Every action is written before they are a slice of
    // actions; zero bytes are `i16`s. What is written at last makes the head whole.
    unsafe {
        ptr::write_bytes(memory, 0, total);
        let places = memory.add(actions_at).cast::<earnest_core::guard::Action>();
        for (n, from) in pointed.actions.iter().enumerate() {
            places.add(n).write(guard::action(from));
        }
        let parts = guard::Parts {
            actions: core::slice::from_raw_parts_mut(places, pointed.actions.len()),
            recording: core::slice::from_raw_parts_mut(
                memory.add(recording_at).cast(),
                policy.recording_samples as usize,
            ),
            journal: (policy.journal_bytes > 0)
                .then(|| core::slice::from_raw_parts_mut(journal, policy.journal_bytes)),
            key: pointed.key,
        };
        match Keeper::new(policy, parts) {
            Ok(keeper) => (&raw mut (*head).marked.inner).write(keeper),
            Err(error) => {
                ptr::write_bytes(memory, 0, total);
                return Err(error);
            }
        }
        mark(head, piece.start, total);
        Ok(head)
    }
}

/// Whether there is an object at `handle`, and the memory that it has.
///
/// # Safety
/// If `handle` is not null, as many bytes as a `T` has can be read there.
unsafe fn recognised<T: Object>(handle: *const T) -> Result<Piece, Error> {
    let piece = check(handle, 1, T::NAME)?;
    let mark = handle.cast::<Mark>();
    // SAFETY: not null and aligned, readable by the caller's promise; integers of any bytes. Volatile: whatever the
    // memory holds, it is looked at.
    let (tag, address, total, busy) = unsafe {
        (
            (&raw const (*mark).tag).read_volatile(),
            (&raw const (*mark).address).read_volatile(),
            (*mark).total,
            (&raw const (*mark).busy).read_volatile(),
        )
    };
    if tag != T::TAG || address != piece.start {
        let expected = f64::from(T::TAG);
        return Err(Error::new(Status::BadListener, T::NAME, expected, expected, f64::from(tag)));
    }
    if busy != 0 {
        return Err(Error::new(Status::Busy, T::NAME, 0.0, 0.0, f64::from(busy)));
    }
    Ok(Piece { start: piece.start, bytes: total })
}

/// The object at `handle`, and its memory.
///
/// # Safety
/// If `handle` is not null, as many bytes as a `T` has can be read there; if it is one, nobody else uses it while the
/// reference lives.
pub(crate) unsafe fn object<'a, T: Object>(handle: *mut T) -> Result<(&'a mut T::Inner, Piece), Error>
where
    T::Inner: 'a,
{
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: the tag says that an object was written here, and the address that it was not moved; nobody else uses it.
    Ok((unsafe { &mut *T::inner(handle) }, memory))
}

/// As [`object`], to look only.
///
/// # Safety
/// As [`object`]'s, but others may look too.
pub(crate) unsafe fn look<'a, T: Object>(handle: *const T) -> Result<(&'a T::Inner, Piece), Error>
where
    T::Inner: 'a,
{
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: as in `object`; nobody changes it while the reference lives.
    Ok((unsafe { &*T::inner(handle.cast_mut()) }, memory))
}

/// Runs `work`, which calls back: meanwhile the handle gives [`Status::Busy`].
///
/// # Safety
/// As [`object`]'s.
pub(crate) unsafe fn busy<'a, T: Object, R>(
    handle: *mut T,
    work: impl FnOnce(&mut T::Inner, Piece) -> Result<R, Error>,
) -> Result<R, Error>
where
    T::Inner: 'a,
{
    // SAFETY: as promised by the caller.
    let (inner, memory) = unsafe { object(handle) }?;
    let busy = handle.cast::<Mark>();
    // SAFETY: the mark lies apart from what `inner` refers to.
    unsafe { (&raw mut (*busy).busy).write_volatile(1) };
    let result = work(inner, memory);
    // SAFETY: as above; a call from `work` was refused, so the object is still there.
    unsafe { (&raw mut (*busy).busy).write_volatile(0) };
    result
}

/// Ends the object and overwrites all of its memory with zeros.
///
/// # Safety
/// As [`object`]'s; no reference to the object lives.
pub(crate) unsafe fn release<T: Object>(handle: *mut T) -> Result<(), Error> {
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: the object was written there, and nobody uses it. All `total` bytes are its own until here.
    unsafe {
        ptr::drop_in_place(T::inner(handle));
        core::slice::from_raw_parts_mut(handle.cast::<u8>(), memory.bytes).zeroize();
    }
    Ok(())
}
