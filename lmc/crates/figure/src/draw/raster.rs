//! SVG as PNG, with the font that comes with the crate.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::palette::{Indexed, indexed};
use lmc_base::error::{LmcError, Result};

/// DejaVu Sans, reduced to Latin, Greek and mathematical signs; its licence lies beside it.
const FONT: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

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

/// Returns the PNG bytes of an SVG text in at most 256 colours, `scale` pixels for each CSS pixel.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>> {
    let pixmap = rendered(svg, scale)?;
    encode(&indexed(pixmap.data()), pixmap.width(), pixmap.height())
        .map_err(|error| LmcError::Figure(error.to_string()))
}

/// Returns the PNG bytes of an SVG text in all its colours: light and shade on a surface need more than 256.
pub fn png_in_full(svg: &str, scale: f32) -> Result<Vec<u8>> {
    let pixmap = rendered(svg, scale)?;
    let pixels: Vec<u8> =
        pixmap.data().chunks_exact(4).flat_map(|pixel| pixel[..3].iter().copied()).collect();
    encode_in_full(&pixels, pixmap.width(), pixmap.height())
        .map_err(|error| LmcError::Figure(error.to_string()))
}

fn rendered(svg: &str, scale: f32) -> Result<Pixmap> {
    let options = Options { fontdb: fonts(), font_family: "DejaVu Sans".to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| LmcError::Figure(error.to_string()))?;
    let size = tree.size();
    let (width, height) = ((size.width() * scale).round() as u32, (size.height() * scale).round() as u32);
    let mut pixmap = Pixmap::new(width, height)
        .ok_or_else(|| LmcError::Figure(format!("{width} x {height} pixels are too many or none")))?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Ok(pixmap)
}

fn encode_in_full(
    pixels: &[u8],
    width: u32,
    height: u32,
) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_filter(png::Filter::Paeth);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
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

    fn decoded(body: &str, scale: f32) -> Pixmap {
        let svg =
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"20\">{body}</svg>");
        Pixmap::decode_png(&png(&svg, scale).unwrap()).unwrap()
    }

    #[test]
    fn an_image_has_the_wanted_size_and_the_colours() {
        for (scale, width, height) in [(1.0, 40, 20), (2.0, 80, 40)] {
            let image = decoded("<rect width=\"40\" height=\"20\" fill=\"#0072b2\"/>", scale);
            assert_eq!((image.width(), image.height()), (width, height));
            let pixel = image.pixel(width - 1, height - 1).unwrap();
            assert_eq!([pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()], [0, 0x72, 0xb2, 255]);
        }
    }

    #[test]
    fn the_font_has_the_signs_that_titles_use() {
        let dark = |text: &str| {
            let image = decoded(&format!("<text x=\"2\" y=\"16\" font-size=\"16\">{text}</text>"), 2.0);
            image.pixels().iter().filter(|pixel| pixel.red() < 128).count()
        };
        for sign in ["a", "α", "Δ", "ε", "ρ", "−", "–", "‖", "₁", "₂", "×", "≤", "→", "…", "é"]
        {
            assert!(dark(sign) > 4, "{sign} is blank");
        }
    }

    #[test]
    fn what_is_not_svg_is_refused() {
        assert!(matches!(png("<html/>", 1.0), Err(LmcError::Figure(_))));
        assert!(matches!(
            png("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1e9\" height=\"1e9\"/>", 1.0),
            Err(LmcError::Figure(_))
        ));
    }
}
