//! What `compare` prints and draws.

use plotters::prelude::*;
use std::error::Error;
use std::fmt;
use std::path::Path;

/// A table that is done.
#[derive(Debug, Clone)]
pub struct Report {
    /// What it is about.
    pub title: String,
    /// What the bars show.
    pub axis: String,
    /// Its lines.
    pub text: String,
    /// The same as a picture.
    pub bars: Vec<Bar>,
}

/// One of the bars.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// How long it is.
    pub value: f64,
    /// What stands at its end.
    pub label: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}\n{}", self.title, self.text)
    }
}

impl Report {
    /// The name of its picture.
    #[must_use]
    pub fn file_name(&self) -> String {
        let words: Vec<_> = self
            .title
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        format!("{}.svg", words.join("-"))
    }

    /// Draws the bars into a file in `folder`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn draw(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        const HEAD: i32 = 36;
        const BAR: i32 = 22;
        const NAMES: i32 = 330;
        const WIDTH: i32 = 900;
        const LABELS: i32 = 130;
        let path = folder.join(self.file_name());
        let rows = i32::try_from(self.bars.len())?;
        let size = (u32::try_from(WIDTH)?, u32::try_from(HEAD + rows * BAR + 8)?);
        let root = SVGBackend::new(&path, size).into_drawing_area();
        root.fill(&WHITE)?;
        let style = |size: i32| ("sans-serif", size).into_font().color(&BLACK);
        let title = format!("{} ({})", self.title, self.axis);
        root.draw(&Text::new(title, (8, 10), style(20)))?;
        let longest = self.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        for (bar, row) in self.bars.iter().zip(0..) {
            let top = HEAD + row * BAR;
            let end = NAMES + pixels(bar.value / longest, WIDTH - NAMES - LABELS);
            // Ours stand out; the first is what they are compared with.
            let colour = if row == 0 {
                RGBColor(0x88, 0x88, 0x88)
            } else if bar.name.starts_with("ours") {
                RGBColor(0x2b, 0x6c, 0xb0)
            } else {
                RGBColor(0xb8, 0xb8, 0xb8)
            };
            root.draw(&Text::new(bar.name.clone(), (8, top + 4), style(16)))?;
            root.draw(&Rectangle::new(
                [(NAMES, top + 2), (end, top + BAR - 4)],
                colour.filled(),
            ))?;
            root.draw(&Text::new(bar.label.clone(), (end + 6, top + 4), style(16)))?;
        }
        root.present()?;
        Ok(())
    }
}

fn pixels(share: f64, of: i32) -> i32 {
    if share.is_finite() {
        (share * f64::from(of)).round() as i32
    } else {
        0
    }
}
