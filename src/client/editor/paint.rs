//! Paints the line on the bottom row: always one row, which scrolls sideways.
//!
//! A line that wrapped would have to be found again after every resize, by counting rows, and terminals
//! count them differently. One row is found with a carriage return.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The text shown for a tab, and for each character of a secret.
const TAB: &str = " ";
const SECRET: &str = "*";

/// The prompt and as much of the line as fits around the cursor, in less than `columns` columns, so
/// that the terminal never wraps. Everything else on the row is erased.
pub(in crate::client) fn paint(
    prompt: &str,
    text: &str,
    cursor: usize,
    is_secret: bool,
    columns: usize,
) -> String {
    let room = columns.saturating_sub(prompt.width() + 1).max(2);
    let cells: Vec<(usize, &str, usize)> = text
        .grapheme_indices(true)
        .map(|(at, text)| {
            let shown = match text {
                _ if is_secret => SECRET,
                "\t" => TAB,
                _ => text,
            };
            (at, shown, shown.width())
        })
        .collect();
    let before = cells.iter().take_while(|(at, ..)| *at < cursor).count();
    let (mut from, mut width) = (before, 0);
    // First, as much text before the cursor as leaves a column for it.
    while from > 0 && width + cells[from - 1].2 < room {
        from -= 1;
        width += cells[from].2;
    }
    // Then, the text behind the cursor that still fits.
    let mut shown = String::new();
    let mut used = 0;
    for (_, text, wide) in &cells[from..] {
        if used + wide > room {
            break;
        }
        used += wide;
        shown.push_str(text);
    }
    let column = prompt.width() + width;
    let to_cursor = match column {
        0 => String::new(),
        column => format!("\x1b[{column}C"),
    };
    format!("\r{prompt}{shown}\x1b[K\r{to_cursor}")
}
