//! Commands from C: those of the Rust library, every status, what the memory holds afterwards, and that nothing is allocated.
#![allow(clippy::undocumented_unsafe_blocks, reason = "wrong pointers are what is tested")]

use crate::api::CommandsHandle;
use crate::api::command_ffi::*;
use crate::api::command_types::*;
use crate::api::types::{Error, Status};
use crate::tests::{field, in_real_time, no_error};
use earnest_core::Storage;
use earnest_core::confidence::{ConfidenceWeights, Judge, Verdict};
use earnest_core::intent::{
    Compiled, Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, Heard, Item, ListImage, Listener,
    ListenerConfig, Rescorer, compile,
};
use earnest_core::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest_core::nn::{Model, Net};
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr::{null, null_mut};

/// So loose that talk in a kitchen has a way through it, slots included.
const LOOSE: &str = "intents: {A: {data: [{sentences: ['[{a}] [{a}] [{a}] [{a}] {a}'], slots: {b: c}}]}}\n\
                     lists: {a: {values: [water, the, a, to, me]}}";

/// Words of memory, so that the model in it is aligned.
pub(crate) struct Aligned(Vec<u64>, usize);

impl Aligned {
    pub(crate) fn new(bytes: &[u8]) -> Aligned {
        let mut words = vec![0u64; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Aligned(words, bytes.len())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.0)[..self.1]
    }
}

pub(crate) fn phones_s() -> Aligned {
    Aligned::new(include_bytes!("../../models/phones-s.int8.ear"))
}

pub(crate) fn lexicon() -> Lexicon<'static> {
    Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(&include_bytes!("../../models/g2p-en.bin")[..]).unwrap())
}

pub(crate) fn compiled(yaml: &str) -> Compiled {
    compile(&Grammar::from_yaml("test.yaml", yaml).unwrap(), &lexicon()).unwrap()
}

fn flac(name: &str) -> Vec<i16> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kitchen").join(name);
    let mut reader = claxon::FlacReader::open(path).unwrap();
    reader.samples().map(|sample| sample.unwrap() as i16).collect()
}

fn kitchen() -> Vec<i16> {
    let mut pcm = flac("background.flac");
    pcm.truncate(20 * 16_000);
    pcm
}

/// What commands are listened for with.
struct Setup {
    model: Aligned,
    compiled: Compiled,
    lists: Vec<Image>,
    paths: u32,
}

impl Setup {
    fn new(yaml: &str, model: Aligned, paths: u32) -> Setup {
        let compiled = compiled(yaml);
        let lists = compiled.lists.iter().map(|list| image(list)).collect();
        Setup { model, compiled, lists, paths }
    }

    fn loose() -> Setup {
        Setup::new(LOOSE, phones_s(), 500)
    }

    fn config(&self) -> CommandsConfig {
        let mut config = MaybeUninit::<CommandsConfig>::uninit();
        let status =
            unsafe { earnest_commands_config_default(config.as_mut_ptr(), size_of::<CommandsConfig>()) };
        assert_eq!(status, 0);
        let (model, grammar) = (self.model.bytes(), &self.compiled.grammar);
        CommandsConfig {
            paths: self.paths,
            records: 4 * self.paths,
            judged_frames: 1000,
            slot_frames: 1000,
            model: model.as_ptr().cast(),
            model_bytes: model.len(),
            grammar: grammar.as_ptr().cast(),
            grammar_bytes: grammar.len(),
            lists: self.lists.as_ptr(),
            list_count: self.lists.len(),
            ..unsafe { config.assume_init() }
        }
    }

    /// The Rust library's listener of the same.
    fn listener(&self) -> (Listener<'static>, Judge<'static>) {
        let lists = self.compiled.lists.iter().map(|list| ListImage::new(list.clone()).unwrap());
        let lists = Storage::Owned(lists.collect::<Vec<_>>().into());
        let memory = DecoderMemory::owned(self.paths as usize, 1000);
        let grammar = GrammarImage::new(self.compiled.grammar.clone()).unwrap();
        let decoder = Decoder::new(DecoderConfig::default(), grammar, lists, memory).unwrap();
        let net = Net::owned(Model::new(self.model.bytes().to_vec()).unwrap());
        let listener = Listener::new(ListenerConfig::default(), net, decoder).unwrap();
        let judge = Judge::new(ConfidenceWeights::phones_m(), Storage::owned(Rescorer::REQUIRED)).unwrap();
        (listener, judge)
    }
}

