//! Journals: every bit counts, every cut is survived, and what is told can be read.
#![cfg(feature = "std")]

mod guard_support;

use earnest::Storage;
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::guard::{Gate, Input, Output, Prompt, PromptKind, Reason, Tier};
use earnest::journal::{
    Anchor, Chain, ENTRY_BYTES, Entry, Explainer, Fault, FaultKind, FileError, Journal, JournalFile,
    JournalFull, Key, Kind, Names, NoNames, OpenError, verify,
};
use guard_support::*;
use proptest::prelude::*;

const CLOCK: u64 = 1_800_021_731_000; // 2027-01-15 14:02:11 UTC

/// What a guard tells of a message that is sent, one that isn't, and a muted minute.
fn entries() -> Vec<Entry> {
    let mut scene = Scene::new(config());
    let mut entries = vec![Entry::clock(t(2900), CLOCK, 0)];
    let tell = |scene: &mut Scene, entries: &mut Vec<Entry>| {
        entries.extend(scene.told.drain(..).map(|output| Entry::of(&output)));
    };
    scene.until_the_question().at(8700, Input::Answer(yes_send_it(7400, 8400)));
    tell(&mut scene, &mut entries);
    let authorization = scene.authorizations.pop().unwrap();
    let act = *authorization.act();
    let grant = scene.guard.redeem(authorization, &act, t(8800)).unwrap();
    entries.push(Entry::redeemed(&grant));
    entries.push(Entry::denied(&grant, &grant.open(earnest::guard::OwnerId(8)).unwrap_err()));
    drop(grant);
    let mut heard = command(SEND, 22_900, 24_400);
    (heard.slots[0].probability, heard.slots[0].not_listed) = (0.31, 0.6);
    scene.at(22_900, Input::Wake(wake(22_000, 22_800))).at(24_700, Input::Understood(heard));
    // Asked for the name, he said it once more.
    let mut again = command(SEND, 27_400, 28_700);
    again.slots = heard.slots;
    scene.played(24_800, 27_000).at(29_000, Input::Understood(again));
    let mut unsure = command(SEND, 42_900, 44_400);
    (unsure.probability, unsure.nobody) = (0.6, 0.4);
    scene.at(42_900, Input::Wake(wake(42_000, 42_800))).at(44_700, Input::Understood(unsure));
    scene.at(46_000, Input::Mute).at(90_000, Input::Unmute);
    tell(&mut scene, &mut entries);
    entries
}

fn journal(entries: &[Entry], key: Option<Key>) -> Vec<u8> {
    let mut journal = Journal::create(Storage::owned(100 * ENTRY_BYTES), key, Anchor::NONE).unwrap();
    entries.iter().for_each(|entry| journal.append(entry).unwrap());
    journal.bytes().to_vec()
}

fn key() -> Option<Key> {
    Some(Key::new([42; 32]))
}

#[test]
fn what_was_written_is_read() {
    let entries = entries();
    let bytes = journal(&entries, None);
    let mut read = Vec::new();
    let verified = verify(&bytes, None, None, |number, entry| {
        assert_eq!(number, read.len() as u64);
        read.push(*entry);
    })
    .unwrap();
    assert_eq!(read[0].kind, Kind::Header);
    assert_eq!(read[1..], entries);
    assert_eq!((verified.entries as usize, verified.torn_bytes), (entries.len() + 1, 0));
}

#[test]
fn every_flipped_bit_is_found() {
    let bytes = journal(&entries()[..6], key());
    let last = bytes.len() / ENTRY_BYTES - 1;
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let entry = bit / 8 / ENTRY_BYTES;
        match verify(&flipped, key(), None, |_, _| {}) {
            Err(fault) => assert_eq!(fault.entry, entry as u64, "bit {bit}"),
            // The last byte of the last entry may look as if it had never been written; that is told too.
            Ok(verified) => assert!(verified.torn_bytes > 0 && entry == last, "bit {bit}"),
        }
    }
}

#[test]
fn entries_left_out_put_in_or_exchanged_are_found() {
    let bytes = journal(&entries(), None);
    let blocks: Vec<&[u8]> = bytes.chunks(ENTRY_BYTES).collect();
    let fault = |blocks: &[&[u8]]| verify(&blocks.concat(), None, None, |_, _| {}).unwrap_err();
    let mut without = blocks.clone();
    without.remove(3);
    assert_eq!(fault(&without), Fault { entry: 3, kind: FaultKind::Hash });
    let mut twice = blocks.clone();
    twice.insert(3, blocks[2]);
    assert_eq!(fault(&twice), Fault { entry: 3, kind: FaultKind::Hash });
    let mut exchanged = blocks.clone();
    exchanged.swap(4, 5);
    assert_eq!(fault(&exchanged).entry, 4);
    assert_eq!(fault(&blocks[1..]), Fault { entry: 0, kind: FaultKind::Header });
    assert_eq!(fault(&[]), Fault { entry: 0, kind: FaultKind::Header });
}

