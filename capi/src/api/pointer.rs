//! Every check of a pointer. What can't be checked is the caller's promise, said in `earnest.h`: that memory is there
//! for as many bytes as the call is told, and that nobody else uses it meanwhile.
//!
//! A listener is a [`Head`] at the start of the caller's memory, then the front end's memory, the spotter's state, the pre-roll.

use super::listener::{Layout, Listener, Parts};
use super::types::{Config, EARNEST_ALIGNMENT, Error, Status};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;
use zeroize::Zeroize;

/// "EARL" and a version of the layout.
const TAG: u32 = 0x4541_524c ^ 1;

/// A listener. What is in it is the library's own.
pub struct Head {
    // Anywhere in it: only this library, as it was compiled, looks.
    tag: u32,
    /// Where it was made: a copy elsewhere is no listener, its parts lie in the memory of the first.
    address: usize,
    /// Bytes of the whole memory.
    total: usize,
    listener: Listener<'static>,
}

// The caller's memory is aligned for it.
const _: () = assert!(align_of::<Head>() <= EARNEST_ALIGNMENT);

impl Head {
    /// Bytes of the head itself.
    pub(crate) const SIZE: usize = size_of::<Head>();
}

/// A piece of the caller's memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    start: usize,
    bytes: usize,
}

impl Piece {
    pub(crate) fn overlaps(self, other: Piece) -> bool {
        let (here, there) = (self.start, other.start);
        let empty = self.bytes == 0 || other.bytes == 0;
        !empty && here < there.saturating_add(other.bytes) && there < here.saturating_add(self.bytes)
    }

    /// An error that names `field` if the two overlap.
    pub(crate) fn apart(self, other: Piece, field: &str) -> Result<(), Error> {
        if self.overlaps(other) {
            return Err(Error::new(
                Status::Overlap,
                field,
                0.0,
                0.0,
                self.start.abs_diff(other.start) as f64,
            ));
        }
        Ok(())
    }
}

/// A type of which any bytes are a value.
pub(crate) trait Plain: Copy {}
impl Plain for u8 {}
impl Plain for i16 {}

/// `count` elements from `pointer` on: not null, aligned, and no longer than an object can be.
pub(crate) fn check<T>(pointer: *const T, count: usize, field: &str) -> Result<Piece, Error> {
    let start = pointer.addr();
    if start == 0 {
        return Err(Error::new(Status::NullPointer, field, 0.0, 0.0, 0.0));
    }
    aligned(start, align_of::<T>(), field)?;
    // Up to the end of the address space, and no further.
    let longest = (isize::MAX as usize).min(usize::MAX - start) / size_of::<T>().max(1);
    if count > longest {
        return Err(Error::new(Status::OutOfRange, field, 0.0, longest as f64, count as f64));
    }
    Ok(Piece { start, bytes: count * size_of::<T>() })
}

fn aligned(start: usize, alignment: usize, field: &str) -> Result<(), Error> {
    match start.checked_rem(alignment) {
        Some(0) | None => Ok(()),
        Some(over) => Err(Error::new(Status::Misaligned, field, 0.0, 0.0, over as f64)),
    }
}

/// The elements from `pointer` on. None of them may be null.
///
/// # Safety
/// If `pointer` is not null, there are `count` elements, and nobody writes to them while the slice is used.
pub(crate) unsafe fn slice<'a, T: Plain>(
    pointer: *const T,
    count: usize,
    field: &str,
) -> Result<(&'a [T], Piece), Error> {
    if count == 0 {
        return Ok((&[], Piece { start: pointer.addr(), bytes: 0 }));
    }
    let piece = check(pointer, count, field)?;
    // SAFETY: not null, aligned, within an object's size; the elements are there by the caller's promise, and any
    // bytes are a `T`.
    Ok((unsafe { core::slice::from_raw_parts(pointer, count) }, piece))
}

/// A place for a result.
pub(crate) struct Out<T> {
    pointer: *mut T,
    piece: Piece,
}

impl<T: Copy> Out<T> {
    /// # Safety
    /// If `pointer` is not null, a `T` can be written there until the call returns, and nobody else uses it.
    pub(crate) unsafe fn new(pointer: *mut T, field: &str) -> Result<Self, Error> {
        Ok(Out { pointer, piece: check(pointer, 1, field)? })
    }

    pub(crate) fn piece(&self) -> Piece {
        self.piece
    }

    pub(crate) fn set(&self, value: T) {
        // SAFETY: not null and aligned; writable by the promise made to `new`.
        unsafe { self.pointer.write(value) }
    }
}

