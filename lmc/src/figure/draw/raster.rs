//! SVG as PNG, with the font that comes with the crate.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::palette::{Indexed, indexed};
use crate::{LmcError, Result};

/// DejaVu Sans, reduced to Latin, Greek and mathematical signs; its licence lies beside it.
const FONT: &[u8] = include_bytes!("../../../assets/DejaVuSans-subset.ttf");

/// Pixels for each CSS pixel.
const SCALE: f32 = 2.0;

fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    FONTS
        .get_or_init(|| {
            let mut fonts = fontdb::Database::new();
            fonts.load_font_data(FONT.to_vec());
            Arc::new(fonts)
        })
        .clone()
}

/// The PNG bytes of an SVG text, two pixels for each CSS pixel.
pub(in crate::figure) fn png(svg: &str) -> Result<Vec<u8>> {
    let options = Options { fontdb: fonts(), font_family: "DejaVu Sans".to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| LmcError::Figure(error.to_string()))?;
    let size = tree.size();
    let (width, height) = ((size.width() * SCALE).round() as u32, (size.height() * SCALE).round() as u32);
    let mut pixmap = Pixmap::new(width, height)
        .ok_or_else(|| LmcError::Figure(format!("{width} x {height} pixels are too many or none")))?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixmap.as_mut());
    encode(&indexed(pixmap.data()), width, height).map_err(|error| LmcError::Figure(error.to_string()))
}

fn encode(image: &Indexed, width: u32, height: u32) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(&image.palette[..]);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&image.indices)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &str) -> Pixmap {
        let svg =
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"20\">{body}</svg>");
        Pixmap::decode_png(&png(&svg).unwrap()).unwrap()
    }

    #[test]
    fn an_image_has_twice_the_size_and_the_colours() {
        let image = decoded("<rect width=\"40\" height=\"20\" fill=\"#0072b2\"/>");
        assert_eq!((image.width(), image.height()), (80, 40));
        let pixel = image.pixel(40, 20).unwrap();
        assert_eq!([pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()], [0, 0x72, 0xb2, 255]);
    }

    #[test]
    fn the_font_has_the_signs_that_titles_use() {
        let dark = |text: &str| {
            let image = decoded(&format!("<text x=\"2\" y=\"16\" font-size=\"16\">{text}</text>"));
            image.pixels().iter().filter(|pixel| pixel.red() < 128).count()
        };
        for sign in ["a", "α", "Δ", "ε", "ρ", "−", "–", "‖", "₁", "₂", "×", "≤", "→", "…", "é"]
        {
            assert!(dark(sign) > 4, "{sign} is blank");
        }
    }

    #[test]
    fn what_is_not_svg_is_refused() {
        assert!(matches!(png("<html/>"), Err(LmcError::Figure(_))));
        assert!(matches!(
            png("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1e9\" height=\"1e9\"/>"),
            Err(LmcError::Figure(_))
        ));
    }
}
