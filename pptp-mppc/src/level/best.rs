//! placeholder
use super::sealed::Encode;
use super::Rows;
use crate::window::Window;
use crate::writer::Full;

/// For ratio.
#[derive(Clone, Debug)]
pub struct Best(Rows<2048>);

impl Encode for Best {
    const NEW: Self = Self(Rows::NEW);
    fn encode(&mut self, window: &Window<'_>, out: &mut [u8]) -> Result<usize, Full> {
        self.0.encode(window, out)
    }
}
