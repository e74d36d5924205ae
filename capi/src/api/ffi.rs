//! The functions of `earnest.h`; their comments become the header's.
#![allow(clippy::missing_safety_doc, reason = "what a caller promises is said at the head of earnest.h")]

use super::ear;
use super::engine::Model;
use super::listener::{self, Listener, Parts};
use super::pointer::{self, Head, Object, Out};
use super::room::Sizes;
use super::types::{Config, Error, Event, Feature, ModelFacts, Status, Vad};
use core::ffi::{CStr, c_char, c_void};

/// Version of the library: major · 65536 + minor · 256 + patch. Compare it with EARNEST_VERSION, that of the header.
///
/// Threads: any. Interrupts: yes. Time: constant.
#[unsafe(no_mangle)]
pub extern "C" fn earnest_version() -> u32 {
    const fn number(text: &str) -> u32 {
        let (mut value, mut rest) = (0, text.as_bytes());
        while let [digit, tail @ ..] = rest {
            value = value * 10 + (*digit - b'0') as u32;
            rest = tail;
        }
        value
    }
    const {
        number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
            | number(env!("CARGO_PKG_VERSION_MINOR")) << 8
            | number(env!("CARGO_PKG_VERSION_PATCH"))
    }
}

/// 1 if this library has the feature (earnest_feature), 0 if it hasn't or has never heard of it.
///
/// Threads: any. Interrupts: yes. Time: constant.
#[unsafe(no_mangle)]
pub extern "C" fn earnest_has(feature: u32) -> u32 {
    let has = feature == Feature::EngineTemplate as u32
        || feature == Feature::EngineNet as u32
        || feature == Feature::Commands as u32
        || feature == Feature::Chain as u32
        || feature == Feature::Reference as u32
        || (feature == Feature::RuntimeSimd as u32 && cfg!(feature = "std"));
    u32::from(has)
}

/// The status in a few English words; never null. The text is the library's and stays.
///
/// Threads: any. Interrupts: yes. Time: constant.
#[unsafe(no_mangle)]
pub extern "C" fn earnest_status_text(status: i32) -> *const c_char {
    const TEXTS: [(Status, &CStr); 17] = [
        (Status::Ok, c"done"),
        (Status::NullPointer, c"a pointer is null"),
        (Status::Misaligned, c"a pointer is not aligned"),
        (Status::Overlap, c"pieces of memory overlap"),
        (Status::TooSmall, c"memory or a buffer is too small"),
        (Status::OutOfRange, c"a number is out of range"),
        (Status::BadSize, c"a struct has a size that no version gives it"),
        (Status::UnknownField, c"a field is set that this version doesn't know"),
        (Status::BadModel, c"not a model, or damaged"),
        (Status::BadListener, c"not a handle of this kind"),
        (Status::NothingHeard, c"nothing was heard yet"),
        (Status::NotRemembered, c"not remembered"),
        (Status::Refused, c"refused"),
        (Status::JournalFull, c"the journal is full"),
        (Status::NoJournal, c"there is no journal"),
        (Status::BadJournal, c"the journal was changed"),
        (Status::Busy, c"at work, or a request is open"),
    ];
    let found = TEXTS.iter().find(|(known, _)| *known as i32 == status);
    found.map_or(c"unknown status", |(_, text)| text).as_ptr()
}

/// Writes the defaults into `config`, so that only what shall differ has to be set.
///
/// config: `size` bytes, aligned as an earnest_config. size: sizeof(earnest_config), always.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE.
/// Threads: any, on a `config` that nobody else uses. Interrupts: yes. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_config_default(config: *mut Config, size: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { pointer::told(pointer::write_defaults(config, size), core::ptr::null_mut()) }
}

