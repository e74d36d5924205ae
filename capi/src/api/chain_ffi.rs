//! The functions of the whole chain; their comments become the header's.
#![allow(clippy::missing_safety_doc, reason = "what a caller promises is said at the head of earnest.h")]

use super::chain::Chain;
use super::chain_types::{ChainConfig, ChainTold};
use super::command_ffi::set_list;
use super::ear;
use super::ffi::ask;
use super::guard::Guarded;
use super::guard_ffi;
use super::guard_types::{Act, Input};
use super::pointer::{self, ChainHead, Out};
use super::told_types::{Anchor, Permit, Told};
use super::types::Error;
use core::ffi::c_void;
use core::ptr::{null, null_mut};

/// Is told what a chain tells: `context` as it was given, `told` for as long as the call lasts. It must return (no longjmp, no
/// exception), and what it calls of that chain gives EARNEST_BUSY: note what is to be done, and do it after the call.
pub type TellChain = Option<unsafe extern "C" fn(context: *mut c_void, told: *const ChainTold)>;

/// Writes the defaults into `config`; its pointers are null.
///
/// config: `size` bytes, aligned as an earnest_chain_config. size: sizeof(earnest_chain_config), always.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE.
/// Threads: any, on a `config` that nobody else uses. Interrupts: yes. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_config_default(config: *mut ChainConfig, size: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { pointer::told(pointer::write_defaults(config, size), null_mut()) }
}

/// How much memory a chain needs, its journal apart.
///
/// config: all of it is checked, and all that it points to. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE,
/// EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: grows with the images' bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_required_bytes(
    config: *const ChainConfig,
    bytes: *mut usize,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (bytes, (plan, _)) = unsafe { (Out::new(bytes, "bytes")?, pointer::plan(config)?) };
        bytes.set(pointer::object_bytes::<ChainHead>(plan.sizes()));
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Makes the whole chain in the caller's memory: it wakes, listens for a command, for an answer, and tells by its guard what
/// to do. While no request is open it only waits for the wake phrase.
///
/// memory: at least as many bytes as earnest_chain_required_bytes() says, aligned to EARNEST_ALIGNMENT; the chain's until
/// earnest_chain_release(), and so is the journal's memory. config: read during the call only, but images and the journal are
/// used in place. chain: gets the handle, null if anything is wrong. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_TOO_SMALL, EARNEST_BAD_SIZE,
/// EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL, EARNEST_BAD_JOURNAL.
/// Threads: any. Interrupts: no. Time: grows with the images' bytes and the memory's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_init(
    memory: *mut c_void,
    memory_bytes: usize,
    config: *const ChainConfig,
    chain: *mut *mut ChainHead,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let handle = unsafe { Out::new(chain, "chain") }?;
        handle.set(null_mut());
        // SAFETY: the caller's promise. Looked at where it lies: taken out, it would be on the stack twice.
        match &mut unsafe { pointer::plan(config) } {
            Ok((plan, pieces)) => {
                // SAFETY: the caller's promise.
                handle.set(unsafe {
                    pointer::place_chain(memory, memory_bytes, plan, pieces, handle.piece())
                }?);
            }
            Err(error) => return Err(*error),
        }
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Takes in audio, and tells what follows from it, one thing after the other, what the guard tells in the journal before.
/// The same audio with the same reports at the same samples gives the same, bit for bit, however it is cut into calls.
///
/// pcm: `samples` samples of 16 kHz mono, 16 bit, native byte order, any number; read during the call only. May be null if
/// `samples` is 0. taken: gets the number of samples taken in: all, but for EARNEST_JOURNAL_FULL. tell: called during the
/// call; null to hear nothing. context: is given to `tell`.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_LISTENER, EARNEST_BUSY:
/// no sample was taken in. EARNEST_JOURNAL_FULL: the journal has room for less than EARNEST_CHAIN_TOLD_MOST entries; `taken`
/// tells how far it got.
/// Threads: one at a time on a chain. Interrupts: no. Uses the floating-point unit. Time: one frame's work for every 160
/// samples, and that of `tell`; the first frame after the wake phrase is known hears all `recent_frames` again. The most that
/// a call takes is in firmware/COST.md.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_push(
    chain: *mut ChainHead,
    pcm: *const i16,
    samples: usize,
    taken: *mut usize,
    tell: TellChain,
    context: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { push(chain, pcm, null(), samples, taken, tell, context) }
}

