//! Every status of every function, what the memory holds afterwards, and that nothing is allocated.
#![allow(clippy::undocumented_unsafe_blocks, reason = "wrong pointers are what is tested")]

use crate::api::ffi::*;
use crate::api::types::*;
use earnest_core::Storage;
use earnest_core::event::Event as CoreEvent;
use earnest_core::pipeline::{Pipeline, PipelineConfig};
use earnest_core::spotter::Detection;
use earnest_core::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use earnest_core::vad::VadFrame;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

/// Under the real-time sanitiser (`--cfg rtsan`), a scope in which allocating or blocking ends the program.
#[cfg(rtsan)]
mod realtime {
    unsafe extern "C" {
        pub(super) safe fn __rtsan_realtime_enter();
        pub(super) safe fn __rtsan_realtime_exit();
    }
}

#[path = "../../tests/heap/mod.rs"]
mod heap;

/// Runs `work` where nothing may allocate or block.
pub(crate) fn in_real_time<T>(work: impl FnOnce() -> T) -> T {
    // The machine is asked what it can do once per process; threads that make their first network in that very moment wait
    // for the answer. Tests run side by side, so it is asked before.
    earnest_core::simd::Level::detect();
    #[cfg(rtsan)]
    realtime::__rtsan_realtime_enter();
    let (calls, result) = heap::calls(work);
    #[cfg(rtsan)]
    realtime::__rtsan_realtime_exit();
    assert_eq!(calls, 0, "calls of the allocator");
    result
}

pub(crate) const MODEL: &[u8] = include_bytes!("../../examples/kitchen/hey_earnest.earnest");

/// Four seconds that end with the wake phrase.
pub(crate) fn clip() -> Vec<i16> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/kitchen/kitchen.flac");
    let mut reader = claxon::FlacReader::open(path).unwrap();
    reader.samples().skip(540_160).take(64_000).map(|sample| sample.unwrap() as i16).collect()
}

pub(crate) fn config() -> Config {
    let mut config = MaybeUninit::<Config>::uninit();
    assert_eq!(unsafe { earnest_config_default(config.as_mut_ptr(), size_of::<Config>()) }, 0);
    let config = unsafe { config.assume_init() };
    Config {
        model: MODEL.as_ptr().cast(),
        model_bytes: MODEL.len(),
        own_threshold: 1,
        threshold: 0.34,
        ..config
    }
}

pub(crate) fn no_error() -> Error {
    Error::new(Status::Ok, "", 0.0, 0.0, 0.0)
}

pub(crate) fn field(error: &Error) -> &str {
    let bytes: &[u8] = unsafe { std::slice::from_raw_parts(error.field.as_ptr().cast(), error.field.len()) };
    CStr::from_bytes_until_nul(bytes).unwrap().to_str().unwrap()
}

pub(crate) fn required(config: &Config) -> usize {
    let mut bytes = 0;
    assert_eq!(unsafe { earnest_required_bytes(config, &mut bytes, null_mut()) }, Status::Ok as i32);
    bytes
}

/// Aligned memory with something in it, and the listener in it.
pub(crate) struct Made {
    pub(crate) memory: Vec<u64>,
    pub(crate) handle: *mut Handle,
}

/// The C type of a listener, unknown here as there.
pub(crate) type Handle = crate::api::Handle;

impl Made {
    pub(crate) fn new(config: &Config) -> Made {
        let bytes = required(config);
        let mut memory = vec![0x0123_4567_89ab_cdef; bytes / 8];
        let mut handle = null_mut();
        let status =
            unsafe { earnest_init(memory.as_mut_ptr().cast(), bytes, config, &mut handle, null_mut()) };
        assert_eq!((status, handle.is_null()), (0, false));
        Made { memory, handle }
    }

    /// All events of `pcm`, in chunks.
    pub(crate) fn events(&self, pcm: &[i16], chunk: usize) -> Vec<Event> {
        self.events_with(pcm, None, chunk)
    }

