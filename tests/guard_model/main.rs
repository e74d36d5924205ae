//! The guard beside a checklist that was written from its documentation: for any events in any order at any time,
//! both must authorise at the same events. The checklist keeps no state machine: it keeps what was accepted of the
//! open request, and before every authorisation goes through the whole list again.
#![cfg(feature = "std")]

mod checklist;
#[path = "../guard_support/mod.rs"]
mod guard_support;
mod stories;

use checklist::Reference;
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::guard::{Act, Answer, GuardConfig, Input, Output, Reason, Understood, Wake};
use guard_support::*;
use proptest::prelude::*;
use stories::{Step, around, story};

/// How the story went: which events authorised, in the guard and by the checklist.
fn tell(config: GuardConfig, story: &[(i64, Step)]) -> Result<[usize; 4], TestCaseError> {
    let mut scene = Scene::new(config);
    let mut reference = Reference::new(config);
    let mut now = 100_000i64;
    let mut authorized = [0; 4];
    for (gap, step) in story {
        now = (now + gap * 16).max(0);
        let at = SampleIndex(now as u64);
        let words = |ago: u64, long: u64| {
            let end = at.before(ago * 16);
            SampleSpan { start: end.before(long * 16), end }
        };
        let prompt = scene.prompt().map_or(0, |prompt| prompt.id);
        let input = match step.clone() {
            Step::Now(input) => input,
            Step::Begin { wrong } => Input::PromptStarted { prompt: prompt + u32::from(wrong) },
            Step::End { wrong, complete } => {
                Input::PromptEnded { prompt: prompt + u32::from(wrong), complete }
            }
            Step::Wake(ago, long, kind, wake) => {
                let span = words(ago, long);
                Input::Wake(Wake { span, surroundings: around(span, kind), ..wake })
            }
            Step::Command(ago, long, kind, heard) => {
                let span = words(ago, long);
                Input::Understood(Understood { span, surroundings: around(span, kind), ..heard })
            }
            Step::Answer(ago, long, kind, answer) => {
                let span = words(ago, long);
                Input::Answer(Answer { span, surroundings: around(span, kind), ..answer })
            }
        };
        let before = scene.authorizations.len();
        scene.at_sample(at, input);
        let given = scene.authorizations.len() - before;
        prop_assert!(given <= 1);
        let Some(expected) = reference.takes(at.0, &input) else { return Ok(authorized) };
        prop_assert_eq!(
            given == 1,
            expected,
            "at {} after {:?}\nguard told {:#?}\nchecklist has {:#?}",
            at,
            input,
            scene.told.iter().rev().take(4).collect::<Vec<_>>(),
            reference.request
        );
        if given == 1 {
            authorized[usize::from(scene.act().action) - 1] += 1;
        }
    }
    Ok(authorized)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn the_guard_authorizes_where_the_checklist_does(story in story(), second in any::<bool>()) {
        let mut config = config();
        config.physical.second_factor = second;
        tell(config, &story)?;
    }

    /// Whatever comes, an authorisation is redeemed at most once, and never after a mute.
    #[test]
    fn nothing_is_redeemed_twice_or_muted(story in story(), late_ms in 0u64..4000, mute in any::<bool>()) {
        let mut scene = Scene::new(config());
        let mut now = 100_000i64;
        for (gap, step) in &story {
            now = (now + gap * 16).max(0);
            if let Step::Now(input) = step {
                scene.at_sample(SampleIndex(now as u64), *input);
            }
        }
        // Then a good request, at once.
        let from = now as u64 / 16 + 70_000;
        scene.at(from, Input::Unmute);
        let mut woke = wake(from + 2000, from + 2800);
        woke.nats = 6.0;
        scene.at(from + 2900, Input::Wake(woke));
        scene.at(from + 4700, Input::Understood(command(LIGHT, from + 2900, from + 4400)));
        if let Some(authorization) = scene.authorizations.pop() {
            if mute {
                scene.at(from + 4700, Input::Mute);
            }
            let act = Act::new(LIGHT, &[]).unwrap();
            let at = t(from + 4700 + late_ms);
            let good = scene.guard.redeem(authorization, &act, at).map(drop).map_err(|r| r.finding.reason);
            let expected = match (mute, late_ms) {
                (true, _) => Err(Reason::Muted),
                (false, ..=2000) => Ok(()),
                _ => Err(Reason::Expired),
            };
            prop_assert_eq!(good, expected);
        }
    }

    /// Better evidence of any kind never lowers the sum; more talk never raises it.
    #[test]
    fn the_sum_moves_the_right_way(
        p in 0.5f32..1.0, better in 0.0f32..1.0, talk in 0u32..160_000, more in 0u32..160_000, pause in 0u64..10_000,
        less in 0u64..10_000, others in 0.0f32..1.0, worse in 0.0f32..1.0,
    ) {
        let total = |p: f32, talk: u32, pause: u64, others: f32| {
            let mut config = config();
            config.routine.required_log_odds = -20.0;
            config.routine.min_intent_probability = 0.5;
            let (mut woke, mut heard) = (wake(2000, 2800), command(LIGHT, 2900, 4400));
            woke.surroundings.talk_samples = talk;
            woke.surroundings.quiet_samples = pause;
            (heard.probability, heard.surroundings.talk_samples, heard.surroundings.others) = (p, talk, others);
            let mut scene = Scene::new(config);
            scene.at(2900, Input::Wake(woke)).at(4700, Input::Understood(heard));
            scene.told.iter().rev().find_map(|output| match output {
                Output::Passed(passed) => Some(passed.total),
                _ => None,
            }).unwrap()
        };
        let least = total(p, talk, pause, others);
        let rounding = 1e-4;
        prop_assert!(total(p + (1.0 - p) * better, talk, pause, others) >= least - rounding);
        prop_assert!(total(p, talk.saturating_add(more), pause, others) <= least + rounding);
        prop_assert!(total(p, talk, pause.saturating_sub(less), others) <= least + rounding);
        prop_assert!(total(p, talk, pause, others + (1.0 - others) * worse) <= least + rounding);
    }
}

/// Both ways means little unless both ways come up.
#[test]
fn the_stories_authorize_often_enough_to_matter() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut authorized = [0; 4];
    for _ in 0..4000 {
        let story = story().new_tree(&mut runner).unwrap().current();
        let given = tell(config(), &story).unwrap();
        authorized.iter_mut().zip(given).for_each(|(all, given)| *all += given);
    }
    println!("in 4000 stories: {authorized:?} authorisations of light, music, message, door");
    assert!(authorized.iter().all(|&n| n >= 20) && authorized.iter().sum::<usize>() < 3600, "{authorized:?}");
}
