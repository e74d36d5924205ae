//! Commands and the whole chain: any images, configurations, samples, reports.

use super::api::chain_ffi::*;
use super::api::chain_types::{
    AnswerMeaning, ChainConfig, ChainTold, CommandMeaning, EARNEST_CHAIN_TOLD_MOST,
};
use super::api::command_ffi::*;
use super::api::command_types::{Command, CommandsConfig, GrammarFacts, Image, Text};
use super::api::ffi::earnest_config_default;
use super::api::guard_ffi::earnest_policy_default;
use super::api::guard_types::{Act, Action, Input, Policy};
use super::api::told_types::{Permit, Told};
use super::api::types::{Config, Error};
use super::api::{ChainHandle, CommandsHandle};
use super::{Bytes, IMAGE, MAX_BYTES, NET, crc32, reference, samples};
use earnest_core::intent::{Compiled, Grammar, compile};
use earnest_core::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::LazyLock;

const OK: i32 = 0;
const PHONES: &[u8] = include_bytes!("../../../models/phones-s.int8.ear");
const HOME: &[u8] = include_bytes!("../../../examples/grammars/home.grm");
/// So loose that noise has a way through it, slots included.
static LOOSE: LazyLock<Compiled> = LazyLock::new(|| {
    let text = "intents: {A: {data: [{sentences: ['[{a}] [{a}] [{a}] {a} [no]'], slots: {b: c}}]}}\n\
                lists: {a: {values: [water, the, a, to, me]}}";
    let letters = G2p::new(&include_bytes!("../../../models/g2p-en.bin")[..]).unwrap();
    let lexicon = Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(letters);
    compile(&Grammar::from_yaml("loose", text).unwrap(), &lexicon).unwrap()
});

/// Whole or changed, with length and checksum made right or not. At a multiple of 8.
struct Made(Vec<u64>, usize);

impl Made {
    fn new(bytes: &mut Bytes, image: &[u8]) -> Made {
        // The acoustic model is the large one.
        bytes.spend(if image.len() > 100_000 { IMAGE } else { IMAGE / 8 });
        let mut image = image.to_vec();
        for _ in 0..bytes.byte() % 4 {
            let at = bytes.size() % image.len();
            image[at] = bytes.byte();
        }
        if bytes.byte() & 3 != 0 {
            let rest: Vec<u8> = image[..16].iter().chain(&image[20..]).copied().collect();
            image[16..20].copy_from_slice(&crc32(&rest).to_le_bytes());
        }
        let mut words = vec![0u64; image.len().div_ceil(8)];
        for (word, bytes) in words.iter_mut().zip(image.chunks(8)) {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_le_bytes(eight);
        }
        Made(words, image.len())
    }

    fn pointer(&self) -> *const c_void {
        self.0.as_ptr().cast()
    }

    fn image(&self) -> Image {
        Image { image: self.pointer(), bytes: self.1 }
    }
}

/// What is used in place: all that was ever given to a handle stays as long as the run.
#[derive(Default)]
struct Kept {
    images: Vec<Made>,
    lists: Vec<Box<[Image]>>,
}

impl Kept {
    /// Gives another list: its number, its image. What `set` gives.
    fn exchange(&mut self, bytes: &mut Bytes, set: impl FnOnce(u32, *const c_void, usize) -> i32) -> i32 {
        let list = Made::new(bytes, &LOOSE.lists[0]);
        let status = set(u32::from(bytes.byte() % 3), list.pointer(), list.1);
        self.images.push(list);
        status
    }

