//! Commands from posteriors, for whoever tunes the decoder from another language.
//!
//!     decode_posteriors GRAMMAR.yaml [name=value …] < posteriors > results
//!
//! Posteriors are those of the example `posteriors`: for each recording a number of rows (u32) and the rows (f32). Each
//! result is a JSON line. Names are fields of `DecoderConfig`, and `list.NAME=FILE` for a list's values, one a line.

use earnest::Storage;
use earnest::intent::{
    Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, Hypothesis, Item, List, ListImage, compile,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig, Phone};
use serde_json::json;
use std::error::Error;
use std::io::{Read, stdin};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: decode_posteriors GRAMMAR.yaml [name=value …]")?;
    let mut grammar = Grammar::from_yaml(&file, &std::fs::read_to_string(&file)?)?;
    let mut config = DecoderConfig::default();
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or("name=value")?;
        if let Some(list) = name.strip_prefix("list.") {
            let text = std::fs::read_to_string(value)?;
            grammar.lists.insert(list.into(), List::of(text.lines().filter(|line| !line.is_empty())));
            continue;
        }
        let value: f32 = value.parse()?;
        match name {
            "blank" => config.acoustics.blank_nats = value,
            "floor" => config.acoustics.floor = value,
            "beam" => config.beam_nats = value,
            "filler" => config.filler_nats = value,
            "word" => config.word_nats = value,
            _ => return Err(format!("no field {name}").into()),
        }
    }
    let english = std::fs::read("models/lexicon-en.bin")?;
    let letters = std::fs::read("models/g2p-en.bin")?;
    let lexicon = Lexicon::new(LexiconConfig::default())?
        .with_dictionary(Dictionary::new(english)?)
        .with_dictionary(Dictionary::new(CORE)?)
        .with_letters(G2p::new(letters)?);
    let started = Instant::now();
    let compiled = compile(&grammar, &lexicon)?;
    let image = GrammarImage::new(compiled.grammar)?;
    let lists = compiled.lists.into_iter().map(ListImage::new).collect::<Result<Vec<_>, _>>()?;
    eprintln!(
        "{} states, {} nodes, {} bytes; lists {:?}; {:.2} s",
        image.states(),
        image.nodes(),
        image.image_bytes(),
        lists.iter().map(|list| (list.values(), list.nodes(), list.image_bytes())).collect::<Vec<_>>(),
        started.elapsed().as_secs_f64()
    );
    let memory = DecoderMemory::owned(8192, 2000);
    let mut decoder = Decoder::new(config, image, Storage::Owned(lists.into_boxed_slice()), memory)?;
    let mut stdin = stdin().lock();
    let mut count = [0; 4];
    let (mut frames, mut paths, mut seconds) = (0usize, 0usize, 0.0);
    while stdin.read_exact(&mut count).is_ok() {
        let mut bytes = vec![0; 4 * Phone::SYMBOLS * u32::from_le_bytes(count) as usize];
        stdin.read_exact(&mut bytes)?;
        let rows: Vec<f32> = bytes.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect();
        decoder.reset();
        let started = Instant::now();
        for row in rows.chunks_exact(Phone::SYMBOLS) {
            decoder.process(row);
            frames += 1;
            paths += decoder.paths();
        }
        seconds += started.elapsed().as_secs_f64();
        let Some(best) = decoder.best() else {
            println!("{}", json!({ "understood": false, "best": decoder.best_score() }));
            continue;
        };
        println!("{}", result(&decoder, &best));
    }
    eprintln!(
        "{:.1} CPU s per hour, {:.0} paths a frame",
        seconds / (frames as f64 / 50.0 / 3600.0),
        paths as f64 / frames as f64
    );
    Ok(())
}

fn result(decoder: &Decoder, best: &Hypothesis) -> serde_json::Value {
    let mut items = [Item::default(); 64];
    let count = decoder.items(best, &mut items);
    let grammar = decoder.grammar();
    let (mut slots, mut words) = (serde_json::Map::new(), Vec::new());
    for item in &items[..count] {
        let text = match item.list {
            Some(list) => decoder.list(list).map_or("", |list| list.value(item.what)),
            None => grammar.word(item.what),
        };
        words.push(json!([text, item.first_frame, item.last_frame, item.score]));
        if let Some(slot) = item.slot {
            slots.insert(grammar.slot(slot).into(), text.into());
        }
    }
    json!({
        "understood": true, "intent": grammar.intent(best.meaning), "score": best.score, "best": decoder.best_score(),
        "slots": slots, "words": words,
    })
}
