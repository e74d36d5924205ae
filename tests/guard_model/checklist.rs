//! The checklist: what was accepted of the open request, gone through anew before every authorisation.

use crate::guard_support::*;
use earnest::audio::SampleSpan;
use earnest::guard::{Answer, GuardConfig, Input, Surroundings, Tier, Understood, Wake};

/// What happened in a request and counted.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    wake: (u64, Wake),
    commands: Vec<(u64, Understood)>,
    /// The command was asked for once more; whether for a value of it alone.
    again: Option<bool>,
    /// Asked for, begun, ended; in order.
    prompts: Vec<(u64, Option<u64>, Option<u64>)>,
    answers: Vec<(u64, Answer)>,
    second_factor: Option<u64>,
    authorized: Option<u64>,
}

/// The checklist.
pub(crate) struct Reference {
    config: GuardConfig,
    off: Vec<u8>,
    muted: bool,
    deaf_until: u64,
    latest: u64,
    pub(crate) request: Option<Request>,
    prompts_ever: u32,
}

fn seconds_ok(from: u64, at: u64, ms: u32) -> bool {
    at <= from.saturating_add(u64::from(ms) * 16)
}

impl Reference {
    pub(crate) fn new(config: GuardConfig) -> Reference {
        Reference {
            config,
            off: Vec::new(),
            muted: false,
            deaf_until: 0,
            latest: 0,
            request: None,
            prompts_ever: 0,
        }
    }

    fn tier(action: u16) -> Option<Tier> {
        actions().iter().find(|a| a.id == action).map(|a| a.tier)
    }

    /// Whether what the request waits for may still come at `at`.
    fn in_time(&self, request: &Request, at: u64) -> bool {
        let timing = &self.config.timing;
        if let Some(authorized) = request.authorized {
            return seconds_ok(authorized, at, timing.authorization_ms);
        }
        let whole = seconds_ok(request.wake.0, at, timing.session_ms);
        whole
            && match request.prompts.last() {
                None => seconds_ok(request.wake.0, at, timing.command_ms),
                Some((asked, None, _)) => seconds_ok(*asked, at, timing.prompt_start_ms),
                Some((_, Some(begun), None)) => seconds_ok(*begun, at, timing.prompt_max_ms),
                // Confirmed, and waiting for the second factor.
                Some((_, _, Some(ended))) => match request.answers.last() {
                    Some((confirmed, answer)) if *confirmed >= *ended && self.good_yes(request, answer) => {
                        seconds_ok(*confirmed, at, timing.second_factor_ms)
                    }
                    _ => seconds_ok(*ended, at, timing.answer_ms),
                },
            }
    }

    fn limits(&self, request: &Request) -> Option<earnest::guard::TierLimits> {
        Some(*self.config.limits(Reference::tier(request.commands.last()?.1.action)?))
    }

    fn good_yes(&self, request: &Request, answer: &Answer) -> bool {
        let Some(limits) = self.limits(request) else { return false };
        u32::from(answer.phones) >= limits.min_confirmation_phones
            && (answer.names_act || !limits.confirmation_names_act)
            && answer.probability >= limits.min_confirmation_probability
    }

    fn probability(x: f32) -> bool {
        (0.0..=1.0).contains(&x)
    }

    fn sane(span: SampleSpan, around: &Surroundings, at: u64) -> bool {
        span.start < span.end
            && span.end.0 <= at
            && Reference::probability(around.others)
            && Reference::probability(around.in_playback)
    }

    fn continuity(&self, hints: [f64; 7]) -> f64 {
        let e = &self.config.evidence;
        let weights = [
            e.talk_weight,
            e.pause_weight,
            e.run_on_weight,
            e.over_prompt_weight,
            e.voice_weight,
            e.others_weight,
            e.playing_weight,
        ];
        1.0 - weights.iter().zip(hints).map(|(w, x)| 1.0 - f64::from(*w) * x).product::<f64>()
    }