    fn config(&mut self, bytes: &mut Bytes) -> CommandsConfig {
        let mut config = MaybeUninit::<CommandsConfig>::uninit();
        let size = size_of::<CommandsConfig>();
        assert_eq!(unsafe { earnest_commands_config_default(config.as_mut_ptr(), size) }, OK);
        let mut config = unsafe { config.assume_init() };
        let lists = bytes.byte() & 1 != 0;
        let grammar: &[u8] = if lists { &LOOSE.grammar } else { HOME };
        for (image, which) in [(PHONES, 0), (grammar, 1), (&LOOSE.lists[0][..], 2)] {
            let made = Made::new(bytes, image);
            match which {
                0 => (config.model, config.model_bytes) = (made.pointer(), made.1),
                1 => (config.grammar, config.grammar_bytes) = (made.pointer(), made.1),
                _ if lists => {
                    self.lists.push(vec![made.image()].into());
                    (config.lists, config.list_count) = (self.lists.last().unwrap().as_ptr(), 1);
                }
                _ => {}
            }
            self.images.push(made);
        }
        (config.paths, config.records) = (16 + u32::from(bytes.byte()), 64 + u32::from(bytes.byte()));
        config.slot_frames = u32::from(bytes.byte() % 4) * 40;
        for _ in 0..bytes.byte() % 4 {
            match bytes.byte() % 14 {
                0 => config.size = bytes.size() as u32 % size_of::<CommandsConfig>() as u32,
                1 => config.paths = bytes.word() % 2000,
                2 => config.records = bytes.word() % 2000,
                3 => config.judged_frames = bytes.word(),
                4 => config.beam_nats = bytes.float() * 50.0,
                5 => config.filler_nats = bytes.float() * 10.0,
                6 => config.word_nats = bytes.float() * 10.0,
                7 => config.floor = bytes.float(),
                8 => config.end_ms = bytes.word() % 2000,
                9 => config.longest_ms = 1000,
                10 => config.shortest_ms = 0,
                11 => config.vad_threshold = 0.01,
                12 => config.list_count = bytes.size() % 2,
                _ => config.grammar = null(),
            }
        }
        // What the grammar would be taken from must be there as often as it says.
        config.list_count = config.list_count.min(usize::from(!config.lists.is_null()));
        config
    }
}

pub(crate) struct Slot {
    memory: Vec<u64>,
    handle: *mut CommandsHandle,
    live: bool,
    kept: Kept,
}

impl Default for Slot {
    fn default() -> Self {
        Slot { memory: Vec::new(), handle: null_mut(), live: false, kept: Kept::default() }
    }
}

impl Slot {
    pub(crate) fn end(&mut self) {
        let status = unsafe { earnest_commands_release(self.handle) };
        assert_eq!(status == OK, self.live);
        assert!(!self.live || self.memory.iter().all(|word| *word == 0));
        self.live = false;
    }

    pub(crate) fn step(&mut self, bytes: &mut Bytes) {
        let handle = match bytes.byte() {
            0 => null_mut(),
            1 => self.handle.cast::<u8>().wrapping_add(4).cast(),
            _ => self.handle,
        };
        let good = self.live && handle == self.handle;
        match bytes.byte() % 10 {
            0..=2 if !self.live => self.init(bytes),
            0 => self.end(),
            1 => {
                let first = bytes.long();
                let status = unsafe { earnest_commands_begin(handle, first, first.saturating_add(bytes.long())) };
                assert_eq!(status == OK, good);
            }
            2 => {
                let status = self.kept.exchange(bytes, |number, list, bytes| unsafe {
                    earnest_commands_set_list(handle, number, list, bytes, null_mut())
                });
                assert!(status != OK || good);
            }
            3 => {
                let mut command = Command::NONE;
                let status = unsafe { earnest_commands_end(handle, &mut command) };
                assert_eq!(status == OK, good);
                look(&command);
            }
            4 => names(bytes),
            _ => {
                let pcm = samples(bytes);
                let (mut rest, mut command) = (&pcm[..], Command::NONE);
                loop {
                    let mut taken = usize::MAX;
                    let status = unsafe {
                        earnest_commands_push(handle, rest.as_ptr(), rest.len(), &mut taken, &mut command)
                    };
                    assert!(good || status != OK);
                    if status != OK {
                        break;
                    }
                    look(&command);
                    rest = &rest[taken..];
                    if command.kind == 0 {
                        assert!(rest.is_empty());
                        break;
                    }
                }
            }
        }
    }

    fn init(&mut self, bytes: &mut Bytes) {
        let config = self.kept.config(bytes);
        let (mut needed, mut error) = (0, MaybeUninit::<Error>::uninit());
        let error = error.as_mut_ptr();
        if unsafe { earnest_commands_required_bytes(&config, &mut needed, error) } != OK || needed > MAX_BYTES
        {
            return;
        }
        self.memory = vec![bytes.long(); needed / 8];
        let given = if bytes.byte() == 1 { needed - 8 } else { needed };
        let memory = self.memory.as_mut_ptr().cast();
        let status = unsafe { earnest_commands_init(memory, given, &config, &mut self.handle, error) };
        assert_eq!(status == OK, !self.handle.is_null());
        self.live = status == OK;
    }
}

