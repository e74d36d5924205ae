//! Is a journal whole, as far as that can be seen?

use super::chain::{Anchor, Fault, Key, Verifier};
use super::entry::{ENTRY_BYTES, Entry};

/// A journal in which nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries, the header included.
    pub entries: u64,
    /// Where the journal before it ended.
    pub before: Anchor,
    /// Where it ends. Compare it with what was kept elsewhere.
    pub end: Anchor,
    /// Bytes at the end that are the beginning of an entry whose write was cut; 0 if none was.
    pub torn_bytes: usize,
    /// Where the anchor that was asked for lies: whether the journal still holds all that was in it then. `None` if
    /// none was asked for.
    pub holds_anchor: Option<bool>,
}

/// Checks the journal in `bytes`, and gives every right entry to `on_entry`, in order.
///
/// `anchor`: an end of this journal that was kept elsewhere. Without one it can't be seen whether entries are missing
/// at the end.
///
/// # Errors
/// The first entry that is wrong; those before it are right.
pub fn verify(
    bytes: &[u8],
    key: Option<Key>,
    anchor: Option<&Anchor>,
    mut on_entry: impl FnMut(u64, &Entry),
) -> Result<Verified, Fault> {
    let mut verifier = Verifier::new(key);
    let (blocks, mut torn) = bytes.as_chunks::<ENTRY_BYTES>();
    let mut holds = false;
    let last = blocks.len().saturating_sub(1);
    for (n, block) in blocks.iter().enumerate() {
        match verifier.next(block) {
            Ok(entry) => {
                let end = verifier.end();
                holds |= end.as_ref() == anchor;
                on_entry(end.map_or(0, |end| end.next.wrapping_sub(1)), &entry);
            }
            // Memory beyond the last write, or a write that was cut.
            Err(_) if n == last && torn.is_empty() && verifier.end().is_some() && verifier.is_torn(block) => {
                torn = block;
            }
            Err(fault) => return Err(fault),
        }
    }
    let Some(end) = verifier.end() else {
        return Err(Fault { entry: 0, kind: super::FaultKind::Header });
    };
    Ok(Verified {
        entries: verifier.entries(),
        before: verifier.before(),
        end,
        torn_bytes: torn.len(),
        holds_anchor: anchor.map(|_| holds),
    })
}
