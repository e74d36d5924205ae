//! The functions of commands; their comments become the header's.
#![allow(clippy::missing_safety_doc, reason = "what a caller promises is said at the head of earnest.h")]

use super::command_types::{Command, CommandsConfig, GrammarFacts, Text};
use super::commands::{self, Commands, check};
use super::pointer::{self, CommandsHead, Object, Out};
use super::types::Error;
use core::ffi::c_void;
use core::ptr::null_mut;

/// Checks an image of a grammar or of a list, whole, and tells what is in it.
///
/// image: `bytes` bytes of any alignment, read during the call only. facts: written if it is a good one. error: null, or where
/// the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: grows with `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_grammar_check(
    image: *const c_void,
    bytes: usize,
    facts: *mut GrammarFacts,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (facts, image) = unsafe { (Out::new(facts, "facts")?, pointer::bytes(image, bytes, "image")?.0) };
        facts.set(commands::facts(image)?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// The name of an intent, a list, a slot, a word, or a value: so a program finds the numbers of what it knows by name.
///
/// image: a grammar's, or a list's for EARNEST_NAME_VALUE. kind: earnest_name_kind. number: from 0, less than
/// earnest_grammar_check() tells. text: gets the name; it lies in the image.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: grows with `bytes`: the image is checked in every call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_grammar_name(
    image: *const c_void,
    bytes: usize,
    kind: u32,
    number: u32,
    text: *mut Text,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (text, image) = unsafe { (Out::new(text, "text")?, pointer::bytes(image, bytes, "image")?.0) };
        text.set(commands::name(image, kind, number)?);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), null_mut()) }
}

/// A slot that a meaning has without its being said: "lights off" has a state that is "off". `number` counts from 0.
///
/// slot, value: get the slot's name and its value; they lie in the image.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OUT_OF_RANGE (also where the meaning has no more such slots),
/// EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: grows with `bytes`: the image is checked in every call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_grammar_fixed(
    image: *const c_void,
    bytes: usize,
    meaning: u32,
    number: u32,
    slot: *mut Text,
    value: *mut Text,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (slot, value, image) = unsafe {
            (Out::new(slot, "slot")?, Out::new(value, "value")?, pointer::bytes(image, bytes, "image")?.0)
        };
        let found = commands::fixed(image, meaning, number)?;
        slot.set(found.0);
        value.set(found.1);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), null_mut()) }
}

/// Writes the defaults into `config`.
///
/// config: `size` bytes, aligned as an earnest_commands_config. size: sizeof(earnest_commands_config), always.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE.
/// Threads: any, on a `config` that nobody else uses. Interrupts: yes. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_config_default(config: *mut CommandsConfig, size: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { pointer::told(pointer::write_defaults(config, size), null_mut()) }
}

/// How much memory listening for commands needs. It depends on the images, on `paths`, `records`, `judged_frames`,
/// `slot_frames` and on the library's version.
///
/// config: all of it is checked. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_SIZE, EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE,
/// EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: grows with the images' bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_required_bytes(
    config: *const CommandsConfig,
    bytes: *mut usize,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (bytes, config) = unsafe { (Out::new(bytes, "bytes")?, pointer::versioned(config)?) };
        check(&config)?;
        // SAFETY: the caller's promise.
        let (images, _) = unsafe { pointer::command_images(&config) }?;
        bytes.set(pointer::object_bytes::<CommandsHead>(commands::sizes(&config, &images)));
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// Listens for commands, in the caller's memory: for whatever decides by itself when to listen, after a wake phrase
/// (earnest_init()) or while a button is held. Behind wake phrase and guard in one: earnest_chain_init().
///
/// memory: at least as many bytes as earnest_commands_required_bytes() says, aligned to EARNEST_ALIGNMENT; the library's until
/// earnest_commands_release(). config: read during the call only, but its images are used in place. commands: gets the handle,
/// null if anything is wrong. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_TOO_SMALL, EARNEST_BAD_SIZE,
/// EARNEST_UNKNOWN_FIELD, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL.
/// Threads: any. Interrupts: no. Time: grows with the images' bytes and the memory's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_init(
    memory: *mut c_void,
    memory_bytes: usize,
    config: *const CommandsConfig,
    commands: *mut *mut CommandsHead,
    error: *mut Error,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (handle, config) = unsafe {
            let handle = Out::new(commands, "commands")?;
            handle.set(null_mut());
            (handle, pointer::versioned(config)?)
        };
        check(&config)?;
        // SAFETY: the caller's promise.
        let (images, pieces) = unsafe { pointer::command_images(&config) }?;
        let behind = commands::sizes(&config, &images);
        let apart = |memory: pointer::Piece| {
            memory.apart(handle.piece(), "commands")?;
            pieces.apart(memory)
        };
        // SAFETY: the caller's promise.
        let made = unsafe {
            pointer::place_object::<CommandsHead>(memory, memory_bytes, behind, apart, |slot, room| {
                Commands::make(slot, &config, images, &|list| pointer::list_bytes(list), room)
            })
        };
        handle.set(made?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { pointer::told(work(), error) }
}

