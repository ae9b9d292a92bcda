//! The arguments of the benchmarks, which are few and the same for all.

use super::Outcome;

/// The cells to run, and the use of their results.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Run less of everything, for a first look or for the automatic checks.
    pub(crate) quick: bool,
    /// Run only these cells, or cells of these groups. All cells if empty.
    pub(crate) only: Vec<String>,
    /// Keep the results under this name.
    pub(crate) save: Option<String>,
    /// Compare with the results of this name, not with the last ones.
    pub(crate) compare: Option<String>,
}

impl Options {
    /// # Errors
    ///
    /// An argument that means nothing here, with those that do.
    pub(crate) fn parse() -> Outcome<Self> {
        let mut options = Self::default();
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                // Cargo passes this to every benchmark.
                "--bench" => {}
                "--quick" => options.quick = true,
                "--only" => options.only.push(value()?),
                "--save" => options.save = Some(value()?),
                "--compare" => options.compare = Some(value()?),
                cell if !cell.starts_with('-') => options.only.push(cell.to_owned()),
                _ => {
                    let known = "CELL, --quick, --only CELL, --save NAME, --compare NAME";
                    return Err(format!("{arg} means nothing here ({known})").into());
                }
            }
        }
        Ok(options)
    }

    /// Returns whether a cell is to be run.
    pub(crate) fn wants(&self, cell: &str) -> bool {
        let is_it = |only: &String| {
            let begin = cell.get(..only.len());
            let is_begun = begin.is_some_and(|begin| only.eq_ignore_ascii_case(begin));
            is_begun && matches!(cell.as_bytes().get(only.len()), None | Some(b'-'))
        };
        self.only.is_empty() || self.only.iter().any(is_it)
    }
}
