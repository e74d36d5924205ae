//! `earnest report` and `earnest tune` on results with a planted truth.

#[path = "../common/mod.rs"]
mod common;

use common::{earnest, kitchen};
use earnest::eval::result::{
    Augmentation, Cost, EvalResult, FORMAT, FalseAccept, FileResult, Group, GroupKey, ManifestId, Rules,
    Run as EvalRun, Spoken, Steps, SubjectId, Trace, Trial, Unit,
};
use earnest::eval::sum::Sum;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const HOUR: u64 = 16_000 * 3600;

/// Numbers without a pattern, the same each time.
struct Draws(u64);

impl Draws {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64 + 0.5) / (1_u64 << 31) as f64
    }

    fn exponential(&mut self) -> f64 {
        -self.unit().ln()
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

fn logistic(x: f64) -> f32 {
    (1.0 / (1.0 + (-x).exp())) as f32
}

/// A result of an engine whose sayings score `skill` on the average, as log odds.
struct Planted {
    label: &'static str,
    skill: f64,
    /// Only yes or no, as some engines tell.
    yes_or_no: bool,
    /// Hours of negative audio in the two splits.
    hours: [f64; 2],
}

impl Planted {
    fn write(&self, dir: &Path) {
        let thresholds: Vec<f32> = (0..257).map(|i| logistic(f64::from(i) / 16.0 - 6.0)).collect();
        let group = |set: &str, split: &str, kind: &str, positive: bool| GroupKey {
            set: set.into(),
            split: split.into(),
            kind: kind.into(),
            phrase: positive.then(|| "hey earnest".to_string()),
            positive,
        };
        let mut groups = Vec::new();
        for split in ["dev", "test"] {
            groups.push(group("wake/hey_earnest", split, "wake", true));
            groups.push(group("wake/hey_earnest_far", split, "wake", true));
            groups.push(group("negative/television", split, "negative", false));
            groups.push(group("negative/conversation", split, "negative", false));
            groups.push(group("music", split, "music", false));
        }
        let run = EvalRun {
            format: FORMAT,
            version: "0.1.0".into(),
            label: self.label.into(),
            subject: SubjectId {
                engine: "template".into(),
                model: Some("hey_earnest.earnest".into()),
                digest: Some("0".repeat(64)),
                threshold: Some(0.62),
                settings: BTreeMap::new(),
            },
            phrase: "hey earnest".into(),
            rules: Rules::default(),
            thresholds,
            augmentation: Augmentation::default(),
            manifests: vec![ManifestId {
                path: "planted/manifest.jsonl".into(),
                given: None,
                root: kitchen().to_str().unwrap().into(),
                digest: "1".repeat(64),
                rows: 640,
            }],
            split: None,
            repeat: 1,
            groups,
            excluded: Vec::new(),
            units: 0,
        };
        self.fill(dir, run);
    }

    fn score(&self, odds: f64) -> f32 {
        if self.yes_or_no { f32::from(u8::from(odds > 0.5)) } else { logistic(odds) }
    }

    fn fill(&self, dir: &Path, mut run: EvalRun) {
        let mut draws = Draws(7);
        let mut units = Vec::new();
        for (split, hours) in self.hours.into_iter().enumerate() {
            for n in 0..220_u64 {
                let far = n % 4 == 0;
                let odds = self.skill + 1.7 * draws.normal() - f64::from(u8::from(far));
                units.push(self.positive(&run, &mut draws, units.len(), 5 * split + usize::from(far), odds));
            }
            // A few sessions have most of what goes wrong, as in life.
            for n in 0..60 {
                let group = 5 * split + 2 + n % 3;
                let samples = (hours / 60.0 * HOUR as f64) as u64;
                let mean = if n % 20 == 3 { 40.0 } else { 2.5 };
                let count = (draws.exponential() * mean) as usize;
                let odds: Vec<f64> = (0..count).map(|_| 0.9 * draws.exponential() - 3.0).collect();
                units.push(self.negative(&run, units.len(), group, samples, &odds));
            }
        }
        run.units = units.len() as u64;
        let result = summed(run, &units);
        fs::create_dir_all(dir).unwrap();
        let lines: String = units.iter().map(|unit| serde_json::to_string(unit).unwrap() + "\n").collect();
        fs::write(dir.join("units.jsonl"), lines).unwrap();
        fs::write(dir.join("run.json"), serde_json::to_string(&result.run).unwrap()).unwrap();
        fs::write(dir.join("result.json"), serde_json::to_string(&result).unwrap()).unwrap();
        let cost = Cost {
            hours: 40.0,
            decode_cpu_s: 60.0,
            listen_cpu_s: 36.0,
            wall_s: 50.0,
            jobs: 2,
            sessions: 1,
            ..Cost::default()
        };
        fs::write(dir.join("cost.json"), serde_json::to_string(&cost).unwrap()).unwrap();
    }

    fn positive(&self, run: &EvalRun, draws: &mut Draws, unit: usize, group: usize, odds: f64) -> Unit {
        let peak = self.score(odds);
        let reached = run.thresholds.partition_point(|t| *t <= peak) as u32;
        let early = (16_000.0 * (0.9 + 0.15 * draws.exponential())) as u64;
        let first = match reached {
            0 => vec![],
            n => {
                vec![(n.div_ceil(2), early), (n, early + 3200)].into_iter().filter(|(m, _)| *m > 0).collect()
            }
        };
        let trial = Trial {
            start: 0,
            end: 24_000,
            spoken: 16_000,
            spoken_from: Spoken::Vad,
            peak: Some(peak),
            first,
        };
        let mut file = blank(format!("enroll/{}.flac", unit % 5 + 1), group, 24_000, Some(peak));
        file.trials = vec![trial];
        Unit {
            unit: unit as u64,
            session: format!("wake {unit}"),
            speaker: None,
            repetition: unit as u32,
            files: vec![file],
        }
    }

    fn negative(&self, run: &EvalRun, unit: usize, group: usize, samples: u64, odds: &[f64]) -> Unit {
        let mut counts = vec![0; run.thresholds.len()];
        let mut file = blank("kitchen.flac".into(), group, samples, None);
        for (n, odds) in odds.iter().enumerate() {
            let score = self.score(*odds);
            let reached = run.thresholds.partition_point(|t| *t <= score);
            counts[..reached].iter_mut().for_each(|count| *count += 1);
            file.peak = Some(file.peak.unwrap_or(0.0).max(score));
            let at = 32_000 + 40_000 * (n as i64 % 9) + 160 * (unit as i64 % 50);
            file.events.push(FalseAccept {
                at,
                start: at - 14_000,
                end: at - 1600,
                score,
                trace: Some(trace(at, score)),
            });
        }
        file.false_accepts = Steps::from_counts(&counts);
        let session = format!("television/evening_{unit:03}");
        Unit { unit: unit as u64, session, speaker: None, repetition: 0, files: vec![file] }
    }
}

fn blank(file: String, group: usize, samples: u64, peak: Option<f32>) -> FileResult {
    FileResult {
        file,
        manifest: 0,
        group: group as u32,
        samples,
        peak,
        trials: Vec::new(),
        false_accepts: Steps::default(),
        extra: Steps::default(),
        events: Vec::new(),
        error: None,
        warnings: Vec::new(),
    }
}

/// A hill that ends at the decision.
fn trace(at: i64, score: f32) -> Trace {
    let scores = (0..40_i16).map(|n| score * (-f32::from(n - 25).powi(2) / 60.0).exp()).collect();
    Trace { from: at - 25 * 1280, every: 1280, scores }
}

fn summed(run: EvalRun, units: &[Unit]) -> EvalResult {
    let mut sum = Sum::new(run);
    units.iter().for_each(|unit| sum.add(unit));
    sum.finish()
}

const OURS: Planted =
    Planted { label: "kitchen, template", skill: 2.2, yes_or_no: false, hours: [12.0, 20.0] };
const BETTER: Planted = Planted { label: "kitchen <net>", skill: 3.6, yes_or_no: false, hours: [12.0, 20.0] };
const RIVAL: Planted = Planted { label: "another engine", skill: 2.8, yes_or_no: true, hours: [12.0, 20.0] };

fn finish(command: &mut Command) -> common::Run {
    command.output().unwrap().into()
}

fn planted(name: &str, result: &Planted) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted").join(name);
    result.write(&dir);
    dir
}

