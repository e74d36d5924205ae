//! The functions of the guard and its journal; their comments become the header's.
#![allow(clippy::missing_safety_doc, reason = "what a caller promises is said at the head of earnest.h")]

use super::ffi::ask;
use super::guard::{self, Guarded, check, from_fault};
use super::guard_types::{Act, Input, Policy, Surroundings};
use super::pointer::{self, GuardHead, Head, Object, Out};
use super::told_types::{Anchor, JournalFacts, Permit, Told};
use super::types::{Error, Status};
use core::ffi::c_void;
use core::ptr::null_mut;
use earnest_core::journal::{Key, verify};

/// Is told what a guard tells: `context` as it was given with the input, `told` for as long as the call lasts. It must
/// return (no longjmp, no exception), and what it calls of that guard gives EARNEST_BUSY.
pub type Tell = Option<unsafe extern "C" fn(context: *mut c_void, told: *const Told)>;

/// Writes the defaults into `policy`: no class provisioned, no action, no journal.
///
/// policy: `size` bytes, aligned as an earnest_policy. size: sizeof(earnest_policy), always.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE.
/// Threads: any, on a `policy` that nobody else uses. Interrupts: yes. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_policy_default(policy: *mut Policy, size: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { pointer::told(pointer::write_defaults(policy, size), null_mut()) }
}

/// How much memory a guard needs, its journal apart. It depends on `action_count`, `recording_samples` and the
/// library's version.
///
/// policy: all of it is checked. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, also
/// where a policy would lift a law of a grave tier.
/// Threads: any. Interrupts: no. Time: grows with the number of actions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_guard_required_bytes(
    policy: *const Policy,
    bytes: *mut usize,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (bytes, policy) = unsafe { (Out::new(bytes, "bytes")?, pointer::versioned(policy)?) };
        // SAFETY: the caller's promise.
        let pointed = unsafe { pointer::pointed(&policy) }?;
        check(&policy, pointed.actions)?;
        bytes.set(pointer::guard_layout(&policy).2);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Makes a guard in the caller's memory: nothing is sent, opened or bought because people were talking. It has no clock,
