//! Any text as a policy: refused with a place, or one that every law holds for.
#![no_main]

use earnest::guard::PolicyFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match PolicyFile::parse("policy.toml", text) {
        Ok(file) => {
            file.config.check().unwrap();
            file.policy(|_| {}).unwrap();
        }
        Err(error) => assert!(error.line <= text.lines().count() + 1, "{error}"),
    }
});
