//! The allowances of each client and of all together: levels that lines raise and time lowers.

use std::time::Duration;

use parloir::relay::Role;
use parloir::{Monotonic, Time};

use super::{Client, Model, Stage};

/// The parts of a line.
const LINE: u128 = 1_000_000_000;

/// The number of addresses as which one machine counts. All clients come from this machine.
const ADDRESSES: u32 = 8;

/// The part of an allowance that is used up, in parts of lines, and the time at which that was so.
pub(super) type Level = (u128, Duration);

/// The level at a later time.
fn level((level, then): Level, at: Duration, rate: u128) -> u128 {
    level.saturating_sub((at - then).as_nanos() * rate)
}

impl Model {
    fn rate(&self) -> u128 {
        u128::from(self.config.rate)
    }

    fn max(&self) -> u128 {
        u128::from(self.config.burst) * LINE
    }

    /// The number of connections that the common allowance is enough for. None if there is no limit
    /// at all, or each connection has only its own.
    fn shares(&self) -> Option<u128> {
        let shares = u128::from(self.config.allowances_per_address * ADDRESSES);
        (shares > 0 && self.config.rate > 0).then_some(shares)
    }

    /// The number of parts of lines by which all together would exceed the common allowance, after
    /// `more` in addition.
    fn is_over(&self, more: u128) -> u128 {
        self.shares().map_or(0, |shares| {
            let used = level(self.common, self.now, self.rate() * shares);
            (used + more).saturating_sub(self.max() * shares)
        })
    }

    /// One line for each connection. The current client is not in `clients` meanwhile, so it is
    /// added.
    fn a_line_each(&self) -> u128 {
        (self.clients.len() as u128 + 1) * LINE
    }

    /// Returns whether the relay would take a line of this client now.
    pub(super) fn may_take(&self, c: &Client) -> bool {
        let is_early = self.guess_at(c).is_some_and(|at| at > self.now);
        let (_, at) = c.level;
        let level = (level(c.level, self.now, self.rate()), at);
        c.role == Role::Host || !is_early && !self.must_wait(level)
    }

    /// Checks that the relay may take a line now. Each line raises the client's level by one, or by
    /// its cost, and the rate lowers the level; it may not be above the burst when a line is taken.
    /// A password must not be taken before its time.
    pub(super) fn begin_line(&mut self, c: &mut Client) {
        self.chat.work = 0;
        if c.role == Role::Host {
            return;
        }
        let is_early = self.guess_at(c).is_some_and(|at| at > self.now);
        assert!(!is_early, "{} guesses too soon", c.id);
        let goes = c.irc.as_ref().is_some_and(|irc| irc.goes);
        let goes = goes && self.shares().is_some() && self.is_over(LINE) == 0;
        if self.config.rate > 0 && !goes {
            let level = level(c.level, self.now, self.rate()) + LINE;
            assert!(level <= self.max(), "{} was let say too much", c.id);
        }
    }

    /// Adds the cost of a line once it is known, and the additional cost if the common allowance is
    /// exceeded.
    pub(super) fn spend(&mut self, c: &mut Client) {
        let lines = u128::from(1 + std::mem::take(&mut self.chat.work) / 64) * LINE;
        if self.config.rate == 0 || c.role == Role::Host {
            return;
        }
        let mut used = level(c.level, self.now, self.rate()) + lines;
        if let Some(shares) = self.shares() {
            let all = level(self.common, self.now, self.rate() * shares) + lines;
            self.common = (all, self.now);
            used += (self.is_over(0) / shares).min(self.a_line_each() / shares);
            self.behind += u64::from(self.is_over(0) > 0);
        }
        c.level = (used, self.now);
    }

    /// The level of a new connection: the highest that gone connections have left, or nothing.
    /// While the second half of the common allowance is being used up, the level is at least the
    /// corresponding share, up to the whole.
    pub(super) fn take_level(&mut self, role: Role) -> Level {
        let rate = self.rate();
        if rate == 0 || role == Role::Host {
            return (0, self.now);
        }
        let levels = self.levels.iter().enumerate();
        let most = levels.max_by_key(|(_, it)| level(**it, self.now, rate));
        let most = most.map(|(at, _)| at);
        let used = most.map(|at| level(self.levels.swap_remove(at), self.now, rate));
        let used = used.unwrap_or_default();
        let part = self.shares().map_or(0, |shares| {
            let used = level(self.common, self.now, rate * shares) / shares;
            let part = (2 * used).saturating_sub(self.max());
            part.min(self.max() + self.a_line_each() / shares)
        });
        (used.max(part), self.now)
    }

    /// Keeps the level of a connection that is gone, raised by one line if that much is left.
    pub(super) fn give_back_level(&mut self, c: &Client) {
        if c.role == Role::Host {
            return;
        }
        let used = level(c.level, self.now, self.rate());
        let is_left = used + LINE <= self.max();
        let used = used + if is_left { LINE } else { 0 };
        let most = self.shares().map_or(used, |_| self.max());
        self.levels.push((used.min(most), self.now));
        if let Some(shares) = self.shares().filter(|_| self.is_over(LINE) == 0) {
            let all = level(self.common, self.now, self.rate() * shares) + LINE;
            self.common = (all, self.now);
        }
    }

    /// Returns whether the allowance is too small for one more line.
    pub(super) fn must_wait(&self, (used, _): Level) -> bool {
        self.config.rate > 0 && used + LINE > self.max()
    }

    /// Returns whether a new connection is refused because too many are waiting already.
    pub(super) fn is_crowded(&self) -> bool {
        let held_up = self.clients.values().filter(|c| c.is_held_up).count() as u128;
        self.shares().is_some_and(|shares| held_up >= shares)
    }

    pub(super) fn note_wrong(&mut self) {
        let (count, at) = self.wrong;
        let is_old = at.is_none_or(|at| at + Duration::from_secs(600) <= self.now);
        self.wrong = (if is_old { 1 } else { count + 1 }, Some(self.now));
    }

    /// Time at which the relay looks at the password of a connection that has not given one yet.
    pub(super) fn guess_at(&self, c: &Client) -> Option<Duration> {
        let is_nobody = match (c.stage, &c.irc, &c.json) {
            (_, Some(irc), _) => !irc.is_registered,
            (_, _, Some(json)) => !json.is_greeted,
            (stage, ..) => matches!(stage, Stage::Deciding | Stage::AwaitPassword),
        };
        let (count, at) = self.wrong;
        let doublings = count.checked_sub(3)?;
        let delay = Duration::from_millis(250 << doublings.min(10)).min(Duration::from_secs(1));
        let is_kept = at? + Duration::from_secs(600) > self.now;
        (is_nobody && is_kept && self.config.password.is_some()).then_some(at? + delay)
    }

    /// Checks that a client is held up no longer than its allowance requires, or than a wrong
    /// password costs.
    pub(super) fn check_hold_up(&self, c: &Client, at: Monotonic) {
        let at = at.since(Time::new(Duration::ZERO, Duration::ZERO));
        assert!(at > self.now, "{} waits for a time that has come", c.id);
        if self.guess_at(c) != Some(at) {
            let level = level(c.level, at, self.rate());
            assert_eq!(level + LINE, self.max(), "{} is held up", c.id);
        }
    }
}
