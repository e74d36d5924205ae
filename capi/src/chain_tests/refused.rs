//! What is refused, and with which numbers.

use super::*;
use crate::tests::field;

#[test]
fn other_contacts_while_no_request_is_open() {
    let mut setup = Setup::message();
    let made = setup.with(|whole| whole.init()).unwrap();
    let other = compiled("intents: {A: {data: [{sentences: ['{a}']}]}}\nlists: {a: {values: [Ann]}}").lists;
    let set = |list| {
        let image = other[0].as_ptr().cast();
        unsafe { earnest_chain_set_list(made.handle, list, image, other[0].len(), null_mut()) }
    };
    assert_eq!((set(0), set(1)), (0, Status::OutOfRange as i32));
    let pcm = portland();
    let mut taken = 0;
    let before = PRESSED as usize;
    unsafe { earnest_chain_push(made.handle, pcm.as_ptr(), before, &mut taken, None, null_mut()) };
    assert_eq!(unsafe { earnest_chain_report(made.handle, &pressed(), None, null_mut(), null_mut()) }, 0);
    assert_eq!(set(0), Status::Busy as i32);
}

#[test]
fn a_full_journal_stops_the_samples_but_not_a_mute() {
    let mut setup = Setup::message();
    setup.journal = vec![0; (EARNEST_CHAIN_TOLD_MOST + 2) * ENTRY_BYTES];
    let made = setup.with(|whole| whole.init()).unwrap();
    let pcm = [0i16; 480];
    let push = || {
        let mut taken = 7;
        let status =
            unsafe { earnest_chain_push(made.handle, pcm.as_ptr(), pcm.len(), &mut taken, None, null_mut()) };
        (status, taken)
    };
    assert_eq!(push(), (0, 480));
    for _ in 0..2 {
        assert_eq!(unsafe { earnest_chain_clock(made.handle, 1_799_000_000_000, 0) }, 0);
    }
    assert_eq!(push(), (Status::JournalFull as i32, 0));
    let mute = report(InputKind::Mute, 0);
    assert_eq!(unsafe { earnest_chain_report(made.handle, &mute, None, null_mut(), null_mut()) }, 0);
    assert_eq!(unsafe { earnest_chain_journal_rotate(made.handle) }, 0);
    assert_eq!(push(), (0, 480));
}

