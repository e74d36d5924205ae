//! Every check of a pointer. What can't be checked is the caller's promise, said in `earnest.h`: that memory is there
//! for as many bytes as the call is told, and that nobody else uses it meanwhile.
//!
//! A listener is a [`Head`] at the start of the caller's memory, then the front end's memory, the spotter's state, the
//! pre-roll; a guard is a [`GuardHead`], then the actions, the recording; the others a head, then what a [`Room`] was cut
//! into.

use super::chain::{Chain, Plan};
use super::chain_types::{AnswerMeaning, ChainConfig, CommandMeaning};
use super::command_types::{CommandsConfig, Image};
use super::commands::{Commands, Images, Sayable, acoustic_model};
use super::guard::{self, Keeper};
use super::guard_types::{Action, Input, Policy};
use super::listener::{Layout, Listener, Model, Parts};
use super::room::Room;
use super::types::{Config, EARNEST_ALIGNMENT, Error, Status};
use core::ffi::c_void;
use core::mem::{MaybeUninit, offset_of};
use core::ptr;
use zeroize::Zeroize;

/// What every handle points to.
#[repr(C)]
struct Mark {
    /// Which object this is.
    tag: u32,
    /// Whether its own callback is under way.
    busy: u32,
    /// Where it was made: a copy elsewhere is none, its parts lie in the memory of the first.
    address: usize,
    /// Bytes of the whole memory.
    total: usize,
}

/// A mark, then what is marked.
#[repr(C)]
struct Marked<T> {
    mark: Mark,
    inner: T,
}

// Not `repr(C)`: C programs see the name alone.
/// A listener. What is in it is the library's own.
pub struct Head {
    marked: Marked<Listener<'static>>,
}

/// A guard. What is in it is the library's own.
pub struct GuardHead {
    marked: Marked<Keeper<'static>>,
}

/// Listens for commands. What is in it is the library's own.
pub struct CommandsHead {
    marked: Marked<Commands<'static>>,
}

/// The whole chain. What is in it is the library's own.
pub struct ChainHead {
    marked: Marked<Chain<'static>>,
}

// The mark is the first part of all.
const _: () = assert!(offset_of!(Head, marked) == 0 && offset_of!(GuardHead, marked) == 0);
const _: () = assert!(offset_of!(CommandsHead, marked) == 0 && offset_of!(ChainHead, marked) == 0);

/// An object behind a handle: a [`Mark`], then what it is.
pub(crate) trait Object {
    const TAG: u32;
    const NAME: &'static str;
    type Inner;

    /// # Safety
    /// `this` points into memory that has room for all of it.
    unsafe fn inner(this: *mut Self) -> *mut Self::Inner;
}

impl Object for Head {
    /// "EARL" and a version of the layout.
    const TAG: u32 = 0x4541_524c ^ 2;
    const NAME: &'static str = "listener";
    type Inner = Listener<'static>;

    unsafe fn inner(this: *mut Self) -> *mut Self::Inner {
        // SAFETY: within the object, by the caller's promise.
        unsafe { &raw mut (*this).marked.inner }
    }
}

impl Object for GuardHead {
    /// "EARG" and a version of the layout.
    const TAG: u32 = 0x4541_5247 ^ 1;
    const NAME: &'static str = "guard";
    type Inner = Keeper<'static>;

    unsafe fn inner(this: *mut Self) -> *mut Self::Inner {
        // SAFETY: within the object, by the caller's promise.
        unsafe { &raw mut (*this).marked.inner }
    }
}

impl Object for CommandsHead {
    /// "EARC" and a version of the layout.
    const TAG: u32 = 0x4541_5243 ^ 1;
    const NAME: &'static str = "commands";
    type Inner = Commands<'static>;

    unsafe fn inner(this: *mut Self) -> *mut Self::Inner {
        // SAFETY: within the object, by the caller's promise.
        unsafe { &raw mut (*this).marked.inner }
    }
}

impl Object for ChainHead {
    /// "EARH" and a version of the layout.
    const TAG: u32 = 0x4541_5248 ^ 1;
    const NAME: &'static str = "chain";
    type Inner = Chain<'static>;

