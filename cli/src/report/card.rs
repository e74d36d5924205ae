//! The measured part of a model's card, in Markdown: what was counted, its intervals, and the commands that made it.
//!
//! One row for each result, one part for each split. Limits of rates take sessions (speakers, where they are known) as
//! units; shares have Wilson's interval.

use super::view::View;
use super::{Args, Run, command};
use crate::words::{hours, per_hour, percent};
use earnest::eval::result::{ClipSet, GroupKey};
use earnest::eval::stats::{Level, SessionRate, Share};
use std::collections::BTreeSet;
use std::path::Path;

/// False accepts at which the curve is shown, of the first result of a model.
const ALLOWED: [u64; 9] = [0, 1, 2, 5, 10, 20, 50, 100, 200];
const LEVEL: Level = Level::P95;

/// A result and what it says about one split.
struct Column<'a> {
    name: String,
    run: &'a Run,
    view: &'a View,
}

pub(super) fn markdown(args: &Args, runs: &[Run]) -> String {
    let names = names(runs);
    let mut splits: Vec<&str> = Vec::new();
    for split in runs.iter().flat_map(|run| &run.views.views).filter_map(|view| view.split.as_deref()) {
        if !splits.contains(&split) {
            splits.push(split);
        }
    }
    let mut text = String::new();
    for split in splits {
        let view =
            |run: &'_ Run| run.views.views.iter().position(|view| view.split.as_deref() == Some(split));
        let columns: Vec<Column<'_>> = runs
            .iter()
            .zip(&names)
            .filter_map(|(run, name)| {
                Some(Column { name: name.clone(), run, view: run.views.views.get(view(run)?)? })
            })
            .collect();
        text += &format!("### On `{split}`\n\n");
        text += &figures(&columns);
        text += &sets(&columns);
        text += &curves(&columns);
    }
    text + &commands(args, runs)
}

/// What sets the results apart: what was done to the audio, and the engine where there are several.
fn names(runs: &[Run]) -> Vec<String> {
    let labels: BTreeSet<&str> = runs.iter().map(|run| run.dir.result.run.label.as_str()).collect();
    let name = |run: &Run| {
        let (label, audio) = (&run.dir.result.run.label, condition(run));
        match (labels.len(), audio.is_empty()) {
            (1, true) => "clean".into(),
            (1, false) => audio,
            (_, true) => label.clone(),
            (_, false) => format!("{label}, {audio}"),
        }
    };
    runs.iter().map(name).collect()
}

/// What was done to the audio, in words; empty for nothing.
fn condition(run: &Run) -> String {
    let done = &run.dir.result.run.augmentation;
    let mut words = Vec::new();
    words.extend(done.room.as_ref().map(|room| format!("room {}", short(room))));
    if let (Some(noise), Some(snr)) = (&done.noise, done.snr_db) {
        words.push(format!("{} at {snr} dB", short(noise)));
    }
    words.extend(done.gain_db.map(|(from, to)| format!("{from} to {to} dB")));
    words.extend(done.band_hz.map(|(from, to)| format!("{from} to {to} Hz")));
    words.extend(done.codec.clone());
    words.join(", ")
}

/// The set's name: of its folder, where the path is a manifest's.
fn short(clips: &ClipSet) -> String {
    let path = Path::new(&clips.path);
    let manifest = path.extension().is_some_and(|extension| extension == "jsonl" || extension == "gz");
    let named = if manifest { path.parent().and_then(Path::file_name) } else { path.file_stem() };
    named.map_or_else(|| clips.path.clone(), |name| name.to_string_lossy().into_owned())
}

