//! What the chain tells, as lines.

use super::assemble::{Household, Named};
use crate::term::{Colour, Term};
use crate::{event, output};
use earnest::audio::SampleIndex;
use earnest::chain::Told;
use earnest::event::Event;
use earnest::guard::{Gate, PromptKind};
use earnest::journal::{Entry, Explainer, Kind};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line<'a> {
    Heard {
        file: &'a str,
        gate: &'static str,
        intent: Option<&'a str>,
        confidence: f32,
        slots: BTreeMap<&'a str, Value<'a>>,
        start_s: f64,
        end_s: f64,
        decided_s: f64,
    },
    Guard {
        file: &'a str,
        decision: String,
        request: u32,
        gate: Option<&'static str>,
        /// What a prompt is for.
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt: Option<&'static str>,
        reason: Option<String>,
        action: Option<u16>,
        values: &'a [u32],
        at_s: f64,
        /// What they are stands with `Kind` in the journal's documentation.
        numbers: &'a [f32],
        text: &'a str,
    },
    /// What was authorised was used: this is where a host would act.
    Done { file: &'a str, request: u32, at_s: f64, recording_s: f64 },
    File {
        file: &'a str,
        seconds: Option<f64>,
        wakes: usize,
        authorized: usize,
        refused: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

#[derive(Serialize)]
pub(super) struct Value<'a> {
    value: Option<&'a str>,
    confidence: f32,
    not_listed: f32,
}

/// How often what happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) wakes: usize,
    pub(super) authorized: usize,
    pub(super) refused: usize,
}

/// Tells one file's events.
pub(super) struct Teller<'h> {
    pub(super) file: &'h str,
    pub(super) phrase: &'h str,
    engine: &'static str,
    pub(super) json: bool,
    explainer: Explainer<'h, Household>,
    term: Term,
    pub(super) counts: Counts,
}

impl<'h> Teller<'h> {
    pub(super) fn new(file: &'h str, named: &'h Named, json: bool) -> Self {
        let Named { phrase, engine, household } = named;
        let explainer = Explainer::new(household, None);
        let (term, counts) = (Term::stdout(), Counts::default());
        Teller { file, phrase, engine, json, explainer, term, counts }
    }

    pub(super) fn told(&mut self, told: &Told<'_, '_>) {
        match told {
            Told::Event(event) => self.event(event),
            Told::Heard { gate, heard, verdict, decoder } => {
                let grammar = decoder.grammar();
                let intent = heard.best.map(|best| grammar.intent(best.meaning));
                let confidence = verdict.map_or(0.0, |verdict| verdict.command);
                let slots: BTreeMap<&str, Value> = verdict
                    .iter()
                    .flat_map(|verdict| verdict.slots())
                    .map(|slot| {
                        let first = slot.values().first();
                        let list = decoder.list(slot.list);
                        let value = slot.value().and_then(|value| Some(list?.value(value.value)));
                        let confidence = first.map_or(0.0, |first| first.probability);
                        (grammar.slot(slot.slot), Value { value, confidence, not_listed: slot.not_listed })
                    })
                    .collect();
                if self.json {
                    let (start_s, end_s) = (heard.speech.start.seconds(), heard.speech.end.seconds());
                    let (file, gate, decided_s) = (self.file, gate.name(), heard.decided.seconds());
                    output::json(&Line::Heard {
                        file,
                        gate,
                        intent,
                        confidence,
                        slots,
                        start_s,
                        end_s,
                        decided_s,
                    });
                } else {
                    let what = intent.map_or("nothing that may be said here".into(), |intent| {
                        let slots = slots.iter().map(|(slot, value)| {
                            format!(
                                ", {slot} {} {:.2}",
                                value.value.unwrap_or("not listed"),
                                value.confidence
                            )
                        });
                        format!("{intent} {confidence:.2}{}", slots.collect::<String>())
                    });
                    let asked = if *gate == Gate::Confirmation { "answer" } else { "command" };
                    self.line(heard.decided, Colour::Dim, asked, &format!("heard {} : {what}", heard.speech));
                }
            }
            Told::Guard(output) => self.entry(&Entry::of(output)),
        }
    }

    /// A decision, or what became of it.
    pub(super) fn entry(&mut self, entry: &Entry) {
        match entry.kind {
            Kind::Authorized => self.counts.authorized += 1,
            Kind::Refused => self.counts.refused += 1,
            _ => {}
        }
        let mut text = String::new();
        self.explainer.tell(entry, &mut text).expect("a string takes everything");
        if self.json {
            output::json(&Line::Guard {
                file: self.file,
                decision: format!("{:?}", entry.kind),
                request: entry.session,
                gate: entry.gate.map(Gate::name),
                prompt: entry.prompt().map(PromptKind::name),
                reason: entry.reason.map(|reason| format!("{reason:?}")),
                action: entry.action,
                values: entry.values(),
                at_s: entry.at.seconds(),
                numbers: &entry.numbers,
                text: text.trim(),
            });
        } else {
            text.lines().for_each(output::line);
        }
    }

    fn event(&mut self, event: &Event) {
        if matches!(event, Event::Wake(_)) {
            self.counts.wakes += 1;
        }
        if self.json {
            event::Line::of(self.file, self.phrase, self.engine, event).iter().for_each(output::json);
            return;
        }
        let (colour, label) = match event {
            Event::Wake(_) => (Colour::Green, "WAKE"),
            Event::NearMiss(_) => (Colour::Yellow, "near miss"),
            _ => return,
        };
        self.line(event.decided(), colour, label, &event.to_string());
    }

    fn line(&self, at: SampleIndex, colour: Colour, label: &str, words: &str) {
        let label = self.term.paint(colour, &format!("{label:<9}"));
        output::line(&format!("{:>9.2} s  {label}  {words}", at.seconds()));
    }
}
