//! A chain from its configuration.

use crate::config::{Assistant, Request};
use crate::wake::{Spotter, Wake};
use crate::{UsageError, grammar, input};
use earnest::Storage;
use earnest::audio::SAMPLE_RATE_HZ;
use earnest::chain::{AnswerMeaning, Chain, ChainConfig, ChainParts, CommandMeaning, Meanings};
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::guard::{Guard, PolicyFile, Recording};
use earnest::intent::{Decoder, Rescorer};
use earnest::journal::Names;
use earnest::lexicon::Lexicon;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Seconds of audio that are remembered, and that a recording may have.
const PRE_ROLL_S: usize = 2;
const RECORDING_S: usize = 30;
/// Frames that are remembered: the wake phrase until it is accepted, and a second before the words behind it.
const RECENT_FRAMES: usize = 250;

/// A chain and the names of what it hears.
pub(super) struct Assembled {
    pub(super) chain: Chain<'static, Spotter>,
    pub(super) threshold: f32,
    pub(super) named: Named,
}

/// What a chain's decisions are told with.
pub(super) struct Named {
    pub(super) phrase: String,
    pub(super) engine: &'static str,
    pub(super) household: Household,
}

/// Names of actions and of the values of their slots.
pub(super) struct Household {
    policy: PolicyFile,
    /// By action and slot.
    values: BTreeMap<(u16, usize), Vec<String>>,
}

impl Names for Household {
    fn action(&self, action: u16) -> Option<&str> {
        self.policy.action(action)
    }

    fn value(&self, action: u16, slot: usize, value: u32) -> Option<&str> {
        self.values.get(&(action, slot))?.get(value as usize).map(String::as_str)
    }
}

/// What a chain is made of besides the wake phrase.
pub(super) struct Plan<'c> {
    pub(super) assistant: &'c Assistant,
    pub(super) request: &'c Request,
    /// Of the configuration, for errors.
    pub(super) file: &'c Path,
    pub(super) lexicon: Lexicon<'static>,
}