/// The figures at the threshold of each.
fn figures(columns: &[Column<'_>]) -> String {
    let mut text = row(&[
        "",
        "threshold",
        "missed",
        "told after the end of speech: median, 95th percentile",
        "false accepts",
        "an hour",
        "at most",
        "CPU s per hour",
    ]);
    text += &rule(8);
    for Column { name, run, view } in columns {
        let start = run.start;
        let rate = view.curve.session_rate(start);
        let latency = |share| view.latency_ms(start, share).map(|ms| format!("{ms} ms"));
        let latency = latency(0.5).zip(latency(0.95)).map(|(median, late)| format!("{median}, {late}"));
        let heard = view.curve.hours() > 0.0;
        text += &row(&[
            name,
            &format!("{:.3}, {}", view.curve.thresholds[start], run.start_why),
            &missed(view.curve.misses(start)),
            latency.as_deref().unwrap_or("–"),
            &counted(&rate),
            &if heard { interval(&rate) } else { "–".into() },
            &if heard { per_hour(rate.upper(LEVEL)) } else { "–".into() },
            &run.cost().map_or_else(|| "–".into(), |cost| format!("{:.2}", cost.cpu_s_per_hour())),
        ]);
    }
    text + "\n"
}

/// False accepts by set.
fn sets(columns: &[Column<'_>]) -> String {
    let mut keys: Vec<&GroupKey> = Vec::new();
    let groups = columns.iter().flat_map(|column| column.view.heard());
    for group in groups.filter(|group| !group.key.positive) {
        if !keys.contains(&&group.key) {
            keys.push(&group.key);
        }
    }
    if keys.is_empty() {
        return String::new();
    }
    let mut head = vec!["without the phrase", "files", "hours"];
    head.extend(columns.iter().map(|column| column.name.as_str()));
    let mut text = row(&head) + &rule(head.len());
    for key in keys {
        let (mut about, mut cells) = (None, Vec::new());
        for Column { run, view, .. } in columns {
            let group = view.heard().find(|group| group.key == *key);
            about = about.or_else(|| group.map(|group| (group.files, group.samples)));
            cells.push(group.map_or_else(
                || "–".into(),
                |group| {
                    let events = group.false_accepts[run.start];
                    let rate = earnest::eval::stats::Rate { events, hours: in_hours(group.samples) };
                    format!("{events}, at most {}", per_hour(rate.upper(LEVEL)))
                },
            ));
        }
        let (files, samples) = about.unwrap_or_default();
        let name = match &key.phrase {
            Some(phrase) => format!("{} (“{phrase}”)", key.set),
            None => key.set.clone(),
        };
        let mut line = vec![name, files.to_string(), hours(in_hours(samples)).replace(" h", "")];
        line.append(&mut cells);
        text += &row(&line.iter().map(String::as_str).collect::<Vec<_>>());
    }
    text + "\n"
}

/// From score to false accepts and misses, a table for each model.
fn curves(columns: &[Column<'_>]) -> String {
    let mut text = String::new();
    let mut done: Vec<&Column<'_>> = Vec::new();
    let model = |column: &Column<'_>| column.run.dir.result.run.subject.digest.clone();
    for first in columns {
        if done.iter().any(|column| model(column) == model(first)) {
            continue;
        }
        done.push(first);
        let curve = &first.view.curve;
        if curve.hours() == 0.0 || !first.run.views.scored() {
            continue;
        }
        let same: Vec<_> = columns.iter().filter(|column| model(column) == model(first)).collect();
        let mut shown: BTreeSet<usize> = ALLOWED
            .iter()
            .filter_map(|allowed| curve.false_accepts.iter().position(|count| count <= allowed))
            .collect();
        shown.insert(first.run.start);
        let heads = same.iter().flat_map(|column| {
            [format!("{}: false accepts an hour", column.name), format!("{}: missed", column.name)]
        });
        let heads: Vec<String> = ["score".to_string()].into_iter().chain(heads).collect();
        text += &row(&heads.iter().map(String::as_str).collect::<Vec<_>>());
        text += &rule(heads.len());
        for index in shown {
            let own = index == first.run.start;
            let score = format!("{:.3}", curve.thresholds[index]);
            let mut line = vec![if own { format!("**{score}**") } else { score }];
            for Column { view, .. } in &same {
                let rate = view.curve.session_rate(index);
                let at_most = per_hour(rate.upper(LEVEL));
                line.push(format!("{} (at most {at_most})", per_hour(rate.rate.per_hour())));
                line.push(missed(view.curve.misses(index)));
            }
            text += &row(&line.iter().map(String::as_str).collect::<Vec<_>>());
        }
        text += "\n";
    }
    text
}

fn commands(args: &Args, runs: &[Run]) -> String {
    let mut text = String::from(
        "In brackets: 95 %, two-sided. At most: 95 %, one-sided. Rates with speakers (or sessions, or recordings) as \
         units, but sets alone, which are Poisson's; shares Wilson's. Made by\n\n```sh\n",
    );
    let mut report = "earnest report".to_string();
    for run in runs {
        let out = &run.dir.path;
        text += &command::of(&run.dir.result.run, out);
        text.push('\n');
        report += &format!(" {}", command::quoted(&out.display().to_string()));
    }
    report += " --format card";
    if let Some(threshold) = args.threshold {
        report += &format!(" --threshold {threshold}");
    }
    if let Some(budget) = args.fa_per_hour {
        report += &format!(" --fa-per-hour {budget}");
    }
    text + &report + "\n```\n"
}

fn counted(rate: &SessionRate) -> String {
    if rate.rate.hours == 0.0 {
        return "–".into();
    }
    let clusters = match rate.design_effect {
        effect if effect > 1.05 => format!(", design effect {effect:.1}"),
        _ => String::new(),
    };
    format!("{} in {}{clusters}", rate.rate.events, hours(rate.rate.hours))
}

fn interval(rate: &SessionRate) -> String {
    let limits = rate.interval(LEVEL);
    format!("{} [{}, {}]", per_hour(rate.rate.per_hour()), per_hour(limits.low), per_hour(limits.high))
}

fn missed(share: Share) -> String {
    if share.of == 0 {
        return "–".into();
    }
    let limits = share.wilson(LEVEL);
    let (low, high) = (100.0 * limits.low, 100.0 * limits.high);
    format!("{} of {}: {} [{low:.1}, {high:.1}]", share.count, share.of, percent(share.value()))
}

fn in_hours(samples: u64) -> f64 {
    samples as f64 / (16_000.0 * 3600.0)
}

fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn rule(columns: usize) -> String {
    format!("|{}\n", "---|".repeat(columns))
}
