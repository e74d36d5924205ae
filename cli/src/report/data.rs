//! What the page's script is given.

use super::clips::Clip;
use super::compare::{Comparison, with_first};
use super::view::{BAR_THRESHOLDS, LATENCY_BINS, LATENCY_FROM_MS, Sums, View};
use super::{Args, Run};
use earnest::eval::result::{Augmentation, Excluded, Failed, ManifestId, Rules};
use earnest::eval::stats::{Level, Rate, hours_needed, normal_upper_point};
use serde::Serialize;
use std::collections::BTreeMap;

/// Milliseconds of a bar of the latency histogram.
const BAR_MS: i64 = 50;
/// Sessions with most false accepts that are shown.
const SESSIONS: usize = 8;

#[derive(Serialize)]
pub(super) struct Data<'a> {
    runs: Vec<RunData<'a>>,
    /// For every count of events that occurs: exact two-sided 95 % limits of its mean.
    limits: BTreeMap<u64, [f64; 2]>,
    /// The normal distribution's 97.5 % point, for Wilson's interval.
    z: f64,
    probabilities: bool,
}

#[derive(Serialize)]
struct RunData<'a> {
    label: &'a str,
    phrase: &'a str,
    engine: &'a str,
    model: Option<&'a str>,
    digest: Option<&'a str>,
    settings: &'a BTreeMap<String, String>,
    version: &'a str,
    rules: Rules,
    augmentation: &'a Augmentation,
    manifests: &'a [ManifestId],
    excluded: &'a [Excluded],
    failed: &'a [Failed],
    units: u64,
    units_done: u64,
    thresholds: Vec<f64>,
    start: usize,
    start_why: &'a str,
    /// Not only yes or no.
    scored: bool,
    /// Processor seconds per hour of audio: all, and of these decoding and augmentation. Not of an engine that heard it
    /// elsewhere and only told its events.
    cpu_s_per_hour: Option<[f64; 2]>,
    views: Vec<ViewData<'a>>,
    clips: &'a [Clip],
}

#[derive(Serialize)]
struct ViewData<'a> {
    split: Option<&'a str>,
    hours: f64,
    false_accepts: Steps,
    /// By threshold: limits of the rate and its one-sided upper limit, sessions as units; how far events cluster.
    session_low: Vec<f64>,
    session_high: Vec<f64>,
    session_upper: Vec<f64>,
    design_effect: Vec<f64>,
    sessions: usize,
    trials: u64,
    hits: Steps,
    negative_files: u64,
    woke: Steps,
    /// Below the grid, then bars of so many thresholds.
    bar_thresholds: usize,
    positive_peaks: &'a [u64],
    negative_peaks: &'a [u64],
    tenths: &'a [[u64; 2]],
    latency: Vec<Latency>,
    groups: Vec<GroupData<'a>>,
    /// Hours with no event that the usual claims need: per hour, hours.
    needed: Vec<[f64; 2]>,
    worst_sessions: Vec<(&'a str, Steps)>,
    comparisons: Vec<Comparison>,
}

/// Counts over thresholds: the threshold from which on, the count; until the next.
type Steps = Vec<(usize, u64)>;

/// Latencies from one threshold on, until the next.
#[derive(Serialize)]
struct Latency {
    from: usize,
    /// Milliseconds: median and 95th percentile.
    median: i64,
    p95: i64,
    /// Where the first bar begins, and the bars.
    first: i64,
    bars: Vec<u32>,
}

#[derive(Serialize)]
struct GroupData<'a> {
    set: &'a str,
    split: &'a str,
    kind: &'a str,
    phrase: Option<&'a str>,
    positive: bool,
    files: u64,
    failed: u64,
    hours: f64,
    trials: u64,
    hits: Steps,
    false_accepts: Steps,
}

pub(super) fn data<'a>(args: &Args, runs: &'a [Run]) -> Data<'a> {
    let mut data = Data {
        runs: runs.iter().enumerate().map(|(n, run)| run_data(n, run, runs)).collect(),
        limits: BTreeMap::from([(0, limits(0))]),
        z: normal_upper_point(0.025),
        probabilities: args.probabilities,
    };
    for view in data.runs.iter().flat_map(|run| &run.views) {
        let steps = view.groups.iter().map(|group| &group.false_accepts).chain([&view.false_accepts]);
        for (_, count) in steps.flatten() {
            data.limits.entry(*count).or_insert_with(|| limits(*count));
        }
    }
    data
}

fn limits(events: u64) -> [f64; 2] {
    let limits = Rate { events, hours: 1.0 }.interval(Level::P95);
    [short(limits.low), short(limits.high)]
}

