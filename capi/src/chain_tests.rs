//! The whole chain from C: told the same as the Rust library's, journal and all; every refusal of the interface; nothing is
//! allocated.
#![allow(clippy::undocumented_unsafe_blocks, reason = "wrong pointers are what is tested")]

use crate::api::ChainHandle;
use crate::api::chain_ffi::*;
use crate::api::chain_types::{self as c, *};
use crate::api::command_types::{Command, CommandsConfig, Image};
use crate::api::ffi::earnest_config_default;
use crate::api::guard_ffi::earnest_policy_default;
use crate::api::guard_types::{
    Act, Action, EARNEST_NO_NUMBER, EARNEST_SLOTS, Input, InputKind, Permit, Policy, Surroundings, Told,
    ToldKind,
};
use crate::api::types::{Config, Error, Event, Status};
use crate::command_tests::{Aligned, compiled};
use crate::tests::{field, in_real_time, no_error};
use earnest_core::Storage;
use earnest_core::audio::SampleIndex;
use earnest_core::chain::{self, Chain, ChainParts, Meanings};
use earnest_core::confidence::{ConfidenceWeights, Judge};
use earnest_core::guard::{
    self, ClassSet, Guard, GuardConfig, Output, OwnerId, Policy as CorePolicy, Recording, Tier,
};
use earnest_core::intent::{
    Compiled, Decoder, DecoderConfig, DecoderMemory, GrammarImage, ListImage, Rescorer,
};
use earnest_core::journal::{Anchor, ENTRY_BYTES, Entry, Journal};
use earnest_core::nn::{Model, Net};
use earnest_core::spotter::net::{NetConfig, NetModel, NetSpotter};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

const ENTRIES: usize = 60;
const COMMANDS: &str = "intents: {SendMessage: {data: [{sentences: ['send a message to {contact}']}]}}\n\
                        lists: {contact: {values: [Denise, Andrew, Olivia, Martha]}}";
const LIGHTS: &str = "intents: {SendMessage: {data: [{sentences: ['turn on the {contact} light']}]}}\n\
                      lists: {contact: {values: [bedroom, kitchen]}}";
const ANSWERS: &str = "intents:
  Confirm: {data: [{sentences: ['yes send it'], slots: {names: messages}}]}
  Deny: {data: [{sentences: ['no thanks']}]}
";
const PATHS: u32 = 2000;

fn raw(bytes: &[u8]) -> Vec<i16> {
    bytes.as_chunks().0.iter().map(|two| i16::from_le_bytes(*two)).collect()
}

fn portland() -> Vec<i16> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/portland/wanted.flac");
    let mut reader = claxon::FlacReader::open(path).unwrap();
    reader.samples().map(|sample| sample.unwrap() as i16).collect()
}

/// What a chain is made of, from C and from Rust alike.
struct Setup {
    wake: Option<Aligned>,
    phones: Aligned,
    commands: Compiled,
    answers: Compiled,
    lists: Vec<Image>,
    tier: Tier,
    journal: Vec<u8>,
}

impl Setup {
    fn new(commands: &str, tier: Tier, wake: bool) -> Setup {
        let commands = compiled(commands);
        let lists = commands
            .lists
            .iter()
            .map(|list| Image { image: list.as_ptr().cast(), bytes: list.len() })
            .collect();
        Setup {
            wake: wake.then(|| Aligned::new(include_bytes!("../../models/wake-alexa.ear"))),
            phones: Aligned::new(include_bytes!("../../models/phones-m.int8.ear")),
            commands,
            answers: compiled(ANSWERS),
            lists,
            tier,
            journal: vec![0; ENTRIES * ENTRY_BYTES],
        }
    }

    /// A message is sent, with the wake phrase reported by a button.
    fn message() -> Setup {
        Setup::new(COMMANDS, Tier::Disclosing, false)
    }

    /// A light goes on, after the wake phrase.
    fn light() -> Setup {
        Setup::new(LIGHTS, Tier::Routine, true)
    }

    fn meanings(&self) -> usize {
        GrammarImage::new(&self.commands.grammar[..]).unwrap().meanings()
    }

