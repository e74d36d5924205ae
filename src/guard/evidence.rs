//! Evidence in log-odds over the gates, and why four passes in a row may be worth little more than one.
//!
//! # What is asked
//!
//! Two explanations compete for what was heard in a request: *asked* (somebody addressed the device and wanted this)
//! and *talk* (nobody did). Each gate g gives a log-likelihood ratio
//!
//! ```text
//! e_g = ln P(what gate g heard | asked) − ln P(what gate g heard | talk)        nats
//! ```
//!
//! If the gates erred independently of each other, the log-odds of *asked* would be the prior plus the sum of all
//! e_g: four gates that err once in a hundred would together err once in a hundred million.
//!
//! # Why they don't
//!
//! They all listen to the same room. In the talk that held something like the wake phrase there is a sentence that
//! looks like a command, for the same reason: people are talking, near, about sending, calling and buying. This is
//! the failure of redundant barriers by a common cause, and it is treated as safety engineering does, by a beta
//! factor (Fleming 1975; IEC 61508-6, annex D). Given that the gates before it passed wrongly, gate g passes wrongly
//! too
//!
//! - with probability ρ for the very cause that made the others pass,
//! - otherwise by itself, as rarely as its evidence says: e^(−e_g).
//!
//! So P(pass | talk, others passed) ≤ ρ + (1 − ρ)·e^(−e_g), and what gate g adds is
//!
//! ```text
//! ê_g = −ln(ρ + (1 − ρ)·e^(−e_g))    for e_g > 0, never more than −ln ρ
//! ê_g = e_g                          for e_g ≤ 0: what speaks against a request is never discounted
//! ```
//!
//! The wake phrase is first and has nothing to depend on: ê = e there.
//!
//! # How much they share
//!
//! ρ runs from `same_talk_min` to `same_talk_max` with the *continuity* c of what was heard, 0 (it stands alone) to 1
//! (talk just went on), so that the cap −ln ρ falls in a straight line: ln ρ = (1 − c)·ln ρ_min + c·ln ρ_max. The
//! slots are part of the words of the intent, so that their ρ isn't below `same_words`.
//!
//! c joins hints, each between 0 and 1 and weighted by how much it may say, as independent reasons to doubt:
//! c = 1 − Π(1 − w_i·x_i).
//!
//! | hint | 0 | 1 |
//! |---|---|---|
//! | talk | no other speech in the last seconds | nothing but speech |
//! | pause | `full_pause_ms` of quiet before the words | none, or the words lie inside other speech |
//! | run-on | speech ends with the words | goes on for `full_run_on_ms` |
//! | over the prompt | the answer's speech began after the prompt ended | it was under way before |
//! | voice | level and spectrum of the wake phrase | changed by `level_change_db` or `spectrum_change_db`, or unknown |
//! | others | nobody else | several people keep talking |
//! | playing | the device is silent | it plays something |
//!
//! Besides, talk that just goes on is itself less likely where somebody asks than where nobody does: `talk_nats`·c is
//! taken from every gate, the first included.
//!
//! # What this assumes
//!
//! - The probabilities are calibrated: of all commands given 0.9, nine in ten were meant. They are turned into
//!   likelihood ratios by the share of real requests they were calibrated on (`confidence_prior`).
//! - A gate's evidence is cut at `max_gate_nats`: no measurement supports more than its number of trials.
//! - The hints capture what makes gates fail together. A cause none of them sees (a recording of the owner asking)
//!   isn't discounted; for that there is the second factor.
//! - ρ_min, ρ_max and the weights are choices, not measurements, until forced-gate trials replace them. Whatever
//!   they are, the sum never lifts a law: see [`guard`](super).

use super::config::{EvidenceConfig, samples};
use super::facts::Surroundings;
use super::gate::Gate;
use super::voice::VoiceFacts;
use crate::audio::{SampleIndex, SampleSpan};

/// What may hint at talk that just goes on, each 0 (no) to 1 (yes).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hints {
    /// Other talk in the last seconds.
    pub talk: f32,
    /// No pause before the words.
    pub no_pause: f32,
    /// Speech ran on after them.
    pub run_on: f32,
    /// It was under way before the prompt ended.
    pub over_prompt: f32,
    /// Another voice than the one that woke.
    pub voice: f32,
    /// Several other voices.
    pub others: f32,
    /// The device itself is playing.
    pub playing: f32,
}

impl Hints {
    /// What `around` says of words at `words`, addressed to the device from `words.start` on.
    /// `tolerance`: samples by which spans may be wrong.
    pub(super) fn of(
        config: &EvidenceConfig,
        around: &Surroundings,
        words: SampleSpan,
        tolerance: u64,
    ) -> Hints {
        let own = words.len();
        let window = u64::from(around.talk_window_samples);
        let talk = u64::from(around.talk_samples).saturating_sub(own) as f32;
        let rest = window.saturating_sub(own);
        let run_on = around.stretch.end.since(words.end) as f32 / samples(config.full_run_on_ms) as f32;
        let pause = pause(around, words, tolerance) as f32 / samples(config.full_pause_ms) as f32;
        Hints {
            talk: if rest == 0 { 1.0 } else { share(talk / rest as f32) },
            no_pause: 1.0 - pause.min(1.0),
            run_on: share(run_on),
            over_prompt: 0.0,
            voice: 0.0,
            others: share(around.others),
            playing: f32::from(u8::from(around.playing)),
        }
    }

