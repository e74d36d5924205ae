//! The part of the ONNX file format that networks of our layers use: protocol buffers, read field by field.
//!
//! Field numbers as in `onnx.proto` of ONNX 1.17 (IR version 10).

use super::OnnxError;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Debug, Default)]
pub(super) struct ModelProto {
    pub(super) graph: GraphProto,
    pub(super) opset: i64,
    pub(super) metadata: Vec<(String, String)>,
}

#[derive(Debug, Default)]
pub(super) struct GraphProto {
    pub(super) nodes: Vec<NodeProto>,
    pub(super) initializers: Vec<Tensor>,
    pub(super) inputs: Vec<ValueInfo>,
    pub(super) outputs: Vec<ValueInfo>,
}

#[derive(Debug, Default)]
pub(super) struct NodeProto {
    pub(super) name: String,
    pub(super) op: String,
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Debug, Default)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) float: f32,
    pub(super) int: i64,
    pub(super) string: String,
    pub(super) tensor: Option<Tensor>,
    pub(super) floats: Vec<f32>,
    pub(super) ints: Vec<i64>,
}

/// A constant. Of its two lists of numbers one is filled, by its type.
#[derive(Clone, Debug, Default)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dims: Vec<usize>,
    pub(super) floats: Vec<f32>,
    pub(super) ints: Vec<i64>,
}

/// A graph's input or output; a dimension is `None` if it is not fixed.
#[derive(Debug, Default)]
pub(super) struct ValueInfo {
    pub(super) name: String,
    pub(super) dims: Vec<Option<usize>>,
}

enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
}

impl<'a> Field<'a> {
    fn bytes(self) -> Result<&'a [u8], OnnxError> {
        if let Field::Bytes(bytes) = self { Ok(bytes) } else { Err(OnnxError::Broken) }
    }

    fn string(self) -> Result<String, OnnxError> {
        core::str::from_utf8(self.bytes()?).map(ToOwned::to_owned).map_err(|_| OnnxError::Broken)
    }

    fn int(self) -> Result<i64, OnnxError> {
        if let Field::Varint(value) = self { Ok(value as i64) } else { Err(OnnxError::Broken) }
    }

    fn float(self) -> Result<f32, OnnxError> {
        if let Field::Fixed32(bytes) = self { Ok(f32::from_le_bytes(bytes)) } else { Err(OnnxError::Broken) }
    }

    /// Repeated integers, packed or single.
    fn ints(self, all: &mut Vec<i64>) -> Result<(), OnnxError> {
        match self {
            Field::Varint(value) => all.push(value as i64),
            Field::Bytes(mut rest) => {
                while !rest.is_empty() {
                    all.push(varint(&mut rest)? as i64);
                }
            }
            _ => return Err(OnnxError::Broken),
        }
        Ok(())
    }

    fn floats(self, all: &mut Vec<f32>) -> Result<(), OnnxError> {
        match self {
            Field::Fixed32(bytes) => all.push(f32::from_le_bytes(bytes)),
            Field::Bytes(bytes) if bytes.len() % 4 == 0 => {
                all.extend(bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)));
            }
            _ => return Err(OnnxError::Broken),
        }
        Ok(())
    }

    fn doubles(self, all: &mut Vec<f32>) -> Result<(), OnnxError> {
        match self {
            Field::Fixed64(bytes) => all.push(f64::from_le_bytes(bytes) as f32),
            Field::Bytes(bytes) if bytes.len() % 8 == 0 => {
                all.extend(bytes.as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b) as f32));
            }
            _ => return Err(OnnxError::Broken),
        }
        Ok(())
    }
}

fn varint(bytes: &mut &[u8]) -> Result<u64, OnnxError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(OnnxError::Broken)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(OnnxError::Broken)
}

/// Calls `take` with the number and content of every field of a message.
fn fields<'a>(
    mut bytes: &'a [u8],
    mut take: impl FnMut(u64, Field<'a>) -> Result<(), OnnxError>,
) -> Result<(), OnnxError> {
    fn split<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], OnnxError> {
        let (&head, rest) = bytes.split_first_chunk::<N>().ok_or(OnnxError::Broken)?;
        *bytes = rest;
        Ok(head)
    }
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut bytes)?),
            1 => Field::Fixed64(split(&mut bytes)?),
            2 => {
                let len = usize::try_from(varint(&mut bytes)?).map_err(|_| OnnxError::Broken)?;
                let (content, rest) = bytes.split_at_checked(len).ok_or(OnnxError::Broken)?;
                bytes = rest;
                Field::Bytes(content)
            }
            5 => Field::Fixed32(split(&mut bytes)?),
            _ => return Err(OnnxError::Broken),
        };
        take(key >> 3, field)?;
    }
    Ok(())
}

