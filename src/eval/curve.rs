//! The operating curve of an evaluation: false accepts per hour and misses at every threshold, and the threshold that
//! a budget asks for.

use super::result::{GroupKey, Run, Steps, Unit};
use super::stats::{Level, Rate, Session, SessionRate, Share, hours_needed};
use std::collections::BTreeMap;
use std::prelude::rust_2024::*;

/// False accepts and hits over thresholds, with the sessions kept apart.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Ascending; index `i` of everything here belongs to `thresholds[i]`.
    pub thresholds: Vec<f32>,
    /// Decoded samples of negative audio.
    pub samples: u64,
    /// False accepts in it.
    pub false_accepts: Vec<u64>,
    /// Sayings of the phrase.
    pub trials: u64,
    /// Of those, hits.
    pub hits: Vec<u64>,
    /// What is alike within: one speaker, or one session where there is no speaker; of one manifest, as other manifests
    /// may use the same names.
    clusters: BTreeMap<(String, String), Cluster>,
}

#[derive(Clone, Debug, Default)]
struct Cluster {
    samples: u64,
    false_accepts: Vec<Steps>,
}

impl Cluster {
    fn at(&self, index: usize) -> u64 {
        self.false_accepts.iter().map(|steps| u64::from(steps.at(index))).sum()
    }
}

/// What must meet the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The rate that was counted. True or not, that is what it was.
    Point,
    /// The rate's upper limit, one-sided, sessions as units: what can be claimed.
    Bound,
}

/// Why no threshold meets a budget.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Infeasible {
    /// There are too few hours: at the strictest threshold nothing was counted, and the limit is over the budget even
    /// so. So many hours more, with nothing in them, would do.
    MoreHours {
        /// Hours there are.
        hours: f64,
        /// Hours to add.
        more: f64,
    },
    /// It woke too often even at the strictest threshold.
    TooMany {
        /// False accepts at the strictest threshold.
        events: u64,
        /// Hours there are.
        hours: f64,
    },
}

impl Curve {
    /// An empty curve of `run`.
    pub fn new(run: &Run) -> Curve {
        let len = run.thresholds.len();
        Curve {
            thresholds: run.thresholds.clone(),
            samples: 0,
            false_accepts: vec![0; len],
            trials: 0,
            hits: vec![0; len],
            clusters: BTreeMap::new(),
        }
    }

    /// Adds those files of `unit` whose group is `wanted`.
    pub fn add(&mut self, run: &Run, unit: &Unit, wanted: impl Fn(&GroupKey) -> bool) {
        for file in &unit.files {
            let Some(group) = run.groups.get(file.group as usize).filter(|group| wanted(group)) else {
                continue;
            };
            if group.positive {
                self.trials += file.trials.len() as u64;
                for trial in &file.trials {
                    let hits = trial.first.last().map_or(0, |(n, _)| *n as usize).min(self.hits.len());
                    self.hits[..hits].iter_mut().for_each(|n| *n += 1);
                }
            } else {
                self.samples += file.samples;
                file.false_accepts.add_to(&mut self.false_accepts);
                let manifest = run.manifests.get(file.manifest as usize);
                let manifest = manifest.map_or_else(String::new, |manifest| manifest.digest.clone());
                let alike = unit.speaker.as_ref().unwrap_or(&unit.session).clone();
                let cluster = self.clusters.entry((manifest, alike)).or_default();
                cluster.samples += file.samples;
                if !file.false_accepts.is_empty() {
                    cluster.false_accepts.push(file.false_accepts.clone());
                }
            }
        }
    }

    /// Hours of negative audio.
    pub fn hours(&self) -> f64 {
        hours(self.samples)
    }

    /// False accepts at a threshold.
    pub fn rate(&self, index: usize) -> Rate {
        Rate { events: self.false_accepts[index], hours: self.hours() }
    }

    /// The same, sessions as units.
    pub fn session_rate(&self, index: usize) -> SessionRate {
        SessionRate::new(
            self.clusters.values().map(|c| Session { events: c.at(index), hours: hours(c.samples) }),
        )
    }

    /// False accepts of each session (or speaker) at a threshold: its manifest's digest and its name, ascending, and how
    /// many.
    pub fn by_session(&self, index: usize) -> impl Iterator<Item = ((&str, &str), u64)> {
        self.clusters
            .iter()
            .map(move |((manifest, name), cluster)| ((manifest.as_str(), name.as_str()), cluster.at(index)))
    }

