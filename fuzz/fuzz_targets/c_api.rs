//! The C interface: any sequence of calls with any arguments. Pointers are null, misaligned, into a listener, or to
//! memory of the size that the interface asks for and not a byte more, so that the sanitiser sees what goes beyond.
#![no_main]

extern crate earnest as earnest_core;

#[path = "../../capi/src/api/mod.rs"]
mod api;
#[path = "c_api/commands.rs"]
mod commands;
#[path = "c_api/guard.rs"]
mod guard;

use api::ffi::*;
use api::guard_ffi::earnest_surroundings_of;
use api::guard_types::Surroundings;
use api::types::{Config, Error, Event, ModelFacts, Vad};
use libfuzzer_sys::fuzz_target;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

const MODEL: &[u8] = include_bytes!("../../examples/kitchen/hey_earnest.earnest");
const NET: &[u8] = include_bytes!("../../models/wake-alexa.ear");
const OK: i32 = 0;
/// Nothing of more memory than this is made.
const MAX_BYTES: usize = 1 << 20;

/// Work that a run may do, in samples: eight seconds of audio, or so many other things that take time. A run of all the
/// bytes that a fuzzer gives would push minutes otherwise, and take half of one.
const WORK: usize = 128_000;
/// What making or checking something of a large image counts as.
const IMAGE: usize = 4000;

/// Reads arguments from the fuzzer's bytes, zeros when they are used up; and how much work is left.
struct Bytes<'a>(&'a [u8], usize);

impl Bytes<'_> {
    fn spend(&mut self, work: usize) {
        self.1 = self.1.saturating_sub(work);
    }

    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    fn long(&mut self) -> u64 {
        u64::from(self.word()) | u64::from(self.word()) << 32
    }

    /// A small number, mostly.
    fn size(&mut self) -> usize {
        match self.byte() {
            0 => 0,
            1 => usize::MAX,
            2 => usize::MAX / 2,
            3 => self.long() as usize,
            4..128 => usize::from(self.byte()),
            _ => usize::from(self.byte()) << 8 | usize::from(self.byte()),
        }
    }

    fn float(&mut self) -> f32 {
        match self.byte() {
            0..64 => f32::from_bits(self.word()),
            byte => f32::from(byte) / 255.0,
        }
    }
}

/// A listener, or what is said to be one, and its memory.
struct Slot {
    memory: Vec<u64>,
    handle: *mut api::Handle,
    /// A model that it uses in place.
    model: Vec<u8>,
    live: bool,
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes, WORK);
    let mut slots: Vec<Slot> = (0..3)
        .map(|_| Slot { memory: Vec::new(), handle: null_mut(), model: Vec::new(), live: false })
        .collect();
    let mut guards: Vec<guard::Slot> = (0..2).map(|_| guard::Slot::default()).collect();
    let (mut commands, mut chain) = (commands::Slot::default(), commands::ChainSlot::default());
    while !bytes.0.is_empty() && bytes.1 > 0 {
        match bytes.byte() % 10 {
            which @ 0..3 => step(&mut bytes, &mut slots[usize::from(which)]),
            which @ 3..6 => guard::step(&mut bytes, &mut guards[usize::from(which % 2)]),
            6 | 7 => commands.step(&mut bytes),
            _ => chain.step(&mut bytes),
        }
    }
    commands.end();
    chain.end();
    guards.iter_mut().for_each(guard::Slot::end);
    for slot in &mut slots {
        let live = slot.live;
        let status = unsafe { earnest_release(slot.handle) };
        assert_eq!(status == OK, live);
        assert!(!live || slot.memory.iter().all(|word| *word == 0));
    }
});

/// A place for a `T`: mostly good, else null, misaligned or in the listener.
fn place<T>(bytes: &mut Bytes, good: &mut MaybeUninit<T>, slot: &Slot) -> *mut T {
    let good = good.as_mut_ptr();
    match bytes.byte() {
        0 => null_mut(),
        // Too little room: nothing may be written there.
        1 if align_of::<T>() > 1 => good.cast::<u8>().wrapping_add(1).cast(),
        2 if !slot.handle.is_null() => slot.handle.cast::<u8>().wrapping_add(64).cast(),
        _ => good,
    }
}

