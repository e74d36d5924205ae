//! Forced-gate trials: a gate is opened in the middle of talk, and what the talk gets through is counted.
//!
//! The rate of a whole chain of gates is too small to be counted; that of each gate, given those before it, isn't.

use super::assemble::{Assembled, Plan};
use super::host::Host;
use super::{Args, CHUNK_SAMPLES, samples};
use crate::audio::{self, AudioError};
use crate::grammar::Sayable;
use crate::progress::Progress;
use crate::wake::Spotter;
use crate::{Outcome, UsageError, output};
use clap::ValueEnum;
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::chain::{Chain, Told};
use earnest::confidence::Verdict;
use earnest::eval::stats::{Level, Share};
use earnest::guard::{Gate, Input, Output, Slot, TierLimits, Understood};
use earnest::intent::Grammar;
use serde::Serialize;
use std::collections::BTreeMap;

/// The gate that is opened.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(super) enum ForceGate {
    /// As if the wake phrase had been said: what then passes the intent, the slots, the confirmation, all of them
    Wake,
    /// The same up to the prompt, which isn't played
    Intent,
    /// As if the command had been understood but for its slots: what passes for a value of them
    Slot,
    /// As if the whole command had been understood and announced: what passes for a confirmation
    Confirm,
}

/// A forced wake phrase and a forced command take so long, samples.
const PHRASE: u64 = 16 * 800;
const COMMAND: u64 = 16 * 1000;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Trial {
        file: &'a str,
        at_s: f64,
        passed: &'a [&'static str],
        authorized: bool,
        /// Why it ended.
        reason: Option<&'a str>,
        heard: Option<&'a str>,
        confidence: f32,
    },
    Trials {
        gate: &'static str,
        hours: f64,
        trials: u64,
        passed: BTreeMap<&'static str, Passed>,
    },
}

/// How often a gate was passed.
#[derive(Clone, Copy, Default, Serialize)]
struct Passed {
    count: u64,
    share: f64,
    /// Exact upper bound of the share, one-sided, 95 % (Clopper and Pearson).
    at_most: f64,
}

/// A trial under way.
#[derive(Default)]
struct Trial {
    file: String,
    at: SampleIndex,
    passed: Vec<&'static str>,
    authorized: bool,
    reason: Option<String>,
    heard: Option<String>,
    confidence: f32,
    over: bool,
}

impl Trial {
    fn pass(&mut self, gate: &'static str) {
        if !self.passed.contains(&gate) {
            self.passed.push(gate);
        }
    }
}

/// Counts over all trials.
#[derive(Default)]
struct Tally {
    trials: u64,
    passed: BTreeMap<&'static str, u64>,
}

struct Trials<'p> {
    gate: ForceGate,
    every: u64,
    json: bool,
    /// Of the tier of the forced action.
    limits: TierLimits,
    action: u16,
    slots: usize,
    chain: Chain<'static, Spotter>,
    host: Host,
    current: Option<Trial>,
    next: SampleIndex,
    tally: Tally,
    progress: &'p mut Progress,
}

/// Trials over `files` as one stream: talk that goes on from one file to the next.
pub(super) fn run(
    args: &Args,
    files: &[String],
    plan: &Plan<'_>,
    gate: ForceGate,
) -> Result<Outcome, UsageError> {
    let actions = &plan.request.commands.actions;
    let names: Vec<&str> = actions.keys().map(String::as_str).collect();
    let intent = match &args.intent {
        Some(intent) => intent,
        None if actions.len() == 1 || matches!(gate, ForceGate::Wake | ForceGate::Intent) => {
            actions.keys().next().ok_or_else(|| UsageError("[commands.actions] has none".into()))?
        }
        None => {
            return Err(UsageError(format!("--intent is missing, expected one of: {}", names.join(", "))));
        }
    };
    let Some(of) = actions.get(intent) else {
        return Err(UsageError(format!("--intent {intent:?}: expected one of: {}", names.join(", "))));
    };
    let Assembled { chain, .. } = match gate {
        ForceGate::Slot => plan.assemble_with(&slots_only(plan, intent, &of.slots)?, Some(intent))?,
        _ => plan.assemble()?,
    };
    let tier = chain.guard().policy().action(of.action).map(|action| action.tier).unwrap_or_default();
    let limits = *chain.guard().config().limits(tier);
    if gate == ForceGate::Confirm && !limits.confirm {
        return Err(UsageError(format!(
            "--force-gate confirm: {intent} is of the tier {tier}, and its policy asks for no confirmation"
        )));
    }
    let mut progress = Progress::new();
    progress.files(Some(files.len()));
    let mut trials = Trials {
        gate,
        every: samples(args.every),
        json: args.json,
        limits,
        action: of.action,
        slots: of.slots.len(),
        chain,
        host: Host::new(samples(args.prompt)),
        current: None,
        next: SampleIndex(samples(3.0)),
        tally: Tally::default(),
        progress: &mut progress,
    };
    let mut outcome = Outcome::Done;
    for file in files {
        if let Err(error) = trials.file(file)? {
            output::error(&error);
            outcome = Outcome::SomeFailed;
        }
    }
    trials.summary();
    Ok(outcome)
}

