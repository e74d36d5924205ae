//! What is no proper recording gives a clear error, or the right result and a warning; the others still count.

mod common;

use common::{Format, Run, detect, model, run, tone, wav};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

fn written(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let file = folder.path().join(name);
    fs::write(&file, bytes).unwrap();
    file
}

/// A run that failed on `file` only: exit 1, one error that names the file, one line for it without a result.
fn refused(file: &Path, problem: &str) {
    let result = detect(file);
    assert_eq!(result.code, 1, "{}", result.stderr);
    let error = format!("error: {}: {problem}", file.display());
    assert!(result.stderr.starts_with(&error), "{}\n{error}", result.stderr);
    assert_eq!(result.stderr.lines().count(), 1, "{}", result.stderr);
    let lines = result.json();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["type"], "file");
    assert_eq!(lines[0]["detections"], 0);
    assert!(lines[0]["max_score"].is_null() && lines[0]["seconds"].is_null());
    assert!(result.stderr.contains(lines[0]["error"].as_str().unwrap()));

    let listened = run(&["listen", "--json", file.to_str().unwrap()]);
    assert_eq!(listened.code, 1);
    assert!(listened.stderr.starts_with(&error), "{}", listened.stderr);
}

/// A run that used what was there and said what was wrong.
fn warned(file: &Path, warning: &str, seconds: f64) -> Run {
    let result = detect(file);
    assert_eq!(result.code, 0, "{}", result.stderr);
    let told = format!("warning: {}: {warning}", file.display());
    assert!(result.stderr.starts_with(&told), "{}\n{told}", result.stderr);
    let line = &result.of_type("file")[0];
    assert_eq!(line["seconds"], seconds);
    assert!(line["warnings"][0].as_str().unwrap().starts_with(warning), "{line}");
    result
}

#[test]
fn missing_file() {
    refused(Path::new("no/such/file.wav"), "no such file");
}

#[test]
fn directory() {
    let folder = TempDir::new().unwrap();
    refused(folder.path(), "expected an audio file, found a directory");
}

#[test]
fn empty_file() {
    let folder = TempDir::new().unwrap();
    let file = written(&folder, "empty.wav", b"");
    refused(&file, "expected an audio file, found an empty file (0 bytes)");
}

#[test]
fn text_named_wav() {
    let folder = TempDir::new().unwrap();
    let text = "Dear diary, today nobody said the wake word.\n".repeat(100);
    let file = written(&folder, "text.wav", text.as_bytes());
    refused(&file, "expected WAV, FLAC, Ogg (Vorbis or Opus) or MP3, found text (\"Dear diary");
}

#[test]
fn other_formats_are_named() {
    let folder = TempDir::new().unwrap();
    let mut mp4 = b"\0\0\0\x20ftypM4A ".to_vec();
    mp4.resize(4_000, 0);
    let file = written(&folder, "speech.m4a", &mp4);
    refused(&file, "expected WAV, FLAC, Ogg (Vorbis or Opus) or MP3, found MP4 (AAC)");
    let file = written(&folder, "noise.wav", &[0x13, 0x37, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    refused(
        &file,
        "expected WAV, FLAC, Ogg (Vorbis or Opus) or MP3, found an unknown format (first bytes 13 37 00 01",
    );
}

#[test]
fn header_only_and_half_a_header() {
    let folder = TempDir::new().unwrap();
    let bytes = wav(&tone(16_000, 1.0), 16_000, 1, Format::S16);
    let file = written(&folder, "half.wav", &bytes[..30]);
    refused(&file, "expected an intact header, found damage: the file ends inside it");
    let file = written(&folder, "header.wav", &bytes[..44]);
    refused(&file, "expected sound, found 0 samples");
}

#[test]
fn zero_samples() {
    let folder = TempDir::new().unwrap();
    for (channels, format) in [(1, Format::S16), (2, Format::F32)] {
        let file = written(&folder, "none.wav", &wav(&[], 44_100, channels, format));
        refused(&file, "expected sound, found 0 samples");
    }
}

#[test]
fn one_sample() {
    let folder = TempDir::new().unwrap();
    let file = written(&folder, "one.wav", &wav(&[0.5], 16_000, 1, Format::S16));
    let result = detect(&file);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""));
    let line = &result.of_type("file")[0];
    assert_eq!(line["seconds"], 1.0 / 16_000.0);
    assert!(line["max_score"].is_null(), "less than a frame has no score: {line}");
}

#[test]
fn impossible_rates() {
    let folder = TempDir::new().unwrap();
    for rate in [1, 999, 768_001, 4_000_000_000] {
        let mut bytes = wav(&tone(16_000, 0.1), 16_000, 1, Format::S16);
        bytes[24..28].copy_from_slice(&u32::to_le_bytes(rate));
        let file = written(&folder, "rate.wav", &bytes);
        refused(&file, &format!("expected a sample rate of 1000 to 768000 Hz, found {rate} Hz"));
    }
}

