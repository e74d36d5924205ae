//! The end: is it enough, the authorisation, and its use.

use super::{Guard, State, reaches};
use crate::audio::SampleIndex;
use crate::guard::authorization::{Authorization, Grant};
use crate::guard::config::{ms, samples};
use crate::guard::evidence::Weighing;
use crate::guard::facts::Act;
use crate::guard::gate::{Finding, Gate, Reason, Refusal};
use crate::guard::output::Output;
use crate::guard::tier::TierLimits;

impl<'a> Guard<'a> {
    /// All that was heard is in: is it enough?
    pub(super) fn finish(&mut self, at: SampleIndex, limits: &TierLimits, out: &mut dyn FnMut(Output)) {
        let Some((session, (act, _))) = self.session.and_then(|s| Some((s, s.act?))) else { return };
        let total = session.weighing.total();
        if !reaches(total, limits.required_log_odds) {
            let (gate, reason) = (self.gate(), Reason::NotEnough);
            return self.refuse(
                at,
                Finding { gate, reason, expected: limits.required_log_odds, actual: total },
                out,
            );
        }
        if limits.second_factor {
            let until = self.until(at, self.config.timing.second_factor_ms);
            self.state = State::SecondFactor { until };
            self.open_gate(at);
            out(Output::AskSecondFactor { session: session.id, at, act, until });
        } else {
            self.authorize(at, out);
        }
    }

    pub(super) fn authorize(&mut self, at: SampleIndex, out: &mut dyn FnMut(Output)) {
        let Some((session, (act, action))) = self.session.and_then(|s| Some((s, s.act?))) else { return };
        // The session's own limit is about listening; what is authorised lives its full time.
        let expires = at.after(samples(self.config.timing.authorization_ms));
        self.state = State::Authorized { until: expires };
        self.open_gate(at);
        out(Output::Authorized {
            authorization: Authorization { guard: self.config.id, session: session.id, act, expires },
            at,
            owner: session.wake.owner,
            tier: action.tier,
            weighing: session.weighing,
            required: self.config.limits(action.tier).required_log_odds,
        });
    }

    /// Takes an authorisation back and gives the permission to do `act` now, at sample `at`.
    ///
    /// # Errors
    /// A [`Refusal`] if it isn't this guard's, is not the one that is open, has expired or was for something else,
    /// if the microphone was muted or the class switched off since. Either way the authorisation is used up, and
    /// without a grant the recording is wiped.
    #[expect(clippy::result_large_err, reason = "there is no heap to put the evidence on")]
    pub fn redeem(
        &mut self,
        authorization: Authorization,
        act: &Act,
        at: SampleIndex,
    ) -> Result<Grant<'_, 'a>, Refusal> {
        let open = match (self.state, self.session) {
            (State::Authorized { until }, Some(session)) => Some((until, session)),
            _ => None,
        };
        let gate = Gate::Authorization;
        let finding = |reason, expected, actual| Finding { gate, reason, expected, actual };
        let refused = |finding, weighing| {
            Err(Refusal {
                session: authorization.session,
                at,
                act: Some(authorization.act),
                finding,
                weighing,
            })
        };
        let session = match open {
            Some((_, session))
                if authorization.guard == self.config.id && authorization.session == session.id =>
            {
                session
            }
            _ if self.state == State::Muted => {
                return refused(finding(Reason::Muted, 0.0, 0.0), Weighing::default());
            }
            // Not the one that is out: a stranger can't end an open request.
            _ => {
                let finding = finding(Reason::NotIssued, self.sessions as f32, authorization.session as f32);
                return refused(finding, Weighing::default());
            }
        };
        let class = session.act.map_or(u8::MAX, |(_, action)| action.class);
        let verdict = if at < self.now {
            Some(finding(Reason::ClockRanBack, self.now.seconds() as f32, at.seconds() as f32))
        } else if at > authorization.expires {
            let late = ms(at.since(authorization.expires));
            let life = self.config.timing.authorization_ms as f32;
            Some(finding(Reason::Expired, life, life + late))
        } else if *act != authorization.act {
            Some(finding(Reason::OtherAct, f32::from(authorization.act.action), f32::from(act.action)))
        } else if !self.provisioned.has(class) {
            Some(finding(Reason::Deprovisioned, 0.0, f32::from(class)))
        } else {
            None
        };
        self.now = self.now.max(at);
        self.state = State::Idle;
        self.session = None;
        match verdict {
            Some(finding) => {
                self.recording.wipe();
                refused(finding, session.weighing)
            }
            None => Ok(Grant {
                recording: &mut self.recording,
                session: authorization.session,
                at,
                act: authorization.act,
                owner: session.wake.owner,
            }),
        }
    }
}
