//! After construction nothing touches the heap: the whole chain, every front end, every VAD, every network. A
//! dictionary doesn't even at construction.
#![cfg(feature = "std")]

mod common;
mod nn_support;

use earnest::Storage;
use earnest::audio::Unit;
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::frontend::{FrontEnd, FrontEndConfig, MicroFrontEnd, MicroFrontEndConfig};
use earnest::intent::{
    Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, ListImage, Listener, ListenerConfig,
    Rescorer, compile,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Calibration, Model, Net, OutputKind};
use earnest::simd::Level;
use earnest::vad::{EnergyVad, EnergyVadConfig, MelVad, MelVadConfig, VoiceActivityDetector};
use nn_support::{Random, random_net};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    // Of this thread: tests run side by side.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: passes every call on to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Calls of the allocator by `work`, which gives what shows that it did something.
fn calls<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = CALLS.get();
    let done = work();
    (CALLS.get() - before, done)
}

#[test]
fn the_counter_counts() {
    assert_eq!(calls(|| drop(std::hint::black_box(Box::new(1)))).0, 2);
}

#[test]
fn the_chain_over_more_than_a_minute_of_audio() {
    let kitchen = common::flac("kitchen.flac");
    let background = common::flac("background.flac");
    let mut pipeline = common::pipeline();
    let (calls, events) = calls(|| {
        let mut events = 0;
        for chunk in kitchen.chunks(160).chain(background.chunks(37)) {
            pipeline.push(chunk, |_| events += 1);
        }
        pipeline.reset();
        pipeline.push(&background, |_| events += 1);
        events
    });
    assert!(pipeline.now().0 + kitchen.len() as u64 > 60 * 16_000);
    assert!(events > 10);
    assert_eq!(calls, 0);
}

#[test]
fn front_ends_and_vads() {
    let pcm = common::flac("kitchen.flac");
    let units: Vec<Unit> = pcm.iter().map(|&x| Unit::from(x)).collect();
    for config in
        [FrontEndConfig::base(), FrontEndConfig::kaldi(), FrontEndConfig::librosa(), FrontEndConfig::pcen()]
    {
        for level in Level::all() {
            let mut front_end = FrontEnd::with_level(config, level).unwrap();
            let mut mel = (config == FrontEndConfig::base())
                .then(|| MelVad::with_level(MelVadConfig::default(), &config, level).unwrap());
            let mut energy = EnergyVad::new(EnergyVadConfig::default()).unwrap();
            let (calls, frames) = calls(|| {
                let mut frames = 0;
                for round in 0..2 {
                    let (mut ints, mut units) = (&pcm[..], &units[..]);
                    while let Some(frame) =
                        if round == 0 { front_end.process(&mut ints) } else { front_end.process(&mut units) }
                    {
                        energy.process(frame);
                        if let Some(vad) = &mut mel {
                            vad.process(frame);
                        }
                        frames += 1;
                    }
                    while front_end.finish().is_some() {
                        frames += 1;
                    }
                    front_end.reset();
                    energy.reset();
                }
                frames
            });
            assert!(frames > pcm.len() / 100, "{frames}");
            assert_eq!(calls, 0, "{config:?}, {level}");
        }
    }
    let mut micro = MicroFrontEnd::new(MicroFrontEndConfig::base()).unwrap();
    let (calls, frames) = calls(|| {
        let mut rest = &pcm[..];
        let mut frames = 0;
        while micro.process(&mut rest).is_some() {
            frames += 1;
        }
        micro.reset();
        frames
    });
    assert!(frames > 1000);
    assert_eq!(calls, 0);
}

#[test]
fn networks_in_both_formats() {
    let mut outputs = 0;
    for seed in 0..60 {
        let mut net = random_net(seed, 8);
        net.graph.set_output(
            [OutputKind::Plain, OutputKind::Softmax, OutputKind::LogSoftmax][seed as usize % 3],
            1,
        );
        let frames = Random(seed).frames(40, net.channels[0]);
        let mut calibration = Calibration::new(&net.graph).unwrap();
        frames.iter().for_each(|frame| calibration.observe(frame));
        for image in [net.graph.to_image().unwrap(), net.graph.to_int8_image(&calibration).unwrap()] {
            for level in Level::all() {
                let mut net = Net::owned_with_level(Model::new(&image[..]).unwrap(), level);
                let (calls, given) = calls(|| {
                    let given = frames.iter().filter(|frame| net.process(frame).is_some()).count();
                    net.reset();
                    given
                });
                outputs += given;
                assert_eq!(calls, 0, "seed {seed}, {level}");
            }
        }
    }
    assert!(outputs > 1000);
}

#[test]
fn looking_words_up() {
    let words =
        ["the", "LAMP", "yes", "zero", "notaword", "", "’", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"];
    let (calls, phones) = calls(|| {
        let dictionary = Dictionary::new(CORE).unwrap();
        let mut phones = 0;
        for word in words {
            phones += dictionary.get(word).into_iter().flatten().map(|found| found.len()).sum::<usize>();
        }
        dictionary.for_each(|_, found| phones += found.len());
        phones
    });
    assert!(phones > 5000, "{phones}");
    assert_eq!(calls, 0);
}

#[test]
fn a_command_from_the_first_sample_to_its_slots() {
    // So loose a grammar that talk in a kitchen has a way through it, slots included.
    let yaml = "intents: {A: {data: [{sentences: ['[{a}] [{a}] [{a}] [{a}] {a}']}]}}\nlists: {a: {values: [water, the, a, to, me]}}";
    let letters = include_bytes!("../models/g2p-en.bin");
    let lexicon = Lexicon::new(LexiconConfig::default()).unwrap();
    let lexicon =
        lexicon.with_dictionary(Dictionary::new(CORE).unwrap()).with_letters(G2p::new(&letters[..]).unwrap());
    let compiled = compile(&Grammar::from_yaml("a.yaml", yaml).unwrap(), &lexicon).unwrap();
    let lists: Vec<ListImage> =
        compiled.lists.into_iter().map(|list| ListImage::new(list).unwrap()).collect();
    let image = GrammarImage::new(compiled.grammar).unwrap();
    // Little history, so that it is swept.
    let memory = DecoderMemory { history: Storage::owned(100), ..DecoderMemory::owned(500, 1000) };
    let decoder =
        Decoder::new(DecoderConfig::default(), image, Storage::Owned(lists.into()), memory).unwrap();
    let model = include_bytes!("../models/phones-s.int8.ear");
    let net = Net::owned(Model::new(model.to_vec()).unwrap());
    let mut listener = Listener::new(ListenerConfig::default(), net, decoder).unwrap();
    let mut judge = Judge::new(ConfidenceWeights::default(), Storage::owned(Rescorer::REQUIRED)).unwrap();
    let kitchen = common::flac("kitchen.flac");
    let mut slots = 0;
    let (calls, ()) = calls(|| {
        let mut tell =
            |decoder: &Decoder, heard| slots += judge.judge(decoder, &heard).map_or(0, |v| v.slots().len());
        listener.push(&kitchen, &mut tell);
        listener.finish(&mut tell);
        listener.reset();
    });
    assert!(slots > 2, "{slots}");
    assert_eq!(calls, 0);
}