#[test]
fn what_is_wrong_is_told_with_numbers() {
    let with = |change: &dyn Fn(&mut Whole)| {
        let mut setup = Setup::message();
        setup.with(|whole| {
            change(whole);
            match whole.init() {
                Ok(_) => (0, String::new()),
                Err(error) => (error.status, field(&error).to_string()),
            }
        })
    };
    assert_eq!(with(&|_| ()).0, 0);
    type Change<'c> = &'c dyn Fn(&mut Whole);
    let cases: [(Change<'_>, Status, &str); 19] = [
        (&|w| w.config.size = 8, Status::BadSize, "size"),
        (&|w| w.listener.size = 8, Status::BadSize, "size"),
        (&|w| w.listener.pre_roll_samples = 0, Status::OutOfRange, "pre_roll_samples"),
        (&|w| w.commands.paths = 1, Status::OutOfRange, "paths"),
        (&|w| w.answers.records = 1, Status::OutOfRange, "records"),
        (&|w| w.answers.grammar = null(), Status::NullPointer, "grammar"),
        (&|w| w.commands.model = null(), Status::NullPointer, "model"),
        (&|w| w.policy.journal_bytes = 128 * 19, Status::OutOfRange, "journal_bytes"),
        (&|w| w.policy.tiers[2].confirm = 0, Status::OutOfRange, "tier.confirm"),
        (&|w| w.command_meanings.clear(), Status::OutOfRange, "command_meaning_count"),
        (&|w| w.answer_meanings.clear(), Status::OutOfRange, "answer_meaning_count"),
        (&|w| w.command_meanings[0].action = 4, Status::OutOfRange, "command_meanings.action"),
        (&|w| w.command_meanings[0].slot_count = 2, Status::OutOfRange, "command_meanings.slot_count"),
        (&|w| w.command_meanings[0].slots[0] = 1, Status::OutOfRange, "command_meanings.slots"),
        (&|w| w.answer_meanings[0].kind = 3, Status::OutOfRange, "answer_meanings.kind"),
        (&|w| w.answer_meanings[0].names_class = 64, Status::OutOfRange, "answer_meanings.names_class"),
        (&|w| w.config.recent_frames = 0, Status::OutOfRange, "recent_frames"),
        (&|w| w.config.wake_nats = f32::NAN, Status::OutOfRange, "wake_nats"),
        (&|w| w.config.shortest_unknown_ms = 5001, Status::OutOfRange, "shortest_unknown_ms"),
    ];
    for (n, (change, status, name)) in cases.iter().enumerate() {
        assert_eq!(with(change), (*status as i32, name.to_string()), "case {n}");
    }
    for (n, name) in ["listener", "commands", "answers", "policy"].into_iter().enumerate() {
        Setup::message().with(|whole| {
            let mut config = whole.config();
            match n {
                0 => config.listener = null(),
                1 => config.commands = null(),
                2 => config.answers = null(),
                _ => config.policy = null(),
            }
            let (mut bytes, mut error) = (0, no_error());
            let status = unsafe { earnest_chain_required_bytes(&config, &mut bytes, &mut error) };
            assert_eq!((status, field(&error)), (Status::NullPointer as i32, name));
        });
    }
}

#[test]
fn wrong_memory_and_wrong_pointers_are_refused() {
    let mut setup = Setup::message();
    let journal = setup.journal.as_mut_ptr();
    let phones = setup.phones.bytes().as_ptr().cast_mut();
    setup.with(|whole| {
        let config = whole.config();
        let mut bytes = 0;
        assert_eq!(unsafe { earnest_chain_required_bytes(&config, &mut bytes, null_mut()) }, 0);
        let mut memory = vec![0u64; bytes / 8];
        let start = memory.as_mut_ptr();
        let init = |memory: *mut u8, bytes, config: *const ChainConfig| {
            let mut handle = null_mut();
            unsafe { earnest_chain_init(memory.cast(), bytes, config, &mut handle, null_mut()) }
        };
        let start = start.cast::<u8>();
        let aligned = |pointer: *mut u8| pointer.wrapping_add(pointer.align_offset(8));
        let statuses = [
            init(null_mut(), bytes, &config),
            init(start.wrapping_add(4), bytes - 4, &config),
            init(start, bytes - 1, &config),
            init(start, bytes, null()),
            init(aligned(journal), bytes, &config),
            init(phones, bytes, &config),
            unsafe { earnest_chain_init(start.cast(), bytes, &config, start.cast(), null_mut()) },
        ];
        use Status::{Misaligned, NullPointer, Overlap, TooSmall};
        let expected = [NullPointer, Misaligned, TooSmall, NullPointer, Overlap, Overlap, Overlap];
        assert_eq!(statuses, expected.map(|status| status as i32));
        let mut handle = null_mut();
        let status = unsafe { earnest_chain_init(start.cast(), bytes, &config, &mut handle, null_mut()) };
        assert_eq!(status, 0);
        let (pcm, mut taken) = ([0i16; 10], 0);
        let push = |handle, pcm: *const i16, taken: *mut usize| unsafe {
            earnest_chain_push(handle, pcm, 10, taken, None, null_mut())
        };
        let inside = handle.cast::<u8>().wrapping_add(64);
        assert_eq!(push(null_mut(), pcm.as_ptr(), &mut taken), NullPointer as i32);
        assert_eq!(push(handle, null(), &mut taken), NullPointer as i32);
        assert_eq!(push(handle, inside.cast(), &mut taken), Overlap as i32);
        assert_eq!(push(handle, pcm.as_ptr(), inside.cast()), Overlap as i32);
        assert_eq!(push(handle, pcm.as_ptr(), &mut taken), 0);
        let mut moved = memory.clone();
        assert_eq!(push(moved.as_mut_ptr().cast(), pcm.as_ptr(), &mut taken), Status::BadListener as i32);
        let unknown = Input { kind: 12, ..report(InputKind::Tick, 0) };
        let status = unsafe { earnest_chain_report(handle, &unknown, None, null_mut(), null_mut()) };
        assert_eq!(status, Status::OutOfRange as i32);
        assert_eq!(unsafe { earnest_chain_release(handle) }, 0);
        assert_eq!(push(handle, pcm.as_ptr(), &mut taken), Status::BadListener as i32);
    });
}
