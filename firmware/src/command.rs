//! The whole chain: front end, VAD, wake net, `phones-s`, a grammar of fifty commands and one of answers, guard and journal.

use crate::report::{Hash, Line, Machine, Meter};
use crate::stages::{PHONES, PHONES_STATE, print_event};
use crate::wake;
use earnest::Storage;
use earnest::chain::{
    AnswerMeaning, Chain, ChainConfig, ChainParts, CommandMeaning, Meanings, Remembered, Told,
};
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::event::Event;
use earnest::frontend::BaseFrontEnd;
use earnest::guard::{Action, ClassSet, Guard, GuardConfig, OwnerId, Policy, Recording, Tier};
use earnest::intent::{
    Decoder, DecoderConfig, DecoderMemory, GrammarImage, Heard, Record, Token, UtteranceConfig,
};
use earnest::journal::{Anchor, ENTRY_BYTES, Entry, Journal};
use earnest::nn::{Model, Net};
use earnest::spotter::net::NetSpotter;

/// `examples/grammars/home.yaml`, compiled.
static GRAMMAR: &[u8] = include_bytes!("../../examples/grammars/home.grm");
/// `examples/grammars/confirm.yaml`, compiled.
static ANSWERS: &[u8] = include_bytes!("../../examples/grammars/confirm.grm");
const ACTIONS: usize = 50;
/// Frames of a command, 50 a second, that its sureness is judged by.
const FRAMES: usize = 600;
/// The same of an answer.
const ANSWER_FRAMES: usize = 250;
/// Meanings and words of the grammar of answers.
const ANSWER_MEANINGS: usize = 6;
const ANSWER_WORDS: usize = 44;
/// Frames that are remembered, 100 a second: as long as it takes to know the wake phrase, and some before.
const RECENT: usize = 56;
const ENTRIES: usize = 24;
/// Log-likelihood ratio of a wake, as `models/wake-alexa.card.md` counts on `dev`: 100 of 102 recordings of the phrase, and 1
/// of the 11,380 seconds of other audio, so ln(0.98 / 0.000088) = 9.3; one gate can say 6 at most.
const WAKE_NATS: f32 = 6.0;

/// Memory of a decoder. `INDEX`: [`DecoderMemory::index_len`] of the paths that it follows at a time.
struct Paths<const PATHS: usize, const INDEX: usize, const WORDS: usize, const FRAMES: usize> {
    tokens: [[Token; PATHS]; 2],
    index: [[u32; 2]; INDEX],
    history: [Record; WORDS],
    best: [u8; FRAMES],
}

impl<const PATHS: usize, const INDEX: usize, const WORDS: usize, const FRAMES: usize>
    Paths<PATHS, INDEX, WORDS, FRAMES>
{
    const EMPTY: Self = Paths {
        tokens: [[Token::UNUSED; PATHS]; 2],
        index: [[0; 2]; INDEX],
        history: [Record::UNUSED; WORDS],
        best: [0; FRAMES],
    };

    fn lent(&mut self) -> DecoderMemory<'_> {
        let Paths { tokens: [now, next], index, history, best } = self;
        DecoderMemory {
            tokens: [Storage::Lent(now), Storage::Lent(next)],
            index: Storage::Lent(index),
            history: Storage::Lent(history),
            frames: Storage::Lent(&mut []),
            best: Storage::Lent(best),
        }
    }
}

/// Static RAM of this stage, beside that of the wake chain.
pub(crate) struct Memory {
    phones: [u32; PHONES_STATE],
    commands: Paths<400, 1024, 128, FRAMES>,
    answers: Paths<64, 128, 64, ANSWER_FRAMES>,
    command_meanings: [Option<CommandMeaning>; ACTIONS],
    answer_meanings: [Option<AnswerMeaning>; ANSWER_MEANINGS],
    answer_phones: [u8; ANSWER_WORDS],
    recent: [Remembered; RECENT],
    actions: [Action; ACTIONS],
    journal: [u8; ENTRIES * ENTRY_BYTES],
}

impl Memory {
    pub(crate) const EMPTY: Memory = Memory {
        phones: [0; PHONES_STATE],
        commands: Paths::EMPTY,
        answers: Paths::EMPTY,
        command_meanings: [None; ACTIONS],
        // Zeros, as `None` is none: what isn't takes flash. All of them are written before they are used.
        answer_meanings: [Some(AnswerMeaning { yes: false, names: None }); ANSWER_MEANINGS],
        answer_phones: [0; ANSWER_WORDS],
        recent: [Remembered::UNUSED; RECENT],
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

type Whole<'a> = Chain<'a, NetSpotter<'a>, BaseFrontEnd<'a>>;

#[inline(never)]
fn decoder<'a>(image: &'static [u8], memory: DecoderMemory<'a>) -> Option<Decoder<'a>> {
    let grammar = GrammarImage::new(image).ok()?;
    Decoder::new(DecoderConfig::default(), grammar, Storage::Lent(&mut []), memory).ok()
}

#[inline(never)]
fn guard(actions: &mut [Action; ACTIONS]) -> Option<Guard<'_>> {
    let policy = Policy::new(Storage::Lent(actions), |_| ()).ok()?;
    let config = GuardConfig { provisioned: ClassSet::NONE.with(0), ..GuardConfig::default() };
    Guard::new(config, policy, Recording::new(Storage::Lent(&mut []))).ok()
}

#[inline(never)]
fn net(phones: &mut [u32; PHONES_STATE]) -> Option<Net<'_>> {
    let model = Model::new(&PHONES.0[..]).ok()?;
    let words = Net::required_words(&model);
    Net::new(model, Storage::Lent(phones.get_mut(..words)?)).ok()
}

