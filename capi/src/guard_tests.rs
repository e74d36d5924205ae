//! The guard from C: a request from end to end against the Rust guard, the journal's bytes among it, and every refusal
//! that belongs to the interface.
#![allow(clippy::undocumented_unsafe_blocks, reason = "wrong pointers are what is tested")]

use crate::api::GuardHandle;
use crate::api::guard_ffi::*;
use crate::api::guard_types::{self as c, *};
use crate::api::told_types::*;
use crate::api::types::{Error, Status};
use crate::tests::{field, in_real_time, no_error};
use earnest_core::Storage;
use earnest_core::audio::SampleIndex;
use earnest_core::guard::{
    Guard, GuardConfig, Output, OwnerId, Policy as CorePolicy, Recording, Tier, Timing,
};
use earnest_core::journal::{Anchor as CoreAnchor, ENTRY_BYTES, Entry, Journal};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

const SEND: c::Action = c::Action { id: 3, action_class: 1, tier: 2, slots: 1, loud: 0, phrase_phones: 11 };
const ENTRIES: usize = 40;

fn policy(actions: &[c::Action], journal: &mut [u8]) -> Policy {
    let mut policy = MaybeUninit::<Policy>::uninit();
    assert_eq!(unsafe { earnest_policy_default(policy.as_mut_ptr(), size_of::<Policy>()) }, 0);
    Policy {
        id: 7,
        provisioned: 1 << 1,
        actions: actions.as_ptr(),
        action_count: actions.len(),
        journal: journal.as_mut_ptr().cast(),
        journal_bytes: journal.len(),
        recording_samples: 8000,
        ..unsafe { policy.assume_init() }
    }
}

struct Made {
    memory: Vec<u64>,
    handle: *mut GuardHandle,
}

fn init(policy: &Policy) -> Result<Made, Error> {
    let (mut bytes, mut handle, mut error) = (0, null_mut(), no_error());
    let status = unsafe { earnest_guard_required_bytes(policy, &mut bytes, &mut error) };
    if status != 0 {
        return Err(error);
    }
    let mut memory = vec![u64::MAX; bytes / 8];
    let status =
        unsafe { earnest_guard_init(memory.as_mut_ptr().cast(), bytes, policy, &mut handle, &mut error) };
    if status != 0 {
        assert!(handle.is_null());
        return Err(error);
    }
    Ok(Made { memory, handle })
}

fn input(kind: InputKind) -> Input {
    Input { size: size_of::<Input>() as u32, kind: kind as u32, ..Input::default() }
}

fn calm(start: u64, end: u64) -> Surroundings {
    Surroundings {
        stretch_start: start,
        stretch_end: end,
        quiet_samples: 32_000,
        talk_samples: (end - start) as u32,
        talk_window_samples: 160_000,
        voice_known: 1,
        voice_level_db: -30.0,
        ..Surroundings::default()
    }
}

unsafe extern "C" fn keep(context: *mut c_void, told: *const Told) {
    let kept = unsafe { &mut *context.cast::<Vec<Told>>() };
    kept.push(unsafe { *told });
}

impl Made {
    fn tell(&self, at: u64, input: &Input) -> (i32, Vec<Told>) {
        let mut kept: Vec<Told> = Vec::with_capacity(EARNEST_TOLD_MOST);
        let context = (&raw mut kept).cast();
        let status = in_real_time(|| unsafe {
            earnest_guard_input(self.handle, at, input, Some(keep), context, null_mut())
        });
        (status, kept)
    }
}

const fn ms(ms: u64) -> u64 {
    16 * ms
}

