//! What scripts rely on: lines, streams, exit codes.

mod common;

use common::{Format, kitchen, lenient, model, run, spoken, tone, wav};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

fn keys(line: &Value) -> Vec<&str> {
    line.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn detect_prints_these_keys_and_no_others() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("spoken.wav");
    fs::write(&file, wav(&spoken().0, 16_000, 1, Format::S16)).unwrap();
    let file = file.to_str().unwrap();
    let (model, threshold) = (model(), lenient());
    let result = run(&[
        "detect",
        "--model",
        &model,
        "--engine",
        "template",
        "--threshold",
        &threshold,
        "--json",
        file,
    ]);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""));
    let lines = result.json();
    assert_eq!(lines.len(), 2, "{}", result.stdout);
    // serde_json sorts the keys it reads.
    let detection = ["end_s", "engine", "file", "phrase", "score", "start_s", "threshold", "type"];
    assert_eq!(keys(&lines[0]), detection);
    assert_eq!(keys(&lines[1]), ["detections", "file", "max_score", "seconds", "type"]);
    assert_eq!(lines[0]["file"], file);
    assert_eq!(lines[0]["phrase"], "hey earnest");
    assert_eq!(lines[0]["engine"], "template");
    assert_eq!(lines[1]["detections"], 1);
    assert_eq!(lines[1]["seconds"], 9.0);
    assert!(lines[1]["max_score"].as_f64() >= lines[0]["score"].as_f64());
    assert!(lines[0]["score"].as_f64() >= lines[0]["threshold"].as_f64());
}

#[test]
fn the_threshold_decides_and_the_maximum_score_stays() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("spoken.wav");
    fs::write(&file, wav(&spoken().0, 16_000, 1, Format::S16)).unwrap();
    let file = file.to_str().unwrap();
    let at = |threshold: &str| {
        let result = run(&["detect", "--model", &model(), "--threshold", threshold, "--json", file]);
        assert_eq!(result.code, 0);
        (result.of_type("detection").len(), result.of_type("file")[0]["max_score"].clone())
    };
    let (usual, highest) = at(&lenient());
    assert_eq!(usual, 1);
    assert_eq!(at("1"), (0, highest));
}

#[test]
fn scores_come_ten_times_a_second() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("spoken.wav");
    fs::write(&file, wav(&spoken().0, 16_000, 1, Format::S16)).unwrap();
    let file = file.to_str().unwrap();
    let result = run(&["detect", "--model", &model(), "--scores", "--json", file]);
    let scores = result.of_type("score");
    assert_eq!(scores.len(), 89, "9 s are 898 frames");
    assert_eq!(keys(&scores[0]), ["at_s", "file", "phrase", "score", "type"]);
    let step = scores[1]["at_s"].as_f64().unwrap() - scores[0]["at_s"].as_f64().unwrap();
    assert!((step - 0.1).abs() < 1e-9);
    let highest = scores.iter().map(|s| s["score"].as_f64().unwrap()).fold(0.0, f64::max);
    assert_eq!(Some(highest), result.of_type("file")[0]["max_score"].as_f64());
    let above = (highest + 0.05).to_string();
    let strict = run(&["detect", "--model", &model(), "--scores", "--threshold", &above, "--json", file]);
    assert!(!strict.of_type("near_miss").is_empty(), "just below the threshold is a near miss");
    let without = run(&["detect", "--model", &model(), "--threshold", &above, "--json", file]);
    assert_eq!(without.of_type("near_miss").len(), 0);
}

#[test]
fn listen_hears_the_bundled_phrase_once() {
    let result = run(&["listen", "--json"]);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""));
    let wakes = result.of_type("wake");
    assert_eq!(wakes.len(), 1, "{}", result.stdout);
    let truth: Value =
        serde_json::from_str(&fs::read_to_string(kitchen().join("truth.json")).unwrap()).unwrap();
    let at = |key: &str| truth["phrase"][key].as_f64().unwrap() / 16_000.0;
    let heard = |key: &str| wakes[0][key].as_f64().unwrap();
    assert!(heard("start_s") < at("end") && heard("end_s") > at("start"), "{}", wakes[0]);
    let expected =
        ["decided_s", "end_s", "engine", "file", "phrase", "score", "start_s", "threshold", "type", "why"];
    assert_eq!(keys(&wakes[0]), expected);
    let end = &result.of_type("end")[0];
    assert_eq!(end["wakes"], 1);
    let decided: Vec<f64> = result.json().iter().filter_map(|line| line["decided_s"].as_f64()).collect();
    assert!(decided.is_sorted(), "{decided:?}");
}

