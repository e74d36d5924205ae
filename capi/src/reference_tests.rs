//! What the device plays, from C: the events of the Rust library, what a second ear costs, what is left of it, every refusal;
//! and the facts about words.
#![allow(clippy::undocumented_unsafe_blocks, reason = "wrong pointers are what is tested")]

use crate::api::ffi::*;
use crate::api::guard_ffi::earnest_surroundings_of;
use crate::api::guard_types::Surroundings;
use crate::api::types::*;
use crate::tests::{MODEL, Made, clip, config, in_real_time, required};
use earnest_core::Storage;
use earnest_core::audio::{SampleIndex, SampleSpan};
use earnest_core::event::Event as CoreEvent;
use earnest_core::frontend::{BaseFrontEnd, BaseMemory};
use earnest_core::guard::TalkMeter;
use earnest_core::pipeline::{Pipeline, PipelineConfig};
use earnest_core::playback::{FRAMES, Playback, PlaybackConfig, PlayedFrame, Reference};
use earnest_core::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use earnest_core::spotter::{Detection, Evidence};
use earnest_core::vad::MelVad;
use std::ptr::null_mut;

fn hearing() -> Config {
    Config { reference: 1, ..config() }
}

fn spotter() -> TemplateSpotter<'static> {
    let model = TemplateModel::parse(MODEL).unwrap();
    let state = Storage::owned(model.required_state());
    let wake = TemplateConfig { threshold: Some(0.34), ..TemplateConfig::default() };
    TemplateSpotter::new(wake, model, state).unwrap()
}

type Rust = Pipeline<
    'static,
    TemplateSpotter<'static>,
    MelVad,
    earnest_core::frontend::FrontEnd,
    Playback<'static, TemplateSpotter<'static>>,
>;

fn rust() -> Rust {
    let ear = Playback::new(PlaybackConfig::default(), spotter(), Storage::owned(FRAMES)).unwrap();
    let pipeline = Pipeline::new(PipelineConfig::default(), spotter(), Storage::owned(16_000)).unwrap();
    pipeline.with_playback(ear)
}

fn rust_events(pcm: &[i16], reference: &[i16]) -> Vec<Event> {
    let mut events = Vec::new();
    rust().push_with_reference(pcm, reference, |event| events.push(Event::from_core(&event).unwrap()));
    events
}

fn of(kind: EventKind, events: &[Event]) -> Vec<Event> {
    events.iter().filter(|event| event.kind == kind as u32).copied().collect()
}

fn later(pcm: &[i16], samples: usize) -> Vec<i16> {
    let mut out = vec![0; samples];
    out.extend(pcm);
    out
}

/// The phrase, how it is played, and how it is heard: 200 ms later, half as loud.
fn echo() -> (Vec<i16>, Vec<i16>) {
    let mut played = clip();
    let heard = later(&played, 3200).iter().map(|x| x / 2).collect();
    played.resize(played.len() + 3200, 0);
    (played, heard)
}

#[test]
fn a_phrase_that_the_device_plays_is_a_near_miss_as_from_rust() {
    let (played, heard) = echo();
    let expected = rust_events(&heard, &played);
    assert_eq!(of(EventKind::Wake, &expected), []);
    let vetoed = of(EventKind::NearMiss, &expected);
    let [why] = &vetoed[..] else { panic!("{vetoed:?}") };
    assert_eq!(why.reason, Reason::Playback as u32);
    assert!(why.score >= why.threshold);
    let mut told = Vec::new();
    rust().push_with_reference(&heard, &played, |event| {
        if let CoreEvent::NearMiss(Detection { why: Evidence::Playback(why), .. }) = event {
            told.push(why);
        }
    });
    let [core] = &told[..] else { panic!("{told:?}") };
    assert_eq!(why.numbers[..4], [core.score, core.before_ms as f32, core.similarity, 0.0]);
    assert!(core.score > 0.3 && core.similarity > 0.5 && core.before_ms < 700, "{core:?}");
    // Not because it wasn't loud enough.
    assert_eq!(of(EventKind::Wake, &Made::new(&config()).events(&heard, 160)).len(), 1);
    for chunk in [160, 37, heard.len()] {
        let events = Made::new(&hearing()).events_with(&heard, Some(&played), chunk);
        assert_eq!(events, expected, "chunks of {chunk}");
    }
    // Cut by an event in the middle of a buffer, as `events_with` does, and elsewhere by null pointers: where nothing is
    // played, that is the same as zeros.
    let made = Made::new(&hearing());
    let mut cut = made.events_with(&heard[..40_000], Some(&played[..40_000]), 1000);
    cut.extend(made.events_with(&heard[40_000..], Some(&played[40_000..]), 7));
    assert_eq!(cut, expected);
}

