//! Requests of every tier from the wake phrase to the act, and every way in which they end before.
#![cfg(feature = "std")]

mod guard_support;

use earnest::ConfigError;
use earnest::Storage;
use earnest::guard::{
    Action, Answer, Guard, GuardConfig, Input, Output, OwnerId, Policy, PromptKind, Reason, Recording, Tier,
    TierLimits, Understood,
};
use guard_support::*;

#[test]
fn a_light_is_switched_on() {
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800)));
    scene.at(4700, Input::Understood(command(LIGHT, 2900, 4400)));
    let authorization = scene.authorizations.pop().expect("an authorisation");
    let act = *authorization.act();
    let grant = scene.guard.redeem(authorization, &act, t(4800)).unwrap();
    assert_eq!((grant.act().action, grant.owner()), (LIGHT, OWNER));
}

#[test]
fn music_is_announced_first() {
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800)));
    scene.at(4700, Input::Understood(command(MUSIC, 2900, 4400)));
    assert!(scene.authorizations.is_empty());
    assert_eq!(scene.prompt().unwrap().kind, PromptKind::Announce);
    scene.played(4800, 6000);
    assert_eq!(scene.authorizations.len(), 1, "{:?}", scene.told);
}

#[test]
fn a_message_is_announced_and_confirmed() {
    let mut scene = Scene::new(config());
    scene.until_the_question();
    assert!(scene.authorizations.is_empty());
    scene.at(8700, Input::Answer(yes_send_it(7400, 8400)));
    assert_eq!(scene.authorizations.len(), 1, "{:?}", scene.told);
    assert_eq!(scene.act().values(), [DENISE]);
}

#[test]
fn a_door_needs_the_second_factor_too() {
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800)));
    scene.at(4700, Input::Understood(command(UNLOCK, 2900, 4400)));
    scene.played(4800, 7000).at(8700, Input::Answer(yes_send_it(7400, 8400)));
    assert!(scene.authorizations.is_empty());
    assert!(matches!(scene.told.last(), Some(Output::AskSecondFactor { .. })), "{:?}", scene.told);
    scene.at(9000, Input::SecondFactor { accepted: true });
    assert_eq!(scene.authorizations.len(), 1);
}

#[test]
fn a_wrong_second_factor_ends_it() {
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800)));
    scene.at(4700, Input::Understood(command(UNLOCK, 2900, 4400)));
    scene.played(4800, 7000).at(8700, Input::Answer(yes_send_it(7400, 8400)));
    scene.at(9000, Input::SecondFactor { accepted: false }).at(9100, Input::SecondFactor { accepted: true });
    assert_eq!(scene.reason(), Some(Reason::SecondFactorFailed));
    assert!(scene.authorizations.is_empty());
}

#[test]
fn by_default_nothing_is_done() {
    let mut scene = Scene::new(GuardConfig::default());
    scene.at(2900, Input::Wake(wake(2000, 2800)));
    scene.at(4700, Input::Understood(command(LIGHT, 2900, 4400)));
    assert_eq!(scene.reason(), Some(Reason::Deprovisioned));
}

#[test]
fn a_class_that_is_switched_off_stays_off_in_the_middle_too() {
    let mut scene = Scene::new(config());
    scene.until_the_question().at(7200, Input::Deprovision { class: SEND as u8 });
    assert_eq!(scene.reason(), Some(Reason::Deprovisioned));
    scene.at(8700, Input::Answer(yes_send_it(7400, 8400)));
    assert!(scene.authorizations.is_empty());
}

#[test]
fn an_authorization_is_revoked_with_its_class() {
    let mut scene = Scene::new(config());
    scene.until_the_question().at(8700, Input::Answer(yes_send_it(7400, 8400)));
    let (authorization, act) = (scene.authorizations.pop().unwrap(), command(SEND, 0, 1).act());
    scene.at(8800, Input::Deprovision { class: SEND as u8 });
    let refusal = scene.guard.redeem(authorization, &act, t(8900)).unwrap_err();
    assert_eq!(refusal.finding.reason, Reason::NotIssued);
}

/// A guard that asks for no command again.
fn never_asking() -> GuardConfig {
    let mut config = config();
    config.disclosing.min_ask_probability = 1.0;
    config
}

