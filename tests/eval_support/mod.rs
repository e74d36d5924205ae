//! A corpus whose truth is planted: recordings of near silence, and a subject that says what a script tells it to.
#![allow(dead_code, reason = "each test file uses its own part")]

use earnest::eval::augment::AugmentConfig;
use earnest::eval::manifest::Manifest;
use earnest::eval::plan::{PlanConfig, Shard};
use earnest::eval::result::{Rules, SubjectId};
use earnest::eval::run::EvalConfig;
use earnest::eval::subject::{Heard, Mark, NotJudged, Subject, TRACE_EVERY};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

#[path = "../common/wav.rs"]
mod wav;
pub(crate) use wav::wav;

/// A second.
pub(crate) const S: u64 = 16_000;

/// What is said in a file: when, how sure, and how much the subject must have heard since its reset to say it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) at_s: f64,
    pub(crate) score: f32,
    pub(crate) after_s: f64,
}

pub(crate) fn say(at_s: f64, score: f32) -> Line {
    Line { at_s, score, after_s: 0.0 }
}

pub(crate) type Script = Arc<HashMap<String, Vec<Line>>>;

/// A subject that knows what to say in each file, by its name.
pub(crate) struct Scripted {
    pub(crate) script: Script,
    now: u64,
    /// Highest score since the last running score was told.
    highest: f32,
    waiting: Vec<Mark>,
}

impl Scripted {
    pub(crate) fn new(script: &Script) -> Scripted {
        Scripted { script: script.clone(), now: 0, highest: 0.0, waiting: Vec::new() }
    }
}

impl Subject for Scripted {
    fn reset(&mut self) {
        self.now = 0;
        self.highest = 0.0;
        self.waiting.clear();
    }

    fn begin(&mut self, path: &Path, at: u64) -> Result<(), NotJudged> {
        let name = path.file_name().unwrap().to_str().unwrap();
        for line in self.script.get(name).into_iter().flatten() {
            let at = (at as i64 + (line.at_s * S as f64) as i64) as u64;
            if at as f64 >= line.after_s * S as f64 {
                self.waiting.push(Mark { at, start: at - 800, end: at, score: line.score });
            }
        }
        self.waiting.sort_by_key(|mark| std::cmp::Reverse(mark.at));
        Ok(())
    }

    fn push(&mut self, pcm: &[i16], tell: &mut dyn FnMut(Heard)) {
        let to = self.now + pcm.len() as u64;
        while self.now < to {
            let step = (TRACE_EVERY - self.now % TRACE_EVERY).min(to - self.now);
            self.now += step;
            while let Some(mark) = self.waiting.pop_if(|mark| mark.at <= self.now) {
                self.highest = self.highest.max(mark.score);
                tell(Heard::Mark(mark));
            }
            if self.now.is_multiple_of(TRACE_EVERY) {
                tell(Heard::Running { at: self.now, score: self.highest });
                self.highest = 0.0;
            }
        }
    }
}

