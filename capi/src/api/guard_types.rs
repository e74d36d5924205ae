//! What a guard is told, as C sees it. The comments are those of `earnest.h`.

pub(crate) use super::settings::Limits;
use super::settings::{EvidencePolicy, Timing};
use core::ffi::c_void;
use core::mem::offset_of;
use earnest_core::audio::{SampleIndex, SampleSpan};
use earnest_core::guard::{
    self, Answer, ClassSet, GuardConfig, OwnerId, Surroundings as CoreSurroundings, Tier, Understood,
    VoiceFacts, Wake,
};

/// Elements of earnest_surroundings.voice_bands_db.
pub const EARNEST_VOICE_BANDS: usize = 8;
/// Most slots of an action.
pub const EARNEST_SLOTS: usize = 8;
/// In earnest_told, where there is no such thing.
pub const EARNEST_NO_NUMBER: u32 = u32::MAX;

/// What goes wrong if an action is done although nobody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[allow(dead_code, reason = "for C programs")]
pub enum TierNumber {
    /// Nothing that matters: the time, a timer, a light.
    Routine = 0,
    /// A nuisance that can be undone: music, a thermostat.
    Reversible = 1,
    /// Something leaves the house: a message, a call, a recording, a purchase.
    Disclosing = 2,
    /// Something moves or opens: a lock, a garage, an alarm.
    Physical = 3,
}

/// What a guard is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum InputKind {
    /// Nothing, but time has passed: deadlines are looked at. Once a frame while a request is open.
    Tick = 0,
    /// A wake phrase was accepted: `phrase`, `owner`, `nats`, `start`, `end`, `around`.
    Wake = 1,
    /// A command was understood: `action`, `probability`, `nobody`, `slots`, `start`, `end`, `around`.
    Understood = 2,
    /// What was said was no command: `nobody`.
    NotUnderstood = 3,
    /// The prompt `prompt` has begun to play.
    PromptStarted = 4,
    /// It has ended; `yes`: its last sample was played. Cut short, it announced nothing.
    PromptEnded = 5,
    /// An answer was heard: `yes`, `probability`, `phones`, `names_act`, `start`, `end`, `around`.
    Answer = 6,
    /// The second factor was checked; `yes`: it was right.
    SecondFactor = 7,
    /// The microphone is muted, from this very sample. Always obeyed, whatever its time and however full the journal.
    Mute = 8,
    /// It hears again.
    Unmute = 9,
    /// Somebody pressed a button to stop, or the device gives up.
    Cancel = 10,
    /// The class `action_class` is switched off until the guard is made anew.
    Deprovision = 11,
}

/// An action that can be asked for.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Action {
    /// The device's number for it, 0 to 65,535.
    pub id: u32,
    /// Its class, 0 to 63; classes are switched on and off as a whole.
    pub action_class: u32,
    /// earnest_tier_number.
    pub tier: u32,
    /// Slots that must be filled, 0 to EARNEST_SLOTS.
    pub slots: u32,
    /// 1 if it is heard, seen or felt in the room when it is done, else 0.
    pub loud: u32,
    /// Phones of the shortest command that asks for it, 0 to 65,535.
    pub phrase_phones: u32,
}

/// How a guard decides. Fill it with earnest_policy_default(), then change what you need: with the defaults no class is
/// provisioned, so everything is refused. Later versions add fields at the end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Policy {
    /// sizeof(earnest_policy) of the program. Set by earnest_policy_default().
    pub size: u32,
    /// Tells the guards of one program apart, 0 to 65,535.
    pub id: u32,
    /// What may be done at all: bit n for class n.
    pub provisioned: u64,
    /// The actions, read during the call only. What is not among them is refused.
    pub actions: *const Action,
    /// How many, 0 to 1024.
    pub action_count: usize,
    /// The journal's memory: RAM that keeps its content, or the copy of a flash sector. What is in it is continued; all
    /// zero begins a new one. It must stay there until earnest_guard_release(). Null for none.
    pub journal: *mut c_void,
    /// Bytes of it: 128 for each entry, 18 entries at least; 0 for none.
    pub journal_bytes: usize,
    /// 32 random bytes that are kept apart from the journal, read during the call only, or null.
    pub journal_key: *const u8,
    /// Samples of a request that can be kept for who is authorised: 0 to 960,000 (60 s). Two bytes each. Default 0.
    pub recording_samples: u32,
    /// Deadlines.
    pub timing: Timing,
    /// The weighing of evidence.
    pub evidence: EvidencePolicy,
    /// What each tier demands, by earnest_tier_number.
    pub tiers: [Limits; 4],
}

