//! Cuts the clip that the firmware carries from the kitchen sample, and tells the linker about the board.

use std::env::var;
use std::path::Path;
use std::{fs, io};

/// Samples of `kitchen.flac` that go into flash: "… hardly see what I'm doing. — Hey earnest.", 4 s. The phrase ends
/// at sample 586,080. It begins at a multiple of 80 ms, so that the spotter evaluates where it does in the whole file.
const CLIP: std::ops::Range<usize> = 540_160..604_160;
const KITCHEN: &str = "../examples/kitchen/kitchen.flac";

fn main() -> io::Result<()> {
    let out = var("OUT_DIR").map_err(io::Error::other)?;
    let out = Path::new(&out);
    let mut reader = claxon::FlacReader::open(KITCHEN).map_err(io::Error::other)?;
    let clip = reader.samples().skip(CLIP.start).take(CLIP.len());
    let text: Result<Vec<String>, _> = clip.map(|s| s.map(|s| s.to_string())).collect();
    let text = text.map_err(io::Error::other)?.join(",");
    fs::write(out.join("clip.rs"), format!("[{text}]"))?;
    fs::copy("memory.x", out.join("memory.x"))?;
    if var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        println!("cargo:rustc-link-search={}", out.display());
        println!("cargo:rustc-link-arg-bins=-Tlink.x");
    }
    for file in ["build.rs", "memory.x", KITCHEN] {
        println!("cargo:rerun-if-changed={file}");
    }
    Ok(())
}
