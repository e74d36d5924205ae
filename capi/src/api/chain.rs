//! The whole chain behind a handle: wake phrase, commands, guard, journal.

use super::chain_types::{
    AnswerKind, AnswerMeaning, ChainConfig, ChainTold, CommandMeaning, EARNEST_CHAIN_TOLD_MOST,
};
use super::command_types::{Command, CommandsConfig};
use super::commands::{self, Bytes, Images, Sayable, net_and_judge};
use super::ear::Ear;
use super::engine::{Engine, Model, net_spotter, template_spotter};
use super::guard::{self, Guarded, Ledger};
use super::guard_types::{Action, EARNEST_NO_NUMBER, EARNEST_SLOTS, Input, Policy};
use super::listener::{self, Parts, in_range, vad_config};
use super::room::{Room, Sizes};
use super::types::{Config, Error, Event, Status};
use core::mem::MaybeUninit;
use earnest_core::Storage;
use earnest_core::audio::PreRoll;
use earnest_core::chain::{self, Behind, BehindParts, Chain as CoreChain, Meanings, Remembered};
use earnest_core::frontend::{BaseFrontEnd, FrontEndConfig};
use earnest_core::guard::{Guard, OwnerId};
use earnest_core::intent::GrammarImage;
use earnest_core::pipeline::Pipeline;
use earnest_core::spotter::net::NetModel;
use earnest_core::spotter::template::TemplateModel;
use earnest_core::vad::MelVad;

/// Samples of which no more than one frame comes.
const FRAME: usize = 160;

/// Everything a chain is made of, read and checked.
pub(crate) struct Plan<'a> {
    pub(crate) config: ChainConfig,
    pub(crate) listener: Config,
    pub(crate) model: Option<Model<'a>>,
    pub(crate) commands: CommandsConfig,
    pub(crate) images: Images<'a>,
    pub(crate) answers: CommandsConfig,
    pub(crate) sayable: Sayable<'a>,
    pub(crate) policy: Policy,
    pub(crate) actions: &'a [Action],
    pub(crate) key: Option<[u8; 32]>,
    pub(crate) command_meanings: &'a [CommandMeaning],
    pub(crate) answer_meanings: &'a [AnswerMeaning],
}

