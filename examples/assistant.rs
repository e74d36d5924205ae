//! A message that somebody wants, from end to end: "Hey earnest. Send a message to Denise." – "Yes, send it."
//!
//!     cargo run --release --example assistant
//!
//! The voice is synthetic (examples/portland/make.py), the kitchen and its noise too; what is heard in it is real:
//! front end, VAD and acoustic model over the audio, phrases by alignment. The prompts are not in the audio; the host
//! says when it played them.

mod common;

use common::desk::{Desk, answer, command, wake};
use common::{NO_DENNIS, Sound};
use earnest::audio::SampleSpan;
use earnest::guard::Input;
use std::error::Error;

/// Runs it: the journal in sentences, and how many samples were sent.
pub(crate) fn story() -> Result<(String, usize), Box<dyn Error>> {
    let sound = Sound::hear(common::flac("portland/wanted.flac")?)?;
    let mut desk = Desk::new()?;

    let phrase = sound.find("hey earnest", 0.0..4.0)?;
    desk.tell(phrase.known(), Input::Wake(wake(&sound, &phrase)?));
    // First what the pre-roll holds, then what comes.
    let kept = phrase.span.start.0 as usize..(16 * 5400);
    desk.guard.record(&sound.pcm[kept]);

    let from = phrase.span.end.seconds();
    let asked = sound.find("send a message to", from..from + 2.5)?;
    let after = asked.span.end.seconds() - 0.1;
    let (slot, name) = sound.contact(NO_DENNIS, after..after + 0.8)?;
    let span = SampleSpan { start: asked.span.start, end: name.span.end };
    let heard = command(&sound, &asked, slot, span, name.known())?;
    desk.tell(name.known(), Input::Understood(heard));

    // "I will send a message to Denise. To confirm, say: yes, send it."
    if let Some(end) = desk.play(name.known().after(1600), 3.4) {
        let yes = sound.find("yes send it", end.seconds() + 0.1..end.seconds() + 4.0)?;
        desk.tell(yes.known(), Input::Answer(answer(&sound, &yes, true)?));
        let sent = desk.send(&heard.act(), yes.known())?;
        return Ok((desk.explain()?, sent));
    }
    Err(format!("no prompt was asked for:\n{}", desk.explain()?).into())
}

#[allow(dead_code)] // the tests call the story
fn main() -> Result<(), Box<dyn Error>> {
    let (told, sent) = story()?;
    print!("{told}");
    println!(
        "\n{:.1} s of recording were opened for their owner, once, and are wiped.",
        sent as f64 / 16_000.0
    );
    Ok(())
}
