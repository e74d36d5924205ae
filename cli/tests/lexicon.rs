//! `earnest lexicon`: what it prints, where pronunciations are from, how it fails.

mod common;

use common::run;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

fn keys(line: &Value) -> Vec<&str> {
    line.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn prints_these_keys_and_no_others() {
    let result = run(&["lexicon", "--json", "Hey Zorbliqa, 21", "TV"]);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""));
    let lines = result.json();
    let words: Vec<&str> = lines.iter().map(|line| line["word"].as_str().unwrap()).collect();
    assert_eq!(words, ["hey", "zorbliqa", "twenty", "one", "tv"]);
    assert!(
        lines.iter().all(|line| keys(line) == ["end", "pronunciations", "start", "text", "type", "word"])
    );
    assert_eq!(
        (&lines[1]["start"], &lines[1]["end"], &lines[1]["type"]),
        (&4.into(), &12.into(), &"word".into())
    );
    let first = &lines[0]["pronunciations"][0];
    assert_eq!(keys(first), ["phones", "source", "weight"]);
    assert_eq!((first["phones"].as_str(), first["source"].as_str()), (Some("HH EY"), Some("dictionary")));
    assert_eq!(lines[1]["pronunciations"].as_array().unwrap().len(), 3);
    assert_eq!(lines[1]["pronunciations"][0]["source"], "letters");
    let one = run(&["lexicon", "--json", "--nbest", "1", "Zorbliqa"]).json();
    assert_eq!(one[0]["pronunciations"].as_array().unwrap().len(), 1);
}

#[test]
fn reads_for_people_too() {
    let result = run(&["lexicon", "tomorrow"]);
    assert_eq!(result.code, 0);
    let lines: Vec<&str> = result.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", result.stdout);
    assert!(lines[0].starts_with("tomorrow ") && lines[1].starts_with("   "), "{}", result.stdout);
    assert!(
        lines[0].contains("T AH M AA R OW") && lines[0].contains("50 %  dictionary"),
        "{}",
        result.stdout
    );
    let letters = run(&["lexicon", "--letters", "tomorrow"]);
    assert!(
        letters.stdout.contains("letters") && !letters.stdout.contains("dictionary"),
        "{}",
        letters.stdout
    );
}

#[test]
fn own_entries_hide_the_dictionary() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("own.dict");
    let own = file.to_str().unwrap();
    fs::write(&file, ";;; mine\nlamp  L AA1 M P\nlamp(2)  L AE1 M\n").unwrap();
    let lines = run(&["lexicon", "--json", "--dict", own, "lamp"]).json();
    let said: Vec<&str> = lines[0]["pronunciations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["phones"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["L AA M P", "L AE M"]);
    assert_eq!(lines[0]["pronunciations"][1]["source"], "user");
    fs::write(&file, "lamp  L AA1 M P\nlight L IGH T\n").unwrap();
    let result = run(&["lexicon", "--dict", own, "lamp"]);
    assert_eq!((result.code, result.stdout.as_str()), (2, ""));
    let words = format!("{own}, line 2: expected a phone of ARPABET, found `IGH`");
    assert!(result.stderr.contains(&words), "{}", result.stderr);
}

#[test]
fn what_cannot_be_said_is_exit_1_and_the_rest_is_said() {
    let result = run(&["lexicon", "call 妈妈", "lamp"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("`call 妈妈`: '妈' at byte 5 cannot be read"), "{}", result.stderr);
    assert!(result.stdout.starts_with("lamp ") && result.stdout.lines().count() == 1, "{}", result.stdout);
}

#[test]
fn bad_usage_is_exit_2() {
    let cases: [(&[&str], &str); 6] = [
        (&["lexicon"], "TEXT"),
        (&["lexicon", "--nbest", "0", "a"], "nbest is 0, expected 1 to 16"),
        (&["lexicon", "--dict", "nope.dict", "a"], "nope.dict: cannot be read"),
        (&["lexicon", "--letters-model", "nope.bin", "a"], "nope.bin: cannot be read"),
        (&["lexicon", "--pack", "x.bin"], "--dict"),
        (&["lexicon", "--only", "x.txt", "a"], "--pack"),
    ];
    for (args, words) in cases {
        let result = run(args);
        assert_eq!(result.code, 2, "{args:?}: {}", result.stderr);
        assert!(result.stderr.contains(words), "{args:?}: {}", result.stderr);
        assert_eq!(result.stdout, "", "{args:?}");
    }
}

#[test]
fn packs_what_the_library_reads() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    fs::write(path("d"), "one W AH1 N\ntwo T UW1\nTWO(2) T AH0\n!bang B AE1 NG\n").unwrap();
    fs::write(path("w"), "two # and\nthree\n").unwrap();
    let all = run(&["lexicon", "--pack", &path("all"), "--dict", &path("d"), "--json"]);
    assert_eq!(all.code, 0, "{}", all.stderr);
    let line = &all.json()[0];
    assert_eq!(
        (&line["words"], &line["pronunciations"], &line["left_out"]),
        (&2.into(), &3.into(), &1.into())
    );
    assert!(all.stderr.contains("line 4: left out: expected a letter"), "{}", all.stderr);
    let image = fs::read(path("all")).unwrap();
    assert_eq!(line["bytes"], image.len());
    let dictionary = earnest::lexicon::Dictionary::new(image).unwrap();
    assert_eq!(dictionary.get("two").unwrap().map(|p| p.to_string()).collect::<Vec<_>>(), ["T UW", "T AH"]);
    let some = run(&["lexicon", "--pack", &path("some"), "--dict", &path("d"), "--only", &path("w")]);
    assert!(some.stdout.contains(": 1 words, 2 pronunciations, "), "{}", some.stdout);
    assert!(some.stderr.contains("three: left out"), "{}", some.stderr);
    let other = run(&["lexicon", "--letters-model", &path("all"), "lamp"]);
    assert_eq!(other.code, 2);
    assert!(
        other.stderr.contains("not a model of letters: expected it to begin with EARN-G2P"),
        "{}",
        other.stderr
    );
}