    fn hints(&self, around: &Surroundings, words: SampleSpan) -> [f64; 7] {
        let own = (words.end.0 - words.start.0.min(words.end.0)) as f64;
        let other = (f64::from(around.talk_samples) - own).max(0.0);
        let rest = f64::from(around.talk_window_samples) - own;
        let talk = if rest <= 0.0 { 1.0 } else { (other / rest).min(1.0) };
        let run_on = (around.stretch.end.0.saturating_sub(words.end.0) as f64
            / (f64::from(self.config.evidence.full_run_on_ms) * 16.0))
            .min(1.0);
        let playing = f64::from(u8::from(around.playing));
        [talk, 0.0, run_on, 0.0, 0.0, f64::from(around.others), playing]
    }

    fn pause(&self, around: &Surroundings, words: SampleSpan) -> u64 {
        let tolerance = u64::from(self.config.timing.span_tolerance_ms) * 16;
        if words.start.0.saturating_sub(around.stretch.start.0) > tolerance {
            0
        } else {
            around.quiet_samples
        }
    }

    fn no_pause(&self, around: &Surroundings, words: SampleSpan) -> f64 {
        let full = f64::from(self.config.evidence.full_pause_ms) * 16.0;
        1.0 - (self.pause(around, words) as f64 / full).min(1.0)
    }

    fn voice(&self, request: &Request, around: &Surroundings) -> f64 {
        match (&request.wake.1.surroundings.voice, &around.voice) {
            (Some(a), Some(b)) => {
                let e = &self.config.evidence;
                let level = f64::from((a.level_db - b.level_db).abs()) / f64::from(e.level_change_db);
                let squares: f64 =
                    a.bands_db.iter().zip(&b.bands_db).map(|(a, b)| f64::from(a - b).powi(2)).sum();
                let spectrum = (squares / a.bands_db.len() as f64).sqrt() / f64::from(e.spectrum_change_db);
                level.max(spectrum).min(1.0)
            }
            _ => 1.0,
        }
    }

    fn embedded(&self, words: SampleSpan, around: &Surroundings) -> f64 {
        let tolerance = u64::from(self.config.timing.span_tolerance_ms) * 16;
        f64::from(u8::from(words.start.0.saturating_sub(around.stretch.start.0) > tolerance))
    }

    /// What a gate that follows others adds.
    fn adds(&self, probability: f64, continuity: f64, floor: f64) -> f64 {
        let e = &self.config.evidence;
        let odds = |p: f64| (p / (1.0 - p)).ln();
        let cap = f64::from(e.max_gate_nats);
        let nats = (odds(probability) - odds(f64::from(e.confidence_prior))).clamp(-cap, cap);
        let (least, most) = (f64::from(e.same_talk_min), f64::from(e.same_talk_max));
        let rho = (least.powf(1.0 - continuity) * most.powf(continuity)).max(floor);
        let discounted = if nats > 0.0 { -(rho + (1.0 - rho) * (-nats).exp()).ln() } else { nats };
        discounted - f64::from(e.talk_nats) * continuity
    }

