//! Speech decoded by a grammar: synthetic posteriors, for which the answer is known.
#![cfg(feature = "std")]

use earnest::Storage;
use earnest::confidence::{ConfidenceWeights, Judge};
use earnest::intent::{
    Candidate, Decoder, DecoderConfig, DecoderMemory, Grammar, GrammarImage, Heard, Item, List, ListImage,
    Rescorer, compile, compile_list,
};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig, Phone};
use proptest::prelude::*;
use std::sync::OnceLock;

const LIGHTS: &str = r#"
intents:
  TurnOn:
    data:
      - sentences: ["turn on [the] {room} (light|lamp)[s] [please]"]
  TurnOff:
    data:
      - sentences: ["turn off [the] {room} (light|lamp)[s]"]
        slots: {state: "off"}
  Dim:
    data:
      - sentences: ["dim [the] {room} to {level} percent"]
lists:
  room: {values: [kitchen, bedroom, hall, garage]}
  level: {range: {from: 0, to: 100, step: 10}}
"#;

fn lexicon() -> &'static Lexicon<'static> {
    static LEXICON: OnceLock<Lexicon<'static>> = OnceLock::new();
    LEXICON.get_or_init(|| {
        let letters = include_bytes!("../models/g2p-en.bin");
        let lexicon = Lexicon::new(LexiconConfig::default()).unwrap();
        let lexicon = lexicon.with_dictionary(Dictionary::new(CORE).unwrap());
        lexicon.with_letters(G2p::new(&letters[..]).unwrap())
    })
}

fn decoder() -> Decoder<'static> {
    let grammar = Grammar::from_yaml("lights.yaml", LIGHTS).unwrap();
    let compiled = compile(&grammar, lexicon()).unwrap();
    let lists: Vec<ListImage> =
        compiled.lists.into_iter().map(|list| ListImage::new(list).unwrap()).collect();
    let image = GrammarImage::new(compiled.grammar).unwrap();
    let memory = DecoderMemory::owned(2048, 600);
    Decoder::new(DecoderConfig::default(), image, Storage::Owned(lists.into()), memory).unwrap()
}

/// Posteriors of `text`: each phone in one frame, two of blank behind it; other phones share the rest.
fn posteriors(text: &str) -> Vec<[f32; Phone::SYMBOLS]> {
    let frame = |phone: usize| {
        let mut frame = [0.02f32.ln() - 38f32.ln(); Phone::SYMBOLS];
        frame[phone] = 0.98f32.ln();
        frame
    };
    let mut frames = vec![frame(0); 10];
    for word in lexicon().pronounce(text).unwrap() {
        for phone in &word.pronunciations[0].phones {
            frames.extend([frame(phone.index()), frame(0), frame(0)]);
        }
    }
    frames.extend(vec![frame(0); 10]);
    frames
}

/// Slots and their values.
type Pairs = Vec<(String, String)>;

/// Intent, slots and words.
fn decode(decoder: &mut Decoder, frames: &[[f32; Phone::SYMBOLS]]) -> Option<(String, Pairs, String)> {
    decoder.reset();
    frames.iter().for_each(|frame| decoder.process(frame, true));
    let best = decoder.best()?;
    let mut items = [Item::default(); 32];
    let count = decoder.items(&best, &mut items);
    let grammar = decoder.grammar();
    let text = |item: &Item| match item.list {
        Some(list) => decoder.list(list).unwrap().value(item.what).to_string(),
        None => grammar.word(item.what).to_string(),
    };
    let mut slots: Vec<_> =
        grammar.fixed(best.meaning).map(|(slot, value)| (slot.to_string(), value.to_string())).collect();
    for item in &items[..count] {
        assert!(item.first_frame <= item.last_frame && item.last_frame < decoder.frames());
        slots.extend(item.slot.map(|slot| (grammar.slot(slot).to_string(), text(item))));
    }
    assert!(items[..count].is_sorted_by(|a, b| a.last_frame < b.first_frame));
    let words: Vec<String> = items[..count].iter().map(text).collect();
    Some((grammar.intent(best.meaning).into(), slots, words.join(" ")))
}

