//! A user's model on our mel frames: `wake-alexa.onnx`, run by tract on the latest 1.6 s, says what our own engine says of them.
#![cfg(feature = "onnx")]

use earnest::Storage;
use earnest::event::Event;
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::nn::{Graph, Model, Net};
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::KeywordSpotter;
use earnest::spotter::onnx::{Input, OnnxConfig, OnnxError, OnnxSpotter, Preset, Scale};
use std::fs;
use std::path::Path;

/// Frames that the model is given.
const WINDOW: usize = 160;
/// Frames from one run to the next.
const STEP: usize = 4;

fn read(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// "Alexa", a second of quiet before and after.
fn alexa() -> Vec<i16> {
    let said = read("examples/c/alexa.s16le");
    let said = said.as_chunks().0.iter().map(|sample| i16::from_le_bytes(*sample));
    let quiet = || std::iter::repeat_n(0, 16_000);
    quiet().chain(said).chain(quiet()).collect()
}

fn config(preset: Preset, frames: usize, output: usize) -> OnnxConfig<'static> {
    let input = Input::Mel { preset, frames: Some(frames), step: STEP };
    OnnxConfig { scale: Scale::LogOdds, output, ..OnnxConfig::new(input) }
}

#[test]
fn the_scores_are_those_of_our_own_engine() {
    let (file, pcm) = (read("models/wake-alexa.onnx"), alexa());
    let mut own = Net::owned(Model::new(Graph::from_onnx(&file).unwrap().to_image().unwrap()).unwrap());
    // The last of the model's numbers that has all it looks ahead to.
    let last = (WINDOW - own.model().look_ahead()).div_ceil(own.model().stride()) - 1;
    let spotter = OnnxSpotter::new(&config(Preset::Base, WINDOW, last), &file).unwrap();
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap();

    let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
    let (mut frames, mut scores, mut wakes) = (Vec::new(), Vec::new(), 0);
    for chunk in pcm.chunks(160) {
        pipeline.push(chunk, |event| wakes += usize::from(matches!(event, Event::Wake(_))));
        let mut rest = chunk;
        while let Some(frame) = front_end.process(&mut rest) {
            frames.push(frame.mel().to_vec());
            scores.push(pipeline.spotter().score());
        }
    }
    let mut compared = 0;
    for end in (WINDOW..=frames.len()).step_by(STEP) {
        own.reset();
        let window = frames[end - WINDOW..end].iter();
        let odds = window.filter_map(|mel| own.process(mel).map(|odds| odds[0])).last().unwrap();
        let (expected, actual) = (1.0 / (1.0 + (-odds).exp()), scores[end - 1]);
        assert!((expected - actual).abs() < 1e-5, "after frame {end}: {actual}, expected {expected}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
    assert_eq!(wakes, 1);
    assert!(pipeline.spotter().failure().is_none());
}

#[test]
fn what_the_file_does_not_take_is_told_before_anything_is_heard() {
    let file = read("models/wake-alexa.onnx");
    let error = |config| OnnxSpotter::new(&config, &file).unwrap_err();
    // 80 bands where the model has 40.
    let wrong = error(config(Preset::Kaldi, WINDOW, 0));
    assert!(matches!(wrong, OnnxError::Shape { what: "input", .. }), "{wrong}");
    let wrong = error(config(Preset::Base, WINDOW, WINDOW));
    assert!(matches!(wrong, OnnxError::Shape { what: "output", .. }), "{wrong}");
    let wrong = error(config(Preset::Base, 0, 0));
    assert!(wrong.to_string().contains("frames"), "{wrong}");
}