    fn total(&self, request: &Request) -> f64 {
        let e = &self.config.evidence;
        let (_, wake) = &request.wake;
        let mut hints = self.hints(&wake.surroundings, wake.span);
        (hints[1], hints[2]) = (self.no_pause(&wake.surroundings, wake.span), 0.0);
        let before = self.continuity(hints);
        let cap = f64::from(e.max_gate_nats);
        let mut total = f64::from(e.prior_log_odds) + f64::from(wake.nats).clamp(-cap, cap)
            - f64::from(e.talk_nats) * before;
        let Some((_, heard)) = request.commands.last() else { return total };
        let asked = request.commands.len() > 1;
        let start = if asked { heard.span.start } else { wake.span.start };
        let words = SampleSpan { start, end: heard.span.end };
        let mut hints = self.hints(&heard.surroundings, words);
        hints[4] = self.voice(request, &heard.surroundings);
        let continuity = if asked {
            hints[1] = self.embedded(words, &heard.surroundings);
            hints[3] =
                f64::from(u8::from(heard.surroundings.stretch.start.0 < request.prompts[0].2.unwrap()));
            self.continuity(hints)
        } else {
            hints[1] = self.no_pause(&wake.surroundings, wake.span);
            self.continuity(hints).max(before)
        };
        total += self.adds(f64::from(heard.probability), continuity, 0.0);
        if Reference::slots_of(heard.action) > 0 {
            let all = 1.0 - heard.slots().iter().map(|slot| 1.0 - f64::from(slot.probability)).sum::<f64>();
            total += self.adds(all.max(0.0), continuity, f64::from(e.same_words));
        }
        if let Some((_, answer)) = request.answers.last() {
            let mut hints = self.hints(&answer.surroundings, answer.span);
            hints[1] = self.embedded(answer.span, &answer.surroundings);
            let ended = request.prompts.last().and_then(|prompt| prompt.2).unwrap();
            hints[3] = f64::from(u8::from(answer.surroundings.stretch.start.0 < ended));
            hints[4] = self.voice(request, &answer.surroundings);
            total += self.adds(f64::from(answer.probability), self.continuity(hints), 0.0);
        }
        total
    }

    fn slots_of(action: u16) -> u8 {
        actions().iter().find(|a| a.id == action).map_or(0, |a| a.slots)
    }

    /// What no clearer hearing mends; the intent; the values.
    fn command_conditions(&self, request: &Request, at: u64, heard: &Understood) -> [bool; 3] {
        let Some(tier) = Reference::tier(heard.action) else { return [false; 3] };
        let limits = self.config.limits(tier);
        let (_, wake) = &request.wake;
        let class = heard.action as u8;
        let all = self.config.provisioned.has(class)
            && !self.off.contains(&class)
            && wake.nats >= limits.min_wake_nats
            && self.pause(&wake.surroundings, wake.span) >= u64::from(limits.min_pause_ms) * 16
            && Reference::sane(heard.span, &heard.surroundings, at)
            && Reference::probability(heard.probability)
            && Reference::probability(heard.nobody)
            && heard.slot_count == Reference::slots_of(heard.action)
            && heard.slots().iter().all(|s| {
                Reference::probability(s.probability)
                    && Reference::probability(s.runner_up)
                    && Reference::probability(s.not_listed)
            });
        let intent = heard.probability >= limits.min_intent_probability
            && heard.nobody <= limits.max_nobody_probability;
        let values = heard.slots().iter().all(|s| {
            s.not_listed < s.probability
                && s.probability >= limits.min_slot_probability
                && s.probability - s.runner_up.max(s.not_listed) >= limits.min_slot_margin
        });
        [all, intent, values]
    }

    /// Takes an event; whether an authorisation must follow, `None` where rounding decides.
    pub(crate) fn takes(&mut self, at: u64, input: &Input) -> Option<bool> {
        match input {
            Input::Mute => {
                if !self.muted {
                    (self.muted, self.request) = (true, None);
                    self.latest = self.latest.max(at);
                }
                return Some(false);
            }
            Input::Unmute => {
                if self.muted {
                    self.muted = false;
                    self.latest = self.latest.max(at);
                    self.deaf_until = self.latest;
                }
                return Some(false);
            }
            Input::Deprovision { class } => self.off.push(*class),
            _ => {}
        }
        if self.muted {
            return Some(false);
        }
        if at < self.latest {
            self.request = None;
            return Some(false);
        }
        self.latest = at;
        if self.request.as_ref().is_some_and(|request| !self.in_time(request, at)) {
            self.request = None;
        }
        let Some(mut request) = self.request.take() else {
            if let Input::Wake(wake) = input {
                let least = Tier::ALL.map(|t| self.config.limits(t).min_wake_nats);
                let good = Reference::sane(wake.span, &wake.surroundings, at)
                    && wake.span.start.0 >= self.deaf_until
                    && wake.surroundings.in_playback <= self.config.evidence.max_in_playback
                    && least.iter().any(|least| wake.nats >= *least)
                    && seconds_ok(wake.span.end.0, at, self.config.timing.max_wake_age_ms);
                self.request = good.then(|| Request {
                    wake: (at, *wake),
                    commands: vec![],
                    again: None,
                    prompts: vec![],
                    answers: vec![],
                    second_factor: None,
                    authorized: None,
                });
            }
            return Some(false);
        };
        let kept = self.takes_in_request(at, input, &mut request)?;
        if !kept {
            return Some(false);
        }
        let verdict = match request.authorized {
            None => self.checklist(&request, at),
            Some(_) => Some(false),
        };
        match verdict {
            Some(true) => request.authorized = Some(at),
            Some(false) => {}
            None => return None,
        }
        self.request = Some(request);
        verdict
    }