/// "Alexa. Send a message to Denise." – it says so – "Yes, send it."
fn request() -> [(u64, Input); 5] {
    let (wake, command, yes) = ((ms(2000), ms(2800)), (ms(2900), ms(4100)), (ms(8500), ms(9300)));
    let slot = Slot { value: 5, probability: 0.98, runner_up: 0.01, not_listed: 0.01 };
    let mut slots = [Slot::default(); EARNEST_SLOTS];
    slots[0] = slot;
    let words =
        |kind, (start, end): (u64, u64)| Input { start, end, around: calm(start, end), ..input(kind) };
    [
        (ms(2900), Input { owner: 9, nats: 5.7, ..words(InputKind::Wake, wake) }),
        (
            ms(4400),
            Input {
                action: 3,
                probability: 0.99,
                nobody: 0.01,
                slot_count: 1,
                slots,
                ..words(InputKind::Understood, command)
            },
        ),
        (ms(4600), Input { prompt: 1, ..input(InputKind::PromptStarted) }),
        (ms(8000), Input { prompt: 1, yes: 1, ..input(InputKind::PromptEnded) }),
        (
            ms(9400),
            Input { yes: 1, probability: 0.99, phones: 10, names_act: 1, ..words(InputKind::Answer, yes) },
        ),
    ]
}

const ACT: Act = Act { action: 3, count: 1, values: [5, 0, 0, 0, 0, 0, 0, 0] };

fn redeem(made: &Made, permit: &mut Permit, act: &Act, at: u64, owner: u32) -> (i32, Vec<i16>, Told) {
    let (mut out, mut count, mut told) = (vec![0; 8000], 0, MaybeUninit::<Told>::zeroed());
    let status = in_real_time(|| unsafe {
        earnest_guard_redeem(
            made.handle,
            permit,
            act,
            at,
            owner,
            out.as_mut_ptr(),
            8000,
            &mut count,
            told.as_mut_ptr(),
        )
    });
    out.truncate(count);
    (status, out, unsafe { told.assume_init() })
}

/// The permit of a request that went through, with 320 samples recorded.
fn authorized(made: &Made) -> Permit {
    let mut permit = Permit::default();
    for (at, input) in request() {
        let (status, told) = made.tell(at, &input);
        assert_eq!(status, 0);
        if input.kind == InputKind::Wake as u32 {
            let mut taken = 0;
            assert_eq!(unsafe { earnest_guard_record(made.handle, [7; 320].as_ptr(), 320, &mut taken) }, 0);
            assert_eq!(taken, 320);
        }
        if let Some(told) = told.iter().find(|told| told.kind == ToldKind::Authorized as u32) {
            permit = told.authorization;
        }
    }
    assert_ne!(permit, Permit::default());
    permit
}

