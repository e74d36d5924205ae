//! `earnest understand`: what scripts may rely on.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn earnest() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earnest"));
    command.current_dir(root()).arg("understand");
    command
}

fn stderr_of(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    assert!(code == 1 || output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn lines(command: &mut Command, code: i32) -> Vec<Value> {
    let output = command.assert().code(code).get_output().clone();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_wrong_grammar_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("g.yaml");
    std::fs::write(&file, "intents:\n  A:\n    data:\n      - sentences: ['turn [on']\n").unwrap();
    let told = stderr_of(earnest().arg("-g").arg(&file).arg("a.wav"), 2);
    assert!(told.contains("g.yaml, line 4, column 30: expected `]`, found the end"), "{told}");
    std::fs::write(&file, "intents:\n  A:\n    data:\n      - sentences: ['call {contact}']\n").unwrap();
    let told = stderr_of(earnest().arg("-g").arg(&file).arg("a.wav"), 2);
    assert!(told.contains("expected the name of a list, found `contact`"), "{told}");
    let told = stderr_of(earnest().args(["-g", "nothing.yaml", "a.wav"]), 2);
    assert!(told.contains("nothing.yaml: cannot be read"), "{told}");
    let told =
        stderr_of(earnest().args(["-g", "examples/grammars/lights.yaml", "--slot", "room", "a.wav"]), 2);
    assert!(told.contains("NAME=FILE"), "{told}");
}

#[test]
fn a_list_that_the_grammar_does_not_have_is_an_error_that_names_those_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values.txt");
    std::fs::write(&file, "kitchen\nattic\n").unwrap();
    let slot = |name: &str| format!("{name}={}", file.display());
    let lights = ["-g", "examples/grammars/lights.yaml", "--json", "--slot"];
    let told = stderr_of(earnest().args(lights).arg(slot("rom")).arg("-"), 2);
    assert!(told.contains("--slot rom") && told.contains("lights.yaml"), "{told}");
    assert!(told.contains("its lists: ") && told.contains("room"), "{told}");
    let found = lines(earnest().args(lights).arg(slot("room")).arg("-").write_stdin([0; 3200]), 0);
    assert_eq!(found[0]["reason"], "no_speech");
}

#[test]
fn talk_that_is_no_order_is_not_understood_and_what_cannot_be_read_is_told() {
    let grammar = ["-g", "examples/grammars/coffee.yaml", "--json"];
    let found = lines(earnest().args(grammar).args(["examples/kitchen/background.flac", "no.wav"]), 1);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["type"], "result");
    assert_eq!(found[0]["file"], "examples/kitchen/background.flac");
    assert_eq!(found[0]["understood"], false);
    assert!(["no_speech", "out_of_grammar"].contains(&found[0]["reason"].as_str().unwrap()), "{}", found[0]);
    assert_eq!((&found[1]["understood"], found[1]["error"].is_string()), (&Value::Bool(false), true));
    let folder = tempfile::tempdir().unwrap();
    let silence = folder.path().join("silence.raw");
    std::fs::write(&silence, [0; 32_000]).unwrap();
    let found = lines(earnest().args(grammar).arg("-").pipe_stdin(silence).unwrap(), 0);
    assert_eq!(found[0]["reason"], "no_speech");
}

#[test]
fn every_example_grammar_compiles() {
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("examples/grammars")).unwrap() {
        let path = entry.unwrap().path();
        // An image of one lies beside its text.
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let found = lines(earnest().arg("-g").arg(&path).args(["--json", "-"]).write_stdin([0; 3200]), 0);
        assert_eq!(found[0]["reason"], "no_speech", "{}", path.display());
        count += 1;
    }
    assert!(count >= 6, "{count}");
}

/// Real orders, where the data is: twenty of `dev`, most of which must come back whole.
#[test]
fn orders_of_coffee() {
    let folder = root().join("../shared/data/command/coffee");
    let Ok(manifest) = std::fs::read_to_string(folder.join("manifest.jsonl")) else {
        eprintln!("SKIPPED: no ../shared/data/command/coffee");
        return;
    };
    let orders: Vec<Value> = manifest
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|order| order["split"] == "dev")
        .take(20)
        .collect();
    let files = orders.iter().map(|order| folder.join(order["file"].as_str().unwrap()));
    let found = lines(
        earnest().args(["-g", "examples/grammars/coffee.yaml", "--confidence", "0", "--json"]).args(files),
        0,
    );
    let mut right = 0;
    for (order, found) in orders.iter().zip(&found) {
        let slots = found["slots"].as_object().cloned().unwrap_or_default();
        let slots: serde_json::Map<_, _> =
            slots.into_iter().map(|(name, slot)| (name, slot["value"].clone())).collect();
        for slot in found["slots"].as_object().into_iter().flat_map(|slots| slots.values()) {
            assert!((0.0..=1.0).contains(&slot["confidence"].as_f64().unwrap()), "{slot}");
            assert!(slot["alternatives"].is_array());
        }
        right += usize::from(Value::Object(slots) == order["slots"]);
    }
    assert!(right >= 12, "{right} of {}", orders.len());
}