/// The grammar in which an intent is nothing but its slots.
fn slots_only(plan: &Plan<'_>, intent: &str, slots: &[String]) -> Result<Sayable, UsageError> {
    if slots.is_empty() {
        return Err(UsageError(format!("--force-gate slot: {intent} has no slots")));
    }
    let whole = plan.sayable()?;
    let said: Vec<String> = slots.iter().map(|slot| format!("{{{slot}}}")).collect();
    let text = format!("intents:\n  {intent}:\n    data:\n      - sentences: [\"{}\"]\n", said.join(" "));
    let only = Grammar::from_yaml("slots", &text).map_err(|error| UsageError(error.to_string()))?;
    Ok(Sayable::of("slots", Grammar { lists: whole.grammar.lists, ..only }))
}

impl Trials<'_> {
    /// Outside: no trial can be made at all.
    fn file(&mut self, file: &str) -> Result<Result<(), AudioError>, UsageError> {
        let mut source = match audio::open(file) {
            Ok(source) => source,
            Err(error) => return Ok(Err(error)),
        };
        let begin = self.chain.now();
        self.progress.begin(file, source.total_seconds());
        loop {
            let block = match source.next_block() {
                Ok(Some(block)) => block,
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            };
            for pcm in block.chunks(CHUNK_SAMPLES) {
                self.push(pcm);
                if self.current.is_none() && self.chain.now() >= self.next && !self.chain.guard().is_open() {
                    self.begin(file, begin)?;
                }
            }
            self.progress.at(SampleIndex(self.chain.now().since(begin)).seconds());
        }
        source.warnings().iter().for_each(|warning| output::warning(file, warning));
        Ok(Ok(()))
    }

    fn push(&mut self, pcm: &[i16]) {
        let Trials { gate, limits, slots, chain, host, current, .. } = self;
        host.push(chain, pcm, |told| {
            if let Some(trial) = current {
                look(*gate, limits, *slots, trial, told);
            }
        });
        // What was authorised is for nobody: it expires.
        host.authorizations.clear();
        if self.current.as_ref().is_some_and(|trial| trial.over) {
            self.end();
        }
    }

    /// Opens the gate. An error where the policy refuses what is forced, however sure it is.
    fn begin(&mut self, file: &str, begin: SampleIndex) -> Result<(), UsageError> {
        let now = self.chain.now();
        let at = SampleIndex(now.since(begin));
        self.next = now.after(self.every);
        self.current = Some(Trial { file: file.into(), at, ..Trial::default() });
        let confirm = self.gate == ForceGate::Confirm;
        let end = if confirm { now.before(COMMAND) } else { now };
        let mut refused = None;
        let mut look = |told: &Told<'_, '_>| {
            if let Told::Guard(Output::Refused(refusal)) = told {
                refused = Some(refusal.finding);
            }
        };
        self.chain.wake_by_force(SampleSpan { start: end.before(PHRASE), end }, |told| look(&told));
        if confirm {
            let slots = [Slot { value: 0, probability: 1.0, runner_up: 0.0, not_listed: 0.0 }; 8];
            let around = self.chain.surroundings_at_best(SampleSpan { start: end, end: now });
            let slots = slots.get(..self.slots).unwrap_or(&slots);
            let span = SampleSpan { start: end, end: now };
            let heard = Understood::new(self.action, 1.0, 0.0, slots, span, around);
            let Trials { chain, host, .. } = self;
            host.report(chain, Input::Understood(heard), look);
        }
        match refused {
            None => Ok(()),
            Some(finding) => {
                Err(UsageError(format!("--force-gate: the policy refuses what is forced: {finding}")))
            }
        }
    }

    fn end(&mut self) {
        let Some(trial) = self.current.take() else { return };
        self.host.report(&mut self.chain, Input::Cancel, |_| {});
        self.tally.trials += 1;
        for gate in &trial.passed {
            *self.tally.passed.entry(gate).or_default() += 1;
        }
        if trial.authorized {
            *self.tally.passed.entry("all").or_default() += 1;
        }
        if self.json {
            let Trial { file, at, passed, authorized, reason, heard, confidence, .. } = &trial;
            output::json(&Line::Trial {
                file,
                at_s: at.seconds(),
                passed,
                authorized: *authorized,
                reason: reason.as_deref(),
                heard: heard.as_deref(),
                confidence: *confidence,
            });
        } else if !trial.passed.is_empty() {
            let (file, at, passed) = (&trial.file, trial.at, trial.passed.join(", "));
            self.progress.aside(|| output::line(&format!("{file} at {at}: passed {passed}")));
        }
    }

    fn summary(&self) {
        let gates: &[&'static str] = match self.gate {
            ForceGate::Wake => &["understood", "intent", "slots", "confirmation", "all"],
            ForceGate::Intent => &["understood", "intent", "slots"],
            ForceGate::Slot => &["slots"],
            ForceGate::Confirm => &["understood", "confirmation", "all"],
        };
        let one_sided = Level::percent(90.0).unwrap_or(Level::P95);
        let trials = self.tally.trials;
        let passed: BTreeMap<&'static str, Passed> = gates
            .iter()
            .map(|gate| {
                let count = self.tally.passed.get(gate).copied().unwrap_or(0);
                let share = Share { count, of: trials };
                (*gate, Passed { count, share: share.value(), at_most: share.exact(one_sided).high })
            })
            .collect();
        let hours = self.chain.now().seconds() / 3600.0;
        let gate = match self.gate {
            ForceGate::Wake => "wake",
            ForceGate::Intent => "intent",
            ForceGate::Slot => "slot",
            ForceGate::Confirm => "confirm",
        };
        if self.json {
            return output::json(&Line::Trials { gate, hours, trials, passed });
        }
        output::line(&format!("{trials} trials in {hours:.2} h, gate {gate} forced"));
        for gate in gates {
            let Passed { count, share, at_most } = passed.get(gate).copied().unwrap_or_default();
            output::line(&format!(
                "  {gate:<13} {count:>6}  {:>8.4} %  at most {:.4} % (95 %)",
                100.0 * share,
                100.0 * at_most
            ));
        }
    }
}

