//! Evaluation.
pub mod stats;
