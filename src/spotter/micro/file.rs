//! What of a TensorFlow Lite file is read: its tensors and operators, by the field numbers of its schema, version 3.

use super::flatbuffer::{Table, Tables};
use super::{MicroError, Operator};
use crate::image::u32_at;

/// Most dimensions that a tensor may have.
pub(super) const RANK: usize = 4;
/// Most elements that a tensor may have.
const MAX_ELEMENTS: u64 = 1 << 20;

/// Element types, as numbered in the file.
pub(super) const INT32: u8 = 2;
pub(super) const UINT8: u8 = 3;
pub(super) const INT8: u8 = 9;
pub(super) const RESOURCE: u8 = 13;

/// The whole file.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    pub(super) bytes: &'a [u8],
    codes: Tables<'a>,
    graphs: Tables<'a>,
    buffers: Tables<'a>,
}

impl<'a> File<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<File<'a>, MicroError> {
        let identifier = bytes.get(4..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        if identifier != *b"TFL3" {
            return Err(MicroError::Identifier { expected: *b"TFL3", actual: identifier });
        }
        let root = Table::root(bytes)?;
        let version = root.i32(0, 0)?.cast_unsigned();
        if version != 3 {
            return Err(MicroError::Version { expected: 3, actual: version });
        }
        Ok(File { bytes, codes: root.tables(1)?, graphs: root.tables(2)?, buffers: root.tables(4)? })
    }

    pub(super) fn graph(&self, index: usize) -> Result<Graph<'a>, MicroError> {
        let graph = self.graphs.get(index)?;
        let expected = self.graphs.len();
        let table = graph.ok_or(MicroError::Missing { what: "graph", expected, actual: index })?;
        Ok(Graph {
            file: *self,
            tensors: table.tables(0)?,
            inputs: table.numbers(1)?,
            outputs: table.numbers(2)?,
            operators: table.tables(3)?,
        })
    }
}

/// One of the file's graphs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Graph<'a> {
    file: File<'a>,
    tensors: Tables<'a>,
    pub(super) inputs: &'a [[u8; 4]],
    pub(super) outputs: &'a [[u8; 4]],
    operators: Tables<'a>,
}

impl<'a> Graph<'a> {
    pub(super) fn tensor_count(&self) -> usize {
        self.tensors.len()
    }

    pub(super) fn tensor(&self, index: usize) -> Result<Tensor<'a>, MicroError> {
        let missing = |what, expected, actual| MicroError::Missing { what, expected, actual };
        let table = self.tensors.get(index)?.ok_or(missing("tensor", self.tensors.len(), index))?;
        let dims = table.numbers::<4>(0)?;
        if dims.len() > RANK {
            return Err(MicroError::Tensor {
                tensor: index,
                what: "dimensions",
                expected: RANK as i64,
                actual: dims.len() as i64,
            });
        }
        let mut shape = Shape { dims: [1; RANK], rank: dims.len() };
        let mut elements = 1u64;
        for (slot, dim) in shape.dims.iter_mut().zip(dims) {
            let dim = i32::from_le_bytes(*dim);
            elements = u64::try_from(dim).map_or(u64::MAX, |dim| elements.saturating_mul(dim));
            if dim < 1 || elements > MAX_ELEMENTS {
                let (expected, actual) = (MAX_ELEMENTS as i64, elements.cast_signed());
                let what = "elements";
                return Err(MicroError::Tensor { tensor: index, what, expected, actual });
            }
            *slot = dim.unsigned_abs() as usize;
        }
        let buffer = table.i32(2, 0)?.cast_unsigned() as usize;
        let data = match self.file.buffers.get(buffer)? {
            Some(buffer) => buffer.place(0)?,
            None => return Err(missing("buffer", self.file.buffers.len(), buffer)),
        };
        let kind = table.u8(1, 0)?;
        let quantisation = table.table(4)?;
        let (mut scales, mut zeros, mut axis): (&[[u8; 4]], &[[u8; 8]], _) = (&[], &[], 0);
        if let Some(table) = quantisation {
            (scales, zeros, axis) = (table.numbers(2)?, table.numbers(3)?, table.i32(6, 0)?);
        }
        let tensor = Tensor { index, kind, shape, data, scales, zeros, axis };
        let size = match kind {
            INT8 | UINT8 => 1,
            INT32 => 4,
            _ => return Ok(tensor),
        };
        let (expected, actual) = (tensor.shape.elements() * size, data.1);
        if actual != 0 && actual != expected {
            let (expected, actual) = (expected as i64, actual as i64);
            return Err(MicroError::Tensor { tensor: index, what: "bytes", expected, actual });
        }
        Ok(tensor)
    }

    pub(super) fn operator_count(&self) -> usize {
        self.operators.len()
    }

    /// The operator and what it does, as numbered in the file.
    pub(super) fn operator(&self, index: usize) -> Result<Call<'a>, MicroError> {
        let missing = |what, expected, actual| MicroError::Missing { what, expected, actual };
        let table = self.operators.get(index)?.ok_or(missing("operator", self.operators.len(), index))?;
        let code = table.i32(0, 0)?.cast_unsigned() as usize;
        let codes = self.file.codes;
        let code = codes.get(code)?.ok_or(missing("operator code", codes.len(), code))?;
        // Numbers up to 127 stand in an old field too, or only there.
        let code = code.i32(3, 0)?.max(i32::from(code.u8(0, 0)?));
        Ok(Call {
            operator: Operator { index, code: code.cast_unsigned() },
            inputs: table.numbers(1)?,
            outputs: table.numbers(2)?,
            options: table.table(4)?,
        })
    }
}

