//! The whole chain as C sees it. The comments are those of `earnest.h`.

use super::command_types::{Command, CommandsConfig};
use super::guard_types::{EARNEST_NO_NUMBER, EARNEST_SLOTS, Policy};
use super::told_types::{EARNEST_TOLD_MOST, Told};
use super::types::{Config, Event};
use core::mem::offset_of;
use earnest_core::chain::ChainConfig as CoreChainConfig;

/// Most that a guard is made to tell by 10 ms of audio: with less room for entries in its journal no more is taken in.
pub const EARNEST_CHAIN_TOLD_MOST: usize = EARNEST_TOLD_MOST + 2;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum AnswerKind {
    /// It is none.
    None = 0,
    /// Yes.
    Yes = 1,
    /// No.
    No = 2,
}

/// What a chain tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ChainToldKind {
    /// What was noticed: speech, the wake phrase. `event`.
    Event = 0,
    /// What was said while a request was open. What the guard makes of it follows. `gate`, `command`.
    Heard = 1,
    /// What the guard says. `told`.
    Guard = 2,
}

/// A meaning of the grammar of commands as an action of the policy.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CommandMeaning {
    /// earnest_action.id; EARNEST_NO_NUMBER: nothing that the guard knows.
    pub action: u32,
    /// How many slots the action has; 0 without one.
    pub slot_count: u32,
    /// The numbers that they have in the grammar, in the action's order.
    pub slots: [u32; EARNEST_SLOTS],
}

/// A meaning of the grammar of answers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct AnswerMeaning {
    /// earnest_answer_kind.
    pub kind: u32,
    /// The class of action that it names: "send it" names messages. EARNEST_NO_NUMBER for none: "yes".
    pub names_class: u32,
}

/// How a chain is made. Fill it with earnest_chain_config_default(), then set the pointers. Everything that they point to is
/// read during the call only, but images and the journal's memory, which are used in place. Later versions add fields at
/// the end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ChainConfig {
    /// sizeof(earnest_chain_config) of the program. Set by earnest_chain_config_default().
    pub size: u32,
    /// Whose the recordings of requests are. Default 0.
    pub owner: u32,
    /// The wake phrase, the VAD, whether what the device plays is heard, and the pre-roll, with which a recording begins: 1
    /// sample is enough where none is kept.
    pub listener: *const Config,
    /// Acoustic model, grammar of commands, how they are listened for. The VAD is the listener's.
    pub commands: *const CommandsConfig,
    /// The grammar of answers: yes, no. Of the rest the lists, `confusions`, `paths`, `records`, `judged_frames` and the
    /// decoder's nats and floor count; everything else is as for commands.
    pub answers: *const CommandsConfig,
    /// The guard.
    pub policy: *const Policy,
    /// What each meaning of the grammar of commands asks for, in the grammar's order.
    pub command_meanings: *const CommandMeaning,
    /// As many as it has.
    pub command_meaning_count: usize,
    /// What each meaning of the grammar of answers is.
    pub answer_meanings: *const AnswerMeaning,
    /// As many as it has.
    pub answer_meaning_count: usize,
    /// Frames that are remembered, 1 to 1000, 100 a second: from the end of the wake phrase until it is known, and what the
    /// acoustic model hears before. 232 bytes each. Default 100.
    pub recent_frames: u32,
    /// Log-likelihood ratio of an accepted wake phrase, 0 to 20 nats. Default 5.7.
    pub wake_nats: f32,
    /// Speech shorter than this that fits nothing is a cough, and is not told, 0 to 5000 ms. Default 500.
    pub shortest_unknown_ms: u32,
}

impl ChainConfig {
    pub(crate) const FIRST_SIZE: usize = (offset_of!(ChainConfig, shortest_unknown_ms) + size_of::<u32>())
        .next_multiple_of(align_of::<ChainConfig>());

    pub(crate) fn new() -> Self {
        let core = CoreChainConfig::default();
        ChainConfig {
            size: size_of::<ChainConfig>() as u32,
            owner: core.owner.0,
            listener: core::ptr::null(),
            commands: core::ptr::null(),
            answers: core::ptr::null(),
            policy: core::ptr::null(),
            command_meanings: core::ptr::null(),
            command_meaning_count: 0,
            answer_meanings: core::ptr::null(),
            answer_meaning_count: 0,
            recent_frames: 100,
            wake_nats: core.wake_nats,
            shortest_unknown_ms: core.shortest_unknown_ms,
        }
    }
}

/// Something that a chain tells. What it points to is there for as long as the call lasts.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ChainTold {
    /// earnest_chain_told_kind. Later versions may add kinds.
    pub kind: u32,
    /// Which gate was listened at: 1 intent, 4 confirmation. EARNEST_NO_NUMBER for the other kinds.
    pub gate: u32,
    /// What was noticed, else null.
    pub event: *const Event,
    /// What was heard, by the grammar of commands or of answers, else null.
    pub command: *const Command,
    /// What the guard says, else null.
    pub told: *const Told,
}

impl ChainTold {
    const NONE: ChainTold = ChainTold {
        kind: 0,
        gate: EARNEST_NO_NUMBER,
        event: core::ptr::null(),
        command: core::ptr::null(),
        told: core::ptr::null(),
    };

    pub(crate) fn event(event: &Event) -> ChainTold {
        ChainTold { kind: ChainToldKind::Event as u32, event, ..ChainTold::NONE }
    }

    pub(crate) fn heard(gate: u32, command: &Command) -> ChainTold {
        ChainTold { kind: ChainToldKind::Heard as u32, gate, command, ..ChainTold::NONE }
    }

    pub(crate) fn guard(told: &Told) -> ChainTold {
        ChainTold { kind: ChainToldKind::Guard as u32, told, ..ChainTold::NONE }
    }
}