    /// Takes an event of an open request; whether the request goes on.
    #[allow(clippy::collapsible_match)] // a guard would let the arms below have it
    pub(crate) fn takes_in_request(&mut self, at: u64, input: &Input, request: &mut Request) -> Option<bool> {
        let last_prompt = request.prompts.last().copied();
        let asked_again = request.again.is_some() && request.commands.len() == 1;
        let waits_for_command = request.authorized.is_none()
            && (last_prompt.is_none() || (asked_again && last_prompt.unwrap().2.is_some()));
        let waits_for_answer = request.authorized.is_none()
            && !waits_for_command
            && last_prompt.is_some_and(|prompt| prompt.2.is_some())
            && !self.confirmed(request);
        let earliest = |ended: u64| ended + u64::from(self.config.timing.answer_earliest_ms) * 16;
        match input {
            Input::Cancel => return Some(false),
            Input::Deprovision { class } => {
                if request.commands.last().is_some_and(|(_, heard)| heard.action as u8 == *class) {
                    return Some(false);
                }
            }
            Input::NotUnderstood { .. } if waits_for_command => return Some(false),
            Input::Answer(answer) if !answer.yes => {
                if answer.probability >= 0.5 || answer.probability.is_nan() {
                    return Some(false);
                }
            }
            Input::Understood(heard) if waits_for_command => {
                let opened = match last_prompt {
                    Some(prompt) => earliest(prompt.2.unwrap()),
                    None => {
                        let tolerance = u64::from(self.config.timing.span_tolerance_ms) * 16;
                        request.wake.1.span.end.0.saturating_sub(tolerance)
                    }
                };
                if heard.span.start.0 < opened
                    || heard.surroundings.in_playback > self.config.evidence.max_in_playback
                {
                    return Some(true);
                }
                if !self.right_action(request, heard) {
                    return Some(false);
                }
                let [all, intent, values] = self.command_conditions(request, at, heard);
                if !all {
                    return Some(false);
                }
                request.commands.push((at, *heard));
                let limits = self.limits(request).unwrap();
                let best = if limits.confirm { self.adds(1.0, 0.0, 0.0) } else { 0.0 };
                let spare = |request: &Request| {
                    let spare = self.total(request) + best - f64::from(limits.required_log_odds);
                    (spare.abs() >= 1e-3).then_some(spare)
                };
                let good = intent && values && spare(request)? > 0.0;
                if !good {
                    let mut certain = request.clone();
                    let (_, clear) = certain.commands.last_mut().unwrap();
                    clear.probability = 1.0;
                    clear.slots.iter_mut().for_each(|slot| slot.probability = 1.0);
                    if asked_again
                        || (intent && values)
                        || heard.probability < limits.min_ask_probability
                        || spare(&certain)? < 0.0
                    {
                        return Some(false);
                    }
                    request.again = Some(intent);
                }
                if !good || limits.announce {
                    self.prompts_ever += 1;
                    request.prompts.push((at, None, None));
                }
            }
            Input::PromptStarted { prompt } => {
                if let Some((_, begun @ None, _)) = request.prompts.last_mut()
                    && *prompt == self.prompts_ever
                {
                    *begun = Some(at);
                }
            }
            Input::PromptEnded { prompt, complete } => {
                if let Some((_, begun, ended @ None)) = request.prompts.last_mut()
                    && *prompt == self.prompts_ever
                {
                    let long = begun
                        .is_some_and(|begun| at - begun >= u64::from(self.config.timing.prompt_min_ms) * 16);
                    if !complete || !long {
                        return Some(false);
                    }
                    *ended = Some(at);
                }
            }
            Input::Answer(answer) if waits_for_answer => {
                let limits = self.limits(request).unwrap();
                if !limits.confirm
                    || answer.span.start.0 < earliest(last_prompt.unwrap().2.unwrap())
                    || answer.surroundings.in_playback > self.config.evidence.max_in_playback
                {
                    return Some(true);
                }
                if !Reference::sane(answer.span, &answer.surroundings, at)
                    || !Reference::probability(answer.probability)
                {
                    return Some(false);
                }
                if !self.good_yes(request, answer) {
                    let asked_already = request.commands.len() > 1 || request.prompts.len() > 1;
                    if asked_already {
                        return Some(false);
                    }
                    self.prompts_ever += 1;
                    request.prompts.push((at, None, None));
                } else {
                    request.answers.push((at, *answer));
                    let limits = self.limits(request).unwrap();
                    let spare = self.total(request) - f64::from(limits.required_log_odds);
                    if spare.abs() < 1e-3 {
                        return None;
                    }
                    if spare < 0.0 {
                        return Some(false);
                    }
                }
            }
            Input::SecondFactor { accepted } if self.confirmed(request) && request.authorized.is_none() => {
                if !accepted {
                    return Some(false);
                }
                request.second_factor = Some(at);
            }
            _ => {}
        }
        Some(true)
    }