    unsafe fn inner(this: *mut Self) -> *mut Self::Inner {
        // SAFETY: within the object, by the caller's promise.
        unsafe { &raw mut (*this).marked.inner }
    }
}

// The caller's memory is aligned for them.
const _: () = assert!(align_of::<CommandsHead>() <= EARNEST_ALIGNMENT);
const _: () = assert!(align_of::<ChainHead>() <= EARNEST_ALIGNMENT);
const _: () = assert!(align_of::<Head>() <= EARNEST_ALIGNMENT);
const _: () = assert!(align_of::<GuardHead>() <= EARNEST_ALIGNMENT);

impl Head {
    /// Bytes of the head itself.
    pub(crate) const SIZE: usize = size_of::<Head>();
}

/// A piece of the caller's memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    start: usize,
    bytes: usize,
}

impl Piece {
    pub(crate) fn overlaps(self, other: Piece) -> bool {
        let (here, there) = (self.start, other.start);
        let empty = self.bytes == 0 || other.bytes == 0;
        !empty && here < there.saturating_add(other.bytes) && there < here.saturating_add(self.bytes)
    }

    /// An error that names `field` if the two overlap.
    pub(crate) fn apart(self, other: Piece, field: &str) -> Result<(), Error> {
        if self.overlaps(other) {
            return Err(Error::new(
                Status::Overlap,
                field,
                0.0,
                0.0,
                self.start.abs_diff(other.start) as f64,
            ));
        }
        Ok(())
    }
}

/// A type of which any bytes are a value.
pub(crate) trait Plain: Copy {}
impl Plain for u8 {}
impl Plain for i16 {}
impl Plain for f32 {}
impl Plain for Action {}
impl Plain for Image {}
impl Plain for CommandMeaning {}
impl Plain for AnswerMeaning {}

/// A struct of numbers and pointers that begins with its size and may grow.
pub(crate) trait Versioned: Copy {
    /// Bytes of the first version.
    const FIRST: usize;
    const NAME: &'static str;
    fn defaults() -> Self;
}

impl Versioned for Config {
    const FIRST: usize = Config::FIRST_SIZE;
    const NAME: &'static str = "config";
    fn defaults() -> Self {
        Config::new()
    }
}

impl Versioned for Policy {
    const FIRST: usize = Policy::FIRST_SIZE;
    const NAME: &'static str = "policy";
    fn defaults() -> Self {
        Policy::new()
    }
}

impl Versioned for Input {
    const FIRST: usize = Input::FIRST_SIZE;
    const NAME: &'static str = "input";
    fn defaults() -> Self {
        Input::default()
    }
}

impl Versioned for ChainConfig {
    const FIRST: usize = ChainConfig::FIRST_SIZE;
    const NAME: &'static str = "config";
    fn defaults() -> Self {
        ChainConfig::new()
    }
}

impl Versioned for CommandsConfig {
    const FIRST: usize = CommandsConfig::FIRST_SIZE;
    const NAME: &'static str = "config";
    fn defaults() -> Self {
        CommandsConfig::new()
    }
}

/// `count` elements from `pointer` on: not null, aligned, and no longer than an object can be.
pub(crate) fn check<T>(pointer: *const T, count: usize, field: &str) -> Result<Piece, Error> {
    let start = pointer.addr();
    if start == 0 {
        return Err(Error::new(Status::NullPointer, field, 0.0, 0.0, 0.0));
    }
    aligned(start, align_of::<T>(), field)?;
    // Up to the end of the address space, and no further.
    let longest = (isize::MAX as usize).min(usize::MAX - start) / size_of::<T>().max(1);
    if count > longest {
        return Err(Error::new(Status::OutOfRange, field, 0.0, longest as f64, count as f64));
    }
    Ok(Piece { start, bytes: count * size_of::<T>() })
}

fn aligned(start: usize, alignment: usize, field: &str) -> Result<(), Error> {
    match start.checked_rem(alignment) {
        Some(0) | None => Ok(()),
        Some(over) => Err(Error::new(Status::Misaligned, field, 0.0, 0.0, over as f64)),
    }
}

