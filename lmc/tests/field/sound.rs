//! Inputs that have always been handled well, so that they stay so: precisions of weights, odd names of
//! folders, odd surroundings, damaged weights, two processes on one store.

use std::process::Stdio;

use safetensors::tensor::Dtype;

use crate::case::{Case, Place};
use crate::corpus::hans;
use crate::model::{Model, Tensor};

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "precision of weights", what: "float64 says what float32 says", test: float64 },
    Case { row: "precision of weights", what: "bfloat16 and float16", test: half_precision },
    Case {
        row: "folder of a trainer",
        what: "optimiser, scheduler and state beside the weights",
        test: trainer,
    },
    Case {
        row: "names of folders",
        what: "spaces, quotes, accents, a link, a leading dash",
        test: odd_names,
    },
    Case { row: "damaged weights", what: "cut, empty, a page of HTML, a pointer of Git LFS", test: damaged },
    Case { row: "damaged weights", what: "NaN", test: not_a_number },
    Case { row: "damaged weights", what: "a tensor is missing or has another shape", test: other_tensors },
    Case { row: "surroundings", what: "locales, terminals, no home", test: surroundings },
    Case { row: "two processes", what: "one store, one study", test: two_processes },
    Case { row: "mistakes", what: "words and numbers on the command line", test: mistakes },
];

const ON_HANS: &str = "--corpus hans --split hans-lo --data data";

fn evaluate(place: &Place, models: &str) -> crate::case::Ran {
    place.lmc(&format!("evaluate {models} {ON_HANS}"))
}

/// Returns the printed cells of a model's row after its name.
fn row(printed: &str, model: &str) -> Vec<String> {
    let line = printed.lines().find(|line| line.split_whitespace().next() == Some(model));
    let line = line.unwrap_or_else(|| panic!("{model} is not in\n{printed}"));
    line.split_whitespace().skip(1).map(str::to_owned).collect()
}

/// Returns the model with every tensor in another type, made from its float32 entries.
fn converted(model: Model, dtype: Dtype, convert: impl Fn(f32) -> Vec<u8>) -> Model {
    let of = |tensor: &Tensor| {
        let entries = tensor.bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        Tensor { dtype, shape: tensor.shape.clone(), bytes: entries.flat_map(&convert).collect() }
    };
    let tensors = model.tensors.iter().map(|(name, tensor)| (name.clone(), of(tensor))).collect();
    Model { tensors, ..model }
}

fn float64(place: &Place) {
    hans(place, 200);
    Model::bert().save(place, "base");
    converted(Model::bert(), Dtype::F64, |x| f64::from(x).to_le_bytes().to_vec()).save(place, "double");
    let printed = evaluate(place, "base double").handled();
    assert_eq!(row(&printed, "base"), row(&printed, "double"), "{printed}");
}

fn half_precision(place: &Place) {
    hans(place, 200);
    converted(Model::bert(), Dtype::BF16, |x| x.to_le_bytes()[2..].to_vec()).save(place, "bf16");
    // Weights of the tiny model are normal numbers of float16, whose exponent has 5 bits and mantissa 10.
    let half = |x: f32| {
        let bits = x.to_bits();
        let exponent = ((bits >> 23) & 0xff) as i32 - 112;
        let sign = ((bits >> 16) & 0x8000) as u16;
        let magnitude =
            if exponent > 0 { (exponent as u16) << 10 | ((bits >> 13) & 0x3ff) as u16 } else { 0 };
        (sign | magnitude).to_le_bytes().to_vec()
    };
    converted(Model::bert(), Dtype::F16, half).save(place, "f16");
    Model::bert().save(place, "base");
    let printed = evaluate(place, "base bf16 f16").handled();
    let loss = |model| row(&printed, model)[2].parse::<f64>().unwrap();
    for model in ["bf16", "f16"] {
        assert!((loss(model) - loss("base")).abs() < 0.02, "{printed}");
    }
}

fn trainer(place: &Place) {
    hans(place, 200);
    let zip: &[u8] = b"PK\x03\x04";
    Model::bert()
        .file("optimizer.pt", zip)
        .file("scheduler.pt", zip)
        .file("rng_state.pth", zip)
        .file("training_args.bin", zip)
        .file("trainer_state.json", "{}")
        .save(place, "checkpoint-500");
    evaluate(place, "checkpoint-500").handled();
}

