//! A run is a function of what it is asked: not of threads, shards, kills, or how audio is cut.

mod common;
mod eval_support;

use earnest::Storage;
use earnest::eval::augment::Codec;
use earnest::eval::plan::Shard;
use earnest::eval::result::Unit;
use earnest::eval::run::{EvalConfig, EvalError, evaluate, merge, read_result, read_units};
use earnest::eval::score::{FileEnd, Judge, Scorer, thresholds};
use earnest::eval::subject::{Chain, Decides, Heard, Subject};
use earnest::event::Event;
use earnest::pipeline::PipelineConfig;
use earnest::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use eval_support::{Script, Scripted, config, files, plant_many, wav};
use proptest::prelude::*;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// A corpus of many files, and what a run over it gives.
struct Many {
    corpus: TempDir,
    script: Script,
    expected: Vec<(&'static str, String)>,
}

const FILES: usize = 90;

fn many() -> &'static Many {
    static MANY: OnceLock<Many> = OnceLock::new();
    MANY.get_or_init(|| {
        let (corpus, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let script = plant_many(corpus.path(), FILES);
        // One that isn't there, one that is no audio: results too.
        let manifest = corpus.path().join("manifest.jsonl");
        let mut lines = fs::read_to_string(&manifest).unwrap();
        for name in ["gone.wav", "text.wav"] {
            lines.push_str(&format!("{{\"file\":\"{name}\",\"set\":\"broken\"}}\n"));
        }
        fs::write(corpus.path().join("text.wav"), "not audio at all").unwrap();
        fs::write(&manifest, lines).unwrap();
        fs::create_dir(corpus.path().join("noise")).unwrap();
        let noise = (0..30_000i32).map(|n| (n * n % 7919) as i16 - 3960);
        fs::write(corpus.path().join("noise/1.wav"), wav(noise.clone())).unwrap();
        fs::write(corpus.path().join("noise/2.wav"), wav(noise.rev())).unwrap();
        evaluate(&asked(corpus.path(), out.path()), || Ok(Scripted::new(&script)), |_| {}).unwrap();
        Many { script, expected: files(out.path()), corpus }
    })
}

/// Everything that could go wrong: noise, a codec, repetitions.
fn asked(corpus: &Path, out: &Path) -> EvalConfig {
    let mut config = config(corpus, out);
    config.plan.repeat = 2;
    config.augment.noise = Some((corpus.join("noise"), 10.0));
    config.augment.gain_db = Some((-6.0, 0.0));
    config.augment.codec = Some(Codec::MuLaw);
    config
}

impl Many {
    fn run(&self, out: &Path, shard: Shard, jobs: usize) -> Result<(), EvalError> {
        let config = EvalConfig { shard, jobs, ..asked(self.corpus.path(), out) };
        evaluate(&config, || Ok(Scripted::new(&self.script)), |_| {}).map(drop)
    }
}

#[test]
fn one_thread_or_five_is_the_same() {
    let many = many();
    for jobs in [1, 5] {
        let out = TempDir::new().unwrap();
        many.run(out.path(), Shard::ALL, jobs).unwrap();
        assert_eq!(files(out.path()), many.expected);
    }
    let result = &many.expected[2].1;
    assert!(result.contains("gone.wav") && result.contains("no such file"), "failed files are told");
    assert!(result.contains("expected WAV, FLAC"), "what is no audio is told");
}

#[test]
fn one_two_seven_or_sixty_four_shards_are_the_same() {
    let many = many();
    for of in [1, 2, 7, 64] {
        let folder = TempDir::new().unwrap();
        let parts: Vec<PathBuf> = (0..of).map(|i| folder.path().join(i.to_string())).collect();
        for (index, part) in (0..of).zip(&parts) {
            many.run(part, Shard { index, of }, 1).unwrap();
        }
        let out = folder.path().join("merged");
        merge(&parts, &out).unwrap();
        assert_eq!(files(&out), many.expected, "{of} shards");
    }
}

/// Dies at a unit, at twenty different ones, and tears what was written last.
#[test]
fn killed_and_resumed_is_the_same() {
    let many = many();
    let out = TempDir::new().unwrap();
    let config = asked(many.corpus.path(), out.path());
    let log = out.path().join("log.jsonl");
    let mut state = 5u64;
    let mut kept = Vec::new();
    for _ in 0..20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lives = (state >> 40) % 9;
        let mut units = 0;
        let died = catch_unwind(AssertUnwindSafe(|| {
            evaluate(
                &config,
                || Ok(Scripted::new(&many.script)),
                |_| {
                    units += 1;
                    assert!(units <= lives, "killed on purpose");
                },
            )
        }));
        assert!(died.is_err());
        let written = fs::read(&log).unwrap();
        // Up to two lines are torn off, the last one in its middle.
        let torn = written.len() - ((state >> 20) as usize % 300).min(written.len() / 2);
        fs::write(&log, &written[..torn]).unwrap();
        kept.push(torn);
    }
    assert!(kept.iter().max() > kept.first(), "it got on: {kept:?}");
    let outcome = evaluate(&config, || Ok(Scripted::new(&many.script)), |_| {}).unwrap();
    assert!(outcome.resumed > 0);
    assert_eq!(files(out.path()), many.expected);
    // Once more: nothing to do.
    let again = evaluate(&config, || Ok(Scripted::new(&many.script)), |_| panic!("nothing to do")).unwrap();
    assert_eq!(again.result, outcome.result);
}

