//! The state machine.
//!
//! ```text
//!            wake            understood            played to the end        yes, send it       right
//!   Idle ──────────► Command ──────────► Prompt ───────────────────► Answer ────────────► SecondFactor ───► Authorised
//!    ▲                  ▲  │               │ ▲                          │                                      │
//!    │                  │  └─ which one? ──┘ └── once: say which act ───┘                                      │
//!    └──────────────────┴───────── refusal: whatever is missing, late, weak, cut short, muted ─────────────────┘
//! ```

use super::authorization::{Authorization, Grant};
use super::check::{self, Findings};
use super::config::{ClassSet, GuardConfig, ms, samples};
use super::evidence::{Hints, Weighing, counted, nats};
use super::facts::{Act, Answer, Input, Understood, Wake};
use super::gate::{Finding, Gate, Reason, Refusal, Uncounted};
use super::output::{Output, Passed, Prompt, PromptKind};
use super::policy::{Action, Policy};
use super::recording::Recording;
use super::tier::{Tier, TierLimits};
use crate::ConfigError;
use crate::audio::{SampleIndex, SampleSpan};

/// Where a request stands. Every state but `Idle` has a deadline.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Idle,
    Muted,
    /// The command is listened to.
    Command {
        until: SampleIndex,
    },
    /// A prompt is to be played or is being played.
    Prompt {
        id: u32,
        kind: PromptKind,
        started: Option<SampleIndex>,
        until: SampleIndex,
    },
    /// The answer to a prompt that ended then is listened to.
    Answer {
        prompt_end: SampleIndex,
        until: SampleIndex,
    },
    SecondFactor {
        until: SampleIndex,
    },
    /// An authorisation is out.
    Authorized {
        until: SampleIndex,
    },
}

impl State {
    /// The deadline, the gate it is for.
    fn deadline(self) -> Option<(SampleIndex, Gate)> {
        match self {
            State::Idle | State::Muted => None,
            State::Command { until } => Some((until, Gate::Intent)),
            State::Prompt { until, .. } => Some((until, Gate::Announcement)),
            State::Answer { until, .. } => Some((until, Gate::Confirmation)),
            State::SecondFactor { until } => Some((until, Gate::SecondFactor)),
            State::Authorized { until } => Some((until, Gate::Authorization)),
        }
    }
}

/// What is known of the open request.
#[derive(Clone, Copy, Debug)]
struct Session {
    id: u32,
    /// When the wake phrase was reported.
    opened: SampleIndex,
    /// Since when the present gate is open, for the numbers of a missed deadline.
    gate_opened: SampleIndex,
    wake: Wake,
    act: Option<(Act, Action)>,
    weighing: Weighing,
    reprompted: bool,
    /// The end of the prompt that asked for a slot, once there was one.
    slot_prompt_end: Option<SampleIndex>,
}

impl Session {
    fn act(&self) -> Option<Act> {
        self.act.map(|(act, _)| act)
    }
}

/// Decides what is done. See [the module](super) for what it guarantees.
#[derive(Debug)]
pub struct Guard<'a> {
    config: GuardConfig,
    provisioned: ClassSet,
    policy: Policy<'a>,
    recording: Recording<'a>,
    state: State,
    session: Option<Session>,
    /// The latest sample anything was reported for.
    now: SampleIndex,
    /// Nothing that began before this sample counts: it was said into a muted microphone.
    deaf_until: SampleIndex,
    /// The last session's number.
    sessions: u32,
    /// The last prompt's.
    prompts: u32,
}

/// The conditions that didn't hold, in order; the first is the reason.
type Found = ([Option<Finding>; 12], usize);

fn collect(found: &mut Found) -> impl FnMut(Finding) {
    |finding| {
        if let Some(slot) = found.0.get_mut(found.1) {
            *slot = Some(finding);
            found.1 += 1;
        }
    }
}

