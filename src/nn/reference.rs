//! The reference that images are checked against: the same ONNX file, run by tract over a whole recording.
//!
//! One of the two files that know tract's interface, which upstream calls unstable; the other is `spotter::onnx`'s `plan`.

use super::graph::Graph;
use super::onnx::Axis;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use tract_onnx::prelude::*;

/// tract's output for a whole recording.
#[derive(Debug)]
pub struct Reference {
    /// Output frames, one after another.
    pub outputs: Vec<f32>,
    /// Values of an output frame.
    pub channels: usize,
}

impl Reference {
    /// Runs the network in the ONNX file `bytes` over `frames`, rows of the network's input channels.
    ///
    /// # Errors
    /// [`ReferenceError`] with what tract says, or with what [`Graph::from_onnx`] says of the file.
    pub fn run(bytes: &[u8], frames: &[f32]) -> Result<Reference, ReferenceError> {
        let graph = Graph::from_onnx(bytes).map_err(|error| ReferenceError(error.to_string()))?;
        let (Some(input), Some(output)) = (&graph.input_axes, &graph.output_axes) else {
            return Err(ReferenceError("no axes".to_string()));
        };
        let channels = graph.input_channels;
        let count = frames.len() / channels;
        let shape: Vec<usize> = input
            .iter()
            .map(|axis| match axis {
                Axis::One => 1,
                Axis::Time => count,
                Axis::Channel => channels,
            })
            .collect();
        let rows = by_rows(frames, count, channels);
        let tensor = if time_first(input) { rows } else { rows.permute_axes(&[1, 0])? };
        let tensor = tensor.into_shape(&shape)?;
        let run = |optimise: bool| -> TractResult<Tensor> {
            let model = tract_onnx::onnx().model_for_read(&mut &bytes[..])?;
            let time = model.symbols.sym("T");
            let dims = input.iter().zip(&shape).map(|(axis, &len)| match axis {
                Axis::Time if !optimise => time.to_dim(),
                _ => len.to_dim(),
            });
            let fact = f32::fact(dims.collect::<TVec<TDim>>());
            let model = model.with_input_fact(0, fact.into())?;
            let model = if optimise { model.into_optimized()? } else { model.into_typed()? };
            let result = model.into_runnable()?.run(tvec!(tensor.clone().into()))?;
            Ok(result[0].clone().into_tensor())
        };
        // tract 0.23.9 fuses a GRU over a known number of frames into an operator that fails to run if the GRU has one
        // input ("xw not contiguous"); it does not where the number is unknown.
        let result = run(true).or_else(|_| run(false))?;
        let last = result.shape().iter().zip(output).find(|(_, axis)| **axis == Axis::Channel);
        let channels = last.map_or(1, |(&dim, _)| dim);
        let rows = result.len() / channels;
        let (first, second) = if time_first(output) { (rows, channels) } else { (channels, rows) };
        let flat = result.into_shape(&[first, second])?;
        let flat = if time_first(output) { flat } else { flat.permute_axes(&[1, 0])? };
        let outputs = flat.to_plain_array_view::<f32>()?.iter().copied().collect();
        Ok(Reference { outputs, channels })
    }
}

fn by_rows(frames: &[f32], rows: usize, channels: usize) -> Tensor {
    Tensor::from_shape(&[rows, channels], &frames[..rows * channels]).unwrap_or_default()
}

fn time_first(axes: &[Axis]) -> bool {
    let at = |wanted| axes.iter().position(|&axis| axis == wanted);
    at(Axis::Time) < at(Axis::Channel)
}

/// What tract says.
#[derive(Debug)]
pub struct ReferenceError(String);

impl From<TractError> for ReferenceError {
    fn from(error: TractError) -> Self {
        ReferenceError(alloc::format!("{error:#}"))
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for ReferenceError {}
