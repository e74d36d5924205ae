//! placeholder
pub(super) const WEIGHTS_1: [[f32; 24]; 48] = [[0.0; 24]; 48];
pub(super) const BIAS_1: [f32; 24] = [0.0; 24];
pub(super) const LEAK: [f32; 24] = [0.0; 24];
pub(super) const WEIGHTS_2: [[f32; 16]; 48] = [[0.0; 16]; 48];
pub(super) const BIAS_2: [f32; 16] = [0.0; 16];
pub(super) const WEIGHTS_3: [f32; 16] = [0.0; 16];
pub(super) const BIAS_3: f32 = 0.0;