/// Texts lie in images, and numbers are numbers.
fn look(command: &Command) {
    assert!(command.kind <= 2 && command.slot_count as usize <= command.slots.len());
    assert!((0.0..=1.0).contains(&command.probability) && (0.0..=1.0).contains(&command.whole));
    read(command.intent);
    for slot in &command.slots[..command.slot_count as usize] {
        read(slot.name);
        assert!(slot.start <= slot.end && (0.0..=1.0001).contains(&slot.not_listed));
        slot.values[..slot.value_count as usize].iter().for_each(|value| read(value.text));
    }
}

fn read(text: Text) {
    if !text.text.is_null() {
        let bytes = unsafe { std::slice::from_raw_parts(text.text.cast::<u8>(), text.bytes) };
        assert!(std::str::from_utf8(bytes).is_ok());
    }
}

fn names(bytes: &mut Bytes) {
    let source: &[u8] = match bytes.byte() % 3 {
        0 => HOME,
        1 => &LOOSE.grammar,
        _ => &LOOSE.lists[0],
    };
    let made = Made::new(bytes, source);
    let (kind, number, length) = (u32::from(bytes.byte() % 6), bytes.size() as u32, made.1);
    let (mut facts, mut text, mut value) = (GrammarFacts::default(), Text { text: null(), bytes: 0 }, Text { text: null(), bytes: 0 });
    unsafe {
        earnest_grammar_check(made.pointer(), length, &mut facts, null_mut());
        if earnest_grammar_name(made.pointer(), length, kind, number, &mut text) == OK {
            read(text);
        }
        if earnest_grammar_fixed(made.pointer(), length, number, u32::from(bytes.byte()), &mut text, &mut value) == OK {
            read(text);
            read(value);
        }
    }
}

pub(crate) struct ChainSlot {
    memory: Vec<u64>,
    journal: Vec<u8>,
    handle: *mut ChainHandle,
    live: bool,
    kept: Kept,
    permit: Option<(Permit, Act)>,
    prompt: Option<u32>,
}

impl Default for ChainSlot {
    fn default() -> Self {
        ChainSlot {
            memory: Vec::new(),
            journal: Vec::new(),
            handle: null_mut(),
            live: false,
            kept: Kept::default(),
            permit: None,
            prompt: None,
        }
    }
}

/// What a callback keeps.
struct Notes {
    handle: *mut ChainHandle,
    told: usize,
    permit: Option<(Permit, Act)>,
    prompt: Option<u32>,
}

unsafe extern "C" fn tell(context: *mut c_void, told: *const ChainTold) {
    let (notes, told) = unsafe { (&mut *context.cast::<Notes>(), *told) };
    // Its own chain is at work.
    assert_ne!(unsafe { earnest_chain_release(notes.handle) }, OK);
    let set = [!told.event.is_null(), !told.command.is_null(), !told.told.is_null()];
    assert_eq!(set.iter().position(|set| *set), Some(told.kind as usize));
    if let Some(command) = unsafe { told.command.as_ref() } {
        look(command);
    }
    if let Some(told) = unsafe { told.told.as_ref() } {
        notes.told += 1;
        assert!((3..=13).contains(&told.kind));
        if told.authorization != Permit::default() {
            let act = Act { action: told.action, count: told.slots, values: told.values };
            notes.permit = Some((told.authorization, act));
        }
        if told.prompt != 0 {
            notes.prompt = Some(told.prompt);
        }
    }
}

impl ChainSlot {
    pub(crate) fn end(&mut self) {
        let status = unsafe { earnest_chain_release(self.handle) };
        assert_eq!(status == OK, self.live);
        assert!(!self.live || self.memory.iter().all(|word| *word == 0));
        self.live = false;
    }

