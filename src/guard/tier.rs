//! How much harm an action can do, and what must be true before it is done.

use super::settings::settings;
use crate::ConfigError;
use core::fmt;

/// What goes wrong if it is done although nobody asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Tier {
    /// Nothing that matters: the time, a timer, a light.
    Routine = 0,
    /// A nuisance that can be undone: music, a thermostat.
    Reversible = 1,
    /// Something leaves the house: a message, a call, a recording, a purchase.
    Disclosing = 2,
    /// Something moves or opens: a lock, a garage, an alarm. The default, being the gravest.
    #[default]
    Physical = 3,
}

impl Tier {
    /// All tiers, in order of their numbers.
    pub const ALL: [Tier; 4] = [Tier::Routine, Tier::Reversible, Tier::Disclosing, Tier::Physical];

    /// Its name in policies and journals.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Routine => "routine",
            Tier::Reversible => "reversible",
            Tier::Disclosing => "disclosing",
            Tier::Physical => "physical",
        }
    }

    /// The tier of that number.
    pub fn from_number(number: u8) -> Option<Tier> {
        Tier::ALL.into_iter().find(|tier| *tier as u8 == number)
    }

    /// Whether announcement, confirmation by name and a margin are laws that no policy can lift.
    pub fn is_grave(self) -> bool {
        matches!(self, Tier::Disclosing | Tier::Physical)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Fewest phones of a confirmation for a grave tier, whatever the policy says: "right" has 3, "yes, send it" 10.
pub const MIN_GRAVE_CONFIRMATION_PHONES: u32 = 5;
/// Smallest margin over the runner-up for a grave tier, whatever the policy says.
pub const MIN_GRAVE_SLOT_MARGIN: f32 = 0.1;

settings! {
    /// What one tier demands. The defaults are those of `disclosing`.
    TierLimits in "tier" {
        min_wake_nats: f32 = 3.0, 0 to 20, "nats",
            "Smallest log-likelihood ratio of the wake phrase.";
        min_pause_ms: u32 = 200, 0 to 5000, "ms",
            "Quiet there must have been before the wake phrase: who talks to somebody else doesn't pause.";
        min_intent_probability: f32 = 0.9, 0.5 to 1, "probability",
            "Smallest probability of the intent.";
        max_nobody_probability: f32 = 0.05, 0 to 0.5, "probability",
            "Largest probability that nobody was talking to the device.";
        min_slot_probability: f32 = 0.9, 0.5 to 1, "probability",
            "Smallest probability of every slot's value.";
        min_slot_margin: f32 = 0.5, 0 to 1, "probability",
            "By how much every slot's value must exceed its runner-up and \"not in the list\".";
        min_ask_probability: f32 = 0.5, 0.5 to 1, "probability",
            "A command that isn't sure enough, or a value of which isn't, is asked for once more if its intent is this probable. 1: never.";
        announce: bool = true, 0 to 1, "switch",
            "Whether the action is announced, and the announcement played to its end, before it is done.";
        confirm: bool = true, 0 to 1, "switch",
            "Whether somebody must confirm after the announcement. Needs `announce`.";
        min_confirmation_probability: f32 = 0.9, 0.5 to 1, "probability",
            "Smallest probability of the confirmation phrase.";
        min_confirmation_phones: u32 = 6, 0 to 40, "phones",
            "Fewest phones of a confirmation that counts.";
        confirmation_names_act: bool = true, 0 to 1, "switch",
            "Whether the confirmation must name the act (\"yes, send it\").";
        second_factor: bool = false, 0 to 1, "switch",
            "Whether the host must report a second factor (a code, a tap on a phone) at the end.";
        required_log_odds: f32 = 5.0, -20 to 40, "nats",
            "What prior and evidence of all gates must come to. 5 nats are odds of 150 to 1.";
    }
}

impl TierLimits {
    /// The defaults of `tier`.
    pub fn of(tier: Tier) -> TierLimits {
        let disclosing = TierLimits::default();
        let reversible = TierLimits {
            min_wake_nats: 1.0,
            min_pause_ms: 0,
            min_intent_probability: 0.8,
            max_nobody_probability: 0.1,
            min_slot_probability: 0.7,
            min_slot_margin: 0.2,
            announce: true,
            confirm: false,
            min_confirmation_phones: 3,
            confirmation_names_act: false,
            required_log_odds: 2.0,
            ..disclosing
        };
        match tier {
            Tier::Routine => TierLimits {
                max_nobody_probability: 0.2,
                announce: false,
                required_log_odds: 0.0,
                ..reversible
            },
            Tier::Reversible => reversible,
            Tier::Disclosing => disclosing,
            Tier::Physical => TierLimits { second_factor: true, min_pause_ms: 300, ..disclosing },
        }
    }

    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the field, also where a policy would lift a law of a grave tier.
    pub(super) fn check_for(&self, tier: Tier) -> Result<(), ConfigError> {
        self.check()?;
        if tier.is_grave() {
            for (field, switch) in [
                ("tier.announce", self.announce),
                ("tier.confirm", self.confirm),
                ("tier.confirmation_names_act", self.confirmation_names_act),
            ] {
                ConfigError::check(field, f64::from(u8::from(switch)), 1.0, 1.0)?;
            }
            ConfigError::check(
                "tier.min_confirmation_phones",
                f64::from(self.min_confirmation_phones),
                f64::from(MIN_GRAVE_CONFIRMATION_PHONES),
                40.0,
            )?;
            ConfigError::check(
                "tier.min_slot_margin",
                f64::from(self.min_slot_margin),
                f64::from(MIN_GRAVE_SLOT_MARGIN),
                1.0,
            )?;
        }
        if self.confirm {
            ConfigError::check("tier.announce", f64::from(u8::from(self.announce)), 1.0, 1.0)?;
        }
        Ok(())
    }
}