#[test]
fn truncated_wav() {
    let folder = TempDir::new().unwrap();
    let bytes = wav(&tone(16_000, 3.0), 16_000, 1, Format::S16);
    let file = written(&folder, "cut.wav", &bytes[..44 + 2 * 20_000 + 1]);
    warned(&file, "truncated: expected 3.00 s, found 1.25 s, used those", 1.25);
    // Cut within a frame of six channels.
    let bytes = wav(&tone(48_000, 1.0), 48_000, 6, Format::S24);
    let file = written(&folder, "cut6.wav", &bytes[..44 + 18 * 24_000 + 7]);
    warned(&file, "truncated: expected 1.00 s, found 0.50 s, used those", 0.5);
}

#[test]
fn truncated_flac() {
    let folder = TempDir::new().unwrap();
    let bytes = fs::read(common::kitchen().join("kitchen.flac")).unwrap();
    let file = written(&folder, "cut.flac", &bytes[..bytes.len() / 2]);
    let result = detect(&file);
    assert_eq!(result.code, 0, "{}", result.stderr);
    assert!(result.stderr.contains("truncated: expected 46."), "{}", result.stderr);
    let seconds = result.of_type("file")[0]["seconds"].as_f64().unwrap();
    assert!((10.0..40.0).contains(&seconds), "{seconds}");
}

/// A header from a recorder that didn't know the length yet.
#[test]
fn streamed_wav_without_a_length() {
    let folder = TempDir::new().unwrap();
    let mut bytes = wav(&tone(16_000, 1.0), 16_000, 1, Format::S16);
    bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    bytes[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    let file = written(&folder, "stream.wav", &bytes);
    let result = detect(&file);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""));
    assert_eq!(result.of_type("file")[0]["seconds"], 1.0);
}

#[test]
fn nan_and_infinite_samples() {
    let folder = TempDir::new().unwrap();
    let (mut samples, truth) = common::spoken();
    let (first, last) = ((truth.end * 16_000.0) as usize + 8_000, samples.len());
    let clean = written(&folder, "clean.wav", &wav(&samples, 16_000, 1, Format::F32));
    for n in [0, 1, first, first + 1, last - 1] {
        samples[n] = if n % 2 == 0 { f32::NAN } else { f32::NEG_INFINITY };
    }
    let file = written(&folder, "nan.wav", &wav(&samples, 16_000, 1, Format::F32));
    let warning = "5 of 144000 samples are NaN or infinite, taken as silence";
    let result = warned(&file, warning, 9.0);
    let expected = detect(&clean).of_type("detection");
    let got = result.of_type("detection");
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(&expected) {
        assert!((got["score"].as_f64().unwrap() - expected["score"].as_f64().unwrap()).abs() < 0.02);
    }
    // Nothing but NaN is silence: no speech, no score, no poison.
    let file = written(&folder, "all.wav", &wav(&[f32::NAN; 32_000], 16_000, 1, Format::F32));
    let result = warned(&file, "32000 of 32000 samples are NaN", 2.0);
    assert_eq!(result.of_type("file")[0]["detections"], 0);
}

#[test]
fn samples_beyond_full_scale() {
    let folder = TempDir::new().unwrap();
    let loud: Vec<f32> = tone(16_000, 1.0).iter().map(|sample| sample * 32_768.0).collect();
    let file = written(&folder, "scale.wav", &wav(&loud, 16_000, 1, Format::F32));
    let result = detect(&file);
    assert_eq!(result.code, 0);
    assert!(result.stderr.contains("samples lie beyond full scale (±1), clipped"), "{}", result.stderr);
}

#[test]
fn the_others_are_still_processed() {
    let folder = TempDir::new().unwrap();
    let good = written(&folder, "good.wav", &wav(&common::spoken().0, 16_000, 1, Format::S16));
    let good = good.to_str().unwrap();
    let threshold = common::lenient();
    let options = ["detect", "--model", &model(), "--threshold", &threshold, "--json"];
    let result = run(&[&options[..], &["nope.wav", good, "neither.wav", good]].concat());
    assert_eq!(result.code, 1);
    let files = result.of_type("file");
    assert_eq!(files.len(), 4);
    assert_eq!(files.iter().filter(|file| file.get("error").is_some()).count(), 2);
    assert_eq!(files[1]["seconds"], 9.0);
    let heard = result.of_type("detection");
    assert_eq!(heard.len(), 2);
    assert_eq!((&files[1], &heard[0]), (&files[3], &heard[1]), "one file must not leak into the next");
}

/// A file that was there when the list was made and is gone when its turn comes.
#[test]
fn a_file_that_vanishes() {
    let folder = TempDir::new().unwrap();
    let bytes = wav(&tone(16_000, 1.0), 16_000, 1, Format::S16);
    let stays = written(&folder, "stays.wav", &bytes);
    let goes = written(&folder, "goes.wav", &bytes);
    let mut child = common::earnest()
        .args(["detect", "--model", &model(), "--json", "--list", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut list = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    writeln!(list, "{}", stays.display()).unwrap();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("stays.wav"), "a list is worked on while it is written: {first}");
    fs::remove_file(&goes).unwrap();
    writeln!(list, "{}\n\n{}", goes.display(), stays.display()).unwrap();
    drop(list);
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest.len(), 2, "{rest:?}");
    assert!(rest[0].contains("goes.wav: no such file"), "{}", rest[0]);
    assert_eq!(rest[1], first);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn nothing_on_stdin() {
    let result = run(&["listen", "--json", "-"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.starts_with("error: -: expected sound, found 0 samples"), "{}", result.stderr);
}
