//! Every number of the guard that is not an action's own.

use super::settings::settings;
use super::tier::{Tier, TierLimits};
use crate::ConfigError;
use crate::audio::SAMPLE_RATE_HZ;

settings! {
    /// How long every gate stays open. All deadlines count in samples that were heard, and none can be extended.
    Timing in "timing" {
        command_ms: u32 = 8000, 1000 to 20000, "ms",
            "The command must have been understood so long after the wake phrase was.";
        max_wake_age_ms: u32 = 1500, 0 to 5000, "ms",
            "A wake phrase that ended longer ago than this opens nothing any more.";
        prompt_start_ms: u32 = 2000, 100 to 10000, "ms",
            "The host must report that a prompt has started so long after it was asked to say it.";
        prompt_max_ms: u32 = 15000, 1000 to 60000, "ms",
            "A prompt must have ended so long after it started.";
        prompt_min_ms: u32 = 500, 200 to 5000, "ms",
            "A prompt shorter than this said nothing: it counts as empty, and the request is refused.";
        answer_earliest_ms: u32 = 100, 0 to 1000, "ms",
            "An answer that begins sooner after the end of the prompt is its echo or other talk, and counts nothing.";
        answer_ms: u32 = 4000, 500 to 10000, "ms",
            "The answer must have been understood so long after the prompt ended.";
        second_factor_ms: u32 = 30000, 1000 to 120000, "ms",
            "The second factor must have been reported so long after it was asked for.";
        authorization_ms: u32 = 2000, 100 to 30000, "ms",
            "An authorisation is void so long after it was given.";
        session_ms: u32 = 60000, 5000 to 180000, "ms",
            "From the wake phrase to the authorisation, whatever happens between.";
        span_tolerance_ms: u32 = 200, 0 to 500, "ms",
            "By how much the command may seem to begin before the wake phrase ended: spans are estimates.";
    }
}

settings! {
    /// How evidence is weighed; see [`evidence`](super::evidence) for the derivation and its assumptions.
    EvidenceConfig in "evidence" {
        prior_log_odds: f32 = -6.0, -20 to 0, "nats",
            "Log-odds that somebody is asking, before anything is heard: how rare requests are among stretches of speech.";
        confidence_prior: f32 = 0.5, 0.01 to 0.99, "probability",
            "Share of real requests among the examples on which the probabilities were calibrated.";
        max_gate_nats: f32 = 6.0, 0.5 to 15, "nats",
            "What one gate can say at most. No error in n trials shows a rate below 3/n, so that ln(n/3) is honest.";
        same_talk_min: f32 = 0.02, 0.001 to 1, "probability",
            "That a gate passes wrongly for the same cause as the gates before it, where nothing hints at talk.";
        same_talk_max: f32 = 0.6, 0.001 to 1, "probability",
            "The same where talk just goes on. Not below `same_talk_min`.";
        same_words: f32 = 0.1, 0.001 to 1, "probability",
            "The same for the slots, at least: they are part of the words that the intent was heard in.";
        talk_nats: f32 = 1.5, 0 to 10, "nats",
            "What uninterrupted talk takes from every gate.";
        talk_weight: f32 = 0.7, 0 to 1, "share",
            "How far other talk in the last seconds hints at a conversation.";
        pause_weight: f32 = 0.4, 0 to 1, "share",
            "How far the lack of a pause before the words does.";
        full_pause_ms: u32 = 500, 50 to 5000, "ms",
            "A pause this long is a whole pause.";
        run_on_weight: f32 = 0.5, 0 to 1, "share",
            "How far talk that runs on after the words does.";
        full_run_on_ms: u32 = 1500, 100 to 10000, "ms",
            "Talk running on this long counts whole.";
        over_prompt_weight: f32 = 0.9, 0 to 1, "share",
            "How far speech that began before the prompt ended does, where an answer is expected.";
        voice_weight: f32 = 0.4, 0 to 1, "share",
            "How far another level or spectrum than that of the wake phrase does.";
        level_change_db: f32 = 15.0, 1 to 60, "dB",
            "A change of level that counts whole.";
        spectrum_change_db: f32 = 12.0, 1 to 60, "dB",
            "A change of the mean spectrum that counts whole.";
        others_weight: f32 = 0.7, 0 to 1, "share",
            "How far several other voices do.";
        playing_weight: f32 = 0.3, 0 to 1, "share",
            "How far it does that the device itself is playing something.";
        max_in_playback: f32 = 0.1, 0 to 1, "probability",
            "Words that are more probably than this in what the device plays count nothing.";
    }
}

