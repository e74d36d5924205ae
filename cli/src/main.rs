//! The `earnest` command.
mod audio;
fn main() { let _ = audio::open("-"); let _ = audio::open_bundled("", b""); }