/// Checks a model, whole, and tells what it says of itself.
///
/// model: `model_bytes` bytes, a network's at a multiple of 4, read during the call only. facts: written if it is a good model.
/// error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: grows with `model_bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_model_check(
    model: *const c_void,
    model_bytes: usize,
    facts: *mut ModelFacts,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (facts, image) = unsafe {
            (Out::new(facts, "facts")?, pointer::slice(model.cast::<u8>(), model_bytes, "model")?.0)
        };
        facts.set(Model::parse(image)?.facts());
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// How much memory a listener needs.
///
/// config: filled by earnest_config_default(), then changed; its model is checked. bytes: gets the number of bytes to
/// give to earnest_init(). It depends on the model, on `pre_roll_samples`, on `reference` and on the library's version, and
/// on nothing else, so it can be asked for once and written into a program. error: null, or where the numbers go of what was
/// wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE,
/// EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: grows with the model's bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_required_bytes(
    config: *const Config,
    bytes: *mut usize,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (bytes, config) = unsafe { (Out::new(bytes, "bytes")?, pointer::versioned(config)?) };
        listener::check(&config)?;
        // SAFETY: the caller's promise.
        let model = match unsafe { pointer::image(config.model, config.model_bytes) }? {
            Some((image, _)) => Some(Model::parse(image)?),
            None => None,
        };
        bytes.set(pointer::object_bytes::<Head>(behind(&config, model.as_ref())));
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Makes a listener in the caller's memory. It needs nothing beyond that: no heap, no file, no thread, no clock.
///
/// memory: at least as many bytes as earnest_required_bytes() says, aligned to EARNEST_ALIGNMENT. They are the
/// listener's until earnest_release(); who writes to them or moves them ends it (EARNEST_BAD_LISTENER, where it can be
/// told). config: read during the call only, but the model it points to is used in place until earnest_release().
/// listener: gets the handle, null if anything is wrong. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP (the memory with the model or with `listener`),
/// EARNEST_TOO_SMALL, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: all tables are computed here; see firmware/COST.md for it and for the stack.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_init(
    memory: *mut c_void,
    memory_bytes: usize,
    config: *const Config,
    listener: *mut *mut Head,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (handle, config) = unsafe {
            let handle = Out::new(listener, "listener")?;
            handle.set(core::ptr::null_mut());
            (handle, pointer::versioned(config)?)
        };
        listener::check(&config)?;
        // SAFETY: the caller's promise.
        let image = unsafe { pointer::image(config.model, config.model_bytes) }?;
        let model = match image {
            Some((image, _)) => Some(Model::parse(image)?),
            None => None,
        };
        let behind = behind(&config, model.as_ref());
        let apart = |memory: pointer::Piece| {
            memory.apart(handle.piece(), "listener")?;
            image.map_or(Ok(()), |(_, model)| memory.apart(model, "model"))
        };
        // SAFETY: the caller's promise.
        let made = unsafe {
            pointer::place_object::<Head>(memory, memory_bytes, behind, apart, |slot, room| {
                Listener::make(slot, &config, model, room)
            })
        };
        handle.set(made?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Takes in audio up to the next event. Call it until all samples are taken and `event->kind` is EARNEST_EVENT_NONE:
///
///     do {
///         size_t taken;
///         if (earnest_push(listener, pcm, samples, &taken, &event) != EARNEST_OK) ...
///         pcm += taken;
///         samples -= taken;
///         if (event.kind != EARNEST_EVENT_NONE) handle(&event);
///     } while (event.kind != EARNEST_EVENT_NONE);
///
/// No event is ever lost, however much audio is pushed at once: there is no queue that could be full. Nothing calls
/// back, so an event may be answered with any function, earnest_mute() and earnest_release() among them. And while it is
/// handled the pre-roll still ends at the very sample that decided it. The same audio gives the same events, bit for
/// bit, however it is cut into calls.
///
/// pcm: `samples` samples of 16 kHz mono, 16 bit, native byte order, any number; read during the call only. May be null
/// if `samples` is 0: then an event that is waiting is told. taken: gets the number of samples taken in, `samples` if
/// there was no event. event: written by every call that gives EARNEST_OK.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP (an argument with the listener), EARNEST_OUT_OF_RANGE
/// (`samples` is more than memory can hold), EARNEST_BAD_LISTENER. Then no sample was taken in.
/// Threads: one at a time on a listener; different listeners are independent. Interrupts: no, it takes too long. Let the
/// interrupt fill a ring and push from the main loop: examples/c/listen.c. Uses the floating-point unit.
/// Time: one frame's work for every 160 samples; the most that a frame takes is in firmware/COST.md. For a bound on one
/// call, push 160 samples at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_push(
    listener: *mut Head,
    pcm: *const i16,
    samples: usize,
    taken: *mut usize,
    event: *mut Event,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { push(listener, pcm, core::ptr::null(), samples, taken, event) }
}