/// no microphone and no loudspeaker: it is told facts and reports (earnest_guard_input()), and tells what to do.
///
/// memory: at least as many bytes as earnest_guard_required_bytes() says, aligned to EARNEST_ALIGNMENT; the guard's until
/// earnest_guard_release(), and so is the journal's memory. policy: read during the call only. guard: gets the handle,
/// null if anything is wrong. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_TOO_SMALL, EARNEST_BAD_SIZE,
/// EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, EARNEST_BAD_JOURNAL (what is in the journal's memory was changed; clear
/// it, after it was kept as evidence, to begin a new one).
/// Threads: any. Interrupts: no. Time: grows with the number of actions and of entries in the journal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_guard_init(
    memory: *mut c_void,
    memory_bytes: usize,
    policy: *const Policy,
    guard: *mut *mut GuardHead,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (handle, policy) = unsafe {
            let handle = Out::new(guard, "guard")?;
            handle.set(null_mut());
            (handle, pointer::versioned(policy)?)
        };
        // SAFETY: the caller's promise.
        let pointed = unsafe { pointer::pointed(&policy) }?;
        check(&policy, pointed.actions)?;
        // SAFETY: the caller's promise.
        handle.set(unsafe { pointer::place_guard(memory, memory_bytes, &policy, &pointed, handle.piece()) }?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Tells the guard something, and the caller what follows from it, one thing after the other, each of them in the journal
/// before it is told. Most inputs make it tell nothing to three things.
///
/// at: the sample at which it was known, from one clock (earnest_now()); it must not go back. input: read during the call
/// only. tell: called during the call, at most EARNEST_TOLD_MOST times; null to hear nothing. context: is given to `tell`.
/// error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD,
/// EARNEST_OUT_OF_RANGE (no such kind), EARNEST_JOURNAL_FULL, EARNEST_BUSY. Then nothing was taken. Numbers that can't be
/// (NaN, beyond their range) are no errors: they end the request.
/// Threads: one at a time on a guard. Interrupts: no. Time: constant, some tens of thousands of instructions at most, and
/// that of `tell`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_guard_input(
    guard: *mut GuardHead,
    at: u64,
    input: *const Input,
    tell: Tell,
    context: *mut c_void,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let input = unsafe { pointer::versioned(input) }?;
        // SAFETY: the caller's promise.
        unsafe {
            pointer::busy(guard, |keeper, _| {
                keeper.tell(at, &input, |told| {
                    if let Some(tell) = tell {
                        // SAFETY: the caller's promise, of a function of its own.
                        tell(context, told);
                    }
                })
            })
        }
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Uses an authorisation up: if it gives EARNEST_OK, do the act now.
///
/// authorization: from earnest_told; it is cleared. act: what shall be done; it must be what was authorised. at: the
/// sample at which it is done. owner: whose recording is asked for. pcm, capacity: where the recording of the request
/// goes, with room for `recording_samples` of the policy, or null and 0 if nobody wants it. Whoever has the copy answers
/// for it; the guard's own is wiped before the call returns. samples: gets how many there are; null if `pcm` is. told:
/// gets what went into the journal, or null.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_TOO_SMALL,
/// EARNEST_OUT_OF_RANGE (no such act), EARNEST_JOURNAL_FULL, EARNEST_BUSY: nothing was used up. EARNEST_REFUSED: it was
/// used, revoked, another guard's, is too late, for another act, or the recording is another's; `told->reason` says
/// which. What was authorised is used up then too, but for one that never was this guard's.
/// Threads: one at a time on a guard. Interrupts: no. Time: constant, and that of copying and wiping the recording.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_guard_redeem(
    guard: *mut GuardHead,
    authorization: *mut Permit,
    act: *const Act,
    at: u64,
    owner: u32,
    pcm: *mut i16,
    capacity: usize,
    samples: *mut usize,
    told: *mut Told,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { redeem(guard, authorization, act, |_| at, owner, (pcm, capacity, samples), told) }
}

/// What earnest_guard_redeem() does, for whatever has a guard. `at`: its sample.
///
/// # Safety
/// As `earnest.h` promises of the pointers.
pub(crate) unsafe fn redeem<T: Object>(
    handle: *mut T,
    authorization: *mut Permit,
    act: *const Act,
    at: impl FnOnce(&mut T::Inner) -> u64,
    owner: u32,
    (pcm, capacity, samples): (*mut i16, usize, *mut usize),
    told: *mut Told,
) -> i32
where
    T::Inner: Guarded<'static> + 'static,
{
    let work = || {
        // SAFETY: the caller's promise.
        let (permit, act, (keeper, memory)) = unsafe {
            let permit = Out::new(authorization, "authorization")?;
            (permit, pointer::read(act, "act")?, pointer::object(handle)?)
        };
        permit.piece().apart(memory, "authorization")?;
        let told = match told.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { Out::new(told, "told") }?),
        };
        if let Some(told) = &told {
            told.piece().apart(memory, "told")?;
        }
        let wanted = !pcm.is_null() || capacity > 0;
        let count = match wanted {
            false => None,
            // SAFETY: the caller's promise.
            true => Some(unsafe { Out::new(samples, "samples") }?),
        };
        if let Some(count) = &count {
            count.piece().apart(memory, "samples")?;
            pointer::check(pcm, capacity, "pcm")?.apart(memory, "pcm")?;
            let (needed, given) = (keeper.ledger().recording_samples(), capacity);
            if given < needed {
                return Err(Error::new(
                    Status::TooSmall,
                    "capacity",
                    needed as f64,
                    f64::INFINITY,
                    given as f64,
                ));
            }
            count.set(0);
        }
        let mut copied = 0;
        let mut copy = |recording: &[i16]| {
            // SAFETY: checked above: room for all, apart from the guard's memory; the caller's promise for the rest.
            let done = unsafe { pointer::copy((recording, &[]), pcm, capacity, memory) };
            copied = if done.is_ok() { recording.len() } else { 0 };
        };
        let out = wanted.then_some((owner, &mut copy as guard::Copy<'_>));
        // SAFETY: not null and aligned; readable as it is writable.
        let given = unsafe { authorization.read() };
        let at = at(keeper);
        let (guard, ledger) = keeper.guarded();
        let result = ledger.redeem(guard, given, &act, at, out);
        let used = !matches!(&result, Err((_, error)) if error.status != Status::Refused as i32);
        if used {
            permit.set(Permit::default());
            if let Some(told) = told {
                told.set(result.as_ref().map_or_else(|(told, _)| *told, |told| *told));
            }
        }
        if let Some(count) = count {
            count.set(copied);
        }
        result.map(drop).map_err(|(_, error)| error)
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), null_mut()) }
}