impl<'a> Guard<'a> {
    /// A guard of the actions in `policy`, over `recording`.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub fn new(
        config: GuardConfig,
        policy: Policy<'a>,
        recording: Recording<'a>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Guard {
            config,
            provisioned: config.provisioned,
            policy,
            recording,
            state: State::Idle,
            session: None,
            now: SampleIndex(0),
            deaf_until: SampleIndex(0),
            sessions: 0,
            prompts: 0,
        })
    }

    /// Takes the next fact or report, known at sample `at`, and tells what follows from it.
    ///
    /// `at` must not go back: if it does, an open request is refused. A mute is obeyed whatever its time.
    pub fn process(&mut self, at: SampleIndex, input: &Input, mut on_output: impl FnMut(Output)) {
        self.step(at, input, &mut on_output);
    }

    /// Keeps `pcm` for the recording, if a command is being listened to: first the pre-roll, then what follows.
    /// Says how many samples were kept.
    pub fn record(&mut self, pcm: &[i16]) -> usize {
        if matches!(self.state, State::Command { .. }) { self.recording.push(pcm) } else { 0 }
    }

    /// Whether a request is open: somebody must see or hear that the device is listening.
    pub fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Whether the microphone is muted.
    pub fn is_muted(&self) -> bool {
        self.state == State::Muted
    }

    /// What the open request waits for, and until when.
    pub fn waits_for(&self) -> Option<(Gate, SampleIndex)> {
        self.state.deadline().map(|(until, gate)| (gate, until))
    }

    /// The actions it knows.
    pub fn policy(&self) -> &Policy<'a> {
        &self.policy
    }

    /// Its numbers.
    pub fn config(&self) -> &GuardConfig {
        &self.config
    }

    /// Takes an authorisation back and gives the permission to do `act` now, at sample `at`.
    ///
    /// # Errors
    /// A [`Refusal`] if it isn't this guard's, is not the one that is open, has expired or was for something else,
    /// if the microphone was muted or the class switched off since. Either way the authorisation is used up, and
    /// without a grant the recording is wiped.
    pub fn redeem(
        &mut self,
        authorization: Authorization,
        act: &Act,
        at: SampleIndex,
    ) -> Result<Grant<'_, 'a>, Refusal> {
        let open = match (self.state, self.session) {
            (State::Authorized { until }, Some(session)) => Some((until, session)),
            _ => None,
        };
        let gate = Gate::Authorization;
        let finding = |reason, expected, actual| Finding { gate, reason, expected, actual };
        let refused = |finding, weighing| {
            Err(Refusal {
                session: authorization.session,
                at,
                act: Some(authorization.act),
                finding,
                weighing,
            })
        };
        let session = match open {
            Some((_, session))
                if authorization.guard == self.config.id && authorization.session == session.id =>
            {
                session
            }
            _ if self.state == State::Muted => {
                return refused(finding(Reason::Muted, 0.0, 0.0), Weighing::default());
            }
            // Not the one that is out: a stranger can't end an open request.
            _ => {
                let finding = finding(Reason::NotIssued, self.sessions as f32, authorization.session as f32);
                return refused(finding, Weighing::default());
            }
        };
        let class = session.act.map_or(u8::MAX, |(_, action)| action.class);
        let verdict = if at < self.now {
            Some(finding(Reason::ClockRanBack, self.now.seconds() as f32, at.seconds() as f32))
        } else if at > authorization.expires {
            let late = ms(at.since(authorization.expires));
            let life = self.config.timing.authorization_ms as f32;
            Some(finding(Reason::Expired, life, life + late))
        } else if *act != authorization.act {
            Some(finding(Reason::OtherAct, f32::from(authorization.act.action), f32::from(act.action)))
        } else if !self.provisioned.has(class) {
            Some(finding(Reason::Deprovisioned, 0.0, f32::from(class)))
        } else {
            None
        };
        self.now = self.now.max(at);
        self.state = State::Idle;
        self.session = None;
        match verdict {
            Some(finding) => {
                self.recording.wipe();
                refused(finding, session.weighing)
            }
            None => Ok(Grant {
                recording: &mut self.recording,
                session: authorization.session,
                at,
                act: authorization.act,
                owner: session.wake.owner,
            }),
        }
    }

    /// As new, the recording wiped and what is out void; numbers of requests go on. A mute stays.
    pub fn reset(&mut self) {
        self.recording.wipe();
        if self.state != State::Muted {
            self.state = State::Idle;
        }
        self.session = None;
        self.now = SampleIndex(0);
        self.deaf_until = SampleIndex(0);
    }

    fn step(&mut self, at: SampleIndex, input: &Input, out: &mut dyn FnMut(Output)) {
        match input {
            Input::Mute => return self.mute(at, out),
            Input::Unmute => return self.unmute(at, out),
            Input::Deprovision { class } => self.provisioned = self.provisioned.without(*class),
            _ => {}
        }
        if self.state == State::Muted {
            return;
        }
        if at < self.now {
            let (expected, actual) = (self.now.seconds() as f32, at.seconds() as f32);
            let finding = Finding { gate: self.gate(), reason: Reason::ClockRanBack, expected, actual };
            return match self.session {
                Some(_) => self.refuse(self.now, finding, out),
                None => self.uncounted(at, None, finding, out),
            };
        }
        self.now = at;
        self.meet_deadline(at, out);
        match (self.state, *input) {
            (State::Idle, Input::Wake(wake)) => self.wake(at, &wake, out),
            (State::Command { .. }, Input::Understood(heard)) => self.understood(at, &heard, out),
            (State::Command { .. }, Input::NotUnderstood { nobody }) => {
                let (gate, reason) = (Gate::Intent, Reason::NotUnderstood);
                self.refuse(at, Finding { gate, reason, expected: 0.0, actual: nobody }, out);
            }
            (State::Prompt { id, started: None, kind, .. }, Input::PromptStarted { prompt })
                if prompt == id =>
            {
                let until = self.until(at, self.config.timing.prompt_max_ms);
                self.state = State::Prompt { id, kind, started: Some(at), until };
                self.open_gate(at);
            }
            (State::Prompt { id, kind, started, .. }, Input::PromptEnded { prompt, complete })
                if prompt == id =>
            {
                self.prompt_ended(at, kind, started, complete, out);
            }
            (_, Input::Answer(answer)) if !answer.yes && self.session.is_some() => {
                self.no(at, &answer, out);
            }
            (State::Answer { prompt_end, .. }, Input::Answer(answer)) => {
                self.yes(at, &answer, prompt_end, out);
            }
            (State::SecondFactor { .. }, Input::SecondFactor { accepted }) => {
                if accepted {
                    self.authorize(at, out);
                } else {
                    let (gate, reason) = (Gate::SecondFactor, Reason::SecondFactorFailed);
                    self.refuse(at, Finding { gate, reason, expected: 1.0, actual: 0.0 }, out);
                }
            }
            (_, Input::Cancel) => {
                if self.session.is_some() {
                    let finding =
                        Finding { gate: self.gate(), reason: Reason::Cancelled, expected: 0.0, actual: 0.0 };
                    self.refuse(at, finding, out);
                }
            }
            (_, Input::Deprovision { class }) => {
                let concerned = self.session.and_then(|session| session.act);
                if concerned.is_some_and(|(_, action)| action.class == class) {
                    let (gate, reason) = (self.gate(), Reason::Deprovisioned);
                    self.refuse(at, Finding { gate, reason, expected: 0.0, actual: f32::from(class) }, out);
                }
            }
            (_, Input::Tick | Input::Mute | Input::Unmute) => {}
            (_, Input::NotUnderstood { .. }) => {}
            (_, other) => {
                let (gate, span) = match other {
                    Input::Wake(wake) => (Gate::Wake, Some(wake.span)),
                    Input::Understood(heard) => (Gate::Intent, Some(heard.span)),
                    Input::Answer(answer) => (Gate::Confirmation, Some(answer.span)),
                    Input::SecondFactor { .. } => (Gate::SecondFactor, None),
                    _ => (Gate::Announcement, None),
                };
                let finding = Finding { gate, reason: Reason::NotExpected, expected: 0.0, actual: 0.0 };
                self.uncounted(at, span, finding, out);
            }
        }
    }

    fn mute(&mut self, at: SampleIndex, out: &mut dyn FnMut(Output)) {
        if self.state == State::Muted {
            return;
        }
        if self.session.is_some() {
            let finding = Finding { gate: self.gate(), reason: Reason::Muted, expected: 0.0, actual: 0.0 };
            self.refuse(at, finding, out);
        }
        self.recording.wipe();
        self.state = State::Muted;
        self.now = self.now.max(at);
        out(Output::Muted { at });
    }

    fn unmute(&mut self, at: SampleIndex, out: &mut dyn FnMut(Output)) {
        if self.state == State::Muted {
            self.state = State::Idle;
            self.now = self.now.max(at);
            self.deaf_until = self.now;
            out(Output::Unmuted { at: self.now });
        }
    }

    fn meet_deadline(&mut self, at: SampleIndex, out: &mut dyn FnMut(Output)) {
        let (Some((until, gate)), Some(session)) = (self.state.deadline(), self.session) else { return };
        if at > until {
            let reason = if gate == Gate::Authorization { Reason::Expired } else { Reason::Deadline };
            let expected = ms(until.since(session.gate_opened));
            let actual = ms(at.since(session.gate_opened));
            self.refuse(at, Finding { gate, reason, expected, actual }, out);
        }
    }

    fn wake(&mut self, at: SampleIndex, wake: &Wake, out: &mut dyn FnMut(Output)) {
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
            slot_prompt_end: None,
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

    fn understood(&mut self, at: SampleIndex, heard: &Understood, out: &mut dyn FnMut(Output)) {
        let Some(mut session) = self.session else { return };
        let tolerance = samples(self.config.timing.span_tolerance_ms);
        // Said before the device listened: it counts nothing, and listening goes on.
        let (gate, opened) = match session.slot_prompt_end {
            Some(end) => (Gate::Slots, end.after(samples(self.config.timing.answer_earliest_ms))),
            None => (Gate::Intent, session.wake.span.end.before(tolerance)),
        };
        if heard.span.start < opened {
            let reason = if gate == Gate::Slots { Reason::AnswerTooEarly } else { Reason::BeforeWake };
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
        if let Some((act, _)) = session.act.filter(|(act, _)| act.action != heard.action) {
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
            start: if session.slot_prompt_end.is_some() { heard.span.start } else { session.wake.span.start },
            end: heard.span.end,
        };
        let mut hints = Hints::of(&config, &heard.surroundings, addressed, tolerance);
        match session.slot_prompt_end {
            Some(end) => hints = hints.after_prompt(&heard.surroundings, addressed, end, tolerance),
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
        let continuity = match session.slot_prompt_end {
            Some(_) => hints.continuity(&config),
            None => hints.continuity(&config).max(before),
        };
        let says = |p| nats(p, config.confidence_prior, config.max_gate_nats);
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
        if !(total + best >= limits.required_log_odds) {
            let reason = if limits.confirm { Reason::CannotBeEnough } else { Reason::NotEnough };
            let gate = if action.slots > 0 { Gate::Slots } else { Gate::Intent };
            collect(&mut found)(refuse(gate, reason, limits.required_log_odds, total + best));
        }
        if found.1 > 0 {
            return self.fall_short(at, &found, heard, out);
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

    /// A command that isn't good enough: asked once which value was meant if that is all, else refused.
    fn fall_short(
        &mut self,
        at: SampleIndex,
        found: &Found,
        heard: &Understood,
        out: &mut dyn FnMut(Output),
    ) {
        let Some(session) = self.session.as_mut() else { return };
        let all = || found.0.iter().flatten();
        let only_slots = all().all(|f| matches!(f.reason, Reason::SlotTooWeak | Reason::SlotAmbiguous));
        let ask = only_slots && !session.reprompted;
        let id = session.id;
        session.reprompted |= ask;
        let unsure = heard
            .slots()
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| a.probability.total_cmp(&b.probability))
            .map_or(0, |(at, _)| at as u8);
        // The first of them is told by the refusal itself.
        for finding in all().skip(usize::from(!ask)) {
            out(Output::Short { session: id, at, finding: *finding });
        }
        if ask {
            self.say(at, PromptKind::AskSlot { slot: unsure }, heard.act(), out);
        } else if let Some(first) = all().next() {
            self.refuse(at, *first, out);
        }
    }

    fn say(&mut self, at: SampleIndex, kind: PromptKind, act: Act, out: &mut dyn FnMut(Output)) {
        let Some(session) = self.session else { return };
        self.prompts = self.prompts.wrapping_add(1);
        let until = self.until(at, self.config.timing.prompt_start_ms);
        self.state = State::Prompt { id: self.prompts, kind, started: None, until };
        self.open_gate(at);
        out(Output::Say(Prompt { id: self.prompts, session: session.id, at, kind, act, start_by: until }));
    }

    fn prompt_ended(
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
        if let PromptKind::AskSlot { .. } = kind {
            if let Some(session) = self.session.as_mut() {
                session.slot_prompt_end = Some(at);
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
    fn no(&mut self, at: SampleIndex, heard: &Answer, out: &mut dyn FnMut(Output)) {
        const ENOUGH_FOR_NO: f32 = 0.5;
        if heard.probability >= ENOUGH_FOR_NO || heard.probability.is_nan() {
            let (gate, reason) = (self.gate(), Reason::Declined);
            let finding = Finding { gate, reason, expected: ENOUGH_FOR_NO, actual: heard.probability };
            self.refuse(at, finding, out);
        }
    }

    fn yes(&mut self, at: SampleIndex, heard: &Answer, prompt_end: SampleIndex, out: &mut dyn FnMut(Output)) {
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

    /// All that was heard is in: is it enough?
    fn finish(&mut self, at: SampleIndex, limits: &TierLimits, out: &mut dyn FnMut(Output)) {
        let Some((session, (act, _))) = self.session.and_then(|s| Some((s, s.act?))) else { return };
        let total = session.weighing.total();
        // So that a sum that is not a number is not enough.
        if !(total >= limits.required_log_odds) {
            let (gate, reason) = (self.gate(), Reason::NotEnough);
            return self.refuse(
                at,
                Finding { gate, reason, expected: limits.required_log_odds, actual: total },
                out,
            );
        }
        if limits.second_factor {
            let until = self.until(at, self.config.timing.second_factor_ms);
            self.state = State::SecondFactor { until };
            self.open_gate(at);
            out(Output::AskSecondFactor { session: session.id, at, act, until });
        } else {
            self.authorize(at, out);
        }
    }

    fn authorize(&mut self, at: SampleIndex, out: &mut dyn FnMut(Output)) {
        let Some((session, (act, action))) = self.session.and_then(|s| Some((s, s.act?))) else { return };
        // The session's own limit is about listening; what is authorised lives its full time.
        let expires = at.after(samples(self.config.timing.authorization_ms));
        self.state = State::Authorized { until: expires };
        self.open_gate(at);
        out(Output::Authorized {
            authorization: Authorization { guard: self.config.id, session: session.id, act, expires },
            at,
            owner: session.wake.owner,
            tier: action.tier,
            weighing: session.weighing,
            required: self.config.limits(action.tier).required_log_odds,
        });
    }

    fn refuse(&mut self, at: SampleIndex, finding: Finding, out: &mut dyn FnMut(Output)) {
        self.recording.wipe();
        self.state = State::Idle;
        if let Some(session) = self.session.take() {
            let (act, weighing) = (session.act(), session.weighing);
            out(Output::Refused(Refusal { session: session.id, at, act, finding, weighing }));
        }
    }

    fn uncounted(
        &mut self,
        at: SampleIndex,
        span: Option<SampleSpan>,
        finding: Finding,
        out: &mut dyn FnMut(Output),
    ) {
        let session = self.session.map_or(0, |session| session.id);
        out(Output::Uncounted(Uncounted { session, at, span, finding }));
    }

    /// `ms` from `at` on, but never past the end of the session.
    fn until(&self, at: SampleIndex, ms: u32) -> SampleIndex {
        let opened = self.session.map_or(at, |session| session.opened);
        at.after(samples(ms)).min(opened.after(samples(self.config.timing.session_ms)))
    }

    fn open_gate(&mut self, at: SampleIndex) {
        if let Some(session) = self.session.as_mut() {
            session.gate_opened = at;
        }
    }

    /// The gate that is waited at.
    fn gate(&self) -> Gate {
        self.state.deadline().map_or(Gate::Wake, |(_, gate)| gate)
    }
}
