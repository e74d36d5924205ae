//! The same chain, from Rust.

use super::*;
use earnest_core::Storage;
use earnest_core::audio::SampleIndex;
use earnest_core::chain::{self, Chain, ChainParts, Meanings};
use earnest_core::confidence::Judge;
use earnest_core::guard::{
    self, ClassSet, Guard, GuardConfig, Output, OwnerId, Policy as CorePolicy, Recording,
};
use earnest_core::intent::{Decoder, DecoderConfig, DecoderMemory, ListImage, Rescorer};
use earnest_core::journal::{Anchor, Entry, Journal};
use earnest_core::nn::{Model, Net};
use earnest_core::playback::{FRAMES, Playback, PlaybackConfig};
use earnest_core::spotter::net::{NetConfig, NetModel, NetSpotter};

/// The Rust library's chain of the same, over the same, with the journal it leaves.
pub(super) fn rust(setup: &Setup, scene: Scene<'_>) -> (Vec<String>, Vec<u8>, Vec<i16>) {
    match &setup.wake {
        Some(wake) => {
            let spotter = || {
                let model = NetModel::parse(wake.bytes()).unwrap();
                let words = Storage::owned(NetSpotter::required_words(&model));
                NetSpotter::new(NetConfig::default(), model, words).unwrap()
            };
            rust_with(spotter, setup, scene)
        }
        None => rust_with(|| Deaf, setup, scene),
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

fn rust_with<K: earnest_core::spotter::KeywordSpotter>(
    spotter: impl Fn() -> K,
    setup: &Setup,
    Scene { pcm, reference, button }: Scene<'_>,
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
    let ear = || Playback::new(PlaybackConfig::default(), spotter(), Storage::owned(FRAMES)).unwrap();
    let ear = reference.map(|_| ear());
    let parts = ChainParts {
        spotter: spotter(),
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
    let mut chain = Chain::new(config, parts).unwrap().with_playback(ear);
    let mut memory = vec![0; ENTRIES * ENTRY_BYTES];
    let journal = Journal::create(Storage::Lent(&mut memory), None, Anchor::NONE).unwrap();
    let mut host = RustHost { journal, lines: Vec::new(), asked: None, given: None, recording: Vec::new() };
    let mut playing: Option<(u32, SampleIndex)> = None;
    let mut played = reference.unwrap_or_default();
    for pcm in pcm.chunks(160) {
        let (now, after) = played.split_at_checked(pcm.len()).unwrap_or((played, &[]));
        chain.push_with_reference(pcm, now, |told| host.takes(told));
        played = after;
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
