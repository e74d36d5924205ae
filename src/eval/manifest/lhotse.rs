//! Cuts of lhotse (`cuts.jsonl`, `cuts.jsonl.gz`): a stretch of a recording and what is said in it.
//!
//! Taken are cuts of all channels of a recording that is one file: what lhotse writes as `MonoCut` and `MultiCut`, and as
//! `MixedCut` where there is nothing but padding besides, which is left away. Everything else that lhotse would do to
//! the sound (mixing, speed, volume, picking a channel) is refused, not ignored. A supervision says what is said where, so one whose text is the phrase is a trial of its own. `custom` may hold
//! `set`, `split`, `kind`, `phrase` and `session`, as our own lines have them.

use super::jsonl::{At, Object};
use super::{ManifestError, Row};
use serde_json::Value;
use std::path::Path;
use std::prelude::rust_2024::*;

/// Whether a line is a cut rather than one of ours.
pub(super) fn is_cut(object: &Object) -> bool {
    !object.contains_key("file") && (object.contains_key("recording") || object.contains_key("tracks"))
}

/// The cut in a mix of one with padding; any other cut as it is.
fn unpadded(cut: &Object) -> &Object {
    let padding = |track: &&Value| track.get("type").and_then(Value::as_str) == Some("PaddingCut");
    let tracks = cut.get("tracks").and_then(list).unwrap_or_default();
    let mut sounds = tracks.iter().filter(|track| !padding(track));
    match (sounds.next().and_then(|track| track.get("cut")?.as_object()), sounds.next()) {
        (Some(only), None) => only,
        _ => cut,
    }
}

fn list(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice)
}

pub(super) fn row(at: &At<'_>, cut: &Object, manifest: &Path) -> Result<Row, ManifestError> {
    let cut = unpadded(cut);
    if let Some(kind) = cut.get("type").filter(|kind| !matches!(kind.as_str(), Some("MonoCut" | "MultiCut")))
    {
        return Err(at.wrong("type", "`MonoCut` or `MultiCut`, padded or not", Some(kind)));
    }
    let Some(Value::Object(recording)) = cut.get("recording") else {
        return Err(at.wrong("recording", "the recording, as an object", cut.get("recording")));
    };
    if let Some(done) =
        recording.get("transforms").filter(|done| list(done).is_some_and(|list| !list.is_empty()))
    {
        return Err(at.wrong("transforms", "a recording as it is in its file", Some(done)));
    }
    let sources = recording.get("sources").and_then(list);
    let channels = sources.and_then(|sources| list(sources.first()?.get("channels")?)).map(<[Value]>::len);
    let taken = cut.get("channel").map(|channel| list(channel).map_or(1, <[Value]>::len));
    if channels.is_some() && taken.is_some() && channels != taken {
        return Err(at.wrong("channel", "all channels of the recording", cut.get("channel")));
    }
    let file = match sources {
        Some([source]) if source.get("type").and_then(Value::as_str) == Some("file") => {
            source.get("source").and_then(Value::as_str)
        }
        _ => None,
    };
    let file =
        file.ok_or_else(|| at.wrong("sources", "one source of type `file`", recording.get("sources")))?;
    let start = at.seconds(cut, "start")?.unwrap_or(0.0);
    let duration = at
        .seconds(cut, "duration")?
        .ok_or_else(|| at.wrong("duration", "seconds, 0 or more", cut.get("duration")))?;
    let whole = start == 0.0 && at.seconds(recording, "duration")?.is_none_or(|all| duration >= all - 1e-4);

    let nothing = Object::new();
    let custom = cut.get("custom").and_then(Value::as_object).unwrap_or(&nothing);
    let (mut said, mut speaker, mut text) = (Vec::new(), None, String::new());
    for supervision in cut.get("supervisions").and_then(Value::as_array).into_iter().flatten() {
        let Some(supervision) = supervision.as_object() else {
            return Err(at.wrong("supervisions", "a list of objects", Some(supervision)));
        };
        speaker = speaker.or(at.text(supervision, "speaker")?);
        // One that begins before the cut has a negative start.
        let from = supervision.get("start").and_then(Value::as_f64).unwrap_or(0.0);
        let length = at.seconds(supervision, "duration")?.unwrap_or(duration);
        if let Some(words) = at.text(supervision, "text")? {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&words);
            said.push((words, from.clamp(0.0, duration), (from + length).clamp(0.0, duration)));
        }
    }
    let stem = || {
        let name = manifest.file_name().unwrap_or_default().to_string_lossy();
        name.split('.').next().unwrap_or_default().to_string()
    };
    Ok(Row {
        file: file.into(),
        stretch_s: (!whole).then_some((start, duration)),
        set: at.text(custom, "set")?.unwrap_or_else(stem),
        split: at.text(custom, "split")?.unwrap_or_else(|| "all".into()),
        kind: at.text(custom, "kind")?.unwrap_or_else(|| "speech".into()),
        phrase: at.text(custom, "phrase")?,
        said,
        text: (!text.is_empty()).then_some(text),
        speaker,
        session: at.text(custom, "session")?,
        seconds: Some(duration),
    })
}