fn report(dirs: &[&Path], more: &[&str], page: &Path) -> String {
    let mut command = earnest();
    command.arg("report").args(dirs).args(more).arg("-o").arg(page);
    let ended = finish(&mut command);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    fs::read_to_string(page).unwrap()
}

/// Also what the browser's test opens: `report.html` (three results) and `single.html`.
#[test]
fn a_page_needs_nothing_else_and_is_the_same_each_time() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (ours, better, rival) =
        (planted("ours", &OURS), planted("better", &BETTER), planted("rival", &RIVAL));
    let dirs = [ours.as_path(), &better, &rival];
    let page = report(&dirs, &["--title", "Kitchen </script> & co"], &folder.join("report.html"));
    assert_eq!(page, report(&dirs, &["--title", "Kitchen </script> & co"], &folder.join("again.html")));
    report(&[&ours], &["--probabilities"], &folder.join("single.html"));
    for remote in ["http://", "https://", "//cdn", "@import", "url("] {
        let found = page.matches(remote).count();
        // The name of SVG's namespace is no address.
        let allowed = match remote {
            "http://" => page.matches("http://www.w3.org/2000/svg").count(),
            // Within the page.
            "url(" => page.matches("url(#").count(),
            _ => 0,
        };
        assert_eq!(found, allowed, "{remote}");
    }
    assert!(page.contains("Kitchen &lt;/script&gt; &amp; co") && !page.contains("kitchen <net>"));
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(page.matches("data:audio/wav;base64,").count(), 3 * 18);
}

