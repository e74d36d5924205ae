//! Any bytes as a journal: read without a fault; what is right is told in sentences, and a journal that was opened
//! and went on is right.
#![no_main]

use earnest::Storage;
use earnest::audio::SampleIndex;
use earnest::journal::{ENTRY_BYTES, Entry, Explainer, Journal, NoNames, verify};
use libfuzzer_sys::fuzz_target;

mod chained;

fn read(bytes: &[u8]) {
    let mut explainer = Explainer::new(&NoNames, None);
    let mut told = String::new();
    let _ = verify(bytes, None, None, |_, entry| explainer.tell(entry, &mut told).unwrap());
    let mut memory = bytes.to_vec();
    memory.resize(bytes.len() + 2 * ENTRY_BYTES, 0);
    if let Ok(mut journal) = Journal::open(Storage::Lent(&mut memory), None) {
        let _ = journal.append(&Entry::clock(SampleIndex(1), 2, 3));
        verify(journal.bytes(), None, None, |_, _| {}).unwrap();
    }
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    // With hashes made right, so that what lies behind them is reached.
    read(&chained::chained(bytes));
});
