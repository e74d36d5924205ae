//! Memory that a stage works in: lent by the caller (firmware) or owned (with the `alloc` feature).
//!
//! One type serves both, so that stages are not generic over who owns their memory.

use core::ops::{Deref, DerefMut};

/// Writable memory for a stage's state.
#[derive(Debug)]
pub enum Storage<'a, T> {
    /// Lent by the caller, a static array in firmware.
    Lent(&'a mut [T]),
    /// Owned; allocated once, at construction.
    #[cfg(feature = "alloc")]
    Owned(alloc::boxed::Box<[T]>),
}

#[cfg(feature = "alloc")]
impl<T: Clone + Default> Storage<'static, T> {
    /// `len` elements on the heap, all `T::default()`.
    pub fn owned(len: usize) -> Self {
        Storage::Owned(alloc::vec![T::default(); len].into_boxed_slice())
    }
}

impl<'a, T> From<&'a mut [T]> for Storage<'a, T> {
    fn from(memory: &'a mut [T]) -> Self {
        Storage::Lent(memory)
    }
}

impl<T> Deref for Storage<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match self {
            Storage::Lent(memory) => memory,
            #[cfg(feature = "alloc")]
            Storage::Owned(memory) => memory,
        }
    }
}

impl<T> DerefMut for Storage<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Storage::Lent(memory) => memory,
            #[cfg(feature = "alloc")]
            Storage::Owned(memory) => memory,
        }
    }
}

/// A model image: read only, viewed in place, in flash or on the heap.
#[derive(Clone, Debug)]
pub enum Image<'a> {
    /// Lent, for instance a constant in flash.
    Lent(&'a [u8]),
    /// Owned, for instance a file that was read.
    #[cfg(feature = "alloc")]
    Owned(alloc::vec::Vec<u8>),
}

impl<'a> From<&'a [u8]> for Image<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Image::Lent(bytes)
    }
}

#[cfg(feature = "alloc")]
impl From<alloc::vec::Vec<u8>> for Image<'static> {
    fn from(bytes: alloc::vec::Vec<u8>) -> Self {
        Image::Owned(bytes)
    }
}

impl Deref for Image<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Image::Lent(bytes) => bytes,
            #[cfg(feature = "alloc")]
            Image::Owned(bytes) => bytes,
        }
    }
}
