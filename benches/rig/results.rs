//! The results: shown as tables, kept as CSV under `target/bench/`, compared with those of an
//! earlier run.

use std::fs;
use std::path::{Path, PathBuf};

use super::Outcome;
use super::options::Options;
use super::stats::{median, range};
use super::table::{print, short};

const HEAD: &str = "cell,figure,unit,median,least,greatest";
/// The names under which a run is kept if it is not given one. A quick run measures less of
/// everything, so the two kinds are not compared with each other.
const LAST: &str = "last";
const LAST_QUICK: &str = "last-quick";

/// One figure of one cell, over all rounds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) cell: String,
    pub(crate) figure: String,
    pub(crate) unit: String,
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

/// The figures of a run.
#[derive(Debug)]
pub(crate) struct Book {
    folder: PathBuf,
    figures: Vec<Figure>,
}

impl Book {
    /// Opens the book of one benchmark. `program` is built into the target folder, in which results
    /// are kept.
    pub(crate) fn open(program: &Path, benchmark: &str) -> Outcome<Self> {
        let target = program.ancestors().nth(2).ok_or("no target folder")?;
        let folder = target.join("bench").join(benchmark);
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            figures: Vec::new(),
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds the values of a cell's rounds. Adds nothing if there are none.
    pub(crate) fn note(&mut self, cell: &str, figure: &str, unit: &str, rounds: &[f64]) {
        if rounds.is_empty() {
            return;
        }
        let (least, greatest) = range(rounds);
        self.figures.push(Figure {
            cell: cell.to_owned(),
            figure: figure.to_owned(),
            unit: unit.to_owned(),
            median: median(rounds),
            least,
            greatest,
        });
    }

    pub(crate) fn get(&self, cell: &str, figure: &str) -> Option<&Figure> {
        let mut figures = self.figures.iter();
        figures.find(|it| it.cell == cell && it.figure == figure)
    }

    /// Prints a table with cells as rows and figures as columns; rows and columns without values
    /// are left out.
    pub(crate) fn show(&self, title: &str, cells: &[&str], figures: &[&str]) {
        let cells = cells.iter().filter(|cell| {
            let mut wanted = figures.iter();
            wanted.any(|figure| self.get(cell, figure).is_some())
        });
        let value = |cell: &str, figure: &str| {
            self.get(cell, figure)
                .map_or_else(|| String::from("–"), |it| short(it.median))
        };
        let row = |cell: &&str| -> Vec<String> {
            let values = figures.iter().map(|figure| value(cell, figure));
            std::iter::once((*cell).to_owned()).chain(values).collect()
        };
        let shown: Vec<&str> = cells.copied().collect();
        let rows: Vec<Vec<String>> = shown.iter().map(row).collect();
        if rows.is_empty() {
            return;
        }
        let unit = |figure: &&str| {
            let known = shown.iter().find_map(|cell| self.get(cell, figure));
            known.map_or_else(
                || (*figure).to_owned(),
                |it| format!("{figure}, {}", it.unit),
            )
        };
        let head: Vec<String> = figures.iter().map(unit).collect();
        let head: Vec<&str> = std::iter::once("cell")
            .chain(head.iter().map(String::as_str))
            .collect();
        print(title, &head, &rows);
    }

    /// Compares with an earlier run, then keeps this one.
    pub(crate) fn finish(&self, options: &Options, machine: &[String]) -> Outcome<()> {
        let last = if options.quick { LAST_QUICK } else { LAST };
        let base = options.compare.as_deref().unwrap_or(last);
        match fs::read_to_string(self.path(base)) {
            Ok(text) => self.compare(base, &parse(&text)),
            Err(_) if options.compare.is_some() => {
                return Err(format!("no results are kept as {base}").into());
            }
            Err(_) => println!("\nThe first run: the next one is compared with it."),
        }
        let text = self.csv(machine);
        // A run of a few cells must not become the base of the next complete run.
        if options.only.is_empty() {
            fs::write(self.path(last), &text)?;
        }
        if let Some(name) = &options.save {
            fs::write(self.path(name), &text)?;
        }
        println!("\nCSV and charts: {}", self.folder.display());
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension("csv")
    }

    fn csv(&self, machine: &[String]) -> String {
        let comments = machine.iter().map(|line| format!("# {line}"));
        let figures = self.figures.iter().map(|it| {
            let Figure {
                cell, figure, unit, ..
            } = it;
            format!(
                "{cell},{figure},{unit},{},{},{}",
                it.median, it.least, it.greatest
            )
        });
        let lines: Vec<String> = comments
            .chain(std::iter::once(HEAD.to_owned()))
            .chain(figures)
            .collect();
        lines.join("\n") + "\n"
    }

    fn compare(&self, base: &str, before: &[Figure]) {
        let row = |now: &Figure| -> Option<Vec<String>> {
            let before = before
                .iter()
                .find(|it| it.cell == now.cell && it.figure == now.figure)?;
            // If the rounds overlap, or there is only one, the difference proves nothing on a
            // machine with other work.
            let has_range = now.least < now.greatest && before.least < before.greatest;
            let apart = now.least > before.greatest || now.greatest < before.least;
            let apart = apart && has_range;
            Some(vec![
                now.cell.clone(),
                format!("{}, {}", now.figure, now.unit),
                short(before.median),
                short(now.median),
                format!("{:+.1} %", (now.median / before.median - 1.0) * 100.0),
                String::from(if apart { "beyond the noise" } else { "" }),
            ])
        };
        let rows: Vec<Vec<String>> = self.figures.iter().filter_map(row).collect();
        if !rows.is_empty() {
            let head = ["cell", "figure", "before", "now", "change", ""];
            print(&format!("Compared with {base}:"), &head, &rows);
        }
    }
}

fn parse(text: &str) -> Vec<Figure> {
    let figure = |line: &str| {
        let [cell, figure, unit, median, least, greatest] =
            line.split(',').collect::<Vec<_>>().try_into().ok()?;
        Some(Figure {
            cell: cell.to_owned(),
            figure: figure.to_owned(),
            unit: unit.to_owned(),
            median: median.parse().ok()?,
            least: least.parse().ok()?,
            greatest: greatest.parse().ok()?,
        })
    };
    text.lines().filter_map(figure).collect()
}
