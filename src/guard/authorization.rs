//! The permission to do one thing once.

use super::facts::{Act, OwnerId};
use super::gate::Finding;
use super::recording::Recording;
use crate::audio::SampleIndex;

/// The permission to do one action, once, soon.
///
/// Only a guard makes it, after every gate of the action's tier; [`Guard::redeem`](super::Guard::redeem) takes it
/// back and gives a [`Grant`] for it, if it is still good. There is no other way to one. It can't be made up,
/// ```compile_fail,E0451
/// use earnest::{audio::SampleIndex, guard::{Act, Authorization}};
/// let act = Act::new(1, &[]).unwrap();
/// let forged = Authorization { guard: 0, session: 1, act, expires: SampleIndex(u64::MAX) };
/// ```
/// copied,
/// ```compile_fail,E0599
/// fn twice(authorization: earnest::guard::Authorization) {
///     let _ = authorization.clone();
/// }
/// ```
/// stored,
/// ```compile_fail,E0277
/// fn store(authorization: &earnest::guard::Authorization) -> String {
///     serde_json::to_string(authorization).unwrap()
/// }
/// ```
/// or used a second time:
/// ```compile_fail,E0382
/// use earnest::{audio::SampleIndex, guard::{Act, Authorization, Guard}};
/// fn act(guard: &mut Guard, authorization: Authorization, act: Act, now: SampleIndex) {
///     let _ = guard.redeem(authorization, &act, now);
///     let _ = guard.redeem(authorization, &act, now);
/// }
/// ```
/// Once is fine:
/// ```
/// use earnest::{audio::SampleIndex, guard::{Act, Authorization, Guard}};
/// fn act(guard: &mut Guard, authorization: Authorization, act: Act, now: SampleIndex) {
///     let _ = guard.redeem(authorization, &act, now);
/// }
/// ```
#[derive(Debug)]
#[must_use = "nothing is done until it is redeemed; dropped, it is void"]
pub struct Authorization {
    pub(super) guard: u16,
    pub(super) session: u32,
    pub(super) act: Act,
    pub(super) expires: SampleIndex,
}

impl Authorization {
    /// Which request it answers.
    pub fn session(&self) -> u32 {
        self.session
    }

    /// What it permits.
    pub fn act(&self) -> &Act {
        &self.act
    }

    /// The last sample at which it can be redeemed.
    pub fn expires(&self) -> SampleIndex {
        self.expires
    }
}

/// An authorisation that was redeemed: do it now.
///
/// It borrows the guard, so that no event, not even another request, comes between the permission and the act, and
/// when it is dropped, the recording is wiped. What it opens can't outlive it:
/// ```compile_fail,E0505
/// use earnest::guard::{Grant, OwnerId};
/// fn keep(grant: Grant) {
///     let samples = grant.open(OwnerId(1)).unwrap();
///     drop(grant);
///     println!("{}", samples.len());
/// }
/// ```
/// ```
/// use earnest::guard::{Grant, OwnerId};
/// fn send(grant: Grant) {
///     let samples = grant.open(OwnerId(1)).unwrap();
///     println!("{}", samples.len());
///     drop(grant);
/// }
/// ```
#[derive(Debug)]
#[must_use = "the permission ends when this is dropped"]
pub struct Grant<'g, 'a> {
    pub(super) recording: &'g mut Recording<'a>,
    pub(super) session: u32,
    pub(super) at: SampleIndex,
    pub(super) act: Act,
    pub(super) owner: OwnerId,
}

impl Grant<'_, '_> {
    /// Which request it answers.
    pub fn session(&self) -> u32 {
        self.session
    }

    /// When it was redeemed.
    pub fn at(&self) -> SampleIndex {
        self.at
    }

    /// What may be done.
    pub fn act(&self) -> &Act {
        &self.act
    }

    /// Whose request it was.
    pub fn owner(&self) -> OwnerId {
        self.owner
    }

    /// The recording of the request, for its owner and nobody else.
    ///
    /// # Errors
    /// A [`Finding`] with [`Reason::OtherOwner`](super::Reason::OtherOwner) for anybody else.
    pub fn open(&self, owner: OwnerId) -> Result<&[i16], Finding> {
        self.recording.open(owner)
    }
}

impl Drop for Grant<'_, '_> {
    fn drop(&mut self) {
        self.recording.wipe();
    }
}
