//! Told and journaled the same as from Rust, and forgotten.

use super::rust::rust;
use super::*;

/// From C as from Rust, in chunks of any size: events, what was heard, decisions, recording, journal.
fn same(mut setup: Setup, scene: Scene<'_>) -> (Vec<String>, Vec<i16>) {
    setup.reference = scene.reference.is_some();
    let (lines, journal, recording) = rust(&setup, scene);
    for chunk in [160, 37, 16_000] {
        setup.journal.fill(0);
        let made = setup.with(|whole| whole.init()).unwrap();
        let heard = made.hear(scene, chunk);
        assert_eq!(heard.lines, lines, "chunks of {chunk}");
        assert_eq!(heard.recording.len(), recording.len());
        assert!(heard.recording == recording, "another recording");
        let (mut written, mut now) = (0, 0);
        assert_eq!(unsafe { earnest_chain_journal_end(made.handle, &mut written, null_mut()) }, 0);
        assert_eq!(unsafe { earnest_chain_now(made.handle, &mut now) }, 0);
        assert_eq!(now, scene.pcm.len() as u64);
        assert!(setup.journal[..written] == journal, "another journal");
        assert_eq!(unsafe { earnest_chain_release(made.handle) }, 0);
        assert!(made.memory.iter().all(|word| *word == 0));
    }
    (lines, recording)
}

#[test]
fn a_light_goes_on_as_from_rust() {
    let pcm = raw(include_bytes!("../../../examples/c/alexa.s16le"));
    let (lines, recording) = same(Setup::light(), Scene { pcm: &pcm, reference: None, button: false });
    assert!(!recording.is_empty(), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("3 ")), "no wake: {lines:#?}");
}

#[test]
fn a_message_is_announced_confirmed_and_sent_as_from_rust() {
    let scene = Scene { pcm: &portland(), reference: None, button: true };
    let (lines, recording) = same(Setup::message(), scene);
    assert!(!recording.is_empty(), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("heard 4 ")), "no answer: {lines:#?}");
}

/// Something that is played, and how it is heard: softer, and 100 ms later.
fn played(samples: usize) -> (Vec<i16>, Vec<i16>) {
    let played = portland()[30_000..].iter().cycle().take(samples).copied().collect::<Vec<_>>();
    let mut heard = vec![0; 1600];
    heard.extend(played[..samples - 1600].iter().map(|x| x / 16));
    (played, heard)
}

#[test]
fn the_devices_own_voice_opens_nothing_as_from_rust() {
    let pcm = raw(include_bytes!("../../../examples/c/alexa.s16le"));
    let (lines, recording) = same(Setup::light(), Scene { pcm: &pcm, reference: Some(&pcm), button: false });
    let vetoed = lines.iter().filter(|line| line.starts_with("4 ") && line.contains(" 3 [")).count();
    assert_eq!(vetoed, 1, "{lines:#?}");
    assert!(lines.iter().all(|line| !line.starts_with("3 ")), "{lines:#?}");
    assert!(recording.is_empty());
}

#[test]
fn the_guard_hears_of_what_is_played_as_from_rust() {
    let clip = raw(include_bytes!("../../../examples/c/alexa.s16le"));
    let (reference, echo) = played(clip.len());
    let pcm: Vec<i16> = clip.iter().zip(&echo).map(|(a, b)| a.saturating_add(*b)).collect();
    let scene = Scene { pcm: &pcm, reference: Some(&reference), button: false };
    let (lines, _) = same(Setup::light(), scene);
    assert!(lines.iter().any(|line| line.starts_with("3 ")), "no wake: {lines:#?}");
    // Of the same sound without being told of it, the guard thinks otherwise.
    let (deaf, _) = same(Setup::light(), Scene { reference: None, ..scene });
    let events =
        |lines: &[String]| lines.iter().filter(|line| line.contains(" 2 [")).cloned().collect::<Vec<_>>();
    assert_eq!(events(&lines), events(&deaf));
    assert_ne!(lines, deaf);
}

#[test]
fn who_mutes_is_not_heard_and_nothing_is_left() {
    muted(false);
}

#[test]
fn nor_of_what_was_played() {
    muted(true);
}

fn muted(reference: bool) {
    let mut setup = Setup { reference, ..Setup::message() };
    let made = setup.with(|whole| whole.init()).unwrap();
    let pcm = portland();
    let report = |kind| {
        let input = report(kind, 0);
        let status = in_real_time(|| unsafe {
            earnest_chain_report(made.handle, &input, None, null_mut(), null_mut())
        });
        assert_eq!(status, 0);
    };
    let push = |pcm: &[i16]| {
        let mut taken = 0;
        // Its own words come back to it.
        let played = if reference { pcm.as_ptr() } else { null() };
        let (at, samples) = (pcm.as_ptr(), pcm.len());
        let status = in_real_time(|| unsafe {
            earnest_chain_push_with_reference(made.handle, at, played, samples, &mut taken, None, null_mut())
        });
        assert_eq!((status, taken), (0, pcm.len()));
    };
    // Muted before anything was heard: so all of it looks when nothing is left.
    report(InputKind::Mute);
    report(InputKind::Unmute);
    report(InputKind::Mute);
    let head = size_of::<ChainHandle>() / 8;
    let fresh = made.memory[head..].to_vec();
    report(InputKind::Unmute);
    push(&pcm[..PRESSED as usize]);
    assert_eq!(unsafe { earnest_chain_report(made.handle, &pressed(), None, null_mut(), null_mut()) }, 0);
    push(&pcm[PRESSED as usize..][..32_000]);
    let (mut open, mut muted) = (7, 7);
    let ask = |open: &mut u32, muted: &mut u32| unsafe {
        assert_eq!(earnest_chain_is_open(made.handle, open), 0);
        assert_eq!(earnest_chain_is_muted(made.handle, muted), 0);
    };
    ask(&mut open, &mut muted);
    assert_eq!((open, muted), (1, 0));
    report(InputKind::Mute);
    ask(&mut open, &mut muted);
    assert_eq!((open, muted), (0, 1));
    // But for the second ear's clock, which stands where it stood at the mute.
    let clock = PRESSED + 32_000;
    let changed = |made: &Made| {
        let words = made.memory[head..].iter().zip(&fresh).filter(|(a, b)| a != b);
        words.map(|(a, _)| *a).filter(|word| !(reference && *word == clock)).count()
    };
    assert_eq!(changed(&made), 0, "words that are not as new");
    push(&pcm);
    assert_eq!(changed(&made), 0, "words that are not as new");
}
