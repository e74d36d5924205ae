//! Cuts of lhotse (`cuts.jsonl`, `cuts.jsonl.gz`): a stretch of a recording and what is said in it.
//!
//! Taken are cuts of one channel or more whose recording is one file: what lhotse writes as `MonoCut` and `MultiCut`.
//! A supervision says what is said where, so one whose text is the phrase is a trial of its own. `custom` may hold
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

pub(super) fn row(at: &At<'_>, cut: &Object, manifest: &Path) -> Result<Row, ManifestError> {
    if let Some(kind) = cut.get("type").filter(|kind| !matches!(kind.as_str(), Some("MonoCut" | "MultiCut")))
    {
        return Err(at.wrong("type", "`MonoCut` or `MultiCut`", Some(kind)));
    }
    let Some(Value::Object(recording)) = cut.get("recording") else {
        return Err(at.wrong("recording", "the recording, as an object", cut.get("recording")));
    };
    let file = match recording.get("sources").and_then(Value::as_array).map(Vec::as_slice) {
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