#[test]
fn a_missing_end_is_found_with_an_anchor_only() {
    let entries = entries();
    let mut journal = Journal::create(Storage::owned(100 * ENTRY_BYTES), None, Anchor::NONE).unwrap();
    entries[..5].iter().for_each(|entry| journal.append(entry).unwrap());
    let early = journal.end();
    entries[5..].iter().for_each(|entry| journal.append(entry).unwrap());
    let (late, bytes) = (journal.end(), journal.bytes());
    let holds =
        |bytes: &[u8], anchor: &Anchor| verify(bytes, None, Some(anchor), |_, _| {}).unwrap().holds_anchor;
    assert_eq!((holds(bytes, &early), holds(bytes, &late)), (Some(true), Some(true)));
    let short = &bytes[..bytes.len() - ENTRY_BYTES];
    assert!(verify(short, None, None, |_, _| {}).is_ok(), "a shorter chain is a right chain");
    assert_eq!((holds(short, &early), holds(short, &late)), (Some(true), Some(false)));
}

#[test]
fn without_the_key_no_journal_can_be_made() {
    let entries = entries();
    let fault = |bytes: &[u8], key| verify(bytes, key, None, |_, _| {}).unwrap_err();
    let bytes = journal(&entries, key());
    assert!(verify(&bytes, key(), None, |_, _| {}).is_ok());
    let kind = FaultKind::Keyed { expected: false, actual: true };
    assert_eq!(fault(&bytes, None), Fault { entry: 0, kind });
    assert_eq!(fault(&bytes, Some(Key::new([43; 32]))), Fault { entry: 0, kind: FaultKind::Hash });
    let forged = journal(&entries, None);
    let kind = FaultKind::Keyed { expected: true, actual: false };
    assert_eq!(fault(&forged, key()), Fault { entry: 0, kind });
    // With a header that claims a key.
    let mut forged = forged;
    forged[43] |= 1;
    assert_eq!(fault(&forged, key()), Fault { entry: 0, kind: FaultKind::Hash });
}

