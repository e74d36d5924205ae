//! Sums over the files of one split, and over all.

use earnest::eval::curve::Curve;
use earnest::eval::result::{FileResult, GroupKey, Run, Spoken, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// A bar of the score histogram is so many thresholds wide: the grid is finest where scores differ most.
pub(super) const BAR_THRESHOLDS: usize = 4;
/// Bins of a score that is a probability.
pub(super) const PROBABILITY_BINS: usize = 10;
/// Latency in steps of 10 ms, from one second before the end of the phrase to two after it; what lies beyond is counted
/// at the ends.
pub(super) const LATENCY_FROM_MS: i64 = -1000;
pub(super) const LATENCY_BINS: usize = 300;

/// One view for each split; several splits have one of everything too.
pub(super) struct Views {
    pub(super) views: Vec<View>,
    /// For paired tests: every trial.
    pub(super) trials: BTreeMap<TrialKey, Heard>,
}

/// File, repetition, number of the trial in the file.
pub(super) type TrialKey = (String, u32, u32);

/// How a trial went.
pub(super) struct Heard {
    /// Index into the run's groups.
    pub(super) group: u32,
    /// The number of thresholds at which it was a hit.
    pub(super) hits: u32,
}

/// What is seen at once.
pub(super) struct View {
    /// The split; `None` is all of them.
    pub(super) split: Option<String>,
    pub(super) curve: Curve,
    pub(super) groups: Vec<Sums>,
    /// Negative recordings, and at each threshold those that woke it at all.
    pub(super) negative_files: u64,
    pub(super) woke: Vec<u64>,
    /// Highest scores of trials and of negative recordings, below the grid and in bars of it.
    pub(super) positive_peaks: Vec<u64>,
    pub(super) negative_peaks: Vec<u64>,
    /// The same scores in tenths: with the phrase, without.
    pub(super) tenths: [[u64; 2]; PROBABILITY_BINS],
    /// By threshold, then by time; only trials whose end is known.
    pub(super) latency: Vec<Vec<u32>>,
}

/// Sums over one group of files.
pub(super) struct Sums {
    pub(super) key: GroupKey,
    pub(super) files: u64,
    pub(super) failed: u64,
    pub(super) samples: u64,
    pub(super) trials: u64,
    pub(super) hits: Vec<u64>,
    pub(super) false_accepts: Vec<u64>,
}

impl Views {
    pub(super) fn new(run: &Run) -> Views {
        let splits: BTreeSet<&str> = run.groups.iter().map(|group| group.split.as_str()).collect();
        // What is reported comes first, then what was tuned on.
        let rank = |split: &str| ["test", "dev", "train"].iter().position(|s| *s == split).unwrap_or(3);
        let mut splits: Vec<&str> = splits.into_iter().collect();
        splits.sort_by_key(|split| rank(split));
        let mut views: Vec<View> =
            splits.iter().map(|split| View::new(run, Some((*split).to_string()))).collect();
        if views.len() != 1 {
            views.push(View::new(run, None));
        }
        Views { views, trials: BTreeMap::new() }
    }

    /// The view that the page opens with.
    pub(super) fn first(&self) -> &View {
        &self.views[0]
    }

    /// Whether it told scores, or only yes or no: then all thresholds give the same, but for those nothing reaches.
    pub(super) fn scored(&self) -> bool {
        let curve = self.views.last().map(|view| &view.curve);
        curve.is_some_and(|curve| {
            let mut points: Vec<_> = curve.hits.iter().zip(&curve.false_accepts).collect();
            points.dedup();
            points.len() > 2
        })
    }

    pub(super) fn add(&mut self, run: &Run, unit: &Unit) {
        for view in &mut self.views {
            view.add(run, unit);
        }
        for file in &unit.files {
            for (n, trial) in file.trials.iter().enumerate() {
                let hits = trial.first.last().map_or(0, |(n, _)| *n);
                let heard = Heard { group: file.group, hits };
                self.trials.insert((file.file.clone(), unit.repetition, n as u32), heard);
            }
        }
    }
}

impl View {
    fn new(run: &Run, split: Option<String>) -> View {
        let len = run.thresholds.len();
        let sums = |key: &GroupKey| Sums {
            key: key.clone(),
            files: 0,
            failed: 0,
            samples: 0,
            trials: 0,
            hits: vec![0; len],
            false_accepts: vec![0; len],
        };
        View {
            split,
            curve: Curve::new(run),
            groups: run.groups.iter().map(sums).collect(),
            negative_files: 0,
            woke: vec![0; len],
            positive_peaks: vec![0; len / BAR_THRESHOLDS + 2],
            negative_peaks: vec![0; len / BAR_THRESHOLDS + 2],
            tenths: [[0; 2]; PROBABILITY_BINS],
            latency: vec![vec![0; LATENCY_BINS]; len],
        }
    }

    pub(super) fn wants(&self, group: &GroupKey) -> bool {
        self.split.as_ref().is_none_or(|split| *split == group.split)
    }

    fn add(&mut self, run: &Run, unit: &Unit) {
        let split = self.split.clone();
        self.curve.add(run, unit, |group| split.as_ref().is_none_or(|split| *split == group.split));
        for file in &unit.files {
            let index = file.group as usize;
            if index >= self.groups.len() || !self.wants(&self.groups[index].key) {
                continue;
            }
            let sums = &mut self.groups[index];
            sums.files += 1;
            sums.failed += u64::from(file.error.is_some());
            sums.samples += file.samples;
            file.false_accepts.add_to(&mut sums.false_accepts);
            if sums.key.positive {
                self.positive(run, index, file);
            } else {
                self.negative_files += 1;
                let peak = file.peak.unwrap_or(0.0);
                self.negative_peaks[bar(&run.thresholds, peak)] += 1;
                self.tenths[tenth(peak)][1] += 1;
                for (index, woke) in self.woke.iter_mut().enumerate() {
                    *woke += u64::from(file.false_accepts.at(index) > 0);
                }
            }
        }
    }

    fn positive(&mut self, run: &Run, group: usize, file: &FileResult) {
        let sums = &mut self.groups[group];
        for trial in &file.trials {
            sums.trials += 1;
            let peak = trial.peak.unwrap_or(0.0);
            self.positive_peaks[bar(&run.thresholds, peak)] += 1;
            self.tenths[tenth(peak)][0] += 1;
            for index in 0..sums.hits.len() {
                let Some(latency) = trial.latency(index) else { break };
                sums.hits[index] += 1;
                if trial.spoken_from != Spoken::File {
                    let step = (latency / 16 - LATENCY_FROM_MS).div_euclid(10);
                    self.latency[index][step.clamp(0, LATENCY_BINS as i64 - 1) as usize] += 1;
                }
            }
        }
    }

    /// Milliseconds within which this share of the hits at a threshold came, from the end of the phrase, in steps of 10;
    /// none without hits whose phrase has a known end.
    pub(super) fn latency_ms(&self, index: usize, share: f64) -> Option<i64> {
        let bins = &self.latency[index];
        let total: u64 = bins.iter().map(|n| u64::from(*n)).sum();
        // The end of the step that holds the one with this rank.
        let rank = (share * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let step = bins.iter().position(|n| {
            seen += u64::from(*n);
            seen >= rank
        })?;
        Some(LATENCY_FROM_MS + 10 * (step as i64 + 1))
    }

    /// Groups with files in this view.
    pub(super) fn heard(&self) -> impl Iterator<Item = &Sums> {
        self.groups.iter().filter(|sums| sums.files > 0)
    }
}

/// 0 for a score below the grid.
fn bar(thresholds: &[f32], score: f32) -> usize {
    thresholds.partition_point(|threshold| *threshold <= score).div_ceil(BAR_THRESHOLDS)
}

fn tenth(score: f32) -> usize {
    ((score.max(0.0) * PROBABILITY_BINS as f32) as usize).min(PROBABILITY_BINS - 1)
}