#[test]
fn spoken_over_silence_or_over_something_else_it_wakes() {
    let clip = clip();
    let plain = Made::new(&config()).events(&clip, 160);
    assert_eq!(of(EventKind::Wake, &plain).len(), 1);
    let made = Made::new(&hearing());
    assert_eq!(made.events(&clip, 160), plain, "no reference");
    unsafe { earnest_reset(made.handle) };
    assert_eq!(made.events_with(&clip, Some(&vec![0; clip.len()]), 333), plain, "silence");
    // Something else, that is heard too.
    let other: Vec<i16> = clip.iter().rev().copied().collect();
    let heard: Vec<i16> =
        clip.iter().zip(&later(&other, 1600)).map(|(a, b)| a.saturating_add(b / 16)).collect();
    unsafe { earnest_reset(made.handle) };
    let events = made.events_with(&heard, Some(&other), 160);
    assert_eq!(events, rust_events(&heard, &other));
    assert_eq!(of(EventKind::Wake, &events).len(), 1);
}

#[test]
fn a_second_ear_costs_its_parts_and_nobody_else_pays() {
    let pieces = |sizes: &[usize]| sizes.iter().map(|bytes| bytes.next_multiple_of(8)).sum::<usize>();
    let ear = size_of::<crate::api::Ear<'_>>();
    let frames = FRAMES * size_of::<PlayedFrame>();
    let state = 4 * TemplateModel::parse(MODEL).unwrap().required_state();
    let expected = pieces(&[size_of::<BaseMemory>(), state, frames, ear]);
    assert_eq!(required(&hearing()) - required(&config()), expected);
    assert!(frames == 11_264 && ear < 6 * 1024, "{ear}");
    // A pointer is all that is there without.
    type Without<'a> = Pipeline<'a, crate::api::Engine<'a>, MelVad, BaseFrontEnd<'a>>;
    type With<'a> =
        Pipeline<'a, crate::api::Engine<'a>, MelVad, BaseFrontEnd<'a>, Option<&'a mut crate::api::Ear<'a>>>;
    assert!(size_of::<With<'_>>() <= size_of::<Without<'_>>() + size_of::<usize>());
}

#[test]
fn what_was_played_is_forgotten_by_mute_reset_and_release() {
    let (played, heard) = echo();
    let mut made = Made::new(&hearing());
    let head = size_of::<crate::api::Handle>() / 8;
    let act = |work: unsafe extern "C" fn(*mut crate::api::Handle) -> i32| {
        assert_eq!(in_real_time(|| unsafe { work(made.handle) }), 0);
    };
    // Muted before anything was heard: so its parts look when nothing is left.
    act(earnest_mute);
    let fresh = made.memory[head..].to_vec();
    act(earnest_unmute);
    let changed = |made: &Made| {
        let words = made.memory[head..].iter().zip(&fresh);
        words.filter(|(a, b)| a != b).map(|(a, _)| *a).collect::<Vec<u64>>()
    };
    let mut pushed = 0;
    for forget in [earnest_mute, earnest_reset] {
        pushed += (50_003 + heard.len()) as u64;
        made.events_with(&heard[..50_003], Some(&played[..50_003]), 160);
        assert!(changed(&made).len() > 1000);
        act(forget);
        // But for times, and what its spotter's place for a candidate held before it was empty.
        let left = changed(&made).into_iter().filter(|word| *word > pushed).count();
        assert!(left <= size_of::<Option<Detection>>() / 8, "{left} words");
        act(earnest_unmute);
        // Played before it forgot, it vetoes nothing.
        assert_eq!(of(EventKind::Wake, &made.events(&heard, 160)).len(), 1);
    }
    act(earnest_release);
    assert!(made.memory.iter().all(|word| *word == 0));
    made.handle = null_mut();
}

#[test]
fn a_reference_that_nobody_hears_and_pointers_that_are_wrong() {
    let (deaf, hearing) = (Made::new(&config()), Made::new(&hearing()));
    let (pcm, played) = ([0i16; 320], [0i16; 320]);
    let push = |made: &Made, reference: *const i16, samples| {
        let (mut taken, mut event) = (7, Event::NONE);
        let pcm = pcm.as_ptr();
        let status = unsafe {
            earnest_push_with_reference(made.handle, pcm, reference, samples, &mut taken, &mut event)
        };
        // Where it fails nothing is written.
        assert_eq!(taken, if status == 0 { samples } else { 7 });
        status
    };
    let played = played.as_ptr();
    let inside = |made: &Made| made.handle.cast::<i16>().wrapping_add(500).cast_const();
    assert_eq!(push(&deaf, played, 320), Status::OutOfRange as i32);
    assert_eq!(push(&deaf, std::ptr::null(), 320), 0);
    assert_eq!(push(&deaf, played, 0), 0);
    assert_eq!(push(&hearing, played.cast::<u8>().wrapping_add(1).cast(), 8), Status::Misaligned as i32);
    assert_eq!(push(&hearing, inside(&hearing), 8), Status::Overlap as i32);
    assert_eq!(push(&hearing, inside(&deaf), 8), 0);
    // What is heard may be what is played: a test, a loop of a cable.
    assert_eq!(push(&hearing, pcm.as_ptr(), 320), 0);
    assert_eq!(push(&hearing, played, 320), 0);
    assert_eq!(push(&hearing, null_mut(), 320), 0);
    let mut now = 0;
    assert_eq!((unsafe { earnest_now(hearing.handle, &mut now) }, now), (0, 968));
}