/// What is wrong with one fact of a request for a message, and how it ends. What a clearer word might mend is asked for
/// once more, where the policy has it so.
#[test]
fn every_condition_of_a_message_can_refuse_it() {
    type Change = fn(&mut earnest::guard::Wake, &mut earnest::guard::Understood);
    let cases: [(&str, Change, Reason); 14] = [
        ("weak wake", |w, _| w.nats = 2.9, Reason::WakeTooWeak),
        ("no pause", |w, _| w.surroundings.quiet_samples = 199 * 16, Reason::NoPause),
        ("wake in other speech", |w, _| w.surroundings.stretch.start = t(1000), Reason::NoPause),
        ("weak intent", |_, u| u.probability = 0.89, Reason::IntentTooWeak),
        ("nobody asked", |_, u| u.nobody = 0.06, Reason::NobodyAsked),
        ("unknown", |_, u| u.action = 99, Reason::UnknownAction),
        ("no slot", |_, u| u.slot_count = 0, Reason::SlotCount),
        ("two slots", |_, u| u.slot_count = 2, Reason::SlotCount),
        ("not listed", |_, u| u.slots[0].not_listed = 0.97, Reason::SlotNotListed),
        ("NaN", |_, u| u.probability = f32::NAN, Reason::BadNumber),
        ("above one", |_, u| u.slots[0].probability = 1.01, Reason::BadNumber),
        ("from the future", |_, u| u.span.end = t(4701), Reason::BadNumber),
        ("others unknown", |_, u| u.surroundings.others = f32::NAN, Reason::BadNumber),
        (
            "talk",
            |w, u| {
                let pause = w.surroundings.quiet_samples;
                (w.surroundings, u.surroundings) = (in_talk(w.span), in_talk(u.span));
                // A pause alone doesn't undo ten seconds of talk.
                (w.surroundings.stretch.start, w.surroundings.quiet_samples) = (w.span.start, pause);
            },
            Reason::CannotBeEnough,
        ),
    ];
    for (name, change, reason) in cases {
        let (mut woke, mut heard) = (wake(2000, 2800), command(SEND, 2900, 4400));
        change(&mut woke, &mut heard);
        for config in [never_asking(), config()] {
            let may_ask = config.disclosing.min_ask_probability < 1.0;
            let mut scene = Scene::new(config);
            scene.at(2900, Input::Wake(woke)).at(4700, Input::Understood(heard));
            let asked = match reason {
                Reason::IntentTooWeak | Reason::NobodyAsked if may_ask => Some(PromptKind::AskCommand),
                Reason::SlotNotListed if may_ask => Some(PromptKind::AskSlot { slot: 0 }),
                _ => None,
            };
            assert_eq!(scene.prompt().map(|prompt| prompt.kind), asked, "{name}: {:?}", scene.told);
            assert_eq!(scene.reason(), asked.is_none().then_some(reason), "{name}: {:?}", scene.told);
        }
    }
}

#[test]
fn a_command_heard_badly_is_asked_for_once_more_and_may_be_another() {
    let weak = |from, to| Understood { probability: 0.6, nobody: 0.4, ..command(SEND, from, to) };
    let asked = || -> Scene {
        let mut scene = Scene::new(config());
        scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(weak(2900, 4400)));
        assert_eq!(scene.prompt().unwrap().kind, PromptKind::AskCommand);
        scene.played(4800, 6500);
        scene
    };
    let mut scene = asked();
    scene.at(8000, Input::Understood(command(LIGHT, 6900, 7700)));
    assert_eq!(scene.authorizations.len(), 1, "{:?}", scene.told);

    // It began before the prompt had ended.
    let mut scene = asked();
    scene.at(8000, Input::Understood(command(LIGHT, 6400, 7700)));
    assert!(scene.authorizations.is_empty() && scene.reason().is_none(), "{:?}", scene.told);

    // Once: not a second time, and no confirmation either.
    let mut scene = asked();
    scene.at(8000, Input::Understood(weak(6900, 7700)));
    assert_eq!(scene.reason(), Some(Reason::IntentTooWeak), "{:?}", scene.told);
    let mut scene = asked();
    scene.at(8000, Input::Understood(command(SEND, 6900, 7700))).played(8100, 10_000);
    scene.at(11_500, Input::Answer(Answer { probability: 0.7, ..yes_send_it(10_400, 11_300) }));
    assert_eq!(scene.reason(), Some(Reason::AnswerTooWeak), "{:?}", scene.told);
}

#[test]
fn what_nobody_probably_asked_is_not_asked_for_again() {
    let mut heard = command(SEND, 2900, 4400);
    (heard.probability, heard.nobody) = (0.49, 0.51);
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(heard));
    assert_eq!(scene.reason(), Some(Reason::IntentTooWeak));

    // Nor what no clearer word could make enough of: talk just goes on.
    (heard.probability, heard.nobody, heard.surroundings) = (0.6, 0.4, in_talk(heard.span));
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(heard));
    assert_eq!(scene.reason(), Some(Reason::IntentTooWeak));
}

