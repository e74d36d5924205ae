//! The state machine.
//!
//! ```text
//!            wake            understood            played to the end        yes, send it       right
//!   Idle ──────────► Command ──────────► Prompt ───────────────────► Answer ────────────► SecondFactor ───► Authorised
//!    ▲                  ▲  │               │ ▲                          │                                      │
//!    │                  │  └─ which one? ──┘ └── once: say which act ───┘                                      │
//!    └──────────────────┴───────── refusal: whatever is missing, late, weak, cut short, muted ─────────────────┘
//! ```

mod command;
mod prompt;
mod redeem;

use super::config::{ClassSet, GuardConfig, ms, samples};
use super::evidence::Weighing;
use super::facts::{Act, Input, Wake};
use super::gate::{Finding, Gate, Reason, Refusal, Uncounted};
use super::output::{Output, PromptKind};
use super::policy::{Action, Policy};
use super::recording::Recording;
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
    /// The command was asked for again.
    again: Option<Again>,
}

/// A prompt that asked for a command again, and was played.
#[derive(Clone, Copy, Debug)]
struct Again {
    /// Its end.
    end: SampleIndex,
    /// Whether it asked for a value alone: then the action must be the same.
    value_only: bool,
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

/// Whether the evidence is enough. What is not a number isn't.
fn reaches(total: f32, required: f32) -> bool {
    total >= required
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
