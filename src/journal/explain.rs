//! The journal in plain sentences: what was heard, decided and why, in the order it happened.

use super::entry::{Entry, Kind};
use crate::audio::SampleIndex;
use crate::guard::{Gate, PromptKind, Reason};
use core::fmt::{self, Write};

/// What the numbers in a journal are called. The journal itself holds no names.
pub trait Names {
    /// What an action is, after "did not" or "may": "send a message".
    fn action(&self, action: u16) -> Option<&str>;
    /// What a slot value of an action is called: "Denise".
    fn value(&self, action: u16, slot: usize, value: u32) -> Option<&str>;
}

/// No names: actions and values are told by number.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Names for NoNames {
    fn action(&self, _: u16) -> Option<&str> {
        None
    }
    fn value(&self, _: u16, _: usize, _: u32) -> Option<&str> {
        None
    }
}

/// Tells entries, one after the other.
#[derive(Debug)]
pub struct Explainer<'n, N: ?Sized> {
    names: &'n N,
    /// Only this request, if one was asked for.
    only: Option<u32>,
    clock: Option<Clock>,
}

#[derive(Clone, Copy, Debug)]
struct Clock {
    at: SampleIndex,
    unix_ms: u64,
    ahead_min: i16,
}

impl<'n, N: Names + ?Sized> Explainer<'n, N> {
    /// `only`: one request; what belongs to none is told with all requests only.
    pub fn new(names: &'n N, only: Option<u32>) -> Self {
        Explainer { names, only, clock: None }
    }