fn page_data(page: &str) -> Value {
    let from = page.find("id=\"data\">").unwrap() + 10;
    serde_json::from_str(&page[from..from + page[from..].find("</script>").unwrap()]).unwrap()
}

#[test]
fn the_page_says_what_was_counted() {
    let dir = planted("counted", &OURS);
    let page = report(
        &[&dir],
        &["--threshold", "0.62"],
        &Path::new(env!("CARGO_TARGET_TMPDIR")).join("counted.html"),
    );
    let data = page_data(&page);
    let run = &data["runs"][0];
    let result: EvalResult =
        serde_json::from_str(&fs::read_to_string(dir.join("result.json")).unwrap()).unwrap();
    let start = run["start"].as_u64().unwrap() as usize;
    assert!((result.run.thresholds[start] - 0.62).abs() < 0.02);
    let view = run["views"].as_array().unwrap().iter().find(|view| view["split"] == "test").unwrap();
    let at = |steps: &Value| {
        let steps = steps.as_array().unwrap();
        steps.iter().rfind(|step| step[0].as_u64().unwrap() as usize <= start).unwrap()[1].as_u64().unwrap()
    };
    let test = || result.groups.iter().filter(|group| group.key.split == "test");
    assert_eq!(at(&view["false_accepts"]), test().map(|group| group.false_accepts[start]).sum::<u64>());
    assert_eq!(at(&view["hits"]), test().map(|group| group.hits[start]).sum::<u64>());
    let hours: f64 = test().filter(|group| !group.key.positive).map(Group::hours).sum();
    assert!((view["hours"].as_f64().unwrap() - hours).abs() < 1e-3);
    // Without a script the same is said in words.
    let missed = test().map(|group| group.trials - group.hits[start]).sum::<u64>();
    assert!(page.contains(&format!("Missed {missed} of 220")), "{missed}");
}

/// A card's figures are the result's, and its commands those that made it.
#[test]
fn the_card_says_what_was_counted_and_by_which_command() {
    let dir = planted("card", &OURS);
    let ended = finish(earnest().arg("report").arg(&dir).args(["--format", "card", "--threshold", "0.62"]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let card = ended.stdout;
    let result: EvalResult =
        serde_json::from_str(&fs::read_to_string(dir.join("result.json")).unwrap()).unwrap();
    let at = result.run.thresholds.iter().position(|threshold| *threshold >= 0.62).unwrap();
    for split in ["test", "dev"] {
        let part = card.split(&format!("### On `{split}`\n")).nth(1).unwrap().split("###").next().unwrap();
        let groups = || result.groups.iter().filter(|group| group.key.split == split);
        let missed: u64 = groups().map(|group| group.trials - group.hits[at]).sum();
        let accepts: u64 = groups().map(|group| group.false_accepts[at]).sum();
        let hours: f64 = groups().filter(|group| !group.key.positive).map(Group::hours).sum();
        let figures = part.lines().find(|line| line.starts_with("| clean")).unwrap();
        assert!(figures.contains(&format!("| {missed} of 220: ")), "{missed}: {figures}");
        assert!(figures.contains(&format!("| {accepts} in {hours:.1} h")), "{accepts}: {figures}");
        for group in groups().filter(|group| !group.key.positive) {
            let line = part.lines().find(|line| line.starts_with(&format!("| {} ", group.key.set))).unwrap();
            assert!(line.contains(&format!("| {}, at most ", group.false_accepts[at])), "{line}");
        }
        let strictest = part.lines().rfind(|line| line.starts_with("| 0.")).unwrap();
        assert!(strictest.contains("0 (at most 0."), "{strictest}");
    }
    let command = format!(
        "earnest eval --manifest planted/manifest.jsonl --model hey_earnest.earnest --out {}\nearnest report {0} --format \
         card --threshold 0.62\n",
        dir.display()
    );
    assert!(card.contains(&command), "{card}");
}

fn tune(dir: &Path, more: &[&str]) -> (Value, String, i32) {
    let mut command = earnest();
    command.arg("tune").arg(dir).args(more).arg("--json");
    let ended = finish(&mut command);
    let line = ended.json().into_iter().next().unwrap_or(Value::Null);
    (line, ended.stderr, ended.code)
}

#[test]
fn the_threshold_is_chosen_on_dev_and_reported_on_test() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tuned");
    let dir = planted("tuned", &OURS);
    let config = folder.join("calibrated.toml");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(kitchen().join("hey_earnest.earnest"), folder.join("hey_earnest.earnest")).unwrap();
    let (line, stderr, code) = tune(&dir, &["--fa-per-hour", "2", "--output", config.to_str().unwrap()]);
    assert_eq!((code, &line["rule"]), (0, &Value::from("bound")), "{stderr}");
    let (on, report) = (&line["chosen_on"], &line["reported_on"]);
    assert_eq!((&on["split"], &report["split"]), (&Value::from("dev"), &Value::from("test")));
    assert!(on["fa_per_hour_at_most"].as_f64().unwrap() <= 2.0, "{on}");
    // One threshold lower and the budget would be broken.
    let (looser, ..) = tune(&dir, &["--fa-per-hour", "2", "--rule", "point"]);
    assert!(looser["threshold"].as_f64() < line["threshold"].as_f64());
    // The configuration is one that the command loads.
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("model = \"hey_earnest.earnest\"\n"), "{text}");
    let ended = finish(
        earnest()
            .args(["listen", "--config", config.to_str().unwrap(), "--json"])
            .arg(kitchen().join("kitchen.flac")),
    );
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let wanted = line["threshold"].as_f64().unwrap();
    let heard: Vec<Value> = ended.json().into_iter().filter(|event| event["threshold"].is_number()).collect();
    assert!(!heard.is_empty());
    for event in heard {
        assert!((event["threshold"].as_f64().unwrap() - wanted).abs() < 1e-6, "{event}");
    }
}