/// An operator and what it is applied to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) operator: Operator,
    inputs: &'a [[u8; 4]],
    outputs: &'a [[u8; 4]],
    options: Option<Table<'a>>,
}

impl<'a> Call<'a> {
    /// An error unless it has between `least` and `most` inputs and `outputs` outputs.
    pub(super) fn expect(&self, least: usize, most: usize, outputs: usize) -> Result<(), MicroError> {
        self.check("inputs", self.inputs.len().clamp(least, most) as i64, self.inputs.len() as i64)?;
        self.check("outputs", outputs as i64, self.outputs.len() as i64)
    }

    pub(super) fn check(&self, what: &'static str, expected: i64, actual: i64) -> Result<(), MicroError> {
        match expected == actual {
            true => Ok(()),
            false => Err(MicroError::Option { operator: self.operator, what, expected, actual }),
        }
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs.len()
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// The tensor that is input number `number`, if that isn't left out.
    pub(super) fn optional_input(&self, number: usize) -> Option<usize> {
        let index = i32::from_le_bytes(*self.inputs.get(number)?);
        usize::try_from(index).ok()
    }

    pub(super) fn input(&self, number: usize) -> Result<usize, MicroError> {
        let (operator, what) = (self.operator, "inputs");
        let (expected, actual) = (number as i64 + 1, self.inputs.len() as i64);
        self.optional_input(number).ok_or(MicroError::Option { operator, what, expected, actual })
    }

    pub(super) fn output(&self, number: usize) -> Result<usize, MicroError> {
        let index = self.outputs.get(number).map(|index| i32::from_le_bytes(*index));
        let (operator, what) = (self.operator, "outputs");
        let (expected, actual) = (number as i64 + 1, self.outputs.len() as i64);
        let missing = MicroError::Option { operator, what, expected, actual };
        index.and_then(|index| usize::try_from(index).ok()).ok_or(missing)
    }

    /// A number among its options.
    pub(super) fn option(&self, id: usize, default: i32) -> Result<i32, MicroError> {
        self.options.map_or(Ok(default), |options| options.i32(id, default))
    }

    /// A byte among its options.
    pub(super) fn flag(&self, id: usize) -> Result<u8, MicroError> {
        self.options.map_or(Ok(0), |options| options.u8(id, 0))
    }

    /// A text among its options.
    pub(super) fn text(&self, id: usize) -> Result<(usize, usize), MicroError> {
        self.options.map_or(Ok((0, 0)), |options| options.place(id))
    }
}

/// Sizes of a tensor's dimensions, ones behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) dims: [usize; RANK],
    pub(super) rank: usize,
}

impl Shape {
    pub(super) fn elements(&self) -> usize {
        self.dims.iter().product()
    }

    /// Ones in front of the first.
    pub(super) fn aligned(&self) -> [usize; RANK] {
        let mut dims = self.dims;
        dims.rotate_right(RANK - self.rank);
        dims
    }