fn kitchen() -> Vec<i16> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/kitchen/kitchen.flac");
    let mut reader = claxon::FlacReader::open(path).unwrap();
    reader.samples().map(|sample| sample.unwrap() as i16).collect()
}

fn around(made: &Made, start: u64, end: u64) -> Result<Surroundings, i32> {
    let mut around = Surroundings::default();
    match unsafe { earnest_surroundings_of(made.handle, start, end, &mut around) } {
        0 => Ok(around),
        status => Err(status),
    }
}

/// At the wake phrase of the kitchen, and at words every few seconds before: what the meter says that the Rust chain has.
#[test]
fn facts_about_words_are_those_of_the_rust_meter() {
    let kitchen = kitchen();
    let played: Vec<i16> = kitchen.iter().rev().map(|x| x / 4).collect();
    for reference in [None, Some(&played[..])] {
        let made = Made::new(&if reference.is_some() { hearing() } else { config() });
        let (mut pipeline, mut meter, mut last) = (rust(), TalkMeter::new(10), SampleIndex(0));
        let mut compared = 0;
        for (n, chunk) in kitchen.chunks(16_000 * 3 + 77).enumerate() {
            let from = n * (16_000 * 3 + 77);
            let now = (from + chunk.len()) as u64;
            let played = reference.map(|reference| &reference[from..][..chunk.len()]);
            let mut spans = vec![(now.saturating_sub(20_000), now.saturating_sub(8000)), (now - 9000, now)];
            let events = made.events_with(chunk, played, 160);
            spans.extend(of(EventKind::Wake, &events).iter().map(|wake| (wake.start, wake.end)));
            let (mut rest, mut played) = (chunk, played.unwrap_or_default());
            let look = |frame: &earnest_core::frontend::MelFrame, vad: &earnest_core::vad::VadFrame| {
                last = frame.span.end;
                meter.process(vad, last);
            };
            let mut look = look;
            while pipeline.next_event_with_frames(&mut rest, &mut played, &mut look).is_some() {}
            for (start, end) in spans {
                let words = SampleSpan { start: SampleIndex(start), end: SampleIndex(end) };
                let expected = earnest_core::guard::Surroundings {
                    playing: pipeline.playback().playing(),
                    in_playback: pipeline.playback().evidence(words, last).score,
                    ..meter.surroundings(words)
                };
                assert_eq!(around(&made, start, end), Ok(Surroundings::from_core(&expected)));
                assert_eq!(expected.playing, reference.is_some());
                compared += 1;
            }
        }
        assert!(compared > 20, "{compared}");
    }
}

#[test]
fn facts_about_words_that_nobody_heard_are_refused() {
    let (made, clip) = (Made::new(&config()), clip());
    assert_eq!(around(&made, 0, 0), Err(Status::NothingHeard as i32));
    made.events(&clip, 160);
    let now = clip.len() as u64;
    assert!(around(&made, 1, now).is_ok());
    assert_eq!(around(&made, now, now + 1), Err(Status::OutOfRange as i32));
    assert_eq!(around(&made, 10, 9), Err(Status::OutOfRange as i32));
    assert_eq!(around(&made, 0, 0), Err(Status::NotRemembered as i32));
    // A minute later; and after a mute.
    made.events(&vec![0; 960_000], 16_000);
    assert_eq!(around(&made, 1, now), Err(Status::NotRemembered as i32));
    assert!(around(&made, 1, now + 1).is_ok());
    unsafe { (earnest_mute(made.handle), earnest_unmute(made.handle)) };
    assert_eq!(around(&made, now, now + 960_000), Err(Status::NothingHeard as i32));
    made.events(&clip, 160);
    assert_eq!(around(&made, now, now + 960_000), Err(Status::NotRemembered as i32));
    assert!(around(&made, now, now + 960_001).is_ok());
    let handle = made.handle;
    let status = |out: *mut Surroundings| unsafe { earnest_surroundings_of(handle, 1, now, out) };
    assert_eq!(status(null_mut()), Status::NullPointer as i32);
    assert_eq!(status(handle.cast::<u8>().wrapping_add(64).cast()), Status::Overlap as i32);
}
