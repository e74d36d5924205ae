//! What the caller lends for longer than a call: models, grammars, what they mean, a policy, a key.

use super::{ChainHead, Piece, check, place_object, slice, versioned};
use crate::api::chain::{Chain, Plan};
use crate::api::chain_types::ChainConfig;
use crate::api::command_types::{CommandsConfig, Image};
use crate::api::commands::{Images, Sayable, acoustic_model};
use crate::api::engine::Model;
use crate::api::guard;
use crate::api::guard_types::{Action, Policy};
use crate::api::types::{Error, Status};
use core::ffi::c_void;

/// The image of a model: none, or bytes that stay.
///
/// # Safety
/// If the pointer is not null, `bytes` bytes lie there until the listener is released, and nobody writes to them.
pub(crate) unsafe fn image(
    pointer: *const c_void,
    bytes: usize,
) -> Result<Option<(&'static [u8], Piece)>, Error> {
    if pointer.is_null() && bytes == 0 {
        return Ok(None);
    }
    check(pointer.cast::<u8>(), bytes, "model")?;
    // SAFETY: as promised by the caller.
    unsafe { slice(pointer.cast::<u8>(), bytes, "model") }.map(Some)
}

/// Bytes that stay, and where they are; `field` must not be null.
///
/// # Safety
/// If the pointer is not null, `bytes` bytes lie there for as long as the object lives, and nobody writes to them.
pub(crate) unsafe fn bytes(
    pointer: *const c_void,
    bytes: usize,
    field: &str,
) -> Result<(&'static [u8], Piece), Error> {
    check(pointer.cast::<u8>(), bytes, field)?;
    // SAFETY: as promised by the caller.
    unsafe { slice(pointer.cast::<u8>(), bytes, field) }
}

/// What a list's image points to.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn list_bytes(list: &Image) -> Result<&'static [u8], Error> {
    // SAFETY: as promised by the caller.
    unsafe { bytes(list.image, list.bytes, "list") }.map(|(bytes, _)| bytes)
}

