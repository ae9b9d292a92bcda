//! Medians and ratios: a machine of this kind is shared, and a mean would include the work of its
//! other users.

/// The middle value; of an even number of values, the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The least and the greatest value.
pub(crate) fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, greatest)
}

/// The median of the ratios of values that were measured one right after the other.
pub(crate) fn median_ratio(values: &[f64], base: &[f64]) -> f64 {
    let ratios: Vec<f64> = values.iter().zip(base).map(|(a, b)| a / b).collect();
    median(&ratios)
}