/// Writes the planted recordings and their manifest; gives the script.
pub(crate) fn plant(folder: &Path) -> Script {
    let mut script = HashMap::new();
    let mut manifest = String::new();
    let mut add = |name: &str, seconds: f64, about: &str, lines: &[Line]| {
        let samples = (seconds * S as f64) as usize;
        fs::write(folder.join(name), wav((0..samples).map(|n| (n * 31 % 17) as i16 - 8))).unwrap();
        manifest.push_str(&format!(
            "{{\"file\":\"{name}\",\"set\":\"planted\",\"seconds\":{seconds},{about}}}\n"
        ));
        script.insert(name.to_string(), lines.to_vec());
    };
    let negative = r#""split":"dev","kind":"negative""#;
    let positive = r#""split":"dev","kind":"wake","phrase":"hey earnest""#;
    // The second mark falls into the refractory of the first, but for thresholds that only it reaches.
    add("n1.wav", 10.0, negative, &[say(1.0, 0.9), say(1.5, 0.95), say(4.0, 0.6)]);
    // A session: the refractory goes on from file to file, and what is said at 1.0 needs the first file as well.
    let session = format!("{negative},\"session\":\"talk\"");
    let needs_both = Line { at_s: 1.0, score: 0.8, after_s: 6.5 };
    add("s1.wav", 5.0, &session, &[say(4.5, 0.7)]);
    add("p1.wav", 3.0, positive, &[say(1.2, 0.55), say(1.3, 0.85)]);
    add("s2.wav", 5.0, &session, &[say(0.5, 0.7), needs_both]);
    // The second is no second hit.
    add("p2.wav", 6.0, positive, &[say(1.0, 0.5), say(5.0, 0.5)]);
    add("p3.wav", 3.0, positive, &[]);
    // Another phrase is as negative as anything else.
    add("o1.wav", 2.0, r#""split":"dev","kind":"wake","phrase":"computer""#, &[say(1.0, 0.4)]);
    // Said at two known places; only the second is heard, in its second after the phrase, and once between them.
    add(
        "p4.wav",
        12.0,
        r#""split":"dev","kind":"wake","phrase":"Hey, Earnest!","phrase_at":[[1,2],[8,9]]"#,
        &[say(5.0, 0.3), say(9.9, 0.65)],
    );
    // Decided when the file is over: still its own.
    add("n2.wav", 2.0, negative, &[say(2.4, 0.35)]);
    add("n3.wav", 4.0, negative, &[say(2.0, 0.99)]);
    fs::write(folder.join("manifest.jsonl"), manifest).unwrap();
    Arc::new(script)
}

/// `count` short files, some in sessions, some positive, with marks of all scores.
pub(crate) fn plant_many(folder: &Path, count: usize) -> Script {
    let (mut script, mut manifest, mut state) = (HashMap::new(), String::new(), 9u64);
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for n in 0..count {
        let name = format!("f{n:03}.wav");
        let samples = 4_000 + draw(40_000) as usize;
        fs::write(folder.join(&name), wav((0..samples).map(|n| (n * n * 31 % 2017) as i16 - 1000))).unwrap();
        let lines = (0..draw(6)).map(|_| say(draw(3000) as f64 / 1000.0, draw(1000) as f32 / 1000.0));
        script.insert(name.clone(), lines.collect());
        let phrase = if draw(3) == 0 { r#","phrase":"hey earnest""# } else { "" };
        let session = if draw(4) == 0 { format!(",\"session\":\"s{}\"", n / 10) } else { String::new() };
        manifest.push_str(&format!(
            "{{\"file\":\"{name}\",\"set\":\"many\",\"split\":\"dev\",\"kind\":\"k\"{phrase}{session}}}\n"
        ));
    }
    fs::write(folder.join("manifest.jsonl"), manifest).unwrap();
    Arc::new(script)
}

pub(crate) fn config(corpus: &Path, out: &Path) -> EvalConfig {
    EvalConfig {
        label: "planted".into(),
        subject: SubjectId {
            engine: "scripted".into(),
            model: None,
            digest: None,
            threshold: Some(0.5),
            settings: Default::default(),
        },
        plan: PlanConfig {
            manifests: vec![Manifest::At(corpus.join("manifest.jsonl"))],
            phrase: "hey earnest".into(),
            split: None,
            exclude: Vec::new(),
            repeat: 1,
        },
        rules: Rules::default(),
        augment: AugmentConfig::default(),
        shard: Shard::ALL,
        jobs: 2,
        out: out.into(),
    }
}

/// The files of a result that must not depend on anything else than the run.
pub(crate) fn files(out: &Path) -> Vec<(&'static str, String)> {
    assert!(!out.join("log.jsonl").exists());
    ["run.json", "units.jsonl", "result.json"]
        .map(|name| (name, fs::read_to_string(out.join(name)).unwrap()))
        .into()
}