/// A log with a byte changed is cut off there.
#[test]
fn a_damaged_log_is_done_again_from_the_damage_on() {
    let many = many();
    let out = TempDir::new().unwrap();
    let config = asked(many.corpus.path(), out.path());
    let mut units = 0;
    let died = catch_unwind(AssertUnwindSafe(|| {
        evaluate(
            &config,
            || Ok(Scripted::new(&many.script)),
            |_| {
                units += 1;
                assert!(units < 40, "killed on purpose");
            },
        )
    }));
    assert!(died.is_err());
    let log = out.path().join("log.jsonl");
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&log, bytes).unwrap();
    let outcome = evaluate(&config, || Ok(Scripted::new(&many.script)), |_| {}).unwrap();
    assert!((5..35).contains(&outcome.resumed), "{}", outcome.resumed);
    assert_eq!(files(out.path()), many.expected);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let many = many();
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    many.run(&at("1"), Shard { index: 0, of: 2 }, 2).unwrap();
    let mut other = EvalConfig { shard: Shard { index: 1, of: 2 }, ..asked(many.corpus.path(), &at("2")) };
    other.augment.seed = 2;
    evaluate(&other, || Ok(Scripted::new(&many.script)), |_| {}).unwrap();
    let error = merge(&[at("1"), at("2")], &at("m")).unwrap_err().to_string();
    assert!(error.contains("`augmentation.seed`: expected 0, found 2"), "{error}");
    // Another run in the folder of this one.
    let error = many.run(&at("2"), Shard::ALL, 1).unwrap_err().to_string();
    assert!(error.contains("augmentation.seed"), "{error}");
    // Another shard in the folder of this one.
    let error = many.run(&at("1"), Shard { index: 1, of: 2 }, 1).unwrap_err().to_string();
    assert!(error.contains("another shard: expected 2/2, found 1/2"), "{error}");
    // One twice is once.
    let result = merge(&[at("1"), at("1")], &at("twice")).unwrap();
    assert_eq!(result, read_result(&at("1")).unwrap());
    assert!(result.units_done < result.run.units);
    // The same unit with something else in it.
    fs::create_dir(at("forged")).unwrap();
    for name in ["run.json", "units.jsonl", "result.json", "cost.json"] {
        let text = fs::read_to_string(at("1").join(name)).unwrap();
        let text =
            if name == "units.jsonl" { text.replacen("\"samples\":", "\"samples\":1", 1) } else { text };
        fs::write(at("forged").join(name), text).unwrap();
    }
    let error = merge(&[at("1"), at("forged")], &at("m2")).unwrap_err().to_string();
    assert!(error.contains("unit 0"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any units in any folders, merged in any order and grouping.
    #[test]
    fn merging_is_associative_and_commutative(
        owners in prop::collection::vec(0usize..6, 2 * FILES + 4),
        order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(),
        cut in 1usize..5,
    ) {
        let many = many();
        let whole = TempDir::new().unwrap();
        for (name, text) in &many.expected {
            fs::write(whole.path().join(name), text).unwrap();
        }
        let folder = TempDir::new().unwrap();
        let parts: Vec<PathBuf> = (0..6).map(|i| folder.path().join(format!("part{i}"))).collect();
        for (i, part) in parts.iter().enumerate() {
            fs::create_dir(part).unwrap();
            let lines = many.expected[1].1.lines().zip(owners.iter().cycle());
            let own: String = lines.filter(|(_, owner)| **owner == i).map(|(line, _)| format!("{line}\n")).collect();
            fs::write(part.join("units.jsonl"), own).unwrap();
            fs::write(part.join("run.json"), &many.expected[0].1).unwrap();
            fs::write(part.join("result.json"), "{}").unwrap();
            let cost = r#"{"hours":1,"decode_cpu_s":1,"augment_cpu_s":0,"listen_cpu_s":1,"wall_s":1,"jobs":1,"sessions":1}"#;
            fs::write(part.join("cost.json"), cost).unwrap();
        }
        let parts: Vec<PathBuf> = order.iter().map(|i| parts[*i].clone()).collect();
        let (left, right) = parts.split_at(cut);
        let (a, b, out) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("out"));
        merge(left, &a).unwrap();
        merge(right, &b).unwrap();
        merge(&[b, a], &out).unwrap();
        prop_assert_eq!(files(&out), many.expected.clone());
    }
}