    /// As long as `pcm`: what is played meanwhile.
    pub(crate) fn events_with(&self, pcm: &[i16], reference: Option<&[i16]>, chunk: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(1000);
        in_real_time(|| {
            for (n, mut left) in pcm.chunks(chunk).enumerate() {
                let mut played = reference.map(|reference| &reference[n * chunk..][..left.len()]);
                loop {
                    let (mut taken, mut event) = (usize::MAX, Event::NONE);
                    let (at, samples) = (left.as_ptr(), left.len());
                    let status = match played {
                        None => unsafe { earnest_push(self.handle, at, samples, &mut taken, &mut event) },
                        Some(played) => {
                            let played = played.as_ptr();
                            let event = &raw mut event;
                            unsafe {
                                earnest_push_with_reference(
                                    self.handle,
                                    at,
                                    played,
                                    samples,
                                    &mut taken,
                                    event,
                                )
                            }
                        }
                    };
                    assert_eq!(status, 0);
                    left = &left[taken..];
                    played = played.map(|played| &played[taken..]);
                    if event.kind == EventKind::None as u32 {
                        assert!(left.is_empty());
                        break;
                    }
                    events.push(event);
                }
            }
        });
        events
    }

    fn now(&self) -> u64 {
        let mut now = 0;
        assert_eq!(unsafe { earnest_now(self.handle, &mut now) }, 0);
        now
    }

    fn remembered(&self) -> (u64, u64) {
        let (mut start, mut end) = (1, 0);
        assert_eq!(unsafe { earnest_pre_roll_span(self.handle, &mut start, &mut end) }, 0);
        (start, end)
    }
}

/// What the Rust library tells of the same audio.
fn rust_events(pcm: &[i16]) -> Vec<Event> {
    let model = TemplateModel::parse(MODEL).unwrap();
    let mut state = vec![0.0; model.required_state()];
    let mut pre_roll = vec![0; 16_000];
    let wake = TemplateConfig { threshold: Some(0.34), ..TemplateConfig::default() };
    let spotter = TemplateSpotter::new(wake, model, Storage::Lent(&mut state)).unwrap();
    let mut pipeline =
        Pipeline::new(PipelineConfig::default(), spotter, Storage::Lent(&mut pre_roll)).unwrap();
    let mut events = Vec::new();
    pipeline.push(pcm, |event: CoreEvent| events.push(Event::from_core(&event).unwrap()));
    events
}

#[test]
fn the_events_are_those_of_the_rust_library() {
    let clip = clip();
    let expected = rust_events(&clip);
    assert!(expected.iter().any(|event| event.kind == EventKind::Wake as u32), "{expected:?}");
    assert!(expected.iter().any(|event| event.numbers[0] > 0.0));
    for chunk in [160, 37, clip.len()] {
        assert_eq!(Made::new(&config()).events(&clip, chunk), expected, "chunks of {chunk}");
    }
}

#[test]
fn without_a_model_it_hears_speech_only() {
    let without = Config { model: null(), model_bytes: 0, ..config() };
    let made = Made::new(&without);
    assert!(required(&without) + 50_000 < required(&config()));
    let clip = clip();
    let expected: Vec<Event> =
        rust_events(&clip).into_iter().filter(|event| event.kind <= EventKind::SpeechEnd as u32).collect();
    assert!(!expected.is_empty());
    assert_eq!(made.events(&clip, 160), expected);
}

