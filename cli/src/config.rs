//! `assistant.toml`: what to wake on, when it is speech, what may be asked for, and who decides.

use crate::UsageError;
use crate::phrase;
use crate::wake::{Engine, Source};
use earnest::ConfigError;
use earnest::frontend::FrontEndConfig;
use earnest::pipeline::PipelineConfig;
use earnest::vad::{MelVad, MelVadConfig};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A configuration that was found to be right.
pub(crate) struct Assistant {
    pub(crate) wakes: Wakes,
    /// Score to wake at, 0 to 1; `None` leaves it to the model.
    pub(crate) threshold: Option<f32>,
    pub(crate) pipeline: PipelineConfig,
    /// What comes after the wake phrase, if anything does.
    pub(crate) request: Option<Request>,
}

/// What it wakes on; paths as they can be opened from here.
pub(crate) enum Wakes {
    /// An enrolled phrase or a network, and the engine that hears it, if not its own.
    Model(PathBuf, Option<Engine>),
    /// A phrase as text.
    Phrase(String),
}

/// What may be asked for, how it is confirmed, and the policy; paths as they can be opened from here.
pub(crate) struct Request {
    pub(crate) commands: Commands,
    pub(crate) answers: Answers,
    pub(crate) guard: GuardPart,
}

impl Assistant {
    /// What it listens for.
    pub(crate) fn source(&self) -> Result<Source, UsageError> {
        match &self.wakes {
            Wakes::Model(model, engine) => Source::read_for(model, *engine),
            Wakes::Phrase(text) => {
                let threshold = phrase::threshold(self.threshold, None);
                Source::typed(std::slice::from_ref(text), &[], threshold)
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    wake: Spanned<Wake>,
    #[serde(default)]
    vad: Vad,
    commands: Option<Commands>,
    answers: Option<Answers>,
    guard: Option<GuardPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commands {
    pub(crate) grammar: PathBuf,
    /// Files that take the place of the grammar's lists.
    #[serde(default)]
    pub(crate) lists: BTreeMap<String, PathBuf>,
    /// The policy's actions by the grammar's intents.
    pub(crate) actions: BTreeMap<String, ActionOf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionOf {
    /// `id` of the action in the policy.
    pub(crate) action: u16,
    /// The grammar's slots, in the order of the action's.
    #[serde(default)]
    pub(crate) slots: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answers {
    pub(crate) grammar: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardPart {
    pub(crate) policy: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wake {
    model: Option<PathBuf>,
    phrase: Option<String>,
    engine: Option<Engine>,
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
        let below = |path: &mut PathBuf| *path = folder.join(&*path);
        if let Wakes::Model(model, _) = &mut assistant.wakes {
            below(model);
        }
        if let Some(request) = &mut assistant.request {
            below(&mut request.commands.grammar);
            below(&mut request.answers.grammar);
            below(&mut request.guard.policy);
            request.commands.lists.values_mut().for_each(below);
        }
    }
    Ok(assistant)
}

/// The configuration `text`; `file` is only for errors.
pub(crate) fn parse(file: &str, text: &str) -> Result<Assistant, UsageError> {
    let config: File = toml::from_str(text).map_err(|error| at(file, text, error.span(), error.message()))?;
    let (wake_at, wake) = (config.wake.span(), config.wake.into_inner());
    let wakes = match (wake.model, wake.phrase) {
        (Some(model), None) => Wakes::Model(model, wake.engine),
        (None, Some(phrase)) if wake.engine.is_none_or(|engine| engine == Engine::Phonetic) => {
            Wakes::Phrase(phrase)
        }
        (None, Some(_)) => {
            let problem = "[wake] has a `phrase` with another `engine` than \"phonetic\"";
            return Err(at(file, text, Some(wake_at), problem));
        }
        (None, None) => {
            return Err(at(
                file,
                text,
                Some(wake_at),
                "[wake] has neither `model` nor `phrase`, expected one",
            ));
        }
        _ => return Err(at(file, text, Some(wake_at), "[wake] has both `model` and `phrase`, expected one")),
    };
    let request = match (config.commands, config.answers, config.guard) {
        (None, None, None) => None,
        (Some(commands), Some(answers), Some(guard)) => Some(Request { commands, answers, guard }),
        (commands, answers, _) => {
            let missing = if commands.is_none() {
                "commands"
            } else if answers.is_none() {
                "answers"
            } else {
                "guard"
            };
            let problem = format!("[{missing}] is missing: [commands], [answers] and [guard] go together");
            return Err(at(file, text, None, &problem));
        }
    };
    let threshold = wake.threshold;
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
        wakes,
        threshold: threshold.map(Spanned::into_inner),
        pipeline: PipelineConfig { vad, ..PipelineConfig::default() },
        request,
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
        assert!(missing.starts_with("a.toml, line 1: [wake] has neither `model` nor `phrase`"), "{missing}");
        let both = error("[wake]\nmodel = \"a\"\nphrase = \"b\"\n");
        assert!(both.contains("has both"), "{both}");
        let engine = error("[wake]\nphrase = \"hey you\"\nengine = \"cascade\"\n");
        assert!(engine.contains("another `engine`"), "{engine}");
        let unknown = error("[wake]\nmodel = \"a\"\nengine = \"magic\"\n");
        assert!(unknown.starts_with("a.toml, line 3: unknown variant `magic`"), "{unknown}");
        let alone = error("[wake]\nmodel = \"a\"\n[guard]\npolicy = \"p.toml\"\n");
        assert!(alone.starts_with("a.toml: [commands] is missing"), "{alone}");
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
