//! A cascade for "hey earnest" whose network takes every loud sound for the phrase.
#![allow(dead_code)] // each test file uses its own part

use earnest::Storage;
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Conv, Graph, Model, Net, Op};
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::cascade::{CascadeConfig, CascadeMemory, CascadeSpotter};
use earnest::spotter::net::NetModel;
use earnest::spotter::phonetic::{PhraseCompiler, PhraseSet};
use std::collections::HashMap;
use std::sync::Mutex;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/models/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Log-odds every fourth frame: what the bands of voices hold, less what they hold when nobody speaks.
pub(crate) fn graph() -> Graph {
    let mut graph = Graph::new(40);
    let weights = (0..40).map(|band| if (4..24).contains(&band) { 0.03 } else { 0.0 }).collect();
    let mut conv = Conv::causal(weights, vec![BIAS], 1);
    conv.stride = 4;
    graph.push(Op::Conv(conv), &[0]).unwrap();
    for (key, value) in [
        ("engine", "wake-net"),
        ("preset", "base"),
        ("phrase", "hey earnest"),
        ("threshold", "0.5"),
        ("duration_ms", "600"),
        ("delay_ms", "0"),
    ] {
        graph.set_metadata(key, value);
    }
    graph
}

/// So that speech gives log-odds of about 0: the network knows no more than that something was said.
const BIAS: f32 = -0.9;

pub(crate) fn loud() -> Vec<u8> {
    graph().to_image().unwrap()
}

pub(crate) fn acoustic() -> Net<'static> {
    Net::owned(Model::new(file("phones-m.int8.ear")).unwrap())
}

/// Typed phrases, compiled once.
pub(crate) fn phrases(texts: &[&str]) -> Vec<u8> {
    static COMPILED: Mutex<Option<HashMap<String, Vec<u8>>>> = Mutex::new(None);
    let mut compiled = COMPILED.lock().unwrap();
    let compiled = compiled.get_or_insert_default();
    let made = compiled.entry(texts.join(",")).or_insert_with(|| {
        let dictionary = Dictionary::new(file("lexicon-en.bin")).unwrap();
        let lexicon = Lexicon::new(LexiconConfig::default())
            .unwrap()
            .with_dictionary(dictionary.clone())
            .with_dictionary(Dictionary::new(CORE).unwrap())
            .with_letters(G2p::new(file("g2p-en.bin")).unwrap());
        let mut compiler = PhraseCompiler::new();
        for text in texts {
            compiler.add(text, 0.5, &lexicon).unwrap().add_accents().find_rivals(&dictionary);
        }
        compiler.to_image().unwrap()
    });
    made.clone()
}

pub(crate) fn spotter_for(
    phrase: &str,
    config: CascadeConfig,
    model: NetModel<'static>,
) -> CascadeSpotter<'static> {
    let set = PhraseSet::parse(phrases(&[phrase])).unwrap();
    let memory = CascadeMemory::owned(&model, &set);
    CascadeSpotter::new(config, model, acoustic(), set, memory).unwrap()
}

pub(crate) fn pipeline(config: CascadeConfig) -> Pipeline<'static, CascadeSpotter<'static>> {
    let spotter = spotter_for("hey earnest", config, NetModel::parse(loud()).unwrap());
    Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap()
}
