//! What went wrong in real homes, and that it can't here.
#![cfg(feature = "std")]

mod guard_support;

use earnest::Storage;
use earnest::guard::{
    Action, Answer, GuardConfig, Input, Output, OwnerId, Policy, PolicyWarning, PromptKind, Reason,
    Surroundings, Tier, TierLimits, Understood, Wake,
};
use guard_support::*;

/// 2018, Portland: a word like the wake word, a stretch like "send message", a name and a "right", all from one
/// conversation, sent the conversation to a colleague. Every link by itself refuses, whatever the others say.
#[test]
fn portland_chain_breaks_at_every_link() {
    let talk = |heard: &mut Understood| heard.surroundings = in_talk(heard.span);
    let woke = wake(2000, 2800);
    let talked = Wake { surroundings: in_talk(woke.span), ..woke };

    // As it was: everything in talk, every recogniser as sure as the field's thresholds ask.
    let mut scene = Scene::new(config());
    let mut heard = command(SEND, 2900, 4400);
    (heard.probability, heard.slots[0].probability, heard.slots[0].runner_up) = (0.6, 0.5, 0.3);
    talk(&mut heard);
    scene.at(2900, Input::Wake(talked)).at(4700, Input::Understood(heard));
    assert_eq!(scene.reason(), Some(Reason::NoPause));
    let short = scene.told.iter().filter(|output| matches!(output, Output::Short { .. })).count();
    assert_eq!(short, 4, "intent, name, margin and sum fell short too: {:?}", scene.told);

    // Link 1, the wake phrase: recognisers that were wrong with certainty, but no pause.
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(talked)).at(4700, Input::Understood(command(SEND, 2900, 4400)));
    assert_eq!(scene.reason(), Some(Reason::NoPause));

    // Link 2 and 3, the command and the name: a real pause, but talk goes on through the command.
    let mut scene = Scene::new(config());
    let mut heard = command(SEND, 2900, 4400);
    talk(&mut heard);
    scene.at(2900, Input::Wake(woke)).at(4700, Input::Understood(heard));
    assert_eq!(scene.reason(), Some(Reason::CannotBeEnough));
    assert!(scene.prompt().is_none(), "nobody is asked anything");

    // Link 4, "right": asked again once, then refused.
    let mut scene = Scene::new(config());
    scene.until_the_question().at(8000, Input::Answer(right(7300, 7700)));
    assert_eq!(scene.prompt().unwrap().kind, PromptKind::AskAgain);
    scene.played(8100, 10_000).at(11_000, Input::Answer(right(10_300, 10_700)));
    assert_eq!(scene.reason(), Some(Reason::AnswerTooShort));
    assert!(scene.authorizations.is_empty());

    // Link 4 again: even "yes, send it" out of talk that went on through the prompt.
    let mut scene = Scene::new(config());
    let words = span(7400, 8400);
    let answer = Answer { surroundings: in_talk(words), ..yes_send_it(7400, 8400) };
    scene.until_the_question().at(8700, Input::Answer(answer));
    assert_eq!(scene.reason(), Some(Reason::NotEnough));
}

/// The same evidence counts for less the longer people had been talking.
#[test]
fn the_longer_the_talk_the_less_it_counts() {
    let total = |talk_ms: u32| {
        let (mut woke, mut heard) = (wake(2000, 2800), command(LIGHT, 2900, 4400));
        woke.surroundings.talk_samples = 16 * talk_ms;
        heard.surroundings.talk_samples = 16 * talk_ms;
        let mut scene = Scene::new(config());
        scene.guard.process(t(2900), &Input::Wake(woke), |_| {});
        scene.at(4700, Input::Understood(heard));
        match scene.told.last() {
            Some(Output::Refused(refusal)) => refusal.weighing.total(),
            Some(Output::Passed(passed)) => passed.total,
            other => panic!("{other:?}"),
        }
    };
    let totals: Vec<f32> = (0..=10).map(|second| total(1000 * second)).collect();
    println!("sum in nats after 0 … 10 s of talk: {totals:.2?}");
    assert!(totals.is_sorted_by(|a, b| a >= b) && totals[0] > totals[10] + 2.0, "{totals:?}");
}

/// 2018: a speaker laughed at night, because "Alexa, laugh" is short and was heard where nobody said it.
#[test]
fn unprompted_laugh_is_not_configured_without_a_warning() {
    let laugh =
        |phrase_phones| Action { id: 1, class: 1, tier: Tier::Routine, slots: 0, loud: true, phrase_phones };
    let warnings = |actions: Vec<Action>| {
        let mut warnings = Vec::new();
        Policy::new(Storage::Owned(actions.into()), |warning| warnings.push(warning)).unwrap();
        warnings
    };
    let expected = PolicyWarning::ShortPhrase { action: 1, expected: 8, actual: 3 };
    assert_eq!(warnings(vec![laugh(3)]), [expected]);
    assert!(expected.to_string().contains("3 phones, expected at least 8"));
    assert_eq!(warnings(vec![laugh(9)]), [], "\"can you laugh?\"");
    assert_eq!(warnings(vec![Action { loud: false, ..laugh(3) }]), []);
}

