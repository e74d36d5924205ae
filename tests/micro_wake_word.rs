//! microWakeWord's models give what TensorFlow Lite Micro, the runtime of the devices, computes: byte for byte.
//!
//! Golden values: `tests/golden/micro_wake_word.py`. The nets in `micro_nets.jsonl` have every operator that is known.
//! microWakeWord's own models are not part of this repository: they are in the wheel `pymicro-wakeword` 2.5.0 on PyPI, in
//! `pymicro_wakeword/models`, and `MICRO_WAKE_WORD_MODELS` says where they lie. `MICRO_WAKE_WORD_GOLDEN` names another file
//! of golden values, for more audio.
#![cfg(feature = "std")]

mod common;
mod heap;

use earnest::Storage;
use earnest::event::Event;
use earnest::frontend::{MicroFrontEnd, MicroFrontEndConfig};
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::simd::Level;
use earnest::spotter::KeywordSpotter;
use earnest::spotter::micro::{
    MicroConfig, MicroError, MicroMemory, MicroModel, MicroNet, MicroSpotter, MicroStep,
};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A small net, and what it gives.
struct Golden {
    name: String,
    operators: Vec<String>,
    model: Vec<u8>,
    /// Inputs and outputs, one after the other.
    runs: Vec<(Vec<u8>, Vec<u8>)>,
}

static NETS: LazyLock<Vec<Golden>> = LazyLock::new(|| {
    golden("micro_nets.jsonl")
        .map(|row| Golden {
            name: row["name"].as_str().unwrap().to_string(),
            operators: texts(&row["operators"]).map(str::to_string).collect(),
            model: bytes(&row["model"]),
            runs: texts(&row["inputs"]).map(unhex).zip(texts(&row["outputs"]).map(unhex)).collect(),
        })
        .collect()
});

fn golden(name: &str) -> impl Iterator<Item = Value> {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>().into_iter()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap())
}

fn bytes(value: &Value) -> Vec<u8> {
    unhex(value.as_str().unwrap())
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn signed(bytes: &[u8]) -> Vec<i8> {
    bytes.iter().map(|byte| byte.cast_signed()).collect()
}

fn net(model: &[u8], level: Level) -> MicroNet<'static> {
    let model = MicroModel::parse(model.to_vec()).unwrap();
    let memory = MicroMemory::owned(&model);
    MicroNet::with_level(model, memory, level).unwrap()
}

fn models() -> Option<PathBuf> {
    let found = std::env::var_os("MICRO_WAKE_WORD_MODELS").map(PathBuf::from);
    if found.is_none() {
        println!("skipped: MICRO_WAKE_WORD_MODELS is not set");
    }
    found
}

#[test]
fn every_operator_gives_what_the_devices_compute_at_every_level_and_again_after_a_reset() {
    let mut operators = BTreeSet::new();
    for golden in NETS.iter() {
        operators.extend(&golden.operators);
        for level in Level::all() {
            let mut net = net(&golden.model, level);
            for _ in 0..2 {
                for (step, (input, expected)) in golden.runs.iter().enumerate() {
                    let output = net.process(&signed(input));
                    assert_eq!(output, expected, "{} at {level}, run {step}", golden.name);
                }
                net.reset();
            }
        }
    }
    assert_eq!(operators.len(), 21, "{operators:?}");
}

#[test]
fn memory_that_is_too_small_is_refused_and_no_more_is_used_than_asked_for() {
    let golden = &NETS[0];
    let model = MicroModel::parse(&golden.model[..]).unwrap();
    let (steps, words) = (model.required_steps(), model.required_words());
    let (mut steps_memory, mut words_memory) = (vec![MicroStep::default(); steps], vec![0; words + 1]);
    words_memory[words] = 0x1234_5678;
    let told = |steps: &mut [MicroStep], words: &mut [u32]| {
        let memory = MicroMemory { steps: steps.into(), words: words.into() };
        MicroNet::new(model.clone(), memory).unwrap_err().to_string()
    };
    let expected = format!("micro steps holds {} elements, expected at least {steps}", steps - 1);
    assert_eq!(told(&mut steps_memory[1..], &mut words_memory), expected);
    let expected = format!("micro words holds {} elements, expected at least {words}", words - 1);
    assert_eq!(told(&mut steps_memory, &mut words_memory[..words - 1]), expected);
    let exact =
        MicroMemory { steps: steps_memory[..].as_mut().into(), words: words_memory[..].as_mut().into() };
    let mut net = MicroNet::new(model.clone(), exact).unwrap();
    for (input, expected) in &golden.runs {
        assert_eq!(net.process(&signed(input)), expected);
    }
    drop(net);
    assert_eq!(words_memory[words], 0x1234_5678);
}