impl Policy {
    pub(crate) const FIRST_SIZE: usize =
        (offset_of!(Policy, tiers) + size_of::<[Limits; 4]>()).next_multiple_of(align_of::<Policy>());

    pub(crate) fn new() -> Self {
        let core = GuardConfig::default();
        Policy {
            size: size_of::<Policy>() as u32,
            id: 0,
            provisioned: 0,
            actions: core::ptr::null(),
            action_count: 0,
            journal: core::ptr::null_mut(),
            journal_bytes: 0,
            journal_key: core::ptr::null(),
            recording_samples: 0,
            timing: Timing::of(&core.timing),
            evidence: EvidencePolicy::of(&core.evidence),
            tiers: Tier::ALL.map(|tier| Limits::of(core.limits(tier))),
        }
    }

    pub(crate) fn config(&self) -> GuardConfig {
        let [routine, reversible, disclosing, physical] = self.tiers.map(|limits| limits.core());
        let classes = (0..64).filter(|class| self.provisioned >> class & 1 != 0);
        GuardConfig {
            id: self.id as u16,
            provisioned: classes.fold(ClassSet::NONE, ClassSet::with),
            timing: self.timing.core(),
            evidence: self.evidence.core(),
            routine,
            reversible,
            disclosing,
            physical,
        }
    }
}

/// What was going on around some words. earnest_surroundings_of() fills it, but for what a listener can't know.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Surroundings {
    /// The stretch of speech in which the words lie: its first sample.
    pub stretch_start: u64,
    /// One past its last, "so far" while speech goes on.
    pub stretch_end: u64,
    /// Quiet before it, samples.
    pub quiet_samples: u64,
    /// Speech in the last seconds, the words included, samples.
    pub talk_samples: u32,
    /// Over how many samples that is counted.
    pub talk_window_samples: u32,
    /// Probability that several other people are talking, 0 to 1.
    pub others: f32,
    /// 1 if the device is playing something, prompts apart, else 0.
    pub playing: u32,
    /// Probability that the words are in what it plays, 0 to 1.
    pub in_playback: f32,
    /// 1 if the two fields that follow are known, else 0.
    pub voice_known: u32,
    /// Mean level of the voice, dB; only differences matter.
    pub voice_level_db: f32,
    /// Mean level of each band less that, dB, low to high.
    pub voice_bands_db: [f32; EARNEST_VOICE_BANDS],
}

impl Surroundings {
    pub(crate) fn from_core(core: &CoreSurroundings) -> Surroundings {
        let voice = core.voice.unwrap_or(VoiceFacts { level_db: 0.0, bands_db: [0.0; EARNEST_VOICE_BANDS] });
        Surroundings {
            stretch_start: core.stretch.start.0,
            stretch_end: core.stretch.end.0,
            quiet_samples: core.quiet_samples,
            talk_samples: core.talk_samples,
            talk_window_samples: core.talk_window_samples,
            others: core.others,
            playing: u32::from(core.playing),
            in_playback: core.in_playback,
            voice_known: u32::from(core.voice.is_some()),
            voice_level_db: voice.level_db,
            voice_bands_db: voice.bands_db,
        }
    }

    fn core(&self) -> CoreSurroundings {
        let voice = VoiceFacts { level_db: self.voice_level_db, bands_db: self.voice_bands_db };
        CoreSurroundings {
            stretch: span(self.stretch_start, self.stretch_end),
            quiet_samples: self.quiet_samples,
            talk_samples: self.talk_samples,
            talk_window_samples: self.talk_window_samples,
            others: self.others,
            playing: self.playing != 0,
            in_playback: self.in_playback,
            voice: (self.voice_known != 0).then_some(voice),
        }
    }
}

/// One slot of a command.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Slot {
    /// The device's number of the value.
    pub value: u32,
    /// Probability that this value was said, 0 to 1.
    pub probability: f32,
    /// Probability of the next best value.
    pub runner_up: f32,
    /// Probability that something was said that is not in the list.
    pub not_listed: f32,
}

