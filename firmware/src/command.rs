//! The whole chain: front end, VAD, wake net, `phones-s`, a grammar of fifty commands, guard and journal.
//!
//! All day the wake chain runs; from a wake on, for as long as a request is open, the command's chain hears the samples
//! too: first what the pre-roll holds from the end of the phrase on.

use crate::report::{Line, Machine, Meter};
use crate::stages::{PHONES, PHONES_STATE, print_event};
use crate::wake::{self, Chain};
use earnest::Storage;
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::event::Event;
use earnest::frontend::{BaseFrontEnd, BaseMemory};
use earnest::guard::{
    Action, ClassSet, Guard, GuardConfig, Input, Output, OwnerId, Policy, Recording, Surroundings, TalkMeter,
    Tier, Understood, Wake,
};
use earnest::intent::{
    Decoder, DecoderConfig, DecoderMemory, GrammarImage, Heard, Listener, ListenerConfig, Record, Token,
    UtteranceConfig,
};
use earnest::journal::{Anchor, ENTRY_BYTES, Entry, Journal};
use earnest::nn::{Model, Net};
use earnest::vad::MelVadConfig;

/// `examples/grammars/home.yaml`, compiled.
static GRAMMAR: &[u8] = include_bytes!("../../examples/grammars/home.grm");
const ACTIONS: usize = 50;
/// Paths that the decoder follows at a time.
const PATHS: usize = 400;
/// [`DecoderMemory::index_len`] of them.
const INDEX: usize = 1024;
/// Words that it remembers.
const WORDS: usize = 128;
/// Frames of a command, 50 a second, that its sureness is judged by.
const FRAMES: usize = 600;
const ENTRIES: usize = 24;
/// Log-likelihood ratio of a wake, as `models/wake-alexa.card.md` counts on `dev`: 100 of 102 recordings of the phrase, and 1
/// of the 11,380 seconds of other audio, so ln(0.98 / 0.000088) = 9.3; one gate can say 6 at most.
const WAKE_NATS: f32 = 6.0;

/// Static RAM of this stage, beside that of the wake chain.
pub(crate) struct Memory {
    front_end: BaseMemory,
    phones: [u32; PHONES_STATE],
    tokens: [[Token; PATHS]; 2],
    index: [[u32; 2]; INDEX],
    history: [Record; WORDS],
    best: [u8; FRAMES],
    actions: [Action; ACTIONS],
    journal: [u8; ENTRIES * ENTRY_BYTES],
}

impl Memory {
    pub(crate) const EMPTY: Memory = Memory {
        front_end: BaseMemory::ZERO,
        phones: [0; PHONES_STATE],
        tokens: [[Token::UNUSED; PATHS]; 2],
        index: [[0; 2]; INDEX],
        history: [Record::UNUSED; WORDS],
        best: [0; FRAMES],
        actions: [Action { id: 0, class: 0, tier: Tier::Routine, slots: 0, loud: false, phrase_phones: 0 };
            ACTIONS],
        journal: [0; ENTRIES * ENTRY_BYTES],
    };
}

/// How grave an intent of the grammar is.
fn tier(intent: &str) -> Tier {
    match intent {
        "UnlockDoor" | "DisarmAlarm" => Tier::Physical,
        "Warmer" | "Colder" | "CoffeeOn" | "StartVacuum" => Tier::Reversible,
        _ => Tier::Routine,
    }
}

struct Parts<'a> {
    listener: Listener<'a, BaseFrontEnd<'a>>,
    guard: Guard<'a>,
    journal: Journal<'a>,
}

#[inline(never)]
fn decoder<'a>(
    tokens: &'a mut [[Token; PATHS]; 2],
    index: &'a mut [[u32; 2]],
    history: &'a mut [Record],
    best: &'a mut [u8],
) -> Option<Decoder<'a>> {
    let [now, next] = tokens;
    let memory = DecoderMemory {
        tokens: [Storage::Lent(now), Storage::Lent(next)],
        index: Storage::Lent(index),
        history: Storage::Lent(history),
        frames: Storage::Lent(&mut []),
        best: Storage::Lent(best),
    };
    let grammar = GrammarImage::new(GRAMMAR).ok()?;
    Decoder::new(DecoderConfig::default(), grammar, Storage::Lent(&mut []), memory).ok()
}

#[inline(never)]
fn parts(memory: &mut Memory) -> Option<Parts<'_>> {
    let Memory { front_end, phones, tokens, index, history, best, actions, journal } = memory;
    let decoder = decoder(tokens, index, history, best)?;
    for (n, action) in actions.iter_mut().enumerate() {
        let tier = tier(decoder.grammar().intent(n as u32));
        *action = Action { id: n as u16, class: 0, tier, slots: 0, loud: false, phrase_phones: 10 };
    }
    let policy = Policy::new(Storage::Lent(actions), |_| ()).ok()?;
    let config = GuardConfig { provisioned: ClassSet::NONE.with(0), ..GuardConfig::default() };
    let guard = Guard::new(config, policy, Recording::new(Storage::Lent(&mut []))).ok()?;
    let journal = Journal::create(Storage::Lent(journal), None, Anchor::NONE).ok()?;
    let model = Model::new(&PHONES.0[..]).ok()?;
    let words = Net::required_words(&model);
    let net = Net::new(model, Storage::Lent(phones.get_mut(..words)?)).ok()?;
    let utterance = UtteranceConfig { end_ms: 500, ..UtteranceConfig::default() };
    let config = ListenerConfig { utterance, ..ListenerConfig::default() };
    let listener = Listener::with_front_end(config, BaseFrontEnd::new(front_end), net, decoder).ok()?;
    Some(Parts { listener, guard, journal })
}

