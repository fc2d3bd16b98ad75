//! Impossible numbers in the shell, in TOML and in the environment: they are refused before memory is asked
//! for.

use crate::case::{Case, Place};

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "numbers", what: "too large for memory", test: too_large },
    Case { row: "numbers", what: "that are none", test: not_numbers },
    Case { row: "numbers", what: "seeds that tables cannot hold", test: seeds },
    Case { row: "numbers", what: "in a study file", test: in_toml },
    Case { row: "variables", what: "of the environment", test: variables },
    Case { row: "variables", what: "a store that cannot be", test: homes },
];

/// 10^18 and beyond.
const HUGE: &str = "1000000000000000000";

fn too_large(place: &Place) {
    for (verb, parts) in [
        ("finetune --n-train", &["`n_train`: got 1000000000000000000, expected at most 1000000"][..]),
        ("sweep --points", &["`grid`: got 1000000000000000000 points, expected at most 10001"]),
        ("basins --points", &["`grid`: got"]),
        ("figures --points", &["`grid`: got"]),
        ("soup --points", &["`grid`: got"]),
        ("convexity --points", &["`grid`: got"]),
        ("basins --confidence --resamples", &["`n_resamples`: got 1000000000000000000, expected"]),
        ("convexity --subsets", &["`convexity.n_subsets`: got"]),
        ("convexity --combinations", &["`convexity.n_points`: got"]),
        ("convexity --triples", &["`triangles.n_triples`: got"]),
        ("convexity --sizes", &["`convexity.sizes`: got"]),
        ("soup --subsets", &["`soups.n_subsets`: got"]),
        ("soup --sizes", &["`soups.sizes`: got"]),
        ("replay nowhere --scores x.json --n-examples", &["`n_examples`: got"]),
        ("finetune --master-seed", &["`master_seed`: got 1000000000000000000, expected at most"]),
        ("spec --master-seed 184467440737095516 --n-train", &["got"]),
    ] {
        place.lmc(&format!("{verb} {HUGE}")).refused(parts);
        // 2^64 - 1 is refused too, where it can be read.
        place.lmc(&format!("{verb} 18446744073709551615")).refused(&[]);
    }
    let many = (0..40).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    place.lmc(&format!("sweep --seeds {many} --points 10002")).refused(&["10002 points"]);
    place
        .lmc("finetune --length 99999999999ep")
        .misused(&["`step`: got 99999999999ep, expected at most 4294967295"]);
    place
        .lmc("finetune --length 4294967295ep --n-train 640")
        .refused(&["`recipe.length`: got 4294967295ep", "updates"]);
    place.lmc("finetune --seeds 99999999999999999999").misused(&["number too large"]);
    assert_eq!(place.n_stored(), 0);
}

fn not_numbers(place: &Place) {
    for (rate, got) in [
        ("1e400", "inf"),
        ("nan", "NaN"),
        ("inf", "inf"),
        ("-inf", "-inf"),
        ("1e-400", "0"),
        ("-1", "-1"),
        ("0", "0"),
    ] {
        let command = format!("finetune --learning-rate={rate}");
        let expected = format!("`recipe.learning_rate`: got {got}, expected a positive number");
        place.lmc(&command).refused(&[&expected]);
    }
    for (arguments, parts) in [
        ("finetune --n-train=-1", &["-1"][..]),
        ("finetune --n-train -1", &["'-1'", "--n-train"]),
        ("sweep --points -3", &["'-3'", "--points"]),
        ("finetune --n-train 1.5", &["invalid digit"]),
        ("finetune --n-train 1e3", &["invalid digit"]),
        ("finetune --seeds 1,-2", &["-2"]),
        ("finetune --seeds 1,,2", &["--seeds"]),
        ("finetune --length=-1ep", &["-1ep"]),
        ("finetune --length 1e3it", &["whole number"]),
        ("sweep --points three", &["invalid digit"]),
    ] {
        place.lmc(arguments).misused(parts);
    }
    place.lmc("finetune --learning-rate -1").refused(&["`recipe.learning_rate`: got -1"]);
    place.lmc("sweep --tolerance -0.5").refused(&["`compute.tolerance`: got -0.5"]);
    for value in ["1e400", "nan", "-1", "0"] {
        place.lmc(&format!("convexity --concentration={value}")).refused(&["`concentration`: got"]);
        place.lmc(&format!("sweep --tolerance={value}")).refused(&["`compute.tolerance`: got"]);
    }
    assert_eq!(place.n_stored(), 0);
}

fn seeds(place: &Place) {
    let most = "at most 9223372036854775807, tables have no place for more";
    for seed in ["18446744073709551615", "9223372036854775808"] {
        for verb in ["spec", "finetune", "sweep", "figures"] {
            let got = format!("`seeds`: got {seed}, expected ");
            place.lmc(&format!("{verb} --seeds 1,{seed}")).refused(&[&got, most]);
        }
    }
    place
        .lmc("spec --master-seed 18446744073709551615")
        .refused(&["`master_seed`: got 18446744073709551615"]);
    let table = place.lmc("finetune --n-train 64 --length 1it --seeds 9223372036854775807").handled();
    assert!(table.contains(" 9223372036854775807 ") && !table.contains("-1 "), "{table}");
}

