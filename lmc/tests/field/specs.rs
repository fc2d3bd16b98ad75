//! Studies: recipes and their encoders, stages, files.

use crate::case::Case;

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "recipes",
        what: "the encoder of a recipe",
        test: |place| {
            for (arguments, encoder) in [
                ("mnli", "bert-base-uncased"),
                ("mnli --recipe roberta", "roberta-base"),
                ("qqp --recipe roberta", "roberta-base"),
                ("mnli --recipe roberta --encoder bert-base-uncased", "bert-base-uncased"),
                ("mnli --recipe roberta --encoder mine", "mine"),
                ("mnli --recipe lp-ft", "bert-base-uncased"),
                ("mnli --encoder roberta-base", "roberta-base"),
                ("mini-nli --recipe roberta", "mini-roberta"),
                ("mini-nli --recipe roberta --encoder mini-bert", "mini-bert"),
                ("mini-nli-roberta --recipe mini-lp-ft", "mini-roberta"),
            ] {
                let printed = place.lmc(&format!("spec {arguments}")).handled();
                assert!(printed.contains(&format!("\nencoder = \"{encoder}\"\n")), "{arguments}: {printed}");
            }
            assert!(!place.lmc("spec mini-nli --recipe mini-lp-ft").handled().contains("encoder"));
        },
    },
    Case {
        row: "recipes",
        what: "a file that is given another recipe",
        test: |place| {
            let spec = |arguments: &str| place.lmc(&format!("spec {arguments}")).handled();
            place.write("bert.toml", spec("mnli"));
            place.write("roberta.toml", spec("mnli --recipe roberta"));
            assert!(spec("bert.toml --recipe roberta").contains("\nencoder = \"roberta-base\"\n"));
            assert!(spec("roberta.toml --recipe google").contains("\nencoder = \"bert-base-uncased\"\n"));
            place.write("short.toml", "task = 'mnli'\nrecipe = 'roberta'\n");
            assert!(spec("short.toml").contains("\nencoder = \"roberta-base\"\n"));
            place.write("other.toml", "task = 'mnli'\nencoder = 'mine'\n");
            assert!(spec("other.toml --recipe roberta").contains("\nencoder = \"mine\"\n"));
        },
    },
    Case {
        row: "recipes",
        what: "RoBERTa on the embedded task, finetuned",
        test: |place| {
            place.lmc("finetune --recipe roberta --n-train 64 --length 1it --seeds 1").handled();
            let store = place.path("../store");
            assert!(holds(&store, "\"name\":\"mini-roberta\""), "no run of mini-roberta in the store");
        },
    },
    Case {
        row: "stages",
        what: "checkpoints of QQP",
        test: |place| {
            for arguments in ["qqp", "qqp --recipe google"] {
                let printed = place.lmc(&format!("spec {arguments}")).handled();
                // These are 15,000 and 25,000 of 34,110 updates.
                assert!(printed.contains("0.43975") && printed.contains("0.73292"), "{printed}");
            }
            place.write("old.toml", "task = 'qqp'\n[recipe]\nname = 'google'\ntrajectory = [1.0]\n");
            assert!(place.lmc("spec old.toml").handled().contains("trajectory = [1.0]"));
            assert!(place.lmc("spec mnli").handled().contains("trajectory = [1.0]"));
        },
    },
    Case {
        row: "study files",
        what: "faults in tables, by line and key",
        test: |place| {
            for (text, says) in [
                (
                    "task = 'cola'\n\n[recipe]\nname = 'google'\nlength = 3\n",
                    "study.toml:5: `recipe.length`: got integer `3`, expected a length in quotes",
                ),
                (
                    "task = 'cola'\n[recipe]\nname = 'google'\n[recipe.adam]\nbeta1 = 'x'\n",
                    "study.toml:5: `recipe.adam.beta1`: got string",
                ),
                (
                    "task = 'cola'\n[recipe]\nname = 'google'\n[recipe.adam]\nbeta1 = 1.5\n",
                    "study.toml:5: `recipe.adam.beta1`: got 1.5, expected 0 to below 1",
                ),
                (
                    "task = 'cola'\n[recipe]\nname = 'google'\nlearning-rate = 1e-5\n",
                    "study.toml:4: unknown field `learning-rate` of `recipe`",
                ),
                ("[task]\nname = 'cola'\nn_trains = 5\n", "study.toml:3: unknown key `n_trains`"),
                (
                    "[task]\nname = 'cola'\nn_train = 5.5\n",
                    "study.toml:3: `task.n_train`: got floating point `5.5`, expected a whole number",
                ),
                (
                    "task = 'cola'\nrecipe = { name = 'google', trajectory = [0.5, 0.4, 1.0] }\n",
                    "study.toml:2: `recipe.trajectory`: got [0.5, 0.4, 1.0]",
                ),
                ("task = 'cola'\nseeds = [1, 2,\n  2]\n", "study.toml:2: `seeds`: got 2 twice"),
                ("task = 'cola'\ntask = 'mnli'\n", "study.toml:2: duplicate key"),
                (
                    "task = 2024-01-01\n",
                    "study.toml:1: `task`: got datetime `2024-01-01`, expected a name in quotes",
                ),
                (
                    "task = 'cola'\ndata = 5\n",
                    "study.toml:2: `data`: got integer `5`, expected a path in quotes",
                ),
                ("task = 'cola'\nrecipe = 'gogle'\n", "did you mean `google`?"),
                (
                    "\u{feff}task = 'cola'\r\nstack = 0\r\n",
                    "study.toml:2: `stack`: got 0, expected at least 1",
                ),
            ] {
                place.write("study.toml", text);
                place.lmc("sweep study.toml").refused(&[says, "lmc spec TASK"]);
                assert_eq!(place.n_stored(), 0);
            }
        },
    },
    Case {
        row: "study files",
        what: "byte order marks and carriage returns",
        test: |place| {
            let plain = "task = 'mini-nli'\nseeds = [7]\n\n[recipe]\nname = 'mini'\nlength = '5it'\n";
            place.write("plain.toml", plain);
            place.write("windows.toml", format!("\u{feff}{}", plain.replace('\n', "\r\n")));
            let [plain, windows] =
                ["plain", "windows"].map(|name| place.lmc(&format!("spec {name}.toml")).handled());
            assert_eq!(plain, windows);
            let wide: Vec<u8> = "task = 'cola'".encode_utf16().flat_map(u16::to_le_bytes).collect();
            place.write("wide.toml", [&[0xff, 0xfe][..], &wide].concat());
            place.lmc("spec wide.toml").refused(&["wide.toml: the text is not in UTF-8"]);
        },
    },
    Case {
        row: "study files",
        what: "paths",
        test: |place| {
            place.write("studies/cola.toml", "task = 'cola'\ndata = 'glue'\nencoder = '../enc'\n");
            place.lmc("finetune studies/cola.toml").refused(&["studies/glue"]);
            let printed = place.lmc("spec studies/cola.toml").handled();
            assert!(
                printed.contains("data = \"studies/glue\"")
                    && printed.contains("encoder = \"studies/../enc\""),
                "{printed}"
            );
            // The same holds in the folder of the file.
            let mut command = place.command(["spec", "cola.toml"]);
            command.current_dir(place.path("studies"));
            assert!(place.ran(command).handled().contains("data = \"glue\""));
            place.write("studies/home.toml", "task = 'cola'\ndata = '~/glue'\n");
            let mut command = place.command(["spec", "studies/home.toml"]);
            command.env("HOME", "/users/me");
            assert!(place.ran(command).handled().contains("data = \"/users/me/glue\""));
            place.write("variable.toml", "task = 'cola'\n\ndata = '$HOME/glue'\n");
            place
                .lmc("spec variable.toml")
                .refused(&["variable.toml:3: `data`: got $HOME/glue", "no variable but `~`"]);
            // A name of a manifest stays a name, and --data is relative to the working folder.
            place.write("studies/named.toml", "task = 'cola'\nencoder = 'roberta-base'\n");
            let printed = place.lmc("spec studies/named.toml --data glue").handled();
            assert!(
                printed.contains("encoder = \"roberta-base\"") && printed.contains("data = \"glue\""),
                "{printed}"
            );
        },
    },
];

/// Returns whether a file below a folder has a text, blanks aside.
fn holds(folder: &std::path::Path, text: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| match path.is_dir() {
        true => holds(&path, text),
        false => std::fs::read(&path).is_ok_and(|bytes| {
            let found: String = String::from_utf8_lossy(&bytes).split_whitespace().collect();
            found.contains(text)
        }),
    })
}