    pub(crate) fn step(&mut self, bytes: &mut Bytes) {
        let handle = match bytes.byte() {
            0 => null_mut(),
            1 => self.handle.cast::<u8>().wrapping_add(4).cast(),
            _ => self.handle,
        };
        let good = self.live && handle == self.handle;
        let mut notes = Notes { handle, told: 0, permit: None, prompt: None };
        let context: *mut c_void = (&raw mut notes).cast();
        match bytes.byte() % 12 {
            0..=2 if !self.live => self.init(bytes),
            0 => self.end(),
            1 => {
                let status = self.kept.exchange(bytes, |number, list, bytes| unsafe {
                    earnest_chain_set_list(handle, number, list, bytes, null_mut())
                });
                assert!(status != OK || good);
            }
            2 => unsafe {
                let (mut open, mut muted, mut now, mut written) = (7, 7, 0, 0);
                assert_eq!(earnest_chain_is_open(handle, &mut open) == OK, good);
                assert_eq!(earnest_chain_is_muted(handle, &mut muted) == OK, good);
                assert_eq!(earnest_chain_now(handle, &mut now) == OK, good);
                earnest_chain_clock(handle, bytes.long(), bytes.word() as i16);
                if earnest_chain_journal_end(handle, &mut written, null_mut()) == OK {
                    assert!(written <= self.journal.len());
                }
                if bytes.byte() & 3 == 0 {
                    earnest_chain_journal_rotate(handle);
                }
            },
            3 => self.redeem(bytes, handle, good),
            4..=7 => {
                let mut now = 0;
                unsafe { earnest_chain_now(handle, &mut now) };
                let input = self.input(bytes, now);
                let status =
                    unsafe { earnest_chain_report(handle, &input, Some(tell), context, null_mut()) };
                assert!(status == OK && good || notes.told == 0);
            }
            _ => {
                let (pcm, mut taken) = (samples(bytes), usize::MAX);
                let (_played, at) = reference(bytes, &pcm, self.handle.cast());
                let (heard, samples, tell) = (pcm.as_ptr(), pcm.len(), Some(tell as unsafe extern "C" fn(_, _)));
                let status = match at {
                    None => unsafe { earnest_chain_push(handle, heard, samples, &mut taken, tell, context) },
                    Some(at) => unsafe {
                        earnest_chain_push_with_reference(handle, heard, at, samples, &mut taken, tell, context)
                    },
                };
                assert!(good || status != OK);
                assert!(status != OK || taken == pcm.len());
                assert!(notes.told <= (pcm.len() / 160 + 1) * EARNEST_CHAIN_TOLD_MOST);
            }
        }
        self.permit = notes.permit.or(self.permit.take());
        self.prompt = notes.prompt.or(self.prompt);
    }

