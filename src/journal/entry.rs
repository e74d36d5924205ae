//! One entry: 96 bytes of what happened, of fixed layout, then 32 bytes of hash.
//!
//! | bytes | what, little-endian |
//! |---|---|
//! | 0 | kind |
//! | 1, 2, 3 | gate, tier, reason; 255 for none |
//! | 4 | request (u32), 0 for none |
//! | 8 | number of the entry since the first journal (u64) |
//! | 16 | sample at which it happened (u64) |
//! | 24, 32 | from which sample to which (u64 each) |
//! | 40 | action (u16), 65535 for none |
//! | 42 | detail (u16), by kind |
//! | 44 | slots (u8), then three bytes 0 |
//! | 48 | the first four slot values (u32 each) |
//! | 64 | eight numbers (f32 each), by kind |
//! | 96 | hash |

use super::chain::HASH_BYTES;
use crate::audio::{SampleIndex, SampleSpan};
use crate::guard::{Act, Finding, Gate, Grant, Output, PromptKind, Reason, Refusal, Tier};

/// Bytes that are hashed.
pub const BODY_BYTES: usize = 96;
/// Bytes of an entry.
pub const ENTRY_BYTES: usize = BODY_BYTES + HASH_BYTES;
/// Slot values that an entry keeps; an action may have more.
pub const ENTRY_VALUES: usize = 4;
/// Numbers in an entry.
pub const ENTRY_NUMBERS: usize = 8;

const NONE: u8 = 255;
const NO_ACTION: u16 = u16::MAX;

/// What an entry tells. In brackets what its `numbers` and `detail` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// A journal begins. Made by the journal itself: the span's start is `EARNJRNL`, `detail` the version and 256 if
    /// there is a key, the numbers are the last hash of the journal before.
    Header = 1,
    /// What the wall clock showed at sample `at`, as the host says it. The span's start is milliseconds since 1970
    /// (UTC), `detail` the minutes by which local time is ahead.
    Clock = 2,
    /// A gate was passed. [value, needed, nats, continuity, dependence, counted, total]; the last five are 0 where
    /// the gate adds nothing.
    Passed = 3,
    /// The microphone is listened to, until the span's end.
    Listen = 4,
    /// A prompt was asked for. `detail`: kind, and slot × 256.
    Say = 5,
    /// The second factor was asked for, until the span's end.
    AskSecondFactor = 6,
    /// A condition didn't hold. [expected, actual]
    Short = 7,
    /// It was authorised. [total, required]
    Authorized = 8,
    /// The authorisation was used.
    Redeemed = 9,
    /// It was refused. [expected, actual, total, prior, then what wake, intent, slots and confirmation added]
    Refused = 10,
    /// Something was heard or reported that counted nothing. [expected, actual]
    Uncounted = 11,
    /// The microphone was muted.
    Muted = 12,
    /// It hears again.
    Unmuted = 13,
    /// The journal was cut in the middle of a write. `detail`: bytes that were lost.
    Recovered = 14,
}

impl Kind {
    /// All kinds, in order of their numbers.
    pub const ALL: [Kind; 14] = [
        Kind::Header,
        Kind::Clock,
        Kind::Passed,
        Kind::Listen,
        Kind::Say,
        Kind::AskSecondFactor,
        Kind::Short,
        Kind::Authorized,
        Kind::Redeemed,
        Kind::Refused,
        Kind::Uncounted,
        Kind::Muted,
        Kind::Unmuted,
        Kind::Recovered,
    ];

    /// The kind of that number.
    pub fn from_number(number: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// One thing that happened. No audio, no words: numbers of actions and values, and the evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// What.
    pub kind: Kind,
    /// When.
    pub at: SampleIndex,
    /// In which request, 0 if in none.
    pub session: u32,
    /// At which gate.
    pub gate: Option<Gate>,
    /// Of which tier.
    pub tier: Option<Tier>,
    /// Why.
    pub reason: Option<Reason>,
    /// Where the words were, or until when.
    pub span: SampleSpan,
    /// Which action.
    pub action: Option<u16>,
    /// By kind.
    pub detail: u16,
    /// Slots of the action.
    pub slots: u8,
    /// Their first values.
    pub values: [u32; ENTRY_VALUES],
    /// By kind.
    pub numbers: [f32; ENTRY_NUMBERS],
}

impl Entry {
    pub(super) fn new(kind: Kind, at: SampleIndex) -> Entry {
        Entry {
            kind,
            at,
            session: 0,
            gate: None,
            tier: None,
            reason: None,
            span: SampleSpan::default(),
            action: None,
            detail: 0,
            slots: 0,
            values: [0; ENTRY_VALUES],
            numbers: [0.0; ENTRY_NUMBERS],
        }
    }