#[test]
fn a_file_cut_anywhere_goes_on() {
    let entries = entries();
    let folder = std::env::temp_dir().join(format!("earnest-journal-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("journal");
    let bytes = journal(&entries[..2], None);
    for cut in 0..=bytes.len() {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let mut file = JournalFile::open(&path, None).unwrap();
        file.append(&entries[4]).unwrap();
        let now = std::fs::read(&path).unwrap();
        let mut kinds = Vec::new();
        let verified = verify(&now, None, Some(&file.end()), |_, entry| kinds.push(entry.kind)).unwrap();
        assert_eq!((verified.torn_bytes, verified.holds_anchor), (0, Some(true)), "cut at {cut}");
        let whole = (cut / ENTRY_BYTES).max(1);
        let torn = cut % ENTRY_BYTES > 0;
        assert_eq!(kinds.len(), whole + usize::from(torn) + 1, "cut at {cut}: {kinds:?}");
        assert_eq!(kinds[whole] == Kind::Recovered, torn, "cut at {cut}: {kinds:?}");
    }
    // A journal that was tampered with is left alone.
    let mut bad = bytes.clone();
    bad[200] ^= 1;
    std::fs::write(&path, &bad).unwrap();
    let error = JournalFile::open(&path, None).unwrap_err();
    assert!(matches!(error, FileError::Fault(Fault { entry: 1, kind: FaultKind::Hash })), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), bad);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn memory_cut_anywhere_goes_on() {
    let entries = entries();
    let whole = journal(&entries[..3], key());
    for cut in 0..=whole.len() {
        let mut memory = vec![0; 8 * ENTRY_BYTES];
        memory[..cut].copy_from_slice(&whole[..cut]);
        let was = memory.clone();
        let opened = Journal::open(Storage::Lent(&mut memory), key());
        let mut journal = opened.unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        journal.append(&entries[4]).unwrap();
        let mut kinds = Vec::new();
        verify(journal.bytes(), key(), None, |_, entry| kinds.push(entry.kind)).unwrap();
        let blocks = |bytes: &[u8]| bytes.as_chunks::<ENTRY_BYTES>().0.to_vec();
        // An entry whose missing bytes are zero anyway is whole.
        let kept = blocks(&whole).iter().zip(blocks(&was)).take_while(|(a, b)| *a == b).count();
        let torn = was[kept * ENTRY_BYTES..].iter().any(|byte| *byte != 0);
        let expected = match kept {
            0 => 2,
            _ => kept + usize::from(torn) + 1,
        };
        assert_eq!(kinds.len(), expected, "cut at {cut}: {kinds:?}");
        assert_eq!(kinds.get(kept) == Some(&Kind::Recovered), torn && kept > 0, "cut at {cut}: {kinds:?}");
    }
}

#[test]
fn memory_with_something_behind_its_end_is_not_trusted() {
    let whole = journal(&entries()[..3], None);
    let mut memory = vec![0; 8 * ENTRY_BYTES];
    memory[..whole.len()].copy_from_slice(&whole);
    // The entry before the last is wiped out.
    memory[2 * ENTRY_BYTES..3 * ENTRY_BYTES].fill(0);
    let error = Journal::open(Storage::Lent(&mut memory), None).unwrap_err();
    assert!(matches!(error, OpenError::Fault(Fault { entry: 3, .. })), "{error}");
}

#[test]
fn a_full_journal_says_so_and_goes_on_in_the_next() {
    let entries = entries();
    let mut journal = Journal::create(Storage::owned(3 * ENTRY_BYTES), key(), Anchor::NONE).unwrap();
    journal.append(&entries[0]).unwrap();
    journal.append(&entries[1]).unwrap();
    assert_eq!(journal.append(&entries[2]), Err(JournalFull { entries: 3 }));
    let end = journal.end();
    let mut journal = journal.rotate().unwrap();
    journal.append(&entries[2]).unwrap();
    let mut numbers = Vec::new();
    let verified = verify(journal.bytes(), key(), None, |number, _| numbers.push(number)).unwrap();
    assert_eq!((verified.before, numbers), (end, vec![3, 4]));
    let error = Journal::create(Storage::owned(2 * ENTRY_BYTES - 1), None, Anchor::NONE).unwrap_err();
    assert!(error.to_string().contains("256"), "{error}");
}

struct Household;

impl Names for Household {
    fn action(&self, action: u16) -> Option<&str> {
        (action == SEND).then_some("send a message")
    }
    fn value(&self, _: u16, _: usize, value: u32) -> Option<&str> {
        (value == DENISE).then_some("Denise")
    }
}

#[test]
fn the_owner_reads_what_happened() {
    let mut told = String::new();
    let mut explainer = Explainer::new(&Household, None);
    let mut all = entries();
    // Authorisations leave the scene's list; one as it would be journaled.
    let mut scene = Scene::new(config());
    scene.until_the_question();
    scene.guard.process(t(8700), &Input::Answer(yes_send_it(7400, 8400)), |output| {
        if matches!(output, Output::Authorized { .. }) {
            all.push(Entry::of(&output));
        }
    });
    all.iter().for_each(|entry| explainer.tell(entry, &mut told).unwrap());
    println!("{told}");
    for line in [
        "14:02:11  #1    I woke, because I heard the wake phrase: 5.7 nats, needed 1.0",
        "14:02:12  #1    I understood that I should send a message (Denise): 0.98, needed 0.90",
        "14:02:16  #1    It was done: send a message (Denise).",
        "#1    I allowed to send a message (Denise): all together +7.9 nats, needed +5.0",
        "owner 7, asked for 8",
        "#2    I did not send a message (Denise), because the name matched nobody: best 0.31, needed 0.90 (sum ",
        "#2    I asked once which value 1 was meant, to send a message (Denise).",
        "#3    I asked to hear the command once more. What I had understood: send a message (Denise).",
        "14:02:54        The microphone was muted.",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    let mut one = String::new();
    let mut explainer = Explainer::new(&NoNames, Some(2));
    entries().iter().for_each(|entry| explainer.tell(entry, &mut one).unwrap());
    assert!(one.lines().all(|line| line.contains("#2")) && one.lines().count() > 2, "{one}");
    assert!(one.contains("I did not do action 3 (value 40)"), "{one}");
}

fn entry() -> impl Strategy<Value = Entry> {
    let option = |n: usize| prop::option::of(0..n);
    (
        (2usize..14, any::<u64>(), any::<u32>(), option(7), option(4), option(36)),
        (any::<u64>(), any::<u64>(), prop::option::of(0u16..65_535), any::<u16>(), any::<u8>()),
        (any::<[u32; 4]>(), any::<[u32; 8]>()),
    )
        .prop_map(
            |(
                (kind, at, session, gate, tier, reason),
                (start, end, action, detail, slots),
                (values, bits),
            )| {
                let mut entry = Entry::clock(SampleIndex(at), 0, 0);
                entry.kind = Kind::ALL[kind - 1];
                entry.session = session;
                entry.gate = gate.map(|n| Gate::ALL[n]);
                entry.tier = tier.map(|n| Tier::ALL[n]);
                entry.reason = reason.map(|n| Reason::ALL[n]);
                entry.span = SampleSpan { start: SampleIndex(start), end: SampleIndex(end) };
                (entry.action, entry.detail, entry.slots, entry.values) = (action, detail, slots, values);
                entry.numbers = bits.map(f32::from_bits);
                entry
            },
        )
}

proptest! {
    /// Whatever is in an entry, it comes back to the bit, and it can be told.
    #[test]
    fn any_entry_is_kept_and_told(entries in prop::collection::vec(entry(), 1..10)) {
        let bytes = journal(&entries, None);
        let mut read = Vec::new();
        verify(&bytes, None, None, |_, entry| read.push(*entry)).unwrap();
        let bits = |entry: &Entry| (format!("{:?}", Entry { numbers: [0.0; 8], ..*entry }), entry.numbers.map(f32::to_bits));
        let (read, written): (Vec<_>, Vec<_>) = (read[1..].iter().map(bits).collect(), entries.iter().map(bits).collect());
        prop_assert_eq!(read, written);
        let mut told = String::new();
        let mut explainer = Explainer::new(&NoNames, None);
        entries.iter().for_each(|entry| explainer.tell(entry, &mut told).unwrap());
    }

    /// A changed byte anywhere is found at its entry.
    #[test]
    fn any_change_is_found(entries in prop::collection::vec(entry(), 2..8), at in any::<prop::sample::Index>(), new in any::<u8>()) {
        let mut bytes = journal(&entries, key());
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != new);
        bytes[at] = new;
        match verify(&bytes, key(), None, |_, _| {}) {
            Err(fault) => prop_assert_eq!(fault.entry, (at / ENTRY_BYTES) as u64),
            Ok(verified) => prop_assert!(verified.torn_bytes > 0 && at / ENTRY_BYTES == entries.len()),
        }
    }
}

/// Another implementation, in Python, wrote this one (tests/golden/journal.py).
#[test]
fn another_implementation_agrees() {
    for (name, key) in
        [("journal.bin", None), ("journal_keyed.bin", Some(Key::new(std::array::from_fn(|n| n as u8))))]
    {
        let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
        let golden = std::fs::read(&path).unwrap();
        let mut entries = Vec::new();
        let before = Anchor { next: 1000, head: [0x5A; 32] };
        let (mut chain, header) = Chain::begin(key, before);
        let mut bytes = header.to_vec();
        let mut refused = Entry::clock(SampleIndex(123_456), 0, 0);
        refused.kind = Kind::Refused;
        (refused.session, refused.gate, refused.reason) = (3, Some(Gate::Slots), Some(Reason::SlotNotListed));
        (refused.action, refused.slots, refused.values) = (Some(3), 1, [40, 0, 0, 0]);
        refused.numbers = [0.9, 0.31, -1.5, -6.0, 5.5, 2.25, -3.25, 0.0];
        entries.push(Entry::clock(SampleIndex(16_000), CLOCK, -90));
        entries.push(refused);
        entries.iter().for_each(|entry| bytes.extend(chain.seal(entry)));
        assert!(bytes == golden, "{name} differs");
    }
}

/// Every output of the guard has an entry that says what it said.
#[test]
fn outputs_become_entries() {
    let mut scene = Scene::new(config());
    scene.until_the_question();
    let kinds: Vec<Kind> = scene.told.iter().map(|output| Entry::of(output).kind).collect();
    let expected =
        [Kind::Passed, Kind::Listen, Kind::Passed, Kind::Passed, Kind::Say, Kind::Passed, Kind::Listen];
    assert_eq!(kinds, expected);
    let Some(Output::Passed(passed)) =
        scene.told.iter().find(|o| matches!(o, Output::Passed(p) if p.gate == Gate::Slots))
    else {
        panic!("no slots")
    };
    let entry = Entry::of(&Output::Passed(*passed));
    assert_eq!((entry.action, entry.values()), (Some(SEND), &[DENISE][..]));
    assert_eq!((entry.numbers[0], entry.numbers[6]), (passed.value, passed.total));
    assert_eq!(entry.prompt(), None);
    let asked = PromptKind::AskSlot { slot: 5 };
    for kind in [PromptKind::Announce, asked, PromptKind::AskAgain, PromptKind::AskCommand] {
        let prompt = Prompt { kind, ..scene.prompt().unwrap() };
        assert_eq!(Entry::of(&Output::Say(prompt)).prompt(), Some(kind));
    }
}