#[test]
fn all_that_fell_short_is_told() {
    let mut heard = command(SEND, 2900, 4400);
    (heard.probability, heard.nobody, heard.slots[0].probability) = (0.5, 0.4, 0.3);
    heard.slots[0].not_listed = 0.6;
    let mut scene = Scene::new(never_asking());
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(heard));
    let mut reasons = vec![scene.reason().unwrap()];
    reasons.extend(scene.told.iter().filter_map(|output| match output {
        Output::Short { finding, .. } => Some(finding.reason),
        _ => None,
    }));
    let expected =
        [Reason::IntentTooWeak, Reason::NobodyAsked, Reason::SlotNotListed, Reason::CannotBeEnough];
    assert_eq!(reasons, expected);
}

#[test]
fn an_ambiguous_name_is_asked_for_once() {
    let mut heard = command(SEND, 2900, 4400);
    (heard.slots[0].probability, heard.slots[0].runner_up) = (0.55, 0.43);
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(heard));
    assert_eq!(scene.prompt().unwrap().kind, PromptKind::AskSlot { slot: 0 });
    scene.played(4800, 6500).at(8000, Input::Understood(command(SEND, 6900, 7700)));
    assert_eq!(scene.prompt().unwrap().kind, PromptKind::Announce, "{:?}", scene.told);
    scene.played(8100, 10_000).at(11_500, Input::Answer(yes_send_it(10_400, 11_300)));
    assert_eq!(scene.authorizations.len(), 1, "{:?}", scene.told);

    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(heard)).played(4800, 6500);
    (heard.span, heard.surroundings) = (span(6900, 7700), alone(span(6900, 7700)));
    scene.at(8000, Input::Understood(heard));
    assert_eq!(scene.reason(), Some(Reason::SlotTooWeak), "{:?}", scene.told);
}

#[test]
fn another_action_in_answer_to_which_one_is_refused() {
    let mut heard = command(SEND, 2900, 4400);
    (heard.slots[0].probability, heard.slots[0].runner_up) = (0.55, 0.43);
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(heard)).played(4800, 6500);
    scene.at(8000, Input::Understood(command(LIGHT, 6900, 7700)));
    assert_eq!(scene.reason(), Some(Reason::OtherAction));
}

#[test]
fn a_prompt_must_be_played_to_its_end() {
    let question = |scene: &mut Scene| {
        scene.at(2900, Input::Wake(wake(2000, 2800)));
        scene.at(4700, Input::Understood(command(SEND, 2900, 4400)));
        scene.prompt().unwrap().id
    };
    let mut scene = Scene::new(config());
    let prompt = question(&mut scene);
    scene.at(4800, Input::PromptStarted { prompt }).at(7000, Input::PromptEnded { prompt, complete: false });
    assert_eq!(scene.reason(), Some(Reason::PromptCutShort));

    let mut scene = Scene::new(config());
    let prompt = question(&mut scene);
    scene.at(7000, Input::PromptEnded { prompt, complete: true });
    assert_eq!(scene.reason(), Some(Reason::Deadline), "the start was never reported");

    let mut scene = Scene::new(config());
    let prompt = question(&mut scene);
    scene.at(5000, Input::PromptEnded { prompt, complete: true });
    assert_eq!(scene.reason(), Some(Reason::PromptNotStarted));

    let mut scene = Scene::new(config());
    let prompt = question(&mut scene);
    scene.at(4800, Input::PromptStarted { prompt }).at(19_801, Input::Tick);
    assert_eq!(scene.reason(), Some(Reason::Deadline), "the end was never reported");

    let mut scene = Scene::new(config());
    let prompt = question(&mut scene);
    scene.at(4800, Input::PromptStarted { prompt: prompt + 1 });
    scene.at(6000, Input::PromptEnded { prompt: prompt + 1, complete: true });
    scene.at(7500, Input::Answer(yes_send_it(6400, 7400)));
    assert_eq!(scene.reason(), Some(Reason::Deadline), "another prompt was reported");
    assert!(scene.authorizations.is_empty());
}

#[test]
fn an_answer_counts_only_after_the_prompt() {
    let mut scene = Scene::new(config());
    scene.until_the_question().at(8000, Input::Answer(yes_send_it(6900, 7900)));
    assert_eq!((scene.uncounted(), scene.reason()), (Some(Reason::AnswerTooEarly), None));
    // The right one may still come.
    scene.at(9000, Input::Answer(yes_send_it(8000, 8900)));
    assert_eq!(scene.authorizations.len(), 1);
}