fn odd_names(place: &Place) {
    hans(place, 200);
    let base = Model::bert().save(place, "base");
    std::os::unix::fs::symlink(&base, place.path("link")).unwrap();
    for name in ["two words", "l'été \"x\"", "模型", "a,b;c*", "-dash"] {
        Model::bert().save(place, name);
        let mut arguments = vec!["evaluate"];
        arguments.extend(ON_HANS.split(' '));
        arguments.extend(["--", name]);
        let printed = place.ran(place.command(arguments)).handled();
        assert!(printed.contains(name), "{printed}");
    }
    let printed = evaluate(place, "link").handled();
    assert!(printed.contains("link"), "{printed}");
}

fn damaged(place: &Place) {
    hans(place, 200);
    let page = "<!DOCTYPE html>\n<html><body>Entry not found</body></html>\n".repeat(20);
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 466062\n", "0".repeat(64));
    let whole = std::fs::read(Model::bert().save(place, "whole").join("model.safetensors")).unwrap();
    let damages: [(&str, &[u8]); 5] = [
        ("cut", &whole[..whole.len() / 2]),
        ("head", &whole[..100]),
        ("empty", b""),
        ("page", page.as_bytes()),
        ("pointer", pointer.as_bytes()),
    ];
    for (name, bytes) in damages {
        let folder = Model::bert().save(place, name);
        std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
        evaluate(place, name).refused(&[&format!("{name}/model.safetensors")]);
    }
    assert_eq!(place.n_stored(), 0);
}

fn not_a_number(place: &Place) {
    hans(place, 200);
    let bias = Tensor::f32(&[3], [f32::NAN, 0.0, 0.0]);
    Model::bert().tensor("classifier.bias", bias).save(place, "diverged");
    evaluate(place, "diverged").refused(&["diverged", "NaN"]);
}

fn other_tensors(place: &Place) {
    hans(place, 200);
    let name = "bert.encoder.layer.1.output.dense.bias";
    Model::bert().renamed(|tensor| (tensor != name).then(|| tensor.to_owned())).save(place, "missing");
    evaluate(place, "missing").refused(&["missing", name]);
    Model::bert().tensor(name, Tensor::f32(&[8], [0.0; 8])).save(place, "misshapen");
    evaluate(place, "misshapen").refused(&["misshapen", name, "[8]", "[16]"]);
}

fn surroundings(place: &Place) {
    hans(place, 200);
    Model::bert().save(place, "base");
    let first = evaluate(place, "base").handled();
    let with = |set: &[(&str, &str)], unset: &[&str]| {
        let mut command = place.command(format!("evaluate base {ON_HANS}").split(' '));
        set.iter().for_each(|(name, value)| {
            command.env(name, value);
        });
        unset.iter().for_each(|name| {
            command.env_remove(name);
        });
        place.ran(command).handled()
    };
    assert_eq!(with(&[("LC_ALL", "tr_TR.UTF-8"), ("LANG", "de_DE.UTF-8")], &[]), first);
    assert_eq!(with(&[("LC_ALL", "C"), ("TZ", "Pacific/Kiritimati")], &[]), first);
    assert_eq!(with(&[("TERM", "dumb"), ("COLUMNS", "1"), ("NO_COLOR", "1")], &[]), first);
    assert_eq!(with(&[("COLUMNS", "many"), ("TERM", "")], &["HOME", "XDG_CACHE_HOME"]), first);
}

const STUDY: &str = "--seeds 1,2,3 --n-train 64 --length 2it";

fn two_processes(place: &Place) {
    let start = || {
        let mut command = place.command(format!("sweep {STUDY} --points 3").split(' '));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let outputs = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let again = place.lmc(&format!("sweep {STUDY} --points 3")).handled();
    for output in outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), again);
    }
}

fn mistakes(place: &Place) {
    place.lmc("figures xnli").refused(&["unknown study `xnli`", "mini-nli", "cola"]);
    place.lmc("finetune --seeds 1,2,1").refused(&["`seeds`: got 1 twice"]);
    place.lmc("finetune --recipe sgd").refused(&["unknown recipe `sgd`", "google"]);
    place.lmc("finetune --learning-rate 0").refused(&["`recipe.learning_rate`: got 0"]);
    place.lmc("finetune --learning-rate=-1e-3").refused(&["`recipe.learning_rate`: got -0.001"]);
    place.lmc("finetune --n-train 0").refused(&["`n_train`: got 0"]);
    place.lmc("sweep --points 2").refused(&["`grid`: got 2 points"]);
    place.lmc("sweep --tolerance 0").refused(&["`compute.tolerance`: got 0"]);
    place.lmc("finetune --seeds one").misused(&["'one'", "--seeds"]);
    place.lmc("finetune --length 3").misused(&["3ep or 500it"]);
    place.lmc("basins --delta wide").misused(&["paper, auto or a number above 0"]);
    place.lmc("walk").misused(&["unrecognized subcommand 'walk'"]);
    assert_eq!(place.n_stored(), 0);
}
