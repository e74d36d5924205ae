//! The numbers of a policy as C sees them: those of `guard::settings`, field by field. The comments are those of
//! `earnest.h`. `tests` compares names, ranges and defaults with the core's.

use earnest_core::guard::{EvidenceConfig, TierLimits, Timing as CoreTiming};

/// How long every gate stays open. All deadlines count in samples, and none can be extended.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Timing {
    /// The command must have been understood so long after the wake phrase was. 1000 to 20000 ms.
    pub command_ms: u32,
    /// A wake phrase that ended longer ago than this opens nothing any more. 0 to 5000 ms.
    pub max_wake_age_ms: u32,
    /// The host must report that a prompt has started so long after it was asked to say it. 100 to 10000 ms.
    pub prompt_start_ms: u32,
    /// A prompt must have ended so long after it started. 1000 to 60000 ms.
    pub prompt_max_ms: u32,
    /// A prompt shorter than this said nothing: it counts as empty, and the request is refused. 200 to 5000 ms.
    pub prompt_min_ms: u32,
    /// An answer that begins sooner after the end of the prompt is its echo or other talk, and counts nothing. 0 to
    /// 1000 ms.
    pub answer_earliest_ms: u32,
    /// The answer must have been understood so long after the prompt ended. 500 to 10000 ms.
    pub answer_ms: u32,
    /// The second factor must have been reported so long after it was asked for. 1000 to 120000 ms.
    pub second_factor_ms: u32,
    /// An authorisation is void so long after it was given. 100 to 30000 ms.
    pub authorization_ms: u32,
    /// From the wake phrase to the authorisation, whatever happens between. 5000 to 180000 ms.
    pub session_ms: u32,
    /// By how much the command may seem to begin before the wake phrase ended: spans are estimates. 0 to 500 ms.
    pub span_tolerance_ms: u32,
}

/// How evidence is weighed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct EvidencePolicy {
    /// Log-odds that somebody is asking, before anything is heard: how rare requests are among stretches of speech.
    /// -20 to 0 nats.
    pub prior_log_odds: f32,
    /// Share of real requests among the examples on which the probabilities were calibrated. 0.01 to 0.99
    /// probability.
    pub confidence_prior: f32,
    /// What one gate can say at most. No error in n trials shows a rate below 3/n, so that ln(n/3) is honest. 0.5 to
    /// 15 nats.
    pub max_gate_nats: f32,
    /// That a gate passes wrongly for the same cause as the gates before it, where nothing hints at talk. 0.001 to 1
    /// probability.
    pub same_talk_min: f32,
    /// The same where talk just goes on. Not below same_talk_min. 0.001 to 1 probability.
    pub same_talk_max: f32,
    /// The same for the slots, at least: they are part of the words that the intent was heard in. 0.001 to 1
    /// probability.
    pub same_words: f32,
    /// What uninterrupted talk takes from every gate. 0 to 10 nats.
    pub talk_nats: f32,
    /// How far other talk in the last seconds hints at a conversation. 0 to 1 share.
    pub talk_weight: f32,
    /// How far the lack of a pause before the words does. 0 to 1 share.
    pub pause_weight: f32,
    /// A pause this long is a whole pause. 50 to 5000 ms.
    pub full_pause_ms: u32,
    /// How far talk that runs on after the words does. 0 to 1 share.
    pub run_on_weight: f32,
    /// Talk running on this long counts whole. 100 to 10000 ms.
    pub full_run_on_ms: u32,
    /// How far speech that began before the prompt ended does, where an answer is expected. 0 to 1 share.
    pub over_prompt_weight: f32,
    /// How far another level or spectrum than that of the wake phrase does. 0 to 1 share.
    pub voice_weight: f32,
    /// A change of level that counts whole. 1 to 60 dB.
    pub level_change_db: f32,
    /// A change of the mean spectrum that counts whole. 1 to 60 dB.
    pub spectrum_change_db: f32,
    /// How far several other voices do. 0 to 1 share.
    pub others_weight: f32,
    /// How far it does that the device itself is playing something. 0 to 1 share.
    pub playing_weight: f32,
    /// Words that are more probably than this in what the device plays count nothing. 0 to 1 probability.
    pub max_in_playback: f32,
}

/// What a tier demands.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Limits {
    /// Smallest log-likelihood ratio of the wake phrase. 0 to 20 nats.
    pub min_wake_nats: f32,
    /// Quiet there must have been before the wake phrase: who talks to somebody else doesn't pause. 0 to 5000 ms.
    pub min_pause_ms: u32,
    /// Smallest probability of the intent. 0.5 to 1 probability.
    pub min_intent_probability: f32,
    /// Largest probability that nobody was talking to the device. 0 to 0.5 probability.
    pub max_nobody_probability: f32,
    /// Smallest probability of every slot's value. 0.5 to 1 probability.
    pub min_slot_probability: f32,
    /// By how much every slot's value must exceed its runner-up and "not in the list". 0 to 1 probability.
    pub min_slot_margin: f32,
    /// A command that isn't sure enough, or a value of which isn't, is asked for once more if its intent is this probable. 1:
    /// never. 0.5 to 1 probability.
    pub min_ask_probability: f32,
    /// Whether the action is announced, and the announcement played to its end, before it is done. 1 or 0.
    pub announce: u32,
    /// Whether somebody must confirm after the announcement. Needs announce. 1 or 0.
    pub confirm: u32,
    /// Smallest probability of the confirmation phrase. 0.5 to 1 probability.
    pub min_confirmation_probability: f32,
    /// Fewest phones of a confirmation that counts. 0 to 40 phones.
    pub min_confirmation_phones: u32,
    /// Whether the confirmation must name the act ("yes, send it"). 1 or 0.
    pub confirmation_names_act: u32,
    /// Whether the host must report a second factor (a code, a tap on a phone) at the end. 1 or 0.
    pub second_factor: u32,
    /// What prior and evidence of all gates must come to. 5 nats are odds of 150 to 1. -20 to 40 nats.
    pub required_log_odds: f32,
}

