//! `assistant.toml`: what to wake on, and when it is speech.

use crate::UsageError;
use earnest::ConfigError;
use earnest::frontend::FrontEndConfig;
use earnest::pipeline::PipelineConfig;
use earnest::vad::{MelVad, MelVadConfig};
use serde::Deserialize;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A configuration that was found to be right.
pub(crate) struct Assistant {
    /// The enrolled phrase; the path as it can be opened from here.
    pub(crate) model: PathBuf,
    /// Score to wake at, 0 to 1; `None` leaves it to the model.
    pub(crate) threshold: Option<f32>,
    pub(crate) pipeline: PipelineConfig,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    wake: Wake,
    #[serde(default)]
    vad: Vad,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wake {
    model: PathBuf,
    threshold: Option<Spanned<f32>>,
}

/// See [`MelVadConfig`]; what isn't there keeps its default.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vad {
    threshold: Option<Spanned<f32>>,
    onset_frames: Option<Spanned<u32>>,
    hangover_frames: Option<Spanned<u32>>,
    talk_window_s: Option<Spanned<u32>>,
}

/// The configuration in `file`.
pub(crate) fn read(file: &Path) -> Result<Assistant, UsageError> {
    let text = fs::read_to_string(file)
        .map_err(|error| UsageError(format!("{}: cannot be read: {error}", file.display())))?;
    let mut assistant = parse(&file.display().to_string(), &text)?;
    if let Some(folder) = file.parent() {
        assistant.model = folder.join(&assistant.model);
    }
    Ok(assistant)
}

/// The configuration `text`; `file` is only for errors.
pub(crate) fn parse(file: &str, text: &str) -> Result<Assistant, UsageError> {
    let config: File = toml::from_str(text).map_err(|error| at(file, text, error.span(), error.message()))?;
    let threshold = config.wake.threshold;
    if let Some(wanted) = threshold.as_ref().filter(|t| !(0.0..=1.0).contains(t.as_ref())) {
        let problem = format!("wake.threshold is {}, expected 0 to 1", wanted.as_ref());
        return Err(at(file, text, Some(wanted.span()), &problem));
    }
    let mut vad = MelVadConfig::default();
    let mut spans = Vec::new();
    macro_rules! take {
        ($($field:ident)*) => {$(
            if let Some(value) = &config.vad.$field {
                vad.$field = *value.as_ref();
                spans.push((stringify!($field), value.span()));
            }
        )*};
    }
    take!(threshold onset_frames hangover_frames talk_window_s);
    MelVad::new(vad, &FrontEndConfig::base()).map_err(|error| {
        let span = match error {
            ConfigError::OutOfRange { field, .. } => {
                spans.iter().find(|(name, _)| *name == field).map(|(_, span)| span.clone())
            }
            _ => None,
        };
        at(file, text, span, &format!("vad.{error}"))
    })?;
    Ok(Assistant {
        model: config.wake.model,
        threshold: threshold.map(Spanned::into_inner),
        pipeline: PipelineConfig { vad, ..PipelineConfig::default() },
    })
}

/// An error that names the file and the line, and shows the line.
fn at(file: &str, text: &str, span: Option<Range<usize>>, problem: &str) -> UsageError {
    let problem = problem.trim_end();
    UsageError(match span.and_then(|span| text.get(..span.start)) {
        Some(before) if !text.is_empty() => {
            let number = before.matches('\n').count() + 1;
            let line = text.lines().nth(number - 1).unwrap_or_default();
            format!("{file}, line {number}: {problem}\n  {number} | {line}")
        }
        _ => format!("{file}: {problem}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse("a.toml", text).err().expect("an error").to_string()
    }

    #[test]
    fn errors_name_the_line_and_the_field() {
        let unknown = error("[wake]\nmodel = \"a\"\ntreshold = 0.5\n");
        assert!(unknown.starts_with("a.toml, line 3: unknown field `treshold`"), "{unknown}");
        let range = error("[wake]\nmodel = \"a\"\nthreshold = 1.5\n");
        assert!(range.starts_with("a.toml, line 3: wake.threshold is 1.5, expected 0 to 1"), "{range}");
        let vad = error("[wake]\nmodel = \"a\"\n[vad]\nonset_frames = 0\n");
        assert!(vad.starts_with("a.toml, line 4: vad.onset_frames is 0, expected 1 to 100"), "{vad}");
        let kind = error("[wake]\nmodel = \"a\"\nthreshold = \"high\"\n");
        assert!(kind.starts_with("a.toml, line 3: ") && kind.contains("3 | threshold = \"high\""), "{kind}");
        let syntax = error("[wake\n");
        assert!(syntax.starts_with("a.toml, line 1: "), "{syntax}");
        let missing = error("[wake]\n");
        assert!(missing.contains("missing field `model`"), "{missing}");
        assert!(error("").contains("missing field `wake`"));
        assert!(error("[wake]\nmodel = \"a\"\nthreshold = nan\n").contains("threshold is NaN"));
    }

    #[test]
    fn what_is_not_said_keeps_its_default() {
        let assistant = parse("a.toml", "[wake]\nmodel = \"a\"\n[vad]\nthreshold = 0.7\n").unwrap();
        let expected = MelVadConfig { threshold: 0.7, ..MelVadConfig::default() };
        assert_eq!(assistant.pipeline.vad, expected);
        assert_eq!(assistant.threshold, None);
    }
}
