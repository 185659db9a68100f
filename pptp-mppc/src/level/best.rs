//! placeholder
use super::sealed::Encode;
use super::Rows;
use crate::window::Window;
use crate::writer::{BitWriter, Full};

/// For ratio.
#[derive(Clone, Debug)]
pub struct Best(Rows<u64, 2048>);

impl Encode for Best {
    const NEW: Self = Self(Rows::NEW);
    fn encode(&mut self, window: &Window<'_>, writer: &mut BitWriter<'_>) -> Result<(), Full> {
        self.0.encode(window, writer)
    }
}