fn in_toml(place: &Place) {
    for (text, parts) in [
        (
            "task = { name = 'mini-nli', n_train = 1000000000000000000 }",
            &["`n_train`: got 1000000000000000000"][..],
        ),
        ("task = { name = 'mini-nli', n_train = 0 }", &["`n_train`: got 0"]),
        ("task = { name = 'mini-nli', n_train = -1 }", &["study.toml:1: "]),
        ("task = { name = 'mini-nli', counterexample_share = nan }", &["`counterexample_share`: got NaN"]),
        ("task = { name = 'mini-nli', counterexample_share = 2.0 }", &["`counterexample_share`: got 2"]),
        ("task = 'mini-nli'\nseeds = [-1]", &["study.toml:2: "]),
        ("task = 'mini-nli'\nseeds = [9223372036854775808]", &["9223372036854775808"]),
        ("task = 'mini-nli'\nmaster_seed = 9223372036854775807", &["study.toml:2: `master_seed`"]),
        ("task = 'mini-nli'\nstack = 0", &["`stack`: got 0"]),
        ("task = 'mini-nli'\n[recipe]\nname = 'mini'\nlearning_rate = nan", &["learning_rate"]),
        ("task = 'mini-nli'\n[recipe]\nname = 'mini'\nlearning_rate = inf", &["learning_rate"]),
        (
            "task = 'mini-nli'\n[recipe]\nname = 'mini'\nlearning_rate = 1e400",
            &["study.toml:4: ", "overflowed"],
        ),
        (
            "task = 'mini-nli'\n[recipe]\nname = 'mini'\nbatch_size = 9223372036854775807",
            &["`recipe.batch_size`: got"],
        ),
        ("task = 'mini-nli'\n[recipe]\nname = 'mini'\nwarmup = 1.5", &["`recipe.warmup`: got 1.5"]),
        ("task = 'mini-nli'\n[recipe]\nname = 'mini'\nlength = '99999999999ep'", &["at most 4294967295"]),
        ("task = 'mini-nli'\n[recipe]\nname = 'mini'\nlength = '0it'", &["`recipe.length`: got 0it"]),
        (
            "task = 'mini-nli'\n[recipe]\nname = 'mini'\ntrajectory = [nan, 1.0]",
            &["`recipe.trajectory`: got"],
        ),
        ("task = 'mini-nli'\n[recipe]\nname = 'mini'\ndropout = -0.5", &["`recipe.dropout`: got -0.5"]),
    ] {
        place.write("study.toml", text);
        for verb in ["spec", "figures"] {
            place.lmc(&format!("{verb} study.toml")).refused(parts);
        }
    }
    assert_eq!(place.n_stored(), 0);
}

fn variables(place: &Place) {
    for (name, values, expected) in [
        (
            "LMC_THREADS",
            &["abc", "-3", "2.5", "0", "5000", "99999999999999999999", "1e3"][..],
            "a whole number of threads, 1 to 4096",
        ),
        ("LMC_LEASE", &["soon", "0", "-1", "1.5"], "a whole number of seconds"),
        ("LMC_PROGRESS", &["no", "0", "of"], "off, on or nothing"),
        ("LMC_ARITHMETIC", &["no", "Native", "port"], "portable, native or nothing"),
    ] {
        for value in values {
            // Every verb checks the variable, whether it needs it or not.
            for verb in ["manifests", "finetune", "evaluate nowhere --corpus hans --split hans-lo"] {
                let mut command = place.command(verb.split_whitespace());
                command.env(name, value);
                place.ran(command).refused(&[&format!("`{name}`: got {value}, expected {expected}")]);
            }
        }
    }
    for (name, value) in
        [("LMC_THREADS", ""), ("LMC_THREADS", " 2 "), ("LMC_PROGRESS", "on"), ("LMC_LEASE", "60")]
    {
        let mut command = place.command(["manifests"]);
        command.env(name, value);
        place.ran(command).handled();
    }
    assert_eq!(place.n_stored(), 0);
}

fn homes(place: &Place) {
    place.write("file", "");
    std::os::unix::fs::symlink("/nowhere/store", place.path("dangling")).unwrap();
    for (home, parts) in [
        (
            "file",
            &["create folder file: it is a file; choose a folder you may write to (LMC_HOME sets the store)"]
                [..],
        ),
        ("file/store", &["create folder file/store: Not a directory", "LMC_HOME"]),
        ("dangling", &["it is a link to /nowhere/store, which is not there; choose a folder", "LMC_HOME"]),
        ("/proc/store", &["/proc/store"]),
    ] {
        let mut command = place.command("finetune --n-train 64 --length 1it --seeds 1".split(' '));
        command.env("LMC_HOME", home);
        place.ran(command).refused(parts);
    }
}
