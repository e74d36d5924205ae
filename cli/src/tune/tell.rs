//! What was chosen, and what can be said about it, in words or as JSON.

use super::mine::Mined;
use super::{Args, Choice, Evidence};
use crate::output;
use crate::words::{hours, per_hour, percent, plural};
use earnest::eval::curve::{Curve, Infeasible, Rule};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
#[serde(tag = "type", rename = "tune")]
struct Line<'a> {
    phrase: &'a str,
    engine: &'a str,
    label: &'a str,
    fa_per_hour: f64,
    confidence: f64,
    /// Null if no threshold will do.
    threshold: Option<f32>,
    /// What met the budget: `bound` or `point`.
    rule: Option<&'static str>,
    /// Hours of audio without a false accept that the bound would need beyond what there is.
    more_hours: Option<f64>,
    chosen_on: Option<Split<'a>>,
    /// Null if nothing of that split was heard.
    reported_on: Option<Split<'a>>,
}

/// A threshold on one split.
#[derive(Serialize)]
struct Split<'a> {
    split: &'a str,
    hours: f64,
    sessions: usize,
    false_accepts: u64,
    fa_per_hour: Option<f64>,
    /// One-sided, sessions as units, at the confidence asked for.
    fa_per_hour_at_most: Option<f64>,
    design_effect: f64,
    trials: u64,
    missed: u64,
    missed_low: f64,
    missed_high: f64,
}

/// `None` if nothing of it was heard.
fn split<'a>(args: &Args, name: &'a str, curve: &Curve, index: usize) -> Option<Split<'a>> {
    if curve.samples == 0 && curve.trials == 0 {
        return None;
    }
    let rate = curve.session_rate(index);
    let misses = curve.misses(index);
    let limits = misses.wilson(args.confidence);
    let finite = |value: f64| value.is_finite().then_some(value);
    Some(Split {
        split: name,
        hours: rate.rate.hours,
        sessions: rate.sessions,
        false_accepts: rate.rate.events,
        fa_per_hour: finite(rate.rate.per_hour()),
        fa_per_hour_at_most: finite(rate.upper(args.confidence)),
        design_effect: rate.design_effect,
        trials: misses.of,
        missed: misses.count,
        missed_low: limits.low,
        missed_high: limits.high,
    })
}

fn line<'a>(args: &'a Args, evidence: &'a Evidence) -> Line<'a> {
    Line {
        phrase: &evidence.run.phrase,
        engine: &evidence.run.subject.engine,
        label: &evidence.run.label,
        fa_per_hour: args.fa_per_hour,
        confidence: args.confidence.as_percent(),
        threshold: None,
        rule: None,
        more_hours: None,
        chosen_on: None,
        reported_on: None,
    }
}

fn more_hours(reason: Option<Infeasible>) -> Option<f64> {
    match reason {
        Some(Infeasible::MoreHours { more, .. }) => Some(more),
        _ => None,
    }
}

pub(super) fn chosen(args: &Args, evidence: &Evidence, choice: &Choice) {
    let on = split(args, &args.on, &evidence.on, choice.index);
    let report = split(args, &args.report, &evidence.report, choice.index);
    let threshold = evidence.on.thresholds[choice.index];
    if args.json {
        return output::json(&Line {
            threshold: Some(threshold),
            rule: Some(if choice.rule == Rule::Bound { "bound" } else { "point" }),
            more_hours: more_hours(choice.instead_of_bound),
            chosen_on: on,
            reported_on: report,
            ..line(args, evidence)
        });
    }
    output::line(&heading(args, evidence));
    if let Some(reason) = choice.instead_of_bound {
        output::line(&format!("  {}", why(args, evidence, reason)));
    }
    let by = match choice.rule {
        Rule::Bound => format!("whose limit on `{}` meets the budget", args.on),
        Rule::Point => format!("whose count on `{}` meets the budget; no claim about other audio", args.on),
    };
    output::line(&format!("  threshold {threshold:.4}: the lowest {by}"));
    for split in [&on, &report].into_iter().flatten() {
        for said in in_words(args, split) {
            output::line(&format!("  {said}"));
        }
    }
    if report.is_none() {
        output::line(&format!(
            "  {:<6} not heard yet: evaluate it once, when nothing is left to choose",
            args.report
        ));
    }
}

/// One split in two lines.
fn in_words(args: &Args, split: &Split<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let name = format!("{:<6}", split.split);
    match (split.fa_per_hour, split.fa_per_hour_at_most) {
        (Some(rate), Some(most)) => {
            let events = plural(split.false_accepts, "false accept", "false accepts");
            let clusters = match split.design_effect {
                effect if effect > 1.05 => format!(", in clusters (design effect {effect:.1})"),
                _ => String::new(),
            };
            lines.push(format!(
                "{name} {events} in {} of {}: {} an hour, at most {} ({} %){clusters}",
                hours(split.hours),
                plural(split.sessions as u64, "session", "sessions"),
                per_hour(rate),
                per_hour(most),
                args.confidence.as_percent(),
            ));
        }
        _ => {
            lines.push(format!("{name} no audio without the phrase: nothing can be said about false accepts"))
        }
    }
    if split.trials > 0 {
        let share = split.missed as f64 / split.trials as f64;
        lines.push(format!(
            "{:6} missed {} of {}: {} ({} to {})",
            "",
            split.missed,
            split.trials,
            percent(share),
            percent(split.missed_low),
            percent(split.missed_high)
        ));
    } else {
        lines.push(format!("{:6} no sayings of the phrase: what it costs in misses isn't known", ""));
    }
    lines
}

fn heading(args: &Args, evidence: &Evidence) -> String {
    format!(
        "{:?}, {}: at most {} false accepts an hour, {} % sure",
        evidence.run.phrase,
        evidence.run.label,
        args.fa_per_hour,
        args.confidence.as_percent()
    )
}

fn why(args: &Args, evidence: &Evidence, reason: Infeasible) -> String {
    match reason {
        Infeasible::MoreHours { hours: there, more } => {
            let most = earnest::eval::stats::Rate { events: 0, hours: there }.upper(args.confidence);
            format!(
                "this budget can't be claimed with the audio there is: {} of `{}` without a false accept show at most {} an \
                 hour; {} more are needed",
                hours(there),
                args.on,
                per_hour(most),
                hours(more)
            )
        }
        Infeasible::TooMany { events, hours: there } => format!(
            "this budget can't be met: even at the highest threshold, {:.4}, there are {} in {} of `{}`, or too few \
             sessions to claim less",
            evidence.on.thresholds.last().copied().unwrap_or_default(),
            plural(events, "false accept", "false accepts"),
            hours(there),
            args.on
        ),
        _ => "this budget can't be met".into(),
    }
}

pub(super) fn infeasible(args: &Args, evidence: &Evidence, reason: Infeasible) {
    if args.json {
        return output::json(&Line { more_hours: more_hours(Some(reason)), ..line(args, evidence) });
    }
    output::line(&heading(args, evidence));
    output::line(&format!("  {}", why(args, evidence, reason)));
}

pub(super) fn mined(args: &Args, mined: &Mined, folder: &Path) -> String {
    let clips = plural(mined.clips, "false accept", "false accepts");
    let unreadable = match mined.unreadable {
        0 => String::new(),
        n => format!(", {} could not be read", plural(n, "file", "files")),
    };
    format!(
        "{}: {clips} and a manifest{unreadable}. For a model trained on them, `{}` is no longer a fair test.",
        folder.display(),
        args.on
    )
}