/// As earnest_push(), with what the device plays meanwhile: a wake phrase that comes out of its own loudspeaker is told as
/// EARNEST_EVENT_NEAR_MISS with EARNEST_REASON_PLAYBACK instead of EARNEST_EVENT_WAKE. So is anything of which the microphone
/// heard nothing but the loudspeaker. A phrase that somebody says while something else is played still wakes. The room, the
/// loudspeaker and the echo's delay need not be known, only how long that is at most
/// (earnest_config.reference_max_delay_ms). It replaces no echo canceller; behind one, give it the canceller's output as
/// `pcm`.
///
/// The listener must have been made with earnest_config.reference at 1. The same signals give the same events, bit for bit,
/// however they are cut into calls. Mute, reset and release forget what was played as what was heard.
///
/// reference: `samples` samples of 16 kHz mono, 16 bit, those that go to the loudspeaker while `pcm` comes from the
/// microphone: as many, on the same clock, the mix of all that is played. Read during the call only. Null: nothing is
/// played, as by earnest_push(); a firmware need keep no zeros for that. Where `taken` is less than `samples`, as many were
/// taken of it: go on with both. All else as earnest_push().
///
/// Gives what earnest_push() gives, and EARNEST_OUT_OF_RANGE for a `reference` where earnest_config.reference was 0. Then no
/// sample was taken in.
/// Threads, interrupts: as earnest_push(). Time: twice that of earnest_push() while something is played, and up to two
/// seconds after; then next to nothing more. See firmware/COST.md.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_push_with_reference(
    listener: *mut Head,
    pcm: *const i16,
    reference: *const i16,
    samples: usize,
    taken: *mut usize,
    event: *mut Event,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { push(listener, pcm, reference, samples, taken, event) }
}

/// Hears nothing from the next sample on, and forgets everything at once: the pre-roll, half a frame, what engine and
/// VAD had gathered, an event not told yet. Their memory is overwritten. Samples may be pushed or not while it is muted;
/// those that are count for the clock alone. To mute at a sample in the middle of a buffer, push what comes before it,
/// mute, push the rest. Speech under way gets no EARNEST_EVENT_SPEECH_END. Muting what is muted does nothing.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a listener. Interrupts: no; let a switch's interrupt set a flag that the main loop looks at
/// before it pushes. Time: about one frame's, and that of overwriting the listener's memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_mute(listener: *mut Head) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { with(listener, |listener| listener.mute()) }
}

/// Listens again from the next sample on, as one that was just switched on, but that the clock went on.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a listener. Interrupts: no. Time: about one frame's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_unmute(listener: *mut Head) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { with(listener, |listener| listener.unmute()) }
}

/// Whether it is muted: 1 or 0 in `muted`.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a listener. Interrupts: yes, if it didn't interrupt a call on the same listener. Time:
/// constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_is_muted(listener: *const Head, muted: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { ask(listener, muted, "muted", |listener| Ok(u32::from(listener.is_muted()))) }
}

/// As new: the next sample is sample 0, nothing that was heard counts or is remembered. What is muted stays muted.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a listener. Interrupts: no. Time: as earnest_mute().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_reset(listener: *mut Head) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { with(listener, |listener| listener.reset()) }
}

/// Ends the listener. All of its memory is overwritten with zeros and is the caller's again, the model too. The handle
/// is no longer one: as long as the memory stays zero, calls with it give EARNEST_BAD_LISTENER.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a listener. Interrupts: no. Time: that of overwriting the listener's memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_release(listener: *mut Head) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { pointer::told(pointer::release(listener), core::ptr::null_mut()) }
}

/// The clock: samples pushed since the start or the last reset, in `sample`. It doesn't wrap in a device's life.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a listener. Interrupts: yes, if it didn't interrupt a call on the same listener. Time:
/// constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_now(listener: *const Head, sample: *mut u64) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { ask(listener, sample, "sample", |listener| Ok(listener.now())) }
}

/// What was heard in the latest frame, in `vad`.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER, EARNEST_NOTHING_HEARD.
/// Threads: one at a time on a listener. Interrupts: yes, if it didn't interrupt a call on the same listener. Time:
/// constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_vad(listener: *const Head, vad: *mut Vad) -> i32 {
    let nothing = || Error::new(Status::NothingHeard, "vad", 400.0, f64::INFINITY, 0.0);
    // SAFETY: the caller's promise.
    unsafe { ask(listener, vad, "vad", |listener| listener.vad().ok_or_else(nothing)) }
}