    /// Sayings that were missed at a threshold.
    pub fn misses(&self, index: usize) -> Share {
        Share { count: self.trials - self.hits[index], of: self.trials }
    }

    /// The index of the lowest threshold that isn't more lenient than `threshold`; of the last if all are.
    pub fn at_least(&self, threshold: f32) -> usize {
        let index = self.thresholds.partition_point(|t| *t < threshold);
        index.min(self.thresholds.len().saturating_sub(1))
    }

    /// The lowest threshold from which on the budget of `per_hour` false accepts is met: the fewest misses it allows.
    ///
    /// # Errors
    ///
    /// No threshold meets it, and why.
    pub fn choose(&self, per_hour: f64, rule: Rule, level: Level) -> Result<usize, Infeasible> {
        let meets = |index: usize| match rule {
            Rule::Point => self.rate(index).per_hour() <= per_hour,
            // The plain limit is never above the other and quick to compute.
            Rule::Bound => {
                self.rate(index).upper(level) <= per_hour && self.session_rate(index).upper(level) <= per_hour
            }
        };
        let chosen = (0..self.thresholds.len()).rev().take_while(|&index| meets(index)).last();
        chosen.ok_or_else(|| {
            let events = self.false_accepts.last().copied().unwrap_or(0);
            let more = hours_needed(0, per_hour, level) - self.hours();
            if events == 0 && more > 0.0 {
                Infeasible::MoreHours { hours: self.hours(), more }
            } else {
                Infeasible::TooMany { events, hours: self.hours() }
            }
        })
    }
}

