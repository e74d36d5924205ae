//! Reading a FlatBuffer in place: tables, vectors and strings, every offset checked against the end of the file.
//!
//! The layout is that of <https://flatbuffers.dev/internals/>: little-endian, offsets forward from where they stand; a table
//! begins with the distance back to its vtable, which says where in the table each field lies, 0 if it is left out.

use super::MicroError;
use crate::image::{u16_at, u32_at};

/// A table in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Offsets of the fields, two bytes each.
    fields: &'a [u8],
}

impl<'a> Table<'a> {
    /// The table that the file is.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Table<'a>, MicroError> {
        Table::at_offset(bytes, 0)
    }

    /// The table that the offset at `at` leads to.
    fn at_offset(bytes: &'a [u8], at: usize) -> Result<Table<'a>, MicroError> {
        let at = follow(bytes, at)?;
        span(bytes, at, 4)?;
        let back = u32_at(bytes, at).cast_signed();
        let vtable = i64::try_from(at).ok().map(|at| at - i64::from(back));
        let vtable = vtable.and_then(|at| usize::try_from(at).ok()).ok_or(damaged(bytes, at))?;
        span(bytes, vtable, 4)?;
        let len = usize::from(u16_at(bytes, vtable));
        // The first two numbers are the lengths of vtable and table.
        let fields = span(bytes, vtable, len)?.get(4..).ok_or(damaged(bytes, vtable))?;
        Ok(Table { bytes, at, fields })
    }

    /// Where a field lies that takes `len` bytes, if it isn't left out.
    fn field(&self, id: usize, len: usize) -> Result<Option<usize>, MicroError> {
        match u16_at(self.fields, 2 * id) {
            0 => Ok(None),
            offset => {
                let at = self.at + usize::from(offset);
                span(self.bytes, at, len)?;
                Ok(Some(at))
            }
        }
    }

    pub(super) fn u8(&self, id: usize, default: u8) -> Result<u8, MicroError> {
        Ok(self.field(id, 1)?.and_then(|at| self.bytes.get(at).copied()).unwrap_or(default))
    }

    pub(super) fn i32(&self, id: usize, default: i32) -> Result<i32, MicroError> {
        Ok(self.field(id, 4)?.map_or(default, |at| u32_at(self.bytes, at).cast_signed()))
    }

    /// Another table.
    pub(super) fn table(&self, id: usize) -> Result<Option<Table<'a>>, MicroError> {
        self.field(id, 4)?.map(|at| Table::at_offset(self.bytes, at)).transpose()
    }

    /// A vector of tables; an empty one if it is left out.
    pub(super) fn tables(&self, id: usize) -> Result<Tables<'a>, MicroError> {
        let (at, len) = self.vector(id, 4)?;
        Ok(Tables { bytes: self.bytes, at, len })
    }

    /// A vector of numbers of `N` bytes each; an empty one if it is left out.
    pub(super) fn numbers<const N: usize>(&self, id: usize) -> Result<&'a [[u8; N]], MicroError> {
        let (at, len) = self.vector(id, N)?;
        Ok(span(self.bytes, at, len * N)?.as_chunks().0)
    }

    /// Where a vector of bytes, or the text of a string, lies in the file, and how long it is; `(0, 0)` if it is left
    /// out.
    pub(super) fn place(&self, id: usize) -> Result<(usize, usize), MicroError> {
        self.vector(id, 1)
    }

    /// Where a vector's elements lie, and how many there are.
    fn vector(&self, id: usize, size: usize) -> Result<(usize, usize), MicroError> {
        let Some(field) = self.field(id, 4)? else { return Ok((0, 0)) };
        let at = follow(self.bytes, field)?;
        span(self.bytes, at, 4)?;
        let len = u32_at(self.bytes, at) as usize;
        span(self.bytes, at + 4, len.checked_mul(size).ok_or(damaged(self.bytes, at))?)?;
        Ok((at + 4, len))
    }
}

/// A vector of tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables<'a> {
    bytes: &'a [u8],
    at: usize,
    len: usize,
}

impl<'a> Tables<'a> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// `None` where there is none of this number.
    pub(super) fn get(&self, index: usize) -> Result<Option<Table<'a>>, MicroError> {
        match index < self.len {
            true => Table::at_offset(self.bytes, self.at + 4 * index).map(Some),
            false => Ok(None),
        }
    }
}

/// Where the offset at `at` leads to.
fn follow(bytes: &[u8], at: usize) -> Result<usize, MicroError> {
    span(bytes, at, 4)?;
    at.checked_add(u32_at(bytes, at) as usize).ok_or(damaged(bytes, at))
}

fn span(bytes: &[u8], at: usize, len: usize) -> Result<&[u8], MicroError> {
    let end = at.checked_add(len).ok_or(damaged(bytes, at))?;
    bytes.get(at..end).ok_or(damaged(bytes, end))
}

fn damaged(bytes: &[u8], at: usize) -> MicroError {
    MicroError::Damaged { expected: bytes.len(), actual: at }
}
