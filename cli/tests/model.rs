//! `earnest model pack` and `info` on the models that the repository ships.

mod common;

use common::{Format, run, tone, wav};
use std::fs;
use tempfile::TempDir;

fn shipped(name: &str) -> String {
    format!("{}/../models/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn packs_what_info_reads() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    fs::write(path("tone.wav"), wav(&tone(16_000, 2.0), 16_000, 1, Format::S16)).unwrap();
    fs::write(path("out.ear"), "what was there").unwrap();
    let kitchen = common::kitchen().join("kitchen.flac");
    let calibrate = ["--int8", "--calibrate", &path("tone.wav"), kitchen.to_str().unwrap()];
    for (format, options) in [("f32", &[][..]), ("int8", &calibrate[..])] {
        let onnx = shipped("phones-s.onnx");
        let mut args = vec!["model", "pack", &onnx, "--json", "-o"];
        let out = path("out.ear");
        args.push(&out);
        args.extend(options);
        let packed = run(&args);
        assert_eq!(packed.code, 0, "{}", packed.stderr);
        let line = &packed.json()[0];
        assert_eq!((&line["format"], &line["parameters"]), (&format.into(), &130_862.into()));
        assert_eq!(line["image_bytes"], fs::metadata(&out).unwrap().len());
        assert_eq!(line["calibrated_frames"].as_u64().unwrap() > 1000, format == "int8");
        let info = run(&["model", "info", &out]);
        assert_eq!(info.code, 0, "{}", info.stderr);
        for words in [format, "40 values a frame", "2 of 39 values", "14 frames late", "phones-s"] {
            assert!(info.stdout.contains(words), "{words}: {}", info.stdout);
        }
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left beside what was written: {left:?}");
}

#[test]
fn bad_files_are_exit_2_and_named() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let onnx = fs::read(shipped("phones-s.onnx")).unwrap();
    fs::write(path("cut.onnx"), &onnx[..onnx.len() / 2]).unwrap();
    let mut image = fs::read(shipped("phones-s.int8.ear")).unwrap();
    let last = image.len() - 1;
    image[last] ^= 1;
    fs::write(path("bent.ear"), image).unwrap();
    fs::write(path("none.wav"), wav(&[], 16_000, 1, Format::S16)).unwrap();
    fs::write(path("kept.ear"), "what was there").unwrap();
    let (cut, bent, none, kept) = (path("cut.onnx"), path("bent.ear"), path("none.wav"), path("kept.ear"));
    let (whole, letters) = (shipped("phones-s.onnx"), shipped("g2p-en.bin"));
    let cases: [(&[&str], &str); 8] = [
        (&["model", "pack", "nope.onnx"], "nope.onnx: cannot be read"),
        (&["model", "pack", &cut, "-o", &kept], "cut.onnx: not an ONNX file, or cut off"),
        (&["model", "pack", &whole, "-o", "nowhere/x.ear"], "nowhere/x.ear: cannot be written"),
        (&["model", "pack", &whole, "--int8", "-o", &kept], "--calibrate"),
        (
            &["model", "pack", &whole, "-o", &kept, "--int8", "--calibrate", &none],
            "none.wav: expected sound, found 0 samples",
        ),
        (&["model", "info", "nope.ear"], "nope.ear: cannot be read"),
        (&["model", "info", &letters], "expected EARN-NET at its beginning, found EARN-G2P"),
        (&["model", "info", &bent], "bent.ear: "),
    ];
    for (args, words) in cases {
        let result = run(args);
        assert_eq!(result.code, 2, "{args:?}: {}{}", result.stdout, result.stderr);
        assert!(result.stderr.contains(words), "{args:?}: {}", result.stderr);
        assert_eq!(result.stdout, "", "{args:?}");
    }
    assert_eq!(fs::read(&kept).unwrap(), b"what was there");
}