#[test]
fn listen_says_why_in_plain_words() {
    let result = run(&["listen"]);
    assert_eq!(result.code, 0);
    let wake = result.stdout.lines().find(|line| line.contains("WAKE")).expect(&result.stdout);
    for words in ["heard \"hey earnest\" at ", "score 0.", "needed 0.", "distance "] {
        assert!(wake.contains(words), "{wake}");
    }
    assert!(!result.stdout.contains('\x1b') && !result.stderr.contains('\x1b'), "no terminal, no colours");
    assert!(result.stderr.contains("1 wake,"), "{}", result.stderr);
}

/// The curve of a network gives the score for a rate; that it proves less than is asked is said.
#[test]
fn a_network_is_used_at_a_rate_of_false_accepts() {
    let net = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/wake-alexa.ear");
    let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/kitchen/background.flac");
    let at = |rate: &str| run(&["detect", "--model", net, "--fa-per-hour", rate, "--scores", "--json", clip]);
    let [seldom, often] = ["0.3", "30"].map(at);
    assert_eq!((seldom.code, often.code), (0, 0), "{} {}", seldom.stderr, often.stderr);
    assert!(seldom.stderr.contains("with 95 % confidence that is at most"), "{}", seldom.stderr);
    let image = std::fs::read(net).unwrap();
    let curve = earnest::spotter::net::NetModel::parse(&image[..]).unwrap();
    let curve = curve.curve().unwrap();
    let score = |rate| curve.for_rate(rate).unwrap().score;
    assert!(score(0.3) > score(30.0));
    assert!(seldom.stderr.contains(&format!("at score {:.3}", score(0.3))), "{}", seldom.stderr);
}

/// In the kitchen conversation the network's own score rises in what the check then refuses: the cascade has the lower
/// one, and says who it is.
#[test]
fn a_cascade_is_a_network_that_is_checked() {
    let net = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/wake-alexa.ear");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/kitchen/kitchen.flac");
    let heard = |args: &[&str]| run(&[&["detect", "--model", net, "--json", file], args].concat());
    let (alone, checked) = (heard(&["--threshold", "0"]), heard(&["--engine", "cascade"]));
    assert_eq!((alone.code, checked.code), (0, 0), "{}{}", alone.stderr, checked.stderr);
    let wakes = alone.of_type("detection");
    assert!(!wakes.is_empty() && wakes.iter().all(|wake| wake["engine"] == "net"));
    let [summary] = &checked.of_type("file")[..] else { panic!("{}", checked.stdout) };
    assert_eq!(summary["detections"], 0);
    let highest = |result: &common::Run| result.of_type("file")[0]["max_score"].as_f64().unwrap();
    assert!(highest(&checked) < highest(&alone), "{} {}", highest(&checked), highest(&alone));
    // The curve of both, not that of the network alone.
    let seldom = heard(&["--engine", "cascade", "--fa-per-hour", "0.4", "--threshold", "0.5"]);
    assert_eq!(seldom.code, 2, "{}", seldom.stderr);
    let curve = heard(&["--engine", "cascade", "--fa-per-hour", "0.4"]);
    assert_eq!(curve.code, 0, "{}", curve.stderr);
}