fn image(bytes: &[u8]) -> Image {
    Image { image: bytes.as_ptr().cast(), bytes: bytes.len() }
}

struct Made {
    memory: Vec<u64>,
    handle: *mut CommandsHandle,
}

impl Made {
    fn new(config: &CommandsConfig) -> Made {
        let (mut bytes, mut handle) = (0, null_mut());
        assert_eq!(unsafe { earnest_commands_required_bytes(config, &mut bytes, null_mut()) }, 0);
        let mut memory = vec![0x0123_4567_89ab_cdef; bytes / 8];
        let mut error = no_error();
        let status = unsafe {
            earnest_commands_init(memory.as_mut_ptr().cast(), bytes, config, &mut handle, &mut error)
        };
        assert_eq!((status, handle.is_null()), (0, false), "{error:?}");
        Made { memory, handle }
    }

    fn begin(&self, first: u64, from: u64) {
        assert_eq!(unsafe { earnest_commands_begin(self.handle, first, from) }, 0);
    }

    fn commands(&self, pcm: &[i16], chunk: usize) -> Vec<Command> {
        let mut told = Vec::with_capacity(100);
        in_real_time(|| {
            for mut chunk in pcm.chunks(chunk) {
                loop {
                    let (mut taken, mut command) = (usize::MAX, Command::NONE);
                    let status = unsafe {
                        earnest_commands_push(
                            self.handle,
                            chunk.as_ptr(),
                            chunk.len(),
                            &mut taken,
                            &mut command,
                        )
                    };
                    assert_eq!(status, 0);
                    chunk = &chunk[taken..];
                    if command.kind == CommandKind::None as u32 {
                        assert!(chunk.is_empty());
                        break;
                    }
                    told.push(command);
                }
            }
            let mut command = Command::NONE;
            assert_eq!(unsafe { earnest_commands_end(self.handle, &mut command) }, 0);
            if command.kind != CommandKind::None as u32 {
                told.push(command);
            }
        });
        told
    }
}

fn words(text: Text) -> String {
    if text.text.is_null() {
        return String::new();
    }
    let bytes = unsafe { std::slice::from_raw_parts(text.text.cast::<u8>(), text.bytes) };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What the Rust library heard, and where each of its slots lies.
type Expected = (Heard, Option<Verdict>, Vec<(u64, u64, Vec<String>)>, String);

fn rust_commands(setup: &Setup, pcm: &[i16]) -> Vec<Expected> {
    let (mut listener, mut judge) = setup.listener();
    let mut all: Vec<Expected> = Vec::new();
    let mut tell = |decoder: &Decoder<'_>, heard: Heard| {
        let verdict = judge.judge(decoder, &heard);
        let mut items = [Item::default(); 64];
        let count = heard.best.map_or(0, |best| decoder.items(&best, &mut items));
        let origin = heard.words.start.0 - 320 * u64::from(items[0].first_frame);
        let slots = items[..count]
            .iter()
            .filter(|item| item.slot.is_some())
            .zip(verdict.iter().flat_map(Verdict::slots));
        let slots = slots.map(|(item, said)| {
            let at = |frame: u32| origin + 320 * u64::from(frame);
            let list = decoder.list(said.list).unwrap();
            let values = said.values().iter().map(|one| list.value(one.value).to_string());
            (at(item.first_frame), at(item.last_frame + 1), values.collect())
        });
        let intent = heard.best.map_or(String::new(), |best| decoder.grammar().intent(best.meaning).into());
        all.push((heard, verdict, slots.collect(), intent));
    };
    listener.push(pcm, &mut tell);
    listener.finish(&mut tell);
    all
}

