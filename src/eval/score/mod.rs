//! The rules, as [`result`](super::result) states them: marks of a subject to trials, false accepts and extras, for
//! every threshold at once and in one pass.

mod grid;
mod listing;

pub use grid::thresholds;

use super::plan::PlannedFile;
use super::result::{FileResult, Rules, Spoken, Steps, Trial};
use super::subject::{Heard, Mark};
use listing::Listing;
use std::prelude::rust_2024::*;
use std::vec;

/// How a file ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileEnd {
    /// Decoded samples.
    pub samples: u64,
    /// Where the last speech in it ends, if a VAD heard one; samples from its start.
    pub speech_end: Option<u64>,
    /// Why it could not be read to its end.
    pub error: Option<String>,
    /// What else was noticed.
    pub warnings: Vec<String>,
}

/// Judges one unit. [`Scorer`] is the judge; the trait is there so that tests can put wrong ones in its place.
pub trait Judge {
    /// The file begins at sample `at` of the unit, now or later.
    fn begin(&mut self, file: &PlannedFile, at: u64);
    /// The subject said this.
    fn heard(&mut self, heard: Heard);
    /// The file that began last has ended.
    fn end(&mut self, end: FileEnd);
    /// The unit is over.
    fn finish(&mut self) -> Vec<FileResult>;
}

/// The judge.
#[derive(Debug)]
pub struct Scorer<'a> {
    rules: Rules,
    thresholds: &'a [f32],
    /// For each threshold, when the refractory of its latest event is over.
    free_from: Vec<u64>,
    files: Vec<Open>,
    /// The file that marks belong to.
    current: usize,
    trials: Vec<OpenTrial>,
    /// Trials that have begun; the last of them is the one whose window may be open.
    begun: usize,
    listing: Listing,
}

#[derive(Debug)]
struct Open {
    at: u64,
    positive: bool,
    whole: bool,
    /// Events that are no hits, by threshold; empty as long as there is none.
    events: Vec<u32>,
    result: FileResult,
}

#[derive(Debug)]
struct OpenTrial {
    file: usize,
    start: u64,
    /// Last sample of the hit window, once that is known.
    closes: Option<u64>,
    /// Number of thresholds that were reached.
    reached: u32,
    /// Index in the file's trials.
    index: usize,
}

impl<'a> Scorer<'a> {
    /// For one unit. `thresholds` ascend.
    pub fn new(rules: Rules, thresholds: &'a [f32]) -> Scorer<'a> {
        Scorer {
            rules,
            thresholds,
            free_from: vec![0; thresholds.len()],
            files: Vec::new(),
            current: 0,
            trials: Vec::new(),
            begun: 0,
            listing: Listing::new(rules),
        }
    }

    fn mark(&mut self, mark: Mark) {
        while self.files.get(self.current + 1).is_some_and(|next| next.at <= mark.at) {
            self.current += 1;
        }
        while self.trials.get(self.begun).is_some_and(|next| next.start <= mark.at) {
            self.begun += 1;
        }
        let trial = self.begun.checked_sub(1).and_then(|last| self.trials.get_mut(last));
        let trial = trial.filter(|trial| trial.closes.is_none_or(|closes| mark.at <= closes));
        let reached = self.thresholds.partition_point(|threshold| *threshold <= mark.score);
        let owner = trial.as_ref().map_or(self.current, |trial| trial.file);
        let Some(file) = self.files.get_mut(owner) else { return };
        file.result.peak = Some(file.result.peak.map_or(mark.score, |peak| peak.max(mark.score)));

        // Thresholds from this on see their first mark in this window: that one is the hit.
        let mut hit_from = reached;
        match trial {
            Some(trial) => {
                hit_from = (trial.reached as usize).min(reached);
                if let Some(result) = file.result.trials.get_mut(trial.index) {
                    result.peak = Some(result.peak.map_or(mark.score, |peak| peak.max(mark.score)));
                    if reached as u32 > trial.reached {
                        trial.reached = reached as u32;
                        result.first.push((trial.reached, mark.at - file.at));
                    }
                }
            }
            None if !file.positive => self.listing.mark(owner, file.at, mark),
            None => {}
        }
        for (i, free_from) in self.free_from.iter_mut().enumerate().take(reached) {
            if mark.at < *free_from {
                continue;
            }
            *free_from = mark.at.saturating_add(self.rules.refractory);
            if i < hit_from {
                file.events.resize(self.thresholds.len(), 0);
                if let Some(count) = file.events.get_mut(i) {
                    *count += 1;
                }
            }
        }
    }
}

impl Judge for Scorer<'_> {
    fn begin(&mut self, planned: &PlannedFile, at: u64) {
        let file = self.files.len();
        let mut trials = Vec::new();
        let whole = planned.trials.as_ref().is_some_and(Vec::is_empty);
        let spans = match &planned.trials {
            Some(spans) if whole => Some(&[(0, u64::MAX)][..]).filter(|_| spans.is_empty()),
            spans => spans.as_deref(),
        };
        for &(start, end) in spans.unwrap_or_default() {
            self.trials.push(OpenTrial {
                file,
                start: at + start,
                closes: (!whole).then(|| at + end + self.rules.hit_after),
                reached: 0,
                index: trials.len(),
            });
            let first = Vec::new();
            trials.push(Trial { start, end, spoken: end, spoken_from: Spoken::Manifest, peak: None, first });
        }
        self.files.push(Open {
            at,
            positive: planned.trials.is_some(),
            whole,
            events: Vec::new(),
            result: FileResult {
                file: planned.file.clone(),
                manifest: planned.manifest,
                group: planned.group,
                samples: 0,
                peak: None,
                trials,
                false_accepts: Steps::default(),
                extra: Steps::default(),
                events: Vec::new(),
                error: None,
                warnings: Vec::new(),
            },
        });
    }

    fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Mark(mark) => self.mark(mark),
            Heard::Running { at, score } => self.listing.running(at, score),
        }
    }

    fn end(&mut self, end: FileEnd) {
        let number = self.files.len().saturating_sub(1);
        let Some(file) = self.files.last_mut() else { return };
        file.result.samples = end.samples;
        file.result.error = end.error;
        file.result.warnings = end.warnings;
        if !file.whole {
            return;
        }
        let trial = self.trials.iter_mut().rev().find(|trial| trial.file == number);
        if let (Some(trial), Some(result)) = (trial, file.result.trials.first_mut()) {
            trial.closes = Some(file.at + end.samples + self.rules.hit_after);
            result.end = end.samples;
            (result.spoken, result.spoken_from) = match end.speech_end {
                Some(at) => (at.min(end.samples), Spoken::Vad),
                None => (end.samples, Spoken::File),
            };
        }
    }

    fn finish(&mut self) -> Vec<FileResult> {
        for (file, event) in self.listing.finish() {
            if let Some(file) = self.files.get_mut(file) {
                file.result.events.push(event);
            }
        }
        let close = |mut file: Open| {
            let steps = Steps::from_counts(&file.events);
            if file.positive {
                file.result.extra = steps;
            } else {
                file.result.false_accepts = steps;
            }
            file.result
        };
        self.files.drain(..).map(close).collect()
    }
}

#[cfg(test)]
mod tests;