    /// Calls `work` with the configuration.
    fn with<R>(&mut self, work: impl FnOnce(&mut Whole) -> R) -> R {
        let action =
            Action { id: 3, action_class: 1, tier: self.tier as u32, slots: 1, loud: 0, phrase_phones: 11 };
        let (mut listener, mut policy) = (MaybeUninit::<Config>::uninit(), MaybeUninit::<Policy>::uninit());
        assert_eq!(unsafe { earnest_config_default(listener.as_mut_ptr(), size_of::<Config>()) }, 0);
        assert_eq!(unsafe { earnest_policy_default(policy.as_mut_ptr(), size_of::<Policy>()) }, 0);
        let mut listener = unsafe { listener.assume_init() };
        listener.pre_roll_samples = 32_000;
        if let Some(wake) = &self.wake {
            (listener.model, listener.model_bytes) = (wake.bytes().as_ptr().cast(), wake.bytes().len());
        }
        let mut policy = unsafe { policy.assume_init() };
        (policy.id, policy.provisioned) = (7, 1 << 1);
        (policy.journal, policy.journal_bytes) = (self.journal.as_mut_ptr().cast(), self.journal.len());
        policy.recording_samples = 480_000;
        loosen(&mut policy.tiers[self.tier as usize]);
        let mut commands = CommandsConfig::new();
        (commands.paths, commands.records, commands.judged_frames, commands.slot_frames) =
            (PATHS, 4 * PATHS, 1600, 1600);
        let weights = confidence();
        let mut numbers = vec![weights.slots.score, weights.slots.phone];
        numbers.extend(weights.slots.not_listed);
        numbers.extend(weights.commands.linear);
        numbers.extend(weights.commands.hidden.as_flattened());
        numbers.extend(weights.commands.out);
        (commands.confidence, commands.confidence_count) = (numbers.as_ptr(), numbers.len());
        let mut answers = commands;
        (commands.model, commands.model_bytes) =
            (self.phones.bytes().as_ptr().cast(), self.phones.bytes().len());
        (commands.grammar, commands.grammar_bytes) =
            (self.commands.grammar.as_ptr().cast(), self.commands.grammar.len());
        (commands.lists, commands.list_count) = (self.lists.as_ptr(), self.lists.len());
        (answers.grammar, answers.grammar_bytes) =
            (self.answers.grammar.as_ptr().cast(), self.answers.grammar.len());
        let mut slots = [0; EARNEST_SLOTS];
        slots[0] = 0;
        let yes = c::AnswerMeaning { kind: AnswerKind::Yes as u32, names_class: 1 };
        let no = c::AnswerMeaning { kind: AnswerKind::No as u32, names_class: EARNEST_NO_NUMBER };
        let mut whole = Whole {
            actions: [action],
            listener,
            policy,
            commands,
            answers,
            command_meanings: vec![c::CommandMeaning { action: 3, slot_count: 1, slots }; self.meanings()],
            answer_meanings: vec![yes, no],
            config: ChainConfig { owner: 9, recent_frames: 250, ..ChainConfig::new() },
        };
        work(&mut whole)
    }
}

/// What is asked of confidence is little, and it is high: these tests are about the chain, not about how sure it is.
fn confidence() -> ConfidenceWeights {
    let mut weights = *ConfidenceWeights::phones_m();
    weights.commands.linear[0] += 3.0;
    weights
}

fn loosen(limits: &mut crate::api::guard_types::Limits) {
    (limits.min_intent_probability, limits.max_nobody_probability) = (0.5, 0.5);
    (limits.min_slot_probability, limits.min_slot_margin) = (0.5, 0.1);
    limits.min_confirmation_probability =
        if limits.confirm == 1 { 0.5 } else { limits.min_confirmation_probability };
    limits.required_log_odds = -6.0;
}

struct Whole {
    actions: [Action; 1],
    listener: Config,
    policy: Policy,
    commands: CommandsConfig,
    answers: CommandsConfig,
    command_meanings: Vec<c::CommandMeaning>,
    answer_meanings: Vec<c::AnswerMeaning>,
    config: ChainConfig,
}

