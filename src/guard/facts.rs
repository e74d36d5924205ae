//! What the guard is told: plain numbers from the stages before it, and the host's reports.
//!
//! Nothing here depends on how a command was understood. A probability that is not known is left at its worst.

use super::policy::MAX_SLOTS;
use super::voice::VoiceFacts;
use crate::audio::{SampleIndex, SampleSpan};

/// Whose voice it is, whose recording: a number the host gives to an account or a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OwnerId(pub u32);

/// What was going on around some words: the facts that tell an address from a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surroundings {
    /// The uninterrupted stretch of speech in which the words lie, as the VAD found it; its end is "so far" while
    /// speech goes on.
    pub stretch: SampleSpan,
    /// Quiet before that stretch, samples.
    pub quiet_samples: u64,
    /// Speech in the last seconds, the words included, samples. Not counted: what the device itself said.
    pub talk_samples: u32,
    /// Over how many last samples that is counted.
    pub talk_window_samples: u32,
    /// Probability that several other people are talking, 0 to 1.
    pub others: f32,
    /// Whether the device is playing something (music, radio), prompts apart.
    pub playing: bool,
    /// Probability that the words are in what the device is playing, 0 to 1, from a spotter on that signal.
    pub in_playback: f32,
    /// Level and spectrum of the voice.
    pub voice: Option<VoiceFacts>,
}

impl Surroundings {
    /// Nothing is known, so everything counts as at its worst.
    pub fn unknown() -> Surroundings {
        Surroundings {
            stretch: SampleSpan { start: SampleIndex(0), end: SampleIndex(u64::MAX) },
            quiet_samples: 0,
            talk_samples: u32::MAX,
            talk_window_samples: 0,
            others: 1.0,
            playing: true,
            in_playback: 1.0,
            voice: None,
        }
    }
}

/// A wake phrase that a spotter accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wake {
    /// Which phrase, as numbered by the spotter.
    pub phrase: u16,
    /// Whose voice it is taken for; recordings of this request belong to them.
    pub owner: OwnerId,
    /// Log-likelihood ratio, nats: how much more often a detection like this one comes from somebody saying the
    /// phrase than from anything else. For a spotter with one threshold, ln(share of phrases detected / share of
    /// other clips detected), as measured.
    pub nats: f32,
    /// Where the phrase is.
    pub span: SampleSpan,
    /// What was going on.
    pub surroundings: Surroundings,
}

/// One slot of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slot {
    /// The host's number of the value.
    pub value: u32,
    /// Probability that this value was said, 0 to 1.
    pub probability: f32,
    /// Probability of the next best value.
    pub runner_up: f32,
    /// Probability that something was said that is not in the list.
    pub not_listed: f32,
}

/// A command, as it was understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Understood {
    /// Which action it asks for.
    pub action: u16,
    /// Probability of that intent against all others and against no intent at all, 0 to 1.
    pub probability: f32,
    /// Probability that nobody was talking to the device.
    pub nobody: f32,
    /// The slots.
    pub slots: [Slot; MAX_SLOTS],
    /// How many of them are filled.
    pub slot_count: u8,
    /// Where the words are.
    pub span: SampleSpan,
    /// What was going on.
    pub surroundings: Surroundings,
}

impl Understood {
    /// With those slots. More than [`MAX_SLOTS`] are counted but not kept, and no action has so many.
    pub fn new(
        action: u16,
        probability: f32,
        nobody: f32,
        slots: &[Slot],
        span: SampleSpan,
        surroundings: Surroundings,
    ) -> Understood {
        let mut all = [Slot::default(); MAX_SLOTS];
        all.iter_mut().zip(slots).for_each(|(to, from)| *to = *from);
        let slot_count = u8::try_from(slots.len()).unwrap_or(u8::MAX);
        Understood { action, probability, nobody, slots: all, slot_count, span, surroundings }
    }

    /// The slots that are filled.
    pub fn slots(&self) -> &[Slot] {
        self.slots.get(..usize::from(self.slot_count)).unwrap_or(&self.slots)
    }

    /// What is asked for: the action with its values.
    pub fn act(&self) -> Act {
        let mut values = [0; MAX_SLOTS];
        values.iter_mut().zip(self.slots()).for_each(|(to, slot)| *to = slot.value);
        Act { action: self.action, values, count: self.slot_count.min(MAX_SLOTS as u8) }
    }
}

/// One action with its values: what an authorisation is for, and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Act {
    /// Which action.
    pub action: u16,
    values: [u32; MAX_SLOTS],
    count: u8,
}

impl Act {
    /// `action` with `values`, at most [`MAX_SLOTS`]; `None` for more.
    pub fn new(action: u16, values: &[u32]) -> Option<Act> {
        let mut all = [0; MAX_SLOTS];
        all.get_mut(..values.len())?.copy_from_slice(values);
        Some(Act { action, values: all, count: values.len() as u8 })
    }

    /// The values of the slots.
    pub fn values(&self) -> &[u32] {
        self.values.get(..usize::from(self.count)).unwrap_or_default()
    }
}

/// An answer to a prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// Yes or no.
    pub yes: bool,
    /// Probability that this was said, against anything else, 0 to 1.
    pub probability: f32,
    /// Phones of what was said: 3 in "right", 10 in "yes, send it".
    pub phones: u16,
    /// Whether it names the act that was announced.
    pub names_act: bool,
    /// Where the words are.
    pub span: SampleSpan,
    /// What was going on.
    pub surroundings: Surroundings,
}

/// Something that the guard is told. With each comes the sample at which it was known.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// Nothing, but time has passed: deadlines are looked at. Once a frame is enough.
    Tick,
    /// A wake phrase was accepted by the spotter.
    Wake(Wake),
    /// A command was understood.
    Understood(Understood),
    /// What was said after the wake phrase was no command.
    NotUnderstood {
        /// Probability that nobody was talking to the device.
        nobody: f32,
    },
    /// The host has begun to play a prompt.
    PromptStarted {
        /// Which.
        prompt: u32,
    },
    /// A prompt has ended.
    PromptEnded {
        /// Which.
        prompt: u32,
        /// Whether its last sample was played. Cut short, by the user or a fault, it announced nothing.
        complete: bool,
    },
    /// An answer was heard.
    Answer(Answer),
    /// The second factor was checked.
    SecondFactor {
        /// Whether it was right.
        accepted: bool,
    },
    /// The microphone is muted, from this very sample.
    Mute,
    /// It hears again.
    Unmute,
    /// Somebody pressed a button to stop, or the host gives up.
    Cancel,
    /// A class of action is switched off until the guard is made anew.
    Deprovision {
        /// Which.
        class: u8,
    },
}