/// The elements from `pointer` on. None of them may be null.
///
/// # Safety
/// If `pointer` is not null, there are `count` elements, and nobody writes to them while the slice is used.
pub(crate) unsafe fn slice<'a, T: Plain>(
    pointer: *const T,
    count: usize,
    field: &str,
) -> Result<(&'a [T], Piece), Error> {
    if count == 0 {
        return Ok((&[], Piece { start: pointer.addr(), bytes: 0 }));
    }
    let piece = check(pointer, count, field)?;
    // SAFETY: not null, aligned, within an object's size; the elements are there by the caller's promise, and any
    // bytes are a `T`.
    Ok((unsafe { core::slice::from_raw_parts(pointer, count) }, piece))
}

/// A struct of any bytes.
///
/// # Safety
/// If `pointer` is not null, a `T` lies there, of which any bytes are one, and nobody writes to it meanwhile.
pub(crate) unsafe fn read<T: Copy>(pointer: *const T, field: &str) -> Result<T, Error> {
    check(pointer, 1, field)?;
    // SAFETY: not null and aligned; readable by the caller's promise.
    Ok(unsafe { pointer.read() })
}

/// A place for a result.
pub(crate) struct Out<T> {
    pointer: *mut T,
    piece: Piece,
}

impl<T: Copy> Out<T> {
    /// # Safety
    /// If `pointer` is not null, a `T` can be written there until the call returns, and nobody else uses it.
    pub(crate) unsafe fn new(pointer: *mut T, field: &str) -> Result<Self, Error> {
        Ok(Out { pointer, piece: check(pointer, 1, field)? })
    }

    pub(crate) fn piece(&self) -> Piece {
        self.piece
    }

    pub(crate) fn set(&self, value: T) {
        // SAFETY: not null and aligned; writable by the promise made to `new`.
        unsafe { self.pointer.write(value) }
    }
}

/// Tells the caller what was wrong, if it wants to know, and gives the status. An `error` that can't be written to is
/// passed over.
///
/// # Safety
/// If `error` is not null, an `Error` can be written there, and nobody else uses it.
pub(crate) unsafe fn told(result: Result<(), Error>, error: *mut Error) -> i32 {
    let Err(wrong) = result else { return Status::Ok as i32 };
    // SAFETY: as promised by the caller.
    if let Ok(out) = unsafe { Out::new(error, "error") } {
        out.set(wrong);
    }
    wrong.status
}

/// A struct of any version: what its program doesn't know has its default.
///
/// # Safety
/// If `pointer` is not null, it points to as many bytes as the `u32` there says, and nobody writes to them meanwhile.
pub(crate) unsafe fn versioned<T: Versioned>(pointer: *const T) -> Result<T, Error> {
    check(pointer, 1, T::NAME)?;
    // SAFETY: not null and aligned; every version begins with the size.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    sized::<T>(size)?;
    let known = size.min(size_of::<T>());
    let mut value = T::defaults();
    // SAFETY: `known` bytes are there by the caller's promise, they fit, and any bytes are a `T`. It is a copy in memory
    // of our own.
    unsafe { ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut value).cast::<u8>(), known) };
    for at in known..size {
        // SAFETY: one of the `size` bytes that are there by the caller's promise.
        let byte = unsafe { pointer.cast::<u8>().add(at).read() };
        if byte != 0 {
            return Err(Error::new(Status::UnknownField, T::NAME, 0.0, 0.0, at as f64));
        }
    }
    Ok(value)
}

/// Writes the defaults that a struct of `size` bytes has room for, zeros behind them.
///
/// # Safety
/// If `pointer` is not null, `size` bytes can be written there, and nobody else uses them.
pub(crate) unsafe fn write_defaults<T: Versioned>(pointer: *mut T, size: usize) -> Result<(), Error> {
    check(pointer, 1, T::NAME)?;
    sized::<T>(size)?;
    let defaults = T::defaults();
    let (known, told) = (size.min(size_of::<T>()), size as u32);
    // SAFETY: not null and aligned; `size` bytes are there by the caller's promise, and the source has `known`. Every
    // version begins with the size.
    unsafe {
        ptr::write_bytes(pointer.cast::<u8>(), 0, size);
        ptr::copy_nonoverlapping((&raw const defaults).cast::<u8>(), pointer.cast::<u8>(), known);
        pointer.cast::<u32>().write(told);
    }
    Ok(())
}

