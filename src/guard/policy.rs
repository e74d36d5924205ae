//! Which actions there are, and how grave each is.

use super::tier::Tier;
use crate::{ConfigError, Storage};
use core::fmt;

/// Most slots an action can have.
pub const MAX_SLOTS: usize = 8;

/// One action that can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// The host's number for it, the one that intents are reported with.
    pub id: u16,
    /// Its class, 0 to 63; classes can be switched off as a whole.
    pub class: u8,
    /// What can go wrong.
    pub tier: Tier,
    /// Slots that must be filled: 1 for a message to a contact, at most [`MAX_SLOTS`].
    pub slots: u8,
    /// Whether it is heard, seen or felt in the room when it is done: a laugh, an alarm, all lights.
    pub loud: bool,
    /// Phones of the shortest command that asks for it. Short phrases are heard where nobody said them.
    pub phrase_phones: u16,
}

/// Commands for loud actions should have so many phones: "laugh" has 3 and was heard in many kitchens, "can you
/// laugh?", which replaced it, has 9.
pub const SHORT_PHRASE_PHONES: u16 = 8;

/// Something that is allowed but has gone wrong before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyWarning {
    /// A loud action is asked for by a phrase that is easily heard where nobody said it.
    ShortPhrase {
        /// Which action.
        action: u16,
        /// Fewest phones that would give no warning.
        expected: u16,
        /// Phones it has.
        actual: u16,
    },
}

impl fmt::Display for PolicyWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyWarning::ShortPhrase { action, expected, actual } => write!(
                f,
                "action {action} is loud, and its command has {actual} phones, expected at least {expected}: \
                 phrases this short are heard where nobody said them"
            ),
        }
    }
}

/// By insertion: policies are short and mostly in order, and the standard library's sort can panic.
fn sort(actions: &mut [Action]) {
    for sorted in 1..actions.len() {
        let mut at = sorted;
        while let Some([before, after]) = at.checked_sub(1).and_then(|from| actions.get_mut(from..=at))
            && before.id > after.id
        {
            core::mem::swap(before, after);
            at -= 1;
        }
    }
}

/// The actions a guard knows. What is not in it is refused.
#[derive(Debug)]
pub struct Policy<'a> {
    actions: Storage<'a, Action>,
}

impl<'a> Policy<'a> {
    /// A policy over `actions`; they are put in order of their ids. Every warning is given to `on_warning`, so that
    /// none is overlooked for lack of asking.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for a class or number of slots, [`ConfigError::Mismatch`] for two actions with one
    /// id (`actual` is the id).
    pub fn new(
        mut actions: Storage<'a, Action>,
        mut on_warning: impl FnMut(PolicyWarning),
    ) -> Result<Self, ConfigError> {
        sort(&mut actions);
        let mut before = None;
        for action in actions.iter() {
            ConfigError::check("action.class", f64::from(action.class), 0.0, 63.0)?;
            ConfigError::check("action.slots", f64::from(action.slots), 0.0, MAX_SLOTS as f64)?;
            if before == Some(action.id) {
                let what = "actions with one id";
                return Err(ConfigError::Mismatch { what, expected: 1, actual: usize::from(action.id) });
            }
            before = Some(action.id);
            if action.loud && action.phrase_phones < SHORT_PHRASE_PHONES {
                on_warning(PolicyWarning::ShortPhrase {
                    action: action.id,
                    expected: SHORT_PHRASE_PHONES,
                    actual: action.phrase_phones,
                });
            }
        }
        Ok(Policy { actions })
    }

    /// The action of that id.
    pub fn action(&self, id: u16) -> Option<&Action> {
        self.actions.binary_search_by_key(&id, |action| action.id).ok().and_then(|at| self.actions.get(at))
    }

    /// All actions, in order of their ids.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }
}