#[test]
fn from_init_to_release_nothing_is_allocated_and_nothing_is_left_in_memory() {
    let (config, clip) = (config(), clip());
    let bytes = required(&config);
    let mut memory = vec![u64::MAX; bytes / 8 + 1];
    in_real_time(|| {
        let (mut handle, mut needed, mut vad) = (null_mut(), 0, MaybeUninit::<Vad>::uninit());
        let (mut taken, mut event, mut muted) = (0, Event::NONE, 7);
        let mut facts = MaybeUninit::<ModelFacts>::uninit();
        let pointer = memory.as_mut_ptr();
        unsafe {
            assert_eq!(
                earnest_model_check(config.model, config.model_bytes, facts.as_mut_ptr(), null_mut()),
                0
            );
            assert_eq!(earnest_required_bytes(&config, &mut needed, null_mut()), 0);
            assert_eq!(earnest_init(pointer.cast(), bytes, &config, &mut handle, null_mut()), 0);
            assert_eq!(earnest_push(handle, clip.as_ptr(), 8000, &mut taken, &mut event), 0);
            assert_eq!(earnest_vad(handle, vad.as_mut_ptr()), 0);
            assert_eq!(earnest_mute(handle), 0);
            assert_eq!(earnest_is_muted(handle, &mut muted), 0);
            assert_eq!(earnest_unmute(handle), 0);
            assert_eq!(earnest_reset(handle), 0);
            assert_eq!(earnest_push(handle, clip.as_ptr(), 8000, &mut taken, &mut event), 0);
            assert_eq!(earnest_release(handle), 0);
            // Twice is no fault.
            assert_eq!(earnest_release(handle), Status::BadListener as i32);
            assert_eq!(
                earnest_push(handle, clip.as_ptr(), 1, &mut taken, &mut event),
                Status::BadListener as i32
            );
        }
        assert_eq!((needed, muted), (bytes, 1));
    });
    let behind = memory.pop();
    assert!(memory.iter().all(|word| *word == 0) && behind == Some(u64::MAX));
}

#[test]
fn a_mute_forgets_at_once() {
    let (config, clip) = (config(), clip());
    let made = Made::new(&config);
    // What its memory holds if it was muted before it heard anything.
    assert_eq!(unsafe { earnest_mute(made.handle) }, 0);
    made.events(&vec![0; 94_001], 160);
    let never = made.memory.clone();
    assert_eq!(unsafe { (earnest_reset(made.handle), earnest_unmute(made.handle)) }, (0, 0));
    // In the middle of a frame; loud speech.
    made.events(&clip[20_000..50_001], 333);
    assert_eq!(made.remembered(), (14_001, 30_001));
    in_real_time(|| assert_eq!(unsafe { earnest_mute(made.handle) }, 0));
    assert_eq!((made.remembered(), made.now()), ((30_001, 30_001), 30_001));
    assert_eq!(
        unsafe { earnest_vad(made.handle, MaybeUninit::uninit().as_mut_ptr()) },
        Status::NothingHeard as i32
    );
    assert_eq!(made.events(&clip, 512), []);
    assert_eq!((made.remembered(), made.now()), ((94_001, 94_001), 94_001));
    // Now it holds the same: all that lies behind the head, where audio, spectra and the spotter's state are.
    let differ: Vec<usize> = (0..never.len()).filter(|n| made.memory[*n] != never[*n]).collect();
    let head = size_of::<Handle>() / 8;
    assert!(differ.iter().all(|n| *n < head), "words behind {head} that differ: {differ:?}");
    // In it, four clocks that stand where they stood at the mute; and what was in three places that now say that they are
    // empty, a candidate's score, the VAD's figures for one frame, an event. However large those are in this build, a
    // spectrum is as large again.
    let empty =
        [size_of::<Option<Detection>>(), size_of::<Option<VadFrame>>(), size_of::<Option<CoreEvent>>()];
    let most = 4 + empty.iter().sum::<usize>() / 8;
    assert!(differ.len() <= most, "{most} words may differ, do: {differ:?}");
    in_real_time(|| assert_eq!(unsafe { earnest_unmute(made.handle) }, 0));
    assert!(made.events(&clip, 160).iter().all(|event| event.decided > 94_001));
}