/// Everything that must not lie in the memory of who listens for commands.
pub(crate) struct CommandPieces {
    pieces: [(Piece, &'static str); 5],
    lists: &'static [Image],
}

impl CommandPieces {
    pub(crate) fn apart(&self, memory: Piece) -> Result<(), Error> {
        let lists =
            self.lists.iter().map(|list| (Piece { start: list.image.addr(), bytes: list.bytes }, "list"));
        self.pieces.iter().copied().chain(lists).try_for_each(|(piece, field)| memory.apart(piece, field))
    }
}

/// A grammar, its lists and confusions, checked.
///
/// # Safety
/// As `earnest.h` promises of the configuration's pointers.
pub(crate) unsafe fn sayable(config: &CommandsConfig) -> Result<(Sayable<'static>, CommandPieces), Error> {
    let none = (Piece { start: 0, bytes: 0 }, "");
    let mut pieces = [none; 5];
    // SAFETY: as promised by the caller.
    let (grammar, piece) = unsafe { bytes(config.grammar, config.grammar_bytes, "grammar") }?;
    pieces[0] = (piece, "grammar");
    // SAFETY: as promised by the caller.
    let (lists, piece) = unsafe { slice(config.lists, config.list_count, "lists") }?;
    pieces[1] = (piece, "lists");
    let mut confusions = None;
    if !config.confusions.is_null() || config.confusions_bytes > 0 {
        // SAFETY: as promised by the caller.
        let (image, piece) = unsafe { bytes(config.confusions, config.confusions_bytes, "confusions") }?;
        pieces[2] = (piece, "confusions");
        confusions = Some(image);
    }
    // SAFETY: as promised by the caller.
    let sayable = Sayable::new(grammar, lists, confusions, &|list| unsafe { list_bytes(list) })?;
    Ok((sayable, CommandPieces { pieces, lists }))
}

/// All images of a configuration, checked.
///
/// # Safety
/// As `earnest.h` promises of the configuration's pointers.
pub(crate) unsafe fn command_images(
    config: &CommandsConfig,
) -> Result<(Images<'static>, CommandPieces), Error> {
    // SAFETY: as promised by the caller.
    let (model, model_piece) = unsafe { bytes(config.model, config.model_bytes, "model") }?;
    let model = acoustic_model(model)?;
    // SAFETY: as promised by the caller.
    let (sayable, mut pieces) = unsafe { sayable(config) }?;
    // SAFETY: as promised by the caller.
    let (weights, piece) = unsafe { slice(config.confidence, config.confidence_count, "confidence") }?;
    pieces.pieces[3] = (model_piece, "model");
    pieces.pieces[4] = (piece, "confidence");
    Ok((Images { model, sayable, weights }, pieces))
}

/// Everything that must not lie in the memory of a chain.
pub(crate) struct ChainPieces {
    commands: CommandPieces,
    answers: CommandPieces,
    others: [(Piece, &'static str); 4],
    journal: Piece,
}

impl ChainPieces {
    fn apart(&self, memory: Piece) -> Result<(), Error> {
        self.commands.apart(memory)?;
        self.answers.apart(memory)?;
        self.others.iter().try_for_each(|(piece, field)| memory.apart(*piece, field))?;
        memory.apart(self.journal, "journal")
    }
}

/// What a chain is made of, read and checked.
///
/// # Safety
/// As `earnest.h` promises of the configuration's pointers.
#[inline(never)]
pub(crate) unsafe fn plan(config: *const ChainConfig) -> Result<(Plan<'static>, ChainPieces), Error> {
    // SAFETY: the caller's promise.
    let config = unsafe { versioned(config) }?;
    for (pointer, field) in [(config.commands, "commands"), (config.answers, "answers")] {
        check(pointer, 1, field)?;
    }
    check(config.listener, 1, "listener")?;
    // SAFETY: the caller's promise, of each of them.
    let (listener, commands, answers, policy) = unsafe {
        let (commands, answers) = (versioned(config.commands)?, versioned(config.answers)?);
        (versioned(config.listener)?, commands, answers, versioned(config.policy)?)
    };
    // SAFETY: the caller's promise.
    let wake = unsafe { image(listener.model, listener.model_bytes) }?;
    let model = match wake {
        Some((image, _)) => Some(Model::parse(image)?),
        None => None,
    };
    // SAFETY: the caller's promise, of all that they point to.
    let ((images, command_pieces), (sayable, answer_pieces), pointed) =
        unsafe { (command_images(&commands)?, sayable(&answers)?, pointed(&policy)?) };
    // SAFETY: the caller's promise.
    let ((command_meanings, first), (answer_meanings, second)) = unsafe {
        (
            slice(config.command_meanings, config.command_meaning_count, "command_meanings")?,
            slice(config.answer_meanings, config.answer_meaning_count, "answer_meanings")?,
        )
    };
    let journal = match policy.journal_bytes {
        0 => Piece { start: 0, bytes: 0 },
        bytes => check(policy.journal.cast::<u8>(), bytes, "journal")?,
    };
    let wake = wake.map_or(Piece { start: 0, bytes: 0 }, |(_, piece)| piece);
    let others = [
        (wake, "model"),
        (pointed.actions_piece, "actions"),
        (first, "command_meanings"),
        (second, "answer_meanings"),
    ];
    // The journal is written to: nothing else that is used may lie there.
    command_pieces.apart(journal)?;
    answer_pieces.apart(journal)?;
    others.iter().try_for_each(|(piece, field)| journal.apart(*piece, field))?;
    let Pointed { actions, key, .. } = pointed;
    let plan = Plan {
        config,
        listener,
        model,
        commands,
        images,
        answers,
        sayable,
        policy,
        actions,
        key,
        command_meanings,
        answer_meanings,
    };
    plan.check()?;
    Ok((plan, ChainPieces { commands: command_pieces, answers: answer_pieces, others, journal }))
}

/// Makes a chain of `plan` in the memory, and gives its handle.
///
/// # Safety
/// If `memory` is not null, `bytes` bytes lie there that nobody else uses until the chain is released; so for the journal's
/// memory.
pub(crate) unsafe fn place_chain(
    memory: *mut c_void,
    bytes: usize,
    plan: &mut Plan<'static>,
    pieces: &ChainPieces,
    handle: Piece,
) -> Result<*mut ChainHead, Error> {
    let behind = plan.sizes();
    let (journal, journal_bytes) = (plan.policy.journal.cast::<u8>(), plan.policy.journal_bytes);
    let apart = |memory: Piece| {
        memory.apart(handle, "chain")?;
        handle.apart(pieces.journal, "journal")?;
        pieces.apart(memory)
    };
    // SAFETY: the caller's promise. The journal was checked with the plan; it lies apart from the memory and from all that
    // the plan refers to.
    unsafe {
        place_object::<ChainHead>(memory, bytes, behind, apart, |slot, room| {
            let journal =
                (journal_bytes > 0).then(|| core::slice::from_raw_parts_mut(journal, journal_bytes));
            Chain::make(slot, plan, journal, &|list| list_bytes(list), room)
        })
    }
}

/// What a policy points to.
pub(crate) struct Pointed<'a> {
    pub(crate) actions: &'a [Action],
    pub(super) actions_piece: Piece,
    pub(super) key: Option<[u8; 32]>,
}

/// The actions and the key of a policy.
///
/// # Safety
/// As `earnest.h` promises of the policy's pointers.
pub(crate) unsafe fn pointed<'a>(policy: &Policy) -> Result<Pointed<'a>, Error> {
    if policy.action_count > guard::MAX_ACTIONS {
        let (most, actual) = (guard::MAX_ACTIONS as f64, policy.action_count as f64);
        return Err(Error::new(Status::OutOfRange, "action_count", 0.0, most, actual));
    }
    // SAFETY: the caller's promise.
    let (actions, actions_piece) = unsafe { slice(policy.actions, policy.action_count, "actions") }?;
    // SAFETY: the caller's promise: 32 bytes.
    let key = unsafe { key(policy.journal_key) };
    Ok(Pointed { actions, actions_piece, key })
}

/// A key of a journal, if there is one.
///
/// # Safety
/// If `key` is not null, 32 bytes can be read there.
pub(crate) unsafe fn key(key: *const u8) -> Option<[u8; 32]> {
    // SAFETY: the caller's promise.
    (!key.is_null()).then(|| unsafe { key.cast::<[u8; 32]>().read_unaligned() })
}