/// Keeps samples for the recording of the request, while a command is listened to: first the pre-roll, then what follows.
/// taken: gets how many were kept: 0 if nothing is listened to, less than `samples` once the recording is full.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_LISTENER,
/// EARNEST_BUSY.
/// Threads: one at a time on a guard. Interrupts: no. Time: that of copying.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_guard_record(
    guard: *mut GuardHead,
    pcm: *const i16,
    samples: usize,
    taken: *mut usize,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise. The result is written after the last use of the samples.
        let (taken, (pcm, piece), (keeper, memory)) = unsafe {
            (Out::new(taken, "taken")?, pointer::slice(pcm, samples, "pcm")?, pointer::object(guard)?)
        };
        piece.apart(memory, "pcm")?;
        taken.piece().apart(memory, "taken")?;
        let kept = keeper.record(pcm);
        taken.set(kept);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), null_mut()) }
}

/// Whether a request is open, 1 or 0 in `open`: then somebody must see or hear that the device is listening.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_BUSY.
/// Threads: one at a time on a guard. Interrupts: yes, if it didn't interrupt a call on the same guard. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_guard_is_open(guard: *const GuardHead, open: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { ask(guard, open, "open", |keeper| Ok(u32::from(keeper.is_open()))) }
}

/// Ends the guard. All of its memory is overwritten with zeros and is the caller's again; so is the journal's, which
/// keeps what is in it.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_BUSY.
/// Threads: one at a time on a guard. Interrupts: no. Time: that of overwriting the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_guard_release(guard: *mut GuardHead) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { pointer::told(pointer::release(guard), null_mut()) }
}

/// Notes in the journal what the wall clock shows at sample `at`: milliseconds since 1970 (UTC), and the minutes by which
/// local time is ahead, -32,768 to 32,767. The library reads no clock; without this an entry can't be dated.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_JOURNAL_FULL, EARNEST_BUSY.
/// Threads: one at a time on a guard. Interrupts: no. Time: that of a hash of 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_journal_clock(
    guard: *mut GuardHead,
    at: u64,
    unix_ms: u64,
    ahead_minutes: i16,
) -> i32 {
    // SAFETY: the caller's promise; no error to write to.
    unsafe {
        let work = pointer::object(guard)
            .and_then(|(keeper, _)| keeper.guarded().1.clock(at, unix_ms, ahead_minutes));
        pointer::told(work, null_mut())
    }
}

/// How many bytes of the journal's memory are written, in `bytes`, and where it ends, in `end`, if that is not null. They
/// may be read there at any time between calls. Keep the end elsewhere now and then: entries that are missing at the end
/// can be told from that alone.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_NO_JOURNAL, EARNEST_BUSY.
/// Threads: one at a time on a guard. Interrupts: yes, if it didn't interrupt a call on the same guard. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_journal_end(
    guard: *const GuardHead,
    bytes: *mut usize,
    end: *mut Anchor,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { journal_end(guard, bytes, end) }
}

