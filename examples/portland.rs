//! The kitchen of 2018 again: people talk, and a chain with the usual thresholds sends what they say.
//!
//!     cargo run --release --example portland
//!
//! Nobody in the recording talks to the device. There is something like the wake phrase ("Hey, honest, I"), something
//! like "send a message" ("send them a message"), somebody like a contact ("to the niece"), and "right". The voices
//! and the kitchen are synthetic (examples/portland/make.py); what is heard in them is real: front end, VAD and
//! acoustic model over the audio, phrases by alignment, probabilities by the curves of examples/portland/odds.json.
//! When the naive chain's prompts are played is part of the story; they are not in the audio.

mod common;

use common::desk::{Desk, answer, command, wake};
use common::{CONTACTS, Found, Odds, Sound, seconds};
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::guard::{Answer, Gate, Input, Slot, Surroundings, Understood, VoiceFacts, Wake};
use earnest::journal::Kind;
use std::error::Error;

/// What was heard at the four links.
pub(crate) struct Heard {
    sound: Sound,
    phrase: Found,
    asked: Found,
    name: Found,
    slot: Slot,
    right: [Found; 2],
}

/// A chain as products had it: each link by itself, each at even odds, the nearest contact taken, "right" is a yes.
pub(crate) struct Naive {
    pub(crate) wake: f32,
    pub(crate) intent: f32,
    pub(crate) contact: &'static str,
    pub(crate) right: f32,
    pub(crate) sends: bool,
}

pub(crate) fn hear() -> Result<Heard, Box<dyn Error>> {
    let sound = Sound::hear(common::flac("portland/portland.flac")?)?;
    let phrase = sound.find("hey earnest", 0.0..25.0)?;
    let from = phrase.span.end.seconds();
    let asked = sound.find("send a message", from..from + 4.0)?;
    // "To whom?", it says, until 9.6 s; then it listens for three seconds.
    let (slot, name) = sound.contact(CONTACTS.len(), 9.6..12.6)?;
    // "…, right?", until 16.5 s; and once more, until 21.5 s.
    let right = [sound.find("right", 16.6..18.5)?, sound.find("right", 21.6..23.5)?];
    Ok(Heard { sound, phrase, asked, name, slot, right })
}

pub(crate) fn naive(heard: &Heard) -> Result<Naive, Box<dyn Error>> {
    const EVEN: f32 = 0.5;
    let p = |gate: &str, found: &Found| Ok::<_, Box<dyn Error>>(Odds::read(gate)?.probability(found.score));
    let (wake, intent) = (p("wake", &heard.phrase)?, p("intent", &heard.asked)?);
    let right = p("short_confirm", &heard.right[0])?;
    let sends = wake >= EVEN && intent >= EVEN && right >= EVEN;
    Ok(Naive { wake, intent, contact: CONTACTS[heard.slot.value as usize], right, sends })
}

/// The same numbers in front of the guard. `given`: gates before this one are passed as a real request passes them,
/// so that each link is seen by itself; [`Gate::Wake`] gives nothing.
pub(crate) fn guarded(heard: &Heard, given: Gate) -> Result<Desk, Box<dyn Error>> {
    let mut desk = Desk::new()?;
    let sound = &heard.sound;
    let mut woke = wake(sound, &heard.phrase)?;
    if given as u8 > Gate::Wake as u8 {
        woke = Wake { nats: 6.0, surroundings: calm(woke.span, woke.surroundings.voice), ..woke };
    }
    desk.tell(heard.phrase.known(), Input::Wake(woke));
    let voice = woke.surroundings.voice;

    let span = SampleSpan { start: heard.asked.span.start, end: heard.name.span.end };
    let at = heard.name.known();
    let mut understood = command(sound, &heard.asked, heard.slot, span, at)?;
    if given as u8 > Gate::Intent as u8 {
        understood =
            Understood { probability: 0.99, nobody: 0.01, surroundings: calm(span, voice), ..understood };
    }
    if given as u8 > Gate::Slots as u8 {
        let sure = Slot { probability: 0.98, runner_up: 0.01, not_listed: 0.01, ..heard.slot };
        understood.slots[0] = sure;
    }
    desk.tell(at, Input::Understood(understood));
    for right in &heard.right {
        let begun = desk.prompt.map_or(at, |prompt| prompt.at).after(800);
        // Until just before the answer, so that "right" falls into the window.
        let ended = SampleIndex(right.span.start.0.saturating_sub(16 * 250));
        if desk.play(begun, ended.since(begun) as f64 / 16_000.0).is_none() {
            break;
        }
        let short: Answer = answer(sound, right, false)?;
        desk.tell(right.known(), Input::Answer(short));
    }
    desk.tell(seconds(40.0), Input::Tick);
    Ok(desk)
}

/// As where somebody speaks out of quiet.
fn calm(words: SampleSpan, voice: Option<VoiceFacts>) -> Surroundings {
    Surroundings {
        stretch: words,
        quiet_samples: 32_000,
        talk_samples: words.len() as u32,
        talk_window_samples: 160_000,
        others: 0.0,
        playing: false,
        in_playback: 0.0,
        voice,
    }
}

#[allow(dead_code)] // the tests call the story
fn main() -> Result<(), Box<dyn Error>> {
    let heard = hear()?;
    let usual = naive(&heard)?;
    println!("A chain with the usual thresholds, each link by itself at even odds:");
    println!("  wake    {}  p {:.3}", heard.phrase.span, usual.wake);
    println!("  intent  {}  p {:.3}", heard.asked.span, usual.intent);
    println!("  contact {}  the nearest: {}", heard.name.span, usual.contact);
    println!("  right   {}  p {:.3}", heard.right[0].span, usual.right);
    println!("  {}\n", if usual.sends { "SENDS the conversation." } else { "does not send." });

    let desk = guarded(&heard, Gate::Wake)?;
    println!("earnest, on the same numbers:\n{}", desk.explain()?);

    println!("And if every gate before had been passed as by somebody who asks:");
    for gate in [Gate::Wake, Gate::Intent, Gate::Slots, Gate::Confirmation] {
        let desk = guarded(&heard, gate)?;
        println!("  from {gate} on: {}", if desk.authorization.is_some() { "SENT" } else { "refused" });
        earnest::journal::verify(desk.journal.bytes(), None, None, |_, entry| {
            if let (Kind::Short | Kind::Refused, Some(reason)) = (entry.kind, entry.reason) {
                let [expected, actual, ..] = entry.numbers;
                let unit = reason.unit();
                println!("      {reason:?}: {actual:.2} {unit}, needed {expected:.2}");
            }
        })?;
    }
    Ok(())
}