/// What is told in a trial.
fn look(gate: ForceGate, limits: &TierLimits, slots: usize, trial: &mut Trial, told: &Told<'_, '_>) {
    match told {
        Told::Heard { heard, verdict, decoder, .. } => {
            let confidence = verdict.map_or(0.0, |verdict| verdict.command);
            if confidence >= trial.confidence {
                trial.confidence = confidence;
                trial.heard = heard.best.map(|best| decoder.grammar().intent(best.meaning).to_string());
            }
            if confidence >= 0.5 {
                trial.pass("understood");
            }
            if gate == ForceGate::Slot && verdict.is_some_and(|verdict| listed(limits, slots, verdict)) {
                trial.pass("slots");
            }
            trial.over |= gate == ForceGate::Slot;
        }
        Told::Guard(Output::Passed(passed)) => match passed.gate {
            Gate::Intent => trial.pass("intent"),
            Gate::Slots if gate != ForceGate::Slot => trial.pass("slots"),
            Gate::Confirmation => trial.pass("confirmation"),
            _ => {}
        },
        // Several conditions of one gate may fail; the first is the reason.
        Told::Guard(Output::Refused(refusal)) => {
            trial.reason = Some(format!("{:?}", refusal.finding.reason));
            trial.over = true;
        }
        Told::Guard(Output::Say(_)) if gate == ForceGate::Intent => trial.over = true,
        Told::Guard(Output::Authorized { .. }) => (trial.authorized, trial.over) = (true, true),
        _ => {}
    }
}

/// The slot gate's own conditions, as if the intent were certain.
fn listed(limits: &TierLimits, slots: usize, verdict: &Verdict) -> bool {
    let slot = |slot: &earnest::confidence::SlotVerdict| {
        let probability = |n: usize| slot.values().get(n).map_or(0.0, |value| value.probability);
        let next = probability(1).max(slot.not_listed);
        probability(0) >= limits.min_slot_probability && probability(0) - next >= limits.min_slot_margin
    };
    verdict.slots().len() >= slots && verdict.slots().iter().all(slot)
}