impl Whole {
    fn config(&mut self) -> ChainConfig {
        self.policy.actions = self.actions.as_ptr();
        self.policy.action_count = self.actions.len();
        ChainConfig {
            listener: &self.listener,
            commands: &self.commands,
            answers: &self.answers,
            policy: &self.policy,
            command_meanings: self.command_meanings.as_ptr(),
            command_meaning_count: self.command_meanings.len(),
            answer_meanings: self.answer_meanings.as_ptr(),
            answer_meaning_count: self.answer_meanings.len(),
            ..self.config
        }
    }

    fn init(&mut self) -> Result<Made, Error> {
        let config = self.config();
        let (mut bytes, mut handle, mut error) = (0, null_mut(), no_error());
        if unsafe { earnest_chain_required_bytes(&config, &mut bytes, &mut error) } != 0 {
            return Err(error);
        }
        let mut memory = vec![u64::MAX; bytes / 8];
        let pointer = memory.as_mut_ptr().cast();
        let status =
            in_real_time(|| unsafe { earnest_chain_init(pointer, bytes, &config, &mut handle, &mut error) });
        assert_eq!(status == 0, !handle.is_null());
        if status != 0 {
            assert!(memory.iter().all(|word| *word == 0));
            return Err(error);
        }
        Ok(Made { memory, handle })
    }
}

struct Made {
    memory: Vec<u64>,
    handle: *mut ChainHandle,
}

/// What a chain told, in words that both sides use, and what a host must do about it.
struct Heard {
    lines: Vec<String>,
    asked: Option<u32>,
    permit: Option<(Permit, Act)>,
    recording: Vec<i16>,
    handle: *mut ChainHandle,
}

fn event_line(event: &Event) -> String {
    format!("{} {} {} {} {}", event.kind, event.start, event.end, event.decided, event.score.to_bits())
}

fn heard_line(gate: u32, command: &Command) -> String {
    let slots = command.slots[..command.slot_count as usize].iter();
    let slots: Vec<_> =
        slots.map(|slot| (slot.slot, slot.values[0].value, slot.not_listed.to_bits())).collect();
    let Command { meaning, start, end, decided, probability, .. } = command;
    format!("heard {gate} {meaning} {start} {end} {decided} {} {slots:?}", probability.to_bits())
}

fn told_line(told: &Told) -> String {
    format!("{} {} {} {} {} {:?}", told.kind, told.gate, told.reason, told.at, told.end, told.numbers)
}

unsafe extern "C" fn keep(context: *mut c_void, told: *const ChainTold) {
    let (kept, told) = unsafe { (&mut *context.cast::<Heard>(), *told) };
    // Its own chain is at work.
    assert_eq!(unsafe { earnest_chain_release(kept.handle) }, Status::Busy as i32);
    if let Some(event) = unsafe { told.event.as_ref() } {
        kept.lines.push(event_line(event));
    }
    if let Some(command) = unsafe { told.command.as_ref() } {
        kept.lines.push(heard_line(told.gate, command));
    }
    if let Some(told) = unsafe { told.told.as_ref() } {
        kept.lines.push(told_line(told));
        if told.kind == ToldKind::Say as u32 {
            kept.asked = Some(told.prompt);
        }
        if told.kind == ToldKind::Authorized as u32 {
            let act = Act { action: told.action, count: told.slots, values: told.values };
            kept.permit = Some((told.authorization, act));
        }
    }
}

fn report(kind: InputKind, prompt: u32) -> Input {
    Input { size: size_of::<Input>() as u32, kind: kind as u32, prompt, yes: 1, ..Input::default() }
}

/// The wake phrase, from a button.
const PRESSED: u64 = 52_800;

fn pressed() -> Input {
    let span = (42_880, PRESSED);
    Input {
        nats: 5.7,
        owner: 9,
        start: span.0,
        end: span.1,
        around: Surroundings {
            stretch_start: span.0,
            stretch_end: span.1,
            quiet_samples: 32_000,
            talk_samples: 9000,
            talk_window_samples: 160_000,
            ..Surroundings::default()
        },
        ..report(InputKind::Wake, 0)
    }
}