fn same(told: &[Command], expected: &[Expected]) {
    assert_eq!(told.len(), expected.len());
    for (told, (heard, verdict, slots, intent)) in told.iter().zip(expected) {
        let spans = [told.start, told.end, told.speech_start, told.speech_end, told.decided];
        let Heard { best, speech, words: span, decided, snr_db } = heard;
        assert_eq!(spans, [span.start.0, span.end.0, speech.start.0, speech.end.0, decided.0]);
        assert_eq!(told.snr_db, *snr_db);
        let (Some(best), Some(verdict)) = (best, verdict) else {
            assert_eq!((told.kind, told.meaning), (CommandKind::Unknown as u32, u32::MAX));
            continue;
        };
        assert_eq!((told.kind, told.meaning), (CommandKind::Understood as u32, best.meaning));
        assert_eq!((told.score, told.probability), (best.score, verdict.command));
        assert_eq!((told.whole, &words(told.intent)), (verdict.whole(), intent));
        assert_eq!(told.slot_count as usize, verdict.slots().len());
        for ((said, expected), (start, end, values)) in told.slots.iter().zip(verdict.slots()).zip(slots) {
            assert_eq!(
                (said.slot, said.list, said.not_listed),
                (expected.slot, expected.list, expected.not_listed)
            );
            assert_eq!((said.start, said.end), (*start, *end));
            let told = &said.values[..said.value_count as usize];
            let numbers: Vec<_> = expected.values().iter().map(|one| (one.value, one.probability)).collect();
            assert_eq!(told.iter().map(|one| (one.value, one.probability)).collect::<Vec<_>>(), numbers);
            assert_eq!(&told.iter().map(|one| words(one.text)).collect::<Vec<_>>(), values);
        }
    }
}

#[test]
fn the_commands_are_those_of_the_rust_library() {
    let (setup, pcm) = (Setup::loose(), kitchen());
    let expected = rust_commands(&setup, &pcm);
    let made = Made::new(&setup.config());
    for chunk in [160, 37, pcm.len()] {
        made.begin(0, 0);
        let told = made.commands(&pcm, chunk);
        assert!(
            told.iter().any(|command| command.slot_count > 1 && command.slots[0].value_count > 1),
            "{told:?}"
        );
        same(&told, &expected);
    }
}

/// Orders of coffee, with their lists, by the larger model: more than 50 people, where their recordings are at hand.
#[test]
fn orders_of_coffee_are_those_of_the_rust_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../../shared/data/command/coffee");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return eprintln!("skipped: ../shared/data/command/coffee is not there");
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ogg"));
    files.sort();
    let yaml = std::fs::read_to_string(root.join("../examples/grammars/coffee.yaml")).unwrap();
    let model = std::fs::read(root.join("../models/phones-m.int8.ear")).unwrap();
    let setup = Setup::new(&yaml, Aligned::new(&model), 1000);
    let made = Made::new(&setup.config());
    let mut slots = 0;
    for file in files.iter().take(10) {
        let mut reader =
            lewton::inside_ogg::OggStreamReader::new(std::fs::File::open(file).unwrap()).unwrap();
        let mut pcm: Vec<i16> = Vec::new();
        while let Some(packet) = reader.read_dec_packet_itl().unwrap() {
            pcm.extend(packet);
        }
        made.begin(0, 0);
        let told = made.commands(&pcm, 160);
        slots += told.iter().map(|command| command.slot_count).sum::<u32>();
        same(&told, &rust_commands(&setup, &pcm));
    }
    assert!(slots >= 10, "{slots} slots");
}

#[test]
fn samples_may_have_other_numbers() {
    let (setup, pcm) = (Setup::loose(), kitchen());
    let made = Made::new(&setup.config());
    let told = made.commands(&pcm, 160);
    let (mut now, first) = (0, 1_000_000);
    made.begin(first, first);
    let later = made.commands(&pcm, 160);
    assert_eq!(unsafe { earnest_commands_now(made.handle, &mut now) }, 0);
    assert!(now >= first + pcm.len() as u64);
    let times = |all: &[Command], less: u64| -> Vec<[u64; 3]> {
        all.iter()
            .map(|command| {
                [command.start - less, command.slots[0].end.saturating_sub(less), command.decided - less]
            })
            .collect()
    };
    assert_eq!(times(&later, first), times(&told, 0));
    // What lies before `from` is no command.
    let from = told[0].decided;
    made.begin(0, from);
    assert!(made.commands(&pcm, 160).iter().all(|command| command.speech_start >= from));
}