impl Timing {
    pub(crate) fn of(core: &CoreTiming) -> Self {
        Timing {
            command_ms: core.command_ms,
            max_wake_age_ms: core.max_wake_age_ms,
            prompt_start_ms: core.prompt_start_ms,
            prompt_max_ms: core.prompt_max_ms,
            prompt_min_ms: core.prompt_min_ms,
            answer_earliest_ms: core.answer_earliest_ms,
            answer_ms: core.answer_ms,
            second_factor_ms: core.second_factor_ms,
            authorization_ms: core.authorization_ms,
            session_ms: core.session_ms,
            span_tolerance_ms: core.span_tolerance_ms,
        }
    }

    pub(crate) fn core(&self) -> CoreTiming {
        CoreTiming {
            command_ms: self.command_ms,
            max_wake_age_ms: self.max_wake_age_ms,
            prompt_start_ms: self.prompt_start_ms,
            prompt_max_ms: self.prompt_max_ms,
            prompt_min_ms: self.prompt_min_ms,
            answer_earliest_ms: self.answer_earliest_ms,
            answer_ms: self.answer_ms,
            second_factor_ms: self.second_factor_ms,
            authorization_ms: self.authorization_ms,
            session_ms: self.session_ms,
            span_tolerance_ms: self.span_tolerance_ms,
        }
    }
}

impl EvidencePolicy {
    pub(crate) fn of(core: &EvidenceConfig) -> Self {
        EvidencePolicy {
            prior_log_odds: core.prior_log_odds,
            confidence_prior: core.confidence_prior,
            max_gate_nats: core.max_gate_nats,
            same_talk_min: core.same_talk_min,
            same_talk_max: core.same_talk_max,
            same_words: core.same_words,
            talk_nats: core.talk_nats,
            talk_weight: core.talk_weight,
            pause_weight: core.pause_weight,
            full_pause_ms: core.full_pause_ms,
            run_on_weight: core.run_on_weight,
            full_run_on_ms: core.full_run_on_ms,
            over_prompt_weight: core.over_prompt_weight,
            voice_weight: core.voice_weight,
            level_change_db: core.level_change_db,
            spectrum_change_db: core.spectrum_change_db,
            others_weight: core.others_weight,
            playing_weight: core.playing_weight,
            max_in_playback: core.max_in_playback,
        }
    }

    pub(crate) fn core(&self) -> EvidenceConfig {
        EvidenceConfig {
            prior_log_odds: self.prior_log_odds,
            confidence_prior: self.confidence_prior,
            max_gate_nats: self.max_gate_nats,
            same_talk_min: self.same_talk_min,
            same_talk_max: self.same_talk_max,
            same_words: self.same_words,
            talk_nats: self.talk_nats,
            talk_weight: self.talk_weight,
            pause_weight: self.pause_weight,
            full_pause_ms: self.full_pause_ms,
            run_on_weight: self.run_on_weight,
            full_run_on_ms: self.full_run_on_ms,
            over_prompt_weight: self.over_prompt_weight,
            voice_weight: self.voice_weight,
            level_change_db: self.level_change_db,
            spectrum_change_db: self.spectrum_change_db,
            others_weight: self.others_weight,
            playing_weight: self.playing_weight,
            max_in_playback: self.max_in_playback,
        }
    }
}

impl Limits {
    pub(crate) fn of(core: &TierLimits) -> Self {
        Limits {
            min_wake_nats: core.min_wake_nats,
            min_pause_ms: core.min_pause_ms,
            min_intent_probability: core.min_intent_probability,
            max_nobody_probability: core.max_nobody_probability,
            min_slot_probability: core.min_slot_probability,
            min_slot_margin: core.min_slot_margin,
            min_ask_probability: core.min_ask_probability,
            announce: core.announce.into(),
            confirm: core.confirm.into(),
            min_confirmation_probability: core.min_confirmation_probability,
            min_confirmation_phones: core.min_confirmation_phones,
            confirmation_names_act: core.confirmation_names_act.into(),
            second_factor: core.second_factor.into(),
            required_log_odds: core.required_log_odds,
        }
    }

    pub(crate) fn core(&self) -> TierLimits {
        TierLimits {
            min_wake_nats: self.min_wake_nats,
            min_pause_ms: self.min_pause_ms,
            min_intent_probability: self.min_intent_probability,
            max_nobody_probability: self.max_nobody_probability,
            min_slot_probability: self.min_slot_probability,
            min_slot_margin: self.min_slot_margin,
            min_ask_probability: self.min_ask_probability,
            announce: self.announce != 0,
            confirm: self.confirm != 0,
            min_confirmation_probability: self.min_confirmation_probability,
            min_confirmation_phones: self.min_confirmation_phones,
            confirmation_names_act: self.confirmation_names_act != 0,
            second_factor: self.second_factor != 0,
            required_log_odds: self.required_log_odds,
        }
    }
}
