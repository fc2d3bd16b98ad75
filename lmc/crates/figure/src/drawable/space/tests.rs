use super::*;
use crate::drawable::{check, completed};

fn surface() -> Value {
    json!({"type": "surface", "z": [[1, 2, 3], [4, 5, null]]})
}

/// Returns why a surface with these members is refused in a layout.
fn why(members: Value, layout: Value) -> String {
    let mut trace = surface();
    for (name, member) in members.as_object().unwrap() {
        trace[name] = member.clone();
    }
    let figure = completed(json!({"data": [trace], "layout": layout}));
    check(&figure).unwrap_err().to_string()
}

#[test]
fn what_a_scene_leaves_open_is_completed() {
    let line = json!({"type": "scatter3d", "x": [0, 4], "y": [0, 1], "z": [0, 9]});
    let figure = completed(json!({"data": [surface(), line]}));
    check(&figure).unwrap();
    let scene = &figure["layout"]["scene"];
    assert_eq!(figure["data"][0]["x"], json!([0, 1, 2]));
    assert_eq!(scene["xaxis"]["range"], json!([0.0, 4.0]));
    assert_eq!(scene["zaxis"]["range"], json!([0.0, 9.0]));
    assert_eq!(scene["zaxis"]["ticktext"], json!(["0", "2", "4", "6", "8"]));
    assert_eq!(scene["camera"]["projection"]["type"], "orthographic");
    assert_eq!((&figure["layout"]["xaxis"], &figure["layout"]["yaxis"]), (&Value::Null, &Value::Null));
    // A number alone still has two ends.
    let flat = completed(json!({"data": [{"type": "surface", "z": [[2, 2], [2, 2]]}]}));
    assert_eq!(flat["layout"]["scene"]["zaxis"]["range"], json!([1.5, 2.5]));
    check(&flat).unwrap();
}

#[test]
fn what_is_not_drawn_of_a_scene_is_refused_by_name() {
    let none = || json!({});
    let starts = |error: String, start: &str| assert!(error.starts_with(start), "{error}");
    starts(why(json!({"opacity": 0.5}), none()), "figure: trace 1 (surface) has `opacity`");
    starts(why(json!({"x": [0, 2, 1]}), none()), "figure: trace 1 (surface) has values of x that do not");
    starts(why(json!({"x": ["a", "b", "c"]}), none()), "figure: trace 1 (surface) has x = \"a\"; a scene");
    starts(
        why(json!({"x": [0, 1]}), none()),
        "figure: trace 1 (surface) has z of 2 × 3 values for 2 of y and 2 of x; a surface",
    );
    starts(why(json!({"scene": "map"}), none()), "figure: trace 1 (surface) has scene = \"map\"");
    let scene = |scene: Value| why(none(), json!({ "scene": scene }));
    starts(scene(json!({"aspectmode": "cube"})), "figure: scene has `aspectmode` cube; drawn are manual");
    starts(scene(json!({"bgcolor": "red"})), "figure: scene has `bgcolor`, which is not drawn");
    starts(
        scene(json!({"camera": {"projection": {"type": "perspective"}}})),
        "figure: scene has `camera.projection.type` perspective; drawn are orthographic",
    );
    starts(
        scene(json!({"camera": {"up": {"x": 1, "y": 0, "z": 0}}})),
        "figure: scene has `camera.up` [1, 0, 0]; drawn is [0.0, 0.0, 1.0]",
    );
    starts(scene(json!({"camera": {"eye": {"x": 0, "y": 0, "z": 0}}})), "figure: scene has `camera.eye`");
    starts(scene(json!({"aspectratio": {"x": 0, "y": 1, "z": 1}})), "figure: scene has `aspectratio` [0,");
    starts(scene(json!({"zaxis": {"type": "log"}})), "figure: scene has a z axis of type `log`");
    starts(scene(json!({"zaxis": {"range": [1, 1]}})), "figure: scene has a z axis with `range` [1,1]");
    starts(scene(json!({"xaxis": {"tickangle": 45}})), "figure: scene has a x axis with `tickangle`");
    starts(scene(json!({"xaxis": {"zeroline": true}})), "figure: scene has a x axis with `zeroline`");
    starts(
        scene(json!({"annotations": [{"bordercolor": "red"}]})),
        "figure: scene has an annotation 1 with `bordercolor`",
    );
    let why = |data: Value| check(&completed(json!({ "data": data }))).unwrap_err().to_string();
    assert_eq!(why(json!([surface(), surface()])), "figure: scene has 2 surfaces; drawn is one in a scene");
    let line =
        |mode: &str, z: Value| json!([{"type": "scatter3d", "mode": mode, "x": [0], "y": [0], "z": z}]);
    starts(why(line("text", json!([0]))), "figure: trace 1 (scatter3d) has `mode` text; drawn are lines");
    starts(
        why(line("lines", json!([0, 1]))),
        "figure: trace 1 (scatter3d) has 1 values of x, 1 of y and 2 of z",
    );
}