/// As earnest_chain_push(), with what the device plays meanwhile: `reference`, as for earnest_push_with_reference(). The wake
/// phrase in it is told as a near miss and opens nothing, and the guard is told whether something is played and how surely
/// the phrase was in it. The chain must have been made with a listener's earnest_config.reference at 1.
///
/// Gives what earnest_chain_push() gives, and EARNEST_OUT_OF_RANGE for a `reference` where earnest_config.reference was 0.
/// Then no sample was taken in.
/// Threads, interrupts: as earnest_chain_push(). Time: as earnest_chain_push(), and while something is played, and up to two
/// seconds after, that of a listener once more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_push_with_reference(
    chain: *mut ChainHead,
    pcm: *const i16,
    reference: *const i16,
    samples: usize,
    taken: *mut usize,
    tell: TellChain,
    context: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { push(chain, pcm, reference, samples, taken, tell, context) }
}

/// Reports something to the chain's guard: prompts that began and ended, a second factor, cancel, mute; a wake from a button,
/// a command from a screen. It counts from the latest sample on. After EARNEST_INPUT_MUTE nothing is heard from the next
/// sample on, what was heard is overwritten, and samples count for the clock alone, until EARNEST_INPUT_UNMUTE.
///
/// input: read during the call only. tell: called during the call, at most EARNEST_TOLD_MOST times; null to hear nothing.
/// context: is given to `tell`. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD,
/// EARNEST_OUT_OF_RANGE (no such kind), EARNEST_JOURNAL_FULL (never for a mute), EARNEST_BUSY. Then nothing was taken.
/// Threads: one at a time on a chain. Interrupts: no. Time: where it opens an ear, all `recent_frames` are heard again; for a
/// mute, that of overwriting the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_report(
    chain: *mut ChainHead,
    input: *const Input,
    tell: TellChain,
    context: *mut c_void,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let input = unsafe { pointer::versioned(input) }?;
        let work = |chain: &mut Chain<'static>, _| chain.report(&input, &mut teller(tell, context));
        // SAFETY: the caller's promise.
        unsafe { pointer::busy(chain, work) }
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Uses an authorisation up, now, at the latest sample: if it gives EARNEST_OK, do the act. As earnest_guard_redeem().
///
/// Gives what earnest_guard_redeem() gives.
/// Threads: one at a time on a chain. Interrupts: no. Time: constant, and that of copying and wiping the recording.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_redeem(
    chain: *mut ChainHead,
    authorization: *mut Permit,
    act: *const Act,
    owner: u32,
    pcm: *mut i16,
    capacity: usize,
    samples: *mut usize,
    told: *mut Told,
) -> i32 {
    let now = |chain: &mut Chain<'static>| chain.now();
    // SAFETY: the caller's promise.
    unsafe { guard_ffi::redeem(chain, authorization, act, now, owner, (pcm, capacity, samples), told) }
}

/// Other values for a list of the commands, as earnest_commands_set_list(). While a request is open: EARNEST_BUSY.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL,
/// EARNEST_BAD_LISTENER, EARNEST_BUSY. Then the list is what it was.
/// Threads: one at a time on a chain. Interrupts: no. Time: grows with `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_set_list(
    chain: *mut ChainHead,
    list: u32,
    image: *const c_void,
    bytes: usize,
    error: *mut Error,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { set_list(chain, (image, bytes), |chain, image| chain.set_list(list, image), error) }
}

/// The clock: samples pushed since the start, those not heard while muted among them, in `sample`.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_BUSY.
/// Threads: one at a time on a chain. Interrupts: yes, if it didn't interrupt a call on the same chain. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_now(chain: *const ChainHead, sample: *mut u64) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { ask(chain, sample, "sample", |chain| Ok(chain.now())) }
}