/// Whether a struct may have so many bytes. No version will ever have more than 4096.
fn sized<T: Versioned>(size: usize) -> Result<(), Error> {
    if (T::FIRST..=4096).contains(&size) {
        return Ok(());
    }
    Err(Error::new(Status::BadSize, "size", T::FIRST as f64, 4096.0, size as f64))
}

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

/// The caller's memory for an object of `total` bytes.
fn room(memory: *mut u8, bytes: usize, total: usize, others: &[(Piece, &str)]) -> Result<Piece, Error> {
    let piece = check(memory, bytes, "memory")?;
    aligned(piece.start, EARNEST_ALIGNMENT, "memory")?;
    if bytes < total {
        return Err(Error::new(Status::TooSmall, "memory_bytes", total as f64, f64::INFINITY, bytes as f64));
    }
    for (other, field) in others {
        piece.apart(*other, field)?;
    }
    Ok(piece)
}

/// Marks what lies at `head` as an object: from here on its handle is one.
///
/// # Safety
/// The inner object was written, and the memory has `total` bytes.
unsafe fn mark<T: Object>(head: *mut T, address: usize, total: usize) {
    // SAFETY: the mark is the first part of every object.
    unsafe { head.cast::<Mark>().write(Mark { tag: T::TAG, busy: 0, address, total }) };
}

/// Clears the memory, has a listener made in it, and gives its handle. Where `make` fails the memory is left zero.
///
/// # Safety
/// If `memory` is not null, `bytes` bytes lie there that nobody else uses until the listener is released.
pub(crate) unsafe fn place(
    memory: *mut c_void,
    bytes: usize,
    layout: &Layout,
    others: &[(Piece, &str)],
    make: impl FnOnce(&mut MaybeUninit<Listener<'static>>, Parts<'static>) -> Result<(), Error>,
) -> Result<*mut Head, Error> {
    let memory = memory.cast::<u8>();
    let piece = room(memory, bytes, layout.total, others)?;
    let head = memory.cast::<Head>();
    // SAFETY: `layout.total` bytes are there and ours by the caller's promise. The parts don't overlap and lie within
    // them (`Layout::new`), each aligned for its type: the memory is aligned to 8, the front end's and the state begin
    // at multiples of 8, the pre-roll at one of 4. Zero bytes are `f32`s, `u32`s and `i16`s. The slot lies in the head,
    // which comes before them; it may hold anything. What is written at last makes the head whole.
    unsafe {
        ptr::write_bytes(memory, 0, layout.total);
        let front_end = &mut *memory.add(layout.front_end_at).cast();
        let state = core::slice::from_raw_parts_mut(memory.add(layout.state_at).cast(), layout.state);
        let pre_roll =
            core::slice::from_raw_parts_mut(memory.add(layout.pre_roll_at).cast(), layout.pre_roll);
        let slot = &mut *(&raw mut (*head).marked.inner).cast::<MaybeUninit<Listener<'static>>>();
        if let Err(error) = make(slot, Parts { front_end, state, pre_roll }) {
            ptr::write_bytes(memory, 0, layout.total);
            return Err(error);
        }
        mark(head, piece.start, layout.total);
        Ok(head)
    }
}

/// Bytes of an object behind a head and `behind` further ones.
pub(crate) fn object_bytes<T: Object>(behind: usize) -> usize {
    size_of::<T>().next_multiple_of(EARNEST_ALIGNMENT).saturating_add(behind)
}