    /// What a prompt was for; `None` for entries that are none.
    pub fn prompt(&self) -> Option<PromptKind> {
        let [kind, slot] = self.detail.to_le_bytes();
        match (self.kind, kind) {
            (Kind::Say, 0) => Some(PromptKind::Announce),
            (Kind::Say, 1) => Some(PromptKind::AskSlot { slot }),
            (Kind::Say, 2) => Some(PromptKind::AskAgain),
            (Kind::Say, 3) => Some(PromptKind::AskCommand),
            _ => None,
        }
    }

    /// What the wall clock shows at sample `at`: `unix_ms` milliseconds since 1970 (UTC), local time `ahead_min`
    /// minutes ahead of that. The journal itself reads no clock.
    pub fn clock(at: SampleIndex, unix_ms: u64, ahead_min: i16) -> Entry {
        let span = SampleSpan { start: SampleIndex(unix_ms), end: SampleIndex(0) };
        Entry { span, detail: ahead_min as u16, ..Entry::new(Kind::Clock, at) }
    }

    /// That an authorisation was used.
    pub fn redeemed(grant: &Grant<'_, '_>) -> Entry {
        Entry {
            session: grant.session(),
            gate: Some(Gate::Authorization),
            ..Entry::new(Kind::Redeemed, grant.at()).with_act(Some(*grant.act()))
        }
    }

    /// That a recording was not opened for somebody, with the [`Finding`] that [`Grant::open`] gave.
    pub fn denied(grant: &Grant<'_, '_>, finding: &Finding) -> Entry {
        Entry {
            session: grant.session(),
            ..Entry::new(Kind::Short, grant.at()).with_act(Some(*grant.act())).with_finding(finding)
        }
    }

