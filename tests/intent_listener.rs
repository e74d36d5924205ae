//! Commands from samples: however the audio is cut, the same is heard, bit for bit.
#![cfg(feature = "std")]

mod common;

use earnest::Storage;
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::intent::{
    Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, ListImage, Listener, ListenerConfig,
    Rescorer, compile,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};

/// So loose that talk in a kitchen has a way through it, slots included.
const LOOSE: &str = "intents: {A: {data: [{sentences: ['[{a}] [{a}] [{a}] [{a}] {a}']}]}}\n\
                     lists: {a: {values: [water, the, a, to, me]}}";

fn listener() -> Listener<'static> {
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
    let net = Net::owned(Model::new(include_bytes!("../models/phones-s.int8.ear").to_vec()).unwrap());
    Listener::new(ListenerConfig::default(), net, decoder).unwrap()
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