#[test]
fn from_init_to_release_nothing_is_allocated_and_nothing_is_left_in_memory() {
    let (setup, pcm) = (Setup::loose(), kitchen());
    let config = setup.config();
    let list =
        compiled("intents: {A: {data: [{sentences: ['{a}']}]}}\nlists: {a: {values: [tea, beer]}}").lists;
    let mut bytes = 0;
    assert_eq!(unsafe { earnest_commands_required_bytes(&config, &mut bytes, null_mut()) }, 0);
    let mut memory = vec![u64::MAX; bytes / 8 + 1];
    let pointer = memory.as_mut_ptr();
    in_real_time(|| unsafe {
        let (mut handle, mut needed, mut facts) = (null_mut(), 0, GrammarFacts::default());
        let (mut taken, mut command) = (0, Command::NONE);
        let (mut text, mut value) = (Text::NONE, Text::NONE);
        assert_eq!(earnest_grammar_check(config.grammar, config.grammar_bytes, &mut facts, null_mut()), 0);
        assert_eq!(facts, GrammarFacts { meanings: 1, lists: 1, slots: 2, words: 0, values: 0 });
        for (kind, expected) in [(NameKind::Intent, "A"), (NameKind::List, "a"), (NameKind::Slot, "a")] {
            assert_eq!(
                earnest_grammar_name(config.grammar, config.grammar_bytes, kind as u32, 0, &mut text),
                0
            );
            assert_eq!(std::slice::from_raw_parts(text.text.cast::<u8>(), text.bytes), expected.as_bytes());
        }
        assert_eq!(
            earnest_grammar_fixed(config.grammar, config.grammar_bytes, 0, 0, &mut text, &mut value),
            0
        );
        assert_eq!(std::slice::from_raw_parts(text.text.cast::<u8>(), text.bytes), b"b");
        assert_eq!(std::slice::from_raw_parts(value.text.cast::<u8>(), value.bytes), b"c");
        assert_eq!(earnest_commands_required_bytes(&config, &mut needed, null_mut()), 0);
        assert_eq!(earnest_commands_init(pointer.cast(), bytes, &config, &mut handle, null_mut()), 0);
        assert_eq!(earnest_commands_push(handle, pcm.as_ptr(), 160_000, &mut taken, &mut command), 0);
        assert_eq!(
            earnest_commands_set_list(handle, 0, list[0].as_ptr().cast(), list[0].len(), null_mut()),
            0
        );
        assert_eq!(earnest_commands_begin(handle, 0, 0), 0);
        assert_eq!(earnest_commands_push(handle, pcm.as_ptr(), 160_000, &mut taken, &mut command), 0);
        assert_eq!(earnest_commands_end(handle, &mut command), 0);
        assert_eq!(earnest_commands_release(handle), 0);
        // Twice is no fault.
        assert_eq!(earnest_commands_release(handle), Status::BadListener as i32);
        let status = earnest_commands_push(handle, pcm.as_ptr(), 1, &mut taken, &mut command);
        assert_eq!((status, needed), (Status::BadListener as i32, bytes));
    });
    assert!(memory[..bytes / 8].iter().all(|word| *word == 0));
    assert_eq!(memory[bytes / 8], u64::MAX);
}

#[test]
fn after_begin_nothing_is_left_in_memory_of_what_was_heard() {
    let (setup, pcm) = (Setup::loose(), kitchen());
    let made = Made::new(&setup.config());
    made.begin(0, 0);
    // The head alone says how full everything is; all behind it must be as if nothing had been heard.
    let head = size_of::<CommandsHandle>() / 8;
    let fresh = made.memory[head..].to_vec();
    made.commands(&pcm, 160);
    assert!(made.memory[head..] != fresh[..]);
    made.begin(0, 0);
    let changed = made.memory[head..].iter().zip(&fresh).filter(|(a, b)| a != b).count();
    assert_eq!(changed, 0, "words that are not as new");
}