impl Made {
    /// What is told of `pcm` by a host that plays prompts of three seconds and a half. Chunks end where it has to report.
    fn hear(&self, pcm: &[i16], chunk: usize, button: bool) -> Heard {
        let mut heard = Heard {
            lines: Vec::new(),
            asked: None,
            permit: None,
            recording: Vec::new(),
            handle: self.handle,
        };
        let context: *mut c_void = (&raw mut heard).cast();
        let (mut now, mut playing) = (0u64, None);
        let tell = |input: &Input| {
            assert_eq!(
                unsafe { earnest_chain_report(self.handle, input, Some(keep), context, null_mut()) },
                0
            );
        };
        while now < pcm.len() as u64 {
            let stops = [
                Some(pcm.len() as u64),
                (button && now < PRESSED).then_some(PRESSED),
                playing.map(|(_, end)| end),
            ];
            let stop = stops.into_iter().flatten().min().unwrap();
            // A prompt begins with the frame after the one that asked for it.
            let until = stop.min(now + chunk as u64).min((now / 160 + 1) * 160);
            let (from, mut taken) = (&pcm[now as usize..until as usize], 0);
            let status = unsafe {
                earnest_chain_push(self.handle, from.as_ptr(), from.len(), &mut taken, Some(keep), context)
            };
            assert_eq!((status, taken), (0, from.len()));
            now = until;
            if let Some((prompt, _)) = playing.filter(|(_, end)| now >= *end) {
                playing = None;
                tell(&report(InputKind::PromptEnded, prompt));
            }
            if now % 160 == 0
                && let Some(prompt) = unsafe { (*context.cast::<Heard>()).asked.take() }
            {
                playing = Some((prompt, now + 56_000));
                tell(&report(InputKind::PromptStarted, prompt));
            }
            if button && now == PRESSED {
                tell(&pressed());
            }
            if now % 160 == 0
                && let Some((mut permit, act)) = unsafe { (*context.cast::<Heard>()).permit.take() }
            {
                let (mut pcm, mut count) = (vec![0; 480_000], 0);
                let (out, room) = (pcm.as_mut_ptr(), pcm.len());
                let status = in_real_time(|| unsafe {
                    earnest_chain_redeem(self.handle, &mut permit, &act, 9, out, room, &mut count, null_mut())
                });
                assert_eq!(status, 0);
                pcm.truncate(count);
                unsafe { (*context.cast::<Heard>()).recording = pcm };
            }
        }
        heard
    }
}

/// The Rust library's chain of the same, over the same, with the journal it leaves.
fn rust(setup: &Setup, pcm: &[i16], button: bool) -> (Vec<String>, Vec<u8>, Vec<i16>) {
    match &setup.wake {
        Some(wake) => {
            let model = NetModel::parse(wake.bytes()).unwrap();
            let words = NetSpotter::required_words(&model);
            let mut words = vec![0; words];
            let spotter = NetSpotter::new(NetConfig::default(), model, Storage::Lent(&mut words)).unwrap();
            rust_with(spotter, setup, pcm, button)
        }
        None => rust_with(Deaf, setup, pcm, button),
    }
}

struct Deaf;

impl earnest_core::spotter::KeywordSpotter for Deaf {
    fn process(
        &mut self,
        _: &earnest_core::frontend::MelFrame,
        _: &earnest_core::vad::VadFrame,
    ) -> Option<earnest_core::spotter::Detection> {
        None
    }

    fn score(&self) -> f32 {
        0.0
    }

    fn reset(&mut self) {}
}

