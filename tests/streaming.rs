//! What holds for the whole chain, on the bundled kitchen conversation.

mod common;

use common::{events, flac, pipeline};
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::event::Event;

/// "hey earnest" in `kitchen.flac`, from `truth.json`.
fn phrase() -> SampleSpan {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/kitchen/truth.json");
    let truth: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let at = |key: &str| SampleIndex(truth["phrase"][key].as_u64().unwrap());
    SampleSpan { start: at("start"), end: at("end") }
}

fn detections(events: &[Event]) -> Vec<earnest::spotter::Detection> {
    let told = |event: &Event| match event {
        Event::Wake(detection) | Event::NearMiss(detection) => Some(*detection),
        _ => None,
    };
    events.iter().filter_map(told).collect()
}

#[test]
fn chunks_of_any_size_give_the_same_events_bit_for_bit() {
    let kitchen = flac("kitchen.flac");
    let whole = events(&mut pipeline(), &kitchen, 160);
    assert!(whole.len() > 10, "{} events", whole.len());
    for chunk in [1, 37, 512, 16_000, kitchen.len()] {
        // `Event` holds floats that are never NaN: equal means the same bits, but for the sign of zero.
        assert_eq!(events(&mut pipeline(), &kitchen, chunk), whole, "chunks of {chunk}");
    }
}

#[test]
fn the_phrase_scores_above_everything_else_that_is_said() {
    let mut events = detections(&events(&mut pipeline(), &flac("kitchen.flac"), 160));
    events.sort_by(|a, b| b.score.total_cmp(&a.score));
    let (best, phrase) = (events[0], phrase());
    assert!(best.accepted(), "{best:?}");
    assert!(best.span.start < phrase.end && phrase.start < best.span.end, "{} is not {phrase}", best.span);
    // Found within half a second of its end.
    assert!(best.decided.since(phrase.end) < 8_000, "decided {} for {phrase}", best.decided);
}

#[test]
fn events_come_in_order_and_speech_alternates() {
    let events = events(&mut pipeline(), &flac("kitchen.flac"), 160);
    assert!(events.is_sorted_by_key(Event::decided));
    let mut speaking = false;
    for event in &events {
        match event {
            Event::SpeechStart { at, decided } => {
                assert!(!speaking && at < decided);
                speaking = true;
            }
            Event::SpeechEnd { at, decided } => {
                assert!(speaking && at < decided);
                speaking = false;
            }
            _ => {}
        }
    }
}

#[test]
fn after_reset_nothing_of_before_is_left() {
    let kitchen = flac("kitchen.flac");
    let phrase = phrase();
    let fresh = events(&mut pipeline(), &kitchen, 160);
    let mut used = pipeline();
    // Stop in the middle of the phrase: half-built evidence must not survive.
    events(&mut used, &kitchen[..(phrase.start.0 + phrase.len() / 2) as usize], 160);
    used.reset();
    assert!(used.pre_roll().span().is_empty());
    assert_eq!(events(&mut used, &kitchen, 160), fresh);
}

#[test]
fn the_pre_roll_ends_at_the_sample_that_decided() {
    let kitchen = flac("kitchen.flac");
    for chunk in [37, 16_000] {
        let mut chain = pipeline();
        let mut woken = None;
        for pcm in kitchen.chunks(chunk) {
            let before = chain.now();
            let mut decided = None;
            chain.push(pcm, |event| {
                if let Event::Wake(detection) = event {
                    decided = Some(detection.decided);
                }
            });
            if let Some(decided) = decided {
                assert!(decided > before && decided <= chain.now());
                woken = Some(decided);
                break;
            }
        }
        assert!(woken.is_some());
        let span = chain.pre_roll().span();
        let (a, b) = chain.pre_roll().get(span).unwrap();
        assert_eq!([a, b].concat(), kitchen[span.start.0 as usize..span.end.0 as usize]);
    }
}

#[test]
fn silence_noise_and_empty_input_wake_nobody() {
    let mut state = 1u64;
    let mut noise = |amplitude: f64| -> Vec<i16> {
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as f64 / f64::from(1u32 << 30) - 1.0
        };
        (0..160_000).map(|_| (next() * amplitude) as i16).collect()
    };
    let full_scale: Vec<i16> =
        (0..160_000).map(|i| if i / 8 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
    for pcm in
        [vec![0; 160_000], noise(3.0), noise(3000.0), noise(32767.0), full_scale, Vec::new(), vec![1; 399]]
    {
        let mut chain = pipeline();
        let woken = events(&mut chain, &pcm, 160).into_iter().filter(|e| matches!(e, Event::Wake(_))).count();
        assert_eq!(woken, 0);
        chain.push(&[], |event| panic!("{event:?} out of nothing"));
        assert_eq!(chain.now().0, pcm.len() as u64);
    }
}

#[test]
fn asked_for_events_or_called_with_them() {
    let kitchen = flac("kitchen.flac");
    let whole = events(&mut pipeline(), &kitchen, 160);
    let mut chain = pipeline();
    let mut asked = Vec::new();
    for mut chunk in kitchen.chunks(997) {
        while let Some(event) = chain.next_event(&mut chunk) {
            assert_eq!(chain.pre_roll().span().end, event.decided());
            asked.push(event);
        }
        assert!(chunk.is_empty());
    }
    assert_eq!(asked, whole);
}

#[test]
fn a_mute_takes_effect_on_the_sample_and_time_goes_on() {
    let kitchen = flac("kitchen.flac");
    let phrase = phrase();
    for chunk in [160, 7_777] {
        let mut chain = pipeline();
        // In the middle of a frame, in the middle of the phrase.
        let at = (phrase.start.0 + phrase.len() / 2) as usize | 1;
        let before = events(&mut chain, &kitchen[..at], chunk);
        chain.mute();
        assert!(chain.is_muted() && chain.pre_roll().span().is_empty() && chain.vad().is_none());
        let until = at + 32_001;
        assert_eq!(events(&mut chain, &kitchen[at..until], chunk), []);
        assert!(chain.pre_roll().span().is_empty());
        assert_eq!(chain.now().0, until as u64);
        chain.unmute();
        let heard = events(&mut chain, &kitchen[until..], chunk);
        assert_eq!(chain.now().0, kitchen.len() as u64);
        assert!(before.iter().chain(&heard).is_sorted_by_key(Event::decided));
        assert!(!heard.is_empty() && heard.iter().all(|event| event.decided().0 > until as u64));
        // What comes after is what one hears who was switched on there, but for the clock.
        let mut fresh = pipeline();
        let shifted = events(&mut fresh, &kitchen[until..], 160);
        let at = |event: &Event| event.decided();
        let moved: Vec<_> = shifted.iter().map(|event| at(event).after(until as u64)).collect();
        assert_eq!(heard.iter().map(at).collect::<Vec<_>>(), moved);
        let span = chain.pre_roll().span();
        let (a, b) = chain.pre_roll().get(span).unwrap();
        assert_eq!([a, b].concat(), kitchen[span.start.0 as usize..span.end.0 as usize]);
    }
}

#[test]
fn muted_it_hears_nothing_and_a_reset_does_not_unmute() {
    let kitchen = flac("kitchen.flac");
    let mut chain = pipeline();
    chain.mute();
    assert_eq!(events(&mut chain, &kitchen, 160), []);
    chain.reset();
    assert!(chain.is_muted());
    assert_eq!(chain.now().0, 0);
    assert_eq!(events(&mut chain, &kitchen, 512), []);
    chain.reset();
    chain.unmute();
    assert_eq!(events(&mut chain, &kitchen, 160), events(&mut pipeline(), &kitchen, 160));
}
