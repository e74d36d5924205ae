//! Guards: any policies, inputs, permits, journals.

use super::Bytes;
use super::api::GuardHandle;
use super::api::guard_ffi::*;
use super::api::guard_types::{Act, Action, Input, Policy};
use super::api::told_types::{Anchor, EARNEST_TOLD_MOST, JournalFacts, Permit, Told};
use super::api::types::Error;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

const OK: i32 = 0;

/// A guard, or what is said to be one, with its memory.
pub(crate) struct Slot {
    memory: Vec<u64>,
    journal: Vec<u8>,
    handle: *mut GuardHandle,
    permit: Permit,
    recording: usize,
    live: bool,
    at: u64,
}

impl Default for Slot {
    fn default() -> Self {
        Slot {
            memory: Vec::new(),
            journal: Vec::new(),
            handle: null_mut(),
            permit: Permit::default(),
            recording: 0,
            live: false,
            at: 0,
        }
    }
}

impl Slot {
    pub(crate) fn end(&mut self) {
        let status = unsafe { earnest_guard_release(self.handle) };
        assert_eq!(status == OK, self.live);
        assert!(!self.live || self.memory.iter().all(|word| *word == 0));
        self.live = false;
    }
}

/// What a callback keeps.
struct Kept {
    handle: *mut GuardHandle,
    count: usize,
    permit: Option<Permit>,
    prompt: Option<u32>,
}

unsafe extern "C" fn tell(context: *mut c_void, told: *const Told) {
    let (kept, told) = unsafe { (&mut *context.cast::<Kept>(), *told) };
    kept.count += 1;
    assert!((3..=13).contains(&told.kind));
    if told.authorization != Permit::default() {
        kept.permit = Some(told.authorization);
    }
    if told.prompt != 0 {
        kept.prompt = Some(told.prompt);
    }
    // Its own guard is at work.
    assert_ne!(unsafe { earnest_guard_release(kept.handle) }, OK);
}

pub(crate) fn step(bytes: &mut Bytes, slot: &mut Slot) {
    let handle = match bytes.byte() {
        0 => null_mut(),
        1 => slot.handle.cast::<u8>().wrapping_add(4).cast(),
        _ => slot.handle,
    };
    let good = slot.live && handle == slot.handle;
    match bytes.byte() % 12 {
        0..=2 if !slot.live => init(bytes, slot),
        0 => slot.end(),
        1 => redeem(bytes, slot, handle, good),
        2 => {
            let pcm = vec![bytes.word() as i16; bytes.size().min(4000)].into_boxed_slice();
            let mut taken = usize::MAX;
            let pointer = if bytes.byte() == 0 { slot.handle.cast_const().cast() } else { pcm.as_ptr() };
            let status = unsafe { earnest_guard_record(handle, pointer, pcm.len(), &mut taken) };
            assert!(status != OK || good && taken <= pcm.len());
        }
        3 => {
            let (mut open, mut written, mut end) = (7, 0, MaybeUninit::<Anchor>::uninit());
            unsafe {
                assert_eq!(earnest_guard_is_open(handle, &mut open) == OK, good);
                earnest_journal_clock(handle, slot.at, bytes.long(), bytes.word() as i16);
                if earnest_journal_end(handle, &mut written, end.as_mut_ptr()) == OK {
                    assert!(written <= slot.journal.len());
                    verify(bytes, slot, written, &end.assume_init());
                }
                if bytes.byte() & 7 == 0 {
                    earnest_journal_rotate(handle);
                }
            }
        }
        4 => {
            let size = bytes.size() % 5000;
            let mut memory = vec![0u64; size.div_ceil(8)].into_boxed_slice();
            unsafe { earnest_policy_default(memory.as_mut_ptr().cast(), size) };
        }
        _ => input(bytes, slot, handle, good),
    }
}