#[test]
fn a_budget_that_the_audio_is_too_short_for_says_how_much_is_missing() {
    let dir = planted("short", &Planted { hours: [1.0, 1.0], ..OURS });
    let (line, stderr, code) = tune(&dir, &["--fa-per-hour", "0.1", "--rule", "bound"]);
    assert_eq!((code, &line["threshold"]), (1, &Value::Null), "{stderr}");
    assert!((line["more_hours"].as_f64().unwrap() - (20.0_f64.ln() / 0.1 - 1.0)).abs() < 0.01, "{line}");
    // Of a split that wasn't heard nothing is said.
    let config = dir.join("calibrated.toml");
    let (line, _, code) =
        tune(&dir, &["--fa-per-hour", "3", "--report", "later", "--output", config.to_str().unwrap()]);
    assert_eq!((code, &line["reported_on"]), (0, &Value::Null), "{line}");
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("# dev: ") && !text.contains("later") && !text.contains("inf"), "{text}");
    // By default the count has to do, and it is said that it does.
    let (line, _, code) = tune(&dir, &["--fa-per-hour", "0.1"]);
    assert_eq!((code, &line["rule"]), (0, &Value::from("point")));
    assert!(line["more_hours"].as_f64().unwrap() > 28.0);
    assert_eq!(line["chosen_on"]["false_accepts"], 0);
}

#[test]
fn mined_clips_are_never_from_the_split_that_is_reported_on() {
    let dir = planted("mined", &OURS);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mined clips");
    let _ = fs::remove_dir_all(&folder);
    let (_, stderr, code) =
        tune(&dir, &["--fa-per-hour", "2", "--mine", folder.to_str().unwrap(), "--most", "7"]);
    assert_eq!(code, 0, "{stderr}");
    let manifest = fs::read_to_string(folder.join("manifest.jsonl")).unwrap();
    let rows: Vec<Value> = manifest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 7);
    let mut before = 1.0;
    for row in &rows {
        assert_eq!(
            (&row["source_split"], &row["split"], &row["kind"]),
            (&"dev".into(), &"train".into(), &"negative".into())
        );
        let score = row["score"].as_f64().unwrap();
        assert!(score <= before, "worst first");
        before = score;
        let wav = fs::read(folder.join(row["file"].as_str().unwrap())).unwrap();
        assert_eq!(wav.len(), 44 + 2 * (16_000.0 * row["seconds"].as_f64().unwrap()).round() as usize);
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let ours = planted("refused", &OURS);
    let ended = finish(earnest().args(["tune", "--fa-per-hour", "1", "--on", "test"]).arg(&ours));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("--on and --report are both `test`"), "{}", ended.stderr);
    let ended = finish(earnest().arg("report").arg(env!("CARGO_TARGET_TMPDIR")));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("no result.json"), "{}", ended.stderr);
    let ended = finish(earnest().args(["tune", "--fa-per-hour", "0"]).arg(&ours));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("expected more than 0"), "{}", ended.stderr);
}