fn pairs(all: &[(&str, &str)]) -> Pairs {
    all.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn sentences_of_the_grammar_are_heard_as_they_are() {
    let mut decoder = decoder();
    for (text, intent, slots) in [
        ("turn on the kitchen light", "TurnOn", pairs(&[("room", "kitchen")])),
        ("turn on hall lamps please", "TurnOn", pairs(&[("room", "hall")])),
        ("turn off the bedroom lights", "TurnOff", pairs(&[("state", "off"), ("room", "bedroom")])),
        ("dim the garage to seventy percent", "Dim", pairs(&[("room", "garage"), ("level", "70")])),
    ] {
        let (heard, values, words) = decode(&mut decoder, &posteriors(text)).unwrap();
        assert_eq!((&heard[..], values), (intent, slots), "{text}: {words}");
    }
}

#[test]
fn a_hesitation_is_passed_over_at_a_cost() {
    let mut decoder = decoder();
    decode(&mut decoder, &posteriors("turn on the kitchen light")).unwrap();
    let plain = decoder.best().unwrap().score;
    let (intent, slots, _) = decode(&mut decoder, &posteriors("turn on uh the kitchen light")).unwrap();
    assert_eq!((&intent[..], slots), ("TurnOn", pairs(&[("room", "kitchen")])));
    assert!(decoder.best().unwrap().score < plain - 1.0);
}

#[test]
fn lists_are_swapped_without_the_grammar() {
    let mut decoder = decoder();
    let list = decoder.grammar().lists().position(|list| list == "room").unwrap() as u32;
    let text = "turn on the attic light";
    let (_, slots, _) = decode(&mut decoder, &posteriors(text)).unwrap_or_default();
    assert_ne!(slots, pairs(&[("room", "attic")]));
    let values = compile_list(&List::of(["attic", "cellar"]), &Grammar::default(), lexicon()).unwrap();
    decoder.set_list(list, ListImage::new(values).unwrap()).unwrap();
    let (_, slots, _) = decode(&mut decoder, &posteriors(text)).unwrap();
    assert_eq!(slots, pairs(&[("room", "attic")]));
    assert!(
        decoder
            .set_list(
                9,
                ListImage::new(compile_list(&List::of(["a"]), &Grammar::default(), lexicon()).unwrap())
                    .unwrap()
            )
            .is_err()
    );
}

#[test]
fn slots_have_alternatives_and_near_homophones_stand_beside_each_other() {
    let mut decoder = decoder();
    let list = decoder.grammar().lists().position(|list| list == "room").unwrap() as u32;
    let values = List::of(["Denise", "Denis", "Dennis", "Margaret"]);
    let values = compile_list(&values, &Grammar::default(), lexicon()).unwrap();
    decoder.set_list(list, ListImage::new(values).unwrap()).unwrap();
    decode(&mut decoder, &posteriors("turn on Dennis light")).unwrap();
    let memory = Storage::owned(Rescorer::REQUIRED);
    let mut judge = Judge::new(ConfidenceWeights::phones_m(), memory).unwrap();
    let heard = Heard { best: decoder.best(), snr_db: 30.0, ..Heard::default() };
    let verdict = judge.judge(&decoder, &heard).unwrap();
    let values = verdict.slots()[0].values();
    let names: Vec<&str> = values.iter().map(|one| decoder.list(list).unwrap().value(one.value)).collect();
    // Said by its letters, Denis is Dennis: neither may win silently.
    let of = |name| values[names.iter().position(|known| *known == name).unwrap()].probability;
    assert!(of("Dennis") > 0.5 * values[0].probability, "{names:?} {values:?}");
    assert!(of("Denis") > 0.1 * of("Dennis"), "{names:?} {values:?}");
    assert_eq!(names.last(), Some(&"Margaret"), "{names:?}");
    assert!(values[1].probability > 10.0 * values.last().unwrap().probability, "{values:?}");
}

/// Puts `names` in the place of rooms, and decodes.
fn decode_rooms<const N: usize>(names: [&str; N], text: &str) -> (Decoder<'static>, Vec<Item>) {
    let mut decoder = decoder();
    let list = decoder.grammar().lists().position(|list| list == "room").unwrap() as u32;
    let values = compile_list(&List::of(names), &Grammar::default(), lexicon()).unwrap();
    decoder.set_list(list, ListImage::new(values).unwrap()).unwrap();
    decode(&mut decoder, &posteriors(text)).unwrap();
    let mut items = [Item::default(); 32];
    let count = decoder.items(&decoder.best().unwrap(), &mut items);
    (decoder, items[..count].to_vec())
}

fn phones(text: &str) -> f32 {
    lexicon().pronounce(text).unwrap().iter().map(|word| word.pronunciations[0].phones.len() as f32).sum()
}

#[test]
fn any_phones_in_the_place_of_a_value_cost_what_they_cost() {
    let DecoderConfig { unlisted_nats, word_nats, beam_nats, .. } = DecoderConfig::default();
    for room in ["hall", "kitchen", "bedroom"] {
        let text = format!("turn on the {room} light");
        let (_, items) = decode_rooms(["hall", "kitchen", "bedroom"], &text);
        let ahead = items.iter().find(|item| item.slot.is_some()).unwrap().ahead;
        // Heard perfectly, the value costs a word and nothing else.
        let expected = (unlisted_nats * phones(room) - word_nats).min(beam_nats);
        assert!((ahead - expected).abs() < 0.01, "{room}: {ahead}, expected {expected}");
        assert!(items.iter().all(|item| item.slot.is_some() || item.ahead == 0.0));
    }
    // What a value loses where it is another word, any phones don't.
    let slot = |names| {
        let (_, items) = decode_rooms::<1>(names, "turn on the cat hall light");
        *items.iter().find(|item| item.slot.is_some()).unwrap()
    };
    let (right, wrong) = (slot(["cat hall"]), slot(["bat hall"]));
    let lost = wrong.score - wrong.entered + word_nats;
    assert!(lost < -4.0 && right.score == right.entered - word_nats, "{right:?}, {wrong:?}");
    assert!((wrong.ahead - right.ahead - lost).abs() < 0.01, "{right:?}, {wrong:?}");
}

#[test]
fn misfit_is_told_where_it_is() {
    let stretch = |names, text| {
        let (decoder, items) = decode_rooms::<1>(names, text);
        let index = items.iter().position(|item| item.slot.is_some()).unwrap();
        let mut rescorer = Rescorer::new(Storage::owned(Rescorer::REQUIRED)).unwrap();
        let mut candidates = [Candidate::default(); 1];
        let stretch = rescorer.candidates(&decoder, &items, index, &mut candidates);
        (stretch.best, candidates[0].score)
    };
    let said = phones("cat kitchen") as u32;
    let (right, score) = stretch(["cat kitchen"], "turn on the cat kitchen light");
    // Three frames a phone, of which the last has the pause behind it cut off.
    assert_eq!((right.frames, right.free_phones), (3 * said - 2, said));
    assert_eq!((right.worst, right.misfit, score), (0.0, 0.0, 0.0));
    let (wrong, score) = stretch(["bat kitchen"], "turn on the cat kitchen light");
    // All that is lost is lost in one phone, which any other would have been instead.
    let unlisted = DecoderConfig::default().unlisted_nats;
    assert!(score < -4.0 && (wrong.worst - score).abs() < 0.01, "{wrong:?}, {score}");
    assert!((wrong.misfit + score + unlisted).abs() < 0.01, "{wrong:?}, {score}");
    // Two phones beside each other count together.
    let (two, score) = stretch(["bet kitchen"], "turn on the cat kitchen light");
    assert!(score < -8.0 && (two.worst - score).abs() < 0.01, "{two:?}, {score}");
    assert!((two.misfit + score + 2.0 * unlisted).abs() < 0.01, "{two:?}, {score}");
}

#[test]
fn wrong_sizes_are_refused() {
    let grammar = Grammar::from_yaml("lights.yaml", LIGHTS).unwrap();
    let compiled = compile(&grammar, lexicon()).unwrap();
    let image = GrammarImage::new(compiled.grammar).unwrap();
    let none = Storage::Owned(Vec::new().into());
    let error = Decoder::new(DecoderConfig::default(), image.clone(), none, DecoderMemory::owned(64, 10))
        .unwrap_err();
    assert_eq!(error.to_string(), "lists: 0, expected 2");
    let beam = DecoderConfig { beam_nats: f32::NAN, ..DecoderConfig::default() };
    let none = Storage::Owned(Vec::new().into());
    assert!(Decoder::new(beam, image, none, DecoderMemory::owned(64, 10)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Little memory gives worse answers, never a crash; and what is left of a command doesn't reach the next.
    #[test]
    fn any_posteriors_in_any_memory(
        seed in prop::collection::vec(-12f32..0.0, 39 * 4), paths in 16usize..200, frames in 1usize..300,
    ) {
        let grammar = Grammar::from_yaml("lights.yaml", LIGHTS).unwrap();
        let compiled = compile(&grammar, lexicon()).unwrap();
        let lists: Vec<ListImage> =
            compiled.lists.into_iter().map(|list| ListImage::new(list).unwrap()).collect();
        let image = GrammarImage::new(compiled.grammar).unwrap();
        let memory = DecoderMemory {
            history: Storage::owned(64), ..DecoderMemory::owned(paths, 50)
        };
        let mut decoder =
            Decoder::new(DecoderConfig::default(), image, Storage::Owned(lists.into()), memory).unwrap();
        let mut run = || {
            decoder.reset();
            let mut trace = Vec::new();
            for n in 0..frames {
                decoder.process(&seed[n % 4 * 39..][..39], n % 3 > 0);
                trace.push((decoder.best().map(|best| best.score.to_bits()), decoder.paths()));
            }
            trace
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn damaged_images_are_refused(at in 0usize..100_000, bit in 0u8..8) {
        let grammar = Grammar::from_yaml("lights.yaml", LIGHTS).unwrap();
        let mut compiled = compile(&grammar, lexicon()).unwrap();
        let at = at % compiled.grammar.len();
        compiled.grammar[at] ^= 1 << bit;
        prop_assert!(GrammarImage::new(compiled.grammar).is_err());
    }
}
