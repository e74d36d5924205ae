//! The whole chain from C: told the same as the Rust library's, journal and all; every refusal of the interface; nothing is
//! allocated.
#![allow(clippy::undocumented_unsafe_blocks, reason = "wrong pointers are what is tested")]

mod refused;
mod rust;
mod same;

use crate::api::ChainHandle;
use crate::api::chain_ffi::*;
use crate::api::chain_types::{self as c, *};
use crate::api::command_types::{Command, CommandsConfig, Image};
use crate::api::ffi::earnest_config_default;
use crate::api::guard_ffi::earnest_policy_default;
use crate::api::guard_types::{
    Act, Action, EARNEST_NO_NUMBER, EARNEST_SLOTS, Input, InputKind, Policy, Surroundings,
};
use crate::api::told_types::{Permit, Told, ToldKind};
use crate::api::types::{Config, Error, Event, Status};
use crate::command_tests::{Aligned, compiled};
use crate::tests::{in_real_time, no_error};
use earnest_core::confidence::{ConfidenceWeights, Network};
use earnest_core::guard::Tier;
use earnest_core::intent::{Compiled, GrammarImage};
use earnest_core::journal::ENTRY_BYTES;
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
    /// Whether it hears a reference.
    reference: bool,
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
            wake: wake.then(|| Aligned::new(include_bytes!("../../../models/wake-alexa.ear"))),
            phones: Aligned::new(include_bytes!("../../../models/phones-m.int8.ear")),
            commands,
            answers: compiled(ANSWERS),
            lists,
            tier,
            journal: vec![0; ENTRIES * ENTRY_BYTES],
            reference: false,
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
        (listener.pre_roll_samples, listener.reference) = (32_000, self.reference.into());
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
        fn add<const N: usize>(numbers: &mut Vec<f32>, network: &Network<N>) {
            numbers.extend(network.linear);
            numbers.extend(network.hidden.as_flattened());
            numbers.extend(network.out);
        }
        add(&mut numbers, &weights.slots.not_listed);
        add(&mut numbers, &weights.commands);
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
    let Event { kind, start, end, decided, score, reason, numbers, .. } = event;
    format!("{kind} {start} {end} {decided} {} {reason} {numbers:?}", score.to_bits())
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

/// What is heard, what is played meanwhile, whether the button is pressed.
#[derive(Clone, Copy)]
struct Scene<'s> {
    pcm: &'s [i16],
    reference: Option<&'s [i16]>,
    button: bool,
}

impl Made {
    /// What is told of a scene by a host that plays prompts of three seconds and a half. Chunks end where it has to report.
    fn hear(&self, scene: Scene<'_>, chunk: usize) -> Heard {
        let Scene { pcm, reference, button } = scene;
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
            let (samples, handle) = (from.len(), self.handle);
            let played = reference.map(|reference| reference[now as usize..until as usize].as_ptr());
            let (from, out, tell_it): (_, _, TellChain) = (from.as_ptr(), &raw mut taken, Some(keep));
            let status = match played {
                None => unsafe { earnest_chain_push(handle, from, samples, out, tell_it, context) },
                Some(played) => unsafe {
                    earnest_chain_push_with_reference(handle, from, played, samples, out, tell_it, context)
                },
            };
            assert_eq!((status, taken), (0, samples));
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