#[test]
fn a_request_leaves_the_same_journal_as_from_rust() {
    let mut memory = vec![0; ENTRIES * ENTRY_BYTES];
    let made = init(&policy(&[SEND], &mut memory)).unwrap();
    assert_eq!(unsafe { earnest_journal_clock(made.handle, 0, 1_799_000_000_000, -60) }, 0);
    let mut permit = authorized(&made);
    let mut open = 7;
    assert_eq!((unsafe { earnest_guard_is_open(made.handle, &mut open) }, open), (0, 1));
    let given = permit;
    let (status, recording, told) = redeem(&made, &mut permit, &ACT, ms(9500), 9);
    assert_eq!((status, recording, permit), (0, vec![7; 320], Permit::default()));
    assert_eq!((told.kind, told.request, told.action, told.values[0]), (ToldKind::Redeemed as u32, 1, 3, 5));
    // Once: a copy is worth nothing.
    let (status, recording, told) = redeem(&made, &mut { given }, &ACT, ms(9500), 9);
    assert_eq!((status, recording.len(), told.reason), (Status::Refused as i32, 0, 35));

    let mut core = vec![0; ENTRIES * ENTRY_BYTES];
    let mut journal = Journal::create(Storage::Lent(&mut core), None, CoreAnchor::NONE).unwrap();
    journal.append(&Entry::clock(SampleIndex(0), 1_799_000_000_000, -60)).unwrap();
    let mut actions = [earnest_core::guard::Action {
        id: 3,
        class: 1,
        tier: Tier::Disclosing,
        slots: 1,
        loud: false,
        phrase_phones: 11,
    }];
    let config = GuardConfig {
        id: 7,
        provisioned: earnest_core::guard::ClassSet::NONE.with(1),
        ..GuardConfig::default()
    };
    let mut room = [0; 8000];
    let policy = CorePolicy::new(Storage::Lent(&mut actions), |_| ()).unwrap();
    let mut guard = Guard::new(config, policy, Recording::new(Storage::Lent(&mut room))).unwrap();
    let mut authorization = None;
    for (at, input) in request() {
        guard.process(SampleIndex(at), &input.core().unwrap(), |output| {
            journal.append(&Entry::of(&output)).unwrap();
            if let Output::Authorized { authorization: given, owner, .. } = output {
                assert_eq!(owner, OwnerId(9));
                authorization = Some(given);
            }
        });
    }
    let act = earnest_core::guard::Act::new(3, &[5]).unwrap();
    let grant = guard.redeem(authorization.unwrap(), &act, SampleIndex(ms(9500))).unwrap();
    journal.append(&Entry::redeemed(&grant)).unwrap();
    let (mut bytes, mut end) = (0, MaybeUninit::<Anchor>::uninit());
    assert_eq!(unsafe { earnest_journal_end(made.handle, &mut bytes, end.as_mut_ptr()) }, 0);
    // All but the second use, which the Rust guard can't be asked for.
    assert_eq!(journal.bytes(), &memory[..bytes - ENTRY_BYTES]);

    let (end, mut facts) = (unsafe { end.assume_init() }, MaybeUninit::<JournalFacts>::uninit());
    let verify = |memory: &[u8], anchor: *const Anchor, facts: *mut JournalFacts, error: &mut Error| unsafe {
        earnest_journal_verify(memory.as_ptr().cast(), bytes, null(), anchor, facts, error)
    };
    let mut error = no_error();
    assert_eq!(verify(&memory, &end, facts.as_mut_ptr(), &mut error), 0);
    let found = unsafe { facts.assume_init() };
    assert_eq!((found.entries, found.holds_anchor, found.end), ((bytes / ENTRY_BYTES) as u64, 1, end));
    memory[3 * ENTRY_BYTES + 40] ^= 1;
    assert_eq!(verify(&memory, null(), facts.as_mut_ptr(), &mut error), Status::BadJournal as i32);
    assert_eq!((field(&error), error.actual), ("hash", 3.0));
    let mut journal = memory.clone();
    let error = init(&self::policy(&[SEND], &mut journal)).err().unwrap();
    assert_eq!((error.status, error.actual), (Status::BadJournal as i32, 3.0));
}

#[test]
fn what_is_not_for_this_act_now_by_this_owner_is_refused() {
    type Change = fn(&mut Act, &mut u64, &mut u32, &mut Permit);
    let cases: [(Change, u32); 5] = [
        (|act, _, _, _| act.values[0] = 6, 34),
        (|_, at, _, _| *at += ms(10_000), 33),
        (|_, _, owner, _| *owner = 8, 36),
        (|_, _, _, permit| permit.opaque[0] += 1 << 16, 35),
        (|_, at, _, _| *at = 0, 2),
    ];
    for (change, reason) in cases {
        let mut memory = vec![0; ENTRIES * ENTRY_BYTES];
        let made = init(&policy(&[SEND], &mut memory)).unwrap();
        let (mut permit, mut act, mut at, mut owner) = (authorized(&made), ACT, ms(9500), 9);
        change(&mut act, &mut at, &mut owner, &mut permit);
        let (status, recording, told) = redeem(&made, &mut permit, &act, at, owner);
        assert_eq!((status, told.reason), (Status::Refused as i32, reason));
        assert!(recording.is_empty());
        // Nothing of the recording is left, but where the permit was a stranger's.
        let seven = u64::from_ne_bytes([7, 0, 7, 0, 7, 0, 7, 0]);
        assert_eq!(made.memory.contains(&seven), reason == 35);
        assert_eq!(unsafe { earnest_guard_release(made.handle) }, 0);
        assert!(made.memory.iter().all(|word| *word == 0));
    }
}

