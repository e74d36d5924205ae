//! `earnest explain` and `earnest journal verify` on journals that the library wrote.

use assert_cmd::Command;
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::guard::{
    ClassSet, Guard, GuardConfig, Input, PolicyFile, Recording, Slot, Surroundings, Understood, Wake,
};
use earnest::journal::{Entry, JournalFile, Key};
use serde_json::Value;
use std::fs;
use std::path::Path;

const POLICY: &str = r#"
provisioned = ["messages"]
[classes]
messages = 1
[[action]]
id = 3
name = "send a message"
class = "messages"
tier = "disclosing"
slots = 1
phrase_phones = 12
values = { 40 = "Dennis" }
"#;

/// A journal of one request whose name matched nobody; returns its end.
fn write(path: &Path, key: Option<Key>) -> String {
    let file = PolicyFile::parse("policy", POLICY).unwrap();
    assert_eq!(file.config, GuardConfig { provisioned: ClassSet::NONE.with(1), ..GuardConfig::default() });
    let recording = Recording::new(earnest::Storage::owned(16));
    let mut guard = Guard::new(file.config, file.policy(|_| {}).unwrap(), recording).unwrap();
    let mut journal = JournalFile::open(path, key).unwrap();
    journal.append(&Entry::clock(SampleIndex(0), 1_800_021_731_000, 60)).unwrap();
    let span = |start, end| SampleSpan { start: SampleIndex(start), end: SampleIndex(end) };
    let calm = |words: SampleSpan| Surroundings {
        stretch: words,
        quiet_samples: 32_000,
        talk_samples: words.len() as u32,
        talk_window_samples: 160_000,
        others: 0.0,
        playing: false,
        in_playback: 0.0,
        voice: None,
    };
    let words = span(32_000, 44_800);
    let wake =
        Wake { phrase: 0, owner: Default::default(), nats: 5.7, span: words, surroundings: calm(words) };
    let words = span(46_000, 70_000);
    let slot = Slot { value: 40, probability: 0.31, runner_up: 0.1, not_listed: 0.5 };
    let heard = Understood::new(3, 0.98, 0.01, &[slot], words, calm(words));
    // Asked for the name, he says it once more.
    let words = span(120_000, 140_000);
    let again = Understood::new(3, 0.98, 0.01, &[slot], words, calm(words));
    for (at, input) in [
        (46_400, Input::Wake(wake)),
        (75_000, Input::Understood(heard)),
        (76_000, Input::PromptStarted { prompt: 1 }),
        (110_000, Input::PromptEnded { prompt: 1, complete: true }),
        (145_000, Input::Understood(again)),
    ] {
        guard.process(SampleIndex(at), &input, |output| journal.append(&Entry::of(&output)).unwrap());
    }
    journal.end().to_string()
}

fn run(args: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("earnest").unwrap().args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_owner_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let [journal, policy] = ["journal", "policy.toml"].map(|name| folder.path().join(name));
    write(&journal, None);
    fs::write(&policy, POLICY).unwrap();
    let [journal, policy] = [&journal, &policy].map(|path| path.to_str().unwrap());
    let (code, told, _) = run(&["explain", journal, "1", "--policy", policy]);
    assert_eq!(code, 0);
    let last = told.lines().last().unwrap();
    let expected = "15:02:20  #1    I did not send a message (Dennis), because the name matched nobody: best 0.31, needed 0.90";
    assert!(last.trim().starts_with(expected), "{told}");
    let (code, told, _) = run(&["explain", journal, "--json"]);
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(
        (code, last["reason"].as_str(), last["request"].as_u64()),
        (0, Some("SlotNotListed"), Some(1))
    );
    let (code, _, error) = run(&["explain", journal, "2"]);
    assert_eq!(code, 2);
    assert!(error.contains("there is no request 2"), "{error}");
    fs::write(policy, "[timing]\nanswer_ms = 1\n").unwrap();
    let (code, _, error) = run(&["explain", journal, "--policy", policy]);
    assert_eq!(code, 2);
    assert!(
        error.contains(
            "policy.toml, line 2: timing.answer_ms: expected a whole number, 500 to 10000 ms, found 1"
        ),
        "{error}"
    );
}

#[test]
fn tampering_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let end = write(&path, None);
    let journal = path.to_str().unwrap();
    let (code, told, _) = run(&["journal", "verify", journal]);
    assert_eq!(code, 0);
    assert!(told.contains("none changed") && told.contains(&end), "{told}");
    assert_eq!(run(&["journal", "verify", journal, "--anchor", &end]).0, 0);

    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 128]).unwrap();
    assert_eq!(run(&["journal", "verify", journal]).0, 0, "nothing shows that the end is missing");
    let (code, told, _) = run(&["journal", "verify", journal, "--anchor", &end]);
    assert_eq!(code, 1);
    assert!(told.contains("the anchor is not in it"), "{told}");

    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let (code, told, _) = run(&["journal", "verify", journal, "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, told["whole"].as_bool(), told["torn_bytes"].as_u64()), (1, Some(false), Some(127)));

    let mut changed = whole.clone();
    changed[2 * 128 + 70] ^= 4;
    fs::write(&path, &changed).unwrap();
    let (code, told, _) = run(&["journal", "verify", journal, "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, told["fault_entry"].as_u64()), (1, Some(2)));
    let (code, _, error) = run(&["explain", journal]);
    assert_eq!(code, 1);
    assert!(error.contains("entry 2"), "{error}");
}

#[test]
fn keys_and_missing_files() {
    let folder = tempfile::tempdir().unwrap();
    let [path, key] = ["journal", "key"].map(|name| folder.path().join(name));
    write(&path, Some(Key::new([7; 32])));
    fs::write(&key, [7; 32]).unwrap();
    let [journal, key_name] = [&path, &key].map(|path| path.to_str().unwrap());
    assert_eq!(run(&["journal", "verify", journal, "--key", key_name]).0, 0);
    let (code, told, _) = run(&["journal", "verify", journal]);
    assert_eq!(code, 1);
    assert!(told.contains("has a key, expected none"), "{told}");
    fs::write(&key, [7; 31]).unwrap();
    let (code, _, error) = run(&["journal", "verify", journal, "--key", key_name]);
    assert_eq!(code, 2);
    assert!(error.contains("31 bytes, expected 32"), "{error}");
    assert_eq!(run(&["journal", "verify", "/nowhere/journal"]).0, 1);
    assert_eq!(run(&["journal", "verify", journal, "--anchor", "1:00"]).0, 2);
}