    /// Writes a line about `entry`, or nothing. Entries come in order, none left out: the clock is among them.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn tell(&mut self, entry: &Entry, out: &mut impl Write) -> fmt::Result {
        if entry.kind == Kind::Clock {
            let ahead_min = entry.detail as i16;
            self.clock = Some(Clock { at: entry.at, unix_ms: entry.span.start.0, ahead_min });
        }
        let told = match entry.kind {
            Kind::Header | Kind::Clock => false,
            _ => self.only.is_none_or(|only| entry.session == only),
        };
        if !told {
            return Ok(());
        }
        if entry.kind == Kind::Recovered {
            return writeln!(
                out,
                "          {} bytes of this journal were lost in a cut write.",
                entry.detail
            );
        }
        self.time(entry.at, out)?;
        out.write_str("  ")?;
        match entry.session {
            0 => out.write_str("      ")?,
            session => {
                let digits = session.checked_ilog10().unwrap_or(0) as usize + 1;
                write!(out, "#{session}{:1$}", "", 5usize.saturating_sub(digits).max(1))?;
            }
        }
        self.sentence(entry, out)?;
        out.write_str(".\n")
    }

    fn sentence(&self, entry: &Entry, out: &mut impl Write) -> fmt::Result {
        let [first, second, third, fourth, fifth, sixth, seventh, _] = entry.numbers;
        match entry.kind {
            Kind::Header | Kind::Clock | Kind::Recovered => Ok(()),
            Kind::Muted => out.write_str("The microphone was muted"),
            Kind::Unmuted => out.write_str("The microphone was switched on again"),
            Kind::Passed => {
                match entry.gate {
                    Some(Gate::Wake) => write!(
                        out,
                        "I woke, because I heard the wake phrase: {first:.1} nats, needed {second:.1}"
                    )?,
                    Some(Gate::Intent) => {
                        out.write_str("I understood that I should ")?;
                        self.act(entry, out)?;
                        write!(out, ": {first:.2}, needed {second:.2}")?;
                    }
                    Some(Gate::Slots) => {
                        write!(out, "The weakest part of that was {first:.2} sure, needed {second:.2}")?;
                    }
                    Some(Gate::Announcement) => {
                        write!(out, "I had said it to the end ({:.1} s)", first / 1000.0)?
                    }
                    Some(Gate::Confirmation) => {
                        write!(out, "Somebody confirmed it by name: {first:.2}, needed {second:.2}")?;
                    }
                    _ => out.write_str("That was in order")?,
                }
                if sixth != 0.0 {
                    write!(out, " (adds {sixth:+.1} of {third:+.1} nats, sum {seventh:+.1}")?;
                    if fourth > 0.0 {
                        write!(out, "; talk going on: {:.0} %", 100.0 * fourth)?;
                    }
                    if fifth > 0.0 {
                        write!(out, "; common cause {:.0} %", 100.0 * fifth)?;
                    }
                    out.write_str(")")?;
                }
                Ok(())
            }
            Kind::Listen => {
                let what = if entry.gate == Some(Gate::Confirmation) { "an answer" } else { "a command" };
                let seconds = SampleIndex(entry.span.len()).seconds();
                write!(out, "I listened for {what}, for {seconds:.1} s at most")
            }
            Kind::Say => {
                match entry.prompt() {
                    Some(PromptKind::Announce) => out.write_str("I began to say that I would ")?,
                    Some(PromptKind::AskSlot { slot }) => {
                        write!(out, "I asked once which value {} was meant, to ", u16::from(slot) + 1)?;
                    }
                    Some(PromptKind::AskAgain) => out.write_str("I asked once more, by name, whether to ")?,
                    Some(PromptKind::AskCommand) => {
                        out.write_str("I asked to hear the command once more. What I had understood: ")?;
                    }
                    None => out.write_str("I said something about ")?,
                }
                self.act(entry, out)
            }
            Kind::AskSecondFactor => out.write_str("I asked for the second factor"),
            Kind::Short => {
                out.write_str("Not good enough: ")?;
                because(entry, out)
            }
            Kind::Authorized => {
                out.write_str("I allowed to ")?;
                self.act(entry, out)?;
                write!(out, ": all together {first:+.1} nats, needed {second:+.1}")
            }
            Kind::Redeemed => {
                out.write_str("It was done: ")?;
                self.act(entry, out)
            }
            Kind::Refused => {
                out.write_str("I did not ")?;
                match entry.action {
                    Some(_) => self.act(entry, out)?,
                    None => out.write_str("do anything")?,
                }
                out.write_str(", because ")?;
                because(entry, out)?;
                if fourth != 0.0 {
                    write!(
                        out,
                        " (sum {third:+.1} nats: before hearing anything {fourth:+.1}, wake {fifth:+.1}, intent \
                         {sixth:+.1}, slots {seventh:+.1}, confirmation {:+.1})",
                        entry.numbers[7]
                    )?;
                }
                Ok(())
            }
            Kind::Uncounted => {
                match entry.gate {
                    Some(Gate::Wake) => out.write_str("Something like the wake phrase counted nothing: ")?,
                    Some(Gate::Confirmation) => out.write_str("An answer counted nothing: ")?,
                    Some(Gate::Announcement) => out.write_str("A report about a prompt counted nothing: ")?,
                    _ => out.write_str("Something counted nothing: ")?,
                }
                because(entry, out)
            }
        }
    }

    /// "send a message (Denise)".
    fn act(&self, entry: &Entry, out: &mut impl Write) -> fmt::Result {
        let action = entry.action.unwrap_or(u16::MAX);
        match self.names.action(action) {
            Some(name) => out.write_str(name)?,
            None => write!(out, "do action {action}")?,
        }
        for (slot, value) in entry.values().iter().enumerate() {
            out.write_str(if slot == 0 { " (" } else { ", " })?;
            match self.names.value(action, slot, *value) {
                Some(name) => out.write_str(name)?,
                None => write!(out, "value {value}")?,
            }
        }
        if usize::from(entry.slots) > entry.values().len() {
            out.write_str(", …")?;
        }
        if entry.values().is_empty() { Ok(()) } else { out.write_str(")") }
    }

    /// Wall-clock time of the day if that is known, else seconds since the start.
    fn time(&self, at: SampleIndex, out: &mut impl Write) -> fmt::Result {
        let Some(clock) = self.clock else { return write!(out, "{:>8.2} s", at.seconds()) };
        let samples = i128::from(at.0) - i128::from(clock.at.0);
        let ms = i128::from(clock.unix_ms) + samples / 16 + i128::from(clock.ahead_min) * 60_000;
        let second = ms.div_euclid(1000).rem_euclid(86_400);
        write!(out, "  {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
    }
}

