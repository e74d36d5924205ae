//! Typed phrases on the bundled recordings: nothing was trained or enrolled for them.
#![cfg(feature = "std")]

mod common;

use common::flac;
use earnest::Storage;
use earnest::audio::SampleIndex;
use earnest::event::Event;
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::phonetic::{
    Background, PhoneticConfig, PhoneticSpotter, PhraseCompiler, PhraseSet, RivalKind, threshold_for,
};
use earnest::spotter::{Detection, Evidence};
use std::sync::OnceLock;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/models/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn dictionary() -> Dictionary<'static> {
    Dictionary::new(file("lexicon-en.bin")).unwrap()
}

fn lexicon() -> Lexicon<'static> {
    Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(dictionary())
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(file("g2p-en.bin")).unwrap())
}

fn compiled(phrase: &str) -> PhraseCompiler {
    let mut compiler = PhraseCompiler::new();
    compiler.add(phrase, 0.5, &lexicon()).unwrap().find_rivals(&dictionary());
    compiler
}

/// "hey earnest" and a phrase that nobody says, compiled once for all tests.
fn image() -> &'static [u8] {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let mut compiler = compiled("hey earnest");
        compiler.add("purple monkey", 0.5, &lexicon()).unwrap().find_rivals(&dictionary());
        compiler.calibrate(&Background::parse(file("background-m.bin")).unwrap()).unwrap();
        compiler.to_image().unwrap()
    })
}

fn pipeline(threshold: f32) -> Pipeline<'static, PhoneticSpotter<'static>> {
    let set = PhraseSet::parse(image()).unwrap();
    let tokens = Storage::owned(PhoneticSpotter::required_tokens(&set));
    let history = Storage::owned(PhoneticSpotter::required_history(&set));
    let net = Net::owned(Model::new(file("phones-m.int8.ear")).unwrap());
    let config = PhoneticConfig { threshold: Some(threshold), ..PhoneticConfig::default() };
    let spotter = PhoneticSpotter::new(config, net, set, tokens, history).unwrap();
    Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap()
}

fn events(pipeline: &mut Pipeline<'_, PhoneticSpotter<'_>>, pcm: &[i16], chunk: usize) -> Vec<Event> {
    let mut events = Vec::new();
    pcm.chunks(chunk).for_each(|chunk| pipeline.push(chunk, |event| events.push(event)));
    events
}

fn wakes(events: &[Event]) -> Vec<Detection> {
    events
        .iter()
        .filter_map(|event| if let Event::Wake(found) = event { Some(*found) } else { None })
        .collect()
}

fn with_silence(pcm: &[i16]) -> Vec<i16> {
    [&[0; 16_000][..], pcm, &[0; 16_000]].concat()
}

/// The kitchen says "Didn't Ernest's", "hey, honest" and "hey, her nest" before one of three voices says "hey earnest". At the score that stands
/// for a false accept in ten hours it is that alone which wakes.
#[test]
fn the_phrase_is_heard_once_in_the_kitchen_where_it_was_said() {
    let kitchen = flac("kitchen.flac");
    let wakes = wakes(&events(&mut pipeline(threshold_for(0.1)), &kitchen, 160));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/kitchen/truth.json");
    let truth: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let at = |key: &str| SampleIndex(truth["phrase"][key].as_u64().unwrap());
    assert_eq!(wakes.len(), 1, "{wakes:?}");
    let (wake, start, end) = (wakes[0], at("start"), at("end"));
    assert_eq!(wake.phrase, 0);
    assert!(wake.span.start < end && start < wake.span.end, "{} is not {start} to {end}", wake.span);
    assert!(wake.decided.since(end) < 8_000, "decided {}, said until {end}", wake.decided);
    let Evidence::Phonetic(why) = wake.why else { panic!("{:?}", wake.why) };
    assert!(why.phones >= 6 && why.ratio > -1.0, "{why:?}");
    assert!(wake.why.to_string().contains("phones"), "{}", wake.why);
}

#[test]
fn chunks_of_any_size_give_the_same_events_bit_for_bit() {
    let recording = with_silence(&flac("enroll/1.flac"));
    let whole = events(&mut pipeline(0.5), &recording, 160);
    assert!(!wakes(&whole).is_empty(), "{whole:?}");
    for chunk in [1, 37, 1000, recording.len()] {
        assert_eq!(events(&mut pipeline(0.5), &recording, chunk), whole, "chunks of {chunk}");
    }
}

#[test]
fn after_reset_nothing_of_before_is_left() {
    let recording = with_silence(&flac("enroll/2.flac"));
    let fresh = events(&mut pipeline(0.5), &recording, 160);
    let mut used = pipeline(0.5);
    // Into the phrase: half-built evidence must not survive.
    events(&mut used, &recording[..recording.len() / 2], 160);
    used.reset();
    assert_eq!(events(&mut used, &recording, 160), fresh);
}

#[test]
fn silence_and_noise_wake_nobody() {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 48) as i16
    };
    let noise: Vec<i16> = (0..160_000).map(|_| next()).collect();
    let square: Vec<i16> = (0..160_000).map(|n| if n / 8 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
    for pcm in [vec![0; 160_000], noise, square] {
        assert_eq!(wakes(&events(&mut pipeline(0.5), &pcm, 160)), []);
    }
}

#[test]
fn what_sounds_like_a_phrase_is_found() {
    let found = |phrase: &str| {
        let compiler = compiled(phrase);
        let rivals = compiler.rivals().iter();
        rivals.map(|rival| (rival.text.clone(), rival.kind)).collect::<Vec<_>>()
    };
    let computer = found("computer");
    for (text, kind) in
        [("computers", RivalKind::Longer), ("commuter", RivalKind::Alike), ("compute", RivalKind::Alike)]
    {
        assert!(computer.contains(&(text.into(), kind)), "{text}: {computer:?}");
    }
    let alexa = found("alexa");
    assert!(alexa.iter().any(|(text, _)| text == "alexis"), "{alexa:?}");
    assert!(alexa.iter().any(|(_, kind)| *kind == RivalKind::Part), "{alexa:?}");
    // Nothing that competes with a phrase is the phrase with something else around it.
    assert!(
        alexa.iter().all(|(text, kind)| *kind != RivalKind::Alike || !text.contains("alexa")),
        "{alexa:?}"
    );
    let earnest = found("hey earnest");
    assert!(earnest.contains(&("… ernestine".into(), RivalKind::Longer)), "{earnest:?}");
}

#[test]
fn what_cannot_be_listened_for_is_an_error_with_numbers() {
    let lexicon = lexicon();
    let error = |text: &str| PhraseCompiler::new().add(text, 0.5, &lexicon).err().unwrap().to_string();
    assert_eq!(error("a"), "1 phones, expected 3 to 32");
    assert!(
        error("one two three four five six seven eight nine ten eleven twelve").contains("expected 3 to 32")
    );
    assert!(error("call 妈妈").contains("'妈' at byte 5"));
    let threshold = PhraseCompiler::new().add("hello", 1.5, &lexicon).err().unwrap();
    assert_eq!(threshold.to_string(), "threshold is 1.5, expected 0 to 1");
    assert!(PhraseCompiler::new().to_image().is_err());
}