#[test]
fn a_full_journal_stops_everything_but_a_mute() {
    let mut memory = vec![0; 18 * ENTRY_BYTES];
    let made = init(&policy(&[SEND], &mut memory)).unwrap();
    let [wake, understood, ..] = request();
    assert_eq!(made.tell(wake.0, &wake.1).0, 0);
    let (status, told) = made.tell(understood.0, &understood.1);
    assert_eq!((status, told.len()), (Status::JournalFull as i32, 0));
    let (status, told) = made.tell(understood.0, &input(InputKind::Mute));
    assert_eq!((status, told.last().unwrap().kind), (0, ToldKind::Muted as u32));
    assert_eq!(unsafe { earnest_journal_rotate(made.handle) }, 0);
    assert_eq!(made.tell(understood.0, &input(InputKind::Unmute)).0, 0);
    let mut without = policy(&[SEND], &mut []);
    without.journal = null_mut();
    let made = init(&without).unwrap();
    let mut bytes = 0;
    assert_eq!(unsafe { earnest_journal_end(made.handle, &mut bytes, null_mut()) }, Status::NoJournal as i32);
    assert_eq!(unsafe { earnest_journal_rotate(made.handle) }, Status::NoJournal as i32);
}

unsafe extern "C" fn call_back(context: *mut c_void, _: *const Told) {
    let (handle, statuses) = unsafe { &mut *context.cast::<(*mut GuardHandle, Vec<i32>)>() };
    let tick = input(InputKind::Tick);
    statuses.push(unsafe { earnest_guard_input(*handle, 0, &tick, None, null_mut(), null_mut()) });
    statuses.push(unsafe { earnest_guard_release(*handle) });
}

#[test]
fn a_callback_that_calls_the_guard_is_told_so() {
    let mut memory = vec![0; ENTRIES * ENTRY_BYTES];
    let made = init(&policy(&[SEND], &mut memory)).unwrap();
    let mut context = (made.handle, Vec::new());
    let (at, wake) = &request()[0];
    let pointer = (&raw mut context).cast();
    let status = unsafe { earnest_guard_input(made.handle, *at, wake, Some(call_back), pointer, null_mut()) };
    assert_eq!((status, context.1), (0, vec![Status::Busy as i32; 4]));
    assert_eq!(unsafe { earnest_guard_release(made.handle) }, 0);
}

#[test]
fn policies_out_of_range_are_named() {
    let mut memory = vec![0; ENTRIES * ENTRY_BYTES];
    let actions = [SEND, SEND];
    let base = policy(&actions, &mut memory);
    type Change = fn(&mut Policy);
    let cases: [(Change, &str); 12] = [
        (|p| p.id = 65_536, "id"),
        (|p| p.recording_samples = u32::MAX, "recording_samples"),
        (|p| p.journal_bytes = 17 * ENTRY_BYTES, "journal_bytes"),
        (|p| p.action_count = 1025, "action_count"),
        (|p| p.timing.command_ms = 999, "timing.command_ms"),
        (|p| p.evidence.prior_log_odds = f32::NAN, "evidence.prior_log_odds"),
        (|p| p.tiers[0].min_wake_nats = 21.0, "tier.min_wake_nats"),
        // The laws of the grave tiers.
        (|p| p.tiers[2].announce = 0, "tier.announce"),
        (|p| p.tiers[3].confirm = 0, "tier.confirm"),
        (|p| p.tiers[3].min_confirmation_phones = 4, "tier.min_confirmation_phones"),
        (|p| p.tiers[1].announce = 2, "announce"),
        (|p| p.actions = null(), "actions"),
    ];
    for (change, name) in cases {
        let mut bad = base;
        change(&mut bad);
        let error = init(&bad).err().unwrap();
        assert_eq!(field(&error), name);
    }
    // Two of one number are found when it is made.
    assert_eq!(init(&base).err().map(|error| field(&error).to_string()), Some("actions with one id".into()));
}

#[test]
fn the_defaults_are_those_of_the_core() {
    let made = policy(&[], &mut []);
    let core = GuardConfig { id: 7, ..GuardConfig::default() };
    let provisioned = earnest_core::guard::ClassSet::NONE.with(1);
    assert_eq!(made.config(), GuardConfig { provisioned, ..core });
    assert_eq!(size_of::<c::Limits>() / 4, earnest_core::guard::TierLimits::KEYS.len());
    assert_eq!(size_of::<crate::api::settings::Timing>() / 4, Timing::KEYS.len());
}
