//! What the device itself plays doesn't wake it, on the bundled kitchen conversation.

mod common;

use common::{flac, pipeline, spotter};
use earnest::event::Event;
use earnest::frontend::FrontEnd;
use earnest::pipeline::Pipeline;
use earnest::playback::{FRAMES, Playback, PlaybackConfig, PlaybackEvidence, PlayedFrame, Reference};
use earnest::spotter::template::TemplateSpotter;
use earnest::spotter::{Detection, Evidence, KeywordSpotter};
use earnest::vad::MelVad;
use earnest::{ConfigError, Storage};

type Ear = Playback<'static, Spotter>;
type Hearing<P = Ear> = Pipeline<'static, Spotter, MelVad, FrontEnd, P>;
type Spotter = TemplateSpotter<'static>;

/// "hey earnest" ends there in `kitchen.flac`, about, and the phrase is within this much before.
const WITHIN: usize = 2 * 16_000;

fn ear() -> Ear {
    Playback::new(PlaybackConfig::default(), spotter(), Storage::owned(FRAMES)).unwrap()
}

fn hearing() -> Hearing {
    pipeline().with_playback(ear())
}

fn events<P: Reference>(
    pipeline: &mut Hearing<P>,
    pcm: &[i16],
    reference: &[i16],
    chunk: usize,
) -> Vec<Event> {
    let mut events = Vec::new();
    for (at, pcm) in pcm.chunks(chunk).enumerate() {
        let from = (at * chunk).min(reference.len());
        let reference = &reference[from..(from + pcm.len()).min(reference.len())];
        pipeline.push_with_reference(pcm, reference, |event| events.push(event));
    }
    events
}

fn wakes(events: &[Event]) -> Vec<Detection> {
    events.iter().filter_map(|event| if let Event::Wake(wake) = event { Some(*wake) } else { None }).collect()
}

fn vetoes(events: &[Event]) -> Vec<PlaybackEvidence> {
    let why = |event: &Event| match event {
        Event::NearMiss(Detection { why: Evidence::Playback(why), .. }) => Some(*why),
        _ => None,
    };
    events.iter().filter_map(why).collect()
}

fn later(pcm: &[i16], samples: usize) -> Vec<i16> {
    let mut out = vec![0; samples];
    out.extend(&pcm[..pcm.len() - samples]);
    out
}

fn mixed(a: &[i16], b: &[i16], gain: f32) -> Vec<i16> {
    let both = a.iter().zip(b.iter().cycle());
    both.map(|(a, b)| (f32::from(*a) + gain * f32::from(*b)).clamp(-32768.0, 32767.0) as i16).collect()
}

/// Loud playback through a bad loudspeaker: clipped, softer, with an echo of its own.
fn echo(pcm: &[i16], delay: usize) -> Vec<i16> {
    let clipped: Vec<i16> = pcm.iter().map(|x| (x / 2).clamp(-6000, 6000)).collect();
    later(&mixed(&clipped, &later(&clipped, 300), 0.2), delay)
}

#[test]
fn a_phrase_that_the_device_plays_does_not_wake_it() {
    let kitchen = flac("kitchen.flac");
    let mut count = 0;
    for delay in [0, 160 * 3 + 71, 16 * 200, 16 * 450] {
        let heard = echo(&kitchen, delay);
        let without = events(&mut hearing(), &heard, &[], 160);
        let with = events(&mut hearing(), &heard, &kitchen, 160);
        assert_eq!(wakes(&with), [], "{delay}");
        // The loudspeaker is so bad that now and then nothing would have woken anyway.
        assert_eq!(vetoes(&with).len(), wakes(&without).len(), "{delay}");
        let Some(&why) = vetoes(&with).first() else { continue };
        count += 1;
        assert!(why.score > 0.3, "{why}");
        assert!(why.similarity > 0.5, "{why}");
        // The score's peak was before it was clear that it was one.
        assert!(u64::from(why.before_ms).abs_diff(delay as u64 / 16) < 300, "{delay}: {why}");
    }
    assert!(count >= 2, "{count}");
}

#[test]
fn too_late_an_echo_is_somebody_else() {
    let kitchen = flac("kitchen.flac");
    let with = events(&mut hearing(), &later(&kitchen, 16 * 1500), &kitchen, 160);
    assert_eq!(wakes(&with).len(), 1);
}

#[test]
fn a_phrase_spoken_over_playback_wakes() {
    let (kitchen, other) = (flac("kitchen.flac"), flac("background.flac"));
    let played: Vec<i16> = other.iter().cycle().take(kitchen.len()).copied().collect();
    let heard = mixed(&kitchen, &later(&played, 16 * 120), 0.2);
    let without = events(&mut hearing(), &heard, &[], 160);
    let with = events(&mut hearing(), &heard, &played, 160);
    assert_eq!(wakes(&without).len(), 1);
    assert_eq!(wakes(&with), wakes(&without));
    assert_eq!(vetoes(&with), []);
}

