//! The guard behind a handle, its journal, and the one permission that may be out.

use super::guard_types::{Act, Input, Policy};
use super::told_types::{EARNEST_TOLD_MOST, Permit, Told};
use super::types::{Error, Status};
use earnest_core::audio::SampleIndex;
use earnest_core::guard::{
    self, Authorization, Finding, Gate, Guard, Output, OwnerId, Reason, Recording, Refusal,
};
use earnest_core::journal::{Anchor, Entry, Fault, FaultKind, Journal, Key, OpenError};
use earnest_core::{ConfigError, Storage};

/// Most actions of a policy.
pub(crate) const MAX_ACTIONS: usize = 1024;
/// Most samples of a recording: a minute.
const MAX_RECORDING: u32 = 60 * 16_000;
/// Fewest entries of a journal: what one input may need, the header, and one more.
const MIN_ENTRIES: usize = EARNEST_TOLD_MOST + 2;

/// Takes the samples of a recording.
pub(crate) type Copy<'c> = &'c mut dyn FnMut(&[i16]);

/// What a guard's handle keeps for it: its journal, the one permission that may be out.
pub(crate) struct Ledger<'a> {
    journal: Option<Journal<'a>>,
    /// What was authorised and not yet redeemed, and what the permit for it says.
    open: Option<(Authorization, Permit)>,
    /// The guard's.
    id: u16,
    recording_samples: usize,
}

/// What a handle stands for.
pub(crate) struct Keeper<'a> {
    guard: Guard<'a>,
    ledger: Ledger<'a>,
}

/// Who has a guard.
pub(crate) trait Guarded<'a> {
    fn guarded(&mut self) -> (&mut Guard<'a>, &mut Ledger<'a>);
    fn ledger(&self) -> &Ledger<'a>;
    fn is_open(&self) -> bool;
}

impl<'a> Guarded<'a> for Keeper<'a> {
    fn guarded(&mut self) -> (&mut Guard<'a>, &mut Ledger<'a>) {
        (&mut self.guard, &mut self.ledger)
    }

    fn ledger(&self) -> &Ledger<'a> {
        &self.ledger
    }

    fn is_open(&self) -> bool {
        self.guard.is_open()
    }
}

/// Memory that a keeper is made of.
pub(crate) struct Parts<'a> {
    pub(crate) actions: &'a mut [guard::Action],
    pub(crate) recording: &'a mut [i16],
    pub(crate) journal: Option<&'a mut [u8]>,
    pub(crate) key: Option<[u8; 32]>,
}

/// A guard of `policy`, and what is kept for it.
#[inline(never)]
pub(crate) fn make<'a>(policy: &Policy, parts: Parts<'a>) -> Result<(Guard<'a>, Ledger<'a>), Error> {
    let config_error = |error: ConfigError| Error::from_core(&error, "");
    let Parts { actions, recording, journal, key } = parts;
    let recording_samples = recording.len();
    let core = guard::Policy::new(Storage::Lent(actions), |_| ()).map_err(config_error)?;
    let guard =
        Guard::new(policy.config(), core, Recording::new(Storage::Lent(recording))).map_err(config_error)?;
    let journal = match journal {
        None => None,
        Some(memory) => {
            let journal = Journal::open(Storage::Lent(memory), key.map(Key::new));
            Some(journal.map_err(|error| match error {
                OpenError::Config(error) => config_error(error),
                OpenError::Fault(fault) => from_fault(&fault),
                _ => Error::new(Status::BadJournal, "journal", 0.0, 0.0, 0.0),
            })?)
        }
    };
    Ok((guard, Ledger { journal, open: None, id: policy.id as u16, recording_samples }))
}

impl<'a> Keeper<'a> {
    pub(crate) fn new(policy: &Policy, parts: Parts<'a>) -> Result<Self, Error> {
        make(policy, parts).map(|(guard, ledger)| Keeper { guard, ledger })
    }