    fn init(&mut self, bytes: &mut Bytes) {
        let mut listener = MaybeUninit::<Config>::uninit();
        let mut policy = MaybeUninit::<Policy>::uninit();
        let mut config = MaybeUninit::<ChainConfig>::uninit();
        let (mut listener, mut policy, mut config) = unsafe {
            assert_eq!(earnest_config_default(listener.as_mut_ptr(), size_of::<Config>()), OK);
            assert_eq!(earnest_policy_default(policy.as_mut_ptr(), size_of::<Policy>()), OK);
            assert_eq!(earnest_chain_config_default(config.as_mut_ptr(), size_of::<ChainConfig>()), OK);
            (listener.assume_init(), policy.assume_init(), config.assume_init())
        };
        let (commands, mut answers) = (self.kept.config(bytes), self.kept.config(bytes));
        answers.model = null();
        listener.pre_roll_samples = 1 + u32::from(bytes.byte()) * 8;
        listener.vad_threshold = 0.05;
        match bytes.byte() % 4 {
            0 => {}
            1 => listener.reference = 1,
            2 => (listener.reference, listener.reference_similarity) = (1, bytes.float()),
            _ => (listener.reference, listener.reference_max_delay_ms) = (1, bytes.size() as u32 % 1100),
        }
        if bytes.byte() & 1 != 0 {
            let wake = Made::new(bytes, NET);
            (listener.model, listener.model_bytes) = (wake.pointer(), wake.1);
            (listener.own_threshold, listener.threshold) = (1, bytes.float());
            self.kept.images.push(wake);
        }
        let actions: Vec<Action> = (0..3)
            .map(|id| Action {
                id,
                action_class: id,
                tier: u32::from(bytes.byte() % 4),
                slots: 0,
                loud: 0,
                phrase_phones: 10,
            })
            .collect();
        policy.provisioned = 7;
        (policy.actions, policy.action_count) = (actions.as_ptr(), actions.len());
        for limits in &mut policy.tiers[..2] {
            (limits.required_log_odds, limits.min_intent_probability) = (-6.0, 0.5);
            limits.max_nobody_probability = 0.5;
        }
        self.journal.resize(128 * usize::from(bytes.byte() % 64), 0);
        if bytes.byte() & 1 == 0 {
            self.journal.fill(0);
        }
        (policy.journal, policy.journal_bytes) = (self.journal.as_mut_ptr().cast(), self.journal.len());
        policy.recording_samples = u32::from(bytes.byte()) * 64;
        let count = |config: &CommandsConfig| {
            let mut facts = GrammarFacts::default();
            let image = config.grammar;
            unsafe { earnest_grammar_check(image, config.grammar_bytes, &mut facts, null_mut()) };
            facts.meanings.min(1000) as usize
        };
        let (odd, seed) = (usize::from(bytes.byte() == 1), u32::from(bytes.byte()));
        let action = |n: usize| if n % 7 == 6 { u32::MAX } else { (n as u32 + seed) % 3 };
        let meanings: Vec<CommandMeaning> = (0..count(&commands) + odd)
            .map(|n| CommandMeaning { action: action(n), slot_count: 0, slots: [0; 8] })
            .collect();
        let told: Vec<AnswerMeaning> = (0..count(&answers))
            .map(|n| AnswerMeaning { kind: (n as u32 + seed) % 3, names_class: n as u32 % 3 })
            .collect();
        (config.command_meanings, config.command_meaning_count) = (meanings.as_ptr(), meanings.len());
        (config.answer_meanings, config.answer_meaning_count) = (told.as_ptr(), told.len());
        (config.listener, config.commands) = (&listener, &commands);
        (config.answers, config.policy) = (&answers, &policy);
        config.recent_frames = 1 + u32::from(bytes.byte());
        match bytes.byte() {
            1 => config.commands = null(),
            2 => config.policy = null(),
            3 => config.recent_frames = bytes.word(),
            4 => config.wake_nats = bytes.float(),
            5 => config.size = bytes.size() as u32 % size_of::<ChainConfig>() as u32,
            _ => config.shortest_unknown_ms = u32::from(bytes.byte()) * 4,
        }
        let (mut needed, mut error) = (0, MaybeUninit::<Error>::uninit());
        let error = error.as_mut_ptr();
        if unsafe { earnest_chain_required_bytes(&config, &mut needed, error) } != OK || needed > MAX_BYTES {
            return;
        }
        self.memory = vec![bytes.long(); needed / 8];
        let given = if bytes.byte() == 1 { needed - 8 } else { needed };
        let memory = self.memory.as_mut_ptr().cast();
        let status = unsafe { earnest_chain_init(memory, given, &config, &mut self.handle, error) };
        assert_eq!(status == OK, !self.handle.is_null());
        self.live = status == OK;
    }

    fn input(&self, bytes: &mut Bytes, now: u64) -> Input {
        let mut input = Input {
            size: size_of::<Input>() as u32,
            kind: u32::from(bytes.byte() % 13),
            nats: 6.0,
            action: u32::from(bytes.byte() % 4),
            probability: 0.99,
            yes: 1,
            phones: 10,
            names_act: 1,
            prompt: self.prompt.unwrap_or(0),
            ..Input::default()
        };
        let length = u64::from(bytes.byte()) * 64;
        (input.start, input.end) = (now.saturating_sub(length), now);
        (input.around.stretch_start, input.around.stretch_end) = (input.start, input.end);
        (input.around.quiet_samples, input.around.talk_window_samples) = (32_000, 160_000);
        if bytes.byte() == 0 {
            (input.start, input.end) = (bytes.long(), bytes.long());
        }
        input
    }

    fn redeem(&mut self, bytes: &mut Bytes, handle: *mut ChainHandle, good: bool) {
        let (mut permit, act) = self.permit.unwrap_or_default();
        if bytes.byte() == 0 {
            permit.opaque[0] ^= bytes.long();
        }
        let given = permit;
        let (mut pcm, mut count) = (vec![0i16; 255 * 64], usize::MAX);
        let mut told = MaybeUninit::<Told>::uninit();
        let status = unsafe {
            earnest_chain_redeem(
                handle,
                &mut permit,
                &act,
                0,
                pcm.as_mut_ptr(),
                pcm.len(),
                &mut count,
                told.as_mut_ptr(),
            )
        };
        assert!(status != OK || good && self.permit.is_some_and(|(known, _)| known == given));
        if status == OK {
            assert_eq!((unsafe { told.assume_init() }.kind, permit), (9, Permit::default()));
            assert!(count <= pcm.len());
        }
    }
}
