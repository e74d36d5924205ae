//! `--engine micro`: a model of microWakeWord's kind and the manifest beside it.

mod common;

use common::{Format, run, tone, wav};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A small net of the right shape, whose number has nothing to do with any phrase.
fn net() -> Vec<u8> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/micro_nets.jsonl");
    let text = fs::read_to_string(golden).unwrap();
    let row: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let hex = row["model"].as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Files {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("hey_you.tflite"), net()).unwrap();
        fs::write(folder.path().join("tone.wav"), wav(&tone(16_000, 3.0), 16_000, 1, Format::S16)).unwrap();
        Files { folder }
    }

    fn path(&self, name: &str) -> String {
        PathBuf::from(self.folder.path()).join(name).to_str().unwrap().into()
    }

    fn manifest(&self, text: &str) {
        fs::write(self.path("hey_you.json"), text).unwrap();
    }
}

#[test]
fn the_manifest_says_the_phrase_and_the_score_to_wake_at() {
    let files = Files::new();
    let (model, tone) = (files.path("hey_you.tflite"), files.path("tone.wav"));
    files.manifest(
        r#"{"type": "micro", "wake_word": "Hey, you", "version": 2,
            "micro": {"probability_cutoff": 0.01, "sliding_window_size": 3, "feature_step_size": 10}}"#,
    );
    for engine in [&[][..], &["--engine", "micro"]] {
        let told = run(&[&["detect", "--json", "--model", &model, &tone], engine].concat());
        assert_eq!((told.code, told.stderr.as_str()), (0, ""));
        let detection = &told.of_type("detection")[0];
        assert_eq!((&detection["engine"], &detection["phrase"]), (&"micro".into(), &"Hey, you".into()));
        assert_eq!(detection["threshold"], 0.01);
    }
}

#[test]
fn without_a_manifest_the_phrase_is_the_name_of_the_file() {
    let files = Files::new();
    let (model, tone) = (files.path("hey_you.tflite"), files.path("tone.wav"));
    let told = run(&["detect", "--json", "--model", &model, "--threshold", "0", &tone]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    assert_eq!(told.of_type("detection")[0]["phrase"], "hey you");
}

#[test]
fn what_is_wrong_is_told_with_its_numbers() {
    let files = Files::new();
    let (model, tone) = (files.path("hey_you.tflite"), files.path("tone.wav"));
    let told = |args: &[&str], words: &str| {
        let told = run(&[&["detect", "--model", &model, &tone], args].concat());
        assert_eq!(told.code, 2, "{}", told.stderr);
        assert!(told.stderr.contains(words), "{}", told.stderr);
    };
    told(&["--engine", "net"], "it is for engine `micro`");
    told(&["--fa-per-hour", "1"], "has no curve of false accepts; use --threshold");
    files.manifest(r#"{"wake_word": "x", "micro": {"probability_cutoff": 0.9, "sliding_window_size": 300}}"#);
    told(&[], "window is 300, expected 1 to 64");
    files.manifest(r#"{"wake_word": "x"}"#);
    told(&[], "hey_you.json: missing field `micro`");
    fs::remove_file(files.path("hey_you.json")).unwrap();
    fs::write(&model, &net()[..5000]).unwrap();
    told(&[], "no model for engine `micro`: damaged: it leads to byte");
}