impl Plan<'_> {
    /// What the parts' own checks don't see.
    pub(crate) fn check(&self) -> Result<(), Error> {
        listener::check(&self.listener)?;
        commands::check(&self.commands)?;
        commands::check_decoder(&self.answers)?;
        guard::check(&self.policy, self.actions)?;
        in_range("recent_frames", self.config.recent_frames.into(), 1.0, 1000.0)?;
        if self.policy.journal_bytes > 0 {
            let least = ((EARNEST_CHAIN_TOLD_MOST + 2) * earnest_core::journal::ENTRY_BYTES) as f64;
            in_range("journal_bytes", self.policy.journal_bytes as f64, least, u32::MAX.into())?;
        }
        let grammar = self.images.sayable.grammar();
        let same = |field, expected: usize, actual: usize| {
            in_range(field, actual as f64, expected as f64, expected as f64)
        };
        same("command_meaning_count", grammar.meanings(), self.command_meanings.len())?;
        same("answer_meaning_count", self.sayable.grammar().meanings(), self.answer_meanings.len())?;
        let slots = grammar.slots().len() as f64;
        for meaning in self.command_meanings.iter().filter(|meaning| meaning.action != EARNEST_NO_NUMBER) {
            let action = self.actions.iter().find(|action| action.id == meaning.action);
            let none = || {
                let (most, actual) = (f64::from(u16::MAX), f64::from(meaning.action));
                Error::new(Status::OutOfRange, "command_meanings.action", 0.0, most, actual)
            };
            let wanted = f64::from(action.ok_or_else(none)?.slots);
            in_range("command_meanings.slot_count", meaning.slot_count.into(), wanted, wanted)?;
            for slot in meaning.slots.iter().take(meaning.slot_count as usize) {
                in_range("command_meanings.slots", (*slot).into(), 0.0, slots - 1.0)?;
            }
        }
        for meaning in self.answer_meanings {
            in_range("answer_meanings.kind", meaning.kind.into(), 0.0, f64::from(AnswerKind::No as u32))?;
            if meaning.names_class != EARNEST_NO_NUMBER {
                in_range("answer_meanings.names_class", meaning.names_class.into(), 0.0, 63.0)?;
            }
        }
        Ok(())
    }

    /// Bytes that a chain needs beside itself.
    pub(crate) fn sizes(&self) -> usize {
        let mut sizes = Sizes::default();
        Parts::sizes(&self.listener, self.model.as_ref(), &mut sizes);
        self.images.sizes(&self.commands, &mut sizes);
        self.sayable.sizes(&self.answers_only(), &mut sizes);
        sizes.add::<Option<chain::CommandMeaning>>(self.command_meanings.len());
        sizes.add::<Option<chain::AnswerMeaning>>(self.answer_meanings.len());
        sizes.add::<u8>(self.sayable.grammar().words());
        sizes.add::<earnest_core::guard::Action>(self.actions.len());
        sizes.add::<i16>(self.policy.recording_samples as usize);
        sizes.add::<Remembered>(self.config.recent_frames as usize);
        sizes.bytes()
    }

    /// The values of answers' lists are compared if those of commands are.
    fn answers_only(&self) -> CommandsConfig {
        let compared = self.images.sayable.columns(&self.commands) > 0;
        let slot_frames = if compared { self.answers.slot_frames } else { 0 };
        CommandsConfig { slot_frames, ..self.answers }
    }
}

impl CommandMeaning {
    fn core(&self) -> Option<chain::CommandMeaning> {
        let action = u16::try_from(self.action).ok()?;
        chain::CommandMeaning::new(action, self.slots.get(..(self.slot_count as usize).min(EARNEST_SLOTS))?)
    }
}

impl AnswerMeaning {
    fn core(&self) -> Option<chain::AnswerMeaning> {
        let yes = self.kind == AnswerKind::Yes as u32;
        let names = u8::try_from(self.names_class).ok();
        (self.kind != AnswerKind::None as u32).then_some(chain::AnswerMeaning { yes, names })
    }
}

/// What a handle stands for.
pub(crate) struct Chain<'a> {
    chain: CoreChain<'a, Engine<'a>, BaseFrontEnd<'a>, Option<&'a mut Ear<'a>>>,
    ledger: Ledger<'a>,
    /// Whether it was made to hear a reference.
    reference: bool,
}

impl<'a> Guarded<'a> for Chain<'a> {
    fn guarded(&mut self) -> (&mut Guard<'a>, &mut Ledger<'a>) {
        (self.chain.guard_mut(), &mut self.ledger)
    }

    fn ledger(&self) -> &Ledger<'a> {
        &self.ledger
    }

    fn is_open(&self) -> bool {
        self.chain.guard().is_open()
    }
}

impl<'a> Chain<'a> {
    /// Puts one into `slot`. Where it fails, nothing is in it. `journal`: the policy's.
    #[inline(never)]
    pub(crate) fn make(
        slot: &mut MaybeUninit<Self>,
        plan: &mut Plan<'a>,
        journal: Option<&'a mut [u8]>,
        bytes: Bytes<'_, 'a>,
        mut room: Room<'a>,
    ) -> Result<(), Error> {
        let room = &mut room;
        let model = plan.model.take();
        let parts = Parts::cut(&plan.listener, model.as_ref(), room)?;
        // Filled where they lie, and moved once: what is given back on the stack is there twice.
        let mut made = (None, None);
        behind(plan, journal, bytes, room, &mut made)?;
        let stages = Stages { listener: &plan.listener, parts, made: &mut made };
        match model {
            None => stages.without(slot),
            Some(Model::Net(model)) => stages.with_net(slot, model),
            Some(Model::Template(model)) => stages.with_template(slot, model),
        }
    }

