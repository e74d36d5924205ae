//! Two results on the same audio: who is better, and could it be luck?

use super::Run;
use super::view::View;
use earnest::eval::curve::Rule;
use earnest::eval::stats::{Level, RateRatio, mcnemar, sign_flip};
use serde::Serialize;
use std::collections::BTreeMap;

/// Budgets at which misses are compared, false accepts per hour.
const BUDGETS: [f64; 5] = [0.1, 0.25, 0.5, 1.0, 2.0];

/// A result beside the first one, on one split.
#[derive(Serialize)]
pub(super) struct Comparison {
    /// Index of the other result.
    run: usize,
    /// Whether the two heard the same hours; if not, false accepts are compared as if independent, without pairs.
    same_audio: bool,
    /// Thresholds that the page opens with.
    own: Point,
    /// At equal false accepts per hour: as many as the other has at its own threshold, then the budgets.
    equal: Vec<Point>,
}

/// Two thresholds, one of each result.
#[derive(Serialize)]
struct Point {
    budget: Option<f64>,
    first: usize,
    other: usize,
    /// Trials that both heard.
    trials: usize,
    only_first: u64,
    only_other: u64,
    mcnemar: f64,
    /// False accepts of the other over those of the first.
    ratio: Option<f64>,
    ratio_low: Option<f64>,
    ratio_high: Option<f64>,
    ratio_p: f64,
    /// By session, where both have the same.
    sessions: Option<usize>,
    sessions_p: Option<f64>,
}

/// Every other result beside the first, on the split that the view shows.
pub(super) fn with_first(runs: &[Run], view: &View) -> Vec<Comparison> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    let mut comparisons = Vec::new();
    for (n, other) in others.iter().enumerate() {
        let Some(theirs) = other.views.views.iter().find(|v| v.split == view.split) else { continue };
        let pair = Pair { first, other, ours: view, theirs };
        let at = |view: &View, budget| view.curve.choose(budget, Rule::Point, Level::P95).ok();
        let point = |budget| Some(pair.at(Some(budget), at(view, budget)?, at(theirs, budget)?));
        // An engine without scores has one point, and the first can only be brought to that.
        let scored = first.views.scored() && other.views.scored();
        let budgets = if scored { &BUDGETS[..] } else { &[] };
        let same = Some(theirs.curve.rate(other.start).per_hour()).filter(|_| first.views.scored());
        let matched = same.and_then(|rate| Some(pair.at(Some(rate), at(view, rate)?, other.start)));
        comparisons.push(Comparison {
            run: n + 1,
            same_audio: view.curve.samples == theirs.curve.samples,
            own: pair.at(None, first.start, other.start),
            equal: matched.into_iter().chain(budgets.iter().copied().filter_map(point)).collect(),
        });
    }
    comparisons
}

struct Pair<'a> {
    first: &'a Run,
    other: &'a Run,
    ours: &'a View,
    theirs: &'a View,
}

impl Pair<'_> {
    fn at(&self, budget: Option<f64>, first: usize, other: usize) -> Point {
        let (mut trials, mut only_first, mut only_other) = (0, 0, 0);
        for (key, heard) in &self.first.views.trials {
            let group = &self.first.dir.result.run.groups[heard.group as usize];
            let Some(theirs) = self.other.views.trials.get(key).filter(|_| self.ours.wants(group)) else {
                continue;
            };
            trials += 1;
            match (first < heard.hits as usize, other < theirs.hits as usize) {
                (true, false) => only_first += 1,
                (false, true) => only_other += 1,
                _ => {}
            }
        }
        let ratio = RateRatio::new(self.theirs.curve.rate(other), self.ours.curve.rate(first), Level::P95);
        let finite = |value: f64| value.is_finite().then_some(value);
        let ours: BTreeMap<_, u64> = self.ours.curve.by_session(first).collect();
        let theirs: BTreeMap<_, u64> = self.theirs.curve.by_session(other).collect();
        let paired = ours.keys().eq(theirs.keys()).then(|| {
            let differences: Vec<i64> =
                ours.values().zip(theirs.values()).map(|(a, b)| *a as i64 - *b as i64).collect();
            sign_flip(&differences, 1)
        });
        Point {
            budget,
            first,
            other,
            trials,
            only_first,
            only_other,
            mcnemar: mcnemar(only_first, only_other),
            ratio: finite(ratio.ratio),
            ratio_low: finite(ratio.interval.low),
            ratio_high: finite(ratio.interval.high),
            ratio_p: ratio.p,
            sessions: paired.map(|flip| flip.sessions),
            sessions_p: paired.map(|flip| flip.p),
        }
    }
}
