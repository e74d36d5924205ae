//! The caller's memory, cut into pieces one behind the other.

use super::types::{EARNEST_ALIGNMENT, Error, Status};
use core::mem::MaybeUninit;
use earnest_core::frontend::BaseMemory;
use earnest_core::playback::PlayedFrame;

/// A type of which zero bytes are a value.
///
/// # Safety
/// They are.
pub(crate) unsafe trait Zero {}
// SAFETY: numbers.
unsafe impl Zero for u32 {}
// SAFETY: numbers.
unsafe impl Zero for i16 {}
// SAFETY: nothing but floats.
unsafe impl Zero for BaseMemory {}
// SAFETY: nothing but bytes and a float.
unsafe impl Zero for PlayedFrame {}

/// Bytes of so many `T`, each piece to the next multiple of [`EARNEST_ALIGNMENT`].
fn bytes_of<T>(count: usize) -> usize {
    const { assert!(align_of::<T>() <= EARNEST_ALIGNMENT) };
    count.saturating_mul(size_of::<T>()).saturating_add(EARNEST_ALIGNMENT - 1) / EARNEST_ALIGNMENT
        * EARNEST_ALIGNMENT
}

/// How much memory pieces take that will be cut by a [`Room`] in the same order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sizes {
    bytes: usize,
}

impl Sizes {
    pub(crate) fn add<T>(&mut self, count: usize) {
        self.bytes = self.bytes.saturating_add(bytes_of::<T>(count));
    }

    pub(crate) fn bytes(self) -> usize {
        self.bytes
    }
}

/// What is left of the memory.
pub(crate) struct Room<'a> {
    rest: &'a mut [MaybeUninit<u8>],
}

impl<'a> Room<'a> {
    /// `memory` begins at a multiple of [`EARNEST_ALIGNMENT`].
    pub(crate) fn new(memory: &'a mut [MaybeUninit<u8>]) -> Self {
        Room { rest: memory }
    }

    /// Places for the next `count` elements.
    fn places<T>(&mut self, count: usize) -> Result<&'a mut [MaybeUninit<T>], Error> {
        let (needed, there) = (bytes_of::<T>(count), self.rest.len());
        let small =
            || Error::new(Status::TooSmall, "memory_bytes", needed as f64, f64::INFINITY, there as f64);
        let (piece, rest) = core::mem::take(&mut self.rest).split_at_mut_checked(needed).ok_or_else(small)?;
        self.rest = rest;
        // SAFETY: any bytes are a `MaybeUninit`.
        let (before, places, _) = unsafe { piece.align_to_mut::<MaybeUninit<T>>() };
        if before.is_empty() { places.get_mut(..count) } else { None }.ok_or_else(small)
    }

    /// The next `count` elements, made one by one. Nothing that `make` made before it failed is dropped: it owns nothing.
    pub(crate) fn make<T>(
        &mut self,
        count: usize,
        mut make: impl FnMut(usize) -> Result<T, Error>,
    ) -> Result<&'a mut [T], Error> {
        let places = self.places(count)?;
        for (n, place) in places.iter_mut().enumerate() {
            place.write(make(n)?);
        }
        // SAFETY: all of them were written.
        Ok(unsafe { places.assume_init_mut() })
    }

    /// The next `count` elements, all of them `value`.
    pub(crate) fn take<T: Copy>(&mut self, count: usize, value: T) -> Result<&'a mut [T], Error> {
        self.make(count, |_| Ok(value))
    }

    /// The next `count` elements, all of them zero. They are never on the stack.
    pub(crate) fn zeroed<T: Zero>(&mut self, count: usize) -> Result<&'a mut [T], Error> {
        let places = self.places(count)?;
        places.iter_mut().for_each(|place| *place = MaybeUninit::zeroed());
        // SAFETY: zero bytes are a `T`.
        Ok(unsafe { places.assume_init_mut() })
    }

    /// The next element, zero.
    pub(crate) fn zeroed_one<T: Zero>(&mut self) -> Result<&'a mut T, Error> {
        self.zeroed(1)?.first_mut().ok_or_else(nothing)
    }

    /// The place of the next element.
    pub(crate) fn place<T>(&mut self) -> Result<&'a mut MaybeUninit<T>, Error> {
        self.places(1)?.first_mut().ok_or_else(nothing)
    }
}

fn nothing() -> Error {
    Error::new(Status::TooSmall, "memory_bytes", 1.0, f64::INFINITY, 0.0)
}