#[test]
fn the_pre_roll_is_copied_as_it_was_heard() {
    let clip = clip();
    let made = Made::new(&Config { pre_roll_samples: 3000, ..config() });
    made.events(&clip[..10_007], 160);
    assert_eq!(made.remembered(), (7007, 10_007));
    let mut out = vec![0; 3000];
    let mut copy =
        |start, end, room| unsafe { earnest_pre_roll_copy(made.handle, start, end, out.as_mut_ptr(), room) };
    assert_eq!(copy(7006, 8000, 3000), Status::NotRemembered as i32);
    assert_eq!(copy(8000, 10_008, 3000), Status::NotRemembered as i32);
    assert_eq!(copy(9000, 8000, 3000), Status::NotRemembered as i32);
    assert_eq!(copy(u64::MAX, u64::MAX, 3000), Status::NotRemembered as i32);
    assert_eq!(copy(7007, 10_007, 2999), Status::TooSmall as i32);
    assert_eq!(copy(7007, 10_007, 3000), 0);
    assert_eq!(out, clip[7007..10_007]);
    let at = made.handle;
    assert_eq!(unsafe { earnest_pre_roll_copy(at, 8000, 8000, null_mut(), 0) }, 0);
    assert_eq!(unsafe { earnest_pre_roll_copy(at, 8000, 8001, null_mut(), 1) }, Status::NullPointer as i32);
    assert_eq!(unsafe { earnest_pre_roll_copy(at, 8000, 8001, at.cast(), 1) }, Status::Overlap as i32);
}

#[test]
fn configurations_of_other_versions() {
    #[repr(C)]
    struct Newer {
        config: Config,
        more: [u32; 4],
    }
    let size = size_of::<Newer>();
    let mut newer = MaybeUninit::<Newer>::uninit();
    assert_eq!(unsafe { earnest_config_default(newer.as_mut_ptr().cast(), size) }, 0);
    let mut newer = unsafe { newer.assume_init() };
    assert_eq!((newer.config.size as usize, newer.more), (size, [0; 4]));
    let (mut bytes, mut error) = (0, no_error());
    let ask = |newer: &Newer, bytes: &mut usize, error: &mut Error| unsafe {
        earnest_required_bytes((&raw const *newer).cast(), bytes, error)
    };
    assert_eq!(ask(&newer, &mut bytes, &mut error), 0);
    newer.more[2] = 5;
    assert_eq!(ask(&newer, &mut bytes, &mut error), Status::UnknownField as i32);
    assert_eq!(error.actual, (size_of::<Config>() + 8) as f64);
    // The first version's has no reference, and makes the same listener.
    let first = Config { size: Config::FIRST_SIZE as u32, reference: 7, reference_share: 9.0, ..config() };
    assert!(Config::FIRST_SIZE < size_of::<Config>());
    assert_eq!(required(&first), required(&config()));
    for bad in [0, Config::FIRST_SIZE - 1, 4097, usize::MAX] {
        let status = unsafe { earnest_config_default((&raw mut newer).cast(), bad) };
        assert_eq!(status, Status::BadSize as i32);
        newer.config.size = bad as u32;
        assert_eq!(ask(&newer, &mut bytes, &mut error), Status::BadSize as i32);
        assert_eq!((error.min, error.max), (Config::FIRST_SIZE as f64, 4096.0));
    }
}

