//! The longest example: the limits of the model, its tokenizer and the options.

use serde_json::json;

use crate::case::{Case, Place};
use crate::tokenizers::{alike, bert, cola, evaluated, unlike, whole, with_settings, with_whole, words};

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "settings",
        what: "truncation and padding stored in tokenizer.json",
        test: stored_truncation,
    },
    Case { row: "length", what: "texts that are cut, and --max-length", test: lengths },
    Case { row: "length", what: "of a study", test: lengths_of_a_study },
];

fn lengths(place: &Place) {
    cola(place);
    // There are twelve positions; a quarter of an eighth of the sentences has more than ten words.
    let printed = evaluated(place, &bert(), "")
        .noted(&["note: id: ", " of 400 examples have more than 12 tokens and are cut; --max-length"]);
    assert_eq!(evaluated(place, &bert(), "--max-length 12").handled(), printed);
    let shorter = evaluated(place, &bert(), "--max-length 6").noted(&["have more than 6 tokens and are cut"]);
    assert_ne!(shorter, printed);
    evaluated(place, &bert(), "--max-length 0").refused(&["`max_length`: got 0, expected at least 1 token"]);
    for given in ["2", "13", "512"] {
        let problem = format!("`max_length`: got {given}, expected 3 to 12 tokens");
        evaluated(place, &bert(), &format!("--max-length {given}")).refused(&[&problem]);
    }
    evaluated(place, &bert(), "--max-length many").misused(&["--max-length <N>"]);
    // This is the limit of the tokenizer's model, in all the ways that Python writes it.
    let limited = with_settings(bert(), &json!({ "model_max_length": 6 }));
    assert_eq!(evaluated(place, &limited, "").noted(&["have more than 6 tokens"]), shorter);
    assert_eq!(evaluated(place, &limited, "--max-length 12").handled(), printed);
    for text in ["1e30", "1000000000000000019884624838656", "null", "512.0", "Infinity"] {
        let model = bert().file("tokenizer_config.json", format!("{{\"model_max_length\": {text}}}"));
        assert_eq!(evaluated(place, &model, "").handled(), printed, "{text}");
    }
}

fn lengths_of_a_study(place: &Place) {
    let study = "--n-train 64 --length 1it --seeds 1";
    let plain = place.lmc(&format!("finetune {study}")).handled();
    let n_runs = place.n_stored();
    let cut = place.lmc(&format!("finetune {study} --max-length 8"));
    cut.noted(&["examples have more than 8 tokens and are cut; --max-length"]);
    // This is another run, beside the one without the option.
    assert!(place.n_stored() > n_runs);
    assert_eq!(place.lmc(&format!("finetune {study}")).handled(), plain);
    let refused = place.lmc(&format!("finetune {study} --max-length 17"));
    refused.refused(&["`recipe.max_length`: got 17, expected 4 to 16 tokens"]);
    // A pair has three special tokens.
    let refused = place.lmc(&format!("finetune {study} --max-length 3"));
    refused.refused(&["`recipe.max_length`: got 3, expected 4 to 16 tokens: 3 special ones"]);
    place.lmc("spec mini-nli --max-length 12").handled();
}

fn stored_truncation(place: &Place) {
    cola(place);
    let mut stored = whole(&words(), true);
    stored["truncation"] =
        json!({ "direction": "Right", "max_length": 4, "strategy": "OnlyFirst", "stride": 0 });
    stored["padding"] = json!({ "strategy": { "Fixed": 12 }, "direction": "Left", "pad_to_multiple_of": 8, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]" });
    alike(place, &bert(), &with_whole(bert(), &stored, &json!({})));
    // The side counts if tokenizer_config.json names none.
    stored["truncation"]["direction"] = json!("Left");
    let left = with_settings(bert(), &json!({ "truncation_side": "left", "padding_side": "left" }));
    alike(place, &left, &with_whole(bert(), &stored, &json!({})));
    alike(place, &bert(), &with_whole(bert(), &stored, &json!({ "truncation_side": "right" })));
    unlike(place, &left, &bert());
}
