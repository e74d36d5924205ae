//! `examples/grammars/home.grm` and `confirm.grm`, which firmware carries in flash, are what the sentences beside them compile
//! to. `EARNEST_WRITE_GRAMMAR=1` writes them instead of comparing.
#![cfg(feature = "std")]

use earnest::intent::{Grammar, GrammarImage, compile};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use std::fs;

#[test]
fn the_images_are_compiled_from_the_sentences() {
    let lexicon = Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(Dictionary::new(fs::read("models/lexicon-en.bin").unwrap()).unwrap())
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(fs::read("models/g2p-en.bin").unwrap()).unwrap());
    for (name, meanings) in [("home", 50), ("confirm", 6)] {
        let yaml = fs::read_to_string(format!("examples/grammars/{name}.yaml")).unwrap();
        let grammar = Grammar::from_yaml(&format!("{name}.yaml"), &yaml).unwrap();
        let compiled = compile(&grammar, &lexicon).unwrap();
        assert!(compiled.lists.is_empty());
        let image = GrammarImage::new(&compiled.grammar[..]).unwrap();
        assert_eq!(image.meanings(), meanings, "{name}");
        let path = format!("examples/grammars/{name}.grm");
        if std::env::var_os("EARNEST_WRITE_GRAMMAR").is_some() {
            fs::write(&path, &compiled.grammar).unwrap();
        }
        assert!(
            fs::read(&path).unwrap() == compiled.grammar,
            "{path} differs; EARNEST_WRITE_GRAMMAR=1 writes it anew"
        );
        // The fewest phones of a word are those of the shortest way in which the lexicon says it.
        let mut fewest = vec![7; image.words()];
        image.fewest_phones(&mut fewest);
        for (word, fewest) in (0..).zip(fewest) {
            let said = lexicon.pronounce(image.word(word)).unwrap();
            let shortest =
                |word: &earnest::lexicon::Word| word.pronunciations.iter().map(|p| p.phones.len()).min();
            let expected: usize = said.iter().filter_map(shortest).sum();
            assert_eq!(usize::from(fewest), expected, "{}", image.word(word));
        }
    }
}

/// A node that is the child of two, an end of two, words of two states: who walks through such a tree would never come back.
#[test]
fn images_that_are_no_trees_are_refused() {
    let good = fs::read("examples/grammars/home.grm").unwrap();
    let word = |image: &[u8], at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap()) as usize;
    let [states, arcs, nodes, ends] = [20, 24, 28, 32].map(|at| word(&good, at));
    let first_node = 64 + 20 * states + 12 * arcs;
    let first_end = first_node + 12 * nodes;
    assert!(ends > 2 && first_end < good.len());
    let changed = |at: usize, to: usize| {
        let mut image = good.clone();
        image[at..at + 4].copy_from_slice(&(to as u32).to_le_bytes());
        let crc = crc32(&[&image[..16], &image[20..]].concat());
        image[16..20].copy_from_slice(&crc.to_le_bytes());
        GrammarImage::new(&image[..]).map(drop)
    };
    assert_eq!(changed(first_node, word(&good, first_node)), Ok(()));
    let with = |shift: u32| -> Vec<usize> {
        let records = (1..nodes).map(|n| first_node + 12 * n);
        records.filter(|at| word(&good, *at) >> shift & 0xff > 0).take(2).collect()
    };
    // The second node with children gets those of the first; the second with ends its ends.
    let children = with(8);
    assert!(changed(children[1] + 4, word(&good, children[0] + 4)).is_err());
    let own = with(16);
    assert!(changed(own[1] + 8, word(&good, own[0] + 8)).is_err());
    let rooted: Vec<usize> = (0..states).map(|n| 64 + 20 * n).filter(|at| word(&good, at + 4) > 0).collect();
    assert!(changed(rooted[1], word(&good, rooted[0])).is_err());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}