    /// The last dimension, 1 if there is none.
    pub(super) fn last(&self) -> usize {
        self.aligned()[RANK - 1]
    }
}

/// A tensor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tensor<'a> {
    pub(super) index: usize,
    pub(super) kind: u8,
    pub(super) shape: Shape,
    /// Where in the file its elements lie and how many bytes they take; `(_, 0)` if it is computed.
    pub(super) data: (usize, usize),
    scales: &'a [[u8; 4]],
    zeros: &'a [[u8; 8]],
    axis: i32,
}

impl<'a> Tensor<'a> {
    pub(super) fn check(&self, what: &'static str, expected: i64, actual: i64) -> Result<(), MicroError> {
        match expected == actual {
            true => Ok(()),
            false => Err(MicroError::Tensor { tensor: self.index, what, expected, actual }),
        }
    }

    pub(super) fn is_constant(&self) -> bool {
        self.data.1 > 0
    }

    /// An error unless it is of this shape; ones in front don't count.
    pub(super) fn check_shape(&self, expected: [usize; RANK]) -> Result<(), MicroError> {
        let actual = self.shape.aligned();
        match actual == expected {
            true => Ok(()),
            false => Err(MicroError::Shape { tensor: self.index, expected, actual }),
        }
    }

    /// Its one scale and what stands for zero. An error unless it holds 8-bit numbers that have them.
    pub(super) fn quantisation(&self) -> Result<(f32, i32), MicroError> {
        if self.kind != UINT8 {
            self.check("type", INT8.into(), self.kind.into())?;
        }
        self.check("scales", 1, self.scales.len() as i64)?;
        let zero = self.zeros.first().map_or(0, |zero| i64::from_le_bytes(*zero));
        let (least, most) = if self.kind == INT8 { (-128, 127) } else { (0, 255) };
        self.check("zero point", zero.clamp(least, most), zero)?;
        Ok((self.scale(0)?, zero as i32))
    }

    /// As [`Tensor::quantisation`], of signed numbers.
    pub(super) fn signed(&self) -> Result<(f32, i32), MicroError> {
        self.check("type", INT8.into(), self.kind.into())?;
        self.quantisation()
    }

    /// An error unless it holds constant 8-bit weights around 0, with one scale or one for each step along `axis`.
    pub(super) fn check_weights(&self, axis: usize) -> Result<(), MicroError> {
        self.check("type", INT8.into(), self.kind.into())?;
        self.check("bytes", self.shape.elements() as i64, self.data.1 as i64)?;
        if self.scales.len() != 1 {
            let channels = self.shape.dims.get(axis).copied().unwrap_or(1);
            self.check("scales", channels as i64, self.scales.len() as i64)?;
            self.check("quantised dimension", axis as i64, self.axis.into())?;
        }
        for zero in self.zeros {
            self.check("zero point", 0, i64::from_le_bytes(*zero))?;
        }
        Ok(())
    }

    /// Whether it has a scale for each channel.
    pub(super) fn is_per_channel(&self) -> bool {
        self.scales.len() > 1
    }

    /// Scale of a channel.
    pub(super) fn scale(&self, channel: usize) -> Result<f32, MicroError> {
        let channel = if self.is_per_channel() { channel } else { 0 };
        let scale = self.scales.get(channel).map_or(f32::NAN, |scale| f32::from_le_bytes(*scale));
        match scale > 0.0 && scale.is_finite() {
            true => Ok(scale),
            false => Err(MicroError::Scale { tensor: self.index, channel, actual: scale }),
        }
    }

    /// A number of a constant tensor of 32-bit numbers, of which there are `count`.
    pub(super) fn constants(&self, file: &File<'a>, count: usize) -> Result<Constants<'a>, MicroError> {
        self.check("type", INT32.into(), self.kind.into())?;
        self.check("bytes", 4 * count as i64, self.data.1 as i64)?;
        Ok(Constants { bytes: file.bytes, at: self.data.0 })
    }
}

/// Constant 32-bit numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constants<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Constants<'_> {
    pub(super) fn get(&self, index: usize) -> i32 {
        u32_at(self.bytes, self.at + 4 * index).cast_signed()
    }
}