#[test]
fn bad_usage_is_exit_2_and_says_what_there_is() {
    let model = model();
    let net = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/wake-alexa.ear");
    let cases: [(&[&str], &str); 19] = [
        (&["detect", "--engine", "template", "--phrase", "hey you", "x.wav"], "use --model, not --phrase"),
        (&["detect", "--engine", "phonetic", "--model", &model, "x.wav"], "use --phrase, not --model"),
        (&["detect", "--engine", "cascade", "--phrase", "hey you", "x.wav"], "use --model, not --phrase"),
        (&["detect", "--engine", "cascade", "--model", &model, "x.wav"], "this is for engine `template`"),
        (&["detect", "--phrase", "a", "x.wav"], "1 phones, expected 3 to 32"),
        (&["detect", "--phrase", "hey you", "--fa-per-hour", "0", "x.wav"], "more than 0"),
        (&["detect", "--model", net, "--fa-per-hour", "1001", "x.wav"], "at most 1000 an hour"),
        (&["detect", "--model", &model, "--fa-per-hour", "1", "x.wav"], "has no curve of false accepts"),
        (&["detect", "--engine", "net", "--model", &model, "x.wav"], "it is for engine `template`"),
        (&["detect", "--engine", "onnx", "--model", &model, "x.wav"], "engine `onnx` is not in this build"),
        (&["detect", "--engine", "nonsense", "x.wav"], "template"),
        (&["detect", "x.wav"], "or --model FILE"),
        (&["detect", "--model", &model], "give recordings"),
        (&["detect", "--model", "nope.earnest", "x.wav"], "model nope.earnest: cannot be read"),
        (&["detect", "--model", &model, "--threshold", "2", "x.wav"], "2, expected 0 to 1"),
        (&["detect", "--model", &model, "--threshold", "NaN", "x.wav"], "expected 0 to 1"),
        (&["detect", "--model", &model, "--list", "nope.txt"], "--list nope.txt: cannot be read"),
        (&["detect", "--model", &model, "-", "-"], "only once"),
        (&["listen", "--config", "nope.toml"], "nope.toml: cannot be read"),
    ];
    for (args, words) in cases {
        let result = run(args);
        assert_eq!(result.code, 2, "{args:?}: {}", result.stderr);
        assert!(result.stderr.contains(words), "{args:?}: {}", result.stderr);
        assert_eq!(result.stdout, "", "{args:?}");
    }
}

#[test]
fn a_model_that_is_none_is_exit_2() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("no.earnest");
    for bytes in [&b""[..], b"not a model", &[0; 10_000]] {
        fs::write(&file, bytes).unwrap();
        let result = run(&["detect", "--model", file.to_str().unwrap(), "x.wav"]);
        assert_eq!(result.code, 2, "{}", result.stderr);
        assert!(result.stderr.contains("no.earnest: not a wake phrase: "), "{}", result.stderr);
    }
}

#[test]
fn configuration_paths_are_relative_to_it() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("models")).unwrap();
    fs::copy(model(), folder.path().join("models/hey.earnest")).unwrap();
    let config = folder.path().join("assistant.toml");
    let recording = folder.path().join("tone.wav");
    fs::write(&recording, wav(&tone(16_000, 1.0), 16_000, 1, Format::S16)).unwrap();
    let listen = |text: &str| {
        fs::write(&config, text).unwrap();
        run(&["listen", "--json", "--config", config.to_str().unwrap(), recording.to_str().unwrap()])
    };
    let right = listen("[wake]\nmodel = \"models/hey.earnest\"\nthreshold = 0.9\n[vad]\nonset_frames = 5\n");
    assert_eq!(right.code, 0, "{}", right.stderr);
    let name = config.display();
    for (text, words) in [
        ("[wake]\nmodel = \"nope.earnest\"\n", "nope.earnest: cannot be read".to_string()),
        ("[wake]\nmodle = \"x\"\n", format!("{name}, line 2: unknown field `modle`")),
        (
            "[wake]\nmodel = \"x\"\n[vad]\nthreshold = 0\n",
            format!("{name}, line 4: vad.threshold is 0, expected"),
        ),
        ("[wake]\nmodel = 7\n", format!("{name}, line 2: ")),
    ] {
        let wrong = listen(text);
        assert_eq!(wrong.code, 2, "{text}: {}", wrong.stderr);
        assert!(wrong.stderr.contains(&words), "{}", wrong.stderr);
    }
}

#[test]
fn a_list_names_the_files() {
    let folder = TempDir::new().unwrap();
    let bytes = wav(&tone(16_000, 1.0), 16_000, 1, Format::S16);
    let names: Vec<String> = (0..20)
        .map(|n| {
            let file = folder.path().join(format!("a file {n}.wav"));
            fs::write(&file, &bytes).unwrap();
            file.to_str().unwrap().to_string()
        })
        .collect();
    let list = folder.path().join("list.txt");
    fs::write(&list, format!("{}\r\n\n", names.join("\r\n"))).unwrap();
    let result = run(&["detect", "--model", &model(), "--json", "--list", list.to_str().unwrap()]);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""));
    let files: Vec<Value> = result.of_type("file").iter().map(|line| line["file"].clone()).collect();
    assert_eq!(files, names);
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let mut child = common::earnest()
        .args(["listen", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}