#[test]
fn every_field_out_of_range_is_named_with_its_range() {
    type Change = fn(&mut Config);
    let cases: [(Change, &str, f64, f64, f64); 17] = [
        (|c| c.pre_roll_samples = 0, "pre_roll_samples", 1.0, 4_800_000.0, 0.0),
        (|c| c.pre_roll_samples = u32::MAX, "pre_roll_samples", 1.0, 4_800_000.0, 4_294_967_295.0),
        (|c| c.own_threshold = 2, "own_threshold", 0.0, 1.0, 2.0),
        (|c| c.threshold = 1.5, "threshold", 0.0, 1.0, 1.5),
        (|c| c.near_miss = -0.5, "near_miss", 0.0, 1.0, -0.5),
        (|c| c.refractory_ms = 10_001, "refractory_ms", 0.0, 10_000.0, 10_001.0),
        (|c| c.vad_threshold = 1.0, "vad_threshold", 0.01, 0.99, 1.0),
        (|c| c.vad_onset_frames = 0, "vad_onset_frames", 1.0, 100.0, 0.0),
        (|c| c.vad_hangover_frames = 501, "vad_hangover_frames", 1.0, 500.0, 501.0),
        (|c| c.vad_talk_window_s = 61, "vad_talk_window_s", 1.0, 60.0, 61.0),
        (|c| (c.vad_hangover_frames, c.vad_talk_window_s) = (201, 2), "vad_talk_window_s", 3.0, 60.0, 2.0),
        (|c| c.reference = 2, "reference", 0.0, 1.0, 2.0),
        (|c| c.reference_max_delay_ms = 1001, "reference_max_delay_ms", 0.0, 1000.0, 1001.0),
        (|c| c.reference_share = 1.5, "reference_share", 0.0, 1.0, 1.5),
        (|c| c.reference_similarity = -0.5, "reference_similarity", 0.0, 1.0, -0.5),
        (|c| c.threshold = f32::NAN, "threshold", 0.0, 1.0, f64::NAN),
        (|c| c.vad_threshold = f32::INFINITY, "vad_threshold", 0.01, 0.99, f64::INFINITY),
    ];
    for (change, name, min, max, actual) in cases {
        let mut bad = config();
        change(&mut bad);
        let (mut bytes, mut error, mut handle) = (77, no_error(), std::ptr::dangling_mut::<Handle>());
        let mut memory = [u64::MAX; 20];
        let status = unsafe { earnest_required_bytes(&bad, &mut bytes, &mut error) };
        assert_eq!((status, bytes, field(&error)), (Status::OutOfRange as i32, 77, name));
        assert_eq!((error.status, error.min, error.max), (status, min, max), "{name}");
        assert!(error.actual == actual || error.actual.is_nan() && actual.is_nan());
        let again = unsafe { earnest_init(memory.as_mut_ptr().cast(), 160, &bad, &mut handle, &mut error) };
        assert_eq!((again, handle, memory), (status, null_mut(), [u64::MAX; 20]));
    }
}

#[test]
fn damaged_models_are_refused_with_numbers() {
    let mut image = MODEL.to_vec();
    image[5000] ^= 1;
    let check = |bytes: &[u8]| {
        let (mut facts, mut error) = (MaybeUninit::<ModelFacts>::uninit(), no_error());
        let status = unsafe {
            earnest_model_check(bytes.as_ptr().cast(), bytes.len(), facts.as_mut_ptr(), &mut error)
        };
        (status, field(&error).to_string(), error)
    };
    let bad = Status::BadModel as i32;
    let (status, name, error) = check(&image);
    assert_eq!((status, name.as_str()), (bad, "checksum"));
    assert!(error.min == error.max && error.min != error.actual);
    let (status, name, error) = check(&MODEL[..MODEL.len() - 1]);
    assert_eq!((status, name.as_str()), (bad, "model_bytes"));
    assert_eq!((error.min, error.actual), (MODEL.len() as f64, MODEL.len() as f64 - 1.0));
    assert_eq!(check(b"RIFF and so on").1, "magic");
    assert_eq!(check(&[]).0, bad);
    let mut facts = MaybeUninit::<ModelFacts>::uninit();
    assert_eq!(
        unsafe { earnest_model_check(MODEL.as_ptr().cast(), MODEL.len(), facts.as_mut_ptr(), null_mut()) },
        0
    );
    let facts = unsafe { facts.assume_init() };
    assert_eq!((facts.engine, facts.recordings), (Feature::EngineTemplate as u32, 5));
    let phrase: Vec<u8> = facts.phrase.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect();
    assert_eq!(phrase, b"hey earnest");
}

