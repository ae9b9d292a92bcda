//! How much each may say, and all together: the levels that lines raise and time lowers.

use std::time::Duration;

use parloir::relay::Role;
use parloir::{Moment, Time};

use super::{Client, Model, Stage};

/// The parts of a line.
const LINE: u128 = 1_000_000_000;

/// As how many addresses one machine counts, from which everybody here comes.
const ADDRESSES: u32 = 8;

/// What has been used up, in parts of lines, and when that was.
pub(super) type Level = (u128, Duration);

/// What is left of a level.
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

    /// For how many there is a common allowance; none: there is no limit at all, or each has only
    /// their own.
    fn shares(&self) -> Option<u128> {
        let shares = u128::from(self.config.allowances_per_address * ADDRESSES);
        (shares > 0 && self.config.rate > 0).then_some(shares)
    }

    /// By how many parts of lines all together would be over their allowance, if one more were said.
    fn is_over(&self, more: u128) -> u128 {
        self.shares().map_or(0, |shares| {
            let used = level(self.common, self.now, self.rate() * shares);
            (used + more).saturating_sub(self.max() * shares)
        })
    }

    /// A line of everybody who is connected; whoever is looked at is not among the clients meanwhile.
    fn a_line_each(&self) -> u128 {
        (self.clients.len() as u128 + 1) * LINE
    }

    /// Whether a line of this client would be taken now.
    pub(super) fn may_take(&self, c: &Client) -> bool {
        let is_early = self.guess_at(c).is_some_and(|at| at > self.now);
        let (_, at) = c.level;
        let level = (level(c.level, self.now, self.rate()), at);
        c.role == Role::Host || !is_early && !self.must_wait(level)
    }

    /// A line is taken, so it must be one that the allowance is there for: a level that each raises by
    /// one, or by what it costs, and that falls by the rate; it may not stand above the burst when one
    /// is taken. And a password must be one that it is time for.
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

    /// Notes it, once it is known what it has cost; and what it costs that others have said too much.
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

    /// What a new connection has used up: the most of what others have left; or nothing, and then
    /// everything, while all together use up the second half of what they have.
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

    /// A connection is gone: that counts as a line more, if there is one left.
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

    /// Whether nothing is left for one more line.
    pub(super) fn must_wait(&self, (used, _): Level) -> bool {
        self.config.rate > 0 && used + LINE > self.max()
    }

    /// Whether a new one is turned away, since so many wait already.
    pub(super) fn is_crowded(&self) -> bool {
        let held_up = self.clients.values().filter(|c| c.is_held_up).count() as u128;
        self.shares().is_some_and(|shares| held_up >= shares)
    }

    pub(super) fn note_wrong(&mut self) {
        let (count, at) = self.wrong;
        let is_old = at.is_none_or(|at| at + Duration::from_secs(600) <= self.now);
        self.wrong = (if is_old { 1 } else { count + 1 }, Some(self.now));
    }

    /// When the password of someone who has not given it is looked at.
    pub(super) fn guess_at(&self, c: &Client) -> Option<Duration> {
        let is_nobody = match (c.stage, &c.irc) {
            (_, Some(irc)) => !irc.is_registered,
            (stage, _) => matches!(stage, Stage::Deciding | Stage::Locked),
        };
        let (count, at) = self.wrong;
        let doublings = count.checked_sub(3)?;
        let delay = Duration::from_millis(250 << doublings.min(10)).min(Duration::from_secs(1));
        let is_kept = at? + Duration::from_secs(600) > self.now;
        (is_nobody && is_kept && self.config.password.is_some()).then_some(at? + delay)
    }

    /// Nobody is held up longer than the allowance asks for, or than a wrong password costs.
    pub(super) fn check_hold_up(&self, c: &Client, at: Moment) {
        let at = at.since(Time::new(Duration::ZERO, Duration::ZERO));
        assert!(at > self.now, "{} waits for a time that has come", c.id);
        if self.guess_at(c) != Some(at) {
            let level = level(c.level, at, self.rate());
            assert_eq!(level + LINE, self.max(), "{} is held up", c.id);
        }
    }
}
