//! `earnest eval`: a run, a run that is killed again and again, shards, and what is said of bad usage.

mod common;

use common::{Format, earnest, kitchen, model, run, spoken, wav};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A corpus: the phrase once, and short pieces of the kitchen without it.
fn corpus(folder: &Path, pieces: usize) -> String {
    let (samples, truth) = spoken();
    fs::write(folder.join("phrase.wav"), wav(&samples, 16_000, 1, Format::S16)).unwrap();
    let mut lines = format!(
        "{{\"file\":\"phrase.wav\",\"set\":\"kitchen\",\"split\":\"dev\",\"kind\":\"wake\",\"phrase\":\"Hey Earnest\",\
         \"phrase_at\":[[{},{}]],\"seconds\":9}}\n",
        truth.start, truth.end
    );
    let quiet = &common::flac(&kitchen().join("background.flac"));
    for n in 0..pieces {
        let piece: Vec<f32> = quiet.iter().skip(n * 1_600).take(24_000).copied().collect();
        fs::write(folder.join(format!("{n}.wav")), wav(&piece, 16_000, 1, Format::S16)).unwrap();
        lines.push_str(&format!(
            "{{\"file\":\"{n}.wav\",\"set\":\"talk\",\"split\":\"dev\",\"kind\":\"speech\"}}\n"
        ));
    }
    let manifest = folder.join("manifest.jsonl");
    fs::write(&manifest, lines).unwrap();
    manifest.to_str().unwrap().into()
}

fn files(out: &Path) -> [String; 3] {
    ["run.json", "units.jsonl", "result.json"].map(|name| fs::read_to_string(out.join(name)).unwrap())
}

fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

#[test]
fn it_counts_what_is_heard() {
    let folder = TempDir::new().unwrap();
    let manifest = corpus(folder.path(), 3);
    let out = at(&folder, "out");
    let config = kitchen().join("assistant.toml").to_str().unwrap().to_string();
    let args = ["eval", "--manifest", &manifest, "--config", &config, "--out", &out];
    let json = |args: &[&str]| run(&[args, &["--json"]].concat());
    let result = json(&args);
    assert_eq!(result.code, 0, "{}", result.stderr);
    let summary = &result.of_type("summary")[0];
    assert_eq!((&summary["trials"], &summary["hits"]), (&1.into(), &1.into()), "{summary}");
    assert_eq!(summary["units_done"], 4);
    assert_eq!(result.of_type("group").len(), 2);
    // As `detect` finds it, decided a little later.
    let units = fs::read_to_string(folder.path().join("out/units.jsonl")).unwrap();
    assert_eq!(units.lines().count(), 4);
    // Again: it is there.
    let again = json(&args);
    assert_eq!((again.code, &again.of_type("summary")[0]["hits"]), (0, &1.into()));
    // For people.
    let told = run(&args);
    let heard = format!("heard 1 of 1; {} false accepts", summary["false_accepts"]);
    assert!(told.stdout.contains(&heard), "{}", told.stdout);
    assert_eq!(run(&args[..5]).code, 2, "--out is missing");
}

#[test]
fn killed_twenty_times_it_still_gets_there() {
    let folder = TempDir::new().unwrap();
    let manifest = corpus(folder.path(), 60);
    let (model, noise) = (model(), format!("{}@10", kitchen().join("background.flac").display()));
    let (whole, out) = (at(&folder, "whole"), at(&folder, "out"));
    let args = |out: &str| {
        ["eval", "--manifest", &manifest, "--model", &model, "--noise", &noise, "--jobs", "2", "--out", out]
            .map(str::to_string)
    };
    let done = earnest().args(args(&whole)).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let log = folder.path().join("out/log.jsonl");
    let lines = || fs::read(&log).map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count());
    let mut state = std::process::id() as u64;
    let (mut killed, mut grew) = (0, 0);
    while killed < 20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // At the very start, or after a unit or two or three, and then at any moment.
        let (before, wait) = (lines(), (state >> 33) % 4);
        let moment = Duration::from_micros((state >> 40) % 20_000);
        let mut child =
            earnest().args(args(&out)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        while lines() < before + wait as usize && since.elapsed() < Duration::from_secs(60) {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        grew += usize::from(lines() > before);
    }
    assert!(grew >= 5, "it was killed at work: {grew} of {killed} times");
    let done = earnest().args(args(&out)).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!log.exists());
    assert_eq!(files(Path::new(&out)), files(Path::new(&whole)));
}