fn config(bytes: &mut Bytes, model: &[u8]) -> Config {
    let mut config = MaybeUninit::uninit();
    assert_eq!(unsafe { earnest_config_default(config.as_mut_ptr(), size_of::<Config>()) }, OK);
    let mut config = unsafe { config.assume_init() };
    config.pre_roll_samples = u32::from(bytes.byte()) * 16 + 1;
    let flags = bytes.byte();
    if flags & 3 != 0 {
        (config.model, config.model_bytes) = (model.as_ptr().cast(), model.len());
    }
    for bit in 2..8 {
        if flags >> bit & 1 == 0 {
            continue;
        }
        match bytes.byte() % 20 {
            0 => config.size = bytes.size() as u32 % 5000,
            1 => config.pre_roll_samples = bytes.word(),
            2 => config.own_threshold = u32::from(bytes.byte() % 3),
            3 => config.threshold = bytes.float(),
            4 => config.near_miss = bytes.float(),
            5 => config.refractory_ms = bytes.size() as u32,
            6 => config.vad_threshold = bytes.float(),
            7 => config.vad_onset_frames = bytes.size() as u32,
            8 => config.vad_hangover_frames = bytes.size() as u32,
            9 => config.vad_talk_window_s = u32::from(bytes.byte()),
            10 => config.model = null(),
            11 => config.model_bytes = config.model_bytes.saturating_sub(usize::from(bytes.byte())),
            12 => config.own_threshold = 1,
            13 => config.reference = u32::from(bytes.byte() % 3),
            14 => config.reference_max_delay_ms = bytes.size() as u32,
            15 => config.reference_share = bytes.float(),
            16 => config.reference_similarity = bytes.float(),
            // Anything wakes, and anything that is played is it.
            17 => {
                (config.own_threshold, config.threshold, config.reference) = (1, 0.0, 1);
                (config.reference_share, config.reference_similarity) = (0.0, 0.0);
            }
            18 => config.reference = 1,
            _ => (config.own_threshold, config.threshold) = (1, bytes.float()),
        }
    }
    config
}

