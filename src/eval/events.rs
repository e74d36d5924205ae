//! Another engine's events as a subject: what it told about each file, from JSON lines, through the same scorer.
//!
//! | line | gives |
//! |---|---|
//! | `{"type":"file","file":…,"at_s":[…],"max_score":x or null}` | a mark at each time, with score `x`, or 1 where there are no scores; with `x` and no time, one at the end |
//! | `{"type":"detection" or "near_miss","file":…,"start_s":…,"end_s":…,"score":…}` | a mark at `end_s`; so `earnest detect --scores --json` tells them |
//! | `{"type":"score","file":…,"at_s":…,"score":…}` | a mark |
//! | `{"type":"summary","engine":…}` | the engine's name |
//!
//! An engine that tells its highest score but not the score of each event gets the highest for all of them: its curve
//! is right for misses, and for false accepts where files are no longer than a refractory; else it is an upper bound.
//! A file without a line of its own is not judged.

use super::manifest::{ManifestError, hex};
use super::subject::{Heard, Mark, NotJudged, Subject};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::format;
use std::fs;
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;
use std::sync::Arc;

/// What an engine told about all files.
#[derive(Debug)]
pub struct Events {
    files: HashMap<PathBuf, Vec<Mark>>,
    /// The engine's name, if a line has it.
    pub engine: Option<String>,
    /// SHA-256 of the lines.
    pub digest: String,
}

impl Events {
    /// Reads them. `pad_s`: seconds of silence that the engine heard before each file, which its times include.
    ///
    /// # Errors
    /// [`ManifestError`] with the line and the field.
    pub fn read(path: &Path, pad_s: f64) -> Result<Events, ManifestError> {
        let manifest = path.to_string_lossy().into_owned();
        let text = fs::read_to_string(path)
            .map_err(|source| ManifestError::Read { manifest: manifest.clone(), source })?;
        let mut events = Events {
            files: HashMap::new(),
            engine: None,
            digest: hex(Sha256::new_with_prefix(text.as_bytes())),
        };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |field: &'static str, expected: &'static str, found: &Value| ManifestError::Line {
                manifest: manifest.clone(),
                line: number as u64 + 1,
                field,
                expected,
                found: found.to_string(),
            };
            let value: Value = serde_json::from_str(line)
                .map_err(|error| wrong("", "a JSON object", &Value::String(format!("{error}"))))?;
            events.line(&value, pad_s, &wrong)?;
        }
        for marks in events.files.values_mut() {
            marks.sort_by_key(|mark| mark.at);
        }
        Ok(events)
    }

    fn line(
        &mut self,
        line: &Value,
        pad_s: f64,
        wrong: &dyn Fn(&'static str, &'static str, &Value) -> ManifestError,
    ) -> Result<(), ManifestError> {
        let number = |field: &'static str| {
            let value = &line[field];
            value.as_f64().ok_or_else(|| wrong(field, "a number", value))
        };
        let samples = |seconds: f64| libm::round((seconds - pad_s).max(0.0) * 16_000.0) as u64;
        let at = |at: f64, score: f64| {
            let at = samples(at);
            Mark { at, start: at, end: at, score: score as f32 }
        };
        let kind = line["type"].as_str().unwrap_or_default();
        if kind == "summary" {
            self.engine = line["engine"].as_str().map(str::to_string);
            return Ok(());
        }
        if !matches!(kind, "file" | "detection" | "near_miss" | "score") {
            return Ok(());
        }
        let file = line["file"].as_str().ok_or_else(|| wrong("file", "a name", &line["file"]))?;
        let marks = self.files.entry(canonical(Path::new(file))).or_default();
        match kind {
            "file" => {
                let Some(times) = line["at_s"].as_array() else { return Ok(()) };
                let score = line["max_score"].as_f64();
                for time in times {
                    let time = time.as_f64().ok_or_else(|| wrong("at_s", "numbers", &line["at_s"]))?;
                    marks.push(at(time, score.unwrap_or(1.0)));
                }
                if let (true, Some(score)) = (times.is_empty(), score) {
                    // Somewhere in the file; its end is as good as any, and within every window.
                    marks.push(at((number("seconds")? - pad_s).max(0.0), score));
                }
            }
            "score" => marks.push(at(number("at_s")?, number("score")?)),
            _ => {
                let mark = at(number("end_s")?, number("score")?);
                marks.push(Mark { start: samples(number("start_s")?), ..mark });
            }
        }
        Ok(())
    }
}

fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.into())
}

/// Repeats what was told while the file is played again.
#[derive(Debug)]
pub struct Told {
    events: Arc<Events>,
    now: u64,
    /// Yet to come, the next one last.
    waiting: Vec<Mark>,
}

impl Told {
    /// A subject.
    pub fn new(events: Arc<Events>) -> Told {
        Told { events, now: 0, waiting: Vec::new() }
    }
}

impl Subject for Told {
    fn reset(&mut self) {
        self.now = 0;
        self.waiting.clear();
    }

    fn begin(&mut self, path: &Path, at: u64) -> Result<(), NotJudged> {
        let marks = self.events.files.get(&canonical(path)).ok_or(NotJudged)?;
        let moved =
            |mark: &Mark| Mark { at: at + mark.at, start: at + mark.start, end: at + mark.end, ..*mark };
        self.waiting.extend(marks.iter().map(moved));
        self.waiting.sort_by_key(|mark| std::cmp::Reverse(mark.at));
        Ok(())
    }

    fn push(&mut self, pcm: &[i16], tell: &mut dyn FnMut(Heard)) {
        self.now += pcm.len() as u64;
        while let Some(mark) = self.waiting.pop_if(|mark| mark.at <= self.now) {
            tell(Heard::Mark(mark));
        }
    }
}