/// Clears the memory, has an object made in it with `behind` bytes, and gives its handle. `apart` is asked before that
/// whether the memory may be written to. Where `make` fails the memory is left zero.
///
/// # Safety
/// If `memory` is not null, `bytes` bytes lie there that nobody else uses until the object is released.
pub(crate) unsafe fn place_object<T: Object>(
    memory: *mut c_void,
    bytes: usize,
    behind: usize,
    apart: impl FnOnce(Piece) -> Result<(), Error>,
    make: impl FnOnce(&mut MaybeUninit<T::Inner>, Room<'static>) -> Result<(), Error>,
) -> Result<*mut T, Error> {
    let memory = memory.cast::<u8>();
    let total = object_bytes::<T>(behind);
    let piece = room(memory, bytes, total, &[])?;
    apart(piece)?;
    let head = memory.cast::<T>();
    // SAFETY: `total` bytes are there and ours by the caller's promise: a head, and `behind` bytes that begin at a multiple
    // of the alignment. The slot lies in the head; it may hold anything. What is written at last makes the head whole.
    unsafe {
        ptr::write_bytes(memory, 0, total);
        let rest = core::slice::from_raw_parts_mut(memory.add(total - behind).cast(), behind);
        let slot = &mut *T::inner(head).cast::<MaybeUninit<T::Inner>>();
        if let Err(error) = make(slot, Room::new(rest)) {
            ptr::write_bytes(memory, 0, total);
            return Err(error);
        }
        mark(head, piece.start, total);
        Ok(head)
    }
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
    actions_piece: Piece,
    key: Option<[u8; 32]>,
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

/// Where the parts of a guard lie: the actions, the recording, and bytes in all. All sizes are bounded.
pub(crate) fn guard_layout(policy: &Policy) -> (usize, usize, usize) {
    let actions_at = size_of::<GuardHead>().next_multiple_of(EARNEST_ALIGNMENT);
    let actions = policy.action_count * size_of::<earnest_core::guard::Action>();
    let recording_at = (actions_at + actions).next_multiple_of(EARNEST_ALIGNMENT);
    let recording = policy.recording_samples as usize * size_of::<i16>();
    (actions_at, recording_at, (recording_at + recording).next_multiple_of(EARNEST_ALIGNMENT))
}

/// Clears the memory, makes a guard of `policy` in it, which was checked, and gives its handle. Where that fails the
/// memory is left zero.
///
/// # Safety
/// If `memory` is not null, `bytes` bytes lie there that nobody else uses until the guard is released; so for the
/// journal's memory.
pub(crate) unsafe fn place_guard(
    memory: *mut c_void,
    bytes: usize,
    policy: &Policy,
    pointed: &Pointed<'_>,
    handle: Piece,
) -> Result<*mut GuardHead, Error> {
    let memory = memory.cast::<u8>();
    let (actions_at, recording_at, total) = guard_layout(policy);
    let journal = policy.journal.cast::<u8>();
    let journal_piece = match policy.journal_bytes {
        0 => Piece { start: 0, bytes: 0 },
        bytes => check(journal, bytes, "journal")?,
    };
    journal_piece.apart(handle, "journal")?;
    journal_piece.apart(pointed.actions_piece, "journal")?;
    let others = [(handle, "guard"), (pointed.actions_piece, "actions"), (journal_piece, "journal")];
    let piece = room(memory, bytes, total, &others)?;
    let head = memory.cast::<GuardHead>();
    // SAFETY: `total` bytes are there and ours by the caller's promise, and the journal's. The parts don't overlap and
    // lie within them (`guard_layout`), each aligned for its type. Every action is written before they are a slice of
    // actions; zero bytes are `i16`s. What is written at last makes the head whole.
    unsafe {
        ptr::write_bytes(memory, 0, total);
        let places = memory.add(actions_at).cast::<earnest_core::guard::Action>();
        for (n, from) in pointed.actions.iter().enumerate() {
            places.add(n).write(guard::action(from));
        }
        let parts = guard::Parts {
            actions: core::slice::from_raw_parts_mut(places, pointed.actions.len()),
            recording: core::slice::from_raw_parts_mut(
                memory.add(recording_at).cast(),
                policy.recording_samples as usize,
            ),
            journal: (policy.journal_bytes > 0)
                .then(|| core::slice::from_raw_parts_mut(journal, policy.journal_bytes)),
            key: pointed.key,
        };
        match Keeper::new(policy, parts) {
            Ok(keeper) => (&raw mut (*head).marked.inner).write(keeper),
            Err(error) => {
                ptr::write_bytes(memory, 0, total);
                return Err(error);
            }
        }
        mark(head, piece.start, total);
        Ok(head)
    }
}

/// Whether there is an object at `handle`, and the memory that it has.
///
/// # Safety
/// If `handle` is not null, as many bytes as a `T` has can be read there.
unsafe fn recognised<T: Object>(handle: *const T) -> Result<Piece, Error> {
    let piece = check(handle, 1, T::NAME)?;
    let mark = handle.cast::<Mark>();
    // SAFETY: not null and aligned, readable by the caller's promise; integers of any bytes. Volatile: whatever the
    // memory holds, it is looked at.
    let (tag, address, total, busy) = unsafe {
        (
            (&raw const (*mark).tag).read_volatile(),
            (&raw const (*mark).address).read_volatile(),
            (*mark).total,
            (&raw const (*mark).busy).read_volatile(),
        )
    };
    if tag != T::TAG || address != piece.start {
        let expected = f64::from(T::TAG);
        return Err(Error::new(Status::BadListener, T::NAME, expected, expected, f64::from(tag)));
    }
    if busy != 0 {
        return Err(Error::new(Status::Busy, T::NAME, 0.0, 0.0, f64::from(busy)));
    }
    Ok(Piece { start: piece.start, bytes: total })
}

/// The object at `handle`, and its memory.
///
/// # Safety
/// If `handle` is not null, as many bytes as a `T` has can be read there; if it is one, nobody else uses it while the
/// reference lives.
pub(crate) unsafe fn object<'a, T: Object>(handle: *mut T) -> Result<(&'a mut T::Inner, Piece), Error>
where
    T::Inner: 'a,
{
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: the tag says that an object was written here, and the address that it was not moved; nobody else uses it.
    Ok((unsafe { &mut *T::inner(handle) }, memory))
}

/// As [`object`], to look only.
///
/// # Safety
/// As [`object`]'s, but others may look too.
pub(crate) unsafe fn look<'a, T: Object>(handle: *const T) -> Result<(&'a T::Inner, Piece), Error>
where
    T::Inner: 'a,
{
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: as in `object`; nobody changes it while the reference lives.
    Ok((unsafe { &*T::inner(handle.cast_mut()) }, memory))
}