fn rust_with(
    spotter: impl earnest_core::spotter::KeywordSpotter,
    setup: &Setup,
    pcm: &[i16],
    button: bool,
) -> (Vec<String>, Vec<u8>, Vec<i16>) {
    let decoder = |compiled: &Compiled| {
        let lists: Vec<_> = compiled.lists.iter().map(|list| ListImage::new(list.clone()).unwrap()).collect();
        let grammar = GrammarImage::new(compiled.grammar.clone()).unwrap();
        let memory = DecoderMemory::owned(PATHS as usize, 1600);
        Decoder::new(DecoderConfig::default(), grammar, Storage::Owned(lists.into()), memory).unwrap()
    };
    let (commands, answers) = (decoder(&setup.commands), decoder(&setup.answers));
    let mut limits = crate::api::guard_types::Limits::of(GuardConfig::default().limits(setup.tier));
    loosen(&mut limits);
    let mut config = GuardConfig { id: 7, provisioned: ClassSet::NONE.with(1), ..GuardConfig::default() };
    match setup.tier {
        Tier::Routine => config.routine = limits.core(),
        _ => config.disclosing = limits.core(),
    }
    let action =
        guard::Action { id: 3, class: 1, tier: setup.tier, slots: 1, loud: false, phrase_phones: 11 };
    let policy = CorePolicy::new(Storage::Owned(vec![action].into()), |_| ()).unwrap();
    let mut phones = vec![0; answers.grammar().words()];
    answers.grammar().fewest_phones(&mut phones);
    let yes = |yes, names| Some(chain::AnswerMeaning { yes, names });
    let command = chain::CommandMeaning::new(3, &[0]);
    let weights = confidence();
    let parts = ChainParts {
        spotter,
        net: Net::owned(Model::new(setup.phones.bytes().to_vec()).unwrap()),
        meanings: Meanings {
            commands: Storage::Owned(vec![command; commands.grammar().meanings()].into()),
            answers: Storage::Owned(vec![yes(true, Some(1)), yes(false, None)].into()),
            answer_phones: Storage::Owned(phones.into()),
        },
        commands,
        answers,
        judge: Judge::new(&weights, Storage::owned(Rescorer::REQUIRED)).unwrap(),
        guard: Guard::new(config, policy, Recording::new(Storage::owned(480_000))).unwrap(),
        pre_roll: Storage::owned(32_000),
        recent: Storage::owned(250),
    };
    let config = chain::ChainConfig { owner: OwnerId(9), ..chain::ChainConfig::default() };
    let mut chain = Chain::new(config, parts).unwrap();
    let mut memory = vec![0; ENTRIES * ENTRY_BYTES];
    let journal = Journal::create(Storage::Lent(&mut memory), None, Anchor::NONE).unwrap();
    let mut host = RustHost { journal, lines: Vec::new(), asked: None, given: None, recording: Vec::new() };
    let mut playing: Option<(u32, SampleIndex)> = None;
    for pcm in pcm.chunks(160) {
        chain.push(pcm, |told| host.takes(told));
        if let Some((prompt, _)) = playing.filter(|(_, end)| chain.now() >= *end) {
            playing = None;
            chain.report(&guard::Input::PromptEnded { prompt, complete: true }, |told| host.takes(told));
        }
        if let Some(prompt) = host.asked.take() {
            playing = Some((prompt, chain.now().after(56_000)));
            chain.report(&guard::Input::PromptStarted { prompt }, |told| host.takes(told));
        }
        if button && chain.now().0 == PRESSED {
            chain.report(&pressed().core().unwrap(), |told| host.takes(told));
        }
        if let Some(authorization) = host.given.take() {
            let (act, now) = (*authorization.act(), chain.now());
            let grant = chain.guard_mut().redeem(authorization, &act, now).unwrap();
            host.recording = grant.open(OwnerId(9)).unwrap().to_vec();
            host.journal.append(&Entry::redeemed(&grant)).unwrap();
        }
    }
    let RustHost { journal, lines, recording, .. } = host;
    (lines, journal.bytes().to_vec(), recording)
}

struct RustHost<'a> {
    journal: Journal<'a>,
    lines: Vec<String>,
    asked: Option<u32>,
    given: Option<guard::Authorization>,
    recording: Vec<i16>,
}

impl RustHost<'_> {
    fn takes(&mut self, told: chain::Told<'_, '_>) {
        match told {
            chain::Told::Event(event) => self.lines.push(event_line(&Event::from_core(&event).unwrap())),
            chain::Told::Heard { gate, heard, verdict, decoder } => {
                let mut command = Command::NONE;
                command.fill(decoder, heard, verdict);
                self.lines.push(heard_line(gate as u32, &command));
            }
            chain::Told::Guard(output) => {
                let entry = Entry::of(&output);
                self.journal.append(&entry).unwrap();
                self.lines.push(told_line(&Told::output(&output, &entry)));
                match output {
                    Output::Say(prompt) => self.asked = Some(prompt.id),
                    Output::Authorized { authorization, .. } => self.given = Some(authorization),
                    _ => {}
                }
            }
        }
    }
}

