//! The chart: the cost of a delivery on each server, divided by the floor's, cell by cell.

use plotters::prelude::*;

use super::FLOOR;
use super::cells::CELLS;
use super::servers::Contender;
use crate::rig::Outcome;
use crate::rig::results::Book;

const SIZE: (u32, u32) = (900, 520);

/// Draws the figures of the book. Draws nothing if the book has only the floor's.
pub(super) fn draw(book: &Book, contenders: &[Contender]) -> Outcome<()> {
    let ratio = |cell: &str, name: &str| {
        let figure = book.get(&format!("{cell} {name}"), "CPU by floor")?;
        Some(figure.median)
    };
    let cells: Vec<&str> = CELLS
        .iter()
        .map(|cell| cell.name)
        .filter(|cell| ratio(cell, FLOOR).is_some())
        .collect();
    let points = |name: &str| -> Vec<(f64, f64)> {
        let at = |(n, cell): (usize, &&str)| Some((n as f64, ratio(cell, name)?));
        cells.iter().enumerate().filter_map(at).collect()
    };
    let all: Vec<f64> = contenders
        .iter()
        .flat_map(|it| points(it.name))
        .map(|(_, ratio)| ratio)
        .collect();
    if all.len() <= cells.len() {
        return Ok(());
    }
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = all.iter().copied().fold(0.0, f64::max);

    let path = book.folder().join("peers.svg");
    let area = SVGBackend::new(&path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    // The space on the right is for the legend.
    let across = -0.5..cells.len() as f64 + 0.9;
    let up = (least * 0.7..greatest * 1.6).log_scale();
    let mut chart = ChartBuilder::on(&area)
        .caption("Server CPU per delivery, × the floor's", ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(across, up)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(2 * cells.len() + 3)
        .x_label_formatter(&|x| label(&cells, *x))
        .draw()?;
    for (n, contender) in contenders.iter().enumerate() {
        let colour = Palette99::pick(n).to_rgba();
        let marks = points(contender.name);
        if marks.is_empty() {
            continue;
        }
        let marks = marks.into_iter();
        chart
            .draw_series(marks.map(|at| Circle::new(at, 5, colour.filled())))?
            .label(contender.name)
            .legend(move |at| Circle::new(at, 5, colour.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(())
}

/// The label of a cell at its place, and an empty label between two places.
fn label(cells: &[&str], x: f64) -> String {
    let is_place = (x - x.round()).abs() < 0.01 && x >= 0.0;
    let cell = cells.get(x.round() as usize).filter(|_| is_place);
    cell.map_or_else(String::new, |cell| (*cell).to_owned())
}