#[test]
fn shards_merge_to_the_whole() {
    let folder = TempDir::new().unwrap();
    let manifest = corpus(folder.path(), 6);
    let model = model();
    let shard = |name: &str, shard: &str| {
        run(&["eval", "--manifest", &manifest, "-m", &model, "--shard", shard, "--out", &at(&folder, name)])
    };
    assert_eq!(shard("whole", "1/1").code, 0);
    for i in 1..=3 {
        assert_eq!(shard(&format!("part{i}"), &format!("{i}/3")).code, 0);
    }
    let parts = [1, 2, 3].map(|i| at(&folder, &format!("part{i}")));
    let merged = at(&folder, "merged");
    let result = run(&["eval", "merge", &parts[2], &parts[0], &parts[1], "--out", &merged, "--json"]);
    assert_eq!(result.code, 0, "{}", result.stderr);
    assert_eq!(files(Path::new(&merged)), files(&folder.path().join("whole")));
    assert_eq!(shard("part1", "2/3").code, 2);
    assert!(shard("part1", "2/3").stderr.contains("another shard: expected 2/3, found 1/3"));
    assert!(shard("x", "4/3").stderr.contains("--shard 4/3: expected I/N"));
}

#[test]
fn what_is_wrong_is_said() {
    let folder = TempDir::new().unwrap();
    let manifest = corpus(folder.path(), 1);
    let (model, out) = (model(), at(&folder, "out"));
    let bad = |args: &[&str], expected: &str| {
        let result = run(&[&["eval", "--out", &out][..], args].concat());
        assert_eq!(result.code, 2, "{}", result.stderr);
        assert!(result.stderr.contains(expected), "{}", result.stderr);
        assert!(result.stdout.is_empty());
    };
    bad(&["--manifest", &manifest], "nothing to judge");
    bad(&["-m", &model], "nothing to listen to");
    bad(&["-m", &model, "--manifest", "none.jsonl"], "none.jsonl: cannot be read");
    bad(&["-m", &model, "--manifest", &manifest, "--split", "test"], "found none (2 were left out)");
    bad(&["-m", &model, "--manifest", &manifest, "--noise", "kitchen"], "expected FILE@DB");
    bad(&["-m", &model, "--manifest", &manifest, "--gain", "3..1"], "gain_db");
    bad(&["-m", &manifest, "--manifest", &manifest], "not a wake phrase");
    // A file that can't be read: told, counted, and the others are done.
    fs::write(folder.path().join("0.wav"), "no audio").unwrap();
    let result = run(&["eval", "-m", &model, "--manifest", &manifest, "--out", &out, "--json"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("0.wav: expected WAV, FLAC, Ogg (Vorbis or Opus) or MP3, found text"));
    let summary = &result.of_type("summary")[0];
    assert_eq!((&summary["failed"], &summary["units_done"]), (&1.into(), &2.into()));
}

/// What another engine told goes through the same scorer.
#[test]
fn events_of_others_are_scored() {
    let folder = TempDir::new().unwrap();
    let manifest = corpus(folder.path(), 2);
    let file = |name: &str| folder.path().join(name);
    let lines = format!(
        "{{\"type\":\"file\",\"file\":{:?},\"seconds\":11.0,\"at_s\":[5.9],\"max_score\":0.8}}\n\
         {{\"type\":\"file\",\"file\":{:?},\"seconds\":3.5,\"at_s\":[2.0],\"max_score\":null}}\n\
         {{\"type\":\"summary\",\"engine\":\"other\"}}\n",
        file("phrase.wav"),
        file("0.wav")
    );
    fs::write(file("events.jsonl"), lines).unwrap();
    let (events, out) = (at(&folder, "events.jsonl"), at(&folder, "out"));
    let result = run(&[
        "eval",
        "--manifest",
        &manifest,
        "--events",
        &events,
        "--events-pad",
        "1",
        "--phrase",
        "hey earnest",
        "--out",
        &out,
        "--json",
    ]);
    // The third recording was not given to it.
    assert_eq!(result.code, 1, "{}", result.stderr);
    assert!(result.stderr.contains("1.wav: the subject has nothing about this file"));
    let summary = &result.of_type("summary")[0];
    assert_eq!((&summary["hits"], &summary["false_accepts"]), (&1.into(), &1.into()), "{summary}");
    assert!((summary["negative_hours"].as_f64().unwrap() * 3600.0 - 1.5).abs() < 1e-6);
    let units = fs::read_to_string(folder.path().join("out/units.jsonl")).unwrap();
    assert!(units.contains("\"first\":[[237,78400]]"), "4.9 s: {units}");
}