/// A session that empty re-prompts kept open, so that it listened on in silence.
#[test]
fn a_session_is_not_kept_open_by_empty_reprompts() {
    // A prompt that says nothing ends it, to the sample.
    for (played_ms, refused) in [(499, true), (500, false)] {
        let mut scene = Scene::new(config());
        scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(command(SEND, 2900, 4400)));
        scene.played(4800, 4800 + played_ms);
        assert_eq!(scene.reason() == Some(Reason::PromptEmpty), refused, "{played_ms} ms");
    }
    let mut scene = Scene::new(config());
    scene.until_the_question().at(8000, Input::Answer(right(7300, 7700)));
    scene.played(8100, 8200);
    assert_eq!(scene.reason(), Some(Reason::PromptEmpty));
    // A second one is never made, whichever kind the first was.
    let mut scene = Scene::new(config());
    let mut heard = command(SEND, 2900, 4400);
    (heard.slots[0].probability, heard.slots[0].runner_up) = (0.55, 0.43);
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(heard)).played(4800, 6500);
    scene.at(8000, Input::Understood(command(SEND, 6900, 7700))).played(8100, 10_000);
    scene.at(11_000, Input::Answer(right(10_300, 10_700)));
    assert_eq!(scene.reason(), Some(Reason::AnswerTooShort), "the one re-prompt was used for the name");
    // Reports of prompts nobody asked for hold nothing open.
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800)));
    for n in 0..100 {
        scene.at(3000 + 80 * n, Input::PromptStarted { prompt: 1 + n as u32 });
        scene.at(3040 + 80 * n, Input::PromptEnded { prompt: 1 + n as u32, complete: true });
    }
    assert_eq!(scene.reason(), Some(Reason::Deadline));
    assert_eq!(scene.refusal().unwrap().at, t(10_920), "the first event after 8 s");
    assert!(!scene.guard.is_open());
    assert_eq!(scene.guard.record(&[1; 100]), 0);
}

/// Whatever comes, a request is over after its limit, and nothing is recorded after it.
#[test]
fn no_request_lives_longer_than_its_limit() {
    let longest = config().timing.session_ms + config().timing.authorization_ms;
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800)));
    let mut open_until = 0;
    for ms in (2910..200_000).step_by(10) {
        if ms % 700 == 0 {
            scene.at(ms, Input::Understood(command(SEND, ms - 600, ms - 10)));
        }
        if ms % 1100 == 0 && scene.prompt().is_some() {
            let prompt = scene.prompt().unwrap().id;
            scene.at(ms, Input::PromptStarted { prompt });
        }
        scene.at(ms, Input::Tick);
        if scene.guard.is_open() {
            open_until = ms;
        }
    }
    assert!(open_until <= 2900 + u64::from(longest), "{open_until}");
}

/// 2018: 1,700 recordings were sent to a stranger who had asked for his own.
#[test]
fn seventeen_hundred_recordings_do_not_open_for_the_wrong_owner() {
    let mut scene = Scene::new(config());
    let (mut opened, mut refused) = (0, 0);
    for n in 0..1700 {
        let from = 20_000 * n;
        let owner = OwnerId(100 + n as u32 % 17);
        scene.at(from + 2900, Input::Wake(Wake { owner, ..wake(from + 2000, from + 2800) }));
        scene.guard.record(&[n as i16 + 1; 20]);
        scene.at(from + 4700, Input::Understood(command(LIGHT, from + 2900, from + 4400)));
        let authorization = scene.authorizations.pop().unwrap();
        let act = *authorization.act();
        let grant = scene.guard.redeem(authorization, &act, t(from + 4800)).unwrap();
        for stranger in 0..200 {
            match grant.open(OwnerId(stranger)) {
                Ok(samples) => {
                    assert_eq!((stranger, samples), (owner.0, &[n as i16 + 1; 20][..]));
                    opened += 1;
                }
                Err(finding) => {
                    assert_eq!(finding.reason, Reason::OtherOwner);
                    refused += 1;
                }
            }
        }
    }
    assert_eq!((opened, refused), (1700, 1700 * 199));
}