#[inline(never)]
fn whole<'a>(wake: &'a mut wake::Memory, memory: &'a mut Memory) -> Option<(Whole<'a>, Journal<'a>)> {
    let Memory {
        phones,
        commands,
        answers,
        command_meanings,
        answer_meanings,
        answer_phones,
        recent,
        actions,
        journal,
    } = memory;
    let (front_end, spotter, pre_roll) = wake::parts(wake)?;
    let (commands, answers) = (decoder(GRAMMAR, commands.lent())?, decoder(ANSWERS, answers.lent())?);
    for (n, (action, meaning)) in actions.iter_mut().zip(command_meanings.iter_mut()).enumerate() {
        let tier = tier(commands.grammar().intent(n as u32));
        *action = Action { id: n as u16, class: 0, tier, slots: 0, loud: false, phrase_phones: 10 };
        *meaning = CommandMeaning::new(n as u16, &[]);
    }
    // Of the sentences that say yes, that of doors is the third.
    for (n, meaning) in answer_meanings.iter_mut().enumerate() {
        let yes = answers.grammar().intent(n as u32) == "Confirm";
        *meaning = Some(AnswerMeaning { yes, names: (n == 2).then_some(0) });
    }
    answers.grammar().fewest_phones(answer_phones);
    let parts = ChainParts {
        spotter,
        net: net(phones)?,
        commands,
        answers,
        meanings: Meanings {
            commands: Storage::Lent(command_meanings),
            answers: Storage::Lent(answer_meanings),
            answer_phones: Storage::Lent(answer_phones),
        },
        judge: Judge::without_lists(ConfidenceWeights::phones_m()).ok()?,
        guard: guard(actions)?,
        pre_roll: Storage::Lent(pre_roll),
        recent: Storage::Lent(recent),
    };
    let config = ChainConfig {
        utterance: UtteranceConfig { end_ms: 500, ..UtteranceConfig::default() },
        owner: OwnerId(1),
        wake_nats: WAKE_NATS,
        ..ChainConfig::default()
    };
    let chain = Chain::with_front_end(config, front_end, parts).ok()?;
    Some((chain, Journal::create(Storage::Lent(journal), None, Anchor::NONE).ok()?))
}

pub(crate) fn run(wake: &mut wake::Memory, memory: &mut Memory, machine: &mut impl Machine) {
    let mut meter = Meter::new();
    machine.paint();
    let Some((mut chain, mut journal)) = meter.measure(machine, || whole(wake, memory)) else {
        return Line::new("failed command").print(machine);
    };
    let state = size_of::<(Whole<'_>, Journal<'_>)>() + size_of::<(wake::Memory, Memory)>();
    meter.print(machine, "command-new", 1, state);
    let (mut meter, mut count) = (Meter::new(), 0);
    Line::new("chain").word("c-command").print(machine);
    machine.paint();
    for pcm in wake::chunks() {
        let (events, heard) = meter.measure(machine, || hear(&mut chain, &mut journal, &pcm));
        events.iter().flatten().for_each(|event| print_event(machine, event));
        if let Some((heard, command)) = heard {
            tell_heard(machine, &mut chain, &heard, command);
        }
        count += 1;
    }
    meter.print(machine, "command", count, state);
    // What the guard told, as bytes.
    let mut hash = Hash::new();
    journal.bytes().iter().for_each(|byte| hash.word(u32::from(*byte)));
    crate::stages::bits(machine, "journal", (journal.bytes().len() / ENTRY_BYTES) as u64, &hash);
}

/// What one chunk comes to: no more than one edge and one detection, and the command that ended in it, with how sure it is
/// that it was one.
fn hear(
    chain: &mut Whole<'_>,
    journal: &mut Journal<'_>,
    pcm: &[i16],
) -> ([Option<Event>; 2], Option<(Heard, f32)>) {
    let (mut events, mut count, mut found) = ([None; 2], 0, None);
    chain.push(pcm, |told| match told {
        Told::Event(event) => {
            if let Some(slot) = events.get_mut(count) {
                *slot = Some(event);
                count += 1;
            }
        }
        Told::Heard { heard, verdict, .. } => {
            found = Some((*heard, verdict.map_or(0.0, |verdict| verdict.command)));
        }
        Told::Guard(output) => {
            // There is room for one request: a device without a record doesn't act.
            let _ = journal.append(&Entry::of(&output));
        }
    });
    (events, found)
}

/// `event command MEANING first-sample end-sample decided score command-probability`.
fn tell_heard(machine: &mut impl Machine, chain: &mut Whole<'_>, heard: &Heard, command: f32) {
    let Some(best) = heard.best else { return Line::new("event command none").print(machine) };
    let intent = chain.commands_mut().grammar().intent(best.meaning);
    let line =
        Line::new("event command").word(intent).number(heard.speech.start.0).number(heard.speech.end.0);
    let line = line.number(heard.decided.0).hex(u64::from(best.score.to_bits()));
    line.hex(u64::from(command.to_bits())).print(machine);
}