    /// Takes in samples as long as the journal has room for what they may make the guard tell; leaves the rest in `pcm`.
    /// `reference`: what is played meanwhile, as much of it as there is.
    pub(crate) fn push(
        &mut self,
        pcm: &mut &[i16],
        mut reference: &[i16],
        tell: &mut dyn FnMut(&ChainTold),
    ) -> Result<(), Error> {
        let Chain { chain, ledger, .. } = self;
        while !pcm.is_empty() {
            ledger.room(EARNEST_CHAIN_TOLD_MOST)?;
            let (now, later) = pcm.split_at_checked(FRAME).unwrap_or((pcm, &[]));
            let (played, after) = reference.split_at_checked(now.len()).unwrap_or((reference, &[]));
            chain.push_with_reference(now, played, |told| pass_on(told, ledger, tell));
            (*pcm, reference) = (later, after);
        }
        Ok(())
    }

    pub(crate) fn report(&mut self, input: &Input, tell: &mut dyn FnMut(&ChainTold)) -> Result<(), Error> {
        let core = self.ledger.takes(input)?;
        let Chain { chain, ledger, .. } = self;
        chain.report(&core, |told| pass_on(told, ledger, tell));
        Ok(())
    }

    /// Whether it was made to hear a reference.
    pub(crate) fn has_reference(&self) -> bool {
        self.reference
    }

    pub(crate) fn now(&self) -> u64 {
        self.chain.now().0
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.chain.guard().is_muted()
    }

    pub(crate) fn set_list(&mut self, list: u32, image: &'a [u8]) -> Result<(), Error> {
        if self.is_open() {
            return Err(Error::new(Status::Busy, "chain", 0.0, 0.0, 1.0));
        }
        commands::set_list(self.chain.commands_mut(), list, image)
    }
}

/// What stands behind the wake phrase.
#[inline(never)]
fn behind<'a>(
    plan: &Plan<'a>,
    journal: Option<&'a mut [u8]>,
    bytes: Bytes<'_, 'a>,
    room: &mut Room<'a>,
    made: &mut (Option<Behind<'a>>, Option<Ledger<'a>>),
) -> Result<(), Error> {
    let Plan { config, listener, commands, images, sayable, policy, .. } = plan;
    let columns = images.sayable.columns(commands);
    let (net, judge) = net_and_judge(images.model.clone(), columns, images.weights, room)?;
    let decoder = images.sayable.decoder(commands, bytes, room)?;
    let answers = sayable.decoder(&plan.answers_only(), bytes, room)?;
    let (meanings, actions) = meanings(plan, answers.grammar(), room)?;
    let recording = room.take(policy.recording_samples as usize, 0)?;
    let parts = guard::Parts { actions, recording, journal, key: plan.key };
    let (guard, ledger) = guard::make(policy, parts)?;
    let recent = Storage::Lent(room.take(config.recent_frames as usize, Remembered::UNUSED)?);
    let core = chain::ChainConfig {
        vad: vad_config(listener),
        utterance: commands.utterance(),
        owner: OwnerId(config.owner),
        wake_nats: config.wake_nats,
        shortest_unknown_ms: config.shortest_unknown_ms,
    };
    let parts = BehindParts { net, commands: decoder, answers, meanings, judge, guard, recent };
    match Behind::new(core, parts) {
        Ok(behind) => *made = (Some(behind), Some(ledger)),
        Err(error) => return Err(Error::from_core(&error, "")),
    }
    Ok(())
}