/// The reason, with its numbers.
fn because(entry: &Entry, out: &mut impl Write) -> fmt::Result {
    let [expected, actual, ..] = entry.numbers;
    let seconds = |ms: f32| ms / 1000.0;
    let Some(reason) = entry.reason else { return out.write_str("of something that was not noted") };
    match reason {
        Reason::Muted => out.write_str("the microphone was muted when it was said or before it was done"),
        Reason::ClockRanBack => {
            write!(out, "something was reported for {actual:.2} s when it was {expected:.2} s already")
        }
        Reason::BadNumber => {
            write!(out, "a number that I was given can't be: {actual}, expected {expected} at most")
        }
        Reason::Deadline => {
            let what = match entry.gate {
                Some(Gate::Intent) => "no command was understood",
                Some(Gate::Announcement) => "the prompt was not reported as played",
                Some(Gate::Confirmation) => "nobody confirmed",
                Some(Gate::SecondFactor) => "no second factor came",
                _ => "nothing happened",
            };
            write!(out, "{what} within {:.1} s", seconds(expected))
        }
        Reason::Cancelled => out.write_str("it was stopped"),
        Reason::NotExpected => out.write_str("nobody had asked for it then"),
        Reason::InPlayback => {
            write!(out, "it was in what I was playing myself: {actual:.2}, allowed {expected:.2}")
        }
        Reason::WakeTooWeak => {
            write!(out, "the wake phrase was not sure enough: {actual:.1} nats, needed {expected:.1}")
        }
        Reason::WakeTooOld => write!(
            out,
            "the wake phrase had ended {:.1} s before it was reported, allowed {:.1} s",
            seconds(actual),
            seconds(expected)
        ),
        Reason::NoPause => write!(
            out,
            "people were talking right before the wake phrase: {:.2} s of quiet, needed {:.2} s",
            seconds(actual),
            seconds(expected)
        ),
        Reason::BeforeWake => {
            write!(out, "it began {:.2} s before the wake phrase was over", seconds(actual))
        }
        Reason::NotUnderstood => {
            write!(out, "what was said was no command (nobody was talking to me: {actual:.2})")
        }
        Reason::UnknownAction => write!(out, "I have no rules for action {actual}"),
        Reason::Deprovisioned => write!(out, "this class of action ({actual}) is switched off"),
        Reason::IntentTooWeak => {
            write!(out, "I was not sure what was wanted: {actual:.2}, needed {expected:.2}")
        }
        Reason::NobodyAsked => {
            write!(out, "it sounded as if nobody was talking to me: {actual:.2}, allowed {expected:.2}")
        }
        Reason::SlotCount => write!(out, "{actual} values were said, needed {expected}"),
        Reason::SlotNotListed => {
            write!(out, "the name matched nobody: best {actual:.2}, needed {expected:.2}")
        }
        Reason::SlotTooWeak => write!(out, "the name was not sure enough: {actual:.2}, needed {expected:.2}"),
        Reason::SlotAmbiguous => write!(
            out,
            "the name was not clearly ahead of the next best: by {actual:.2}, needed {expected:.2}"
        ),
        Reason::OtherAction => out.write_str("another action was named than the one I had asked about"),
        Reason::PromptNotStarted => out.write_str("the end of a prompt was reported that had not begun"),
        Reason::PromptCutShort => {
            write!(out, "my announcement was cut short after {:.1} s", seconds(actual))
        }
        Reason::PromptEmpty => write!(
            out,
            "the prompt said nothing: {:.2} s long, needed {:.2} s",
            seconds(actual),
            seconds(expected)
        ),
        Reason::AnswerTooEarly => {
            write!(out, "it began {:.2} s before I had finished speaking", seconds(actual))
        }
        Reason::Declined => out.write_str("somebody said no"),
        Reason::AnswerTooShort => {
            write!(out, "the answer was too short to count: {actual} phones, needed {expected}")
        }
        Reason::AnswerNamesNothing => out.write_str("the answer did not name what I should do"),
        Reason::AnswerTooWeak => {
            write!(out, "the answer was not sure enough: {actual:.2}, needed {expected:.2}")
        }
        Reason::SecondFactorFailed => out.write_str("the second factor was wrong"),
        Reason::NotEnough => {
            write!(out, "all together was not sure enough: {actual:+.1} nats, needed {expected:+.1}")
        }
        Reason::CannotBeEnough => write!(
            out,
            "even with a perfect confirmation it would have come to {actual:+.1} nats, needed {expected:+.1}"
        ),
        Reason::Expired => {
            write!(out, "the permission was not used within {:.1} s", seconds(expected))
        }
        Reason::OtherAct => out.write_str("the permission was for something else"),
        Reason::NotIssued => out.write_str("there was no such permission"),
        Reason::OtherOwner => {
            write!(out, "the recording belongs to somebody else: owner {expected}, asked for {actual}")
        }
    }
}