fn verify(bytes: &mut Bytes, slot: &Slot, written: usize, end: &Anchor) {
    let mut facts = MaybeUninit::<JournalFacts>::uninit();
    let mut exact = slot.journal[..written].to_vec().into_boxed_slice();
    let mut ask = |journal: &[u8], anchor| unsafe {
        earnest_journal_verify(
            journal.as_ptr().cast(),
            journal.len(),
            null(),
            anchor,
            facts.as_mut_ptr(),
            null_mut(),
        )
    };
    assert_eq!(ask(&exact, end), OK);
    let (at, flip) = (bytes.size() % exact.len().max(1), bytes.byte());
    if let Some(byte) = exact.get_mut(at) {
        *byte ^= flip;
        // Only at the very end may a change be a write that was cut.
        assert!(flip == 0 || ask(&exact, null()) != OK || at + 128 >= written);
    }
}

fn init(bytes: &mut Bytes, slot: &mut Slot) {
    let mut policy = MaybeUninit::<Policy>::uninit();
    assert_eq!(unsafe { earnest_policy_default(policy.as_mut_ptr(), size_of::<Policy>()) }, OK);
    let mut policy = unsafe { policy.assume_init() };
    let actions: Box<[Action]> = (0..bytes.byte() % 8)
        .map(|id| {
            let kind = bytes.byte();
            Action {
                id: u32::from(id),
                action_class: u32::from(kind % 3),
                tier: u32::from(kind >> 2 & 3) + u32::from(kind == 255),
                slots: u32::from(kind >> 4 & 3),
                loud: u32::from(kind >> 6 & 1),
                phrase_phones: u32::from(kind),
            }
        })
        .collect();
    policy.provisioned = u64::from(bytes.byte());
    (policy.actions, policy.action_count) = (actions.as_ptr(), actions.len());
    slot.journal.resize(128 * usize::from(bytes.byte() % 64), 0);
    if bytes.byte() & 3 == 0 {
        slot.journal.fill(0);
    }
    (policy.journal, policy.journal_bytes) = (slot.journal.as_mut_ptr().cast(), slot.journal.len());
    policy.recording_samples = u32::from(bytes.byte()) * 8;
    for _ in 0..bytes.byte() % 4 {
        match bytes.byte() % 8 {
            0 => policy.size = bytes.size() as u32 % 5000,
            1 => policy.id = bytes.word(),
            2 => policy.actions = null(),
            3 => policy.timing.command_ms = bytes.word() % 30_000,
            4 => policy.evidence.prior_log_odds = bytes.float(),
            5 => policy.tiers[usize::from(bytes.byte() % 4)].required_log_odds = bytes.float() * 10.0,
            6 => policy.tiers[usize::from(bytes.byte() % 4)].confirm = u32::from(bytes.byte() % 3),
            _ => policy.recording_samples = bytes.word(),
        }
    }
    if policy.size as usize > size_of::<Policy>() {
        return;
    }
    let (mut needed, mut error) = (0, MaybeUninit::<Error>::uninit());
    if unsafe { earnest_guard_required_bytes(&policy, &mut needed, error.as_mut_ptr()) } != OK
        || needed > 1 << 16
    {
        return;
    }
    slot.memory = vec![bytes.long(); needed / 8];
    let given = if bytes.byte() == 0 { needed - 8 } else { needed };
    let mut handle = null_mut();
    let memory = slot.memory.as_mut_ptr().cast();
    let status = unsafe { earnest_guard_init(memory, given, &policy, &mut handle, error.as_mut_ptr()) };
    assert_eq!(status == OK, !handle.is_null());
    (slot.live, slot.handle, slot.at) = (status == OK, handle, 0);
    slot.recording = policy.recording_samples as usize;
}

