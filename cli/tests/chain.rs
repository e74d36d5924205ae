//! `earnest chain` as a user runs it.

use assert_cmd::cargo::CommandCargoExt;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path).to_str().unwrap().to_string()
}

fn run(args: &[&str]) -> (i32, Vec<Value>, String, String) {
    let output = Command::cargo_bin("earnest").unwrap().arg("chain").args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    let lines = if args.contains(&"--json") {
        stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    } else {
        Vec::new()
    };
    (output.status.code().unwrap(), lines, stdout, stderr)
}

/// A household in a folder of its own, its files altered by `change`.
fn household(change: impl Fn(&str, String) -> String) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("household/assistant.toml", "assistant.toml"),
        ("household/policy.toml", "policy.toml"),
        ("household/contacts.txt", "contacts.txt"),
        ("grammars/messages.yaml", "messages.yaml"),
        ("grammars/confirm.yaml", "confirm.yaml"),
    ] {
        let text = std::fs::read_to_string(example(from)).unwrap().replace("../grammars/", "");
        std::fs::write(folder.path().join(to), change(to, text)).unwrap();
    }
    let config = folder.path().join("assistant.toml");
    (folder, config)
}

#[test]
fn a_request_is_told_gate_by_gate_and_journalled() {
    let (folder, config) = household(|_, text| text);
    let journal = folder.path().join("journal");
    let (config, journal) = (config.to_str().unwrap(), journal.to_str().unwrap());
    let wanted = example("portland/wanted.flac");
    let (code, lines, _, stderr) = run(&["--config", config, "--json", "--journal", journal, &wanted]);
    assert_eq!(code, 0, "{stderr}");
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    assert_eq!(of("wake").len(), 1);
    let heard = &of("heard")[0];
    assert_eq!((&heard["gate"], &heard["intent"]), (&Value::from("intent"), &Value::from("SendMessage")));
    assert_eq!(heard["slots"]["contact"]["value"], "Denise");
    assert!(of("guard").iter().any(|line| line["decision"] == "Passed" && line["gate"] == "wake"));
    let ends =
        of("guard").iter().filter(|l| l["decision"] == "Refused" || l["decision"] == "Authorized").count();
    let file = of("file")[0];
    assert_eq!(file["wakes"], 1);
    assert_eq!(file["authorized"].as_u64().unwrap() + file["refused"].as_u64().unwrap(), ends as u64);
    // The journal tells the same.
    let told = Command::cargo_bin("earnest").unwrap().args(["explain", "--json", journal]).output().unwrap();
    assert_eq!(told.status.code(), Some(0));
    let told = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.lines().filter(|line| line.contains("\"gate\":\"wake\"")).count(), 1, "{told}");
}

#[test]
fn talk_is_counted_against_an_open_gate() {
    let config = example("household/assistant.toml");
    let talk = example("kitchen/background.flac");
    for gate in ["wake", "intent", "slot", "confirm"] {
        let args = [
            "--config",
            &config,
            "--json",
            "--force-gate",
            gate,
            "--intent",
            "SendMessage",
            "--every",
            "2s",
            &talk,
        ];
        let (code, lines, _, stderr) = run(&args);
        assert_eq!(code, 0, "{gate}: {stderr}");
        let end = lines.last().unwrap();
        assert_eq!((&end["type"], &end["gate"]), (&Value::from("trials"), &Value::from(gate)));
        let trials = lines.iter().filter(|line| line["type"] == "trial").count();
        assert!(trials > 0, "{gate}");
        assert_eq!(end["trials"], trials, "{gate}");
        for (passed, counts) in end["passed"].as_object().unwrap() {
            let (count, most) = (counts["count"].as_u64().unwrap(), counts["at_most"].as_f64().unwrap());
            let counted = lines.iter().filter(|line| {
                let here = |name: &Value| name == passed;
                line["type"] == "trial"
                    && (line["passed"].as_array().unwrap().iter().any(here)
                        || passed == "all" && line["authorized"] == true)
            });
            assert_eq!(counted.count() as u64, count, "{gate} {passed}");
            // Clopper and Pearson of none in n: 1 - 0.05^(1/n).
            let none = 1.0 - 0.05f64.powf(1.0 / trials as f64);
            assert!(
                most >= none - 1e-9 && (count > 0 || (most - none).abs() < 1e-9),
                "{gate} {passed}: {most}"
            );
        }
        if gate == "wake" {
            assert_eq!(end["passed"]["all"]["count"], 0);
        }
    }
}

#[test]
fn what_is_wrong_in_the_configuration_is_named() {
    let wrong = |file: &'static str, from: &'static str, to: &'static str| {
        let (_folder, config) = household(move |name, text| {
            assert!(name != file || text.contains(from), "{file}: {from}");
            if name == file { text.replace(from, to) } else { text }
        });
        let (code, _, _, stderr) = run(&["--config", config.to_str().unwrap(), "x.wav"]);
        assert_eq!(code, 2, "{stderr}");
        stderr
    };
    for (file, from, to, words) in [
        (
            "assistant.toml",
            "Call = {",
            "Laugh = {",
            "commands.actions.Laugh: the grammar has no such intent, it has: Call, SendMessage",
        ),
        (
            "assistant.toml",
            "action = 3",
            "action = 9",
            "commands.actions.SendMessage.action is 9: the policy has no such action, it has: 3, 4",
        ),
        (
            "assistant.toml",
            "action = 3, slots = [\"contact\"]",
            "action = 3",
            "commands.actions.SendMessage.slots has 0: action 3 of the policy has 1",
        ),
        (
            "assistant.toml",
            "action = 3, slots = [\"contact\"]",
            "action = 3, slots = [\"name\"]",
            "has no slot \"name\", it has: contact",
        ),
        ("assistant.toml", "[guard]\npolicy = \"policy.toml\"", "", "[guard] is missing"),
        (
            "assistant.toml",
            "grammar = \"confirm.yaml\"",
            "grammar = \"messages.yaml\"",
            "it has no intent Confirm",
        ),
        ("assistant.toml", "contacts.txt", "nobody.txt", "nobody.txt: cannot be read"),
        ("policy.toml", "tier = \"disclosing\"", "tier = \"harmless\"", "action.tier"),
    ] {
        let stderr = wrong(file, from, to);
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
    let (code, _, _, stderr) = run(&["--config", &example("kitchen/assistant.toml"), "x.wav"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("[commands], [answers] and [guard] are missing"), "{stderr}");
    let (code, _, _, stderr) = run(&["--config", &example("household/assistant.toml"), "nothing.wav"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("nothing.wav"), "{stderr}");
}
