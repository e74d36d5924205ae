//! The worst false accepts as files: to listen to, and to train against.

use super::Args;
use crate::audio;
use crate::results::ResultDir;
use crate::{UsageError, output, wav};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Audio kept before what was heard and after the decision.
const BEFORE: i64 = 24_000;
const AFTER: i64 = 8_000;

/// What was written.
pub(super) struct Mined {
    pub(super) clips: u64,
    /// Files whose audio is not where it was, or is no longer readable.
    pub(super) unreadable: u64,
}

/// One false accept.
struct Event {
    score: f32,
    path: PathBuf,
    file: String,
    set: String,
    split: String,
    from: i64,
    to: i64,
    at: i64,
}

/// A line of the manifest.
#[derive(Serialize)]
struct Row<'a> {
    file: String,
    set: &'static str,
    split: &'static str,
    kind: &'static str,
    seconds: f64,
    /// What it scored, and where it is from.
    score: f32,
    source: &'a str,
    source_set: &'a str,
    source_split: &'a str,
    at_s: f64,
}

/// Writes WAV files named by rank and score, and `manifest.jsonl`.
pub(super) fn write(
    args: &Args,
    dirs: &[ResultDir],
    threshold: f32,
    folder: &Path,
) -> Result<Mined, UsageError> {
    let failed = |error| UsageError(format!("{}: cannot be made: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut mined = Mined { clips: 0, unreadable: 0 };
    let mut manifest = String::new();
    for event in worst(args, dirs, threshold)? {
        let Some(pcm) = audio::stretch(&event.path, event.from, event.to).filter(|pcm| !pcm.is_empty())
        else {
            output::error(&format_args!("{}: cannot be read", event.path.display()));
            mined.unreadable += 1;
            continue;
        };
        mined.clips += 1;
        let name = format!("{:04}_{:.3}.wav", mined.clips, event.score);
        output::file(&folder.join(&name), &wav::bytes(&pcm))?;
        let row = Row {
            file: name,
            set: "mined",
            split: "train",
            kind: "negative",
            seconds: pcm.len() as f64 / 16_000.0,
            score: event.score,
            source: &event.file,
            source_set: &event.set,
            source_split: &event.split,
            at_s: event.at as f64 / 16_000.0,
        };
        manifest += &serde_json::to_string(&row).expect("plain data");
        manifest.push('\n');
    }
    output::file(&folder.join("manifest.jsonl"), manifest.as_bytes())?;
    Ok(mined)
}

/// The highest scores first; those near the threshold too, as they teach as much as those above it.
fn worst(args: &Args, dirs: &[ResultDir], threshold: f32) -> Result<Vec<Event>, UsageError> {
    let mut events = Vec::new();
    for dir in dirs {
        dir.units(|unit| {
            for file in &unit.files {
                let Some(group) = dir.result.run.groups.get(file.group as usize) else { continue };
                // What is reported on must stay unseen.
                if group.split == args.report {
                    continue;
                }
                for event in file.events.iter().filter(|event| event.score >= 0.5 * threshold) {
                    events.push(Event {
                        score: event.score,
                        path: dir.audio(file.manifest, &file.file),
                        file: file.file.clone(),
                        set: group.set.clone(),
                        split: group.split.clone(),
                        from: (event.start.min(event.at) - BEFORE).max(0),
                        to: event.end.max(event.at) + AFTER,
                        at: event.at,
                    });
                }
            }
            // Memory doesn't grow with the hours.
            if events.len() > 4 * args.most + 1000 {
                keep(&mut events, args.most);
            }
        })?;
    }
    keep(&mut events, args.most);
    Ok(events)
}

fn keep(events: &mut Vec<Event>, most: usize) {
    events
        .sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.file.cmp(&b.file)).then(a.at.cmp(&b.at)));
    // The same stretch may be in several results.
    events.dedup_by(|a, b| a.path == b.path && a.at == b.at);
    events.truncate(most);
}