/// Every pointer null, every pointer misaligned, everything that may not overlap.
#[test]
fn every_pointer_is_checked() {
    let (null_status, misaligned) = (Status::NullPointer as i32, Status::Misaligned as i32);
    let (overlap, small) = (Status::Overlap as i32, Status::TooSmall as i32);
    let config = config();
    let bytes = required(&config);
    let mut memory = vec![0u64; bytes / 8];
    let base: *mut u8 = memory.as_mut_ptr().cast();
    let off = |n: usize| base.wrapping_add(n);
    let (mut error, mut handle) = (no_error(), null_mut::<Handle>());
    let mut size = 0usize;
    unsafe {
        assert_eq!(earnest_config_default(null_mut(), size_of::<Config>()), null_status);
        assert_eq!(earnest_config_default(off(1).cast(), size_of::<Config>()), misaligned);
        assert_eq!(earnest_required_bytes(null(), &mut size, &mut error), null_status);
        assert_eq!(field(&error), "config");
        assert_eq!(earnest_required_bytes(&config, null_mut(), &mut error), null_status);
        assert_eq!(field(&error), "bytes");
        assert_eq!(earnest_required_bytes(&config, off(3).cast(), &mut error), misaligned);
        assert_eq!(error.actual, 3.0);
        assert_eq!(earnest_required_bytes(off(2).cast(), &mut size, &mut error), misaligned);
        // An error that can't be written to changes nothing.
        assert_eq!(earnest_required_bytes(null(), &mut size, off(1).cast()), null_status);
        assert_eq!(earnest_model_check(null(), 5, off(0).cast(), &mut error), null_status);
        assert_eq!(earnest_model_check(base.cast(), 5, null_mut(), &mut error), null_status);
        assert_eq!(
            earnest_model_check(base.cast(), usize::MAX, off(0).cast(), &mut error),
            Status::OutOfRange as i32
        );
        let no_image = Config { model: null(), ..config };
        assert_eq!(earnest_required_bytes(&no_image, &mut size, &mut error), null_status);
        assert_eq!(field(&error), "model");

        let mut init = |memory: *mut u8, bytes, config: *const Config, out: *mut *mut Handle| {
            let status = earnest_init(memory.cast(), bytes, config, out, &mut error);
            (status, field(&error).to_string())
        };
        assert_eq!(init(null_mut(), bytes, &config, &mut handle), (null_status, "memory".into()));
        assert_eq!(init(base, bytes, null(), &mut handle), (null_status, "config".into()));
        assert_eq!(init(base, bytes, &config, null_mut()), (null_status, "listener".into()));
        assert_eq!(init(off(4), bytes - 8, &config, &mut handle), (misaligned, "memory".into()));
        assert_eq!(init(base, bytes - 1, &config, &mut handle), (small, "memory_bytes".into()));
        assert_eq!(init(base, 0, &config, &mut handle), (small, "memory_bytes".into()));
        assert_eq!(
            init(base, usize::MAX, &config, &mut handle),
            (Status::OutOfRange as i32, "memory".into())
        );
        assert_eq!(init(base, bytes, &config, base.cast()), (overlap, "listener".into()));
        off(64).copy_from(MODEL.as_ptr(), MODEL.len());
        let inside = Config { model: off(64).cast(), ..config };
        assert_eq!(init(base, bytes, &inside, &mut handle), (overlap, "model".into()));
        assert!(handle.is_null());
        assert_eq!(init(base, bytes, &config, &mut handle).0, 0);
        assert_eq!(handle.cast::<u8>(), base);

        let (pcm, mut event, mut taken) = ([0i16; 800], Event::NONE, 0usize);
        let push = |listener, pcm, n, taken, event| earnest_push(listener, pcm, n, taken, event);
        assert_eq!(push(null_mut(), pcm.as_ptr(), 800, &mut taken, &mut event), null_status);
        assert_eq!(
            push(handle.cast::<u8>().add(4).cast(), pcm.as_ptr(), 800, &mut taken, &mut event),
            misaligned
        );
        assert_eq!(push(handle, null(), 800, &mut taken, &mut event), null_status);
        assert_eq!(push(handle, null(), 0, &mut taken, &mut event), 0);
        assert_eq!(
            push(handle, pcm.as_ptr().cast::<u8>().add(1).cast(), 8, &mut taken, &mut event),
            misaligned
        );
        assert_eq!(
            push(handle, pcm.as_ptr(), usize::MAX / 2, &mut taken, &mut event),
            Status::OutOfRange as i32
        );
        assert_eq!(push(handle, pcm.as_ptr(), 800, null_mut(), &mut event), null_status);
        assert_eq!(push(handle, pcm.as_ptr(), 800, &mut taken, null_mut()), null_status);
        assert_eq!(push(handle, base.add(bytes - 8).cast(), 4, &mut taken, &mut event), overlap);
        assert_eq!(push(handle, pcm.as_ptr(), 800, base.add(80).cast(), &mut event), overlap);
        assert_eq!(push(handle, pcm.as_ptr(), 800, &mut taken, base.add(160).cast()), overlap);
        let mut now = 1;
        assert_eq!((earnest_now(handle, &mut now), now), (0, 0));
        assert_eq!(push(handle, pcm.as_ptr(), 800, &mut taken, &mut event), 0);
        assert_eq!((earnest_now(handle, &mut now), now), (0, 800));

        let (mut start, mut end, mut muted) = (0, 0, 0);
        assert_eq!(earnest_now(handle, null_mut()), null_status);
        assert_eq!(earnest_now(handle, base.cast()), overlap);
        assert_eq!(earnest_vad(handle, null_mut()), null_status);
        assert_eq!(earnest_is_muted(handle, null_mut()), null_status);
        assert_eq!(earnest_is_muted(null(), &mut muted), null_status);
        assert_eq!(earnest_pre_roll_span(handle, null_mut(), &mut end), null_status);
        assert_eq!(earnest_pre_roll_span(handle, &mut start, null_mut()), null_status);
        assert_eq!(earnest_pre_roll_span(handle, &mut start, base.add(8).cast()), overlap);
        assert_eq!(earnest_mute(null_mut()), null_status);
        assert_eq!(earnest_reset(null_mut()), null_status);
        assert_eq!(earnest_release(null_mut()), null_status);

        // A copy is no listener; nor is what was overwritten.
        let copy = memory.clone();
        assert_eq!(earnest_mute(copy.as_ptr().cast_mut().cast()), Status::BadListener as i32);
        memory.fill(u64::MAX);
        assert_eq!(earnest_reset(handle), Status::BadListener as i32);
    }
}

