//! Prompts, and the answers to them.

use super::{Again, Found, Guard, State, collect};
use crate::audio::{SampleIndex, SampleSpan};
use crate::guard::check::{self, Findings};
use crate::guard::config::{ms, samples};
use crate::guard::evidence::{Hints, nats};
use crate::guard::facts::{Act, Answer};
use crate::guard::gate::{Finding, Gate, Reason};
use crate::guard::output::{Output, Passed, Prompt, PromptKind};

impl Guard<'_> {
    pub(super) fn say(&mut self, at: SampleIndex, kind: PromptKind, act: Act, out: &mut dyn FnMut(Output)) {
        let Some(session) = self.session else { return };
        self.prompts = self.prompts.wrapping_add(1);
        let until = self.until(at, self.config.timing.prompt_start_ms);
        self.state = State::Prompt { id: self.prompts, kind, started: None, until };
        self.open_gate(at);
        out(Output::Say(Prompt { id: self.prompts, session: session.id, at, kind, act, start_by: until }));
    }

    pub(super) fn prompt_ended(
        &mut self,
        at: SampleIndex,
        kind: PromptKind,
        started: Option<SampleIndex>,
        complete: bool,
        out: &mut dyn FnMut(Output),
    ) {
        let Some((session, (act, action))) = self.session.and_then(|s| Some((s, s.act?))) else { return };
        let timing = self.config.timing;
        let gate = Gate::Announcement;
        let finding = |reason, expected, actual| Finding { gate, reason, expected, actual };
        let Some(started) = started else {
            return self.refuse(at, finding(Reason::PromptNotStarted, 1.0, 0.0), out);
        };
        let played = at.since(started);
        if !complete {
            return self.refuse(at, finding(Reason::PromptCutShort, ms(played), ms(played)), out);
        }
        if played < samples(timing.prompt_min_ms) {
            return self.refuse(
                at,
                finding(Reason::PromptEmpty, timing.prompt_min_ms as f32, ms(played)),
                out,
            );
        }
        let limits = *self.config.limits(action.tier);
        out(Output::Passed(Passed {
            session: session.id,
            at,
            span: SampleSpan { start: started, end: at },
            gate,
            act: Some(act),
            tier: Some(action.tier),
            value: ms(played),
            needed: timing.prompt_min_ms as f32,
            evidence: None,
            total: session.weighing.total(),
        }));
        let until = self.until(at, timing.answer_ms);
        self.open_gate(at);
        if let PromptKind::AskSlot { .. } | PromptKind::AskCommand = kind {
            if let Some(session) = self.session.as_mut() {
                let value_only = kind != PromptKind::AskCommand;
                session.again = Some(Again { end: at, value_only });
            }
            self.state = State::Command { until };
            out(Output::Listen { session: session.id, at, gate: Gate::Intent, until });
        } else if limits.confirm {
            self.state = State::Answer { prompt_end: at, until };
            out(Output::Listen { session: session.id, at, gate: Gate::Confirmation, until });
        } else {
            self.finish(at, &limits, out);
        }
    }

    /// No is no: at any time of a request, and without much of a proof.
    pub(super) fn no(&mut self, at: SampleIndex, heard: &Answer, out: &mut dyn FnMut(Output)) {
        const ENOUGH_FOR_NO: f32 = 0.5;
        if heard.probability >= ENOUGH_FOR_NO || heard.probability.is_nan() {
            let (gate, reason) = (self.gate(), Reason::Declined);
            let finding = Finding { gate, reason, expected: ENOUGH_FOR_NO, actual: heard.probability };
            self.refuse(at, finding, out);
        }
    }

    pub(super) fn yes(
        &mut self,
        at: SampleIndex,
        heard: &Answer,
        prompt_end: SampleIndex,
        out: &mut dyn FnMut(Output),
    ) {
        let Some((mut session, (act, action))) = self.session.and_then(|s| Some((s, s.act?))) else { return };
        let config = self.config.evidence;
        let gate = Gate::Confirmation;
        // Heard while the prompt was playing, or in its echo, or in what the device plays: nobody said it.
        let earliest = prompt_end.after(samples(self.config.timing.answer_earliest_ms));
        let playback = heard.surroundings.in_playback;
        let void = if heard.span.start < earliest {
            let early = ms(earliest.since(heard.span.start));
            Some(Finding { gate, reason: Reason::AnswerTooEarly, expected: 0.0, actual: early })
        } else if playback > config.max_in_playback {
            let expected = config.max_in_playback;
            Some(Finding { gate, reason: Reason::InPlayback, expected, actual: playback })
        } else {
            None
        };
        if let Some(finding) = void {
            return self.uncounted(at, Some(heard.span), finding, out);
        }
        let limits = *self.config.limits(action.tier);
        let (mut bad, mut weak) = (Found::default(), Found::default());
        check::answer(heard, at, Findings::new(gate, &mut collect(&mut bad)));
        check::yes(&limits, heard, Findings::new(gate, &mut collect(&mut weak)));
        if let Some(finding) = bad.0[0] {
            return self.refuse(at, finding, out);
        }
        if let Some(finding) = weak.0[0] {
            let again = !session.reprompted;
            for finding in weak.0.iter().flatten().skip(usize::from(!again)) {
                out(Output::Short { session: session.id, at, finding: *finding });
            }
            if again {
                session.reprompted = true;
                self.session = Some(session);
                return self.say(at, PromptKind::AskAgain, act, out);
            }
            return self.refuse(at, finding, out);
        }
        let tolerance = samples(self.config.timing.span_tolerance_ms);
        let woke = session.wake.surroundings.voice;
        let continuity = Hints::of(&config, &heard.surroundings, heard.span, tolerance)
            .after_prompt(&heard.surroundings, heard.span, prompt_end, tolerance)
            .with_voice(&config, woke.as_ref(), heard.surroundings.voice.as_ref())
            .continuity(&config);
        let says = nats(heard.probability, config.confidence_prior, config.max_gate_nats);
        let evidence = session.weighing.put(&config, gate, says, continuity);
        self.session = Some(session);
        out(Output::Passed(Passed {
            session: session.id,
            at,
            span: heard.span,
            gate,
            act: Some(act),
            tier: Some(action.tier),
            value: heard.probability,
            needed: limits.min_confirmation_probability,
            evidence: Some(evidence),
            total: session.weighing.total(),
        }));
        self.finish(at, &limits, out);
    }
}
