//! The device's own prompt never answers itself, though it says all that would.
//!
//!     cargo run --release --example self_wake
//!
//! The prompt "I will send a message to Denise. To confirm, say: yes, send it. Or, hey earnest, cancel." is heard by
//! the device's own microphone (synthetic: examples/portland/make.py), without an echo canceller. What the device
//! plays is passed in, as the guard asks: the reports of the prompt, and for the wake phrase how probably it is in
//! the signal that is played, here the same recording.

mod common;

use common::desk::{Desk, answer, command, wake};
use common::{NO_DENNIS, Odds, Sound};
use earnest::audio::{SampleIndex, SampleSpan};
use earnest::guard::Input;
use std::error::Error;

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) told: String,
    /// Probability that the microphone heard "yes, send it", and the wake phrase, nats.
    pub(crate) heard_yes: f32,
    pub(crate) heard_wake: f32,
    /// How many of the prompt's own words counted nothing.
    pub(crate) uncounted: usize,
    pub(crate) sent: bool,
    pub(crate) woke: bool,
}

pub(crate) fn story() -> Result<Outcome, Box<dyn Error>> {
    // Somebody asks; then the prompt plays, from the second `start` of the device's time on.
    let asked = Sound::hear(common::flac("portland/wanted.flac")?)?;
    let prompt = Sound::hear(common::flac("portland/prompt.flac")?)?;
    let mut desk = Desk::new()?;
    let phrase = asked.find("hey earnest", 0.0..4.0)?;
    desk.tell(phrase.known(), Input::Wake(wake(&asked, &phrase)?));
    let from = phrase.span.end.seconds();
    let command_found = asked.find("send a message to", from..from + 2.5)?;
    let after = command_found.span.end.seconds() - 0.1;
    let (slot, name) = asked.contact(NO_DENNIS, after..after + 0.8)?;
    let span = SampleSpan { start: command_found.span.start, end: name.span.end };
    let heard = command(&asked, &command_found, slot, span, name.known())?;
    desk.tell(name.known(), Input::Understood(heard));
    let id = desk.prompt.ok_or("no prompt")?.id;

    // The prompt's recording begins at this sample of the device's time; the prompt in it 0.4 s later.
    let start = name.known();
    let shifted =
        |span: SampleSpan| SampleSpan { start: start.after(span.start.0), end: start.after(span.end.0) };
    let length = prompt.pcm.len() as u64;
    desk.tell(start.after(6400), Input::PromptStarted { prompt: id });
    let yes = prompt.find("yes send it", 0.0..6.0)?;
    let mut own_yes = answer(&prompt, &yes, true)?;
    own_yes.span = shifted(yes.span);
    own_yes.surroundings.stretch = shifted(own_yes.surroundings.stretch);
    desk.tell(start.after(yes.known().0), Input::Answer(own_yes));
    let ended = start.after(length - 16 * 1200);
    desk.tell(ended, Input::PromptEnded { prompt: id, complete: true });
    // A recogniser that lags reports it once more.
    desk.tell(ended.after(1600), Input::Answer(own_yes));
    desk.tell(ended.after(16 * 4100), Input::Tick);
    let sent = desk.authorization.is_some();

    // The same sound while no request is open: the wake phrase is in what is played.
    let own = prompt.find("hey earnest", 0.0..6.0)?;
    let mut own_wake = wake(&prompt, &own)?;
    own_wake.surroundings.playing = true;
    own_wake.surroundings.in_playback = Odds::read("wake")?.probability(own.score);
    let later = SampleIndex(ended.0 + 16 * 10_000);
    own_wake.span = SampleSpan { start: later, end: later.after(own.span.len()) };
    desk.tell(own_wake.span.end.after(7200), Input::Wake(own_wake));

    Ok(Outcome {
        told: desk.explain()?,
        heard_yes: own_yes.probability,
        heard_wake: own_wake.nats,
        uncounted: desk.uncounted,
        sent,
        woke: desk.guard.is_open(),
    })
}

#[allow(dead_code)] // the tests call the story
fn main() -> Result<(), Box<dyn Error>> {
    let outcome = story()?;
    println!(
        "The microphone heard the prompt say \"yes, send it\" (p {:.3}) and \"hey earnest\" ({:.1} nats).\n",
        outcome.heard_yes, outcome.heard_wake
    );
    print!("{}", outcome.told);
    println!(
        "\nsent: {}; woken by itself: {}; of its own words, {} counted nothing",
        outcome.sent, outcome.woke, outcome.uncounted
    );
    Ok(())
}
