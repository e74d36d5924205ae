//! What it took for the phrase, and what it missed: to listen to and to look at.

use super::view::Views;
use crate::audio;
use crate::results::ResultDir;
use crate::wav;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use earnest::eval::result::Unit;
use earnest::frontend::{FrontEnd, FrontEndConfig};
use serde::Serialize;
use std::path::Path;

/// Audio before and after what was heard.
const BEFORE: i64 = 16_000;
const AFTER: i64 = 12_000;
/// A clip is no longer than this.
const LONGEST: i64 = 5 * 16_000;
/// Mel bins of the spectrogram.
const BANDS: usize = 40;

/// A stretch of audio.
#[derive(Serialize)]
pub(super) struct Clip {
    pub(super) missed: bool,
    pub(super) file: String,
    pub(super) set: String,
    pub(super) split: String,
    /// When it was decided, seconds from the start of the file.
    pub(super) at_s: f64,
    pub(super) score: f32,
    /// Seconds from the start of the clip: what was heard, and the decision.
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    pub(super) decided_s: f64,
    /// Running score: when the first value's interval ends, seconds from the start of the clip; the step; values.
    pub(super) trace: Option<(f64, f64, Vec<f32>)>,
    #[serde(flatten)]
    pub(super) sound: Option<Sound>,
}

/// What can be heard and seen without the file.
#[derive(Serialize)]
pub(super) struct Sound {
    pub(super) seconds: f64,
    /// Data URIs: 16 kHz WAV, and PNG with a row a mel band and a column every 10 ms.
    wav: String,
    png: String,
}

/// The `most` worst false accepts, and half as many of the lowest misses.
pub(super) fn of(dir: &ResultDir, views: &Views, threshold: usize, most: usize) -> Vec<Clip> {
    let run = &dir.result.run;
    let mut clips = Vec::new();
    for worst in dir.result.worst.iter().take(most) {
        let event = &worst.event;
        let (from, to) = around(event.start.min(event.at), event.end.max(event.at));
        let group = run.groups.get(worst.group as usize);
        let trace = event.trace.as_ref().map(|trace| {
            (seconds(trace.from - from), f64::from(trace.every) / 16_000.0, trace.scores.clone())
        });
        clips.push(Clip {
            missed: false,
            file: worst.file.clone(),
            set: group.map(|g| g.set.clone()).unwrap_or_default(),
            split: group.map(|g| g.split.clone()).unwrap_or_default(),
            at_s: seconds(event.at),
            score: event.score,
            start_s: seconds(event.start - from),
            end_s: seconds(event.end - from),
            decided_s: seconds(event.at - from),
            trace,
            sound: sound(&dir.audio(worst.manifest, &worst.file), from, to),
        });
    }
    clips.extend(misses(dir, views, threshold, most / 2));
    clips
}

/// The sayings with the lowest scores.
fn misses(dir: &ResultDir, views: &Views, threshold: usize, most: usize) -> Vec<Clip> {
    let run = &dir.result.run;
    let mut lowest: Vec<(f32, u64, Clip, u32)> = Vec::new();
    let mut add = |unit: Unit| {
        for file in &unit.files {
            let Some(group) = run.groups.get(file.group as usize) else { continue };
            for trial in file.trials.iter().filter(|trial| !trial.hit(threshold)) {
                let (from, _) = around(trial.start as i64, trial.spoken.max(trial.start) as i64);
                let score = trial.peak.unwrap_or(0.0);
                let clip = Clip {
                    missed: true,
                    file: file.file.clone(),
                    set: group.set.clone(),
                    split: group.split.clone(),
                    at_s: seconds(trial.start as i64),
                    score,
                    start_s: seconds(trial.start as i64 - from),
                    end_s: seconds(trial.spoken as i64 - from),
                    decided_s: seconds(trial.spoken as i64 - from),
                    trace: None,
                    sound: None,
                };
                lowest.push((score, unit.unit, clip, file.manifest));
            }
        }
        lowest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        lowest.truncate(most);
    };
    // The folder was read once already, so this only fails if somebody took it away.
    if views.trials.is_empty() || dir.units(&mut add).is_err() {
        return Vec::new();
    }
    lowest
        .into_iter()
        .map(|(_, _, mut clip, manifest)| {
            let from = ((clip.at_s - clip.start_s) * 16_000.0).round() as i64;
            let to = from + ((clip.end_s + seconds(AFTER)) * 16_000.0) as i64;
            clip.sound = sound(&dir.audio(manifest, &clip.file), from, to.min(from + LONGEST));
            clip
        })
        .collect()
}

/// A stretch with something before and after, not before the file and not too long: its end is what matters.
fn around(start: i64, end: i64) -> (i64, i64) {
    let to = end + AFTER;
    ((start - BEFORE).max(to - LONGEST).max(0), to)
}

fn seconds(samples: i64) -> f64 {
    samples as f64 / 16_000.0
}

/// The audio from sample `from` to sample `to`; `None` if the file can't be read.
fn sound(path: &Path, from: i64, to: i64) -> Option<Sound> {
    let pcm = audio::stretch(path, from, to)?;
    if pcm.is_empty() {
        return None;
    }
    let uri = |kind: &str, bytes: &[u8]| format!("data:{kind};base64,{}", BASE64_STANDARD.encode(bytes));
    Some(Sound {
        seconds: seconds(pcm.len() as i64),
        wav: uri("audio/wav", &wav::bytes(&pcm)),
        png: uri("image/png", &spectrogram(&pcm)?),
    })
}

/// Log mel energies as an 8-bit palette image, high bands at the top, 60 dB below the loudest the darkest.
fn spectrogram(pcm: &[i16]) -> Option<Vec<u8>> {
    const DECADES: f32 = 6.0 * std::f32::consts::LN_10;
    let mut front_end: FrontEnd = FrontEnd::new(FrontEndConfig::base()).ok()?;
    let (mut rest, mut frames) = (pcm, Vec::new());
    while let Some(frame) = front_end.process(&mut rest) {
        frames.push(<[f32; BANDS]>::try_from(frame.mel()).ok()?);
    }
    if frames.is_empty() {
        return None;
    }
    let loudest = frames.iter().flatten().copied().fold(f32::MIN, f32::max);
    let pixel = |value: f32| (255.0 * (1.0 + (value - loudest) / DECADES).clamp(0.0, 1.0)) as u8;
    let image: Vec<u8> =
        (0..BANDS).rev().flat_map(|band| frames.iter().map(move |frame| pixel(frame[band]))).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, frames.len() as u32, BANDS as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette());
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&image)).ok()?;
    Some(bytes)
}

/// Dark blue over violet and orange to pale yellow: brightness rises all the way, so it reads without colours too.
fn palette() -> Vec<u8> {
    const STOPS: [[f32; 3]; 6] = [
        [13.0, 16.0, 38.0],
        [52.0, 26.0, 105.0],
        [126.0, 41.0, 120.0],
        [205.0, 70.0, 92.0],
        [247.0, 146.0, 76.0],
        [253.0, 241.0, 182.0],
    ];
    (0..256)
        .flat_map(|n| {
            let at = n as f32 / 255.0 * (STOPS.len() - 1) as f32;
            let (low, part) =
                ((at as usize).min(STOPS.len() - 2), at - at.floor().min((STOPS.len() - 2) as f32));
            (0..3).map(move |c| (STOPS[low][c] + part * (STOPS[low + 1][c] - STOPS[low][c])).round() as u8)
        })
        .collect()
}