    /// Hands an input to the guard; each thing told is put into the journal first.
    pub(crate) fn tell(&mut self, at: u64, input: &Input, mut told: impl FnMut(&Told)) -> Result<(), Error> {
        let core = self.ledger.takes(input)?;
        let Keeper { guard, ledger } = self;
        guard.process(SampleIndex(at), &core, |output| told(&ledger.output(output)));
        Ok(())
    }

    pub(crate) fn record(&mut self, pcm: &[i16]) -> usize {
        self.guard.record(pcm)
    }
}

impl<'a> Ledger<'a> {
    /// Whether the journal can take all that one input may tell.
    pub(crate) fn room(&self, needed: usize) -> Result<(), Error> {
        let room = self.journal.as_ref().map_or(usize::MAX, Journal::room);
        if room < needed {
            return Err(Error::new(
                Status::JournalFull,
                "journal",
                needed as f64,
                f64::INFINITY,
                room as f64,
            ));
        }
        Ok(())
    }

    /// The input, if it is one and the journal has room for what it may tell.
    pub(crate) fn takes(&self, input: &Input) -> Result<guard::Input, Error> {
        let Some(core) = input.core() else {
            return Err(Error::new(Status::OutOfRange, "kind", 0.0, 11.0, f64::from(input.kind)));
        };
        if !matches!(core, guard::Input::Mute) {
            self.room(EARNEST_TOLD_MOST)?;
        }
        Ok(core)
    }

    /// Puts what the guard told into the journal, and says it as C hears it.
    pub(crate) fn output(&mut self, output: Output) -> Told {
        let entry = Entry::of(&output);
        if let Some(journal) = &mut self.journal {
            // Only a mute's may find no room.
            let _ = journal.append(&entry);
        }
        let mut telling = Told::output(&output, &entry);
        if let Output::Authorized { authorization, .. } = output {
            telling.authorization = permit(self.id, &authorization);
            self.open = Some((authorization, telling.authorization));
        }
        telling
    }