/// From C as from Rust, in chunks of any size: events, what was heard, decisions, recording, journal.
fn same(mut setup: Setup, pcm: &[i16], button: bool) -> Vec<String> {
    let (lines, journal, recording) = rust(&setup, pcm, button);
    assert!(!recording.is_empty(), "{lines:#?}");
    for chunk in [160, 37, 16_000] {
        setup.journal.fill(0);
        let made = setup.with(|whole| whole.init()).unwrap();
        let heard = made.hear(pcm, chunk, button);
        assert_eq!(heard.lines, lines, "chunks of {chunk}");
        assert_eq!(heard.recording.len(), recording.len());
        assert!(heard.recording == recording, "another recording");
        let (mut written, mut now) = (0, 0);
        assert_eq!(unsafe { earnest_chain_journal_end(made.handle, &mut written, null_mut()) }, 0);
        assert_eq!(unsafe { earnest_chain_now(made.handle, &mut now) }, 0);
        assert_eq!(now, pcm.len() as u64);
        assert!(setup.journal[..written] == journal, "another journal");
        assert_eq!(unsafe { earnest_chain_release(made.handle) }, 0);
        assert!(made.memory.iter().all(|word| *word == 0));
    }
    lines
}

#[test]
fn a_light_goes_on_as_from_rust() {
    let pcm = raw(include_bytes!("../../examples/c/alexa.s16le"));
    let lines = same(Setup::light(), &pcm, false);
    assert!(lines.iter().any(|line| line.starts_with("3 ")), "no wake: {lines:#?}");
}

#[test]
fn a_message_is_announced_confirmed_and_sent_as_from_rust() {
    let lines = same(Setup::message(), &portland(), true);
    assert!(lines.iter().any(|line| line.starts_with("heard 4 ")), "no answer: {lines:#?}");
}

#[test]
fn who_mutes_is_not_heard_and_nothing_is_left() {
    let mut setup = Setup::message();
    let made = setup.with(|whole| whole.init()).unwrap();
    let pcm = portland();
    let report = |kind| {
        let input = report(kind, 0);
        let status = in_real_time(|| unsafe {
            earnest_chain_report(made.handle, &input, None, null_mut(), null_mut())
        });
        assert_eq!(status, 0);
    };
    let push = |pcm: &[i16]| {
        let mut taken = 0;
        let status = in_real_time(|| unsafe {
            earnest_chain_push(made.handle, pcm.as_ptr(), pcm.len(), &mut taken, None, null_mut())
        });
        assert_eq!((status, taken), (0, pcm.len()));
    };
    // Muted before anything was heard: so all of it looks when nothing is left.
    report(InputKind::Mute);
    report(InputKind::Unmute);
    report(InputKind::Mute);
    let head = size_of::<ChainHandle>() / 8;
    let fresh = made.memory[head..].to_vec();
    report(InputKind::Unmute);
    push(&pcm[..PRESSED as usize]);
    assert_eq!(unsafe { earnest_chain_report(made.handle, &pressed(), None, null_mut(), null_mut()) }, 0);
    push(&pcm[PRESSED as usize..][..32_000]);
    let (mut open, mut muted) = (7, 7);
    let ask = |open: &mut u32, muted: &mut u32| unsafe {
        assert_eq!(earnest_chain_is_open(made.handle, open), 0);
        assert_eq!(earnest_chain_is_muted(made.handle, muted), 0);
    };
    ask(&mut open, &mut muted);
    assert_eq!((open, muted), (1, 0));
    report(InputKind::Mute);
    ask(&mut open, &mut muted);
    assert_eq!((open, muted), (0, 1));
    let changed = made.memory[head..].iter().zip(&fresh).filter(|(a, b)| a != b).count();
    assert_eq!(changed, 0, "words that are not as new");
    push(&pcm);
    let changed = made.memory[head..].iter().zip(&fresh).filter(|(a, b)| a != b).count();
    assert_eq!(changed, 0, "words that are not as new");
}

