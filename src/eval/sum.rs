//! From units to the result: sums over groups, the worst false accepts, what failed.

use super::result::{EvalResult, Failed, Group, Run, Unit, Worst};
use std::cmp::Ordering;
use std::prelude::rust_2024::*;
use std::vec;

/// Files that are told to have failed; more are only counted.
const FAILED: usize = 1000;

/// Adds units up. They are given ascending; memory doesn't grow with their number.
#[derive(Debug)]
pub struct Sum {
    result: EvalResult,
    /// Groups of the unit at hand.
    seen: Vec<bool>,
}

impl Sum {
    /// Nothing yet.
    pub fn new(run: Run) -> Sum {
        let zero = vec![0; run.thresholds.len()];
        let groups: Vec<Group> = run
            .groups
            .iter()
            .map(|key| Group {
                key: key.clone(),
                files: 0,
                failed: 0,
                sessions: 0,
                samples: 0,
                trials: 0,
                hits: zero.clone(),
                false_accepts: zero.clone(),
                extra: zero.clone(),
            })
            .collect();
        let seen = vec![false; groups.len()];
        Sum { result: EvalResult { run, units_done: 0, groups, worst: Vec::new(), failed: Vec::new() }, seen }
    }

    /// Another unit.
    pub fn add(&mut self, unit: &Unit) {
        let result = &mut self.result;
        result.units_done += 1;
        self.seen.fill(false);
        for file in &unit.files {
            let at = file.group as usize;
            let Some((group, seen)) = result.groups.get_mut(at).zip(self.seen.get_mut(at)) else { continue };
            group.sessions += u64::from(!std::mem::replace(seen, true));
            group.files += 1;
            group.samples += file.samples;
            group.trials += file.trials.len() as u64;
            for trial in &file.trials {
                let reached = trial.first.last().map_or(0, |(n, _)| *n as usize);
                for hits in group.hits.iter_mut().take(reached) {
                    *hits += 1;
                }
            }
            file.false_accepts.add_to(&mut group.false_accepts);
            file.extra.add_to(&mut group.extra);
            if let Some(error) = &file.error {
                group.failed += 1;
                if result.failed.len() < FAILED {
                    result.failed.push(Failed {
                        unit: unit.unit,
                        file: file.file.clone(),
                        manifest: file.manifest,
                        error: error.clone(),
                    });
                }
            }
            for event in &file.events {
                let most = result.run.rules.worst as usize;
                let worse = |other: &Worst| other.event.score.total_cmp(&event.score) != Ordering::Less;
                // Of equal ones the first stays.
                let rank = result.worst.partition_point(worse);
                if rank < most {
                    result.worst.truncate(most - 1);
                    result.worst.insert(
                        rank,
                        Worst {
                            unit: unit.unit,
                            file: file.file.clone(),
                            manifest: file.manifest,
                            group: file.group,
                            event: event.clone(),
                        },
                    );
                }
            }
        }
    }

    /// The result.
    pub fn finish(self) -> EvalResult {
        self.result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::result::{
        Augmentation, FORMAT, FalseAccept, FileResult, GroupKey, Rules, Steps, SubjectId,
    };

    fn run(worst: u32) -> Run {
        let key = GroupKey {
            set: "s".into(),
            split: "dev".into(),
            kind: "k".into(),
            phrase: None,
            positive: false,
        };
        Run {
            format: FORMAT,
            version: String::new(),
            label: String::new(),
            subject: SubjectId {
                engine: String::new(),
                model: None,
                digest: None,
                threshold: None,
                settings: Default::default(),
            },
            phrase: String::new(),
            rules: Rules { worst, ..Rules::default() },
            thresholds: vec![0.5],
            augmentation: Augmentation::default(),
            manifests: Vec::new(),
            split: None,
            repeat: 1,
            groups: vec![key],
            excluded: Vec::new(),
            units: 3,
        }
    }

    /// Two files in each session, each with one false accept.
    fn unit(unit: u64, scores: [f32; 2]) -> Unit {
        let files = scores.iter().enumerate().map(|(n, score)| FileResult {
            file: std::format!("{unit}-{n}"),
            manifest: 0,
            group: 0,
            samples: 100,
            peak: None,
            trials: Vec::new(),
            false_accepts: Steps::from_counts(&[1]),
            extra: Steps::default(),
            events: vec![FalseAccept { at: 0, start: 0, end: 0, score: *score, trace: None }],
            error: (n == 1).then(|| "torn".into()),
            warnings: Vec::new(),
        });
        Unit { unit, session: std::format!("{unit}"), speaker: None, repetition: 0, files: files.collect() }
    }

    #[test]
    fn sums_are_of_files_and_sessions_and_the_worst_are_the_first_of_the_highest() {
        let mut sum = Sum::new(run(3));
        for (n, scores) in [[0.5, 0.9], [0.5, 0.4], [0.5, 0.6]].into_iter().enumerate() {
            sum.add(&unit(n as u64, scores));
        }
        let result = sum.finish();
        let group = &result.groups[0];
        assert_eq!((group.files, group.sessions, group.samples, group.failed), (6, 3, 600, 3));
        assert_eq!((group.false_accepts[0], result.units_done, result.failed.len()), (6, 3, 3));
        let worst: Vec<_> =
            result.worst.iter().map(|worst| (worst.event.score, worst.file.as_str())).collect();
        assert_eq!(worst, [(0.9, "0-1"), (0.6, "2-1"), (0.5, "0-0")]);
    }
}
