//! A streaming inference engine for small causal networks, in `f32` or in integers.
//!
//! A network is a list of layers over time: convolutions (dense, depthwise, with stride and dilation), GRUs, sums of
//! earlier values, activations. Each layer is told of one row of its input at a time and gives an output as soon as it
//! has seen what that output depends on; where two paths of different look-ahead meet, the shorter one waits in a
//! queue. So streaming gives what the same network gives over a whole recording padded with zeros, row by row.
//!
//! | type | is |
//! |---|---|
//! | [`Model`] | a flat image: checked once, then read in place, in flash or on the heap |
//! | [`Net`] | a model and the memory of one stream, the caller's or the heap's |
//! | `Graph` (`alloc`) | a network under construction: built by hand or read from ONNX, written as an image |
//!
//! [`Format::Int8`] computes in integers alone, from the quantised input to the last layer. [`Format::F32`] adds in a
//! fixed order and never fuses. Either gives the same bits on every machine and at every [`Level`](crate::simd::Level).

mod error;
mod layer;
mod image;
mod taps;
mod kernels;
mod arithmetic;
mod step;
mod net;
#[cfg(feature = "alloc")]
mod graph;
#[cfg(feature = "alloc")]
mod onnx;
#[cfg(feature = "onnx")]
mod reference;

pub use error::ImageError;
#[cfg(feature = "alloc")]
pub use graph::{Calibration, Conv, Graph, GraphError, Op};
pub use image::{LayerInfo, Model, OutputKind};
pub use layer::{Activation, Format, LayerKind};
pub use net::Net;
#[cfg(feature = "alloc")]
pub use onnx::OnnxError;
#[cfg(feature = "onnx")]
pub use reference::{Reference, ReferenceError};
