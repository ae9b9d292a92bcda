//! The charts: SVG, one for each question that a curve answers.

use std::path::Path;

use plotters::prelude::*;

use super::load::QUANTILES;
use crate::rig::Outcome;
use crate::rig::results::Book;

const SIZE: (u32, u32) = (800, 480);
const COLOURS: [RGBColor; 3] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
];

/// A curve with its name.
type Curve = (String, Vec<(f64, f64)>);

/// Draws the charts for which the book has enough figures.
pub(super) fn draw(book: &Book) -> Outcome<()> {
    let against_receivers = |figure: &str| {
        [("T", "10 senders"), ("U", "1 sender")].map(|(letter, name)| {
            let points = [10, 100, 1_000, 5_000, 15_000].into_iter();
            let points = points.filter_map(|receivers| {
                let figure = book.get(&format!("{letter}{receivers}"), figure)?;
                Some((f64::from(receivers), figure.median))
            });
            (name.to_owned(), points.collect())
        })
    };
    let cost = Chart {
        title: "Server CPU per delivery",
        across: "receivers",
        up: "µs",
    };
    cost.draw(&book.folder().join("cpu.svg"), &against_receivers("CPU"))?;
    let speed = Chart {
        title: "Deliveries a second, server and load together",
        across: "receivers",
        up: "millions",
    };
    speed.draw(
        &book.folder().join("deliveries.svg"),
        &against_receivers("deliveries"),
    )?;
    let latency = Chart {
        title: "Latency at a fixed rate",
        across: "one line in so many takes longer (2: the median)",
        up: "ms",
    };
    let curves = ["L100", "L1000", "L100x10"].map(|cell| {
        let points = QUANTILES.iter().filter(|(_, quantile)| *quantile < 1.0);
        let points = points.filter_map(|(name, quantile)| {
            Some((1.0 / (1.0 - quantile), book.get(cell, name)?.median))
        });
        (cell.to_owned(), points.collect())
    });
    latency.draw(&book.folder().join("latency.svg"), &curves)
}

/// A chart with two logarithmic axes.
struct Chart {
    title: &'static str,
    across: &'static str,
    up: &'static str,
}

impl Chart {
    fn draw(&self, path: &Path, curves: &[Curve]) -> Outcome<()> {
        let points = || curves.iter().flat_map(|(_, points)| points);
        if points().count() < 2 {
            return Ok(());
        }
        let least = |axis: fn(&(f64, f64)) -> f64| points().map(axis).fold(f64::INFINITY, f64::min);
        let greatest = |axis: fn(&(f64, f64)) -> f64| points().map(axis).fold(0.0, f64::max);
        let (x, y) = (|it: &(f64, f64)| it.0, |it: &(f64, f64)| it.1);
        let across = (least(x) * 0.9..greatest(x) * 1.1).log_scale();
        let up = (least(y) * 0.7..greatest(y) * 1.4).log_scale();

        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d(across, up)?;
        chart
            .configure_mesh()
            .x_desc(self.across)
            .y_desc(self.up)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .draw()?;
        for ((name, points), colour) in curves.iter().zip(COLOURS) {
            if points.is_empty() {
                continue;
            }
            chart
                .draw_series(LineSeries::new(points.iter().copied(), &colour).point_size(3))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
        }
        chart
            .configure_series_labels()
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
        area.present()?;
        Ok(())
    }
}
