//! The guard's examples come out as they say.
#![cfg(feature = "std")]
#![allow(clippy::duplicate_mod)] // each example brings what they share

#[path = "../examples/assistant.rs"]
mod assistant;
#[path = "../examples/portland.rs"]
mod portland;
#[path = "../examples/self_wake.rs"]
mod self_wake;

use earnest::guard::Gate;

#[test]
fn what_the_usual_chain_sends_earnest_does_not() {
    let heard = portland::hear().unwrap();
    let naive = portland::naive(&heard).unwrap();
    assert!(naive.sends, "the recording must be one that fools the usual thresholds");
    for gate in [Gate::Wake, Gate::Intent, Gate::Slots, Gate::Confirmation] {
        let desk = portland::guarded(&heard, gate).unwrap();
        assert!(desk.authorization.is_none(), "from {gate} on:\n{}", desk.explain().unwrap());
        assert!(desk.refusal.is_some(), "from {gate} on");
    }
}

#[test]
fn a_message_that_is_wanted_is_sent() {
    let (told, sent) = assistant::story().unwrap();
    assert!(told.contains("It was done: send a message (Denise)"), "{told}");
    assert!(sent > 16_000, "{sent}");
}

#[test]
fn the_prompt_does_not_answer_itself() {
    let outcome = self_wake::story().unwrap();
    assert!(outcome.heard_yes > 0.9 && outcome.heard_wake > 3.0, "the microphone did hear it");
    assert!(!outcome.sent && !outcome.woke, "{}", outcome.told);
    assert_eq!(outcome.uncounted, 3, "{}", outcome.told);
}
