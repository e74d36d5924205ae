//! `earnest model info`.

use super::load;
use crate::{Outcome, UsageError, output};
use earnest::nn::{Activation, Format, LayerInfo, Model, Net};
use serde_json::json;
use std::path::PathBuf;

/// Frames a second of our front ends.
const FRAMES_PER_SECOND: f64 = 100.0;

/// Say what is in an image: shapes, timing, memory, cost, layers, metadata
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The image
    image: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let model = load(&args.image)?;
    if args.json {
        as_json(args, &model)
    } else {
        as_text(&model)
    }
    Ok(Outcome::Done)
}

fn format(model: &Model) -> &'static str {
    match model.format() {
        Format::F32 => "f32",
        Format::Int8 => "int8",
    }
}

fn activation(layer: &LayerInfo) -> String {
    match layer.activation {
        Activation::None => String::new(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn layers(model: &Model) -> impl Iterator<Item = LayerInfo> {
    (0..model.layers()).filter_map(|index| model.layer_info(index))
}

fn as_json(args: &Args, model: &Model) {
    let layers: Vec<_> = layers(model)
        .map(|layer| {
            json!({
                "kind": layer.kind.name(), "activation": activation(&layer), "in": layer.in_channels,
                "out": layer.out_channels, "kernel": layer.kernel, "stride": layer.stride,
                "dilation": layer.dilation, "macs": layer.macs, "scale": layer.scale,
            })
        })
        .collect();
    let metadata: serde_json::Map<_, _> =
        model.metadata().map(|(key, value)| (key.into(), value.into())).collect();
    output::json(&json!({
        "type": "model", "file": args.image.display().to_string(), "format": format(model),
        "input_channels": model.input_channels(), "output_channels": model.output_channels(),
        "output_frames": model.output_frames(), "stride": model.stride(), "look_ahead": model.look_ahead(),
        "image_bytes": model.image_bytes(), "memory_bytes": 4 * Net::required_words(model),
        "macs_per_step": model.macs_per_step(), "layers": layers, "metadata": metadata,
    }));
}

fn as_text(model: &Model) {
    let stride = model.stride() as f64;
    let macs = model.macs_per_step();
    output::line(&format!("format      {}, {} bytes", format(model), model.image_bytes()));
    output::line(&format!("input       {} values a frame", model.input_channels()));
    output::line(&format!(
        "output      {} of {} values, {:?}, every {} frames, {} frames late",
        model.output_frames(),
        model.output_channels(),
        model.output_kind(),
        model.stride(),
        model.look_ahead()
    ));
    output::line(&format!("memory      {} bytes a stream", 4 * Net::required_words(model)));
    output::line(&format!(
        "work        {macs} multiplications a step, {:.1} million a second",
        macs as f64 * FRAMES_PER_SECOND / stride / 1e6
    ));
    for (key, value) in model.metadata() {
        output::line(&format!("{key:11} {}", value.lines().collect::<Vec<_>>().join(" ")));
    }
    output::line("layer  kind         in  out  kernel  stride  dilation     macs  activation");
    for (index, layer) in layers(model).enumerate() {
        output::line(
            format!(
                "{index:5}  {:10} {:4} {:4} {:7} {:7} {:9} {:8}  {}",
                layer.kind.name(),
                layer.in_channels,
                layer.out_channels,
                layer.kernel,
                layer.stride,
                layer.dilation,
                layer.macs,
                activation(&layer)
            )
            .trim_end(),
        );
    }
}