/// A model of either engine, whole or changed, with length and checksum made right or not.
fn model(bytes: &mut Bytes) -> Vec<u8> {
    bytes.spend(IMAGE / 4);
    let net = bytes.byte() & 1 != 0;
    let mut model = if net { NET } else { MODEL }.to_vec();
    for _ in 0..bytes.byte() % 4 {
        let at = bytes.size() % model.len();
        model[at] = bytes.byte();
    }
    if bytes.byte() & 1 == 0 {
        let length = (model.len() as u32).to_le_bytes();
        model[12..16].copy_from_slice(&length);
        if net {
            let rest: Vec<u8> = model[..16].iter().chain(&model[20..]).copied().collect();
            model[16..20].copy_from_slice(&crc32(&rest).to_le_bytes());
        } else {
            let crc = crc32(&model[12..]).to_le_bytes();
            model[8..12].copy_from_slice(&crc);
        }
    }
    model
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn step(bytes: &mut Bytes, slot: &mut Slot) {
    let mut error = MaybeUninit::<Error>::uninit();
    let handle = match bytes.byte() {
        0 => null_mut(),
        1 => slot.handle.cast::<u8>().wrapping_add(4).cast(),
        _ => slot.handle,
    };
    let good = slot.live && handle == slot.handle;
    match bytes.byte() % 16 {
        0 | 1 if !slot.live => init(bytes, slot),
        2 => {
            let status = unsafe { earnest_release(handle) };
            assert_eq!(status == OK, good);
            if good {
                slot.live = false;
                assert!(slot.memory.iter().all(|word| *word == 0));
            }
        }
        3 => assert_eq!(unsafe { earnest_mute(handle) } == OK, good),
        4 => assert_eq!(unsafe { earnest_unmute(handle) } == OK, good),
        5 => {
            assert_eq!(unsafe { earnest_reset(handle) } == OK, good);
        }
        6 => {
            let mut vad = MaybeUninit::<Vad>::uninit();
            let out = place(bytes, &mut vad, slot);
            if unsafe { earnest_vad(handle, out) } == OK {
                let vad = unsafe { vad.assume_init() };
                assert!(
                    vad.speech <= 1 && (0.0..=1.0).contains(&vad.probability) && vad.level_db.is_finite()
                );
                assert!((0.0..=1.0).contains(&vad.score));
            }
        }
        7 => {
            let (mut start, mut end) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            let (at, to) = (place(bytes, &mut start, slot), place(bytes, &mut end, slot));
            if unsafe { earnest_pre_roll_span(handle, at, to) } == OK {
                let (start, end) = unsafe { (start.assume_init(), end.assume_init()) };
                assert!(start <= end);
                copy(bytes, slot, start, end);
            }
        }
        8 => {
            let (mut now, mut muted) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            let (now, muted) = (place(bytes, &mut now, slot), place(bytes, &mut muted, slot));
            unsafe {
                earnest_now(handle, now);
                earnest_is_muted(handle, muted);
            }
        }
        9 => {
            let (model, cut) = (model(bytes), bytes.size());
            let model = &model[..cut.min(model.len())];
            let mut facts = MaybeUninit::<ModelFacts>::uninit();
            let (facts, error) = (place(bytes, &mut facts, slot), place(bytes, &mut error, &EMPTY));
            // A copy of exactly this length, so that reading beyond it is seen.
            let exact = model.to_vec().into_boxed_slice();
            // Facts are checked for no overlap: there is no listener in the call.
            if facts.cast::<u8>() != slot.handle.cast::<u8>().wrapping_add(64) {
                unsafe { earnest_model_check(exact.as_ptr().cast(), exact.len(), facts, error) };
            }
        }
        10 => {
            let size = bytes.size() % 5000;
            let mut memory = vec![0u64; size.div_ceil(8)].into_boxed_slice();
            unsafe { earnest_config_default(memory.as_mut_ptr().cast(), size) };
        }
        11 => surroundings(bytes, slot, handle, good),
        12 => {
            earnest_has(bytes.word());
            assert!(!earnest_status_text(bytes.word() as i32).is_null());
        }
        _ => push(bytes, slot, handle, good),
    }
}

/// Facts about words that were heard, mostly.
fn surroundings(bytes: &mut Bytes, slot: &Slot, handle: *mut api::Handle, good: bool) {
    let mut now = 0;
    unsafe { earnest_now(handle, &mut now) };
    let (start, end) = match bytes.byte() {
        0 => (bytes.long(), bytes.long()),
        _ => {
            let end = now.saturating_sub(bytes.size().min(100_000) as u64);
            (end.saturating_sub(bytes.size().min(100_000) as u64), end)
        }
    };
    let mut around = MaybeUninit::<Surroundings>::uninit();
    let out = place(bytes, &mut around, slot);
    if unsafe { earnest_surroundings_of(handle, start, end, out) } == OK {
        let around = unsafe { around.assume_init() };
        assert!(good && start <= end && end <= now);
        assert!(around.stretch_start <= around.stretch_end && around.stretch_end >= end);
        assert!((0.0..=1.0).contains(&around.in_playback) && around.playing <= 1 && around.voice_known == 0);
    }
}

const EMPTY: Slot = Slot { memory: Vec::new(), handle: null_mut(), model: Vec::new(), live: false };

fn init(bytes: &mut Bytes, slot: &mut Slot) {
    slot.model = model(bytes);
    let config = config(bytes, &slot.model);
    // As many bytes as it says, no more.
    let exact = if (8..=4096).contains(&config.size) && config.size as usize > size_of::<Config>() {
        let mut longer = vec![0u64; (config.size as usize).div_ceil(8)];
        unsafe { longer.as_mut_ptr().cast::<Config>().write(config) };
        if bytes.byte() & 1 == 0 {
            let last = longer.len() - 1;
            longer[last] = 1;
        }
        longer
    } else {
        let mut words = vec![0u64; size_of::<Config>().div_ceil(8)];
        unsafe { words.as_mut_ptr().cast::<Config>().write(config) };
        words
    }
    .into_boxed_slice();
    let pointer: *const Config = exact.as_ptr().cast();
    let (mut needed, mut error) = (MaybeUninit::<usize>::uninit(), MaybeUninit::<Error>::uninit());
    let error = place(bytes, &mut error, &EMPTY);
    let mut handle = 8 as *mut api::Handle;
    if unsafe { earnest_required_bytes(pointer, needed.as_mut_ptr(), error) } != OK {
        let mut memory = [0u64; 4];
        let status = unsafe { earnest_init(memory.as_mut_ptr().cast(), 32, pointer, &mut handle, error) };
        assert!(status != OK && handle.is_null());
        return;
    }
    let needed = unsafe { needed.assume_init() };
    assert_eq!(needed % 8, 0);
    if needed > MAX_BYTES {
        return;
    }
    slot.memory = vec![bytes.long(); needed / 8];
    let memory: *mut u8 = slot.memory.as_mut_ptr().cast();
    let (memory, given, good) = match bytes.byte() {
        0 => (null_mut(), needed, false),
        1 => (memory.wrapping_add(4), needed - 8, false),
        2 => (memory, needed - 1 - usize::from(bytes.byte()), false),
        3 => (memory, usize::MAX, false),
        _ => (memory, needed, true),
    };
    let status = unsafe { earnest_init(memory.cast(), given, pointer, &mut handle, error) };
    assert_eq!((status == OK, handle.is_null()), (good, !good));
    (slot.handle, slot.live) = (handle, good);
}

/// Samples to push, as many as are left to a run.
fn samples(bytes: &mut Bytes) -> Box<[i16]> {
    let count = bytes.size();
    noise(bytes, count)
}

fn noise(bytes: &mut Bytes, count: usize) -> Box<[i16]> {
    let (kind, mut state) = (bytes.byte(), bytes.word());
    let count = count.min(20_000).min(bytes.1);
    bytes.spend(count);
    (0..count)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match kind % 4 {
                0 => 0,
                1 => (state >> 16) as i16,
                2 => (state >> 22) as i16,
                // Bursts, as of speech.
                _ => ((state >> 18) as i16).wrapping_mul(i16::from(i / 1600 % 2 == 0)),
            }
        })
        .collect()
}

