//! `earnest understand`: what was asked for, by a grammar, and how sure that is.

use crate::audio::{self, AudioError};
use crate::progress::Progress;
use crate::term::{Colour, Term};
use crate::wake::score;
use crate::{Outcome, UsageError, grammar, output};
use earnest::Storage;
use earnest::confidence::{ConfidenceWeights, Judge, SlotVerdict, Verdict};
use earnest::intent::{Decoder, Heard, Listener, ListenerConfig, Rescorer};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Say what was asked for in recordings: the intent, its slots, and how sure each of them is
///
/// Audio: WAV, FLAC, Ogg Vorbis or MP3, any rate and channel count; `-` is raw 16 kHz s16le on stdin.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Recordings of commands
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// What may be said: Home Assistant's YAML, or a context of Rhino
    #[arg(short, long, value_name = "G.yaml")]
    grammar: PathBuf,
    /// Values of a list, one a line, instead of the grammar's; may be given several times
    #[arg(long, value_name = "NAME=FILE.txt", value_parser = slot)]
    slot: Vec<(String, PathBuf)>,
    /// How sure it must be that this is an order, 0 to 1. A slot holds a value where that is likelier than none
    #[arg(long, value_name = "P", value_parser = score, default_value = "0.9")]
    confidence: f32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn slot(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.into(), file.into())),
        _ => Err("expected NAME=FILE".into()),
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "result")]
struct Line<'a> {
    file: &'a str,
    understood: bool,
    #[serde(flatten)]
    command: Option<Command>,
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What was heard.
#[derive(Clone, Serialize)]
struct Command {
    intent: String,
    confidence: f32,
    slots: BTreeMap<String, Slot>,
    start_s: f64,
    end_s: f64,
    decided_s: f64,
    #[serde(skip)]
    reason: Option<Reason>,
}

#[derive(Clone, Serialize)]
struct Slot {
    /// `None`: none of the list.
    value: Option<String>,
    confidence: f32,
    alternatives: Vec<Alternative>,
}

#[derive(Clone, Serialize)]
struct Alternative {
    value: String,
    confidence: f32,
}

/// Why nothing was understood.
#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    NoSpeech,
    OutOfGrammar,
    SlotNotListed,
}

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Reason::NoSpeech => "nobody spoke",
            Reason::OutOfGrammar => "nothing that the grammar knows",
            Reason::SlotNotListed => "a value that is not listed",
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    if args.files.iter().filter(|file| *file == "-").count() > 1 {
        return Err(UsageError("stdin (`-`) can be read only once".into()));
    }
    let mut listener = listener(args)?;
    let mut judge = Judge::new(ConfidenceWeights::phones_m(), Storage::owned(Rescorer::REQUIRED))
        .map_err(|error| UsageError(format!("{error}")))?;
    let mut progress = Progress::new();
    if args.files.len() > 1 {
        progress.files(Some(args.files.len()));
    }
    let mut outcome = Outcome::Done;
    for file in &args.files {
        let mut warnings = Vec::new();
        let heard = listen(args, &mut listener, &mut judge, file, &mut progress, &mut warnings);
        progress.aside(|| {
            warnings.iter().for_each(|warning| output::warning(file, warning));
            if let Err(error) = &heard {
                output::error(error);
                outcome = Outcome::SomeFailed;
            }
            tell(args, file, heard);
        });
    }
    Ok(outcome)
}

fn listener(args: &Args) -> Result<Listener<'static>, UsageError> {
    let wrong = |error: &dyn std::fmt::Display| UsageError(format!("{error}"));
    let decoder = grammar::read(&args.grammar, &args.slot, &"--slot")?.decoder(&grammar::lexicon()?)?;
    Listener::new(ListenerConfig::default(), grammar::acoustic_model()?, decoder)
        .map_err(|error| wrong(&error))
}