/// The next sample pushed is sample `first`, and commands begin at sample `from` or later: what comes before is heard for the
/// acoustic model's sake only, which hears words better that it has heard begin. If somebody is speaking at `from`, that is
/// taken as the beginning of a command. What was heard before counts no more, and its memory is overwritten. With a
/// listener's sample numbers the command has them too: after EARNEST_EVENT_WAKE, begin with the pre-roll's `start` as `first`
/// and the event's `end` as `from`, push the pre-roll, then what the listener is pushed.
///
/// After earnest_commands_init() it is as if it had been called with 0 and 0.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a handle. Interrupts: no. Time: about one frame's, and that of overwriting the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_begin(commands: *mut CommandsHead, first: u64, from: u64) -> i32 {
    // SAFETY: the caller's promise; no error to write to.
    unsafe {
        let work = pointer::object(commands).map(|(commands, _)| commands.begin(first, from));
        pointer::told(work, null_mut())
    }
}

/// Takes in audio up to the end of a command. Call it until all samples are taken and `command->kind` is
/// EARNEST_COMMAND_NONE, as earnest_push(). The same audio gives the same commands, bit for bit, however it is cut.
///
/// pcm: `samples` samples of 16 kHz mono, 16 bit, native byte order, any number; read during the call only. May be null if
/// `samples` is 0. taken: gets the number of samples taken in. command: written by every call that gives EARNEST_OK; its
/// texts lie in the images.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a handle. Interrupts: no. Uses the floating-point unit. Time: that of a frame for every 160
/// samples, which `paths` bounds; at the end of a command, for each of its slots that of comparing the list's values, which
/// grows with their phones: see firmware/COST.md.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_push(
    commands: *mut CommandsHead,
    pcm: *const i16,
    samples: usize,
    taken: *mut usize,
    command: *mut Command,
) -> i32 {
    let work = || {
        // SAFETY: the caller's promise. The results are written after the last use of the samples.
        let (taken, command, (pcm, piece), (commands, memory)) = unsafe {
            (
                Out::new(taken, "taken")?,
                Out::new(command, "command")?,
                pointer::slice(pcm, samples, "pcm")?,
                pointer::object(commands)?,
            )
        };
        piece.apart(memory, "pcm")?;
        taken.piece().apart(memory, "taken")?;
        command.piece().apart(memory, "command")?;
        let (mut rest, mut told) = (pcm, Command::NONE);
        commands.push(&mut rest, &mut told);
        let count = pcm.len().saturating_sub(rest.len());
        command.set(told);
        taken.set(count);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), null_mut()) }
}

/// No more samples come, the button was let go: tells the command under way, if there is one, without waiting for silence.
/// To go on, call earnest_commands_begin().
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a handle. Interrupts: no. Time: some fifteen frames'.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_end(commands: *mut CommandsHead, command: *mut Command) -> i32 {
    let work = || {
        // SAFETY: the caller's promise.
        let (command, (commands, memory)) =
            unsafe { (Out::new(command, "command")?, pointer::object(commands)?) };
        command.piece().apart(memory, "command")?;
        let mut told = Command::NONE;
        commands.end(&mut told);
        command.set(told);
        Ok(())
    };
    // SAFETY: no error to write to.
    unsafe { pointer::told(work(), null_mut()) }
}

/// Other values for a list: contacts that were changed. What is being said counts no more.
///
/// list: which one, as the grammar numbers them. image: `bytes` bytes, compiled (`earnest compile`), used in place; the one
/// before is the caller's again. error: null, or where the numbers go of what was wrong.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_OUT_OF_RANGE, EARNEST_BAD_MODEL,
/// EARNEST_BAD_LISTENER. Then the list is what it was.
/// Threads: one at a time on a handle. Interrupts: no. Time: grows with `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_set_list(
    commands: *mut CommandsHead,
    list: u32,
    image: *const c_void,
    bytes: usize,
    error: *mut Error,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { set_list(commands, (image, bytes), |commands, image| commands.set_list(list, image), error) }
}

/// The clock: one past the last sample pushed, in `sample`.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_OVERLAP, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a handle. Interrupts: yes, if it didn't interrupt a call on the same handle. Time: constant.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_now(commands: *const CommandsHead, sample: *mut u64) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { super::ffi::ask(commands, sample, "sample", |commands| Ok(commands.now())) }
}

/// Ends it. All of its memory is overwritten with zeros and is the caller's again, the images too.
///
/// Gives EARNEST_NULL_POINTER, EARNEST_MISALIGNED, EARNEST_BAD_LISTENER.
/// Threads: one at a time on a handle. Interrupts: no. Time: that of overwriting the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn earnest_commands_release(commands: *mut CommandsHead) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { pointer::told(pointer::release(commands), null_mut()) }
}

/// Another list, which is used in place, for what is at `handle`.
///
/// # Safety
/// As `earnest.h` promises of the arguments of `earnest_commands_set_list`.
pub(crate) unsafe fn set_list<O: Object>(
    handle: *mut O,
    (image, bytes): (*const c_void, usize),
    set: impl FnOnce(&mut O::Inner, &'static [u8]) -> Result<(), Error>,
    error: *mut Error,
) -> i32
where
    O::Inner: 'static,
{
    let work = || {
        // SAFETY: as promised by the caller.
        let ((image, piece), (object, memory)) =
            unsafe { (pointer::bytes(image, bytes, "image")?, pointer::object(handle)?) };
        piece.apart(memory, "image")?;
        set(object, image)
    };
    // SAFETY: as promised by the caller.
    unsafe { pointer::told(work(), error) }
}
