//! The wake nets in `models/`: they are what their ONNX files are, and hear their phrase and nothing else.
#![cfg(feature = "std")]

mod common;

use earnest::Storage;
use earnest::audio::SampleIndex;
use earnest::event::Event;
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::nn::{Format, Graph, Model, Net};
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::net::{NetConfig, NetModel, NetSpotter};
use std::fs;
use std::path::{Path, PathBuf};

/// What fits beside everything else in a microcontroller, bytes.
const LARGEST: usize = 60 * 1024;

/// Phrase, image and ONNX file of every wake net.
fn nets() -> Vec<(String, Vec<u8>, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        if let Some(phrase) = name.strip_prefix("wake-").and_then(|name| name.strip_suffix(".ear")) {
            found.push((phrase.replace('_', " "), fs::read(&path).unwrap(), path.with_extension("onnx")));
        }
    }
    assert!(!found.is_empty());
    found
}

fn pipeline(image: &[u8]) -> Pipeline<'_, NetSpotter<'_>> {
    let model = NetModel::parse(image).unwrap();
    let memory = Storage::owned(NetSpotter::required_words(&model));
    let spotter = NetSpotter::new(NetConfig::default(), model, memory).unwrap();
    Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap()
}

fn events(pipeline: &mut Pipeline<'_, NetSpotter<'_>>, pcm: &[i16], chunk: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for chunk in pcm.chunks(chunk) {
        pipeline.push(chunk, |event| events.push(event));
    }
    events
}

#[test]
fn they_say_what_they_are() {
    for (phrase, image, _) in nets() {
        let model = NetModel::parse(&image[..]).unwrap();
        assert_eq!(model.phrase(), phrase);
        assert_eq!(model.network().format(), Format::Int8);
        assert!(image.len() <= LARGEST, "{phrase}: {} bytes", image.len());
        assert!(
            (3_200..16_000).contains(&model.duration_samples()),
            "{phrase}: {}",
            model.duration_samples()
        );
        let curve = model.curve().unwrap_or_else(|| panic!("{phrase}: no curve"));
        assert!(curve.hours() > 1.0);
        let point = curve.at(model.threshold()).unwrap();
        println!(
            "{phrase}: {} bytes, {} false accepts in {:.1} h at {}",
            image.len(),
            point.count,
            point.hours,
            model.threshold()
        );
    }
}

#[test]
fn integers_hear_what_the_onnx_file_hears() {
    let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
    let pcm = common::flac("kitchen.flac");
    let (mut rest, mut frames) = (&pcm[..], Vec::new());
    while let Some(frame) = front_end.process(&mut rest) {
        frames.push(frame.mel().to_vec());
    }
    for (phrase, image, onnx) in nets() {
        let onnx = Graph::from_onnx(&fs::read(onnx).unwrap()).unwrap().to_image().unwrap();
        let run = |image: &[u8]| -> Vec<f32> {
            let mut net = Net::owned(Model::new(image).unwrap());
            let odds = frames.iter().filter_map(|frame| net.process(frame).map(|odds| odds[0]));
            odds.map(|odds| 1.0 / (1.0 + (-odds).exp())).collect()
        };
        let (actual, expected) = (run(&image), run(&onnx));
        assert_eq!(actual.len(), expected.len());
        assert!(expected.len() > 1000);
        let largest = actual.iter().zip(&expected).map(|(a, e)| (a - e).abs()).fold(0.0, f32::max);
        println!("{phrase}: largest difference {largest:.3}");
        assert!(largest < 0.3, "{phrase}: {largest}");
    }
}

#[test]
fn the_kitchen_conversation_wakes_the_one_whose_phrase_is_said_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/kitchen/truth.json");
    let truth: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let at = |key: &str| SampleIndex(truth["phrase"][key].as_u64().unwrap());
    let kitchen = common::flac("kitchen.flac");
    for (phrase, image, _) in nets() {
        let heard = events(&mut pipeline(&image), &kitchen, 160);
        let wakes: Vec<_> = heard
            .iter()
            .filter_map(|event| if let Event::Wake(wake) = event { Some(wake) } else { None })
            .collect();
        if phrase == truth["phrase"]["text"].as_str().unwrap() {
            let [wake] = wakes[..] else { panic!("{phrase}: {wakes:?}") };
            assert!(wake.span.start < at("end") && at("start") < wake.span.end, "{}", wake.span);
            assert!(wake.decided.since(at("end")) < 8_000, "decided {}", wake.decided);
        } else {
            assert!(wakes.is_empty(), "{phrase}: {wakes:?}");
        }
    }
}

#[test]
fn chunks_and_what_was_before_a_reset_change_nothing() {
    let kitchen = common::flac("kitchen.flac");
    for (phrase, image, _) in nets() {
        let mut pipeline = pipeline(&image);
        let whole = events(&mut pipeline, &kitchen, kitchen.len());
        assert!(whole.len() > 10, "{} events", whole.len());
        for chunk in [37, 512] {
            pipeline.reset();
            assert_eq!(events(&mut pipeline, &kitchen, chunk), whole, "{phrase}, chunks of {chunk}");
        }
    }
}

/// People say it, and other people other things. The bounds are looser than the card's figures, so that they fail for a
/// fault and not for a rounding.
#[test]
fn people_who_say_alexa_wake_it_and_others_do_not() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.exists() {
        println!("skipped: {} is not there", data.display());
        return;
    }
    let image = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/wake-alexa.ear")).unwrap();
    let mut pipeline = pipeline(&image);
    let mut count = |set: &str| {
        let files = common::files(&data, set, "dev");
        let wakes = files.iter().filter(|file| {
            pipeline.reset();
            let heard = events(&mut pipeline, &common::ogg(file), 16_000);
            heard.iter().any(|event| matches!(event, Event::Wake(_)))
        });
        (wakes.count(), files.len())
    };
    let ((detected, spoken), (accepted, other)) = (count("wake/alexa"), count("wake/computer"));
    println!("detected {detected} of {spoken}, accepted {accepted} of {other}");
    assert!(detected * 100 >= spoken * 75, "{detected} of {spoken}");
    assert!(accepted * 100 <= other * 3, "{accepted} of {other}");
}
