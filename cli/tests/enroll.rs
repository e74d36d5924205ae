//! Enrolling a phrase: what is used, what is refused, what is told.

mod common;

use common::{Format, Run, flac, kitchen, lenient, model, run, spoken, tone, wav};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn clip(n: usize) -> String {
    kitchen().join(format!("enroll/{n}.flac")).to_str().unwrap().into()
}

fn enroll(output: &Path, clips: &[String], more: &[&str]) -> Run {
    let mut args = vec!["enroll", "hey earnest"];
    args.extend(clips.iter().map(String::as_str));
    args.extend(["-o", output.to_str().unwrap()]);
    args.extend(more);
    run(&args)
}

fn written(folder: &TempDir, name: &str, samples: &[f32]) -> String {
    let file = folder.path().join(name);
    fs::write(&file, wav(samples, 16_000, 1, Format::S16)).unwrap();
    file.to_str().unwrap().into()
}

/// The bundled model is what the command makes of the bundled recordings, bit for bit, and it finds the phrase.
#[test]
fn the_bundled_model_is_what_enroll_makes() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("made.earnest");
    let background = kitchen().join("background.flac");
    let clips: Vec<String> = (1..=5).map(clip).collect();
    let result = enroll(&made, &clips, &["--json", "--background", background.to_str().unwrap()]);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""));
    let same = fs::read(&made).unwrap() == fs::read(model()).unwrap();
    assert!(same, "the engine or the recordings changed: make {} anew, and look at its threshold", model());
    assert_eq!(result.of_type("clip").len(), 5);
    let told = &result.of_type("model")[0];
    assert_eq!(told["phrase"], "hey earnest");
    assert_eq!(told["background_wakes"], 0);
    assert!(
        (told["background_s"].as_f64().unwrap() - flac(&background).len() as f64 / 16_000.0).abs() < 1e-6
    );
    for line in result.of_type("clip") {
        assert!(line["agreement"].as_f64() >= told["threshold"].as_f64(), "{line}");
        assert!(line["end_s"].as_f64() > line["start_s"].as_f64());
        assert!(line.get("warnings").is_none(), "{line}");
    }

    let file = written(&folder, "spoken.wav", &spoken().0);
    let made = made.to_str().unwrap();
    let found = run(&["detect", "--model", made, "--threshold", &lenient(), "--json", &file]);
    assert_eq!(found.of_type("detection").len(), 1, "{}", found.stdout);
}

#[test]
fn three_to_eight_recordings() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("made.earnest");
    for count in [1, 2, 9] {
        let result = enroll(&made, &vec![clip(1); count], &[]);
        assert_eq!(result.code, 2);
        assert!(result.stderr.contains(&format!("{count} recordings, expected 3 to 8")), "{}", result.stderr);
    }
    assert!(!made.exists());
}

#[test]
fn what_cannot_be_used_is_left_out_and_named() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("made.earnest");
    let silence = written(&folder, "silence.wav", &[0.0; 24_000]);
    let long = written(&folder, "long.wav", &tone(16_000, 31.0));
    let clips = [clip(1), silence.clone(), clip(2), "nope.wav".into(), long.clone(), clip(3)];
    let result = enroll(&made, &clips, &["--json"]);
    assert_eq!(result.code, 1, "{}", result.stderr);
    for words in [
        format!("{silence}: no speech found"),
        "nope.wav: no such file".into(),
        format!("{long}: expected one phrase"),
    ] {
        assert!(result.stderr.contains(&words), "{words}: {}", result.stderr);
    }
    assert_eq!(result.of_type("clip").len(), 3);
    assert!(made.exists());

    fs::remove_file(&made).unwrap();
    let result = enroll(&made, &[clip(1), silence, clip(2)], &[]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("was not enrolled: 2 recordings, expected 3 to 8"), "{}", result.stderr);
    assert!(!made.exists(), "no model of two");
}

#[test]
fn doubtful_recordings_are_remarked_on() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("made.earnest");
    let sound = flac(Path::new(&clip(4)));
    let loudest = sound.iter().fold(0.0f32, |max, sample| max.max(sample.abs()));
    let scaled = |peak: f32| sound.iter().map(|s| (s * peak / loudest).clamp(-1.0, 1.0)).collect::<Vec<_>>();
    let quiet = written(&folder, "quiet.wav", &scaled(0.01));
    let overdriven = written(&folder, "overdriven.wav", &scaled(4.0));
    // "Turn on the kitchen light."
    let other = flac(&kitchen().join("kitchen.flac"))[588_000..618_000].to_vec();
    let other = written(&folder, "other.wav", &other);
    let clips = [clip(1), clip(2), clip(3), quiet, overdriven, other];
    let result = enroll(&made, &clips, &["--json"]);
    assert_eq!(result.code, 0, "{}", result.stderr);
    let lines = result.of_type("clip");
    let remarks = |n: usize| lines[n]["warnings"].to_string();
    assert!(remarks(3).contains("very quiet"), "{}", remarks(3));
    assert!(remarks(4).contains("overdriven"), "{}", remarks(4));
    assert!(remarks(5).contains("unlike the others: left out"), "{}", lines[5]);
    assert!(lines[0].get("warnings").is_none(), "{}", lines[0]);

    let words = enroll(&made, &clips, &[]);
    assert!(words.stdout.contains("\"hey earnest\": weak"), "{}", words.stdout);
    assert!(words.stdout.contains("Estimate: 4 of 6 recordings"), "{}", words.stdout);
}

#[test]
fn a_model_needs_somewhere_to_go() {
    let clips: Vec<String> = (1..=3).map(clip).collect();
    let result = enroll(Path::new("no/such/folder/x.earnest"), &clips, &[]);
    assert_eq!(result.code, 2);
    assert!(result.stderr.contains("no/such/folder/x.earnest: cannot be written"), "{}", result.stderr);
}