/// The first command in `file` that is understood; if none is, the surest.
fn listen(
    args: &Args,
    listener: &mut Listener<'static>,
    judge: &mut Judge<'static>,
    file: &str,
    progress: &mut Progress,
    warnings: &mut Vec<audio::Warning>,
) -> Result<Option<Command>, AudioError> {
    let mut source = audio::open(file)?;
    progress.begin(file, source.total_seconds());
    listener.reset();
    let mut found: Option<Command> = None;
    let mut samples = 0;
    let mut take = |decoder: &Decoder<'static>, heard: Heard| {
        let command = command(args, decoder, &heard, judge.judge(decoder, &heard));
        let better = found.as_ref().is_none_or(|known| {
            let (old, new) = (known.reason.is_none(), command.reason.is_none());
            if old == new { !old && command.confidence > known.confidence } else { new }
        });
        if better {
            found = Some(command);
        }
    };
    let result = loop {
        match source.next_block() {
            Ok(Some(block)) => {
                samples += block.len();
                listener.push(block, &mut take);
                progress.at(samples as f64 / f64::from(earnest::audio::SAMPLE_RATE_HZ));
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    listener.finish(&mut take);
    *warnings = source.warnings();
    result.map(|()| found)
}

fn command(args: &Args, decoder: &Decoder<'static>, heard: &Heard, verdict: Option<Verdict>) -> Command {
    let mut command = Command {
        intent: String::new(),
        confidence: 0.0,
        slots: BTreeMap::new(),
        start_s: heard.speech.start.seconds(),
        end_s: heard.speech.end.seconds(),
        decided_s: heard.decided.seconds(),
        reason: Some(Reason::OutOfGrammar),
    };
    let (Some(verdict), Some(best)) = (verdict, heard.best) else { return command };
    let grammar = decoder.grammar();
    command.intent = grammar.intent(best.meaning).into();
    command.confidence = verdict.command;
    for (name, value) in grammar.fixed(best.meaning) {
        let slot = Slot { value: Some(value.into()), confidence: verdict.command, alternatives: Vec::new() };
        command.slots.insert(name.into(), slot);
    }
    let mut listed = true;
    for slot in verdict.slots() {
        let told = told(decoder, slot);
        listed &= told.value.is_some();
        command.slots.insert(grammar.slot(slot.slot).into(), told);
    }
    command.reason = match verdict.command >= args.confidence {
        false => Some(Reason::OutOfGrammar),
        true if !listed => Some(Reason::SlotNotListed),
        true => None,
    };
    command
}

fn told(decoder: &Decoder<'static>, slot: &SlotVerdict) -> Slot {
    let name = |value| decoder.list(slot.list).map_or("", |list| list.value(value)).to_string();
    let chosen = slot.value();
    let others = slot.values().iter().skip(usize::from(chosen.is_some()));
    Slot {
        value: chosen.map(|value| name(value.value)),
        confidence: chosen.map_or(slot.not_listed, |value| value.probability),
        alternatives: others
            .filter(|other| other.probability >= 0.01)
            .map(|other| Alternative { value: name(other.value), confidence: other.probability })
            .collect(),
    }
}

fn tell(args: &Args, file: &str, heard: Result<Option<Command>, AudioError>) {
    let (command, error) = match heard {
        Ok(command) => (command, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let reason = match (&command, &error) {
        (Some(command), _) => command.reason,
        (None, None) => Some(Reason::NoSpeech),
        (None, Some(_)) => None,
    };
    let understood = command.is_some() && reason.is_none();
    if args.json {
        // What was not understood at all has no intent to tell.
        let command = command.filter(|_| reason != Some(Reason::OutOfGrammar));
        return output::json(&Line { file, understood, command, reason, error });
    }
    if error.is_some() {
        return;
    }
    let term = Term::stdout();
    let name = term.paint(Colour::Bold, file);
    match (&command, reason) {
        (Some(command), None) => {
            let intent = term.paint(Colour::Green, &command.intent);
            output::line(&format!("{intent}  {:>3.0} %  {name}", 100.0 * command.confidence));
        }
        (_, reason) => {
            let why = reason.map_or("", Reason::words);
            output::line(&format!("{}: {why}  {name}", term.paint(Colour::Yellow, "not understood")));
        }
    }
    for (name, slot) in command.iter().flat_map(|command| &command.slots) {
        let value = slot.value.as_deref().unwrap_or("(not listed)");
        let others: Vec<String> = slot
            .alternatives
            .iter()
            .map(|other| format!("{} {:.0} %", other.value, 100.0 * other.confidence))
            .collect();
        let others = term.paint(Colour::Dim, &others.join(", "));
        output::line(&format!("  {name:<16} {value:<28} {:>3.0} %  {others}", 100.0 * slot.confidence));
    }
}