#[test]
fn other_contacts_while_no_request_is_open() {
    let mut setup = Setup::message();
    let made = setup.with(|whole| whole.init()).unwrap();
    let other = compiled("intents: {A: {data: [{sentences: ['{a}']}]}}\nlists: {a: {values: [Ann]}}").lists;
    let set = |list| {
        let image = other[0].as_ptr().cast();
        unsafe { earnest_chain_set_list(made.handle, list, image, other[0].len(), null_mut()) }
    };
    assert_eq!((set(0), set(1)), (0, Status::OutOfRange as i32));
    let pcm = portland();
    let mut taken = 0;
    let before = PRESSED as usize;
    unsafe { earnest_chain_push(made.handle, pcm.as_ptr(), before, &mut taken, None, null_mut()) };
    assert_eq!(unsafe { earnest_chain_report(made.handle, &pressed(), None, null_mut(), null_mut()) }, 0);
    assert_eq!(set(0), Status::Busy as i32);
}

#[test]
fn a_full_journal_stops_the_samples_but_not_a_mute() {
    let mut setup = Setup::message();
    setup.journal = vec![0; (EARNEST_CHAIN_TOLD_MOST + 2) * ENTRY_BYTES];
    let made = setup.with(|whole| whole.init()).unwrap();
    let pcm = [0i16; 480];
    let push = || {
        let mut taken = 7;
        let status =
            unsafe { earnest_chain_push(made.handle, pcm.as_ptr(), pcm.len(), &mut taken, None, null_mut()) };
        (status, taken)
    };
    assert_eq!(push(), (0, 480));
    for _ in 0..2 {
        assert_eq!(unsafe { earnest_chain_clock(made.handle, 1_799_000_000_000, 0) }, 0);
    }
    assert_eq!(push(), (Status::JournalFull as i32, 0));
    let mute = report(InputKind::Mute, 0);
    assert_eq!(unsafe { earnest_chain_report(made.handle, &mute, None, null_mut(), null_mut()) }, 0);
    assert_eq!(unsafe { earnest_chain_journal_rotate(made.handle) }, 0);
    assert_eq!(push(), (0, 480));
}