/// Tells the caller what was wrong, if it wants to know, and gives the status. An `error` that can't be written to is
/// passed over.
///
/// # Safety
/// If `error` is not null, an `Error` can be written there, and nobody else uses it.
pub(crate) unsafe fn told(result: Result<(), Error>, error: *mut Error) -> i32 {
    let Err(wrong) = result else { return Status::Ok as i32 };
    // SAFETY: as promised by the caller.
    if let Ok(out) = unsafe { Out::new(error, "error") } {
        out.set(wrong);
    }
    wrong.status
}

/// A configuration of any version: what its program doesn't know has its default.
///
/// # Safety
/// If `pointer` is not null, it points to as many bytes as the `u32` there says, and nobody writes to them meanwhile.
pub(crate) unsafe fn config(pointer: *const Config) -> Result<Config, Error> {
    check(pointer, 1, "config")?;
    // SAFETY: not null and aligned; every version begins with the size.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    sized(size)?;
    let known = size.min(size_of::<Config>());
    let mut config = Config::new();
    // SAFETY: `known` bytes are there by the caller's promise, they fit, and any bytes are a `Config`. It is a copy in
    // memory of our own.
    unsafe { ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut config).cast::<u8>(), known) };
    for at in known..size {
        // SAFETY: one of the `size` bytes that are there by the caller's promise.
        let byte = unsafe { pointer.cast::<u8>().add(at).read() };
        if byte != 0 {
            return Err(Error::new(Status::UnknownField, "config", 0.0, 0.0, at as f64));
        }
    }
    Ok(config)
}

/// Writes the defaults that a configuration of `size` bytes has room for, zeros behind them.
///
/// # Safety
/// If `pointer` is not null, `size` bytes can be written there, and nobody else uses them.
pub(crate) unsafe fn write_config(pointer: *mut Config, size: usize) -> Result<(), Error> {
    check(pointer, 1, "config")?;
    sized(size)?;
    let defaults = Config { size: size as u32, ..Config::new() };
    let known = size.min(size_of::<Config>());
    // SAFETY: not null and aligned; `size` bytes are there by the caller's promise, and the source has `known`.
    unsafe {
        ptr::write_bytes(pointer.cast::<u8>(), 0, size);
        ptr::copy_nonoverlapping((&raw const defaults).cast::<u8>(), pointer.cast::<u8>(), known);
    }
    Ok(())
}

/// Whether a configuration may have so many bytes. No version will ever have more than 4096.
fn sized(size: usize) -> Result<(), Error> {
    if (Config::FIRST_SIZE..=4096).contains(&size) {
        return Ok(());
    }
    Err(Error::new(Status::BadSize, "size", Config::FIRST_SIZE as f64, 4096.0, size as f64))
}

/// The image of a model: none, or bytes that stay.
///
/// # Safety
/// If the pointer is not null, `bytes` bytes lie there until the listener is released, and nobody writes to them.
pub(crate) unsafe fn image(
    pointer: *const c_void,
    bytes: usize,
) -> Result<Option<(&'static [u8], Piece)>, Error> {
    if pointer.is_null() && bytes == 0 {
        return Ok(None);
    }
    check(pointer.cast::<u8>(), bytes, "model")?;
    // SAFETY: as promised by the caller.
    unsafe { slice(pointer.cast::<u8>(), bytes, "model") }.map(Some)
}