impl Plan<'_> {
    fn wrong(&self, what: impl std::fmt::Display) -> UsageError {
        UsageError(format!("{}: {what}", self.file.display()))
    }

    /// The whole chain.
    pub(super) fn assemble(&self) -> Result<Assembled, UsageError> {
        self.assemble_with(&self.sayable()?, None)
    }

    /// What may be asked for.
    pub(super) fn sayable(&self) -> Result<grammar::Sayable, UsageError> {
        let lists: Vec<(String, PathBuf)> = self.request.commands.lists.clone().into_iter().collect();
        let from = format!("{}: [commands.lists]", self.file.display());
        grammar::read(&self.request.commands.grammar, &lists, &from)
    }

    /// The chain with another grammar of commands, which has this intent alone.
    pub(super) fn assemble_with(
        &self,
        sayable: &grammar::Sayable,
        only: Option<&str>,
    ) -> Result<Assembled, UsageError> {
        let Plan { assistant, request, .. } = self;
        let wake = Wake::new(&assistant.source()?, assistant.threshold)?;
        let commands = sayable.decoder(&self.lexicon)?;
        let answers = grammar::read(&request.answers.grammar, &[], &"[answers]")?.decoder(&self.lexicon)?;
        let policy = input::policy(&request.guard.policy)?;
        let mut values = BTreeMap::new();
        let meanings = Meanings {
            commands: Storage::Owned(self.commands(&commands, &policy, only, &mut values)?.into()),
            answers: Storage::Owned(self.answers(&answers, &policy)?.into()),
            answer_phones: Storage::Owned(self.phones(&answers)?.into()),
        };
        let rules = policy
            .policy(|warning| {
                crate::output::message(&format!("warning: {}: {warning}", request.guard.policy.display()))
            })
            .map_err(|error| self.wrong(error))?;
        let recording = Recording::new(Storage::owned(RECORDING_S * SAMPLE_RATE_HZ as usize));
        let guard = Guard::new(policy.config, rules, recording).map_err(|error| self.wrong(error))?;
        let judge = Judge::new(ConfidenceWeights::phones_m(), Storage::owned(Rescorer::REQUIRED));
        let parts = ChainParts {
            spotter: wake.spotter,
            net: grammar::acoustic_model()?,
            commands,
            answers,
            meanings,
            judge: judge.map_err(|error| self.wrong(error))?,
            guard,
            pre_roll: Storage::owned(PRE_ROLL_S * SAMPLE_RATE_HZ as usize),
            recent: Storage::owned(RECENT_FRAMES),
        };
        let config = ChainConfig { vad: assistant.pipeline.vad, ..ChainConfig::default() };
        let chain = Chain::new(config, parts).map_err(|error| self.wrong(error))?;
        let household = Household { policy, values };
        let named = Named { phrase: wake.phrases.join(", "), engine: wake.engine.name(), household };
        Ok(Assembled { chain, threshold: wake.threshold, named })
    }

    /// What every meaning of the grammar asks for, and the names of the slots' values.
    fn commands(
        &self,
        decoder: &Decoder<'_>,
        policy: &PolicyFile,
        only: Option<&str>,
        values: &mut BTreeMap<(u16, usize), Vec<String>>,
    ) -> Result<Vec<Option<CommandMeaning>>, UsageError> {
        let grammar = decoder.grammar();
        let slots: Vec<&str> = grammar.slots().collect();
        let lists: Vec<&str> = grammar.lists().collect();
        let actions = &self.request.commands.actions;
        let intents: Vec<&str> =
            (0..grammar.meanings() as u32).map(|meaning| grammar.intent(meaning)).collect();
        for (intent, of) in actions.iter().filter(|(intent, _)| only.is_none_or(|only| *intent == only)) {
            let key = format!("commands.actions.{intent}");
            if !intents.contains(&intent.as_str()) {
                return Err(self.wrong(format_args!(
                    "{key}: the grammar has no such intent, it has: {}",
                    all(&intents)
                )));
            }
            let Some(action) = policy.actions.iter().find(|action| action.id == of.action) else {
                let ids: Vec<String> = policy.actions.iter().map(|action| action.id.to_string()).collect();
                let ids = ids.iter().map(String::as_str).collect::<Vec<_>>();
                return Err(self.wrong(format_args!(
                    "{key}.action is {}: the policy has no such action, it has: {}",
                    of.action,
                    all(&ids)
                )));
            };
            if of.slots.len() != usize::from(action.slots) {
                return Err(self.wrong(format_args!(
                    "{key}.slots has {}: action {} of the policy has {}",
                    of.slots.len(),
                    action.id,
                    action.slots
                )));
            }
            for (n, slot) in of.slots.iter().enumerate() {
                if !slots.contains(&slot.as_str()) {
                    return Err(self.wrong(format_args!(
                        "{key}.slots: the grammar has no slot {slot:?}, it has: {}",
                        all(&slots)
                    )));
                }
                // A slot is named by its list, unless the sentence gives it a name of its own.
                if let Some(list) = lists.iter().position(|list| list == slot) {
                    let names = decoder.list(list as u32).map(|list| {
                        (0..list.values() as u32)
                            .map(|value| list.value(value).to_string())
                            .collect::<Vec<_>>()
                    });
                    values.insert((of.action, n), names.unwrap_or_default());
                }
            }
        }
        Ok(intents
            .iter()
            .map(|intent| {
                let of = actions.get(*intent)?;
                let number =
                    |slot: &String| slots.iter().position(|known| known == slot).map_or(0, |at| at as u32);
                CommandMeaning::new(of.action, &of.slots.iter().map(number).collect::<Vec<_>>())
            })
            .collect())
    }

    /// `Confirm` is yes, `Deny` is no; a slot `names` says of which class a yes speaks.
    fn answers(
        &self,
        decoder: &Decoder<'_>,
        policy: &PolicyFile,
    ) -> Result<Vec<Option<AnswerMeaning>>, UsageError> {
        let file = self.request.answers.grammar.display();
        let grammar = decoder.grammar();
        let meanings = (0..grammar.meanings() as u32).map(|meaning| {
            let named = grammar.fixed(meaning).find(|(slot, _)| *slot == "names").map(|(_, class)| class);
            // Classes of other households' policies may be named too.
            let names = named.and_then(|class| policy.class(class));
            match grammar.intent(meaning) {
                "Confirm" => Some(AnswerMeaning { yes: true, names }),
                "Deny" => Some(AnswerMeaning { yes: false, names: None }),
                _ => None,
            }
        });
        let meanings: Vec<_> = meanings.collect();
        for (yes, intent) in [(true, "Confirm"), (false, "Deny")] {
            if !meanings.iter().flatten().any(|meaning| meaning.yes == yes) {
                return Err(UsageError(format!(
                    "{file}: it has no intent {intent}, expected Confirm and Deny"
                )));
            }
        }
        Ok(meanings)
    }

    /// Fewest phones of every word.
    fn phones(&self, decoder: &Decoder<'_>) -> Result<Vec<u8>, UsageError> {
        let grammar = decoder.grammar();
        (0..grammar.words() as u32)
            .map(|word| {
                let word = grammar.word(word);
                let said = self
                    .lexicon
                    .pronounce(word)
                    .map_err(|error| self.wrong(format_args!("{word:?}: {error}")))?;
                let least =
                    |word: &earnest::lexicon::Word| word.pronunciations.iter().map(|p| p.phones.len()).min();
                Ok(said.iter().filter_map(least).sum::<usize>().min(255) as u8)
            })
            .collect()
    }
}

fn all(names: &[&str]) -> String {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