    fn right_action(&self, request: &Request, heard: &Understood) -> bool {
        let same = request.commands.last().is_none_or(|(_, first)| first.action == heard.action);
        Reference::tier(heard.action).is_some() && (same || request.again == Some(false))
    }

    fn confirmed(&self, request: &Request) -> bool {
        request.answers.last().is_some_and(|(_, answer)| self.good_yes(request, answer))
    }

    /// Everything that must be true before an authorisation, from the top.
    fn checklist(&self, request: &Request, at: u64) -> Option<bool> {
        let Some((heard_at, heard)) = request.commands.last() else { return Some(false) };
        let Some(limits) = self.limits(request) else { return Some(false) };
        let heard_well = self.command_conditions(request, *heard_at, heard) == [true; 3];
        let reprompts = request.prompts.len() - usize::from(limits.announce).min(request.prompts.len());
        let announced = !limits.announce
            || (request.prompts.len() >= request.commands.len()
                && request.prompts.last().is_some_and(|prompt| prompt.1.is_some() && prompt.2.is_some()));
        let confirmed = !limits.confirm
            || request.answers.last().is_some_and(|(answered, answer)| {
                self.good_yes(request, answer)
                    && request.prompts.last().is_some_and(|p| {
                        p.2.is_some_and(|end| {
                            end + u64::from(self.config.timing.answer_earliest_ms) * 16 <= answer.span.start.0
                                && seconds_ok(end, *answered, self.config.timing.answer_ms)
                        })
                    })
            });
        let second = !limits.second_factor || request.second_factor.is_some();
        if !(heard_well && announced && confirmed && second && reprompts <= 1) {
            return Some(false);
        }
        assert!(seconds_ok(request.wake.0, at, self.config.timing.session_ms));
        let spare = self.total(request) - f64::from(limits.required_log_odds);
        if spare.abs() < 1e-3 { None } else { Some(spare > 0.0) }
    }
}
