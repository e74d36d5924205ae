//! `earnest model pack`.

use super::{frames, read};
use crate::{Outcome, UsageError, output};
use earnest::nn::{Calibration, Graph, Model};
use serde::Serialize;
use std::path::PathBuf;

/// Write an ONNX network as an image that this library runs
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ONNX file: mel frames over time in, something over time out
    onnx: PathBuf,
    /// Where the image goes [default: the ONNX file's name with .ear]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Weights of 8 bits and integer arithmetic; needs --calibrate
    #[arg(long, requires = "calibrate")]
    int8: bool,
    /// Recordings of what the model will hear, a minute or more: they set the range of every layer
    #[arg(long, value_name = "AUDIO", num_args = 1.., requires = "int8")]
    calibrate: Vec<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Packed {
    r#type: &'static str,
    file: String,
    format: &'static str,
    parameters: usize,
    layers: usize,
    image_bytes: usize,
    calibrated_frames: u64,
}

pub(super) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let usage = |error: &dyn std::fmt::Display| UsageError(format!("{}: {error}", args.onnx.display()));
    let graph = Graph::from_onnx(&read(&args.onnx)?).map_err(|error| usage(&error))?;
    let float = graph.to_image().map_err(|error| usage(&error))?;
    let mut calibrated_frames = 0;
    let image = if args.int8 {
        let model = Model::new(&float[..]).map_err(|error| usage(&error))?;
        let mut front_end = frames::front_end(model.meta("preset"), model.input_channels())?;
        let mut calibration = Calibration::new(&graph).map_err(|error| usage(&error))?;
        for file in &args.calibrate {
            calibration.reset();
            frames::of_file(file, &mut front_end, |frame| {
                calibration.observe(frame);
                calibrated_frames += 1;
            })?;
        }
        graph.to_int8_image(&calibration).map_err(|error| usage(&error))?
    } else {
        float
    };
    let path = args.output.clone().unwrap_or_else(|| args.onnx.with_extension("ear"));
    output::file(&path, &image)?;
    let packed = Packed {
        r#type: "packed",
        file: path.display().to_string(),
        format: if args.int8 { "int8" } else { "f32" },
        parameters: graph.parameters(),
        layers: graph.layers(),
        image_bytes: image.len(),
        calibrated_frames,
    };
    if args.json {
        output::json(&packed);
    } else {
        let Packed { file, format, parameters, layers, image_bytes, .. } = &packed;
        output::line(&format!(
            "{file}: {format}, {layers} layers, {parameters} parameters, {image_bytes} bytes"
        ));
    }
    Ok(Outcome::Done)
}
