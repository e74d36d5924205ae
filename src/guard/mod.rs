//! The guard.

mod settings;
mod tier;
mod policy;
mod config;
#[cfg(feature = "std")]
mod policy_file;
mod facts;
mod voice;
pub mod evidence;
mod gate;
mod check;
mod recording;
mod authorization;
mod output;
mod machine;

pub use authorization::{Authorization, Grant};
pub use config::{ClassSet, EvidenceConfig, GuardConfig, Timing};
pub use facts::{Act, Answer, Input, OwnerId, Slot, Surroundings, Understood, Wake};
pub use gate::{Finding, Gate, Reason, Refusal, Uncounted};
pub use machine::Guard;
pub use output::{Output, Passed, Prompt, PromptKind};
pub use policy::{Action, MAX_SLOTS, Policy, PolicyWarning, SHORT_PHRASE_PHONES};
#[cfg(feature = "std")]
pub use policy_file::{PolicyError, PolicyFile};
pub use recording::Recording;
pub use settings::Key;
pub use tier::{MIN_GRAVE_CONFIRMATION_PHONES, MIN_GRAVE_SLOT_MARGIN, Tier, TierLimits};
pub use voice::{VOICE_BANDS, VoiceFacts, VoiceMeter};
