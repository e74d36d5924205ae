//! `examples/grammars/home.grm`, which firmware carries in flash, is what `home.yaml` compiles to.
//! `EARNEST_WRITE_GRAMMAR=1` writes it instead of comparing.
#![cfg(feature = "std")]

use earnest::intent::{Grammar, GrammarImage, compile};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use std::fs;

#[test]
fn the_image_is_compiled_from_the_sentences() {
    let yaml = fs::read_to_string("examples/grammars/home.yaml").unwrap();
    let grammar = Grammar::from_yaml("home.yaml", &yaml).unwrap();
    let lexicon = Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(Dictionary::new(fs::read("models/lexicon-en.bin").unwrap()).unwrap())
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(fs::read("models/g2p-en.bin").unwrap()).unwrap());
    let compiled = compile(&grammar, &lexicon).unwrap();
    assert!(compiled.lists.is_empty());
    let image = GrammarImage::new(&compiled.grammar[..]).unwrap();
    assert_eq!(image.meanings(), 50);
    let path = "examples/grammars/home.grm";
    if std::env::var_os("EARNEST_WRITE_GRAMMAR").is_some() {
        fs::write(path, &compiled.grammar).unwrap();
    }
    assert!(
        fs::read(path).unwrap() == compiled.grammar,
        "{path} differs; EARNEST_WRITE_GRAMMAR=1 writes it anew"
    );
}
