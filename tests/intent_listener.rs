//! Commands from samples: however the audio is cut, the same is heard, bit for bit.
#![cfg(feature = "std")]

mod common;

use earnest::Storage;
use earnest::audio::SampleIndex;
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::intent::{
    Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, Heard, ListImage, Listener, ListenerConfig,
    Rescorer, UtteranceConfig, UtteranceDecoder, compile,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use earnest::vad::{SpeechEdge, VadFrame};

/// So loose that talk in a kitchen has a way through it, slots included.
const LOOSE: &str = "intents: {A: {data: [{sentences: ['[{a}] [{a}] [{a}] [{a}] {a}']}]}}\n\
                     lists: {a: {values: [water, the, a, to, me]}}";

fn parts() -> (Net<'static>, Decoder<'static>) {
    let letters = include_bytes!("../models/g2p-en.bin");
    let lexicon = Lexicon::new(LexiconConfig::default()).unwrap();
    let lexicon =
        lexicon.with_dictionary(Dictionary::new(CORE).unwrap()).with_letters(G2p::new(&letters[..]).unwrap());
    let compiled = compile(&Grammar::from_yaml("loose.yaml", LOOSE).unwrap(), &lexicon).unwrap();
    let lists: Vec<ListImage> =
        compiled.lists.into_iter().map(|list| ListImage::new(list).unwrap()).collect();
    let image = GrammarImage::new(compiled.grammar).unwrap();
    let memory = DecoderMemory::owned(500, 1000);
    let decoder =
        Decoder::new(DecoderConfig::default(), image, Storage::Owned(lists.into()), memory).unwrap();
    (Net::owned(Model::new(include_bytes!("../models/phones-s.int8.ear").to_vec()).unwrap()), decoder)
}

fn listener() -> Listener<'static> {
    let (net, decoder) = parts();
    Listener::new(ListenerConfig::default(), net, decoder).unwrap()
}

/// What is told of `pcm` by when, where the VAD takes all of it for speech, as it may a running tap.
fn told_where_all_is_speech(pcm: &[i16]) -> Vec<(Heard, SampleIndex)> {
    let (net, decoder) = parts();
    let mut utterance = UtteranceDecoder::new(UtteranceConfig::default(), net, decoder).unwrap();
    let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
    let (mut rest, mut told) = (pcm, Vec::new());
    let mut edge = Some(SpeechEdge::Onset(SampleIndex(0)));
    while let Some(frame) = front_end.process(&mut rest) {
        let vad = VadFrame { speech: true, probability: 1.0, edge: edge.take(), ..VadFrame::default() };
        utterance.process(frame, &vad, |_, heard| told.push((heard, frame.span.end)));
    }
    told
}

#[test]
fn words_end_where_no_phone_is_heard_though_the_vad_hears_speech() {
    let mut pcm = common::flac("kitchen.flac")[565_000..590_000].to_vec();
    let said = pcm.len() as u64;
    pcm.resize(pcm.len() + 16_000 * 8, 0);
    let told = told_where_all_is_speech(&pcm);
    let [(heard, known), ..] = told[..] else { panic!("nothing was told") };
    // Patience and what is added to it are 2.2 s.
    assert!(known.0 < said + 16_000 * 3, "known at {known}");
    assert!(heard.speech.end.0 <= said + 4800, "{}", heard.speech);
    // The silence behind it is no command.
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn noise_without_phones_is_no_command() {
    // As long as a command may last, and longer; a hiss 50 dB below full scale.
    let mut random = 1u32;
    let mut hiss = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) as i16 / 256
    };
    let pcm: Vec<i16> = (0..16_000 * 45).map(|_| hiss()).collect();
    let told = told_where_all_is_speech(&pcm);
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn chunks_of_any_size_give_the_same_commands_bit_for_bit() {
    let pcm = common::flac("background.flac");
    let (mut listener, memory) = (listener(), Storage::owned(Rescorer::REQUIRED));
    let mut judge = Judge::new(ConfidenceWeights::phones_m(), memory).unwrap();
    let mut heard_in = |chunk: usize| {
        listener.reset();
        let mut all = Vec::new();
        let mut tell = |decoder: &Decoder, heard| all.push((heard, judge.judge(decoder, &heard)));
        for chunk in pcm.chunks(chunk) {
            listener.push(chunk, &mut tell);
        }
        listener.finish(&mut tell);
        all
    };
    let whole = heard_in(pcm.len());
    assert!(whole.iter().any(|(_, verdict)| verdict.is_some()), "{whole:?}");
    for chunk in [37, 160, 16_000] {
        assert_eq!(heard_in(chunk), whole, "chunks of {chunk}");
    }
}