#[test]
fn an_answer_in_what_the_device_plays_counts_nothing() {
    let mut scene = Scene::new(config());
    let mut heard = yes_send_it(7400, 8400);
    heard.surroundings.in_playback = 0.6;
    scene.until_the_question().at(8700, Input::Answer(heard)).at(11_001, Input::Tick);
    assert_eq!((scene.uncounted(), scene.reason()), (Some(Reason::InPlayback), Some(Reason::Deadline)));
}

#[test]
fn deadlines_are_to_the_sample() {
    for (late, reason) in [(0, None), (1, Some(Reason::Deadline))] {
        let mut scene = Scene::new(config());
        scene.until_the_question();
        scene.at_sample(t(11_000).after(late), Input::Answer(yes_send_it(9000, 10_000)));
        assert_eq!((scene.reason(), scene.authorizations.len()), (reason, 1 - late as usize));
    }
}

#[test]
fn a_session_ends_whatever_happens_in_it() {
    let mut config = config();
    config.timing.session_ms = 5000;
    let mut scene = Scene::new(config);
    scene.until_the_question();
    // The question ended at 7 s and would wait to 11 s, but the session began at 2.9 s.
    scene.at(8000, Input::Answer(yes_send_it(7200, 7700)));
    assert_eq!(scene.reason(), Some(Reason::Deadline));
}

#[test]
fn no_is_no_at_any_time() {
    let no = |start, end| Input::Answer(earnest::guard::Answer { yes: false, ..right(start, end) });
    let mut scene = Scene::new(config());
    scene.until_the_question().at(8000, no(7300, 7700));
    assert_eq!(scene.reason(), Some(Reason::Declined));
    // Also into the prompt.
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(command(SEND, 2900, 4400)));
    let prompt = scene.prompt().unwrap().id;
    scene.at(4800, Input::PromptStarted { prompt }).at(5500, no(5000, 5300));
    assert_eq!(scene.reason(), Some(Reason::Declined));
}

#[test]
fn a_clock_that_runs_back_ends_the_request() {
    let mut scene = Scene::new(config());
    scene.until_the_question().at(6999, Input::Answer(yes_send_it(6000, 6900)));
    assert_eq!(scene.reason(), Some(Reason::ClockRanBack));
}

#[test]
fn an_authorization_is_good_once_for_one_thing_and_not_for_long() {
    let authorized = || {
        let mut scene = Scene::new(config());
        scene.until_the_question().at(8700, Input::Answer(yes_send_it(7400, 8400)));
        let (authorization, act) = (scene.authorizations.pop().unwrap(), command(SEND, 0, 1).act());
        (scene, authorization, act)
    };
    let (mut scene, authorization, act) = authorized();
    assert_eq!(authorization.expires(), t(10_700));
    assert!(scene.guard.redeem(authorization, &act, t(10_700)).is_ok());

    let (mut scene, authorization, act) = authorized();
    let refusal = scene.guard.redeem(authorization, &act, t(10_700).after(1)).unwrap_err();
    assert_eq!(refusal.finding.reason, Reason::Expired);

    let (mut scene, authorization, _) = authorized();
    let other = earnest::guard::Act::new(SEND, &[DENISE + 1]).unwrap();
    let refusal = scene.guard.redeem(authorization, &other, t(9000)).unwrap_err();
    assert_eq!(refusal.finding.reason, Reason::OtherAct);

    // Another guard's, even in the same state.
    let (_, authorization, act) = authorized();
    let mut other = Scene::new(GuardConfig { id: 10, ..config() });
    other.until_the_question().at(8700, Input::Answer(yes_send_it(7400, 8400)));
    let refusal = other.guard.redeem(authorization, &act, t(9000)).unwrap_err();
    assert_eq!(refusal.finding.reason, Reason::NotIssued);
    // It did no harm there.
    let own = other.authorizations.pop().unwrap();
    assert!(other.guard.redeem(own, &act, t(9000)).is_ok());

    // An old one, while a new one is out.
    let (mut scene, old, act) = authorized();
    scene.at(10_701, Input::Tick);
    assert_eq!(scene.reason(), Some(Reason::Expired));
    let refusal = scene.guard.redeem(old, &act, t(10_702)).unwrap_err();
    assert_eq!(refusal.finding.reason, Reason::NotIssued);
}