/// What can be said means, and the actions of the policy.
#[inline(never)]
fn meanings<'a>(
    plan: &Plan<'a>,
    answers: &GrammarImage<'a>,
    room: &mut Room<'a>,
) -> Result<(Meanings<'a>, &'a mut [earnest_core::guard::Action]), Error> {
    let all = plan.command_meanings;
    let commands = room.make(all.len(), |n| Ok(all.get(n).and_then(CommandMeaning::core)))?;
    let all = plan.answer_meanings;
    let answered = room.make(all.len(), |n| Ok(all.get(n).and_then(AnswerMeaning::core)))?;
    let phones = room.take(answers.words(), 0)?;
    answers.fewest_phones(phones);
    let all = plan.actions;
    let actions = room.make(all.len(), |n| {
        let missing = || Error::new(Status::OutOfRange, "actions", 0.0, 0.0, n as f64);
        all.get(n).map(guard::action).ok_or_else(missing)
    })?;
    let meanings = Meanings {
        commands: Storage::Lent(commands),
        answers: Storage::Lent(answered),
        answer_phones: Storage::Lent(phones),
    };
    Ok((meanings, actions))
}

/// All but the engine, which differs.
struct Stages<'p, 'a> {
    listener: &'p Config,
    parts: Parts<'a>,
    made: &'p mut (Option<Behind<'a>>, Option<Ledger<'a>>),
}

impl<'a> Stages<'_, 'a> {
    // As those of a listener, and for the same reason.
    #[inline(never)]
    fn without(self, slot: &mut MaybeUninit<Chain<'a>>) -> Result<(), Error> {
        self.emplace(slot, Engine::None)
    }

    #[inline(never)]
    fn with_net(mut self, slot: &mut MaybeUninit<Chain<'a>>, model: NetModel<'a>) -> Result<(), Error> {
        match net_spotter(self.listener, model, core::mem::take(&mut self.parts.state)) {
            Ok(spotter) => self.emplace(slot, Engine::Net(spotter)),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn with_template(
        mut self,
        slot: &mut MaybeUninit<Chain<'a>>,
        model: TemplateModel<'a>,
    ) -> Result<(), Error> {
        match template_spotter(self.listener, model, core::mem::take(&mut self.parts.state)) {
            Ok(spotter) => self.emplace(slot, Engine::Template(spotter)),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn emplace(self, slot: &mut MaybeUninit<Chain<'a>>, engine: Engine<'a>) -> Result<(), Error> {
        let Stages { listener, parts: Parts { front_end, pre_roll, ear, .. }, made } = self;
        let pre_roll = match PreRoll::new(Storage::Lent(pre_roll)) {
            Ok(pre_roll) => pre_roll,
            Err(error) => return Err(Error::from_core(&error, "")),
        };
        match MelVad::new(vad_config(listener), &FrontEndConfig::base()) {
            Ok(vad) => {
                let front_end = BaseFrontEnd::new(front_end);
                if let (Some(behind), Some(ledger)) = (made.0.take(), made.1.take()) {
                    let pipeline = Pipeline::of(front_end, vad, engine, pre_roll);
                    let reference = ear.is_some();
                    let chain = CoreChain::of(pipeline, behind).with_playback(ear);
                    slot.write(Chain { chain, ledger, reference });
                }
                Ok(())
            }
            Err(error) => Err(Error::from_core(&error, "vad_")),
        }
    }
}

/// Tells C what the core's chain tells, the journal first.
fn pass_on(told: chain::Told<'_, '_>, ledger: &mut Ledger<'_>, tell: &mut dyn FnMut(&ChainTold)) {
    match told {
        chain::Told::Event(event) => {
            if let Some(event) = Event::from_core(&event) {
                tell(&ChainTold::event(&event));
            }
        }
        chain::Told::Heard { gate, heard, verdict, decoder } => {
            let mut command = Command::NONE;
            command.fill(decoder, heard, verdict);
            tell(&ChainTold::heard(gate as u32, &command));
        }
        chain::Told::Guard(output) => tell(&ChainTold::guard(&ledger.output(output))),
    }
}