/// Something that a guard is told. Set all to zero, then `size`, `kind`, and what the kind names.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Input {
    /// sizeof(earnest_input) of the program.
    pub size: u32,
    /// earnest_input_kind.
    pub kind: u32,
    /// Which wake phrase.
    pub phrase: u32,
    /// Whose voice it is taken for; recordings of the request belong to them.
    pub owner: u32,
    /// Log-likelihood ratio of the wake phrase, nats.
    pub nats: f32,
    /// Which action, 0 to 65,535.
    pub action: u32,
    /// Probability of what was heard, 0 to 1.
    pub probability: f32,
    /// Probability that nobody was talking to the device, 0 to 1.
    pub nobody: f32,
    /// Which prompt.
    pub prompt: u32,
    /// Yes, complete, accepted: 1 or 0.
    pub yes: u32,
    /// Phones of the answer: 3 in "right", 10 in "yes, send it".
    pub phones: u32,
    /// 1 if the answer names the act that was announced, else 0.
    pub names_act: u32,
    /// Which class.
    pub action_class: u32,
    /// Slots that are filled.
    pub slot_count: u32,
    /// The slots.
    pub slots: [Slot; EARNEST_SLOTS],
    /// Where the words are: first sample.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// What was going on around them.
    pub around: Surroundings,
}

impl Input {
    pub(crate) const FIRST_SIZE: usize = offset_of!(Input, around) + size_of::<Surroundings>();

    /// `None` for a kind that there isn't.
    pub(crate) fn core(&self) -> Option<guard::Input> {
        let is = |kind: InputKind| self.kind == kind as u32;
        let (words, surroundings) = (span(self.start, self.end), self.around.core());
        Some(if is(InputKind::Tick) {
            guard::Input::Tick
        } else if is(InputKind::Wake) {
            let (phrase, owner) = (self.phrase as u16, OwnerId(self.owner));
            guard::Input::Wake(Wake { phrase, owner, nats: self.nats, span: words, surroundings })
        } else if is(InputKind::Understood) {
            let slots = self.slots.map(|slot| guard::Slot {
                value: slot.value,
                probability: slot.probability,
                runner_up: slot.runner_up,
                not_listed: slot.not_listed,
            });
            // An action that no 16 bits hold is none that a policy knows.
            let action = u16::try_from(self.action).unwrap_or(u16::MAX);
            let mut heard =
                Understood::new(action, self.probability, self.nobody, &slots, words, surroundings);
            heard.slot_count = u8::try_from(self.slot_count).unwrap_or(u8::MAX);
            guard::Input::Understood(heard)
        } else if is(InputKind::NotUnderstood) {
            guard::Input::NotUnderstood { nobody: self.nobody }
        } else if is(InputKind::PromptStarted) {
            guard::Input::PromptStarted { prompt: self.prompt }
        } else if is(InputKind::PromptEnded) {
            guard::Input::PromptEnded { prompt: self.prompt, complete: self.yes == 1 }
        } else if is(InputKind::Answer) {
            guard::Input::Answer(Answer {
                yes: self.yes == 1,
                probability: self.probability,
                phones: u16::try_from(self.phones).unwrap_or(u16::MAX),
                names_act: self.names_act == 1,
                span: words,
                surroundings,
            })
        } else if is(InputKind::SecondFactor) {
            guard::Input::SecondFactor { accepted: self.yes == 1 }
        } else if is(InputKind::Mute) {
            guard::Input::Mute
        } else if is(InputKind::Unmute) {
            guard::Input::Unmute
        } else if is(InputKind::Cancel) {
            guard::Input::Cancel
        } else if is(InputKind::Deprovision) {
            guard::Input::Deprovision { class: u8::try_from(self.action_class).unwrap_or(u8::MAX) }
        } else {
            return None;
        })
    }
}

/// One act: an action with its values.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Act {
    /// The action.
    pub action: u32,
    /// How many of the values count.
    pub count: u32,
    /// The values of its slots.
    pub values: [u32; EARNEST_SLOTS],
}

fn span(start: u64, end: u64) -> SampleSpan {
    SampleSpan { start: SampleIndex(start), end: SampleIndex(end) }
}