#[test]
fn laws_of_grave_tiers_cannot_be_lifted() {
    let change = |change: fn(&mut TierLimits)| {
        [Tier::Disclosing, Tier::Physical].map(|tier| {
            let mut config = config();
            change(if tier == Tier::Physical { &mut config.physical } else { &mut config.disclosing });
            config.check().unwrap_err()
        })
    };
    for (changed, field) in [
        (change(|limits| limits.announce = false), "tier.announce"),
        (change(|limits| limits.confirm = false), "tier.confirm"),
        (change(|limits| limits.confirmation_names_act = false), "tier.confirmation_names_act"),
        (change(|limits| limits.min_confirmation_phones = 4), "tier.min_confirmation_phones"),
        (change(|limits| limits.min_slot_margin = 0.09), "tier.min_slot_margin"),
        (change(|limits| limits.min_slot_margin = f32::NAN), "tier.min_slot_margin"),
    ] {
        for error in changed {
            assert!(matches!(error, ConfigError::OutOfRange { field: f, .. } if f == field), "{error}");
        }
    }
    let mut config = config();
    config.routine.confirm = true;
    assert!(config.check().is_err(), "a confirmation without an announcement");
    config.routine.announce = true;
    assert!(config.check().is_ok());
}

#[test]
fn two_actions_with_one_id_are_an_error() {
    let actions = vec![Action { id: 5, ..Action::default() }; 2];
    let error = Policy::new(Storage::Owned(actions.into()), |_| {}).unwrap_err();
    assert_eq!(error, ConfigError::Mismatch { what: "actions with one id", expected: 1, actual: 5 });
}

#[test]
fn the_memory_of_a_recording_is_zero_after_every_end() {
    type End = fn(&mut Guard<'_>);
    let ends: [(&str, End); 8] = [
        ("refusal", |guard| guard.process(t(4000), &Input::NotUnderstood { nobody: 0.9 }, |_| {})),
        ("mute", |guard| guard.process(t(4000), &Input::Mute, |_| {})),
        ("deadline", |guard| guard.process(t(10_901), &Input::Tick, |_| {})),
        ("cancel", |guard| guard.process(t(4000), &Input::Cancel, |_| {})),
        ("clock", |guard| guard.process(t(100), &Input::Tick, |_| {})),
        ("reset", |guard| guard.reset()),
        ("expiry", |guard| {
            guard.process(t(4700), &Input::Understood(command(LIGHT, 2900, 4400)), |_| {});
            guard.process(t(6701), &Input::Tick, |_| {});
        }),
        ("use", |guard| {
            let mut authorization = None;
            guard.process(t(4700), &Input::Understood(command(LIGHT, 2900, 4400)), |output| {
                if let Output::Authorized { authorization: given, .. } = output {
                    authorization = Some(given);
                }
            });
            let act = command(LIGHT, 0, 1).act();
            let grant = guard.redeem(authorization.unwrap(), &act, t(4800)).unwrap();
            assert_eq!(grant.open(OWNER).unwrap(), [123; 150]);
        }),
    ];
    for (name, end) in ends {
        let mut memory = [55i16; 150];
        {
            let policy = Policy::new(Storage::Owned(actions().into()), |_| {}).unwrap();
            let mut guard = Guard::new(config(), policy, Recording::new(Storage::Lent(&mut memory))).unwrap();
            assert_eq!(guard.record(&[123; 50]), 0, "nothing is kept before the wake phrase");
            guard.process(t(2900), &Input::Wake(wake(2000, 2800)), |_| {});
            assert_eq!((guard.record(&[123; 100]), guard.record(&[123; 100])), (100, 50));
            end(&mut guard);
            assert_eq!(guard.record(&[99; 10]), 0, "{name}");
            // Not even the drop of the guard is to help.
            std::mem::forget(guard);
        }
        assert_eq!(memory, [0; 150], "{name}");
    }
    let mut memory = [55i16; 150];
    {
        let policy = Policy::new(Storage::Owned(actions().into()), |_| {}).unwrap();
        let mut guard = Guard::new(config(), policy, Recording::new(Storage::Lent(&mut memory))).unwrap();
        guard.process(t(2900), &Input::Wake(wake(2000, 2800)), |_| {});
        guard.record(&[123; 100]);
    }
    assert_eq!(memory, [0; 150], "drop");
}

#[test]
fn a_recording_opens_for_its_owner_only() {
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800)));
    scene.guard.record(&[5; 10]);
    scene.at(4700, Input::Understood(command(LIGHT, 2900, 4400)));
    let (authorization, act) = (scene.authorizations.pop().unwrap(), command(LIGHT, 0, 1).act());
    let grant = scene.guard.redeem(authorization, &act, t(4800)).unwrap();
    assert_eq!(grant.open(OwnerId(8)).unwrap_err().reason, Reason::OtherOwner);
    assert_eq!(grant.open(OWNER).unwrap(), [5; 10]);
}
