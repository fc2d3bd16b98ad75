//! Images in at most 256 colours: a quarter of the bytes to compress, and no visible difference in a figure.

/// Pixels as indices into a palette.
pub(super) struct Indexed {
    /// Red, green and blue of each colour of the palette.
    pub(super) palette: Vec<u8>,
    /// One index for each pixel.
    pub(super) indices: Vec<u8>,
}

/// The most colours of a palette.
const MOST: usize = 256;

/// A colour (0xRRGGBB) and how many runs of pixels have it.
type Counted = (u32, u32);

/// Returns the image of RGBA pixels (opaque) in at most 256 colours.
///
/// If there are more colours, the widest box of colours is halved until there are 256 boxes. The most
/// frequent colour stands for its box, so that plain areas keep their colour.
pub(super) fn indexed(rgba: &[u8]) -> Indexed {
    let mut runs: Vec<(u32, usize)> = Vec::new();
    for pixel in rgba.chunks_exact(4) {
        let colour = u32::from_be_bytes([0, pixel[0], pixel[1], pixel[2]]);
        match runs.last_mut() {
            Some(run) if run.0 == colour => run.1 += 1,
            _ => runs.push((colour, 1)),
        }
    }
    let mut pixels: Vec<(u32, usize)> = runs.clone();
    pixels.sort_unstable();
    let mut counted: Vec<Counted> = Vec::new();
    for (colour, length) in pixels {
        match counted.last_mut() {
            Some(last) if last.0 == colour => last.1 += length as u32,
            _ => counted.push((colour, length as u32)),
        }
    }
    let boxes = boxes(counted);
    let (mut palette, mut index_of) = (Vec::new(), Vec::new());
    for (index, members) in boxes.iter().enumerate() {
        // The most frequent colour; of equally frequent ones the darkest.
        let main = members
            .iter()
            .max_by_key(|(colour, count)| (*count, u32::MAX - colour))
            .map_or(0, |(colour, _)| *colour);
        palette.extend_from_slice(&main.to_be_bytes()[1..]);
        index_of.extend(members.iter().map(|(colour, _)| (*colour, index as u8)));
    }
    index_of.sort_unstable();
    let mut indices = Vec::with_capacity(rgba.len() / 4);
    for (colour, length) in runs {
        let found = index_of.binary_search_by_key(&colour, |(known, _)| *known);
        let index = found.map_or(0, |position| index_of[position].1);
        indices.resize(indices.len() + length, index);
    }
    Indexed { palette, indices }
}

/// Returns at most [`MOST`] boxes, each with its colours.
fn boxes(colours: Vec<Counted>) -> Vec<Vec<Counted>> {
    if colours.len() <= MOST {
        return colours.into_iter().map(|colour| vec![colour]).collect();
    }
    let mut widths = vec![widest(&colours)];
    let mut boxes = vec![colours];
    while boxes.len() < MOST {
        let Some((index, &(width, shift, middle))) =
            widths.iter().enumerate().max_by_key(|(i, (w, ..))| (*w, usize::MAX - i))
        else {
            break;
        };
        if width == 0 {
            break;
        }
        let (low, high): (Vec<_>, Vec<_>) =
            boxes[index].iter().partition(|(colour, _)| channel(*colour, shift) <= middle);
        (widths[index], boxes[index]) = (widest(&low), low);
        widths.push(widest(&high));
        boxes.push(high);
    }
    boxes
}

fn channel(colour: u32, shift: u32) -> u32 {
    colour >> shift & 255
}

/// Returns the width, shift and middle of the channel over which colours differ most.
fn widest(colours: &[Counted]) -> (u32, u32, u32) {
    let span = |shift: u32| {
        let values = || colours.iter().map(|(colour, _)| channel(*colour, shift));
        let (low, high) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        (high - low, shift, (low + high) / 2)
    };
    [16, 8, 0].map(span).into_iter().max().unwrap_or((0, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour_of(image: &Indexed, pixel: usize) -> [u8; 3] {
        let at = usize::from(image.indices[pixel]) * 3;
        [image.palette[at], image.palette[at + 1], image.palette[at + 2]]
    }

    #[test]
    fn few_colours_are_kept_exactly() {
        let rgba: Vec<u8> = (0..256).flat_map(|i| [i as u8, 7, 255 - i as u8, 255]).collect();
        let image = indexed(&rgba);
        assert_eq!((image.palette.len(), image.indices.len()), (768, 256));
        assert!((0..256).all(|i| colour_of(&image, i) == [i as u8, 7, 255 - i as u8]));
        assert!(indexed(&[]).indices.is_empty());
    }

    #[test]
    fn many_colours_come_close_and_plain_areas_keep_theirs() {
        let mut rgba = [0x35, 0xb7, 0x79, 255].repeat(500);
        rgba.extend(
            (0..4096).flat_map(|i: u32| {
                [(i % 16 * 17) as u8, (i / 16 % 16 * 17) as u8, (i / 256 * 17) as u8, 255]
            }),
        );
        let image = indexed(&rgba);
        assert_eq!(image.palette.len(), 768);
        assert_eq!(colour_of(&image, 0), [0x35, 0xb7, 0x79]);
        let off = |i: usize| {
            let pairs = colour_of(&image, i).into_iter().zip(&rgba[4 * i..4 * i + 3]);
            pairs.map(|(got, wanted)| got.abs_diff(*wanted)).max().unwrap_or(0)
        };
        assert!((0..4596).all(|i| off(i) <= 51), "{:?}", (0..4596).map(off).max());
    }
}
