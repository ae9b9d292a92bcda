//! The lines that the model expects an IRC client to be sent, compared with the lines that came.

use super::heard::{Heard, hear};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// One line that is no message.
    Line(String),
    Said(Box<Utterance>),
}

/// A message, in as many lines as it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Utterance {
    /// The number that identifies the message in the model.
    pub(crate) number: u64,
    /// The text before the body in each line; the whole line if there is no body.
    pub(crate) head: String,
    /// One line or several.
    pub(crate) text: String,
    pub(crate) tail: &'static str,
    /// The places at which the text is cut although no line ends there.
    pub(crate) concat_offsets: Vec<usize>,
    /// The first and the last line of the message's batch, if the recipient knows such batches.
    pub(crate) batch: Option<(String, String)>,
    /// The label of the line that this answers.
    pub(crate) label: Option<String>,
    /// The tags of the message. None if the recipient knows neither tags nor message ids.
    pub(crate) tags: Option<Vec<String>>,
}

/// The id of a message on the wire, and its number in the model.
pub(crate) type Named = (String, u64);

/// Compares lines with what is expected. Returns the ids of the messages, or a description of the
/// difference.
pub(crate) fn compare(
    expected: &[Expected],
    lines: &[String],
    server: &str,
) -> Result<Vec<Named>, String> {
    let heard = hear(lines, server);
    let (mut rest, mut named) = (&heard[..], Vec::new());
    for it in expected {
        let taken = match it {
            Expected::Line(line) => take_line(line, rest),
            Expected::Said(said) => said.take(rest, &mut named),
        };
        rest = taken.map_err(|why| {
            format!("{why}\nexpected {expected:#?}\nand the lines were\n{heard:#?}")
        })?;
    }
    match rest.first() {
        Some(heard) => Err(format!("too much: {heard:?}\nexpected {expected:#?}")),
        None => Ok(named),
    }
}

fn take_line<'a>(line: &str, lines: &'a [Heard]) -> Result<&'a [Heard], String> {
    let is_it = |heard: &Heard| {
        let is_plain = heard.id.is_none() && heard.tags.is_empty() && heard.part.is_none();
        heard.line == line && is_plain
    };
    match lines.split_first() {
        Some((heard, rest)) if is_it(heard) => Ok(rest),
        heard => Err(format!(
            "{line:?} is wanted, not {:?}",
            heard.map(|it| it.0)
        )),
    }
}

impl Utterance {
    /// Takes the lines of this message from the beginning of the remaining ones.
    fn take<'a>(
        &self,
        mut lines: &'a [Heard],
        named: &mut Vec<Named>,
    ) -> Result<&'a [Heard], String> {
        let segments = self.segments();
        let is_several = segments.len() > 1 || segments[0].0.len() > self.fits();
        let batch = self.batch.as_ref().filter(|_| is_several);
        let mut is_first = true;
        if let Some((begin, _)) = batch {
            let heard;
            (heard, lines) = next(lines, begin)?;
            if heard.line != *begin || heard.part.is_some() {
                return Err(format!("{heard:?} is not {begin:?}"));
            }
            self.check_marks(heard, true, named)?;
            is_first = false;
        }
        for (segment, goes_on) in segments {
            if segment.is_empty() && is_several && batch.is_none() {
                continue;
            }
            let (mut left, mut goes_on) = (segment, goes_on);
            loop {
                let heard;
                (heard, lines) = next(lines, left)?;
                let piece = self.piece(heard, left)?;
                if heard.part != batch.map(|_| goes_on) {
                    return Err(format!("{heard:?} goes on as it should not, or does not"));
                }
                match batch {
                    None => self.check_marks(heard, is_first, named)?,
                    Some(_) if heard.id.is_some() || !heard.tags.is_empty() => {
                        return Err(format!("a part with tags of its own: {heard:?}"));
                    }
                    Some(_) => {}
                }
                left = &left[piece..];
                (is_first, goes_on) = (false, true);
                if left.is_empty() {
                    break;
                }
                // The relay may keep a word whole, but a line must be at least three quarters full.
                let fits = self.fits();
                if piece + 4 < fits - fits / 4 {
                    return Err(format!("{heard:?} is cut, and need not be"));
                }
            }
        }
        let Some((_, end)) = batch else {
            return Ok(lines);
        };
        take_line(end, lines)
    }

    fn fits(&self) -> usize {
        510_usize.saturating_sub(self.head.len() + self.tail.len())
    }

    /// The lines of the text, cut at its seams, and for each whether it continues the line before
    /// it.
    fn segments(&self) -> Vec<(&str, bool)> {
        let (mut segments, mut start) = (Vec::new(), 0);
        for line in self.text.split('\n') {
            let end = start + line.len();
            let mut cuts: Vec<usize> = self.concat_offsets.clone();
            cuts.retain(|cut| (start..end).contains(cut));
            cuts.extend([start, end]);
            cuts.sort_unstable();
            cuts.dedup();
            match cuts.len() {
                1 => segments.push(("", false)),
                _ => {
                    let pieces = cuts.windows(2);
                    let pieces = pieces.map(|it| (&self.text[it[0]..it[1]], it[0] > start));
                    segments.extend(pieces);
                }
            }
            start = end + 1;
        }
        segments
    }

    /// The number of bytes of a text that a line holds.
    fn piece(&self, heard: &Heard, text: &str) -> Result<usize, String> {
        let body = heard.line.strip_prefix(&*self.head);
        let body = body.and_then(|body| body.strip_suffix(self.tail));
        let body = body.filter(|body| text.starts_with(body) && body.is_empty() == text.is_empty());
        let length = body.map(str::len);
        length.ok_or_else(|| format!("{heard:?} is not {:?} {text:?}", self.head))
    }

    /// Checks that the first line has the one id, and that each line that is a message has the
    /// tags.
    fn check_marks(
        &self,
        heard: &Heard,
        is_first: bool,
        named: &mut Vec<Named>,
    ) -> Result<(), String> {
        let has_id = is_first && self.tags.is_some();
        if heard.id.is_some() != has_id {
            return Err(format!("an id, or none: {heard:?}"));
        }
        if heard.label != self.label {
            return Err(format!("{heard:?} does not answer {:?}", self.label));
        }
        if heard.tags != self.tags.clone().unwrap_or_default() {
            return Err(format!("{heard:?} has other tags than {:?}", self.tags));
        }
        named.extend(heard.id.clone().map(|id| (id, self.number)));
        Ok(())
    }
}

fn next<'a>(lines: &'a [Heard], wanted: &str) -> Result<(&'a Heard, &'a [Heard]), String> {
    let next = lines.split_first();
    next.ok_or_else(|| format!("missing: {wanted:?}"))
}
