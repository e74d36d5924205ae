//! The conditions of each gate, as pure functions: facts in, what doesn't hold out.

use super::config::{EvidenceConfig, ms, samples};
use super::evidence::pause;
use super::facts::{Answer, Slot, Surroundings, Understood, Wake};
use super::gate::{Finding, Gate, Reason};
use super::policy::Action;
use super::tier::TierLimits;
use crate::audio::{SampleIndex, SampleSpan};

/// Where conditions that don't hold are put.
pub(super) struct Findings<'f> {
    gate: Gate,
    found: &'f mut dyn FnMut(Finding),
}

impl<'f> Findings<'f> {
    pub(super) fn new(gate: Gate, found: &'f mut dyn FnMut(Finding)) -> Self {
        Findings { gate, found }
    }

    fn add(&mut self, reason: Reason, expected: f32, actual: f32) {
        (self.found)(Finding { gate: self.gate, reason, expected, actual });
    }

    /// `actual` must reach `expected`; what is not a number doesn't.
    fn at_least(&mut self, reason: Reason, expected: f32, actual: f32) {
        if actual.is_nan() || actual < expected {
            self.add(reason, expected, actual);
        }
    }

    /// `actual` must not exceed `expected`; what is not a number does.
    fn at_most(&mut self, reason: Reason, expected: f32, actual: f32) {
        if actual.is_nan() || actual > expected {
            self.add(reason, expected, actual);
        }
    }

    /// 0 to 1.
    fn probability(&mut self, actual: f32) {
        if !(0.0..=1.0).contains(&actual) {
            self.add(Reason::BadNumber, 1.0, actual);
        }
    }

    /// A span of at least one sample that lies in the past.
    fn span(&mut self, span: SampleSpan, at: SampleIndex) {
        if span.is_empty() {
            self.add(Reason::BadNumber, 1.0, 0.0);
        }
        if span.end > at {
            self.add(Reason::BadNumber, at.seconds() as f32, span.end.seconds() as f32);
        }
    }

    fn surroundings(&mut self, around: &Surroundings) {
        self.probability(around.others);
        self.probability(around.in_playback);
    }
}

/// A wake phrase by itself, before it is known what for. `least`: the smallest evidence that any tier takes.
pub(super) fn wake(
    evidence: &EvidenceConfig,
    max_age: u64,
    least: f32,
    wake: &Wake,
    deaf_until: SampleIndex,
    at: SampleIndex,
    mut findings: Findings<'_>,
) {
    findings.span(wake.span, at);
    findings.surroundings(&wake.surroundings);
    if wake.span.start < deaf_until {
        findings.add(Reason::Muted, 0.0, ms(deaf_until.since(wake.span.start)));
    }
    findings.at_most(Reason::InPlayback, evidence.max_in_playback, wake.surroundings.in_playback);
    findings.at_least(Reason::WakeTooWeak, least, wake.nats);
    let age = at.since(wake.span.end);
    if age > max_age {
        findings.add(Reason::WakeTooOld, ms(max_age), ms(age));
    }
}

/// The wake phrase again, now that the tier is known.
pub(super) fn wake_for_tier(limits: &TierLimits, wake: &Wake, tolerance: u64, mut findings: Findings<'_>) {
    findings.at_least(Reason::WakeTooWeak, limits.min_wake_nats, wake.nats);
    let quiet = pause(&wake.surroundings, wake.span, tolerance);
    if quiet < samples(limits.min_pause_ms) {
        findings.add(Reason::NoPause, limits.min_pause_ms as f32, ms(quiet));
    }
}

/// Whether the numbers of a command can be at all, and where it lies.
pub(super) fn understood(heard: &Understood, at: SampleIndex, mut findings: Findings<'_>) {
    findings.span(heard.span, at);
    findings.surroundings(&heard.surroundings);
    findings.probability(heard.probability);
    findings.probability(heard.nobody);
    for slot in heard.slots() {
        findings.probability(slot.probability);
        findings.probability(slot.runner_up);
        findings.probability(slot.not_listed);
    }
}

/// Which action.
pub(super) fn intent(limits: &TierLimits, heard: &Understood, mut findings: Findings<'_>) {
    findings.at_least(Reason::IntentTooWeak, limits.min_intent_probability, heard.probability);
    findings.at_most(Reason::NobodyAsked, limits.max_nobody_probability, heard.nobody);
}

/// With which values.
pub(super) fn slots(limits: &TierLimits, action: &Action, heard: &Understood, mut findings: Findings<'_>) {
    if heard.slot_count != action.slots {
        findings.add(Reason::SlotCount, f32::from(action.slots), f32::from(heard.slot_count));
    }
    for slot in heard.slots() {
        slot_value(limits, slot, &mut findings);
    }
}

fn slot_value(limits: &TierLimits, slot: &Slot, findings: &mut Findings<'_>) {
    if slot.not_listed >= slot.probability {
        findings.add(Reason::SlotNotListed, limits.min_slot_probability, slot.probability);
        return;
    }
    findings.at_least(Reason::SlotTooWeak, limits.min_slot_probability, slot.probability);
    let margin = slot.probability - slot.runner_up.max(slot.not_listed);
    findings.at_least(Reason::SlotAmbiguous, limits.min_slot_margin, margin);
}

/// Probability that all values are right, however their errors go together: 1 less the sum of what each may be
/// wrong (Boole's inequality).
pub(super) fn all_slots(slots: &[Slot]) -> f32 {
    (1.0 - slots.iter().map(|slot| 1.0 - slot.probability).sum::<f32>()).max(0.0)
}

/// Whether an answer's numbers can be at all.
pub(super) fn answer(heard: &Answer, at: SampleIndex, mut findings: Findings<'_>) {
    findings.span(heard.span, at);
    findings.surroundings(&heard.surroundings);
    findings.probability(heard.probability);
}

/// Whether a yes is enough of one.
pub(super) fn yes(limits: &TierLimits, heard: &Answer, mut findings: Findings<'_>) {
    let phones = limits.min_confirmation_phones as f32;
    findings.at_least(Reason::AnswerTooShort, phones, f32::from(heard.phones));
    if limits.confirmation_names_act && !heard.names_act {
        findings.add(Reason::AnswerNamesNothing, 1.0, 0.0);
    }
    findings.at_least(Reason::AnswerTooWeak, limits.min_confirmation_probability, heard.probability);
}
