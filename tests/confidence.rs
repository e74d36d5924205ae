//! How sure commands are, beside the recipe's own arithmetic: `golden/confidence.py`.
#![cfg(feature = "std")]

mod common;

use earnest::Storage;
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::intent::{
    Confusions, Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, ListImage, Listener,
    ListenerConfig, Rescorer, compile,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};

fn listener(grammar: &str) -> Listener<'static> {
    let file = format!("{}/examples/grammars/{grammar}.yaml", env!("CARGO_MANIFEST_DIR"));
    let lexicon = Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(Dictionary::new(&include_bytes!("../models/lexicon-en.bin")[..]).unwrap())
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(&include_bytes!("../models/g2p-en.bin")[..]).unwrap());
    let grammar = Grammar::from_yaml(&file, &std::fs::read_to_string(&file).unwrap()).unwrap();
    let compiled = compile(&grammar, &lexicon).unwrap();
    let lists: Vec<ListImage> =
        compiled.lists.into_iter().map(|list| ListImage::new(list).unwrap()).collect();
    let image = GrammarImage::new(compiled.grammar).unwrap();
    let memory = DecoderMemory { history: Storage::owned(4 * 8192), ..DecoderMemory::owned(8192, 2000) };
    let decoder =
        Decoder::new(DecoderConfig::default(), image, Storage::Owned(lists.into()), memory).unwrap();
    let net = Net::owned(Model::new(include_bytes!("../models/phones-m.int8.ear").to_vec()).unwrap());
    let decoder = decoder.with_confusions(Confusions::phones_m());
    Listener::new(ListenerConfig::default(), net, decoder).unwrap()
}

#[test]
fn odds_are_those_of_the_recipe() {
    let golden: serde_json::Value = serde_json::from_str(include_str!("golden/confidence.json")).unwrap();
    for row in golden.as_array().unwrap() {
        let (grammar, clip) = (row["grammar"].as_str().unwrap(), row["clip"].as_str().unwrap());
        let mut listener = listener(grammar);
        let memory = Storage::owned(Rescorer::REQUIRED);
        let mut judge = Judge::new(ConfidenceWeights::phones_m(), memory).unwrap();
        let mut odds = Vec::new();
        let mut tell = |decoder: &Decoder, heard| {
            odds.extend(judge.judge(decoder, &heard).map(|verdict| {
                let p = f64::from(verdict.command);
                let mut not_listed: Vec<_> =
                    verdict.slots().iter().map(|slot| f64::from(slot.not_listed)).collect();
                not_listed.sort_by(f64::total_cmp);
                [vec![(p / (1.0 - p)).ln()], not_listed].concat()
            }));
        };
        listener.push(&common::flac(&format!("../{clip}.flac")), &mut tell);
        listener.finish(&mut tell);
        odds.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let theirs: Vec<Vec<f64>> = serde_json::from_value(row["heard"].clone()).unwrap();
        assert_eq!(odds.len(), theirs.len(), "{grammar} {clip}");
        for (own, theirs) in odds.iter().zip(theirs) {
            assert_eq!(own.len(), theirs.len(), "{grammar} {clip}");
            let near = own.iter().zip(&theirs).all(|(own, theirs)| (own - theirs).abs() < 2e-3);
            assert!(near, "{grammar} {clip}: {own:?}, expected {theirs:?}");
        }
    }
}