fn run_data<'a>(n: usize, run: &'a Run, runs: &'a [Run]) -> RunData<'a> {
    let result = &run.dir.result;
    let about = &result.run;
    let view = |view: &'a View| ViewData {
        comparisons: if n == 0 { with_first(runs, view) } else { Vec::new() },
        ..view_data(view, run.start)
    };
    RunData {
        label: &about.label,
        phrase: &about.phrase,
        engine: &about.subject.engine,
        model: about.subject.model.as_deref(),
        digest: about.subject.digest.as_deref(),
        settings: &about.subject.settings,
        version: &about.version,
        rules: about.rules,
        augmentation: &about.augmentation,
        manifests: &about.manifests,
        excluded: &about.excluded,
        failed: &result.failed,
        units: about.units,
        units_done: result.units_done,
        thresholds: about.thresholds.iter().map(|t| short(f64::from(*t))).collect(),
        start: run.start,
        start_why: &run.start_why,
        scored: run.views.scored(),
        cpu_s_per_hour: run.cost().map(|cost| {
            let other = (cost.decode_cpu_s + cost.augment_cpu_s) / cost.hours;
            [short(cost.cpu_s_per_hour()), short(other)]
        }),
        views: run.views.views.iter().map(view).collect(),
        clips: &run.clips,
    }
}

fn view_data(view: &View, start: usize) -> ViewData<'_> {
    let curve = &view.curve;
    let finite = |value: f64| if value.is_finite() { short(value) } else { -1.0 };
    let (mut low, mut high, mut upper, mut effect) = (vec![], vec![], vec![], vec![]);
    // Neighbouring thresholds often have the same false accepts, and these limits are the dear ones.
    let mut before: Option<(u64, u64, [f64; 4])> = None;
    for index in 0..curve.thresholds.len() {
        let rate = curve.session_rate(index);
        let same = before
            .filter(|(events, bits, _)| *events == rate.rate.events && *bits == rate.design_effect.to_bits());
        let values = same.map_or_else(
            || {
                let limits = rate.interval(Level::P95);
                let upper = finite(rate.upper(Level::P95));
                [finite(limits.low), finite(limits.high), upper, finite(rate.design_effect)]
            },
            |(_, _, values)| values,
        );
        before = Some((rate.rate.events, rate.design_effect.to_bits(), values));
        low.push(values[0]);
        high.push(values[1]);
        upper.push(values[2]);
        effect.push(values[3]);
    }
    let mut worst: Vec<_> = curve.by_session(start).filter(|(_, events)| *events > 0).collect();
    worst.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    worst.truncate(SESSIONS);
    let names: Vec<_> = worst.iter().map(|(name, _)| *name).collect();
    let mut counts: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
    for index in 0..curve.thresholds.len() {
        for (name, events) in curve.by_session(index).filter(|(name, _)| names.contains(name)) {
            counts.entry(name).or_default().push(events);
        }
    }
    ViewData {
        split: view.split.as_deref(),
        hours: short(curve.hours()),
        false_accepts: steps(&curve.false_accepts),
        session_low: low,
        session_high: high,
        session_upper: upper,
        design_effect: effect,
        sessions: curve.by_session(0).count(),
        trials: curve.trials,
        hits: steps(&curve.hits),
        negative_files: view.negative_files,
        woke: steps(&view.woke),
        bar_thresholds: BAR_THRESHOLDS,
        positive_peaks: &view.positive_peaks,
        negative_peaks: &view.negative_peaks,
        tenths: &view.tenths,
        latency: latency(view),
        groups: view.heard().map(group_data).collect(),
        needed: [0.1, 0.5, 1.0].map(|r| [r, short(hours_needed(0, r, Level::P95))]).to_vec(),
        worst_sessions: names.iter().map(|name| (name.1, steps(&counts[name]))).collect(),
        comparisons: Vec::new(),
    }
}

fn group_data(sums: &Sums) -> GroupData<'_> {
    GroupData {
        set: &sums.key.set,
        split: &sums.key.split,
        kind: &sums.key.kind,
        phrase: sums.key.phrase.as_deref(),
        positive: sums.key.positive,
        files: sums.files,
        failed: sums.failed,
        hours: short(sums.samples as f64 / (16_000.0 * 3600.0)),
        trials: sums.trials,
        hits: steps(&sums.hits),
        false_accepts: steps(&sums.false_accepts),
    }
}

fn steps(counts: &[u64]) -> Steps {
    let changed = |i: &usize| *i == 0 || counts[*i] != counts[*i - 1];
    (0..counts.len()).filter(changed).map(|i| (i, counts[i])).collect()
}

fn latency(view: &View) -> Vec<Latency> {
    let mut all: Vec<Latency> = Vec::new();
    for (from, bins) in view.latency.iter().enumerate() {
        if from > 0 && view.latency[from - 1] == *bins {
            continue;
        }
        let per_bar = (BAR_MS / 10) as usize;
        let bars: Vec<u32> = bins.chunks(per_bar).map(|chunk| chunk.iter().sum()).collect();
        debug_assert_eq!(bars.len(), LATENCY_BINS / per_bar);
        let first = bars.iter().position(|n| *n > 0).unwrap_or(0);
        let last = bars.iter().rposition(|n| *n > 0).map_or(0, |last| last + 1);
        all.push(Latency {
            from,
            median: view.latency_ms(from, 0.5).unwrap_or(0),
            p95: view.latency_ms(from, 0.95).unwrap_or(0),
            first: LATENCY_FROM_MS + BAR_MS * first as i64,
            bars: bars.get(first..last).unwrap_or_default().to_vec(),
        });
    }
    all
}

/// Six digits are enough for a page.
fn short(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
