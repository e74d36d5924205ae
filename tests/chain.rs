//! The whole chain over a recording: one who asks gets what was asked for, however the audio is cut; who mutes is not
//! heard.
#![cfg(feature = "std")]

mod chain_support;
mod common;

use chain_support::{PHRASE, Scripted, chain, chain_with};
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::chain::{Chain, Told};
use earnest::guard::{Authorization, Gate, Input, Output, OwnerId};
use earnest::journal::Entry;

/// A host that plays prompts for three seconds and a half, and its notes.
#[derive(Default)]
struct Host {
    told: Vec<String>,
    authorization: Option<Authorization>,
    asked: Option<u32>,
    playing: Option<(u32, SampleIndex)>,
}

impl Host {
    fn takes(&mut self, told: Told<'_, '_>) {
        self.told.push(match &told {
            Told::Event(event) => format!("{event:?}"),
            Told::Heard { gate, heard, verdict, .. } => format!("{gate} {heard:?} {verdict:?}"),
            Told::Guard(output) => format!("{:?}", Entry::of(output)),
        });
        match told {
            Told::Guard(Output::Say(prompt)) => self.asked = Some(prompt.id),
            Told::Guard(Output::Authorized { authorization, .. }) => self.authorization = Some(authorization),
            _ => {}
        }
    }

    /// Chunks end where prompts begin and end, as far as `chunk` lets them: both are at multiples of 10 ms.
    fn hear(&mut self, chain: &mut Chain<'static, Scripted>, pcm: &[i16], chunk: usize) {
        let mut rest = pcm;
        while !rest.is_empty() {
            let n = chunk.min(rest.len());
            chain.push(&rest[..n], |told| self.takes(told));
            rest = &rest[n..];
            if let Some((prompt, _)) = self.playing.filter(|(_, end)| chain.now() >= *end) {
                self.playing = None;
                chain.report(&Input::PromptEnded { prompt, complete: true }, |told| self.takes(told));
            }
            if let Some(prompt) = self.asked.take() {
                self.playing = Some((prompt, chain.now().after(56_000)));
                chain.report(&Input::PromptStarted { prompt }, |told| self.takes(told));
            }
        }
    }
}

fn wanted() -> Vec<i16> {
    common::flac("../portland/wanted.flac")
}

#[test]
fn who_asks_and_confirms_gets_it_and_the_recording_begins_with_the_phrase() {
    let (mut chain, mut host, pcm) = (chain(), Host::default(), wanted());
    host.hear(&mut chain, &pcm, 160);
    let authorization = host.authorization.take().unwrap_or_else(|| panic!("{:#?}", host.told));
    let act = *authorization.act();
    assert_eq!((act.action, act.values()), (3, &[0][..]), "Denise is the first contact");
    // Three seconds later it is void.
    host.hear(&mut chain, &vec![0; 48_000], 160);
    let now = chain.now();
    assert!(chain.guard_mut().redeem(authorization, &act, now).is_err());

    // In time.
    chain.reset();
    let mut host = Host::default();
    let mut grant = None;
    for (n, pcm_10ms) in pcm.chunks(160).enumerate() {
        host.hear(&mut chain, pcm_10ms, 160);
        if let Some(authorization) = host.authorization.take() {
            let now = chain.now();
            let given = chain.guard_mut().redeem(authorization, &act, now).unwrap();
            let kept = given.open(OwnerId(7)).unwrap();
            assert_eq!(kept, &pcm[PHRASE.start.0 as usize..][..kept.len()], "from the phrase on");
            assert!(kept.len() > 16_000, "{} samples", kept.len());
            assert!(given.open(OwnerId(8)).is_err());
            grant = Some(n);
        }
    }
    assert!(grant.is_some());
}

#[test]
fn a_yes_to_something_else_is_none() {
    let (mut chain, mut host) = (chain_with(PHRASE.end.0 + 4160, "doors"), Host::default());
    host.hear(&mut chain, &wanted(), 160);
    assert!(host.authorization.is_none());
    assert!(host.told.iter().any(|told| told.contains("AnswerNamesNothing")), "{:#?}", host.told);
}

#[test]
fn a_phrase_that_is_known_late_loses_nothing_of_the_command() {
    // When half of the command has been said.
    let (mut chain, mut host) = (chain_with(PHRASE.end.0 + 20_000, "messages"), Host::default());
    host.hear(&mut chain, &wanted(), 160);
    assert!(host.authorization.is_some(), "{:#?}", host.told);
}

#[test]
fn the_same_is_told_however_the_audio_is_cut() {
    let pcm = wanted();
    let mut chain = chain();
    let mut told_in = |chunk: usize| {
        chain.reset();
        let mut told = Vec::new();
        // Nobody plays the prompt, so that nothing depends on when the host looks.
        for pcm in pcm.chunks(chunk) {
            chain.push(pcm, |one| {
                let session = match &one {
                    Told::Guard(output) => format!("{:?}", Entry { session: 0, ..Entry::of(output) }),
                    Told::Event(event) => format!("{event:?}"),
                    Told::Heard { heard, verdict, .. } => format!("{heard:?} {verdict:?}"),
                };
                told.push(session);
            });
        }
        told
    };
    let whole = told_in(pcm.len());
    assert!(whole.iter().any(|one| one.contains("kind: Say")), "{whole:#?}");
    assert!(whole.iter().any(|one| one.contains("reason: Some(Deadline)")), "{whole:#?}");
    for chunk in [37, 160, 16_000] {
        assert_eq!(told_in(chunk), whole, "chunks of {chunk}");
    }
}

#[test]
fn nothing_is_told_of_what_is_said_into_a_muted_microphone() {
    let (mut chain, mut host, pcm) = (chain(), Host::default(), wanted());
    // Muted while the command is being said.
    let (before, after) = pcm.split_at(70_000);
    host.hear(&mut chain, before, 160);
    assert!(chain.guard().is_open());
    chain.report(&Input::Mute, |told| host.takes(told));
    assert!(!chain.guard().is_open());
    let count = host.told.len();
    host.hear(&mut chain, after, 160);
    assert_eq!(host.told.len(), count, "{:#?}", &host.told[count..]);
    assert_eq!(chain.now().0, pcm.len() as u64, "the clock goes on");
    chain.report(&Input::Unmute, |told| host.takes(told));
    host.hear(&mut chain, &pcm[..32_000], 160);
    assert!(host.authorization.is_none());
}

#[test]
fn a_forced_wake_opens_the_ear_and_silence_closes_it() {
    let (mut chain, mut host) = (chain(), Host::default());
    host.hear(&mut chain, &[0; 32_000], 160);
    let now = chain.now();
    chain.wake_by_force(SampleSpan { start: now.before(12_800), end: now }, |told| host.takes(told));
    assert_eq!(chain.guard().waits_for().map(|(gate, _)| gate), Some(Gate::Intent));
    host.hear(&mut chain, &vec![0; 16 * 8100], 160);
    assert!(!chain.guard().is_open());
    assert!(host.told.iter().any(|one| one.contains("Deadline")), "{:#?}", host.told);
}
