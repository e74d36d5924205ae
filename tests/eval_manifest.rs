//! Lists of recordings: every kind that is read, and what is said of those that are wrong.

use earnest::eval::manifest::{Manifest, Row};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

fn rows(manifest: &Manifest) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let id = manifest.rows(|row| rows.push(row)).map_err(|error| error.to_string())?;
    assert_eq!(id.rows, rows.len() as u64);
    Ok(rows)
}

fn lines(folder: &Path, text: &str) -> Result<Vec<Row>, String> {
    let path = folder.join("m.jsonl");
    fs::write(&path, text).unwrap();
    rows(&Manifest::At(path)).map_err(|error| error.replace(folder.to_str().unwrap(), "DIR"))
}

#[test]
fn errors_name_the_line_the_field_and_what_was_there() {
    let folder = TempDir::new().unwrap();
    let error = |text: &str| lines(folder.path(), text).unwrap_err();
    let good = "{\"file\":\"a.wav\"}\n";
    for (text, expected) in [
        ("{\"set\":\"x\"}", "line 2, field `file`: expected the name of a recording, found nothing"),
        ("{\"file\":7.5,\"split\":[1]}", "line 2, field `split`: expected a string, found [1]"),
        (
            "{\"file\":\"a\",\"seconds\":\"3\"}",
            "line 2, field `seconds`: expected seconds, 0 or more, found \"3\"",
        ),
        ("{\"file\":\"a\",\"seconds\":-1}", "line 2, field `seconds`: expected seconds, 0 or more, found -1"),
        ("{\"file\":\"a\",\"phrase_at\":[[1,2]]}", "line 2, field `phrase`: expected the phrase"),
        (
            "{\"file\":\"a\",\"phrase\":\"x\",\"phrase_at\":[[2,1]]}",
            "line 2, field `phrase_at`: expected [[start, end], …] in seconds, start before end, found [[2,1]]",
        ),
        ("file,a.wav", "line 2: expected a JSON object, found file,a.wav"),
        ("[1]", "line 2: expected a JSON object, found [1]"),
    ] {
        let error = error(&format!("{good}{text}\n"));
        assert!(error.starts_with(&format!("DIR/m.jsonl, {expected}")), "{error}");
    }
    let missing = rows(&Manifest::At(folder.path().join("none.jsonl"))).unwrap_err();
    assert!(missing.contains("none.jsonl: cannot be read"), "{missing}");
}

#[test]
fn what_a_line_does_not_say_has_a_default() {
    let folder = TempDir::new().unwrap();
    let text = "\n{\"file\":\"a.wav\",\"other\":{}}\n\n{\"file\":\"b.wav\",\"speaker\":12,\"phrase\":null}\n";
    let rows = lines(folder.path(), text).unwrap();
    let set = folder.path().file_name().unwrap().to_str().unwrap();
    assert_eq!((rows.len(), rows[0].set.as_str(), rows[0].split.as_str()), (2, set, "all"));
    assert_eq!((rows[0].kind.as_str(), rows[1].speaker.as_deref()), ("audio", Some("12")));
}

#[test]
fn lhotse_cuts_are_stretches_with_what_is_said_in_them() {
    let folder = TempDir::new().unwrap();
    let cut = r#"{"id":"c1","start":10.5,"duration":4.0,"channel":0,"type":"MonoCut","supervisions":[
        {"id":"s1","recording_id":"r","start":-0.5,"duration":2.0,"text":"hello there","speaker":"ann"},
        {"id":"s2","recording_id":"r","start":2.25,"duration":1.0,"text":"Hey earnest","speaker":"ann"}],
        "recording":{"id":"r","sources":[{"type":"file","channels":[0],"source":"long.flac"}],
        "sampling_rate":16000,"num_samples":960000,"duration":60.0},"custom":{"split":"dev"}}"#
        .replace('\n', "");
    let path = folder.path().join("cuts.jsonl.gz");
    let mut file = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::default());
    writeln!(file, "{cut}").unwrap();
    file.finish().unwrap();
    let expected = Row {
        file: "long.flac".into(),
        stretch_s: Some((10.5, 4.0)),
        set: "cuts".into(),
        split: "dev".into(),
        kind: "speech".into(),
        phrase: None,
        said: vec![("hello there".into(), 0.0, 1.5), ("Hey earnest".into(), 2.25, 3.25)],
        text: Some("hello there Hey earnest".into()),
        speaker: Some("ann".into()),
        session: None,
        seconds: Some(4.0),
    };
    assert_eq!(rows(&Manifest::At(path)).unwrap(), [expected]);
    // What lhotse 1.33's `pad`, `mix`, `perturb_speed` and a pick of one channel of two write.
    let track = |cut: &str| format!("{{\"cut\":{cut},\"type\":\"MonoCut\",\"offset\":0.0}}");
    let mix = |tracks: &[String]| {
        format!("{{\"id\":\"m\",\"tracks\":[{}],\"type\":\"MixedCut\"}}", tracks.join(","))
    };
    let padding = "{\"cut\":{\"id\":\"p\",\"duration\":2.0,\"type\":\"PaddingCut\"},\"type\":\"PaddingCut\",\"offset\":4.0}";
    let padded = lines(folder.path(), &mix(&[track(&cut), padding.into()])).unwrap();
    assert_eq!(padded, lines(folder.path(), &cut).unwrap());
    let mixed = mix(&[track(&cut), track(&cut)]);
    let faster = cut.replace(
        "\"duration\":60.0}",
        "\"duration\":60.0,\"transforms\":[{\"name\":\"Speed\",\"kwargs\":{\"factor\":1.1}}]}",
    );
    let left = cut.replace("\"channels\":[0]", "\"channels\":[0,1]");
    for (line, expected) in [
        (mixed, "field `type`: expected `MonoCut` or `MultiCut`, padded or not, found \"MixedCut\""),
        (faster, "field `transforms`: expected a recording as it is in its file, found [{"),
        (left, "field `channel`: expected all channels of the recording, found 0"),
    ] {
        let error = lines(folder.path(), &line).unwrap_err();
        assert!(error.contains(&format!("m.jsonl, line 1, {expected}")), "{error}");
    }
    let piped = cut.replace("\"type\":\"file\"", "\"type\":\"command\"");
    let error = lines(folder.path(), &piped).unwrap_err();
    assert!(error.contains("field `sources`: expected one source of type `file`"), "{error}");
}

#[test]
fn folders_are_listed_in_order() {
    let folder = TempDir::new().unwrap();
    for name in ["negative/b/2.WAV", "negative/a.ogg", "negative/x.txt", "positive/hey earnest/1.flac"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    let found = rows(&Manifest::At(folder.path().into())).unwrap();
    let found: Vec<_> =
        found.iter().map(|row| (row.file.as_str(), row.kind.as_str(), row.phrase.as_deref())).collect();
    assert_eq!(
        found,
        [
            ("positive/hey earnest/1.flac", "wake", Some("hey earnest")),
            ("negative/a.ogg", "negative", None),
            ("negative/b/2.WAV", "negative", None),
        ]
    );
    let flat = rows(&Manifest::Negative(folder.path().join("negative"))).unwrap();
    assert_eq!(flat.iter().map(|row| row.file.as_str()).collect::<Vec<_>>(), ["a.ogg", "b/2.WAV"]);
    let empty = TempDir::new().unwrap();
    let error = rows(&Manifest::Negative(empty.path().into())).unwrap_err();
    assert!(error.contains("expected recordings, found none"), "{error}");
}