/// The bundled spotter, telling everything.
fn teller() -> impl Subject {
    let model = TemplateModel::parse(common::model()).unwrap();
    let state = Storage::owned(model.required_state());
    let config = TemplateConfig { threshold: Some(1.0), near_miss: 1.0, refractory_ms: 0 };
    let spotter = TemplateSpotter::new(config, model, state).unwrap();
    Chain::new(PipelineConfig::default(), spotter, Decides::ByDetection).unwrap()
}

fn told(subject: &mut impl Subject, pcm: &[i16], cuts: impl IntoIterator<Item = usize>) -> Vec<Heard> {
    subject.reset();
    let (mut heard, mut rest) = (Vec::new(), pcm);
    for cut in cuts {
        let (now, later) = rest.split_at(cut.min(rest.len()));
        subject.push(now, &mut |h| heard.push(h));
        rest = later;
    }
    subject.push(rest, &mut |h| heard.push(h));
    heard
}

#[test]
fn a_subject_says_the_same_however_audio_is_cut() {
    let pcm = &common::flac("kitchen.flac")[..160_000];
    let mut subject = teller();
    let expected = told(&mut subject, pcm, []);
    assert!(expected.iter().any(|heard| matches!(heard, Heard::Mark(_))));
    assert_eq!(told(&mut subject, pcm, std::iter::repeat_n(1, 20_000)), expected);
    assert_eq!(told(&mut subject, pcm, (0..).map(|n| n * 37 % 1001).take(400)), expected);
}

/// What the scorer makes of everything that a spotter tells is what the spotter does when it is given that threshold.
#[test]
fn the_scorers_first_event_is_the_devices_at_every_threshold() {
    let pcm = common::flac("kitchen.flac");
    let grid = thresholds();
    let planned = |at: f64| earnest::eval::plan::PlannedFile {
        file: "kitchen.flac".into(),
        manifest: 0,
        group: 0,
        stretch: None,
        trials: Some(vec![((at * 16_000.0) as u64, pcm.len() as u64)]),
        seconds: None,
    };
    let rules = Default::default();
    let mut scorer = Scorer::new(rules, &grid);
    scorer.begin(&planned(0.0), 0);
    teller().push(&pcm, &mut |heard| scorer.heard(heard));
    scorer.end(FileEnd { samples: pcm.len() as u64, ..FileEnd::default() });
    let trial = &scorer.finish()[0].trials[0];
    let mut woke = 0;
    for (i, threshold) in grid.iter().enumerate().filter(|(i, _)| i % 16 == 0) {
        let model = TemplateModel::parse(common::model()).unwrap();
        let state = Storage::owned(model.required_state());
        let config = TemplateConfig { threshold: Some(*threshold), ..TemplateConfig::default() };
        let spotter = TemplateSpotter::new(config, model, state).unwrap();
        let mut pipeline =
            earnest::pipeline::Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap();
        let mut first = None;
        pipeline.push(&pcm, |event| {
            if let (Event::Wake(wake), None) = (event, first) {
                first = Some(wake.decided.0);
            }
        });
        let scored = trial.first.iter().find(|(n, _)| i < *n as usize).map(|(_, at)| *at);
        assert_eq!(scored, first, "threshold {threshold}");
        woke += usize::from(first.is_some());
    }
    assert!((5..33).contains(&woke), "{woke}: thresholds on both sides");
}

#[test]
fn units_can_be_read_one_by_one() {
    let many = many();
    let out = TempDir::new().unwrap();
    for (name, text) in &many.expected {
        fs::write(out.path().join(name), text).unwrap();
    }
    let units: Vec<Unit> = read_units(out.path()).unwrap().map(Result::unwrap).collect();
    let result = read_result(out.path()).unwrap();
    assert_eq!(units.len() as u64, result.run.units);
    let hits =
        |i: usize| units.iter().flat_map(|u| &u.files).flat_map(|f| &f.trials).filter(|t| t.hit(i)).count();
    for i in [0, 100, 300, 512] {
        assert_eq!(hits(i) as u64, result.groups.iter().map(|group| group.hits[i]).sum::<u64>());
    }
    assert!(result.groups.iter().any(|group| group.hits[100] > 0 && group.extra[100] > 0));
    assert!(result.groups.iter().any(|group| group.false_accepts[100] > 0));
}