impl ModelProto {
    pub(super) fn read(bytes: &[u8]) -> Result<ModelProto, OnnxError> {
        let mut model = ModelProto::default();
        let mut graph_seen = false;
        fields(bytes, |number, field| {
            match number {
                7 => {
                    graph_seen = true;
                    model.graph = GraphProto::read(field.bytes()?)?;
                }
                8 => {
                    let (mut domain, mut version) = (String::new(), 0);
                    fields(field.bytes()?, |number, field| {
                        match number {
                            1 => domain = field.string()?,
                            2 => version = field.int()?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    if domain.is_empty() || domain == "ai.onnx" {
                        model.opset = version;
                    }
                }
                14 => {
                    let mut pair = (String::new(), String::new());
                    fields(field.bytes()?, |number, field| {
                        match number {
                            1 => pair.0 = field.string()?,
                            2 => pair.1 = field.string()?,
                            _ => {}
                        }
                        Ok(())
                    })?;
                    model.metadata.push(pair);
                }
                _ => {}
            }
            Ok(())
        })?;
        if graph_seen { Ok(model) } else { Err(OnnxError::Broken) }
    }
}

impl GraphProto {
    fn read(bytes: &[u8]) -> Result<GraphProto, OnnxError> {
        let mut graph = GraphProto::default();
        fields(bytes, |number, field| {
            match number {
                1 => graph.nodes.push(NodeProto::read(field.bytes()?)?),
                5 => graph.initializers.push(Tensor::read(field.bytes()?)?),
                11 => graph.inputs.push(ValueInfo::read(field.bytes()?)?),
                12 => graph.outputs.push(ValueInfo::read(field.bytes()?)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(graph)
    }
}

impl NodeProto {
    fn read(bytes: &[u8]) -> Result<NodeProto, OnnxError> {
        let mut node = NodeProto::default();
        fields(bytes, |number, field| {
            match number {
                1 => node.inputs.push(field.string()?),
                2 => node.outputs.push(field.string()?),
                3 => node.name = field.string()?,
                4 => node.op = field.string()?,
                5 => node.attributes.push(Attribute::read(field.bytes()?)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(node)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.int)
    }

    pub(super) fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |attribute| attribute.float)
    }

    pub(super) fn ints(&self, name: &str) -> &[i64] {
        self.attribute(name).map_or(&[], |attribute| &attribute.ints)
    }

    pub(super) fn string(&self, name: &str) -> &str {
        self.attribute(name).map_or("", |attribute| &attribute.string)
    }

    /// Name of input `index`, unless it is left out.
    pub(super) fn input(&self, index: usize) -> Option<&str> {
        self.inputs.get(index).map(String::as_str).filter(|name| !name.is_empty())
    }
}

impl Attribute {
    fn read(bytes: &[u8]) -> Result<Attribute, OnnxError> {
        let mut attribute = Attribute::default();
        fields(bytes, |number, field| {
            match number {
                1 => attribute.name = field.string()?,
                2 => attribute.float = field.float()?,
                3 => attribute.int = field.int()?,
                4 => attribute.string = field.string().unwrap_or_default(),
                5 => attribute.tensor = Some(Tensor::read(field.bytes()?)?),
                7 => field.floats(&mut attribute.floats)?,
                8 => field.ints(&mut attribute.ints)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(attribute)
    }
}

impl Tensor {
    fn read(bytes: &[u8]) -> Result<Tensor, OnnxError> {
        let mut tensor = Tensor::default();
        let (mut dims, mut kind, mut raw, mut external) = (Vec::new(), 0, None, false);
        let mut int32 = Vec::new();
        fields(bytes, |number, field| {
            match number {
                1 => field.ints(&mut dims)?,
                2 => kind = field.int()?,
                4 => field.floats(&mut tensor.floats)?,
                5 => field.ints(&mut int32)?,
                7 => field.ints(&mut tensor.ints)?,
                8 => tensor.name = field.string()?,
                9 => raw = Some(field.bytes()?),
                10 => field.doubles(&mut tensor.floats)?,
                14 => external = field.int()? != 0,
                _ => {}
            }
            Ok(())
        })?;
        let dim = |dim| usize::try_from(dim).map_err(|_| OnnxError::Broken);
        tensor.dims = dims.into_iter().map(dim).collect::<Result<_, _>>()?;
        tensor.ints.extend(int32);
        // TensorProto.DataType: 1 float, 6 int32, 7 int64, 11 double.
        if let Some(raw) = raw {
            match kind {
                1 => tensor.floats.extend(raw.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b))),
                6 => {
                    tensor
                        .ints
                        .extend(raw.as_chunks::<4>().0.iter().map(|&b| i64::from(i32::from_le_bytes(b))));
                }
                7 => tensor.ints.extend(raw.as_chunks::<8>().0.iter().map(|&b| i64::from_le_bytes(b))),
                11 => {
                    tensor.floats.extend(raw.as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b) as f32))
                }
                _ => {}
            }
        }
        let expected = tensor.dims.iter().try_fold(1usize, |all, &dim| all.checked_mul(dim));
        let actual = tensor.floats.len().max(tensor.ints.len());
        if external || matches!(kind, 1 | 6 | 7 | 11) && expected != Some(actual) {
            return Err(OnnxError::Tensor {
                name: tensor.name,
                expected: expected.unwrap_or(usize::MAX),
                actual,
            });
        }
        Ok(tensor)
    }

    /// One number per output of a layer: all of them, or one for all.
    pub(super) fn is_zero(&self) -> bool {
        self.floats.iter().all(|&x| x == 0.0) && self.ints.iter().all(|&x| x == 0)
    }
}

impl ValueInfo {
    fn read(bytes: &[u8]) -> Result<ValueInfo, OnnxError> {
        let mut value = ValueInfo::default();
        // ValueInfoProto.type.tensor_type.shape.dim
        fields(bytes, |number, field| match number {
            1 => field.string().map(|name| value.name = name),
            2 => fields(field.bytes()?, |number, field| match number {
                1 => fields(field.bytes()?, |number, field| match number {
                    2 => fields(field.bytes()?, |number, field| match number {
                        1 => {
                            let mut dim = None;
                            fields(field.bytes()?, |number, field| {
                                if number == 1 {
                                    dim = usize::try_from(field.int()?).ok().filter(|&dim| dim > 0);
                                }
                                Ok(())
                            })?;
                            value.dims.push(dim);
                            Ok(())
                        }
                        _ => Ok(()),
                    }),
                    _ => Ok(()),
                }),
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        Ok(value)
    }
}