    /// What a guard told.
    pub fn of(output: &Output) -> Entry {
        match output {
            Output::Passed(passed) => {
                let evidence = passed.evidence.unwrap_or_default();
                let numbers = [
                    passed.value,
                    passed.needed,
                    evidence.nats,
                    evidence.continuity,
                    evidence.dependence,
                    evidence.counted,
                    passed.total,
                    0.0,
                ];
                Entry {
                    session: passed.session,
                    gate: Some(passed.gate),
                    tier: passed.tier,
                    span: passed.span,
                    numbers,
                    ..Entry::new(Kind::Passed, passed.at).with_act(passed.act)
                }
            }
            Output::Listen { session, at, gate, until } => Entry {
                session: *session,
                gate: Some(*gate),
                span: SampleSpan { start: *at, end: *until },
                ..Entry::new(Kind::Listen, *at)
            },
            Output::Say(prompt) => {
                let slot = match prompt.kind {
                    PromptKind::AskSlot { slot } => u16::from(slot),
                    _ => 0,
                };
                Entry {
                    session: prompt.session,
                    gate: Some(Gate::Announcement),
                    span: SampleSpan { start: prompt.at, end: prompt.start_by },
                    detail: u16::from(prompt.kind.number()) | slot << 8,
                    ..Entry::new(Kind::Say, prompt.at).with_act(Some(prompt.act))
                }
            }
            Output::AskSecondFactor { session, at, act, until } => Entry {
                session: *session,
                gate: Some(Gate::SecondFactor),
                span: SampleSpan { start: *at, end: *until },
                ..Entry::new(Kind::AskSecondFactor, *at).with_act(Some(*act))
            },
            Output::Short { session, at, finding } => {
                Entry { session: *session, ..Entry::new(Kind::Short, *at).with_finding(finding) }
            }
            Output::Authorized { authorization, at, tier, weighing, required, .. } => Entry {
                session: authorization.session(),
                gate: Some(Gate::Authorization),
                tier: Some(*tier),
                span: SampleSpan { start: *at, end: authorization.expires() },
                numbers: [weighing.total(), *required, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                ..Entry::new(Kind::Authorized, *at).with_act(Some(*authorization.act()))
            },
            Output::Refused(refusal) => Entry::refused(refusal),
            Output::Uncounted(uncounted) => Entry {
                session: uncounted.session,
                span: uncounted.span.unwrap_or_default(),
                ..Entry::new(Kind::Uncounted, uncounted.at).with_finding(&uncounted.finding)
            },
            Output::Muted { at } => Entry::new(Kind::Muted, *at),
            Output::Unmuted { at } => Entry::new(Kind::Unmuted, *at),
        }
    }

    /// That a request, or the use of an authorisation, was refused.
    pub fn refused(refusal: &Refusal) -> Entry {
        let weighing = &refusal.weighing;
        let mut entry = Entry {
            session: refusal.session,
            ..Entry::new(Kind::Refused, refusal.at).with_act(refusal.act).with_finding(&refusal.finding)
        };
        let added = |gate| weighing.gates().find(|e| e.gate == gate).map_or(0.0, |e| e.counted);
        let rest = [
            weighing.total(),
            weighing.prior,
            added(Gate::Wake),
            added(Gate::Intent),
            added(Gate::Slots),
            added(Gate::Confirmation),
        ];
        entry.numbers.iter_mut().skip(2).zip(rest).for_each(|(to, from)| *to = from);
        entry
    }

    fn with_act(mut self, act: Option<Act>) -> Entry {
        if let Some(act) = act {
            self.action = Some(act.action);
            self.slots = act.values().len() as u8;
            self.values.iter_mut().zip(act.values()).for_each(|(to, from)| *to = *from);
        }
        self
    }

    fn with_finding(mut self, finding: &Finding) -> Entry {
        self.gate = Some(finding.gate);
        self.reason = Some(finding.reason);
        self.numbers = [finding.expected, finding.actual, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        self
    }

    /// The slot values that were kept.
    pub fn values(&self) -> &[u32] {
        self.values.get(..usize::from(self.slots)).unwrap_or(&self.values)
    }

    /// What is hashed, as entry number `sequence`.
    pub(super) fn body(&self, sequence: u64) -> [u8; BODY_BYTES] {
        let mut body = [0; BODY_BYTES];
        let mut rest = &mut body[..];
        let mut put = |bytes: &[u8]| {
            if let Some((to, after)) = core::mem::take(&mut rest).split_at_mut_checked(bytes.len()) {
                to.copy_from_slice(bytes);
                rest = after;
            }
        };
        put(&[
            self.kind as u8,
            self.gate.map_or(NONE, |gate| gate as u8),
            self.tier.map_or(NONE, |tier| tier as u8),
            self.reason.map_or(NONE, |reason| reason as u8),
        ]);
        put(&self.session.to_le_bytes());
        put(&sequence.to_le_bytes());
        put(&self.at.0.to_le_bytes());
        put(&self.span.start.0.to_le_bytes());
        put(&self.span.end.0.to_le_bytes());
        put(&self.action.unwrap_or(NO_ACTION).to_le_bytes());
        put(&self.detail.to_le_bytes());
        put(&[self.slots, 0, 0, 0]);
        for value in self.values {
            put(&value.to_le_bytes());
        }
        for number in self.numbers {
            put(&number.to_bits().to_le_bytes());
        }
        body
    }

    /// The entry and its number; `None` unless every byte makes sense, so that each entry has one spelling only.
    pub(super) fn parse(body: &[u8; BODY_BYTES]) -> Option<(Entry, u64)> {
        let mut rest = &body[..];
        let kind = Kind::from_number(take::<1>(&mut rest)?[0])?;
        let some = |number: u8| (number != NONE).then_some(number);
        let gate = some(take::<1>(&mut rest)?[0]).map(|n| Gate::from_number(n).ok_or(())).transpose().ok()?;
        let tier = some(take::<1>(&mut rest)?[0]).map(|n| Tier::from_number(n).ok_or(())).transpose().ok()?;
        let reason =
            some(take::<1>(&mut rest)?[0]).map(|n| Reason::from_number(n).ok_or(())).transpose().ok()?;
        let session = u32::from_le_bytes(take(&mut rest)?);
        let sequence = u64::from_le_bytes(take(&mut rest)?);
        let at = SampleIndex(u64::from_le_bytes(take(&mut rest)?));
        let start = SampleIndex(u64::from_le_bytes(take(&mut rest)?));
        let end = SampleIndex(u64::from_le_bytes(take(&mut rest)?));
        let action = u16::from_le_bytes(take(&mut rest)?);
        let detail = u16::from_le_bytes(take(&mut rest)?);
        let [slots, 0, 0, 0] = take(&mut rest)? else { return None };
        let mut values = [0; ENTRY_VALUES];
        for value in &mut values {
            *value = u32::from_le_bytes(take(&mut rest)?);
        }
        let mut numbers = [0.0; ENTRY_NUMBERS];
        for number in &mut numbers {
            *number = f32::from_bits(u32::from_le_bytes(take(&mut rest)?));
        }
        let action = (action != NO_ACTION).then_some(action);
        let span = SampleSpan { start, end };
        let entry =
            Entry { kind, at, session, gate, tier, reason, span, action, detail, slots, values, numbers };
        Some((entry, sequence))
    }
}

/// The next `N` bytes.
pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}
