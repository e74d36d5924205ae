//! The thresholds at which everything is counted.

use std::prelude::rust_2024::*;

/// 513 thresholds, evenly spaced in log odds from −6 to 10 in steps of 1/32: finest near 0 and 1, where calibrated
/// scores crowd, and never further apart than 0.008. The first is 0.0025, the last 0.99995.
pub fn thresholds() -> Vec<f32> {
    (-192..=320).map(|step| 1.0 / (1.0 + libm::exp(f64::from(-step) / 32.0))).map(|p| p as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_ascend_and_are_dense() {
        let grid = thresholds();
        assert_eq!((grid.len(), grid[192]), (513, 0.5));
        assert!(grid.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] < 0.008));
        assert!(grid[0] < 0.0025 && grid[512] > 0.9999 && grid[512] < 1.0);
    }
}