#[test]
fn versions_features_and_texts() {
    let parts = |version: u32| format!("{}.{}.{}", version >> 16, version >> 8 & 255, version & 255);
    assert_eq!(parts(earnest_version()), env!("CARGO_PKG_VERSION"));
    assert_eq!(earnest_has(Feature::EngineTemplate as u32), 1);
    assert_eq!(earnest_has(Feature::EngineNet as u32), 1);
    assert_eq!((earnest_has(Feature::Commands as u32), earnest_has(Feature::Chain as u32)), (1, 1));
    assert_eq!(earnest_has(Feature::Reference as u32), 1);
    assert_eq!(earnest_has(Feature::RuntimeSimd as u32), u32::from(cfg!(feature = "std")));
    assert_eq!((earnest_has(0), earnest_has(u32::MAX)), (0, 0));
    let texts: Vec<&str> = (-1..18)
        .map(|status| unsafe { CStr::from_ptr(earnest_status_text(status)) }.to_str().unwrap())
        .collect();
    assert_eq!(texts.iter().filter(|text| **text == "unknown status").count(), 2);
    assert_eq!(texts.iter().collect::<std::collections::HashSet<_>>().len(), 18);
}

/// The C examples have no decoder: their clip is checked in. `EARNEST_WRITE_CLIP=1` writes it instead of comparing.
#[test]
fn the_clip_of_the_c_examples_is_from_the_kitchen() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/c/kitchen.s16le");
    let bytes: Vec<u8> = clip().iter().flat_map(|sample| sample.to_le_bytes()).collect();
    if std::env::var_os("EARNEST_WRITE_CLIP").is_some() {
        std::fs::write(path, &bytes).unwrap();
    }
    assert!(std::fs::read(path).unwrap() == bytes, "{path} differs; EARNEST_WRITE_CLIP=1 writes it anew");
}
