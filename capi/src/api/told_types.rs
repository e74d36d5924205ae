//! What a guard tells, and what its journal keeps, as C sees it. The comments are those of `earnest.h`.

use super::guard_types::{EARNEST_NO_NUMBER, EARNEST_SLOTS};
use earnest_core::guard::Output;
use earnest_core::journal::{Anchor as CoreAnchor, Entry};

/// Elements of earnest_told.numbers.
pub const EARNEST_TOLD_NUMBERS: usize = 8;
/// Most that one input makes a guard tell: with less room for entries in its journal the input is not taken.
pub const EARNEST_TOLD_MOST: usize = 16;

/// What a guard tells, and what an entry of a journal is. Values and meanings are those of journals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[allow(dead_code, reason = "for C programs")]
pub enum ToldKind {
    /// A gate was passed. numbers: value, needed, nats, continuity, dependence, counted, total.
    Passed = 3,
    /// The microphone is listened to, until `end`: show it. Nothing said later counts.
    Listen = 4,
    /// Play prompt `prompt`, begin until `end`, and report. detail: 0 announces the act, 1 asks for slot detail / 256,
    /// 2 says again what is to be confirmed and how, 3 asks for the command once more.
    Say = 5,
    /// Get the second factor, until `end`.
    AskSecondFactor = 6,
    /// A condition that didn't hold; a refusal or another prompt follows. numbers: expected, actual.
    Short = 7,
    /// Do it: earnest_guard_redeem() `authorization`, until `end`. numbers: total, required.
    Authorized = 8,
    /// The authorisation was used.
    Redeemed = 9,
    /// It is not done. Stop any prompt; the recording is wiped. numbers: expected, actual, total, prior, then what wake,
    /// intent, slots and confirmation added.
    Refused = 10,
    /// Something heard or reported counted nothing. numbers: expected, actual.
    Uncounted = 11,
    /// Muted: empty every buffer. The guard's own is wiped.
    Muted = 12,
    /// It hears again.
    Unmuted = 13,
}

/// The permission to do one act, once, soon. What is in it is the library's own; earnest_guard_redeem() uses it up and
/// clears it. A copy is worth nothing once one of them was redeemed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Permit {
    /// The library's own.
    pub opaque: [u64; 2],
}

/// What a guard tells, and what its journal keeps of it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Told {
    /// earnest_told_kind.
    pub kind: u32,
    /// Which gate: 0 wake, 1 intent, 2 slots, 3 announcement, 4 confirmation, 5 second factor, 6 authorisation;
    /// EARNEST_NO_NUMBER for none.
    pub gate: u32,
    /// earnest_tier_number, EARNEST_NO_NUMBER for none.
    pub tier: u32,
    /// Why, by the numbers of journals (guard::Reason in the Rust documentation), EARNEST_NO_NUMBER for none.
    pub reason: u32,
    /// Which request, from 1; 0 for none.
    pub request: u32,
    /// Which action, EARNEST_NO_NUMBER for none.
    pub action: u32,
    /// By kind.
    pub detail: u32,
    /// Which prompt: the reports name it.
    pub prompt: u32,
    /// Sample at which it happened.
    pub at: u64,
    /// First sample of what it is about.
    pub start: u64,
    /// One past the last, or a deadline: the last sample at which it can be done.
    pub end: u64,
    /// Slots of the act, and how many of the values count.
    pub slots: u32,
    /// Their values.
    pub values: [u32; EARNEST_SLOTS],
    /// Numbers, by kind.
    pub numbers: [f32; EARNEST_TOLD_NUMBERS],
    /// For EARNEST_TOLD_AUTHORIZED, else zero.
    pub authorization: Permit,
}

impl Told {
    pub(crate) fn entry(entry: &Entry) -> Told {
        let mut values = [0; EARNEST_SLOTS];
        values.iter_mut().zip(entry.values()).for_each(|(to, from)| *to = *from);
        Told {
            kind: entry.kind as u32,
            gate: entry.gate.map_or(EARNEST_NO_NUMBER, |gate| gate as u32),
            tier: entry.tier.map_or(EARNEST_NO_NUMBER, |tier| tier as u32),
            reason: entry.reason.map_or(EARNEST_NO_NUMBER, |reason| reason as u32),
            request: entry.session,
            action: entry.action.map_or(EARNEST_NO_NUMBER, u32::from),
            detail: entry.detail.into(),
            prompt: 0,
            at: entry.at.0,
            start: entry.span.start.0,
            end: entry.span.end.0,
            slots: entry.slots.into(),
            values,
            numbers: entry.numbers,
            authorization: Permit::default(),
        }
    }

    /// As `entry`, with all that an entry has no room for.
    pub(crate) fn output(output: &Output, entry: &Entry) -> Told {
        let mut told = Told::entry(entry);
        let act = match output {
            Output::Passed(passed) => passed.act,
            Output::Say(prompt) => {
                told.prompt = prompt.id;
                Some(prompt.act)
            }
            Output::AskSecondFactor { act, .. } => Some(*act),
            Output::Authorized { authorization, .. } => Some(*authorization.act()),
            Output::Refused(refusal) => refusal.act,
            _ => None,
        };
        if let Some(act) = act {
            told.values.iter_mut().zip(act.values()).for_each(|(to, from)| *to = *from);
        }
        told
    }
}

/// The end of a journal. Kept elsewhere (with the owner, on a server), it shows later whether the journal still holds
/// everything up to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Anchor {
    /// Number of the next entry.
    pub next: u64,
    /// Hash of the last.
    pub head: [u8; 32],
}

impl Anchor {
    pub(crate) fn of(core: CoreAnchor) -> Anchor {
        Anchor { next: core.next, head: core.head }
    }

    pub(crate) fn core(&self) -> CoreAnchor {
        CoreAnchor { next: self.next, head: self.head }
    }
}

/// A journal in which nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct JournalFacts {
    /// Entries, the header included.
    pub entries: u64,
    /// Bytes at the end that are the beginning of an entry whose write was cut.
    pub torn_bytes: u64,
    /// 1 if the anchor that was asked for lies in it, 0 if not or if none was.
    pub holds_anchor: u32,
    /// 0.
    pub reserved: u32,
    /// Where it ends.
    pub end: Anchor,
}