#[test]
fn events_depend_neither_on_chunks_nor_on_what_was_before() {
    let kitchen = flac("kitchen.flac");
    // Silence in between, so that it falls asleep and wakes up in the middle of a frame.
    let mut played = kitchen.clone();
    played[1000..60_077].fill(0);
    let heard = echo(&kitchen, 3000);
    let mut pipeline = hearing();
    let whole = events(&mut pipeline, &heard, &played, 160);
    assert!(whole.len() > 10);
    for chunk in [1, 37, 512, 16_000, heard.len()] {
        pipeline.reset();
        assert_eq!(events(&mut pipeline, &heard, &played, chunk), whole, "chunks of {chunk}");
    }
    // Asked, not called.
    pipeline.reset();
    let (mut pcm, mut reference, mut asked) = (&heard[..], &played[..], Vec::new());
    while let Some(event) = pipeline.next_event_with_reference(&mut pcm, &mut reference) {
        asked.push(event);
    }
    assert_eq!(asked, whole);
}

#[test]
fn without_a_reference_nothing_changes() {
    let kitchen = flac("kitchen.flac");
    let plain = common::events(&mut pipeline(), &kitchen, 160);
    let mut hearing = hearing();
    let mut pushed = Vec::new();
    hearing.push(&kitchen, |event| pushed.push(event));
    assert_eq!(pushed, plain);
    assert!(!hearing.playback().playing());
    hearing.reset();
    assert_eq!(events(&mut hearing, &kitchen, &vec![0; kitchen.len()], 100), plain);
    // A pipeline that has no second ear doesn't look at the reference.
    let mut other = Vec::new();
    pipeline().push_with_reference(&kitchen, &kitchen, |event| other.push(event));
    assert_eq!(other, plain);
}

#[test]
fn it_rests_in_silence_and_still_hears_the_first_word_after_it() {
    let kitchen = flac("kitchen.flac");
    let mut pipeline = hearing();
    let found = wakes(&events(&mut pipeline, &kitchen, &[], 160))[0];
    let end = found.span.end.0 as usize;
    assert!(pipeline.playback().is_resting());
    pipeline.reset();
    // Nothing but the phrase is played.
    let start = end.saturating_sub(WITHIN).max(found.span.start.0 as usize - 1600);
    let mut played = vec![0; kitchen.len()];
    played[start..end + 1600].copy_from_slice(&kitchen[start..end + 1600]);
    let with = events(&mut pipeline, &kitchen, &played, 160);
    assert_eq!(wakes(&with), []);
    assert_eq!(vetoes(&with).len(), 1);
}

#[test]
fn nothing_is_left_of_what_was_played_after_mute_and_reset() {
    let kitchen = flac("kitchen.flac");
    let mut pipeline = hearing();
    events(&mut pipeline, &kitchen, &kitchen, 160);
    assert!(pipeline.playback().playing());
    pipeline.mute();
    assert!(!pipeline.playback().playing());
    assert_eq!(pipeline.playback().spotter().score(), 0.0);
    let now = pipeline.now();
    let all = earnest::audio::SampleSpan { start: now.before(16_000), end: now };
    assert_eq!(pipeline.playback().evidence(all, now), PlaybackEvidence::default());
    pipeline.unmute();
    // Muted, the device plays the phrase; unheard, it vetoes nothing.
    let with = events(&mut pipeline, &kitchen, &[], 160);
    assert_eq!(wakes(&with).len(), 1);
}

#[test]
fn one_that_is_lent_hears_the_same_and_none_hears_nothing() {
    let kitchen = flac("kitchen.flac");
    let whole = events(&mut hearing(), &kitchen, &kitchen, 160);
    let mut ear = ear();
    let mut lent = pipeline().with_playback(Some(&mut ear));
    assert_eq!(events(&mut lent, &kitchen, &kitchen, 160), whole);
    assert!(lent.playback().playing());
    lent.mute();
    assert!(!lent.playback().playing());
    let mut none = pipeline().with_playback(None::<Ear>);
    assert_eq!(events(&mut none, &kitchen, &kitchen, 160), common::events(&mut pipeline(), &kitchen, 160));
    assert!(!none.playback().playing());
    let now = none.now();
    let all = earnest::audio::SampleSpan { start: now.before(16_000), end: now };
    assert_eq!(none.playback().evidence(all, now), PlaybackEvidence::default());
}

#[test]
fn too_little_memory_and_numbers_out_of_range_are_refused() {
    let mut memory = [PlayedFrame::UNUSED; FRAMES];
    let made = Playback::new(PlaybackConfig::default(), spotter(), Storage::Lent(&mut memory[1..]));
    let (expected, actual) = (FRAMES, FRAMES - 1);
    let buffer = "played frames";
    assert_eq!(made.err(), Some(ConfigError::BufferTooSmall { buffer, expected, actual }));
    for (config, name) in [
        (PlaybackConfig { max_delay_ms: 1001, ..PlaybackConfig::default() }, "max_delay_ms"),
        (PlaybackConfig { share: f32::NAN, ..PlaybackConfig::default() }, "share"),
        (PlaybackConfig { similarity: -0.1, ..PlaybackConfig::default() }, "similarity"),
    ] {
        match Playback::new(config, spotter(), Storage::Lent(&mut memory)).err() {
            Some(ConfigError::OutOfRange { field, .. }) => assert_eq!(field, name),
            other => panic!("{other:?}"),
        }
    }
}
