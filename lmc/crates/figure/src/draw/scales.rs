//! The colour scales that plotly knows by name.

use serde_json::{Value, json};

/// Each scale with its stops, a share and a colour in hexadecimal digits, as in plotly.js 3.0.1
/// (src/components/colorscale/scales.js, MIT).
#[rustfmt::skip]
const NAMED: [(&str, &str); 18] = [
    ("Greys", "0 000000, 1 ffffff"),
    (
        "YlGnBu",
        "0 081d58, 0.125 253494, 0.25 225ea8, 0.375 1d91c0, 0.5 41b6c4, 0.625 7fcdbb, 0.75 c7e9b4, \
         0.875 edf8d9, 1 ffffd9",
    ),
    (
        "Greens",
        "0 00441b, 0.125 006d2c, 0.25 238b45, 0.375 41ab5d, 0.5 74c476, 0.625 a1d99b, 0.75 c7e9c0, \
         0.875 e5f5e0, 1 f7fcf5",
    ),
    (
        "YlOrRd",
        "0 800026, 0.125 bd0026, 0.25 e31a1c, 0.375 fc4e2a, 0.5 fd8d3c, 0.625 feb24c, 0.75 fed976, \
         0.875 ffeda0, 1 ffffcc",
    ),
    ("Bluered", "0 0000ff, 1 ff0000"),
    ("RdBu", "0 050aac, 0.35 6a89f7, 0.5 bebebe, 0.6 dcaa84, 0.7 e6915a, 1 b20a1c"),
    ("Reds", "0 dcdcdc, 0.2 f5c39d, 0.4 f5a069, 1 b20a1c"),
    ("Blues", "0 050aac, 0.35 283cbe, 0.5 4664f5, 0.6 5a78f5, 0.7 6a89f7, 1 dcdcdc"),
    (
        "Picnic",
        "0 0000ff, 0.1 3399ff, 0.2 66ccff, 0.3 99ccff, 0.4 ccccff, 0.5 ffffff, 0.6 ffccff, 0.7 ff99ff, \
         0.8 ff66cc, 0.9 ff6666, 1 ff0000",
    ),
    (
        "Rainbow",
        "0 96005a, 0.125 0000c8, 0.25 0019ff, 0.375 0098ff, 0.5 2cff96, 0.625 97ff00, 0.75 ffea00, \
         0.875 ff6f00, 1 ff0000",
    ),
    ("Portland", "0 0c3383, 0.25 0a88ba, 0.5 f2d338, 0.75 f28f38, 1 d91e1e"),
    ("Jet", "0 000083, 0.125 003caa, 0.375 05ffff, 0.625 ffff00, 0.875 fa0000, 1 800000"),
    ("Hot", "0 000000, 0.3 e60000, 0.6 ffd200, 1 ffffff"),
    ("Blackbody", "0 000000, 0.2 e60000, 0.4 e6d200, 0.7 ffffff, 1 a0c8ff"),
    ("Earth", "0 000082, 0.1 00b4b4, 0.2 28d228, 0.4 e6e632, 0.6 784614, 1 ffffff"),
    ("Electric", "0 000000, 0.15 1e0064, 0.4 780064, 0.6 a05a00, 0.8 e6c800, 1 fffadc"),
    (
        "Viridis",
        "0 440154, 0.0627 48186a, 0.1255 472d7b, 0.1882 424086, 0.251 3b528b, 0.3137 33638d, \
         0.3765 2c728e, 0.4392 26828e, 0.502 21918c, 0.5647 1fa088, 0.6275 28ae80, 0.6902 3fbc73, \
         0.7529 5ec962, 0.8157 84d44b, 0.8784 addc30, 0.9412 d8e219, 1 fde725",
    ),
    (
        "Cividis",
        "0 00204c, 0.0588 002a66, 0.1176 00346e, 0.1765 273f6c, 0.2353 3c4a6b, 0.2941 4c556b, \
         0.3529 5b5f6d, 0.4118 686a70, 0.4706 757575, 0.5294 838178, 0.5882 928c78, 0.6471 a19876, \
         0.7059 b0a572, 0.7647 c0b16d, 0.8235 d1bf66, 0.8824 e1cc5c, 0.9412 f3db4f, 1 ffe945",
    ),
];

/// Returns a scale that plotly knows by name, as `[[share, colour], ..]`.
pub(crate) fn named(name: &str) -> Option<Value> {
    let (_, stops) = NAMED.iter().find(|(known, _)| *known == name)?;
    let stop = |stop: &str| {
        let (share, digits) = stop.trim().split_once(' ')?;
        Some(json!([share.parse::<f64>().ok()?, format!("#{digits}")]))
    };
    stops.split(',').map(stop).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_scale_goes_from_0_to_1() {
        for (name, _) in NAMED {
            let stops = named(name).unwrap();
            let stops = stops.as_array().unwrap();
            assert_eq!(
                (stops[0][0].as_f64(), stops[stops.len() - 1][0].as_f64()),
                (Some(0.0), Some(1.0)),
                "{name}"
            );
        }
        assert_eq!(named("Bluered"), Some(json!([[0.0, "#0000ff"], [1.0, "#ff0000"]])));
        assert_eq!(named("Mauve"), None);
    }
}
