//! What the decoders' meanings are to the guard.

use crate::ConfigError;
use crate::confidence::{SlotVerdict, Verdict};
use crate::guard::{MAX_SLOTS, Slot};
use crate::intent::{Decoder, Hypothesis, Item};
use crate::storage::Storage;

/// Most words of an answer that are looked at.
const MAX_WORDS: usize = 32;

/// A command of the grammar as an action of the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommandMeaning {
    /// [`Action::id`](crate::guard::Action::id).
    pub action: u16,
    slots: [u32; MAX_SLOTS],
    count: u8,
}

impl CommandMeaning {
    /// `action`, the slots of which are these of the grammar (numbers of
    /// [`GrammarImage::slots`](crate::intent::GrammarImage::slots)), in this order; `None` for more than [`MAX_SLOTS`].
    pub fn new(action: u16, slots: &[u32]) -> Option<CommandMeaning> {
        let mut all = [0; MAX_SLOTS];
        all.get_mut(..slots.len())?.copy_from_slice(slots);
        Some(CommandMeaning { action, slots: all, count: slots.len() as u8 })
    }

    /// The action's slots as `verdict` has them: how many, up to the first that wasn't said.
    pub(super) fn fill(&self, verdict: &Verdict, out: &mut [Slot; MAX_SLOTS]) -> usize {
        let wanted = self.slots.get(..usize::from(self.count)).unwrap_or_default();
        let found = wanted.iter().map_while(|slot| verdict.slots().iter().find(|said| said.slot == *slot));
        let mut count = 0;
        for (place, said) in out.iter_mut().zip(found) {
            *place = slot(said);
            count += 1;
        }
        count
    }
}

/// A slot as the guard wants it: the likeliest value, whether or not "not listed" is likelier still.
fn slot(said: &SlotVerdict) -> Slot {
    let probability = |n: usize| said.values().get(n).map_or(0.0, |value| value.probability);
    Slot {
        value: said.values().first().map_or(u32::MAX, |value| value.value),
        probability: probability(0),
        runner_up: probability(1),
        not_listed: said.not_listed,
    }
}

/// An answer of the grammar of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerMeaning {
    /// Yes or no.
    pub yes: bool,
    /// The class of action that it names: "send it" names messages, "yes" nothing.
    pub names: Option<u8>,
}

/// What everything means that can be said; in the order of the meanings and the words of the two grammars.
#[derive(Debug)]
pub struct Meanings<'a> {
    /// Of the commands; `None`: nothing that the guard knows.
    pub commands: Storage<'a, Option<CommandMeaning>>,
    /// Of the answers; `None`: nothing.
    pub answers: Storage<'a, Option<AnswerMeaning>>,
    /// Fewest phones of every word of the grammar of answers.
    pub answer_phones: Storage<'a, u8>,
}

impl Meanings<'_> {
    /// # Errors
    /// [`ConfigError::Mismatch`] where there are not as many as the grammars have.
    pub(super) fn check(&self, commands: &Decoder<'_>, answers: &Decoder<'_>) -> Result<(), ConfigError> {
        for (what, expected, actual) in [
            ("meanings of commands", commands.grammar().meanings(), self.commands.len()),
            ("meanings of answers", answers.grammar().meanings(), self.answers.len()),
            ("words of answers", answers.grammar().words(), self.answer_phones.len()),
        ] {
            if expected != actual {
                return Err(ConfigError::Mismatch { what, expected, actual });
            }
        }
        Ok(())
    }

    /// Phones of an answer; values of lists count nothing.
    pub(super) fn phones(&self, decoder: &Decoder<'_>, answer: &Hypothesis) -> u16 {
        let mut items = [Item::default(); MAX_WORDS];
        let count = decoder.items(answer, &mut items);
        let words = items.iter().take(count).filter(|item| item.list.is_none());
        words.map(|item| u16::from(self.answer_phones.get(item.what as usize).copied().unwrap_or(0))).sum()
    }
}