    /// As an answer to a prompt that ended at `prompt_end`: the prompt itself was the pause.
    pub(super) fn after_prompt(
        mut self,
        around: &Surroundings,
        words: SampleSpan,
        prompt_end: SampleIndex,
        tolerance: u64,
    ) -> Hints {
        self.over_prompt = f32::from(u8::from(around.stretch.start < prompt_end));
        self.no_pause = f32::from(u8::from(words.start.since(around.stretch.start) > tolerance));
        self
    }

    /// With how far the voice differs from the one that woke. Not known is as bad as different.
    pub(super) fn with_voice(
        mut self,
        config: &EvidenceConfig,
        woke: Option<&VoiceFacts>,
        now: Option<&VoiceFacts>,
    ) -> Hints {
        self.voice = match (woke, now) {
            (Some(woke), Some(now)) => {
                let (level, spectrum) = woke.change(now);
                share(level / config.level_change_db).max(share(spectrum / config.spectrum_change_db))
            }
            _ => 1.0,
        };
        self
    }

    /// How far what was heard is talk that just went on, 0 to 1.
    pub fn continuity(&self, config: &EvidenceConfig) -> f32 {
        let alone: f32 = [
            (config.talk_weight, self.talk),
            (config.pause_weight, self.no_pause),
            (config.run_on_weight, self.run_on),
            (config.over_prompt_weight, self.over_prompt),
            (config.voice_weight, self.voice),
            (config.others_weight, self.others),
            (config.playing_weight, self.playing),
        ]
        .iter()
        .map(|(weight, hint)| 1.0 - weight * hint)
        .product();
        share(1.0 - alone)
    }
}

/// Quiet before words that begin where speech began, else none: samples.
pub(super) fn pause(around: &Surroundings, words: SampleSpan, tolerance: u64) -> u64 {
    if words.start.since(around.stretch.start) > tolerance { 0 } else { around.quiet_samples }
}

/// `x` within 0 to 1; what is not a number is the worst.
fn share(x: f32) -> f32 {
    if x.is_nan() { 1.0 } else { x.clamp(0.0, 1.0) }
}

/// Log-likelihood ratio of a calibrated probability: its log-odds less those of `prior`, within ±`cap`, nats.
pub fn nats(probability: f32, prior: f32, cap: f32) -> f32 {
    let odds = |p: f32| libm::logf(p) - libm::log1pf(-p);
    let ratio = odds(probability) - odds(prior);
    if ratio.is_nan() { -cap } else { ratio.max(-cap).min(cap) }
}

/// Probability that a gate passes for the same cause as those before it. `floor`: 0, or `same_words` for slots.
pub fn dependence(config: &EvidenceConfig, continuity: f32, floor: f32) -> f32 {
    let (least, most) = (libm::logf(config.same_talk_min), libm::logf(config.same_talk_max));
    libm::expf(least + continuity * (most - least)).max(floor).min(1.0)
}

/// What `nats` of a gate add to the sum, given how much it shares with the gates before.
pub fn counted(config: &EvidenceConfig, nats: f32, dependence: f32, continuity: f32) -> f32 {
    let discounted =
        if nats > 0.0 { -libm::logf(dependence + (1.0 - dependence) * libm::expf(-nats)) } else { nats };
    discounted - config.talk_nats * continuity
}

/// One gate's part in the sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GateEvidence {
    /// Which gate.
    pub gate: Gate,
    /// Log-likelihood ratio by itself, nats.
    pub nats: f32,
    /// How far talk just went on, 0 to 1.
    pub continuity: f32,
    /// Probability of the common cause, 0 to 1; 0 for the wake phrase.
    pub dependence: f32,
    /// What it added, nats.
    pub counted: f32,
}

/// The sum so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weighing {
    /// Log-odds before anything was heard.
    pub prior: f32,
    /// Wake, intent, slots, confirmation, as far as they were reached.
    gates: [Option<GateEvidence>; 4],
}

impl Weighing {
    pub(super) fn new(prior: f32) -> Weighing {
        Weighing { prior, gates: [None; 4] }
    }

    /// Puts in a gate's part, in place of what it said before.
    pub(super) fn put(
        &mut self,
        config: &EvidenceConfig,
        gate: Gate,
        nats: f32,
        continuity: f32,
    ) -> GateEvidence {
        // What is not a number speaks for nothing.
        let nats = if nats.is_nan() { -config.max_gate_nats } else { nats };
        let nats = nats.max(-config.max_gate_nats).min(config.max_gate_nats);
        let dependence = match gate {
            Gate::Wake => 0.0,
            Gate::Slots => dependence(config, continuity, config.same_words),
            _ => dependence(config, continuity, 0.0),
        };
        let counted = counted(config, nats, dependence, continuity);
        let evidence = GateEvidence { gate, nats, continuity, dependence, counted };
        let at = match gate {
            Gate::Wake => 0,
            Gate::Intent => 1,
            Gate::Slots => 2,
            _ => 3,
        };
        if let Some(slot) = self.gates.get_mut(at) {
            *slot = Some(evidence);
        }
        evidence
    }

    /// What came after the wake phrase says nothing any more.
    pub(super) fn keep_wake_only(&mut self) {
        self.gates.iter_mut().skip(1).for_each(|gate| *gate = None);
    }

    /// What each gate said, in order.
    pub fn gates(&self) -> impl Iterator<Item = &GateEvidence> {
        self.gates.iter().flatten()
    }

    /// Log-odds that somebody asked, nats.
    pub fn total(&self) -> f32 {
        self.prior + self.gates().map(|gate| gate.counted).sum::<f32>()
    }
}
