//! Templates mean what they mean to `hassil`, Home Assistant's reference: `golden/templates.py` made the answers.
#![cfg(feature = "std")]

use earnest::intent::{Grammar, TextRecognizer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

fn golden(name: &str) -> String {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_same_sentences_and_slots_as_hassil() {
    let grammar = Grammar::from_yaml("templates.yaml", &golden("templates.yaml")).unwrap();
    let recognizer = TextRecognizer::new(&grammar).unwrap();
    let (mut accepted, mut refused, mut wrong) = (0, 0, Vec::new());
    for line in golden("templates.jsonl").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = line["text"].as_str().unwrap();
        let readings = line["readings"].as_array().unwrap();
        type Reading = (String, BTreeMap<String, String>);
        let theirs: BTreeSet<Reading> = readings
            .iter()
            .map(|one| {
                let slots = one["slots"].as_object().unwrap().iter();
                let slots = slots.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_lowercase()));
                (one["intent"].as_str().unwrap().into(), slots.collect())
            })
            .collect();
        let ours: BTreeSet<Reading> = recognizer
            .read(text)
            .into_iter()
            .map(|one| {
                (
                    one.intent,
                    one.slots.into_iter().map(|(name, value)| (name, value.to_lowercase())).collect(),
                )
            })
            .collect();
        match theirs.is_empty() {
            true => refused += 1,
            false => accepted += 1,
        }
        if ours != theirs {
            wrong.push(format!("{text:?}: {ours:?}, hassil {theirs:?}"));
        }
    }
    assert!(accepted > 300 && refused > 300, "{accepted} accepted, {refused} refused");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), accepted + refused, wrong.join("\n"));
}

/// The public templates for English, where PyPI's `home-assistant-intents` is installed for the Python in `PYTHON`.
#[test]
fn all_public_templates_are_read() {
    let python = std::env::var("PYTHON").unwrap_or("python3".into());
    let script = "import home_assistant_intents as h, pathlib; print(pathlib.Path(h.__file__).parent / 'data' / 'en.json')";
    let found = Command::new(&python).args(["-c", script]).output().ok();
    let path = found.and_then(|out| String::from_utf8(out.stdout).ok()).unwrap_or_default();
    let Ok(text) = std::fs::read_to_string(Path::new(path.trim())) else {
        eprintln!("SKIPPED: home-assistant-intents is not installed for {python} (set PYTHON)");
        return;
    };
    // JSON is YAML. The lists that Home Assistant fills in with what is in the house are given here.
    let mut grammar = Grammar::from_yaml("en.json", &text).unwrap();
    for name in ["name", "area", "floor"] {
        grammar.lists.insert(name.into(), earnest::intent::List::of(["kitchen lamp", "hall"]));
    }
    let templates: usize =
        grammar.intents.iter().flat_map(|intent| &intent.blocks).map(|block| block.sentences.len()).sum();
    let recognizer = TextRecognizer::new(&grammar).unwrap();
    for text in ["turn on the kitchen lamp", "what time is it"] {
        assert!(!recognizer.read(text).is_empty(), "{text}");
    }
    assert!(recognizer.read("paint the kitchen lamp green with a brush").is_empty());
    eprintln!("{templates} templates");
    assert!(templates > 500, "{templates}");
}