impl EvidenceConfig {
    /// # Errors
    /// [`ConfigError::OutOfRange`] unless `same_talk_min <= same_talk_max`.
    pub(super) fn check_dependence(&self) -> Result<(), ConfigError> {
        let least = f64::from(self.same_talk_min);
        ConfigError::check("evidence.same_talk_max", f64::from(self.same_talk_max), least, 1.0)
    }
}

/// Classes of action, 64 at most. Those that are not in it are de-provisioned: nothing in them is ever authorised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassSet(u64);

impl ClassSet {
    /// No class at all, the default.
    pub const NONE: ClassSet = ClassSet(0);

    /// With `class` in it. Classes from 64 on can't be.
    #[must_use]
    pub fn with(self, class: u8) -> ClassSet {
        ClassSet(self.0 | 1u64.checked_shl(u32::from(class)).unwrap_or(0))
    }

    /// Without `class`.
    #[must_use]
    pub fn without(self, class: u8) -> ClassSet {
        ClassSet(self.0 & !1u64.checked_shl(u32::from(class)).unwrap_or(0))
    }

    /// Whether `class` is in it.
    pub fn has(self, class: u8) -> bool {
        self.0 & 1u64.checked_shl(u32::from(class)).unwrap_or(0) != 0
    }
}

/// How the guard decides. By default no class of action is provisioned, so that everything is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuardConfig {
    /// Tells the guards of one program apart: an authorisation of one is worth nothing at another.
    pub id: u16,
    /// What may be done at all.
    pub provisioned: ClassSet,
    /// Deadlines.
    pub timing: Timing,
    /// The weighing of evidence.
    pub evidence: EvidenceConfig,
    /// What `routine` actions demand.
    pub routine: TierLimits,
    /// What `reversible` actions demand.
    pub reversible: TierLimits,
    /// What `disclosing` actions demand.
    pub disclosing: TierLimits,
    /// What `physical` actions demand.
    pub physical: TierLimits,
}

impl Default for GuardConfig {
    fn default() -> Self {
        GuardConfig {
            id: 0,
            provisioned: ClassSet::NONE,
            timing: Timing::default(),
            evidence: EvidenceConfig::default(),
            routine: TierLimits::of(Tier::Routine),
            reversible: TierLimits::of(Tier::Reversible),
            disclosing: TierLimits::of(Tier::Disclosing),
            physical: TierLimits::of(Tier::Physical),
        }
    }
}

impl GuardConfig {
    /// What `tier` demands.
    pub fn limits(&self, tier: Tier) -> &TierLimits {
        match tier {
            Tier::Routine => &self.routine,
            Tier::Reversible => &self.reversible,
            Tier::Disclosing => &self.disclosing,
            Tier::Physical => &self.physical,
        }
    }

    #[cfg(feature = "std")]
    pub(super) fn limits_mut(&mut self, tier: Tier) -> &mut TierLimits {
        match tier {
            Tier::Routine => &mut self.routine,
            Tier::Reversible => &mut self.reversible,
            Tier::Disclosing => &mut self.disclosing,
            Tier::Physical => &mut self.physical,
        }
    }

    /// Whether every number is in its range and no law of a grave tier is lifted.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.timing.check()?;
        self.evidence.check()?;
        self.evidence.check_dependence()?;
        Tier::ALL.into_iter().try_for_each(|tier| self.limits(tier).check_for(tier))
    }
}

/// Milliseconds in samples.
pub(super) fn samples(ms: u32) -> u64 {
    u64::from(ms) * u64::from(SAMPLE_RATE_HZ / 1000)
}

/// Samples in milliseconds, for records.
pub(super) fn ms(samples: u64) -> f32 {
    samples as f32 / (SAMPLE_RATE_HZ / 1000) as f32
}