/// What earnest_journal_end() does, for whatever has a guard.
///
/// # Safety
/// As `earnest.h` promises of the pointers.
pub(crate) unsafe fn journal_end<T: Object>(handle: *const T, bytes: *mut usize, end: *mut Anchor) -> i32
where
    T::Inner: Guarded<'static> + 'static,
{
    let work = || {
        // SAFETY: the caller's promise.
        let (bytes, (keeper, memory)) = unsafe { (Out::new(bytes, "bytes")?, pointer::look(handle)?) };
        bytes.piece().apart(memory, "bytes")?;
        let (written, anchor) = keeper.ledger().journal()?;
        if !end.is_null() {
            // SAFETY: the caller's promise.
            let end = unsafe { Out::new(end, "end") }?;
            end.piece().apart(memory, "end")?;
            end.set(Anchor::of(anchor));
        }
        bytes.set(written);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), null_mut()) }
}

/// Begins the journal anew in the same memory, chained to what was in it, which is lost unless it was kept elsewhere.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_NO_JOURNAL, EARNEST_BUSY.
/// Threads: one at a time on a guard. Interrupts: no. Time: that of overwriting the journal's memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_journal_rotate(guard: *mut GuardHead) -> i32 {
    // SAFETY: the caller's promise; no error to write to.
    unsafe {
        pointer::told(pointer::object(guard).and_then(|(keeper, _)| keeper.guarded().1.rotate()), null_mut())
    }
}

/// Whether a journal is whole: every entry, and that none was put in, taken out or changed before the last.
///
/// journal: `bytes` bytes of any alignment. key: the 32 bytes it was written with, or null. anchor: an end of it that was
/// kept elsewhere, or null. facts: written if it is whole. error: null, or where the number of the first wrong entry goes
/// (`actual`) and what is wrong with it (`field`).
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OUT_OF_RANGE, EARNEST_BAD_JOURNAL.
/// Threads: any. Interrupts: no. Time: that of a hash of 128 bytes for each entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_journal_verify(
    journal: *const c_void,
    bytes: usize,
    key: *const u8,
    anchor: *const Anchor,
    facts: *mut JournalFacts,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (facts, journal, key) = unsafe {
            let facts = Out::new(facts, "facts")?;
            (facts, pointer::slice(journal.cast::<u8>(), bytes, "journal")?.0, pointer::key(key))
        };
        let anchor = match anchor.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { pointer::read(anchor, "anchor") }?.core()),
        };
        let found = verify(journal, key.map(Key::new), anchor.as_ref(), |_, _| ());
        let found = found.map_err(|fault| from_fault(&fault))?;
        facts.set(JournalFacts {
            entries: found.entries,
            torn_bytes: found.torn_bytes as u64,
            holds_anchor: u32::from(found.holds_anchor == Some(true)),
            reserved: 0,
            end: Anchor::of(found.end),
        });
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// The facts about the words from sample `start` to `end` that a listener knows: the stretch of speech that they lie in, how
/// quiet it was before, how much talk as loud as they are there was in the last `vad_talk_window_s` seconds. After
/// EARNEST_EVENT_WAKE, those of the event. Where the listener hears a reference, also whether the device plays something, and
/// in `in_playback` the wake phrase's score in that; else both are 0. Other voices and the voice are set to "not there" and
/// "not known".
///
/// start, end: the words, one past their last sample; heard already, ended no longer ago than a minute and since the last
/// reset or mute. around: gets the facts.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_NOTHING_HEARD,
/// EARNEST_OUT_OF_RANGE (`end` lies ahead, or `start` behind it), EARNEST_NOT_REMEMBERED.
/// Threads: one at a time on a listener. Interrupts: no. Time: without a reference some 600 steps; with one, that of some
/// frames, as the words are compared with what was played.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_surroundings_of(
    listener: *const Head,
    start: u64,
    end: u64,
    around: *mut Surroundings,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { ask(listener, around, "around", |listener| listener.surroundings(start, end)) }
}
