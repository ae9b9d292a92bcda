//! Tables for the terminal, with columns as wide as they need to be.

/// Prints a table: the first column aligned to the left, the others, which are numbers, to the
/// right.
pub(crate) fn print(title: &str, head: &[&str], rows: &[Vec<String>]) {
    println!("\n{title}");
    // A row of one cell is a remark, and does not count for the width.
    let width = |column: usize| {
        let rows = rows.iter().filter(|row| row.len() > 1);
        let cells = rows.filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max();
        widest.unwrap_or(0).max(head[column].chars().count())
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (n, cell) in row.iter().enumerate() {
            let width = widths.get(n).copied().unwrap_or(0);
            line += &match n {
                0 => format!("{cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            };
        }
        println!("{}", line.trim_end());
    }
}

/// A number with three significant digits.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        v if v.is_nan() => String::from("–"),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        v if v >= 0.1 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}
