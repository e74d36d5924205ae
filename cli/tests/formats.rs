//! The same sound in every format, rate and channel count is the same result.

mod common;

use common::{Format, at_rate, detect, lenient, model, run, spoken, tone, wav};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// Detections as (start, end, score).
fn detections(lines: &[Value]) -> Vec<(f64, f64, f64)> {
    let number = |line: &Value, key: &str| line[key].as_f64().unwrap();
    lines.iter().map(|l| (number(l, "start_s"), number(l, "end_s"), number(l, "score"))).collect()
}

#[test]
fn the_phrase_is_heard_in_every_format() {
    let folder = TempDir::new().unwrap();
    let (samples, truth) = spoken();
    let base = folder.path().join("base.wav");
    fs::write(&base, wav(&samples, 16_000, 1, Format::S16)).unwrap();
    let expected = detections(&detect(&base).of_type("detection"));
    assert_eq!(expected.len(), 1, "{expected:?}");
    let (start, end, _) = expected[0];
    assert!(start < truth.end && end > truth.start, "{expected:?} is not {truth:?}");

    // (rate, channels, format, how far the score may move: 8 bits bring noise of their own)
    let cases = [
        (16_000, 1, Format::S24, 1e-3),
        (16_000, 1, Format::S32, 1e-3),
        (16_000, 1, Format::F32, 1e-3),
        (16_000, 2, Format::S16, 1e-3),
        (16_000, 6, Format::S24, 1e-3),
        (16_000, 1, Format::U8, 0.2),
        (44_100, 2, Format::S16, 0.03),
        (48_000, 1, Format::F32, 0.03),
        (96_000, 2, Format::S24, 0.03),
    ];
    for (rate, channels, format, tolerance) in cases {
        let file = folder.path().join(format!("{rate}-{channels}-{format:?}.wav"));
        fs::write(&file, wav(&at_rate(&samples, rate), rate, channels, format)).unwrap();
        let result = detect(&file);
        assert_eq!(result.code, 0, "{}", result.stderr);
        let got = detections(&result.of_type("detection"));
        assert_eq!(got.len(), 1, "{}: {}", file.display(), result.stdout);
        for (got, expected) in got.iter().zip(&expected) {
            assert!((got.0 - expected.0).abs() < 0.1, "{}: {got:?} {expected:?}", file.display());
            assert!((got.1 - expected.1).abs() < 0.1, "{}: {got:?} {expected:?}", file.display());
            assert!((got.2 - expected.2).abs() <= tolerance, "{}: {got:?} {expected:?}", file.display());
        }
        let seconds = result.of_type("file")[0]["seconds"].as_f64().unwrap();
        assert!((seconds - 9.0).abs() < 2.0 / 16_000.0, "{}: {seconds}", file.display());
    }
}

/// Half the band is missing, so the score is its own; the length and the order of things are not.
#[test]
fn telephone_speech_is_taken() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("8k.wav");
    let half: Vec<f32> = at_rate(&spoken().0, 8_000);
    fs::write(&file, wav(&half, 8_000, 1, Format::U8)).unwrap();
    let result = detect(&file);
    assert_eq!(result.code, 0, "{}", result.stderr);
    assert!((result.of_type("file")[0]["seconds"].as_f64().unwrap() - 9.0).abs() < 2.0 / 16_000.0);
}

#[test]
fn lossy_files_are_as_long_as_what_was_put_in() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["clip.ogg", "clip.mp3", "clip.opus"] {
        let result = detect(&data.join(name));
        assert_eq!(result.code, 0, "{}", result.stderr);
        assert_eq!(result.of_type("file")[0]["seconds"], 1.36, "{name}");
    }
}

#[test]
fn raw_samples_on_stdin_are_the_file_they_came_from() {
    let folder = TempDir::new().unwrap();
    let (samples, _) = spoken();
    let base = folder.path().join("base.wav");
    let bytes = wav(&samples, 16_000, 1, Format::S16);
    fs::write(&base, &bytes).unwrap();
    let raw = folder.path().join("raw");
    fs::write(&raw, &bytes[44..]).unwrap();
    let piped = |file: &std::path::Path| -> common::Run {
        let mut command = common::earnest();
        command.args(["detect", "--model", &model(), "--threshold", &lenient(), "--json", "-"]);
        command.stdin(fs::File::open(file).unwrap()).output().unwrap().into()
    };
    let (from_file, from_pipe) = (detect(&base), piped(&raw));
    let renamed = from_file.stdout.replace(&format!("{:?}", base.to_str().unwrap()), "\"-\"");
    assert_eq!(from_pipe.stdout, renamed);
    assert!(from_pipe.stderr.is_empty(), "{}", from_pipe.stderr);

    let mut odd = bytes[44..].to_vec();
    odd.push(1);
    fs::write(&raw, odd).unwrap();
    let odd = piped(&raw);
    assert_eq!(odd.code, 0);
    assert!(odd.stderr.contains("-: the last byte is half a sample, dropped"), "{}", odd.stderr);
    assert_eq!(odd.of_type("detection").len(), from_pipe.of_type("detection").len());
}

#[test]
fn listen_hears_what_detect_finds() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("96k.wav");
    fs::write(&file, wav(&at_rate(&spoken().0, 96_000), 96_000, 2, Format::S24)).unwrap();
    let detected = detections(&detect(&file).of_type("detection"));
    let listened = run(&["listen", "--threshold", &lenient(), "--json", file.to_str().unwrap()]);
    assert_eq!(detections(&listened.of_type("wake")), detected);
    let tone_file = folder.path().join("tone.wav");
    fs::write(&tone_file, wav(&tone(16_000, 3.0), 16_000, 1, Format::S16)).unwrap();
    let listened = run(&["listen", "--threshold", &lenient(), "--json", tone_file.to_str().unwrap()]);
    assert_eq!(listened.of_type("wake").len(), 0, "{}", listened.stdout);
    assert_eq!(listened.of_type("end")[0]["seconds"], 3.0);
}