/// What the pre-roll remembers: the samples from `start` up to `end`, `end` not included. Equal if there are none.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a listener. Interrupts: yes, if it didn't interrupt a call on the same listener. Time:
/// constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_pre_roll_span(listener: *const Head, start: *mut u64, end: *mut u64) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (start, end, (listener, memory)) =
            unsafe { (Out::new(start, "start")?, Out::new(end, "end")?, pointer::look(listener)?) };
        start.piece().apart(memory, "start")?;
        end.piece().apart(memory, "end")?;
        let remembered = listener.remembered();
        start.set(remembered.0);
        end.set(remembered.1);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), core::ptr::null_mut()) }
}

/// Copies remembered samples. Whoever copies them answers for them: the listener's own wipe themselves.
///
/// start, end: the first sample and one past the last, within what earnest_pre_roll_span() tells. pcm: room for
/// `capacity` samples, outside the listener's memory; `end` - `start` of them are written. May be null if that is 0.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_TOO_SMALL (`capacity` is less than `end` -
/// `start`), EARNEST_BAD_LISTENER, EARNEST_NOT_REMEMBERED.
/// Threads: one at a time on a listener. Interrupts: no. Time: that of copying.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_pre_roll_copy(
    listener: *const Head,
    start: u64,
    end: u64,
    pcm: *mut i16,
    capacity: usize,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (listener, memory) = unsafe { pointer::look(listener) }?;
        let (min, max) = listener.remembered();
        let forgotten = || Error::new(Status::NotRemembered, "start", min as f64, max as f64, start as f64);
        let pieces = listener.pre_roll(start, end).ok_or_else(forgotten)?;
        // SAFETY: the caller's promise.
        unsafe { pointer::copy(pieces, pcm, capacity, memory) }
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), core::ptr::null_mut()) }
}

/// Bytes of a listener behind its head.
fn behind(config: &Config, model: Option<&Model<'_>>) -> usize {
    let mut sizes = Sizes::default();
    Parts::sizes(config, model, &mut sizes);
    sizes.bytes()
}

/// # Safety
/// As `earnest.h` promises of the arguments of `earnest_push_with_reference`.
unsafe fn push(
    listener: *mut Head,
    pcm: *const i16,
    reference: *const i16,
    samples: usize,
    taken: *mut usize,
    event: *mut Event,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise. The results are written after the last use of the samples.
        let (taken, event, (pcm, piece), (mut reference, played), (listener, memory)) = unsafe {
            (
                Out::new(taken, "taken")?,
                Out::new(event, "event")?,
                pointer::slice(pcm, samples, "pcm")?,
                pointer::reference(reference, samples)?,
                pointer::object(listener)?,
            )
        };
        piece.apart(memory, "pcm")?;
        played.apart(memory, "reference")?;
        taken.piece().apart(memory, "taken")?;
        event.piece().apart(memory, "event")?;
        ear::wanted(reference, listener.has_reference())?;
        let mut rest = pcm;
        let told = listener.push(&mut rest, &mut reference);
        let count = pcm.len().saturating_sub(rest.len());
        event.set(told);
        taken.set(count);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), core::ptr::null_mut()) }
}

/// # Safety
/// As [`pointer::object`].
unsafe fn with(listener: *mut Head, work: impl FnOnce(&mut Listener<'static>)) -> i32 {
    // SAFETY: as promised by the caller; no error to write to.
    unsafe {
        pointer::told(pointer::object(listener).map(|(listener, _)| work(listener)), core::ptr::null_mut())
    }
}

/// # Safety
/// As [`pointer::look`] and [`Out::new`].
pub(crate) unsafe fn ask<O: Object, T: Copy>(
    handle: *const O,
    out: *mut T,
    field: &str,
    answer: impl FnOnce(&O::Inner) -> Result<T, Error>,
) -> i32 {
    let work = || {
        // SAFETY: as promised by the caller.
        let (out, (object, memory)) = unsafe { (Out::new(out, field)?, pointer::look(handle)?) };
        out.piece().apart(memory, field)?;
        out.set(answer(object)?);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), core::ptr::null_mut()) }
}