pub(crate) fn run(wake: &mut wake::Memory, memory: &mut Memory, machine: &mut impl Machine) {
    let mut meter = Meter::new();
    machine.paint();
    let made = meter.measure(machine, || Some((wake::chain(wake)?, parts(memory)?)));
    let Some((mut chain, mut parts)) = made else {
        return Line::new("failed command").print(machine);
    };
    let state = size_of::<(Chain<'_>, Parts<'_>)>() + size_of::<(wake::Memory, Memory)>();
    meter.print(machine, "command-new", 1, state);
    let (mut meter, mut count) = (Meter::new(), 0);
    let mut talk = TalkMeter::new(MelVadConfig::default().talk_window_s);
    Line::new("chain").word("command").print(machine);
    // Where in the stream the command's chain began to listen.
    let mut origin = None;
    machine.paint();
    for pcm in wake::chunks() {
        let (events, heard) = meter.measure(machine, || {
            let events = wake::events(&mut chain, &pcm);
            if let Some(vad) = chain.vad() {
                talk.process(vad, chain.now());
            }
            (events, hear(&mut chain, &mut parts, &talk, &mut origin, &pcm, &events))
        });
        events.iter().flatten().for_each(|event| print_event(machine, event));
        if let Some((heard, command)) = heard {
            tell_heard(machine, &parts, &heard, command);
        }
        count += 1;
    }
    meter.print(machine, "command", count, state);
    // What the guard told, as bytes.
    let mut hash = crate::report::Hash::new();
    parts.journal.bytes().iter().for_each(|byte| hash.word(u32::from(*byte)));
    crate::stages::bits(machine, "journal", (parts.journal.bytes().len() / ENTRY_BYTES) as u64, &hash);
}

/// What one chunk comes to: the command that ended in it, and how sure it is that it was one.
fn hear(
    chain: &mut Chain<'_>,
    parts: &mut Parts<'_>,
    talk: &TalkMeter,
    origin: &mut Option<SampleIndex>,
    pcm: &[i16],
    events: &[Option<Event>; 2],
) -> Option<(Heard, f32)> {
    let now = chain.now();
    let Parts { listener, guard, journal } = parts;
    let mut told = |output: Output| {
        // A device without a record doesn't act: there is room for one request.
        let _ = journal.append(&Entry::of(&output));
    };
    guard.process(now, &Input::Tick, &mut told);
    if !guard.is_open() {
        *origin = None;
    }
    for event in events.iter().flatten() {
        if let Event::Wake(detection) = event {
            let surroundings = talk.surroundings();
            let (span, phrase) = (detection.span, detection.phrase);
            let wake = Wake { phrase, owner: OwnerId(1), nats: WAKE_NATS, span, surroundings };
            guard.process(now, &Input::Wake(wake), &mut told);
            if guard.is_open() {
                listener.reset();
                *origin = Some(span.end);
                let rest = SampleSpan { start: span.end, end: now };
                if let Some((first, second)) = chain.pre_roll().get(rest) {
                    listener.push(first, |_, _| ());
                    listener.push(second, |_, _| ());
                }
                return None;
            }
        }
    }
    let from = (*origin)?;
    let mut found = None;
    listener.push(pcm, |decoder, heard| {
        let verdict = Judge::without_lists(ConfidenceWeights::default()).ok();
        let verdict = verdict.and_then(|mut judge| judge.judge(decoder, &heard));
        found = Some((heard, verdict.map_or(0.0, |verdict| verdict.command)));
    });
    let (heard, command) = found?;
    let at = |sample: SampleIndex| from.after(sample.0);
    let span = SampleSpan { start: at(heard.speech.start), end: at(heard.speech.end) };
    let surroundings = Surroundings { voice: None, ..talk.surroundings() };
    let input = match heard.best {
        Some(best) => Input::Understood(Understood::new(
            best.meaning as u16,
            command,
            1.0 - command,
            &[],
            span,
            surroundings,
        )),
        None => Input::NotUnderstood { nobody: 1.0 },
    };
    guard.process(now, &input, &mut told);
    Some((heard, command))
}

/// `event command MEANING first-sample end-sample decided score command-probability`.
fn tell_heard(machine: &mut impl Machine, parts: &Parts<'_>, heard: &Heard, command: f32) {
    let Some(best) = heard.best else { return Line::new("event command none").print(machine) };
    let intent = parts.listener.decoder().grammar().intent(best.meaning);
    let line =
        Line::new("event command").word(intent).number(heard.speech.start.0).number(heard.speech.end.0);
    let line = line.number(heard.decided.0).hex(u64::from(best.score.to_bits()));
    line.hex(u64::from(command.to_bits())).print(machine);
}
