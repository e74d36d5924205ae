//! Commands from recordings, for whoever tunes the decoder from another language.
//!
//!     commands GRAMMAR.yaml MODEL.ear [name=value …] < recordings > results
//!
//! A recording is a count (u32) and as many samples (i16, 16 kHz), all little-endian. Each result is a JSON line, that of
//! the longest command in the recording; those of the others are in its `others`. Names are fields of `DecoderConfig` and
//! of `UtteranceConfig`, `list.NAME=FILE` for a list's values, one a line, and `confusions=FILE` instead of what is built in;
//! `paths=N` and `records=N` are the decoder's memory, 8192 and four times as many unless said.

use earnest::Storage;
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::intent::{
    Candidate, Confusions, Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, Heard, Item, List,
    ListImage, Listener, ListenerConfig, Rescorer, compile,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::error::Error;
use std::io::{Read, stdin};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: commands GRAMMAR.yaml MODEL.ear [name=value …]")?;
    let mut grammar = Grammar::from_yaml(&file, &std::fs::read_to_string(&file)?)?;
    let model = arguments.next().ok_or("no model")?;
    let mut config = DecoderConfig::default();
    let mut listening = ListenerConfig::default();
    let mut confusions = Confusions::phones_m();
    let (mut paths, mut records) = (8192, None);
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or("name=value")?;
        if let Some(list) = name.strip_prefix("list.") {
            let text = std::fs::read_to_string(value)?;
            grammar.lists.insert(list.into(), List::of(text.lines().filter(|line| !line.is_empty())));
            continue;
        }
        if name == "confusions" {
            confusions = Confusions::new(&std::fs::read(value)?)?;
            continue;
        }
        let value: f32 = value.parse()?;
        match name {
            "blank" => config.acoustics.blank_nats = value,
            "floor" => config.acoustics.floor = value,
            "beam" => config.beam_nats = value,
            "filler" => config.filler_nats = value,
            "end_ms" => listening.utterance.end_ms = value as u32,
            "unsure_ms" => listening.utterance.unsure_ms = value as u32,
            "lead" => listening.utterance.lead_nats = value,
            "hangover" => listening.vad.hangover_frames = value as u32,
            "patience_ms" => listening.utterance.patience_ms = value as u32,
            "edge" => config.edge_nats = value,
            "word" => config.word_nats = value,
            "unlisted" => config.unlisted_nats = value,
            "paths" => paths = value as usize,
            "records" => records = Some(value as usize),
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
    let memory = DecoderMemory {
        history: Storage::owned(records.unwrap_or(4 * paths)),
        ..DecoderMemory::owned(paths, 2000)
    };
    let lists = Storage::Owned(lists.into_boxed_slice());
    let decoder = Decoder::new(config, image, lists, memory)?.with_confusions(confusions);
    let mut listener = Listener::new(listening, Net::owned(Model::new(std::fs::read(model)?)?), decoder)?;
    let mut stdin = stdin().lock();
    let mut count = [0; 4];
    let (mut samples, mut seconds) = (0, 0.0);
    while stdin.read_exact(&mut count).is_ok() {
        let mut bytes = vec![0; 2 * u32::from_le_bytes(count) as usize];
        stdin.read_exact(&mut bytes)?;
        let pcm: Vec<i16> = bytes.as_chunks().0.iter().map(|x| i16::from_le_bytes(*x)).collect();
        listener.reset();
        let started = processor_seconds();
        let mut told: Vec<(u64, serde_json::Value)> = Vec::new();
        let mut tell =
            |decoder: &Decoder, heard: Heard| told.push((heard.speech.len(), result(decoder, &heard)));
        listener.push(&pcm, &mut tell);
        listener.finish(&mut tell);
        seconds += processor_seconds() - started;
        samples += pcm.len();
        told.sort_by_key(|(len, _)| std::cmp::Reverse(*len));
        let mut told = told.into_iter().map(|(_, result)| result);
        let mut result = told.next().unwrap_or_else(|| json!({ "understood": false }));
        result["others"] = told.collect();
        println!("{result}");
    }
    eprintln!("{:.1} CPU s per hour", seconds / (samples as f64 / 16_000.0 / 3600.0));
    Ok(())
}

fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

fn result(decoder: &Decoder, heard: &Heard) -> serde_json::Value {
    let speech = [heard.speech.start.seconds(), heard.speech.end.seconds(), heard.decided.seconds()];
    let Some(best) = &heard.best else {
        return json!({ "understood": false, "best": decoder.best_score(), "speech": speech, "snr": heard.snr_db });
    };
    let mut items = [Item::default(); 64];
    let count = decoder.items(best, &mut items);
    let grammar = decoder.grammar();
    let (mut slots, mut words) = (serde_json::Map::new(), Vec::new());
    let mut judge =
        Judge::new(ConfidenceWeights::phones_m(), Storage::owned(Rescorer::REQUIRED)).expect("enough memory");
    let verdict = judge.judge(decoder, heard).expect("a sentence");
    let confident: Vec<_> = verdict
        .slots()
        .iter()
        .map(|slot| json!([slot.value().map(|one| one.probability), slot.not_listed]))
        .collect();
    let mut rescorer = Rescorer::new(Storage::owned(Rescorer::REQUIRED)).expect("enough memory");
    let mut candidates = serde_json::Map::new();
    for (n, item) in items[..count].iter().enumerate() {
        let text = match item.list {
            Some(list) => decoder.list(list).map_or("", |list| list.value(item.what)),
            None => grammar.word(item.what),
        };
        words.push(json!([
            text,
            item.first_frame,
            item.last_frame,
            item.score,
            item.entered,
            item.slot.is_some()
        ]));
        if let Some(slot) = item.slot {
            slots.insert(grammar.slot(slot).into(), text.into());
            let mut out = [Candidate::default(); 8];
            let stretch = rescorer.candidates(decoder, &items[..count], n, &mut out);
            let list = item.list.and_then(|list| decoder.list(list)).expect("the list of a slot");
            let all: Vec<_> = out[..stretch.candidates]
                .iter()
                .map(|one| {
                    let best = stretch.best;
                    let lies =
                        [best.worst, best.misfit, best.free_phones as f32, best.frames as f32, item.ahead];
                    json!([
                        list.value(one.value),
                        one.score,
                        one.phones,
                        stretch.frames,
                        stretch.free_phones,
                        lies
                    ])
                })
                .collect();
            candidates.insert(grammar.slot(slot).into(), all.into());
        }
    }
    let mut outside = Vec::new();
    let mut from = 0;
    for item in &items[..count] {
        outside.push(decoder.free_phones(from..item.first_frame.max(from)));
        from = item.last_frame + 1;
    }
    outside.push(decoder.free_phones(from..decoder.frames().max(from)));
    json!({
        "understood": true, "intent": grammar.intent(best.meaning), "score": best.score, "best": decoder.best_score(),
        "slots": slots, "words": words, "candidates": candidates, "command": verdict.command, "confidence": confident, "speech": speech, "snr": heard.snr_db, "frames": decoder.frames(), "lead": decoder.lead(), "outside": outside, "free": decoder.free_phones(0..decoder.frames()),
    })
}