#[test]
fn what_is_no_model_is_refused_with_its_numbers() {
    let told = |bytes: &[u8]| MicroModel::parse(bytes).unwrap_err().to_string();
    assert_eq!(
        told(b"no model at all"),
        r#"no TensorFlow Lite file: bytes 4 to 7 are "odel", expected "TFL3""#
    );
    assert_eq!(told(b"\xff\xff\xff\x7fTFL3"), "damaged: it leads to byte 2147483651 of 8");
    let model = &NETS[0].model;
    let cut = MicroModel::parse(&model[..model.len() / 2]).unwrap_err();
    assert!(matches!(cut, MicroError::Damaged { expected, .. } if expected == model.len() / 2), "{cut}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    /// Cut or changed, a model is refused or runs; it never panics.
    #[test]
    fn damage_does_no_harm(
        which in 0..NETS.len(),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut bytes = NETS[which].model.clone();
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(model) = MicroModel::parse(bytes) {
            let input = vec![-100; model.input_len()];
            let memory = MicroMemory::owned(&model);
            let expected = model.output_len();
            let mut net = MicroNet::new(model, memory).unwrap();
            for _ in 0..3 {
                prop_assert_eq!(net.process(&input).len(), expected);
            }
        }
    }
}

/// Features that rise and fall at random, as in the script.
fn random(count: usize) -> Vec<i8> {
    let (mut state, mut values) = (1u64, [-128i64; 40]);
    let mut features = Vec::new();
    for _ in 0..3 * count {
        for value in &mut values {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *value = (*value + (state >> 33) as i64 % 61 - 30).clamp(-128, 127);
        }
        features.extend(values.map(|value| value as i8));
    }
    features
}

/// The recording `name`, seen from `examples/`.
fn recording(name: &str) -> Vec<i16> {
    match name.strip_suffix(".flac") {
        Some(_) => common::flac(&format!("../{name}")),
        None => {
            let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).join(name);
            fs::read(file).unwrap().as_chunks().0.iter().map(|two| i16::from_le_bytes(*two)).collect()
        }
    }
}

fn features(model: &MicroModel<'_>, mut pcm: &[i16]) -> Vec<i8> {
    let mut front_end = MicroFrontEnd::new(MicroFrontEndConfig::base()).unwrap();
    let mut features = Vec::new();
    while !pcm.is_empty() {
        if let Some(frame) = front_end.process(&mut pcm) {
            features.extend(frame.mel().iter().map(|value| model.quantise(f64::from(*value))));
        }
    }
    features
}

#[test]
fn its_own_models_give_what_the_devices_compute() {
    let Some(folder) = models() else { return };
    let golden: Vec<Value> = match std::env::var_os("MICRO_WAKE_WORD_GOLDEN") {
        Some(file) => fs::read_to_string(file)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        None => golden("micro_wake_word.jsonl").collect(),
    };
    let (mut compared, mut highest, mut package) = (0, 0, (0, 0));
    for row in &golden {
        let (name, audio) = (row["model"].as_str().unwrap(), row["audio"].as_str().unwrap());
        let (expected, theirs) = (bytes(&row["device"]), bytes(&row["package"]));
        let file = fs::read(folder.join(format!("{name}.tflite"))).unwrap();
        let mut net = net(&file, Level::detect());
        let features = match audio {
            "random" => random(expected.len()),
            _ => features(net.model(), &recording(audio)),
        };
        assert!(features.len() / 120 == expected.len(), "{audio}");
        for (step, (input, expected)) in features.chunks_exact(120).zip(&expected).enumerate() {
            assert_eq!(net.process(input), [*expected], "{name}, {audio}, run {step}");
            (compared, highest) = (compared + 1, highest.max(*expected));
        }
        // What the package's own runtime says is another matter.
        for (ours, theirs) in expected.iter().zip(&theirs) {
            let apart = ours.abs_diff(*theirs);
            package = (package.0.max(apart), package.1 + u32::from(apart > 0));
        }
    }
    println!(
        "{compared} runs of {} recordings and models, up to {highest}/256: none apart; {} of the package's, by at most {}/256",
        golden.len(),
        package.1,
        package.0,
    );
    assert!(compared > 2000 && highest > 200);
}

#[test]
fn chunks_don_t_matter_and_nothing_is_left_after_a_reset() {
    // A net whose number has nothing to do with any phrase: nearly all of them are near misses.
    let model = MicroModel::parse(&NETS[0].model[..]).unwrap();
    let memory = MicroMemory::owned(&model);
    let config = MicroConfig { threshold: 0.9999, near_miss: 0.9999, ..MicroConfig::default() };
    let spotter = MicroSpotter::new(config, model, memory).unwrap();
    let pcm = &common::flac("kitchen.flac")[..16_000 * 8];
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap();
    let whole = common::any_chunks(&mut pipeline, pcm);
    let told = whole.iter().filter(|event| matches!(event, Event::Wake(_) | Event::NearMiss(_)));
    assert!(told.count() > 1, "{whole:?}");
}

#[test]
fn its_own_model_hears_its_phrase_once() {
    let Some(folder) = models() else { return };
    let model = MicroModel::parse(fs::read(folder.join("alexa.tflite")).unwrap()).unwrap();
    println!("alexa: {} steps and {} words of memory", model.required_steps(), model.required_words());
    let memory = MicroMemory::owned(&model);
    let spotter = MicroSpotter::new(MicroConfig::default(), model, memory).unwrap();
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap();
    let mut pcm = vec![0; 16_000];
    pcm.extend(recording("c/alexa.s16le"));
    pcm.extend([0; 16_000]);
    let mut wakes = 0;
    pipeline.push(&pcm, |event| wakes += usize::from(matches!(event, Event::Wake(_))));
    assert_eq!(wakes, 1);
}

#[test]
fn after_construction_nothing_touches_the_heap() {
    let model = MicroModel::parse(&NETS[0].model[..]).unwrap();
    let memory = MicroMemory::owned(&model);
    let spotter = MicroSpotter::new(MicroConfig::default(), model, memory).unwrap();
    let pcm = &common::flac("kitchen.flac")[..16_000 * 8];
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap();
    let (calls, highest) = heap::calls(|| {
        let mut highest = 0.0f32;
        for chunk in pcm.chunks(160) {
            pipeline.push(chunk, |_| {});
            highest = highest.max(pipeline.spotter().score());
        }
        pipeline.reset();
        highest
    });
    assert!(highest > 0.0);
    assert_eq!(calls, 0);
}