#[test]
fn other_values_for_a_list() {
    let (setup, pcm) = (Setup::loose(), kitchen());
    let made = Made::new(&setup.config());
    let other =
        compiled("intents: {A: {data: [{sentences: ['{a}']}]}}\nlists: {a: {values: [potato, Ann]}}").lists;
    let set = |list, image: *const u8, bytes| {
        let mut error = no_error();
        let status = unsafe { earnest_commands_set_list(made.handle, list, image.cast(), bytes, &mut error) };
        (status, error)
    };
    assert_eq!(set(0, other[0].as_ptr(), other[0].len()).0, 0);
    let told = made.commands(&pcm, 160);
    let values: Vec<String> = told
        .iter()
        .flat_map(|command| &command.slots[..command.slot_count as usize])
        .flat_map(|slot| &slot.values[..slot.value_count as usize])
        .map(|value| words(value.text))
        .collect();
    assert!(
        !values.is_empty() && values.iter().all(|value| value == "potato" || value == "Ann"),
        "{values:?}"
    );
    let (status, error) = set(1, other[0].as_ptr(), other[0].len());
    assert_eq!((status, field(&error), error.actual), (Status::OutOfRange as i32, "list", 1.0));
    let (status, error) = set(0, other[0].as_ptr(), other[0].len() - 1);
    assert_eq!((status, field(&error)), (Status::BadModel as i32, "list: bytes"));
    assert_eq!(set(0, null(), 10).0, Status::NullPointer as i32);
    assert_eq!(set(0, made.handle.cast(), 100).0, Status::Overlap as i32);
}

