//! What the guard tells its host: what to do, and why it decided as it did.

use super::authorization::Authorization;
use super::evidence::{GateEvidence, Weighing};
use super::facts::{Act, OwnerId};
use super::gate::{Finding, Gate, Refusal, Uncounted};
use super::tier::Tier;
use crate::audio::{SampleIndex, SampleSpan};

/// What a prompt must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PromptKind {
    /// What is about to be done, values included, and a question if a confirmation is needed: "Send to Denise:
    /// I'm late. Say: yes, send it."
    Announce = 0,
    /// Which value was meant for the slot: "Denise or Dennis?", "I have nobody of that name. To whom?" The answer comes as a
    /// whole command again.
    AskSlot {
        /// Which slot, from 0.
        slot: u8,
    } = 1,
    /// The confirmation was heard but doesn't count; what is about to be done, and how to confirm it.
    AskAgain = 2,
    /// What was understood isn't sure: "Say that again, please." The answer is a whole command, and may be another one.
    AskCommand = 3,
}

impl PromptKind {
    /// Its number in journals.
    pub fn number(self) -> u8 {
        match self {
            PromptKind::Announce => 0,
            PromptKind::AskSlot { .. } => 1,
            PromptKind::AskAgain => 2,
            PromptKind::AskCommand => 3,
        }
    }

    /// Its name in machine-readable texts.
    pub fn name(self) -> &'static str {
        match self {
            PromptKind::Announce => "announce",
            PromptKind::AskSlot { .. } => "ask_slot",
            PromptKind::AskAgain => "ask_again",
            PromptKind::AskCommand => "ask_command",
        }
    }
}

/// A prompt to be played, to its end, and reported: [`Input::PromptStarted`](super::Input::PromptStarted), then
/// [`Input::PromptEnded`](super::Input::PromptEnded).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Which; the reports name it.
    pub id: u32,
    /// The request.
    pub session: u32,
    /// When it was asked for.
    pub at: SampleIndex,
    /// What it must say.
    pub kind: PromptKind,
    /// About what.
    pub act: Act,
    /// It must have begun by then.
    pub start_by: SampleIndex,
}

/// A gate that was passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passed {
    /// The request.
    pub session: u32,
    /// When.
    pub at: SampleIndex,
    /// Where the words were; for the announcement, when it was played.
    pub span: SampleSpan,
    /// Which gate.
    pub gate: Gate,
    /// What was asked for, once that is known.
    pub act: Option<Act>,
    /// How grave it is, once that is known.
    pub tier: Option<Tier>,
    /// The number that the gate looks at first: nats of the wake phrase, probability of intent, of the weakest slot,
    /// of the confirmation.
    pub value: f32,
    /// What it had to be.
    pub needed: f32,
    /// What it added to the sum; `None` for gates that don't.
    pub evidence: Option<GateEvidence>,
    /// The sum so far, nats.
    pub total: f32,
}

/// What the guard tells, in the order it happens. Every decision is in here: a journal of these explains itself.
#[derive(Debug)]
#[non_exhaustive]
pub enum Output {
    /// A gate was passed.
    Passed(Passed),
    /// The microphone is listened to until then: show it. Nothing said later counts.
    Listen {
        /// The request.
        session: u32,
        /// From when.
        at: SampleIndex,
        /// What is waited for: [`Gate::Intent`] or [`Gate::Confirmation`].
        gate: Gate,
        /// The last sample at which it can still be reported.
        until: SampleIndex,
    },
    /// Play this.
    Say(Prompt),
    /// Get the second factor.
    AskSecondFactor {
        /// The request.
        session: u32,
        /// From when.
        at: SampleIndex,
        /// For what.
        act: Act,
        /// The last sample at which it can still be reported.
        until: SampleIndex,
    },
    /// A condition that didn't hold. A refusal or another prompt follows.
    Short {
        /// The request.
        session: u32,
        /// When.
        at: SampleIndex,
        /// Which condition.
        finding: Finding,
    },
    /// Do it: [`Guard::redeem`](super::Guard::redeem) this.
    Authorized {
        /// The permission.
        authorization: Authorization,
        /// When.
        at: SampleIndex,
        /// For whom.
        owner: OwnerId,
        /// How grave it is.
        tier: Tier,
        /// What it rests on.
        weighing: Weighing,
        /// What that had to come to, nats.
        required: f32,
    },
    /// It is not done. Stop any prompt; the recording is wiped.
    Refused(Refusal),
    /// Something was heard or reported that counted nothing.
    Uncounted(Uncounted),
    /// The microphone is muted: empty every buffer. The guard's own is wiped.
    Muted {
        /// From when.
        at: SampleIndex,
    },
    /// It hears again.
    Unmuted {
        /// From when.
        at: SampleIndex,
    },
}
