//! A guard with one action of each tier, and the facts of a request that nothing is wrong with.
#![allow(dead_code)] // each test file uses its own part

use earnest::Storage;
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::guard::{
    Act, Action, Answer, Authorization, ClassSet, Guard, GuardConfig, Input, Output, OwnerId, Policy, Prompt,
    Reason, Recording, Refusal, Slot, Surroundings, Tier, Understood, VOICE_BANDS, VoiceFacts, Wake,
};

pub(crate) const LIGHT: u16 = 1;
pub(crate) const MUSIC: u16 = 2;
pub(crate) const SEND: u16 = 3;
pub(crate) const UNLOCK: u16 = 4;
pub(crate) const OWNER: OwnerId = OwnerId(7);
pub(crate) const DENISE: u32 = 40;

/// Samples in `ms`.
pub(crate) fn t(ms: u64) -> SampleIndex {
    SampleIndex(ms * 16)
}

pub(crate) fn span(start_ms: u64, end_ms: u64) -> SampleSpan {
    SampleSpan { start: t(start_ms), end: t(end_ms) }
}

pub(crate) fn actions() -> Vec<Action> {
    let action =
        |id, tier, slots| Action { id, class: id as u8, tier, slots, loud: false, phrase_phones: 10 };
    vec![
        action(LIGHT, Tier::Routine, 0),
        action(MUSIC, Tier::Reversible, 1),
        action(SEND, Tier::Disclosing, 1),
        action(UNLOCK, Tier::Physical, 0),
    ]
}

pub(crate) fn config() -> GuardConfig {
    let provisioned = actions().iter().fold(ClassSet::NONE, |set, action| set.with(action.class));
    GuardConfig { id: 9, provisioned, ..GuardConfig::default() }
}

pub(crate) fn guard(config: GuardConfig) -> Guard<'static> {
    let policy = Policy::new(Storage::Owned(actions().into()), |warning| panic!("{warning}")).unwrap();
    Guard::new(config, policy, Recording::new(Storage::owned(64_000))).unwrap()
}

/// A voice at `level_db`, always of the same spectrum.
pub(crate) fn voice(level_db: f32) -> Option<VoiceFacts> {
    Some(VoiceFacts { level_db, bands_db: [0.0; VOICE_BANDS] })
}

/// Words that stand alone: two seconds of quiet before, none after, nothing else in the last ten seconds.
pub(crate) fn alone(words: SampleSpan) -> Surroundings {
    Surroundings {
        stretch: words,
        quiet_samples: 32_000,
        talk_samples: words.len() as u32,
        talk_window_samples: 160_000,
        others: 0.0,
        playing: false,
        in_playback: 0.0,
        voice: voice(-30.0),
    }
}

/// Words in the middle of talk that had gone on for ten seconds and goes on for two more.
pub(crate) fn in_talk(words: SampleSpan) -> Surroundings {
    Surroundings {
        stretch: SampleSpan { start: words.start.before(160_000), end: words.end.after(32_000) },
        quiet_samples: 0,
        talk_samples: 160_000,
        others: 0.8,
        ..alone(words)
    }
}

pub(crate) fn wake(start_ms: u64, end_ms: u64) -> Wake {
    let span = span(start_ms, end_ms);
    Wake { phrase: 0, owner: OWNER, nats: 5.7, span, surroundings: alone(span) }
}

pub(crate) fn slot() -> Slot {
    Slot { value: DENISE, probability: 0.96, runner_up: 0.02, not_listed: 0.02 }
}

/// A command for `action`, with as many slots as it has.
pub(crate) fn command(action: u16, start_ms: u64, end_ms: u64) -> Understood {
    let slots = vec![slot(); usize::from(actions()[usize::from(action) - 1].slots)];
    let span = span(start_ms, end_ms);
    // Wake phrase and command in one breath.
    let mut surroundings = alone(span);
    surroundings.talk_samples += 12_800;
    Understood::new(action, 0.98, 0.01, &slots, span, surroundings)
}

pub(crate) fn yes_send_it(start_ms: u64, end_ms: u64) -> Answer {
    let span = span(start_ms, end_ms);
    Answer { yes: true, probability: 0.97, phones: 10, names_act: true, span, surroundings: alone(span) }
}

/// "right."
pub(crate) fn right(start_ms: u64, end_ms: u64) -> Answer {
    Answer { phones: 3, names_act: false, ..yes_send_it(start_ms, end_ms) }
}

/// A guard, and everything it has told so far.
pub(crate) struct Scene {
    pub(crate) guard: Guard<'static>,
    pub(crate) told: Vec<Output>,
    pub(crate) authorizations: Vec<Authorization>,
}

impl Scene {
    pub(crate) fn new(config: GuardConfig) -> Scene {
        Scene { guard: guard(config), told: Vec::new(), authorizations: Vec::new() }
    }

    pub(crate) fn at(&mut self, ms: u64, input: Input) -> &mut Scene {
        self.at_sample(t(ms), input)
    }

    pub(crate) fn at_sample(&mut self, at: SampleIndex, input: Input) -> &mut Scene {
        let Scene { guard, told, authorizations } = self;
        guard.process(at, &input, |output| match output {
            Output::Authorized { authorization, .. } => authorizations.push(authorization),
            other => told.push(other),
        });
        self
    }

    /// The latest prompt asked for.
    pub(crate) fn prompt(&self) -> Option<Prompt> {
        self.told.iter().rev().find_map(|output| match output {
            Output::Say(prompt) => Some(*prompt),
            _ => None,
        })
    }

    /// The prompt that was asked for last begins and ends.
    pub(crate) fn played(&mut self, from_ms: u64, to_ms: u64) -> &mut Scene {
        let prompt = self.prompt().expect("a prompt").id;
        self.at(from_ms, Input::PromptStarted { prompt });
        self.at(to_ms, Input::PromptEnded { prompt, complete: true })
    }

    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.told.iter().rev().find_map(|output| match output {
            Output::Refused(refusal) => Some(*refusal),
            _ => None,
        })
    }

    /// Why the last request was refused.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.refusal().map(|refusal| refusal.finding.reason)
    }

    /// Why something counted nothing, the latest.
    pub(crate) fn uncounted(&self) -> Option<Reason> {
        self.told.iter().rev().find_map(|output| match output {
            Output::Uncounted(uncounted) => Some(uncounted.finding.reason),
            _ => None,
        })
    }

    pub(crate) fn act(&self) -> Act {
        *self.authorizations.last().expect("an authorisation").act()
    }

    /// "hey earnest, send … to Denise", announced; the prompt ends at 7 s.
    pub(crate) fn until_the_question(&mut self) -> &mut Scene {
        self.at(2900, Input::Wake(wake(2000, 2800)));
        self.at(4700, Input::Understood(command(SEND, 2900, 4400)));
        self.played(4800, 7000)
    }
}
