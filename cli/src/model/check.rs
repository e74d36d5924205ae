//! `earnest model check`.

use super::{frames, load, read};
use crate::{Outcome, UsageError, output};
use earnest::nn::{Format, Net, OutputKind, Reference};
use serde::Serialize;
use std::path::PathBuf;

/// Frames of random input: ten seconds.
const RANDOM_FRAMES: usize = 1000;
/// The range of random input: about that of log-mel energies of speech.
const RANDOM_RANGE: std::ops::Range<f32> = -16.0..4.0;
/// Longest piece of audio that the reference runs at once, in frames.
const PIECE_FRAMES: usize = 3000;

/// Compare an image with its ONNX file, run by tract, on random input and on recordings
///
/// Outputs that are logarithms of probabilities are compared as probabilities. Exit status 1 if the image is further
/// from the ONNX file than the bounds allow.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The image
    image: PathBuf,
    /// The ONNX file it was packed from
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
    /// Recordings to compare on as well
    audio: Vec<String>,
    /// Largest difference of any output that is accepted [default: 0.001; int8: 0.25]
    #[arg(long, value_name = "X")]
    max_difference: Option<f32>,
    /// Part of the output frames in which the largest value must be the same [default: 0.999; int8: 0.95]
    #[arg(long, value_name = "X")]
    min_agreement: Option<f64>,
    /// One JSON object a line: one per input
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Compared {
    r#type: &'static str,
    input: String,
    output_frames: usize,
    max_difference: f32,
    mean_difference: f64,
    agreement: f64,
    ok: bool,
}

pub(super) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let onnx = read(&args.onnx)?;
    let model = load(&args.image)?;
    let int8 = model.format() == Format::Int8;
    let max_difference = args.max_difference.unwrap_or(if int8 { 0.25 } else { 1e-3 });
    let min_agreement = args.min_agreement.unwrap_or(if int8 { 0.95 } else { 0.999 });
    let mut front_end = if args.audio.is_empty() {
        None
    } else {
        Some(frames::front_end(model.meta("preset"), model.input_channels())?)
    };
    let channels = model.input_channels();
    let mut net = Net::owned(model);
    let mut all_ok = true;
    let mut tell = |input: String, frames: &[f32]| -> Result<(), UsageError> {
        let mut compared = compare(&mut net, &onnx, frames, input)?;
        compared.ok = compared.max_difference <= max_difference && compared.agreement >= min_agreement;
        all_ok &= compared.ok;
        if args.json {
            output::json(&compared)
        } else {
            describe(&compared)
        }
        Ok(())
    };
    tell("random".to_string(), &random(RANDOM_FRAMES * channels))?;
    for file in &args.audio {
        let mut all = Vec::new();
        if let Some(front_end) = &mut front_end {
            frames::of_file(file, front_end, |frame| {
                if all.len() < PIECE_FRAMES * channels {
                    all.extend_from_slice(frame);
                }
            })?;
        }
        tell(file.clone(), &all)?;
    }
    if all_ok {
        return Ok(Outcome::Done);
    }
    output::message(&format!(
        "the image differs from {} by more than {max_difference}, or agrees in less than {min_agreement}",
        args.onnx.display()
    ));
    Ok(Outcome::SomeFailed)
}

/// The same numbers on every machine (Steele, Lea and Flood's SplitMix64).
fn random(count: usize) -> Vec<f32> {
    let mut state = 0u64;
    let mut unit = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..count).map(|_| RANDOM_RANGE.start + (RANDOM_RANGE.end - RANDOM_RANGE.start) * unit()).collect()
}

/// Streams `frames` through the image and compares what comes with what tract gives for all of them.
fn compare(net: &mut Net, onnx: &[u8], frames: &[f32], input: String) -> Result<Compared, UsageError> {
    let (channels, outputs) = (net.model().input_channels(), net.model().output_channels());
    let expected = Reference::run(onnx, frames).map_err(|error| UsageError(format!("tract: {error}")))?;
    if expected.channels != outputs {
        let actual = expected.channels;
        return Err(UsageError(format!("the image gives {outputs} values a frame, the ONNX file {actual}")));
    }
    net.reset();
    let mut actual = Vec::new();
    for frame in frames.chunks_exact(channels) {
        if let Some(output) = net.process(frame) {
            actual.extend_from_slice(output);
        }
    }
    let logarithms = net.model().output_kind() == OutputKind::LogSoftmax;
    let value = |x: f32| if logarithms { x.exp() } else { x };
    let (mut largest, mut sum, mut same, mut rows) = (0.0f32, 0.0, 0, 0);
    for (a, e) in actual.chunks_exact(outputs).zip(expected.outputs.chunks_exact(outputs)) {
        for (&a, &e) in a.iter().zip(e) {
            let difference = (value(a) - value(e)).abs();
            // A NaN is no agreement.
            largest = if difference <= largest { largest } else { difference };
            sum += f64::from(difference);
        }
        rows += 1;
        same += usize::from(arg_max(a) == arg_max(e));
    }
    let part = |x: f64, of: usize| if of == 0 { 0.0 } else { x / of as f64 };
    Ok(Compared {
        r#type: "compared",
        input,
        output_frames: rows,
        max_difference: largest,
        mean_difference: part(sum, rows * outputs),
        agreement: if rows == 0 { 1.0 } else { part(same as f64, rows) },
        ok: false,
    })
}

fn arg_max(values: &[f32]) -> usize {
    values.iter().enumerate().fold(0, |best, (i, value)| if *value > values[best] { i } else { best })
}

fn describe(compared: &Compared) {
    let Compared { input, output_frames, max_difference, mean_difference, agreement, ok, .. } = compared;
    let verdict = if *ok { "ok" } else { "differs" };
    output::line(&format!(
        "{input}: {verdict}, {output_frames} output frames, largest difference {max_difference:.2e}, \
         mean {mean_difference:.2e}, same largest value in {:.2} %",
        100.0 * agreement
    ));
}