fn hours(samples: u64) -> f64 {
    samples as f64 / (16_000.0 * 3600.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::result::{
        Augmentation, FORMAT, FileResult, ManifestId, Rules, Spoken, SubjectId, Trial,
    };

    /// Four thresholds; false accepts 5, 3, 1, 0 in `hours` of one session and as many hours without in another.
    fn planted(hours: f64) -> (Run, Vec<Unit>) {
        let group = |positive, split: &str| GroupKey {
            set: "s".into(),
            split: split.into(),
            kind: "k".into(),
            phrase: None,
            positive,
        };
        let run = Run {
            format: FORMAT,
            version: String::new(),
            label: String::new(),
            subject: SubjectId {
                engine: String::new(),
                model: None,
                digest: None,
                threshold: None,
                settings: BTreeMap::new(),
            },
            phrase: String::new(),
            rules: Rules::default(),
            thresholds: vec![0.2, 0.4, 0.6, 0.8],
            augmentation: Augmentation::default(),
            manifests: Vec::new(),
            split: None,
            repeat: 1,
            groups: vec![group(true, "dev"), group(false, "dev"), group(false, "test")],
            excluded: Vec::new(),
            units: 4,
        };
        let file = |group, samples, counts: &[u32], hits: &[u32]| FileResult {
            file: String::new(),
            manifest: 0,
            group,
            samples,
            peak: None,
            trials: hits
                .iter()
                .map(|&n| Trial {
                    start: 0,
                    end: 9,
                    spoken: 9,
                    spoken_from: Spoken::File,
                    peak: None,
                    first: if n == 0 { vec![] } else { vec![(n, 9)] },
                })
                .collect(),
            false_accepts: Steps::from_counts(counts),
            extra: Steps::default(),
            events: Vec::new(),
            error: None,
            warnings: Vec::new(),
        };
        let unit = |unit, file| Unit {
            unit,
            session: format!("{unit}"),
            speaker: None,
            repetition: 0,
            files: vec![file],
        };
        let samples = (hours * 16_000.0 * 3600.0) as u64;
        let units = vec![
            unit(0, file(0, 1000, &[], &[4, 3, 1, 0])),
            unit(1, file(1, samples, &[5, 3, 1, 0], &[])),
            unit(2, file(1, samples, &[], &[])),
            unit(3, file(2, samples, &[100; 4], &[])),
        ];
        (run, units)
    }

    fn curve(hours: f64) -> Curve {
        let (run, units) = planted(hours);
        let mut curve = Curve::new(&run);
        units.iter().for_each(|unit| curve.add(&run, unit, |group| group.split == "dev"));
        curve
    }

    #[test]
    fn counts_are_those_of_the_wanted_groups() {
        let curve = curve(10.0);
        assert_eq!(curve.rate(0), Rate { events: 5, hours: 20.0 });
        assert_eq!(curve.rate(2), Rate { events: 1, hours: 20.0 });
        assert_eq!(curve.hits, [3, 2, 2, 1]);
        assert_eq!(curve.misses(1), Share { count: 2, of: 4 });
        assert_eq!(curve.session_rate(0).sessions, 2);
        assert!((curve.session_rate(0).design_effect - 5.0).abs() < 1e-12);
        assert_eq!([0.0, 0.41, 0.6, 0.9].map(|t| curve.at_least(t)), [0, 2, 2, 3]);
    }

    #[test]
    fn sessions_of_different_manifests_are_different() {
        let (mut run, units) = planted(10.0);
        let manifest = |digest: &str| ManifestId {
            path: String::new(),
            given: None,
            root: String::new(),
            digest: digest.into(),
            rows: 1,
        };
        run.manifests = vec![manifest("a"), manifest("b")];
        let mut curve = Curve::new(&run);
        for (n, unit) in units.iter().enumerate().skip(1).take(2) {
            let mut unit = Unit { session: "1.ogg".into(), ..unit.clone() };
            unit.files[0].manifest = n as u32 - 1;
            curve.add(&run, &unit, |_| true);
        }
        assert_eq!(curve.by_session(1).collect::<Vec<_>>(), [(("a", "1.ogg"), 3), (("b", "1.ogg"), 0)]);
    }

    #[test]
    fn the_lowest_threshold_within_the_budget_is_chosen() {
        let curve = curve(10.0);
        let level = Level::P95;
        assert_eq!(curve.choose(0.25, Rule::Point, level), Ok(0));
        assert_eq!(curve.choose(0.2, Rule::Point, level), Ok(1));
        assert_eq!(curve.choose(0.049, Rule::Point, level), Ok(3));
        // No event in 20 h: at most 0.15 an hour.
        assert_eq!(curve.choose(0.15, Rule::Bound, level), Ok(3));
        // One event: 4.744 / 20 h.
        assert_eq!(curve.choose(0.238, Rule::Bound, level), Ok(2));
        // Three events, all in one of two sessions, say very little.
        assert_eq!(curve.choose(1.0, Rule::Bound, level), Ok(2));
    }

    /// With a refractory, a higher threshold may give more events: what counts is the threshold from which on the budget
    /// holds.
    #[test]
    fn a_low_threshold_that_meets_the_budget_by_chance_is_not_taken() {
        let (run, mut units) = planted(10.0);
        units[1].files[0].false_accepts = Steps::from_counts(&[1, 3, 1, 0]);
        let mut curve = Curve::new(&run);
        units.iter().for_each(|unit| curve.add(&run, unit, |group| group.split == "dev"));
        assert_eq!(curve.choose(0.05, Rule::Point, Level::P95), Ok(2));
    }

    #[test]
    fn recordings_of_one_speaker_are_one_session() {
        let (run, units) = planted(10.0);
        let mut curve = Curve::new(&run);
        for unit in &units {
            let unit = Unit { speaker: Some("ann".into()), ..unit.clone() };
            curve.add(&run, &unit, |group| group.split == "dev");
        }
        assert_eq!(curve.by_session(0).collect::<Vec<_>>(), [(("", "ann"), 5)]);
    }

    #[test]
    fn a_budget_that_cannot_be_met_says_why() {
        let level = Level::P95;
        let Err(Infeasible::MoreHours { hours, more }) = curve(10.0).choose(0.1, Rule::Bound, level) else {
            std::panic!("more hours are needed");
        };
        assert!(hours == 20.0 && (more - (20.0_f64.ln() * 10.0 - 20.0)).abs() < 1e-9, "{more}");
        let (run, units) = planted(10.0);
        let mut noisy = Curve::new(&run);
        units.iter().for_each(|unit| noisy.add(&run, unit, |_| true));
        let error = noisy.choose(0.1, Rule::Point, level).unwrap_err();
        assert_eq!(error, Infeasible::TooMany { events: 100, hours: 30.0 });
    }
}
