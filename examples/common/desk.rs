//! A guard with two actions, its journal, and the host's part in it: prompts are played, everything is recorded.

use super::{CONTACTS, Found, Odds, Sound};
use earnest::Storage;
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::guard::{
    Act, Answer, Authorization, Guard, GuardConfig, Input, Output, OwnerId, PolicyFile, Prompt, Recording,
    Refusal, Slot, Understood, Wake,
};
use earnest::journal::{Anchor, ENTRY_BYTES, Entry, Explainer, Journal, Names, verify};
use std::error::Error;

pub(crate) const OWNER: OwnerId = OwnerId(1);
pub(crate) const SEND: u16 = 3;

const POLICY: &str = r#"
provisioned = ["messages"]
[classes]
messages = 1
[[action]]
id = 3
name = "send a message"
class = "messages"
tier = "disclosing"
slots = 1
phrase_phones = 11
# The name is read back before anything is sent, and the answer has to say yes to it: examples/household/policy.toml.
[tiers.disclosing]
min_slot_probability = 0.6
min_slot_margin = 0.2
"#;

struct Household(PolicyFile);

impl Names for Household {
    fn action(&self, action: u16) -> Option<&str> {
        self.0.action(action)
    }
    fn value(&self, _: u16, _: usize, value: u32) -> Option<&str> {
        CONTACTS.get(value as usize).copied()
    }
}

/// The host.
pub(crate) struct Desk {
    pub(crate) guard: Guard<'static>,
    pub(crate) journal: Journal<'static>,
    household: Household,
    pub(crate) authorization: Option<Authorization>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) prompt: Option<Prompt>,
    /// Events that counted nothing.
    pub(crate) uncounted: usize,
}

impl Desk {
    pub(crate) fn new() -> Result<Desk, Box<dyn Error>> {
        let file = PolicyFile::parse("policy", POLICY)?;
        let config = GuardConfig { id: 1, ..file.config };
        let policy = file.policy(|warning| eprintln!("warning: {warning}"))?;
        let guard = Guard::new(config, policy, Recording::new(Storage::owned(16_000 * 10)))?;
        let mut journal = Journal::create(Storage::owned(64 * ENTRY_BYTES), None, Anchor::NONE)?;
        journal.append(&Entry::clock(SampleIndex(0), 1_527_171_720_000, -7 * 60))?;
        let household = Household(file);
        Ok(Desk { guard, journal, household, authorization: None, refusal: None, prompt: None, uncounted: 0 })
    }

    pub(crate) fn tell(&mut self, at: SampleIndex, input: Input) {
        let Desk { guard, journal, authorization, refusal, prompt, uncounted, .. } = self;
        guard.process(at, &input, |output| {
            journal.append(&Entry::of(&output)).expect("room for a request");
            match output {
                Output::Authorized { authorization: given, .. } => *authorization = Some(given),
                Output::Refused(given) => *refusal = Some(given),
                Output::Say(given) => *prompt = Some(given),
                Output::Uncounted(_) => *uncounted += 1,
                _ => {}
            }
        });
    }

    /// Plays the prompt that was asked for, if one was: it takes `seconds`. Says when it ended.
    pub(crate) fn play(&mut self, at: SampleIndex, seconds: f64) -> Option<SampleIndex> {
        let prompt = self.prompt.take()?.id;
        let end = at.after((seconds * 16_000.0) as u64);
        self.tell(at, Input::PromptStarted { prompt });
        self.tell(end, Input::PromptEnded { prompt, complete: true });
        Some(end)
    }

    /// Uses what was authorised: the length of the recording that was sent, samples.
    pub(crate) fn send(&mut self, act: &Act, at: SampleIndex) -> Result<usize, Box<dyn Error>> {
        let authorization = match self.authorization.take() {
            Some(given) => given,
            None => return Err(format!("nothing was authorised:\n{}", self.explain()?).into()),
        };
        let grant = self.guard.redeem(authorization, act, at)?;
        self.journal.append(&Entry::redeemed(&grant))?;
        let sent = grant.open(OWNER).map_err(|finding| finding.to_string())?.len();
        Ok(sent)
    }

    /// The journal in sentences.
    pub(crate) fn explain(&self) -> Result<String, Box<dyn Error>> {
        let mut told = String::new();
        let mut explainer = Explainer::new(&self.household, None);
        verify(self.journal.bytes(), None, None, |_, entry| {
            explainer.tell(entry, &mut told).expect("a string takes everything");
        })?;
        Ok(told)
    }
}

/// The wake phrase as the guard wants it.
pub(crate) fn wake(sound: &Sound, found: &Found) -> Result<Wake, Box<dyn Error>> {
    let surroundings = sound.around(found.span, found.known());
    let nats = Odds::read("wake")?.nats(found.score);
    Ok(Wake { phrase: 0, owner: OWNER, nats, span: found.span, surroundings })
}

/// The command with its contact.
pub(crate) fn command(
    sound: &Sound,
    found: &Found,
    slot: Slot,
    span: SampleSpan,
    at: SampleIndex,
) -> Result<Understood, Box<dyn Error>> {
    let p = Odds::read("intent")?.probability(found.score);
    Ok(Understood::new(SEND, p, 1.0 - p, &[slot], span, sound.around(span, at)))
}

/// An answer. A short one has a curve of its own.
pub(crate) fn answer(sound: &Sound, found: &Found, names_act: bool) -> Result<Answer, Box<dyn Error>> {
    let odds = Odds::read(if names_act { "confirm" } else { "short_confirm" })?;
    Ok(Answer {
        yes: true,
        probability: odds.probability(found.score),
        phones: found.phones,
        names_act,
        span: found.span,
        surroundings: sound.around(found.span, found.known()),
    })
}