/// Clears the memory, has a listener made in it, and gives its handle. Where `make` fails the memory is left zero.
///
/// # Safety
/// If `memory` is not null, `bytes` bytes lie there that nobody else uses until the listener is released.
pub(crate) unsafe fn place(
    memory: *mut c_void,
    bytes: usize,
    layout: &Layout,
    others: &[(Piece, &str)],
    make: impl FnOnce(&mut MaybeUninit<Listener<'static>>, Parts<'static>) -> Result<(), Error>,
) -> Result<*mut Head, Error> {
    let memory = memory.cast::<u8>();
    let piece = check(memory, bytes, "memory")?;
    aligned(piece.start, EARNEST_ALIGNMENT, "memory")?;
    if bytes < layout.total {
        return Err(Error::new(
            Status::TooSmall,
            "memory_bytes",
            layout.total as f64,
            f64::INFINITY,
            bytes as f64,
        ));
    }
    for (other, field) in others {
        piece.apart(*other, field)?;
    }
    let head = memory.cast::<Head>();
    // SAFETY: `layout.total` bytes are there and ours by the caller's promise. The parts don't overlap and lie within
    // them (`Layout::new`), each aligned for its type: the memory is aligned to 8, the front end's and the state begin
    // at multiples of 8, the pre-roll at one of 4. Zero bytes are `f32`s, `u32`s and `i16`s. The slot lies in the head, which comes before both;
    // it may hold anything. What is written at last makes the head whole.
    unsafe {
        ptr::write_bytes(memory, 0, layout.total);
        let front_end = &mut *memory.add(layout.front_end_at).cast();
        let state = core::slice::from_raw_parts_mut(memory.add(layout.state_at).cast(), layout.state);
        let pre_roll =
            core::slice::from_raw_parts_mut(memory.add(layout.pre_roll_at).cast(), layout.pre_roll);
        let slot = &mut *(&raw mut (*head).listener).cast::<MaybeUninit<Listener<'static>>>();
        if let Err(error) = make(slot, Parts { front_end, state, pre_roll }) {
            ptr::write_bytes(memory, 0, layout.total);
            return Err(error);
        }
        // Now that there is a listener, this is a head.
        (&raw mut (*head).total).write(layout.total);
        (&raw mut (*head).address).write(piece.start);
        (&raw mut (*head).tag).write(TAG);
        Ok(head)
    }
}

/// Whether there is a listener at `handle`, and the memory that it has.
///
/// # Safety
/// If `handle` is not null, as many bytes as a [`Head`] has can be read there.
unsafe fn recognised(handle: *const Head) -> Result<Piece, Error> {
    let piece = check(handle, 1, "listener")?;
    // SAFETY: not null and aligned, readable by the caller's promise; integers of any bytes. Volatile: whatever the
    // memory holds, it is looked at.
    let (tag, address, total) = unsafe {
        (
            (&raw const (*handle).tag).read_volatile(),
            (&raw const (*handle).address).read_volatile(),
            (*handle).total,
        )
    };
    if tag != TAG || address != piece.start {
        return Err(Error::new(
            Status::BadListener,
            "listener",
            f64::from(TAG),
            f64::from(TAG),
            f64::from(tag),
        ));
    }
    Ok(Piece { start: piece.start, bytes: total })
}

/// The listener at `handle`, and its memory.
///
/// # Safety
/// If `handle` is not null, as many bytes as a [`Head`] has can be read there; if it is a listener, nobody else uses it
/// while the reference lives.
pub(crate) unsafe fn listener<'a>(handle: *mut Head) -> Result<(&'a mut Listener<'static>, Piece), Error> {
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: the tag says that `place` wrote a head here, and the address that it was not moved; nobody else uses it.
    Ok((unsafe { &mut (*handle).listener }, memory))
}

/// As [`listener`], to look only.
///
/// # Safety
/// As [`listener`]'s, but others may look too.
pub(crate) unsafe fn look<'a>(handle: *const Head) -> Result<(&'a Listener<'static>, Piece), Error> {
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: as in `listener`; nobody changes it while the reference lives.
    Ok((unsafe { &(*handle).listener }, memory))
}

/// Ends the listener and overwrites all of its memory with zeros.
///
/// # Safety
/// As [`listener`]'s; no reference to the listener lives.
pub(crate) unsafe fn release(handle: *mut Head) -> Result<(), Error> {
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: `place` wrote the head, and nobody uses it. All `total` bytes are the listener's until here.
    unsafe {
        ptr::drop_in_place(handle);
        core::slice::from_raw_parts_mut(handle.cast::<u8>(), memory.bytes).zeroize();
    }
    Ok(())
}

/// Copies both pieces to `out`.
///
/// # Safety
/// If `out` is not null, `capacity` elements can be written there, and nobody else uses them.
pub(crate) unsafe fn copy(
    (first, second): (&[i16], &[i16]),
    out: *mut i16,
    capacity: usize,
    memory: Piece,
) -> Result<(), Error> {
    let count = first.len() + second.len();
    if count > capacity {
        return Err(Error::new(Status::TooSmall, "capacity", count as f64, f64::INFINITY, capacity as f64));
    }
    if count == 0 {
        return Ok(());
    }
    check(out, count, "pcm")?.apart(memory, "pcm")?;
    // SAFETY: not null and aligned, `count` elements can be written by the caller's promise; they don't overlap the
    // listener's memory, where the pieces lie.
    unsafe {
        ptr::copy_nonoverlapping(first.as_ptr(), out, first.len());
        ptr::copy_nonoverlapping(second.as_ptr(), out.add(first.len()), second.len());
    }
    Ok(())
}
