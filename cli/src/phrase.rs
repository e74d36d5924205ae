//! `earnest phrase`: how good a wake phrase is, and what sounds like it.

use crate::term::{Colour, Term};
use crate::{Outcome, UsageError, lexicon, output, wake};
use earnest::lexicon::Phone;
use earnest::spotter::phonetic::{self, Calibration, PhraseCompiler, Rival, RivalKind};
use serde::Serialize;

/// False accepts an hour that a typed phrase is used at if nothing else is asked for.
const USUAL_RATE: f32 = 0.5;
/// Evidence of a phrase that is said without a flaw, after a pause and before one.
const PERFECT: f32 = 3.9;
/// Phrases that need more than this were missed more often.
const HARD: f32 = 2.0;
/// Rivals that human readers are shown.
const SHOWN: usize = 12;

/// Say how good a wake phrase is: how long, what sounds like it, how often it would wake by mistake
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The phrase as text
    #[arg(required = true, value_name = "TEXT")]
    phrase: Vec<String>,
    /// False accepts an hour that it is to be used at
    #[arg(long, value_name = "X", value_parser = rate, default_value_t = USUAL_RATE)]
    fa_per_hour: f32,
    /// One JSON object a line: one per phrase, behind it one for everything that sounds like it
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Phrase {
        phrase: &'a str,
        pronunciations: &'a [String],
        phones: usize,
        syllables: usize,
        /// False accepts an hour that are expected at the threshold.
        fa_per_hour: f32,
        threshold: f32,
        /// How much evidence that takes: a recording of the phrase without a flaw has about 4.
        evidence_needed: f32,
        verdict: &'static str,
        reasons: &'a [String],
    },
    Rival {
        phrase: &'a str,
        text: &'a str,
        kind: &'static str,
        phones: String,
        distance: f32,
    },
}

/// False accepts an hour on the command line.
pub(crate) fn rate(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && rate <= 1000.0 => Ok(rate),
        Ok(rate) => Err(format!("{rate}, expected more than 0 and at most 1000 an hour")),
        Err(_) => Err("expected a number of false accepts an hour".into()),
    }
}

/// The score that typed phrases wake at: as it is said, or by a rate of false accepts.
pub(crate) fn threshold(threshold: Option<f32>, fa_per_hour: Option<f32>) -> f32 {
    threshold.unwrap_or_else(|| phonetic::threshold_for(fa_per_hour.unwrap_or(USUAL_RATE)))
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let threshold = threshold(None, Some(args.fa_per_hour));
    let (lexicon, dictionary) = lexicon::bundled()?;
    let background = wake::background()?;
    let mut outcome = Outcome::Done;
    for phrase in &args.phrase {
        let mut compiler = PhraseCompiler::new();
        let added = compiler.add(phrase, threshold, &lexicon);
        match added.and_then(|compiler| compiler.find_rivals(&dictionary).calibrate(&background)) {
            Ok(compiler) => tell(phrase, compiler, args.fa_per_hour, threshold, args.json),
            Err(error) => {
                output::error(&format_args!("`{phrase}`: {error}"));
                outcome = Outcome::SomeFailed;
            }
        }
    }
    Ok(outcome)
}

fn names(phones: &[u8]) -> String {
    let names: Vec<&str> = phones.iter().filter_map(|&phone| Phone::new(phone)).map(Phone::name).collect();
    names.join(" ")
}

fn kind(kind: RivalKind) -> &'static str {
    match kind {
        RivalKind::Alike => "alike",
        RivalKind::Longer => "longer",
        RivalKind::Part => "part",
        RivalKind::Same => "same",
        _ => "added",
    }
}

fn tell(phrase: &str, compiler: &PhraseCompiler, fa_per_hour: f32, threshold: f32, json: bool) {
    let said: Vec<Vec<u8>> = compiler.pronunciations().collect();
    let phones = said.iter().map(Vec::len).min().unwrap_or(0);
    let vowel = |phone: &&u8| Phone::new(**phone).is_some_and(Phone::is_vowel);
    let syllables = said.iter().map(|phones| phones.iter().filter(vowel).count()).min().unwrap_or(0);
    let pronunciations: Vec<String> = said.iter().map(|phones| names(phones)).collect();
    let rivals = compiler.rivals();

    let Calibration { half, scale } = compiler.calibration();
    let evidence_needed = half + scale * (threshold / (1.0 - threshold)).ln();
    let (verdict, reasons) = verdict(phrase, phones, syllables, evidence_needed, rivals);
    if json {
        output::json(&Line::Phrase {
            phrase,
            pronunciations: &pronunciations,
            phones,
            syllables,
            fa_per_hour,
            threshold,
            evidence_needed,
            verdict,
            reasons: &reasons,
        });
        for Rival { text, phones, distance, kind: what, .. } in rivals {
            let (kind, phones) = (kind(*what), names(phones));
            output::json(&Line::Rival { phrase, text, kind, phones, distance: *distance });
        }
        return;
    }
    let term = Term::stdout();
    let colour = match verdict {
        "good" => Colour::Green,
        "fair" => Colour::Yellow,
        _ => Colour::Red,
    };
    let counts = format!("{phones} phones, {syllables} syllables");
    output::line(&format!("{}  {}  {counts}", term.paint(Colour::Bold, phrase), term.paint(colour, verdict)));
    for reason in &reasons {
        output::line(&format!("  {reason}"));
    }
    for said in &pronunciations {
        output::line(&format!("  said     {said}"));
    }
    output::line(&format!(
        "  wakes at score {threshold:.2} for {fa_per_hour} false accepts an hour: evidence {evidence_needed:.1} of {PERFECT:.0}"
    ));
    for Rival { text, phones, distance, kind: what, .. } in rivals.iter().take(SHOWN) {
        let line = format!("{text:<20} {:<32} {distance:.2} {}", names(phones), kind(*what));
        output::line(&format!("  like it  {line}"));
    }
    if let Some(more) = rivals.len().checked_sub(SHOWN + 1) {
        output::line(&term.paint(Colour::Dim, &format!("  … and {} more: --json tells them all", more + 1)));
    }
}

/// Good, fair or poor, and why.
fn verdict(
    phrase: &str,
    phones: usize,
    syllables: usize,
    evidence_needed: f32,
    rivals: &[Rival],
) -> (&'static str, Vec<String>) {
    let mut reasons = Vec::new();
    let mut faults = 0;
    if phones < 6 || syllables < 3 {
        faults += if phones < 5 || syllables < 2 { 2 } else { 1 };
        reasons.push(format!("short: {phones} phones, {syllables} syllables; 6 and 3 or more are safer"));
    }
    if evidence_needed > HARD {
        faults += if evidence_needed > PERFECT - 0.5 { 2 } else { 1 };
        reasons.push("ordinary speech comes near it often: it has to be said clearly to be heard".into());
    }
    let told = |kind: RivalKind, limit: f32| {
        let near = move |rival: &&Rival| rival.kind == kind && rival.distance <= limit;
        rivals.iter().filter(near).map(|rival| rival.text.as_str()).take(4).collect::<Vec<_>>()
    };
    // A word of its own spelling is the phrase.
    let same: Vec<&str> =
        told(RivalKind::Same, f32::INFINITY).into_iter().filter(|text| *text != phrase).collect();
    let near = told(RivalKind::Alike, 1.0);
    if !same.is_empty() {
        faults += 2;
        reasons.push(format!("can't be told from {}", same.join(", ")));
    } else if !near.is_empty() {
        faults += 1;
        reasons.push(format!("sounds much like {}", near.join(", ")));
    }
    (["good", "fair", "poor"][faults.min(2)], reasons)
}