#[test]
fn what_is_wrong_is_told_with_numbers() {
    let with = |change: &dyn Fn(&mut Whole)| {
        let mut setup = Setup::message();
        setup.with(|whole| {
            change(whole);
            match whole.init() {
                Ok(_) => (0, String::new()),
                Err(error) => (error.status, field(&error).to_string()),
            }
        })
    };
    assert_eq!(with(&|_| ()).0, 0);
    type Change<'c> = &'c dyn Fn(&mut Whole);
    let cases: [(Change<'_>, Status, &str); 19] = [
        (&|w| w.config.size = 8, Status::BadSize, "size"),
        (&|w| w.listener.size = 8, Status::BadSize, "size"),
        (&|w| w.listener.pre_roll_samples = 0, Status::OutOfRange, "pre_roll_samples"),
        (&|w| w.commands.paths = 1, Status::OutOfRange, "paths"),
        (&|w| w.answers.records = 1, Status::OutOfRange, "records"),
        (&|w| w.answers.grammar = null(), Status::NullPointer, "grammar"),
        (&|w| w.commands.model = null(), Status::NullPointer, "model"),
        (&|w| w.policy.journal_bytes = 128 * 19, Status::OutOfRange, "journal_bytes"),
        (&|w| w.policy.tiers[2].confirm = 0, Status::OutOfRange, "tier.confirm"),
        (&|w| w.command_meanings.clear(), Status::OutOfRange, "command_meaning_count"),
        (&|w| w.answer_meanings.clear(), Status::OutOfRange, "answer_meaning_count"),
        (&|w| w.command_meanings[0].action = 4, Status::OutOfRange, "command_meanings.action"),
        (&|w| w.command_meanings[0].slot_count = 2, Status::OutOfRange, "command_meanings.slot_count"),
        (&|w| w.command_meanings[0].slots[0] = 1, Status::OutOfRange, "command_meanings.slots"),
        (&|w| w.answer_meanings[0].kind = 3, Status::OutOfRange, "answer_meanings.kind"),
        (&|w| w.answer_meanings[0].names_class = 64, Status::OutOfRange, "answer_meanings.names_class"),
        (&|w| w.config.recent_frames = 0, Status::OutOfRange, "recent_frames"),
        (&|w| w.config.wake_nats = f32::NAN, Status::OutOfRange, "wake_nats"),
        (&|w| w.config.shortest_unknown_ms = 5001, Status::OutOfRange, "shortest_unknown_ms"),
    ];
    for (n, (change, status, name)) in cases.iter().enumerate() {
        assert_eq!(with(change), (*status as i32, name.to_string()), "case {n}");
    }
    for (n, name) in ["listener", "commands", "answers", "policy"].into_iter().enumerate() {
        Setup::message().with(|whole| {
            let mut config = whole.config();
            match n {
                0 => config.listener = null(),
                1 => config.commands = null(),
                2 => config.answers = null(),
                _ => config.policy = null(),
            }
            let (mut bytes, mut error) = (0, no_error());
            let status = unsafe { earnest_chain_required_bytes(&config, &mut bytes, &mut error) };
            assert_eq!((status, field(&error)), (Status::NullPointer as i32, name));
        });
    }
}

#[test]
fn wrong_memory_and_wrong_pointers_are_refused() {
    let mut setup = Setup::message();
    let journal = setup.journal.as_mut_ptr();
    let phones = setup.phones.bytes().as_ptr().cast_mut();
    setup.with(|whole| {
        let config = whole.config();
        let mut bytes = 0;
        assert_eq!(unsafe { earnest_chain_required_bytes(&config, &mut bytes, null_mut()) }, 0);
        let mut memory = vec![0u64; bytes / 8];
        let start = memory.as_mut_ptr();
        let init = |memory: *mut u8, bytes, config: *const ChainConfig| {
            let mut handle = null_mut();
            unsafe { earnest_chain_init(memory.cast(), bytes, config, &mut handle, null_mut()) }
        };
        let start = start.cast::<u8>();
        let aligned = |pointer: *mut u8| pointer.wrapping_add(pointer.align_offset(8));
        let statuses = [
            init(null_mut(), bytes, &config),
            init(start.wrapping_add(4), bytes - 4, &config),
            init(start, bytes - 1, &config),
            init(start, bytes, null()),
            init(aligned(journal), bytes, &config),
            init(phones, bytes, &config),
            unsafe { earnest_chain_init(start.cast(), bytes, &config, start.cast(), null_mut()) },
        ];
        use Status::{Misaligned, NullPointer, Overlap, TooSmall};
        let expected = [NullPointer, Misaligned, TooSmall, NullPointer, Overlap, Overlap, Overlap];
        assert_eq!(statuses, expected.map(|status| status as i32));
        let mut handle = null_mut();
        let status = unsafe { earnest_chain_init(start.cast(), bytes, &config, &mut handle, null_mut()) };
        assert_eq!(status, 0);
        let (pcm, mut taken) = ([0i16; 10], 0);
        let push = |handle, pcm: *const i16, taken: *mut usize| unsafe {
            earnest_chain_push(handle, pcm, 10, taken, None, null_mut())
        };
        let inside = handle.cast::<u8>().wrapping_add(64);
        assert_eq!(push(null_mut(), pcm.as_ptr(), &mut taken), NullPointer as i32);
        assert_eq!(push(handle, null(), &mut taken), NullPointer as i32);
        assert_eq!(push(handle, inside.cast(), &mut taken), Overlap as i32);
        assert_eq!(push(handle, pcm.as_ptr(), inside.cast()), Overlap as i32);
        assert_eq!(push(handle, pcm.as_ptr(), &mut taken), 0);
        let mut moved = memory.clone();
        assert_eq!(push(moved.as_mut_ptr().cast(), pcm.as_ptr(), &mut taken), Status::BadListener as i32);
        let unknown = Input { kind: 12, ..report(InputKind::Tick, 0) };
        let status = unsafe { earnest_chain_report(handle, &unknown, None, null_mut(), null_mut()) };
        assert_eq!(status, Status::OutOfRange as i32);
        assert_eq!(unsafe { earnest_chain_release(handle) }, 0);
        assert_eq!(push(handle, pcm.as_ptr(), &mut taken), Status::BadListener as i32);
    });
}