/// Whether a request is open, 1 or 0 in `open`: then somebody must see or hear that the device is listening.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_BUSY.
/// Threads: one at a time on a chain. Interrupts: yes, if it didn't interrupt a call on the same chain. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_is_open(chain: *const ChainHead, open: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { ask(chain, open, "open", |chain| Ok(u32::from(chain.is_open()))) }
}

/// Whether it is muted: 1 or 0 in `muted`.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_BUSY.
/// Threads: one at a time on a chain. Interrupts: yes, if it didn't interrupt a call on the same chain. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_is_muted(chain: *const ChainHead, muted: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { ask(chain, muted, "muted", |chain| Ok(u32::from(chain.is_muted()))) }
}

/// Notes in the chain's journal what the wall clock shows at the latest sample, as earnest_journal_clock().
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_JOURNAL_FULL, EARNEST_BUSY.
/// Threads: one at a time on a chain. Interrupts: no. Time: that of a hash of 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_clock(chain: *mut ChainHead, unix_ms: u64, ahead_minutes: i16) -> i32 {
    // SAFETY: the caller's promise; no error to write to.
    unsafe {
        let work = pointer::object(chain).and_then(|(chain, _)| {
            let now = chain.now();
            chain.guarded().1.clock(now, unix_ms, ahead_minutes)
        });
        pointer::told(work, null_mut())
    }
}

/// How far the chain's journal is written, and where it ends, as earnest_journal_end().
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_NO_JOURNAL, EARNEST_BUSY.
/// Threads: one at a time on a chain. Interrupts: yes, if it didn't interrupt a call on the same chain. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_journal_end(
    chain: *const ChainHead,
    bytes: *mut usize,
    end: *mut Anchor,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { guard_ffi::journal_end(chain, bytes, end) }
}

/// Begins the chain's journal anew, as earnest_journal_rotate().
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_NO_JOURNAL, EARNEST_BUSY.
/// Threads: one at a time on a chain. Interrupts: no. Time: that of overwriting the journal's memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_journal_rotate(chain: *mut ChainHead) -> i32 {
    // SAFETY: the caller's promise; no error to write to.
    unsafe {
        let work = pointer::object(chain).and_then(|(chain, _)| chain.guarded().1.rotate());
        pointer::told(work, null_mut())
    }
}

/// Ends the chain. All of its memory is overwritten with zeros and is the caller's again, images and journal too.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER, EARNEST_BUSY.
/// Threads: one at a time on a chain. Interrupts: no. Time: that of overwriting the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_chain_release(chain: *mut ChainHead) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { pointer::told(pointer::release(chain), null_mut()) }
}

/// Calls what the caller wants to be called.
fn teller(tell: TellChain, context: *mut c_void) -> impl FnMut(&ChainTold) {
    move |told| {
        if let Some(tell) = tell {
            // SAFETY: the caller's promise, of a function of its own.
            unsafe { tell(context, told) };
        }
    }
}

/// # Safety
/// As `earnest.h` promises of the arguments of `earnest_chain_push_with_reference`.
unsafe fn push(
    chain: *mut ChainHead,
    pcm: *const i16,
    reference: *const i16,
    samples: usize,
    taken: *mut usize,
    tell: TellChain,
    context: *mut c_void,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise. The result is written after the last use of the samples.
        let (taken, (pcm, piece), (reference, played)) = unsafe {
            (
                Out::new(taken, "taken")?,
                pointer::slice(pcm, samples, "pcm")?,
                pointer::reference(reference, samples)?,
            )
        };
        let work = |chain: &mut Chain<'static>, memory: pointer::Piece| {
            piece.apart(memory, "pcm")?;
            played.apart(memory, "reference")?;
            taken.piece().apart(memory, "taken")?;
            ear::wanted(reference, chain.has_reference())?;
            let mut rest = pcm;
            let result = chain.push(&mut rest, reference, &mut teller(tell, context));
            taken.set(pcm.len().saturating_sub(rest.len()));
            result
        };
        // SAFETY: the caller's promise.
        unsafe { pointer::busy(chain, work) }
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), null_mut()) }
}