fn input(bytes: &mut Bytes, slot: &mut Slot, handle: *mut GuardHandle, good: bool) {
    let mut input = Input {
        size: size_of::<Input>() as u32,
        kind: u32::from(bytes.byte() % 14),
        owner: u32::from(bytes.byte() & 1),
        nats: 6.0,
        action: u32::from(bytes.byte() % 9),
        probability: 0.99,
        yes: 1,
        phones: 10,
        names_act: 1,
        prompt: u32::from(bytes.byte()),
        ..Input::default()
    };
    slot.at = slot.at.wrapping_add(u64::from(bytes.word() & 0xFFFF));
    let (at, length) = (slot.at, u64::from(bytes.byte()) * 64);
    (input.start, input.end) = (at.saturating_sub(length), at);
    (input.around.stretch_start, input.around.stretch_end) = (input.start, input.end);
    (input.around.quiet_samples, input.around.talk_window_samples) = (32_000, 160_000);
    input.slot_count = u32::from(bytes.byte() % 4);
    for slot in &mut input.slots {
        slot.probability = 0.98;
    }
    for _ in 0..bytes.byte() % 3 {
        match bytes.byte() % 10 {
            0 => input.size = bytes.size() as u32 % size_of::<Input>() as u32,
            1 => input.nats = bytes.float(),
            2 => input.probability = bytes.float(),
            3 => input.nobody = bytes.float(),
            4 => input.slot_count = bytes.word(),
            5 => input.slots[0].value = bytes.word(),
            6 => (input.start, input.end) = (bytes.long(), bytes.long()),
            7 => input.around.stretch_end = bytes.long(),
            8 => (input.around.voice_known, input.around.voice_level_db) = (1, bytes.float()),
            _ => input.action_class = bytes.word(),
        }
    }
    let mut kept = Kept { handle, count: 0, permit: None, prompt: None };
    let context = (&raw mut kept).cast();
    let status = unsafe { earnest_guard_input(handle, at, &input, Some(tell), context, null_mut()) };
    assert!(kept.count <= EARNEST_TOLD_MOST && (status == OK || kept.count == 0));
    assert!(status != OK || good);
    slot.permit = kept.permit.unwrap_or(slot.permit);
    // A host that reports what it was asked for.
    if let Some(prompt) = kept.prompt.filter(|_| bytes.byte() & 1 == 0) {
        for (kind, after) in [(4, 800), (5, 16_000)] {
            slot.at += after;
            let report = Input { size: input.size, kind, prompt, yes: 1, ..Input::default() };
            unsafe { earnest_guard_input(handle, slot.at, &report, None, null_mut(), null_mut()) };
        }
    }
}

fn redeem(bytes: &mut Bytes, slot: &mut Slot, handle: *mut GuardHandle, good: bool) {
    let mut permit = slot.permit;
    if bytes.byte() == 0 {
        permit.opaque[usize::from(bytes.byte() & 1)] ^= bytes.long();
    }
    let mut act =
        Act { action: u32::from(bytes.byte() % 9), count: u32::from(bytes.byte() % 4), ..Act::default() };
    if bytes.byte() == 0 {
        (act.action, act.count) = (bytes.word(), bytes.word());
    }
    let room = if bytes.byte() == 0 { bytes.size().min(4000) } else { slot.recording };
    let mut out = vec![0i16; room].into_boxed_slice();
    let (mut count, mut told) = (usize::MAX, MaybeUninit::<Told>::uninit());
    let pcm = match bytes.byte() {
        0 => null_mut(),
        1 => slot.handle.cast(),
        _ => out.as_mut_ptr(),
    };
    let given = permit;
    let owner = u32::from(bytes.byte() & 1);
    let status = unsafe {
        earnest_guard_redeem(
            handle,
            &mut permit,
            &act,
            slot.at,
            owner,
            pcm,
            room,
            &mut count,
            told.as_mut_ptr(),
        )
    };
    assert!(status != OK || good && given == slot.permit && permit == Permit::default() && count <= room);
    if status == OK {
        assert_eq!(unsafe { told.assume_init() }.kind, 9);
        // Once.
        let mut again = given;
        let status = unsafe {
            earnest_guard_redeem(
                handle,
                &mut again,
                &act,
                slot.at,
                owner,
                null_mut(),
                0,
                null_mut(),
                null_mut(),
            )
        };
        assert_ne!(status, OK);
    }
}