    /// Redeems a permit: the recording's samples go to `out`, which has room for all, if there is one.
    #[expect(clippy::result_large_err, reason = "there is no heap to put the numbers on")]
    pub(crate) fn redeem(
        &mut self,
        guard: &mut Guard<'_>,
        given: Permit,
        act: &Act,
        at: u64,
        out: Option<(u32, Copy<'_>)>,
    ) -> Result<Told, (Told, Error)> {
        let refused = |told: Told| (told, Error::new(Status::Refused, "authorization", 0.0, 0.0, 0.0));
        let none = Told::entry(&Entry::clock(SampleIndex(at), 0, 0));
        self.room(1).map_err(|error| (none, error))?;
        let core = u16::try_from(act.action)
            .ok()
            .and_then(|action| guard::Act::new(action, act.values.get(..act.count as usize)?))
            .ok_or_else(|| {
                (none, Error::new(Status::OutOfRange, "act", 0.0, 65_535.0, f64::from(act.action)))
            })?;
        let at = SampleIndex(at);
        let result = match self.open.take() {
            Some((authorization, permit)) if permit == given => {
                guard.redeem(authorization, &core, at).and_then(|grant| {
                    let copied = match out {
                        None => Ok(()),
                        Some((owner, copy)) => grant.open(OwnerId(owner)).map(copy),
                    };
                    copied.map(|()| Entry::redeemed(&grant)).map_err(|finding| Refusal {
                        session: grant.session(),
                        at,
                        act: Some(*grant.act()),
                        finding,
                        weighing: Default::default(),
                    })
                })
            }
            open => {
                // A stranger's: what is open stays open.
                self.open = open;
                let finding = Finding {
                    gate: Gate::Authorization,
                    reason: Reason::NotIssued,
                    expected: 0.0,
                    actual: 0.0,
                };
                Err(Refusal { session: 0, at, act: Some(core), finding, weighing: Default::default() })
            }
        };
        let entry = match &result {
            Ok(entry) => *entry,
            Err(refusal) => Entry::refused(refusal),
        };
        if let Some(journal) = &mut self.journal {
            let _ = journal.append(&entry);
        }
        let told = Told::entry(&entry);
        if result.is_ok() { Ok(told) } else { Err(refused(told)) }
    }

    pub(crate) fn recording_samples(&self) -> usize {
        self.recording_samples
    }

    /// What the wall clock shows, into the journal.
    pub(crate) fn clock(&mut self, at: u64, unix_ms: u64, ahead_min: i16) -> Result<(), Error> {
        self.room(1)?;
        if let Some(journal) = &mut self.journal {
            let _ = journal.append(&Entry::clock(SampleIndex(at), unix_ms, ahead_min));
        }
        Ok(())
    }

    /// Bytes of the journal that are written, and where it ends.
    pub(crate) fn journal(&self) -> Result<(usize, Anchor), Error> {
        let none = || Error::new(Status::NoJournal, "journal", 0.0, 0.0, 0.0);
        self.journal.as_ref().map(|journal| (journal.bytes().len(), journal.end())).ok_or_else(none)
    }

    pub(crate) fn rotate(&mut self) -> Result<(), Error> {
        let journal = self.journal.take();
        let journal = journal.ok_or_else(|| Error::new(Status::NoJournal, "journal", 0.0, 0.0, 0.0))?;
        self.journal = Some(journal.rotate().map_err(|error| Error::from_core(&error, ""))?);
        Ok(())
    }
}

fn permit(id: u16, authorization: &Authorization) -> Permit {
    let request = u64::from(authorization.session()) << 16 | u64::from(id);
    // Not a secret: who has this memory has the device. It tells one permit from another.
    Permit { opaque: [request, !authorization.expires().0 ^ 0x6561_726e_6573_7421] }
}

/// `actual`: the first entry that is wrong.
pub(crate) fn from_fault(fault: &Fault) -> Error {
    let what = match fault.kind {
        FaultKind::Hash => "hash",
        FaultKind::Sequence { .. } => "sequence",
        FaultKind::Content => "content",
        FaultKind::Header => "header",
        FaultKind::Keyed { .. } => "key",
        _ => "journal",
    };
    Error::new(Status::BadJournal, what, 0.0, 0.0, fault.entry as f64)
}

/// What `Guard::new` doesn't look at: numbers of C that are wider than Rust's.
pub(crate) fn check(policy: &Policy, actions: &[super::guard_types::Action]) -> Result<(), Error> {
    let in_range = super::listener::in_range;
    in_range("id", policy.id.into(), 0.0, 65_535.0)?;
    in_range("recording_samples", policy.recording_samples.into(), 0.0, MAX_RECORDING.into())?;
    if policy.journal_bytes > 0 {
        let least = (MIN_ENTRIES * earnest_core::journal::ENTRY_BYTES) as f64;
        in_range("journal_bytes", policy.journal_bytes as f64, least, u32::MAX.into())?;
    }
    for limits in &policy.tiers {
        in_range("announce", limits.announce.into(), 0.0, 1.0)?;
        in_range("confirm", limits.confirm.into(), 0.0, 1.0)?;
        in_range("confirmation_names_act", limits.confirmation_names_act.into(), 0.0, 1.0)?;
        in_range("second_factor", limits.second_factor.into(), 0.0, 1.0)?;
    }
    for action in actions {
        in_range("action.id", action.id.into(), 0.0, 65_535.0)?;
        in_range("action.action_class", action.action_class.into(), 0.0, 63.0)?;
        in_range("action.tier", action.tier.into(), 0.0, 3.0)?;
        in_range("action.slots", action.slots.into(), 0.0, guard::MAX_SLOTS as f64)?;
        in_range("action.loud", action.loud.into(), 0.0, 1.0)?;
        in_range("action.phrase_phones", action.phrase_phones.into(), 0.0, 65_535.0)?;
    }
    policy.config().check().map_err(|error| Error::from_core(&error, ""))
}

/// `from`, checked, as the core has it.
pub(crate) fn action(from: &super::guard_types::Action) -> guard::Action {
    guard::Action {
        id: from.id as u16,
        class: from.action_class as u8,
        tier: guard::Tier::from_number(from.tier as u8).unwrap_or_default(),
        slots: from.slots as u8,
        loud: from.loud == 1,
        phrase_phones: from.phrase_phones as u16,
    }
}
