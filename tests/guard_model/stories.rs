//! Stories: sequences of events, in the right order and damaged, or in any order.

use crate::guard_support::*;
use earnest::audio::SampleSpan;
use earnest::guard::{Answer, Input, Slot, Surroundings, Understood, Wake};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// An event to come: how long after the one before, and what. Prompts are named as they turn out.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Now(Input),
    Begin {
        wrong: bool,
    },
    End {
        wrong: bool,
        complete: bool,
    },
    /// The times of words are made from when they are reported: they ended `.0` before and lasted `.1`, ms. `.2` is
    /// the kind of their surroundings.
    Wake(u64, u64, u8, Wake),
    Command(u64, u64, u8, Understood),
    Answer(u64, u64, u8, Answer),
}

fn surroundings() -> impl Strategy<Value = u8> {
    0u8..30
}

/// One of several settings; most are harmless.
pub(crate) fn around(words: SampleSpan, kind: u8) -> Surroundings {
    let calm = alone(words);
    match kind {
        0..=23 => calm,
        24 => in_talk(words),
        25 => Surroundings { talk_samples: 60_000, ..calm },
        26 => Surroundings { quiet_samples: 3000, ..calm },
        27 => Surroundings { in_playback: 0.5, playing: true, ..calm },
        28 => Surroundings { voice: voice(-38.0), others: 0.3, ..calm },
        _ => Surroundings {
            stretch: SampleSpan { start: words.start.before(8000), end: words.end.after(9000) },
            ..calm
        },
    }
}

fn probability() -> impl Strategy<Value = f32> {
    prop_oneof![
        24 => 0.93f32..0.99,
        3 => 0.0f32..1.0,
        1 => select(vec![0.0, 1.0, 0.9, 0.5, -0.1, 1.1, f32::NAN, f32::INFINITY]),
    ]
}

fn words() -> impl Strategy<Value = (u64, u64)> {
    (0u64..400, 200u64..1500)
}

fn wakes() -> impl Strategy<Value = Step> {
    let nats = prop_oneof![20 => 4.0f32..8.0, 2 => -1.0f32..4.0, 1 => Just(f32::NAN)];
    (words(), nats, surroundings())
        .prop_map(|((ago, long), nats, kind)| Step::Wake(ago, long, kind, Wake { nats, ..wake(0, 1) }))
}

fn commands() -> impl Strategy<Value = Step> {
    let nobody = prop_oneof![12 => Just(0.01f32), 1 => 0.0f32..1.0];
    let runner_up = prop_oneof![6 => Just(0.02f32), 1 => 0.0f32..1.0];
    (words(), 1u16..6, probability(), nobody, probability(), runner_up, surroundings()).prop_map(
        |((ago, long), action, p, nobody, value, runner_up, kind)| {
            let action = if action == 5 { SEND } else { action };
            let slot = Slot { probability: value, runner_up, ..slot() };
            let slots = vec![slot; usize::from(actions()[usize::from(action) - 1].slots)];
            let words = span(0, 1);
            Step::Command(ago, long, kind, Understood::new(action, p, nobody, &slots, words, alone(words)))
        },
    )
}

fn answers() -> impl Strategy<Value = Step> {
    let phones = prop_oneof![4 => Just(10u16), 1 => 0u16..12];
    let (names_act, yes) = (prop::bool::weighted(0.9), prop::bool::weighted(0.95));
    (words(), probability(), phones, names_act, yes, surroundings()).prop_map(
        |((ago, long), probability, phones, names_act, yes, kind)| {
            let answer = Answer { probability, phones, names_act, yes, ..yes_send_it(0, 1) };
            Step::Answer(ago, long, kind, answer)
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => wakes(),
        3 => commands(),
        3 => answers(),
        3 => prop::bool::weighted(0.05).prop_map(|wrong| Step::Begin { wrong }),
        3 => (prop::bool::weighted(0.05), prop::bool::weighted(0.95))
            .prop_map(|(wrong, complete)| Step::End { wrong, complete }),
        1 => prop::bool::weighted(0.8).prop_map(|accepted| Step::Now(Input::SecondFactor { accepted })),
        1 => prop_oneof![
            12 => Just(Input::Tick),
            2 => Just(Input::Mute),
            4 => Just(Input::Unmute),
            1 => Just(Input::Cancel),
            1 => (0u8..6).prop_map(|class| Input::Deprovision { class }),
            1 => (0.0f32..1.0).prop_map(|nobody| Input::NotUnderstood { nobody }),
        ].prop_map(Step::Now),
    ]
}

/// A request in the right order, of any tier, with a re-prompt or without.
fn in_order() -> impl Strategy<Value = Vec<Step>> {
    let say = || vec![Step::Begin { wrong: false }, Step::End { wrong: false, complete: true }];
    (wakes(), commands(), answers(), answers(), commands(), 0u8..4).prop_map(
        move |(wake, heard, a, b, again, kind)| {
            let mut steps = vec![wake, heard];
            steps.extend(say());
            match kind {
                0 => steps.push(a),
                1 => {
                    steps.push(a);
                    steps.extend(say());
                    steps.push(b);
                }
                2 => {
                    steps.push(again);
                    steps.extend(say());
                    steps.push(a);
                }
                _ => steps.extend([a, b]),
            }
            steps.push(Step::Now(Input::SecondFactor { accepted: true }));
            steps
        },
    )
}

/// In order, then damaged: events left out, doubled, exchanged, put in.
pub(crate) fn story() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let gap = prop_oneof![40 => 510i64..1900, 2 => 0i64..200, 2 => 1900i64..40_000, 1 => -3000i64..0];
    let damage = prop::collection::vec((0u8..4, any::<Index>(), any::<Index>(), step()), 0..3);
    let ordered = (prop::collection::vec(in_order(), 1..3), damage).prop_map(|(requests, damage)| {
        let mut steps: Vec<Step> = requests.concat();
        for (kind, a, b, other) in damage {
            let (a, b) = (a.index(steps.len()), b.index(steps.len()));
            match kind {
                0 if steps.len() > 1 => drop(steps.remove(a)),
                1 => steps.insert(a, steps[b].clone()),
                2 => steps.swap(a, b),
                _ => steps.insert(a, other),
            }
        }
        steps
    });
    let any_order = prop::collection::vec(step(), 1..30);
    (prop_oneof![4 => ordered, 1 => any_order], prop::collection::vec(gap, 40))
        .prop_map(|(steps, gaps)| gaps.into_iter().zip(steps).collect())
}