/// What is played while `pcm` is heard: memory that stays with it, and where it is, if it is given at all.
fn reference(bytes: &mut Bytes, pcm: &[i16], handle: *const i16) -> (Box<[i16]>, Option<*const i16>) {
    let mut played: Box<[i16]> = [].into();
    let at = match bytes.byte() {
        0..60 => return (played, None),
        60..70 => null(),
        70..75 => pcm.as_ptr().cast::<u8>().wrapping_add(1).cast(),
        75..80 => handle.wrapping_add(32),
        80..160 => pcm.as_ptr(),
        // Softer, or silent in the middle.
        160..230 => {
            let (shift, quiet) = (bytes.byte() % 4, bytes.size());
            let soft = pcm.iter().enumerate().map(|(n, x)| if n / 4000 == quiet % 8 { 0 } else { x >> shift });
            played = soft.collect();
            played.as_ptr()
        }
        _ => {
            let left = bytes.1;
            played = noise(bytes, pcm.len());
            // Time is what it takes, but it isn't heard too.
            played = if played.len() < pcm.len() { vec![0; pcm.len()].into() } else { played };
            bytes.1 = bytes.1.max(left.saturating_sub(pcm.len()));
            played.as_ptr()
        }
    };
    (played, Some(at))
}

fn push(bytes: &mut Bytes, slot: &mut Slot, handle: *mut api::Handle, good: bool) {
    let count = bytes.size();
    let pcm = noise(bytes, count);
    let samples = match bytes.byte() {
        0 => null(),
        1 => pcm.as_ptr().cast::<u8>().wrapping_add(1).cast(),
        2 => slot.handle.cast_const().cast(),
        _ => pcm.as_ptr(),
    };
    // What can't be in memory is refused before it is looked at.
    let claimed = if count > isize::MAX as usize / 2 { count } else { pcm.len() };
    let (mut taken, mut event) = (MaybeUninit::uninit(), MaybeUninit::<Event>::uninit());
    let (taken_at, event_at) = (place(bytes, &mut taken, slot), place(bytes, &mut event, slot));
    let played = reference(bytes, &pcm, slot.handle.cast());
    let status = match played.1 {
        None => unsafe { earnest_push(handle, samples, claimed, taken_at, event_at) },
        Some(played) => unsafe {
            earnest_push_with_reference(handle, samples, played, claimed, taken_at, event_at)
        },
    };
    if status != OK {
        return;
    }
    assert!(good);
    let (taken, event): (usize, Event) = unsafe { (taken.assume_init(), event.assume_init()) };
    assert!(taken <= pcm.len());
    assert!(event.kind != 0 || taken == pcm.len());
    assert!(event.start <= event.end && event.kind <= 4);
    assert!((0.0..=1.0).contains(&event.score) && event.numbers.iter().all(|number| number.is_finite()));
}

fn copy(bytes: &mut Bytes, slot: &Slot, start: u64, end: u64) {
    let mut from = start.wrapping_add(u64::from(bytes.byte()));
    let mut to = end.wrapping_sub(u64::from(bytes.byte()));
    if bytes.byte() == 0 {
        (from, to) = (bytes.long(), bytes.long());
    }
    let room = bytes.size().min(20_000);
    let mut out = vec![0i16; room].into_boxed_slice();
    let at = match bytes.byte() {
        0 => null_mut(),
        1 => slot.handle.cast(),
        _ => out.as_mut_ptr(),
    };
    unsafe { earnest_pre_roll_copy(slot.handle, from, to, at, room) };
}
