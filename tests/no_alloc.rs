//! After construction nothing touches the heap: the whole chain, every front end, every VAD, every network. A
//! dictionary doesn't even at construction.
#![cfg(feature = "std")]

mod cascade_support;
mod chain_support;
mod common;
mod guard_support;
mod heap;
mod nn_support;

use earnest::Storage;
use earnest::audio::{SampleIndex, Unit};
use earnest::chain::Told;
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::event::Event;
use earnest::frontend::{FrontEnd, FrontEndConfig, MicroFrontEnd, MicroFrontEndConfig};
use earnest::guard::{Input, Output};
use earnest::intent::{
    Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, ListImage, Listener, ListenerConfig,
    Rescorer, compile,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Calibration, Conv, Graph, Model, Net, Op, OutputKind};
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::playback::{FRAMES, Playback, PlaybackConfig};
use earnest::simd::Level;
use earnest::spotter::cascade::CascadeConfig;
use earnest::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest::spotter::{Detection, Evidence};
use earnest::vad::{EnergyVad, EnergyVadConfig, MelVad, MelVadConfig, VoiceActivityDetector};
use heap::calls;
use nn_support::{Random, random_net};
use std::cell::Cell;

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
fn with_what_the_device_plays() {
    let kitchen = common::flac("kitchen.flac");
    let memory = Storage::owned(FRAMES);
    let playback = Playback::new(PlaybackConfig::default(), common::spotter(), memory).unwrap();
    let mut pipeline = common::pipeline().with_playback(playback);
    let (calls, vetoed) = calls(|| {
        let mut vetoed = 0;
        for chunk in kitchen.chunks(160) {
            pipeline.push_with_reference(chunk, chunk, |event| {
                vetoed += usize::from(matches!(
                    event,
                    Event::NearMiss(Detection { why: Evidence::Playback(_), .. })
                ));
            });
        }
        pipeline.mute();
        pipeline.unmute();
        vetoed
    });
    assert_eq!((calls, vetoed), (0, 1));
}

#[test]
fn a_wake_net_over_the_conversation() {
    let kitchen = common::flac("kitchen.flac");
    // Its log-odds are what one mel band holds, so that speech is now and then a near miss.
    let mut graph = Graph::new(40);
    let mut conv = Conv::causal((0..40).map(|band| f32::from(band == 12)).collect(), vec![0.0], 1);
    conv.stride = 4;
    graph.push(Op::Conv(conv), &[0]).unwrap();
    let facts = [
        "engine",
        "wake-net",
        "preset",
        "base",
        "phrase",
        "loud",
        "threshold",
        "1",
        "duration_ms",
        "400",
        "delay_ms",
        "100",
    ];
    facts.chunks(2).for_each(|fact| graph.set_metadata(fact[0], fact[1]));
    let model = NetModel::parse(graph.to_image().unwrap()).unwrap();
    let memory = Storage::owned(NetSpotter::required_words(&model));
    let config = NetConfig { near_miss: 1.0, ..NetConfig::default() };
    let spotter = NetSpotter::new(config, model, memory).unwrap();
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16_000)).unwrap();
    let (calls, told) = calls(|| {
        let mut told = 0;
        for chunk in kitchen.chunks(160) {
            pipeline.push(chunk, |event| told += usize::from(matches!(event, Event::NearMiss(_))));
        }
        pipeline.reset();
        told
    });
    assert!(told > 0);
    assert_eq!(calls, 0);
}

#[test]
fn a_cascade_over_the_conversation() {
    let kitchen = common::flac("kitchen.flac");
    let mut pipeline = cascade_support::pipeline(CascadeConfig::default());
    let (calls, (checked, woke)) = calls(|| {
        let (mut checked, mut woke) = (0, 0);
        for chunk in kitchen.chunks(160) {
            pipeline.push(chunk, |event| woke += usize::from(matches!(event, Event::Wake(_))));
            checked += usize::from(pipeline.spotter().checking());
        }
        pipeline.reset();
        (checked, woke)
    });
    assert!(checked > 100 && woke > 0, "{checked} frames, {woke} events");
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
fn a_request_through_the_guard_and_its_journal() {
    use earnest::guard::Input;
    use earnest::journal::{Anchor, ENTRY_BYTES, Entry, Journal, verify};
    let mut guard = guard_support::guard(guard_support::config());
    let mut memory = [0; 40 * ENTRY_BYTES];
    let command = Input::Understood(guard_support::command(guard_support::SEND, 2900, 4400));
    let (calls, (entries, sent)) = calls(|| {
        let mut journal = Journal::create(Storage::Lent(&mut memory), None, Anchor::NONE).unwrap();
        let mut authorization = None;
        let steps = [
            (2900, Input::Wake(guard_support::wake(2000, 2800))),
            (4800, Input::PromptStarted { prompt: 1 }),
            (7000, Input::PromptEnded { prompt: 1, complete: true }),
            (8700, Input::Answer(guard_support::yes_send_it(7400, 8400))),
        ];
        let mut tell = |guard: &mut earnest::guard::Guard<'_>, ms, input: &Input| {
            guard.process(guard_support::t(ms), input, |output| {
                journal.append(&Entry::of(&output)).unwrap();
                if let earnest::guard::Output::Authorized { authorization: given, .. } = output {
                    authorization = Some(given);
                }
            });
        };
        tell(&mut guard, steps[0].0, &steps[0].1);
        guard.record(&[1; 16_000]);
        tell(&mut guard, 4700, &command);
        steps[1..].iter().for_each(|(ms, input)| tell(&mut guard, *ms, input));
        let authorization = authorization.unwrap();
        let act = *authorization.act();
        let sent = guard
            .redeem(authorization, &act, guard_support::t(8800))
            .unwrap()
            .open(guard_support::OWNER)
            .unwrap()
            .len();
        (verify(journal.bytes(), None, None, |_, _| {}).unwrap().entries, sent)
    });
    assert_eq!((calls, entries, sent), (0, 10, 16_000));
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
    let mut judge = Judge::new(ConfidenceWeights::phones_m(), Storage::owned(Rescorer::REQUIRED)).unwrap();
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

#[test]
fn a_request_from_the_wake_phrase_to_the_authorisation() {
    let wanted = common::flac("../portland/wanted.flac");
    let mut chain = chain_support::chain();
    let asked: Cell<Option<u32>> = Cell::new(None);
    let (mut playing, mut authorized): (Option<(u32, SampleIndex)>, u32) = (None, 0);
    let (calls, ()) = calls(|| {
        let mut tell = |told: Told<'_, '_>| match told {
            Told::Guard(Output::Say(prompt)) => asked.set(Some(prompt.id)),
            Told::Guard(Output::Authorized { .. }) => authorized += 1,
            _ => {}
        };
        for chunk in wanted.chunks(160) {
            chain.push(chunk, &mut tell);
            // A host whose prompts take 3.5 s.
            let now = chain.now();
            if let Some((prompt, _)) = playing.take_if(|(_, end)| now >= *end) {
                chain.report(&Input::PromptEnded { prompt, complete: true }, &mut tell);
            }
            if let Some(prompt) = asked.take() {
                playing = Some((prompt, now.after(56_000)));
                chain.report(&Input::PromptStarted { prompt }, &mut tell);
            }
        }
        chain.report(&Input::Mute, &mut tell);
        chain.report(&Input::Unmute, &mut tell);
        chain.reset();
    });
    assert_eq!((calls, authorized), (0, 1));
}