#[test]
fn what_is_wrong_is_told_with_numbers() {
    let setup = Setup::loose();
    let good = setup.config();
    let damaged: Vec<u8> =
        setup.compiled.grammar.iter().enumerate().map(|(n, byte)| byte ^ u8::from(n == 70)).collect();
    let confidence = [0.0f32; EARNEST_CONFIDENCE_NUMBERS];
    let nan = [f32::NAN; EARNEST_CONFIDENCE_NUMBERS];
    let with = |change: &dyn Fn(&mut CommandsConfig)| {
        let mut config = good;
        change(&mut config);
        let (mut bytes, mut error) = (0, no_error());
        let status = unsafe { earnest_commands_required_bytes(&config, &mut bytes, &mut error) };
        let required = (status, field(&error).to_string());
        if status == 0 {
            let mut memory = vec![0u64; bytes / 8];
            let mut handle = std::ptr::dangling_mut::<CommandsHandle>();
            let status = unsafe {
                earnest_commands_init(memory.as_mut_ptr().cast(), bytes, &config, &mut handle, &mut error)
            };
            assert_eq!(status != 0, handle.is_null());
            assert!(status == 0 || memory.iter().all(|word| *word == 0));
            return (status, field(&error).to_string());
        }
        required
    };
    assert_eq!(with(&|_| ()).0, 0);
    assert_eq!(with(&|c| (c.confidence, c.confidence_count) = (confidence.as_ptr(), confidence.len())).0, 0);
    type Change<'c> = &'c dyn Fn(&mut CommandsConfig);
    let cases: [(Change<'_>, Status, &str); 21] = [
        (&|c| c.size = 20, Status::BadSize, "size"),
        (&|c| c.paths = 15, Status::OutOfRange, "paths"),
        (&|c| c.records = 63, Status::OutOfRange, "records"),
        (&|c| c.judged_frames = 3001, Status::OutOfRange, "judged_frames"),
        (&|c| c.slot_frames = 3001, Status::OutOfRange, "slot_frames"),
        (&|c| c.model = null(), Status::NullPointer, "model"),
        (&|c| c.model = c.model.wrapping_byte_add(1), Status::Misaligned, "model"),
        (&|c| c.model_bytes -= 1, Status::BadModel, "model_bytes"),
        (&|c| c.grammar = null(), Status::NullPointer, "grammar"),
        (&|c| c.grammar_bytes -= 1, Status::BadModel, "grammar: bytes"),
        (&|c| c.grammar = damaged.as_ptr().cast(), Status::BadModel, "grammar: checksum"),
        (&|c| c.list_count = 0, Status::OutOfRange, "list_count"),
        (&|c| c.lists = null(), Status::NullPointer, "lists"),
        (&|c| c.confusions = damaged.as_ptr().cast(), Status::OutOfRange, "bytes of confusions"),
        (
            &|c| (c.confidence, c.confidence_count) = (confidence.as_ptr(), 24),
            Status::OutOfRange,
            "confidence_count",
        ),
        (
            &|c| (c.confidence, c.confidence_count) = (nan.as_ptr(), nan.len()),
            Status::OutOfRange,
            "confidence weights",
        ),
        (&|c| c.beam_nats = f32::NAN, Status::OutOfRange, "beam_nats"),
        (&|c| c.floor = 0.6, Status::OutOfRange, "floor"),
        (&|c| c.end_ms = 10, Status::OutOfRange, "end_ms"),
        (&|c| c.vad_threshold = 2.0, Status::OutOfRange, "vad_threshold"),
        (&|c| c.longest_ms = 1, Status::OutOfRange, "longest_ms"),
    ];
    for (n, (change, status, name)) in cases.iter().enumerate() {
        assert_eq!(with(change), (*status as i32, name.to_string()), "case {n}");
    }
}

#[test]
fn wrong_memory_and_wrong_pointers_are_refused() {
    let setup = Setup::loose();
    let config = setup.config();
    let mut bytes = 0;
    assert_eq!(unsafe { earnest_commands_required_bytes(&config, &mut bytes, null_mut()) }, 0);
    let mut memory = vec![0u64; bytes / 8];
    let start = memory.as_mut_ptr();
    let init = |memory: *mut u64, bytes, config: *const CommandsConfig| {
        let mut handle = null_mut();
        unsafe { earnest_commands_init(memory.cast(), bytes, config, &mut handle, null_mut()) }
    };
    let statuses = [
        init(null_mut(), bytes, &config),
        init(start.wrapping_byte_add(4), bytes - 4, &config),
        init(start, bytes - 1, &config),
        init(start, bytes, null()),
        init(setup.model.bytes().as_ptr().cast_mut().cast(), bytes, &config),
        unsafe { earnest_commands_init(start.cast(), bytes, &config, start.cast(), null_mut()) },
    ];
    use Status::{Misaligned, NullPointer, Overlap, TooSmall};
    let expected = [NullPointer, Misaligned, TooSmall, NullPointer, Overlap, Overlap];
    assert_eq!(statuses, expected.map(|status| status as i32));
    let made = Made::new(&config);
    let (mut taken, mut command, pcm) = (0, Command::NONE, [0i16; 10]);
    let inside = made.handle.cast::<u8>().wrapping_add(64);
    let push = |handle, pcm: *const i16, taken: *mut usize, command: *mut Command| unsafe {
        earnest_commands_push(handle, pcm, 10, taken, command)
    };
    let handle = made.handle;
    assert_eq!(push(null_mut(), pcm.as_ptr(), &mut taken, &mut command), Status::NullPointer as i32);
    assert_eq!(push(handle, null(), &mut taken, &mut command), Status::NullPointer as i32);
    assert_eq!(push(handle, inside.cast(), &mut taken, &mut command), Status::Overlap as i32);
    assert_eq!(push(handle, pcm.as_ptr(), inside.cast(), &mut command), Status::Overlap as i32);
    assert_eq!(push(handle, pcm.as_ptr(), &mut taken, inside.cast()), Status::Overlap as i32);
    assert_eq!(push(handle, pcm.as_ptr(), &mut taken, null_mut()), Status::NullPointer as i32);
    // A copy of it elsewhere is none.
    let mut moved = made.memory.clone();
    let elsewhere = moved.as_mut_ptr().cast();
    assert_eq!(push(elsewhere, pcm.as_ptr(), &mut taken, &mut command), Status::BadListener as i32);
    let mut text = Text::NONE;
    let name = |kind, number, text: *mut Text| unsafe {
        earnest_grammar_name(config.grammar, config.grammar_bytes, kind, number, text)
    };
    assert_eq!(name(NameKind::Intent as u32, 1, &mut text), Status::OutOfRange as i32);
    assert_eq!(name(NameKind::Value as u32, 0, &mut text), Status::OutOfRange as i32);
    assert_eq!(name(5, 0, &mut text), Status::OutOfRange as i32);
    assert_eq!(name(0, 0, null_mut()), Status::NullPointer as i32);
    let mut error: Error = no_error();
    let mut facts = GrammarFacts::default();
    let status = unsafe { earnest_grammar_check(config.model, config.model_bytes, &mut facts, &mut error) };
    assert_eq!((status, field(&error)), (Status::BadModel as i32, "grammar: magic"));
}
