//! From the wake phrase to a command that is good enough, asked for once more, or refused.

use super::{Again, Found, Guard, Session, State, collect, reaches};
use crate::audio::{SampleIndex, SampleSpan};
use crate::guard::check::{self, Findings};
use crate::guard::config::{ms, samples};
use crate::guard::evidence::{Hints, Weighing, counted, nats};
use crate::guard::facts::{Understood, Wake};
use crate::guard::gate::{Finding, Gate, Reason};
use crate::guard::output::{Output, Passed, PromptKind};
use crate::guard::tier::Tier;

impl Guard<'_> {
    pub(super) fn wake(&mut self, at: SampleIndex, wake: &Wake, out: &mut dyn FnMut(Output)) {
        let least = Tier::ALL
            .iter()
            .map(|tier| self.config.limits(*tier).min_wake_nats)
            .fold(f32::INFINITY, f32::min);
        let mut found = Found::default();
        let max_age = samples(self.config.timing.max_wake_age_ms);
        let mut collect_found = collect(&mut found);
        check::wake(
            &self.config.evidence,
            max_age,
            least,
            wake,
            self.deaf_until,
            at,
            Findings::new(Gate::Wake, &mut collect_found),
        );
        drop(collect_found);
        if let Some(finding) = found.0[0] {
            return self.uncounted(at, Some(wake.span), finding, out);
        }
        let config = &self.config.evidence;
        let mut hints =
            Hints::of(config, &wake.surroundings, wake.span, samples(self.config.timing.span_tolerance_ms));
        // What runs on after the wake phrase is the command; how it runs on is seen there.
        hints.run_on = 0.0;
        let mut weighing = Weighing::new(config.prior_log_odds);
        let evidence = weighing.put(config, Gate::Wake, wake.nats, hints.continuity(config));
        self.sessions = self.sessions.wrapping_add(1);
        let session = Session {
            id: self.sessions,
            opened: at,
            gate_opened: at,
            wake: *wake,
            act: None,
            weighing,
            reprompted: false,
            again: None,
        };
        self.session = Some(session);
        self.recording.begin(wake.owner);
        let until = self.until(at, self.config.timing.command_ms);
        self.state = State::Command { until };
        out(Output::Passed(Passed {
            session: session.id,
            at,
            span: wake.span,
            gate: Gate::Wake,
            act: None,
            tier: None,
            value: wake.nats,
            needed: least,
            evidence: Some(evidence),
            total: weighing.total(),
        }));
        out(Output::Listen { session: session.id, at, gate: Gate::Intent, until });
    }

    pub(super) fn understood(&mut self, at: SampleIndex, heard: &Understood, out: &mut dyn FnMut(Output)) {
        let Some(mut session) = self.session else { return };
        let tolerance = samples(self.config.timing.span_tolerance_ms);
        // Said before the device listened: it counts nothing, and listening goes on.
        let (gate, opened) = match session.again {
            Some(again) => {
                let gate = if again.value_only { Gate::Slots } else { Gate::Intent };
                (gate, again.end.after(samples(self.config.timing.answer_earliest_ms)))
            }
            None => (Gate::Intent, session.wake.span.end.before(tolerance)),
        };
        if heard.span.start < opened {
            let reason = if session.again.is_some() { Reason::AnswerTooEarly } else { Reason::BeforeWake };
            let actual = ms(opened.since(heard.span.start));
            let finding = Finding { gate, reason, expected: 0.0, actual };
            return self.uncounted(at, Some(heard.span), finding, out);
        }
        let refuse = |gate, reason, expected, actual| Finding { gate, reason, expected, actual };
        let playback = heard.surroundings.in_playback;
        if playback > self.config.evidence.max_in_playback {
            let expected = self.config.evidence.max_in_playback;
            let finding = refuse(Gate::Intent, Reason::InPlayback, expected, playback);
            return self.uncounted(at, Some(heard.span), finding, out);
        }
        let Some(action) = self.policy.action(heard.action).copied() else {
            let finding = refuse(Gate::Intent, Reason::UnknownAction, 0.0, f32::from(heard.action));
            return self.refuse(at, finding, out);
        };
        let before = session.act.filter(|_| session.again.is_some_and(|again| again.value_only));
        if let Some((act, _)) = before.filter(|(act, _)| act.action != heard.action) {
            let (expected, actual) = (f32::from(act.action), f32::from(heard.action));
            return self.refuse(at, refuse(Gate::Intent, Reason::OtherAction, expected, actual), out);
        }
        session.act = Some((heard.act(), action));
        self.session = Some(session);
        if !self.provisioned.has(action.class) {
            let finding = refuse(Gate::Intent, Reason::Deprovisioned, 0.0, f32::from(action.class));
            return self.refuse(at, finding, out);
        }
        let limits = *self.config.limits(action.tier);
        let config = self.config.evidence;

        // Every condition is looked at, so that the record names all that didn't hold and not the first only.
        let mut found = Found::default();
        {
            let mut collect_found = collect(&mut found);
            check::wake_for_tier(
                &limits,
                &session.wake,
                tolerance,
                Findings::new(Gate::Wake, &mut collect_found),
            );
            check::understood(heard, at, Findings::new(Gate::Intent, &mut collect_found));
            check::intent(&limits, heard, Findings::new(Gate::Intent, &mut collect_found));
            check::slots(&limits, &action, heard, Findings::new(Gate::Slots, &mut collect_found));
        }
        let addressed = SampleSpan {
            start: if session.again.is_some() { heard.span.start } else { session.wake.span.start },
            end: heard.span.end,
        };
        let mut hints = Hints::of(&config, &heard.surroundings, addressed, tolerance);
        match session.again {
            Some(Again { end, .. }) => {
                hints = hints.after_prompt(&heard.surroundings, addressed, end, tolerance);
            }
            // Between wake phrase and command there may be a pause or none; before them is what counts.
            None => {
                hints.no_pause =
                    Hints::of(&config, &session.wake.surroundings, session.wake.span, tolerance).no_pause;
            }
        }
        let woke = session.wake.surroundings.voice;
        hints = hints.with_voice(&config, woke.as_ref(), heard.surroundings.voice.as_ref());
        // Talk that was going on before the wake phrase counts against the command too.
        let before = session.weighing.gates().next().map_or(1.0, |wake| wake.continuity);
        let continuity = match session.again {
            Some(_) => hints.continuity(&config),
            None => hints.continuity(&config).max(before),
        };
        let says = |p| nats(p, config.confidence_prior, config.max_gate_nats);
        // A command said again takes the place of the first, whose slots another action may not have.
        session.weighing.keep_wake_only();
        let intent = session.weighing.put(&config, Gate::Intent, says(heard.probability), continuity);
        let after_intent = session.weighing.total();
        let values = check::all_slots(heard.slots());
        let slots =
            (action.slots > 0).then(|| session.weighing.put(&config, Gate::Slots, says(values), continuity));
        self.session = Some(session);

        // What all gates come to, and what a perfect confirmation could still add.
        let best = if limits.confirm {
            counted(&config, config.max_gate_nats, config.same_talk_min, 0.0)
        } else {
            0.0
        };
        let total = session.weighing.total();
        if !reaches(total + best, limits.required_log_odds) {
            let reason = if limits.confirm { Reason::CannotBeEnough } else { Reason::NotEnough };
            let gate = if action.slots > 0 { Gate::Slots } else { Gate::Intent };
            collect(&mut found)(refuse(gate, reason, limits.required_log_odds, total + best));
        }
        if found.1 > 0 {
            // What the same words in the same surroundings would have come to, had they been heard without a doubt.
            let mut certain = session.weighing;
            certain.put(&config, Gate::Intent, config.max_gate_nats, continuity);
            if action.slots > 0 {
                certain.put(&config, Gate::Slots, config.max_gate_nats, continuity);
            }
            let clearer_helps = reaches(certain.total() + best, limits.required_log_odds)
                && heard.probability >= limits.min_ask_probability;
            return self.fall_short(at, &found, heard, clearer_helps, out);
        }
        let act = heard.act();
        let passed = |gate, value, needed, evidence, total| {
            Output::Passed(Passed {
                session: session.id,
                at,
                span: heard.span,
                gate,
                act: Some(act),
                tier: Some(action.tier),
                value,
                needed,
                evidence,
                total,
            })
        };
        out(passed(
            Gate::Intent,
            heard.probability,
            limits.min_intent_probability,
            Some(intent),
            after_intent,
        ));
        if action.slots > 0 {
            let weakest = heard.slots().iter().map(|slot| slot.probability).fold(1.0, f32::min);
            out(passed(Gate::Slots, weakest, limits.min_slot_probability, slots, total));
        }
        if limits.announce {
            self.say(at, PromptKind::Announce, act, out);
        } else {
            self.finish(at, &limits, out);
        }
    }

    /// A command that isn't good enough: asked for once more if all that is wrong is how well it was heard, else refused.
    fn fall_short(
        &mut self,
        at: SampleIndex,
        found: &Found,
        heard: &Understood,
        clearer_helps: bool,
        out: &mut dyn FnMut(Output),
    ) {
        let Some(session) = self.session.as_mut() else { return };
        let all = || found.0.iter().flatten();
        let of_intent = |f: &Finding| matches!(f.reason, Reason::IntentTooWeak | Reason::NobodyAsked);
        let of_values = |f: &Finding| {
            matches!(f.reason, Reason::SlotTooWeak | Reason::SlotAmbiguous | Reason::SlotNotListed)
        };
        let of_sum = |f: &Finding| matches!(f.reason, Reason::CannotBeEnough | Reason::NotEnough);
        let of_hearing = all().any(|f| of_intent(f) || of_values(f))
            && all().all(|f| of_intent(f) || of_values(f) || of_sum(f));
        let ask = clearer_helps && of_hearing && !session.reprompted;
        let id = session.id;
        session.reprompted |= ask;
        // The first of them is told by the refusal itself.
        for finding in all().skip(usize::from(!ask)) {
            out(Output::Short { session: id, at, finding: *finding });
        }
        if ask {
            let unsure = heard
                .slots()
                .iter()
                .enumerate()
                .min_by(|(_, a), (_, b)| a.probability.total_cmp(&b.probability));
            let kind = match unsure {
                Some((slot, _)) if !all().any(of_intent) => PromptKind::AskSlot { slot: slot as u8 },
                _ => PromptKind::AskCommand,
            };
            self.say(at, kind, heard.act(), out);
        } else if let Some(first) = all().next() {
            self.refuse(at, *first, out);
        }
    }
}
