//! Every check of a pointer. What can't be checked is the caller's promise, said in `earnest.h`: that memory is there
//! for as many bytes as the call is told, and that nobody else uses it meanwhile.
//!
//! A guard is a [`GuardHead`] at the start of the caller's memory, then the actions, the recording; the others a head, then
//! what a [`Room`](super::room::Room) was cut into.

mod handle;
mod lent;

pub(crate) use handle::*;
pub(crate) use lent::*;

use super::chain_types::{AnswerMeaning, ChainConfig, CommandMeaning};
use super::command_types::{CommandsConfig, Image};
use super::guard_types::{Action, Input, Policy};
use super::types::{Config, Error, Status};
use core::ptr;

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
impl Plain for f32 {}
impl Plain for Action {}
impl Plain for Image {}
impl Plain for CommandMeaning {}
impl Plain for AnswerMeaning {}

/// A struct of numbers and pointers that begins with its size and may grow.
pub(crate) trait Versioned: Copy {
    /// Bytes of the first version.
    const FIRST: usize;
    const NAME: &'static str;
    fn defaults() -> Self;
}

impl Versioned for Config {
    const FIRST: usize = Config::FIRST_SIZE;
    const NAME: &'static str = "config";
    fn defaults() -> Self {
        Config::new()
    }
}

impl Versioned for Policy {
    const FIRST: usize = Policy::FIRST_SIZE;
    const NAME: &'static str = "policy";
    fn defaults() -> Self {
        Policy::new()
    }
}

impl Versioned for Input {
    const FIRST: usize = Input::FIRST_SIZE;
    const NAME: &'static str = "input";
    fn defaults() -> Self {
        Input::default()
    }
}

impl Versioned for ChainConfig {
    const FIRST: usize = ChainConfig::FIRST_SIZE;
    const NAME: &'static str = "config";
    fn defaults() -> Self {
        ChainConfig::new()
    }
}

impl Versioned for CommandsConfig {
    const FIRST: usize = CommandsConfig::FIRST_SIZE;
    const NAME: &'static str = "config";
    fn defaults() -> Self {
        CommandsConfig::new()
    }
}

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

/// What is played while `count` samples are heard; none if the pointer is null.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn reference<'a>(pointer: *const i16, count: usize) -> Result<(&'a [i16], Piece), Error> {
    let count = if pointer.is_null() { 0 } else { count };
    // SAFETY: as promised by the caller.
    unsafe { slice(pointer, count, "reference") }
}

/// A struct of any bytes.
///
/// # Safety
/// If `pointer` is not null, a `T` lies there, of which any bytes are one, and nobody writes to it meanwhile.
pub(crate) unsafe fn read<T: Copy>(pointer: *const T, field: &str) -> Result<T, Error> {
    check(pointer, 1, field)?;
    // SAFETY: not null and aligned; readable by the caller's promise.
    Ok(unsafe { pointer.read() })
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

/// A struct of any version: what its program doesn't know has its default.
///
/// # Safety
/// If `pointer` is not null, it points to as many bytes as the `u32` there says, and nobody writes to them meanwhile.
pub(crate) unsafe fn versioned<T: Versioned>(pointer: *const T) -> Result<T, Error> {
    check(pointer, 1, T::NAME)?;
    // SAFETY: not null and aligned; every version begins with the size.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    sized::<T>(size)?;
    let known = size.min(size_of::<T>());
    let mut value = T::defaults();
    // SAFETY: `known` bytes are there by the caller's promise, they fit, and any bytes are a `T`. It is a copy in memory
    // of our own.
    unsafe { ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut value).cast::<u8>(), known) };
    for at in known..size {
        // SAFETY: one of the `size` bytes that are there by the caller's promise.
        let byte = unsafe { pointer.cast::<u8>().add(at).read() };
        if byte != 0 {
            return Err(Error::new(Status::UnknownField, T::NAME, 0.0, 0.0, at as f64));
        }
    }
    Ok(value)
}

/// Writes the defaults that a struct of `size` bytes has room for, zeros behind them.
///
/// # Safety
/// If `pointer` is not null, `size` bytes can be written there, and nobody else uses them.
pub(crate) unsafe fn write_defaults<T: Versioned>(pointer: *mut T, size: usize) -> Result<(), Error> {
    check(pointer, 1, T::NAME)?;
    sized::<T>(size)?;
    let defaults = T::defaults();
    let (known, told) = (size.min(size_of::<T>()), size as u32);
    // SAFETY: not null and aligned; `size` bytes are there by the caller's promise, and the source has `known`. Every
    // version begins with the size.
    unsafe {
        ptr::write_bytes(pointer.cast::<u8>(), 0, size);
        ptr::copy_nonoverlapping((&raw const defaults).cast::<u8>(), pointer.cast::<u8>(), known);
        pointer.cast::<u32>().write(told);
    }
    Ok(())
}

/// Whether a struct may have so many bytes. No version will ever have more than 4096.
fn sized<T: Versioned>(size: usize) -> Result<(), Error> {
    if (T::FIRST..=4096).contains(&size) {
        return Ok(());
    }
    Err(Error::new(Status::BadSize, "size", T::FIRST as f64, 4096.0, size as f64))
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
