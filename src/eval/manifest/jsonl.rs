//! One JSON object a line, one file each.

use super::{ManifestError, Row, shown};
use serde_json::{Map, Value};
use std::format;
use std::path::Path;
use std::prelude::rust_2024::*;

/// A line of a manifest, for errors.
pub(super) struct At<'a> {
    pub(super) manifest: &'a Path,
    pub(super) line: u64,
}

pub(super) type Object = Map<String, Value>;

impl At<'_> {
    pub(super) fn error(&self, field: &'static str, expected: &'static str, found: String) -> ManifestError {
        ManifestError::Line { manifest: shown(self.manifest), line: self.line, field, expected, found }
    }

    pub(super) fn wrong(
        &self,
        field: &'static str,
        expected: &'static str,
        found: Option<&Value>,
    ) -> ManifestError {
        self.error(field, expected, found.map_or("nothing".into(), |value| short(&value.to_string())))
    }

    pub(super) fn object(&self, line: &str) -> Result<Object, ManifestError> {
        match serde_json::from_str(line) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(self.error("", "a JSON object", short(line.trim_end()))),
            Err(error) => {
                let found = format!("{} ({error})", short(line.trim_end()));
                Err(self.error("", "a JSON object", found))
            }
        }
    }

    /// A string; `None` if the field isn't there or is null.
    pub(super) fn text(&self, object: &Object, field: &'static str) -> Result<Option<String>, ManifestError> {
        match object.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            // Speakers and sessions are often numbers.
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            other => Err(self.wrong(field, "a string", other)),
        }
    }

    /// A number of seconds, at least 0.
    pub(super) fn seconds(&self, object: &Object, field: &'static str) -> Result<Option<f64>, ManifestError> {
        match object.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_f64() {
                Some(seconds) if (0.0..1e9).contains(&seconds) => Ok(Some(seconds)),
                _ => Err(self.wrong(field, "seconds, 0 or more", Some(value))),
            },
        }
    }
}

/// Enough of what was found to recognise it.
fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text.into(),
    }
}

/// A line of our own kind; `set` is what the set is called without the field.
pub(super) fn row(at: &At<'_>, object: &Object, set: &str) -> Result<Row, ManifestError> {
    let phrase = at.text(object, "phrase")?;
    let mut said = Vec::new();
    match object.get("phrase_at") {
        None | Some(Value::Null) => {}
        Some(value) => {
            const EXPECTED: &str = "[[start, end], …] in seconds, start before end";
            let wrong = || at.wrong("phrase_at", EXPECTED, Some(value));
            let Some(phrase) = &phrase else {
                return Err(at.wrong("phrase", "the phrase, as there is `phrase_at`", None));
            };
            for span in value.as_array().ok_or_else(wrong)? {
                match span
                    .as_array()
                    .map(|ends| ends.iter().map(Value::as_f64).collect::<Vec<_>>())
                    .as_deref()
                {
                    Some([Some(start), Some(end)]) if *start >= 0.0 && start < end && *end < 1e9 => {
                        said.push((phrase.clone(), *start, *end));
                    }
                    _ => return Err(wrong()),
                }
            }
        }
    }
    Ok(Row {
        file: at
            .text(object, "file")?
            .filter(|file| !file.is_empty())
            .ok_or_else(|| at.wrong("file", "the name of a recording", object.get("file")))?,
        stretch_s: None,
        set: at.text(object, "set")?.unwrap_or_else(|| set.into()),
        split: at.text(object, "split")?.unwrap_or_else(|| "all".into()),
        kind: at.text(object, "kind")?.unwrap_or_else(|| "audio".into()),
        phrase,
        said,
        text: at.text(object, "text")?,
        speaker: at.text(object, "speaker")?,
        session: at.text(object, "session")?,
        seconds: at.seconds(object, "seconds")?,
    })
}