/// Runs `work`, which calls back: meanwhile the handle gives [`Status::Busy`].
///
/// # Safety
/// As [`object`]'s.
pub(crate) unsafe fn busy<'a, T: Object, R>(
    handle: *mut T,
    work: impl FnOnce(&mut T::Inner, Piece) -> Result<R, Error>,
) -> Result<R, Error>
where
    T::Inner: 'a,
{
    // SAFETY: as promised by the caller.
    let (inner, memory) = unsafe { object(handle) }?;
    let busy = handle.cast::<Mark>();
    // SAFETY: the mark lies apart from what `inner` refers to.
    unsafe { (&raw mut (*busy).busy).write_volatile(1) };
    let result = work(inner, memory);
    // SAFETY: as above; a call from `work` was refused, so the object is still there.
    unsafe { (&raw mut (*busy).busy).write_volatile(0) };
    result
}

/// Ends the object and overwrites all of its memory with zeros.
///
/// # Safety
/// As [`object`]'s; no reference to the object lives.
pub(crate) unsafe fn release<T: Object>(handle: *mut T) -> Result<(), Error> {
    // SAFETY: as promised by the caller.
    let memory = unsafe { recognised(handle) }?;
    // SAFETY: the object was written there, and nobody uses it. All `total` bytes are its own until here.
    unsafe {
        ptr::drop_in_place(T::inner(handle));
        core::slice::from_raw_parts_mut(handle.cast::<u8>(), memory.bytes).zeroize();
    }
    Ok(())
}

/// Copies both pieces to `out`.
///
/// # Safety
/// If `out` is not null, `capacity` elements can be written there, and nobody else uses them.
pub(crate) unsafe fn copy(
    (first, second): (&[i16], &[i16]),
    out: *mut i16,
    capacity: usize,
    memory: Piece,
) -> Result<(), Error> {
    let count = first.len() + second.len();
    if count > capacity {
        return Err(Error::new(Status::TooSmall, "capacity", count as f64, f64::INFINITY, capacity as f64));
    }
    if count == 0 {
        return Ok(());
    }
    check(out, count, "pcm")?.apart(memory, "pcm")?;
    // SAFETY: not null and aligned, `count` elements can be written by the caller's promise; they don't overlap the
    // listener's memory, where the pieces lie.
    unsafe {
        ptr::copy_nonoverlapping(first.as_ptr(), out, first.len());
        ptr::copy_nonoverlapping(second.as_ptr(), out.add(first.len()), second.len());
    }
    Ok(())
}
