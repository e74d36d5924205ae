//! The gates in order, why a request stops at one, and what it fell short by.

use super::evidence::Weighing;
use super::facts::Act;
use crate::audio::{SampleIndex, SampleSpan};
use core::fmt;

/// A gate that a request must pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Gate {
    /// Was the wake phrase said?
    #[default]
    Wake = 0,
    /// Which action was asked for?
    Intent = 1,
    /// With which values?
    Slots = 2,
    /// Was it said aloud what will be done?
    Announcement = 3,
    /// Did somebody want it?
    Confirmation = 4,
    /// Is it really them?
    SecondFactor = 5,
    /// Is the authorisation used for what it was given for?
    Authorization = 6,
}

impl Gate {
    /// All gates, in order of their numbers.
    pub const ALL: [Gate; 7] = [
        Gate::Wake,
        Gate::Intent,
        Gate::Slots,
        Gate::Announcement,
        Gate::Confirmation,
        Gate::SecondFactor,
        Gate::Authorization,
    ];

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Gate::Wake => "wake",
            Gate::Intent => "intent",
            Gate::Slots => "slots",
            Gate::Announcement => "announcement",
            Gate::Confirmation => "confirmation",
            Gate::SecondFactor => "second factor",
            Gate::Authorization => "authorisation",
        }
    }

    /// The gate of that number.
    pub fn from_number(number: u8) -> Option<Gate> {
        Gate::ALL.into_iter().find(|gate| *gate as u8 == number)
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! reasons {
    ($( $name:ident = $number:literal, $unit:literal, $what:literal; )*) => {
        /// Why something was refused or counted nothing. The numbers `expected` and `actual` of a [`Finding`] have
        /// the unit that stands with each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Reason {
            $(
                #[doc = concat!($what, " Unit: ", $unit, ".")]
                $name = $number,
            )*
        }

        impl Reason {
            /// All reasons, in order of their numbers.
            pub const ALL: &'static [Reason] = &[$( Reason::$name, )*];

            /// Unit of the numbers that come with it.
            pub fn unit(self) -> &'static str {
                match self {
                    $( Reason::$name => $unit, )*
                }
            }
        }
    };
}

reasons! {
    Muted = 1, "none", "The microphone was muted, or was when the words were said.";
    ClockRanBack = 2, "s", "Something was reported for a time before the latest one.";
    BadNumber = 3, "probability", "A number that can't be: NaN, outside its range, a span that ends before it begins.";
    Deadline = 4, "ms", "It wasn't done in time.";
    Cancelled = 5, "none", "Somebody stopped it.";
    NotExpected = 6, "none", "Nobody waited for this now.";
    InPlayback = 7, "probability", "The words were in what the device itself was playing.";
    WakeTooWeak = 8, "nats", "The wake phrase wasn't sure enough.";
    WakeTooOld = 9, "ms", "The wake phrase was reported too long after it was said.";
    NoPause = 10, "ms", "There was no pause before the wake phrase.";
    BeforeWake = 11, "ms", "The words began before the wake phrase was over.";
    NotUnderstood = 12, "probability", "What was said was no command; `actual`: that nobody was talking to the device.";
    UnknownAction = 13, "action", "The policy doesn't know the action.";
    Deprovisioned = 14, "class", "The class of the action is switched off.";
    IntentTooWeak = 15, "probability", "The intent wasn't sure enough.";
    NobodyAsked = 16, "probability", "It was too probable that nobody was talking to the device.";
    SlotCount = 17, "slots", "Another number of slots than the action has.";
    SlotNotListed = 18, "probability", "What was said is rather not in the list.";
    SlotTooWeak = 19, "probability", "A slot's value wasn't sure enough.";
    SlotAmbiguous = 20, "probability", "A slot's value wasn't far enough ahead of the next best.";
    OtherAction = 21, "action", "Asked for a slot, another action was understood.";
    PromptNotStarted = 22, "none", "The end of a prompt was reported that had not begun.";
    PromptCutShort = 23, "ms", "A prompt was not played to its end.";
    PromptEmpty = 24, "ms", "A prompt was too short to have said anything.";
    AnswerTooEarly = 25, "ms", "The answer began before the prompt was over.";
    Declined = 26, "probability", "Somebody said no.";
    AnswerTooShort = 27, "phones", "The confirmation was too short to count.";
    AnswerNamesNothing = 28, "none", "The confirmation didn't name the act.";
    AnswerTooWeak = 29, "probability", "The confirmation wasn't sure enough.";
    SecondFactorFailed = 30, "none", "The second factor was wrong.";
    NotEnough = 31, "nats", "All gates together weren't sure enough.";
    CannotBeEnough = 32, "nats", "No confirmation could have made it sure enough, so nobody was asked for one.";
    Expired = 33, "ms", "The authorisation was used too late or not at all.";
    OtherAct = 34, "action", "The authorisation was for something else.";
    NotIssued = 35, "request", "No such authorisation is open: it was used, revoked, or another guard's.";
    OtherOwner = 36, "owner", "The recording belongs to somebody else.";
}

impl Reason {
    /// The reason of that number.
    pub fn from_number(number: u8) -> Option<Reason> {
        Reason::ALL.iter().copied().find(|reason| *reason as u8 == number)
    }
}

/// One condition that didn't hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// The gate it belongs to.
    pub gate: Gate,
    /// Which condition.
    pub reason: Reason,
    /// What was needed.
    pub expected: f32,
    /// What there was.
    pub actual: f32,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {:?}, {} {}, expected {}",
            self.gate,
            self.reason,
            self.actual,
            self.reason.unit(),
            self.expected
        )
    }
}

/// A request that was refused. Nothing of it is left: its recording is wiped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refusal {
    /// Which request.
    pub session: u32,
    /// When.
    pub at: SampleIndex,
    /// What was asked for, if that was understood.
    pub act: Option<Act>,
    /// The first condition that didn't hold; the others were told before.
    pub finding: Finding,
    /// The evidence until then.
    pub weighing: Weighing,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {} refused at {}: {}", self.session, self.at, self.finding)
    }
}

impl core::error::Error for Refusal {}

/// Something heard or reported that counted nothing, and changed nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncounted {
    /// The request that was open, 0 if none.
    pub session: u32,
    /// When it was reported.
    pub at: SampleIndex,
    /// Where the words were.
    pub span: Option<SampleSpan>,
    /// Why.
    pub finding: Finding,
}