/// A muted microphone hears nothing, from the very sample, at any stage.
#[test]
fn a_muted_microphone_hears_nothing() {
    // At every stage of a request for a message.
    for muted_at in (2000..9000).step_by(100) {
        let mut scene = Scene::new(config());
        // A mute at the very sample of an event comes first.
        let mut steps = vec![
            (muted_at, Input::Mute),
            (2900, Input::Wake(wake(2000, 2800))),
            (4700, Input::Understood(command(SEND, 2900, 4400))),
            (4800, Input::PromptStarted { prompt: 1 }),
            (7000, Input::PromptEnded { prompt: 1, complete: true }),
            (8700, Input::Answer(yes_send_it(7400, 8400))),
        ];
        steps.sort_by_key(|(at, _)| *at);
        let muted = steps.iter().position(|(at, _)| *at == muted_at).unwrap();
        for (n, (at, input)) in steps.into_iter().enumerate() {
            scene.at(at, input);
            if n >= muted {
                assert!(scene.guard.is_muted() && !scene.guard.is_open());
                assert_eq!(scene.guard.record(&[1; 10]), 0);
            }
        }
        let act = command(SEND, 0, 1).act();
        for authorization in scene.authorizations.drain(..) {
            let refusal = scene.guard.redeem(authorization, &act, t(9000)).unwrap_err();
            assert_eq!(refusal.finding.reason, Reason::Muted, "muted at {muted_at}");
        }
        // Nothing is told while it is muted, not even that there was something.
        assert!(matches!(scene.told.last(), Some(Output::Muted { at }) if *at == t(muted_at)));
        scene.at(20_000, Input::Unmute);
        // Said into the muted microphone, reported after it.
        scene.at(20_400, Input::Wake(wake(19_500, 20_300)));
        assert_eq!((scene.uncounted(), scene.guard.is_open()), (Some(Reason::Muted), false));
        scene.at(21_900, Input::Wake(wake(21_000, 21_800)));
        assert!(scene.guard.is_open(), "muted at {muted_at}");
    }
}

/// A mute that is reported late is obeyed all the same.
#[test]
fn a_late_mute_is_obeyed() {
    let mut scene = Scene::new(config());
    scene.until_the_question().at(8700, Input::Answer(yes_send_it(7400, 8400))).at(5000, Input::Mute);
    let (authorization, act) = (scene.authorizations.pop().unwrap(), command(SEND, 0, 1).act());
    assert_eq!(scene.guard.redeem(authorization, &act, t(8800)).unwrap_err().finding.reason, Reason::Muted);
}

/// The device's own prompt says "yes, send it", and its microphone hears that.
#[test]
fn the_device_does_not_answer_itself() {
    let mut scene = Scene::new(config());
    scene.at(2900, Input::Wake(wake(2000, 2800))).at(4700, Input::Understood(command(SEND, 2900, 4400)));
    let prompt = scene.prompt().unwrap().id;
    scene.at(4800, Input::PromptStarted { prompt });
    // While it plays, as it ends, and in its echo.
    scene
        .at(6500, Input::Answer(yes_send_it(5500, 6400)))
        .at(7000, Input::PromptEnded { prompt, complete: true });
    scene.at(7050, Input::Answer(yes_send_it(6100, 7000))).at(7200, Input::Answer(yes_send_it(7099, 7190)));
    assert_eq!((scene.authorizations.len(), scene.uncounted()), (0, Some(Reason::AnswerTooEarly)));
    scene.at(11_001, Input::Tick);
    assert_eq!(scene.reason(), Some(Reason::Deadline));
    // And the wake phrase in what it plays doesn't wake it.
    let mut woke = wake(20_000, 20_800);
    woke.surroundings = Surroundings { playing: true, in_playback: 0.9, ..woke.surroundings };
    scene.at(20_900, Input::Wake(woke));
    assert_eq!((scene.uncounted(), scene.guard.is_open()), (Some(Reason::InPlayback), false));
}

/// A policy may ask for more than the defaults, never for less than the laws.
#[test]
fn no_score_lifts_a_law() {
    let lenient = TierLimits {
        min_wake_nats: 0.0,
        min_pause_ms: 0,
        min_intent_probability: 0.5,
        max_nobody_probability: 0.5,
        min_slot_probability: 0.5,
        min_slot_margin: 0.1,
        min_confirmation_probability: 0.5,
        min_confirmation_phones: 5,
        required_log_odds: -20.0,
        ..TierLimits::of(Tier::Disclosing)
    };
    let config = GuardConfig { disclosing: lenient, ..config() };
    let mut sure = command(SEND, 2900, 4400);
    (sure.probability, sure.nobody) = (1.0, 0.0);
    (sure.slots[0].probability, sure.slots[0].runner_up, sure.slots[0].not_listed) = (1.0, 0.0, 0.0);
    let answer = Answer { probability: 1.0, ..right(7400, 8400) };
    let mut scene = Scene::new(config);
    scene.at(2900, Input::Wake(Wake { nats: 1e30, ..wake(2000, 2800) })).at(4700, Input::Understood(sure));
    assert!(scene.authorizations.is_empty(), "not without an announcement");
    scene.played(4800, 7000);
    assert!(scene.authorizations.is_empty(), "not without a confirmation");
    scene.at(8700, Input::Answer(answer));
    assert!(scene.authorizations.is_empty(), "not by \"right\"");
}
