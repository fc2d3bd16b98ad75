//! Devices, precisions and kinds of attention that are not there: nothing is computed or written.

use crate::case::{Case, Place};

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "devices", what: "that are none, or are not there", test: devices },
    Case { row: "devices", what: "with what they cannot compute", test: settings },
    Case { row: "devices", what: "of other machines", test: elsewhere },
];

/// The verbs that compute with a study.
const VERBS: [&str; 7] = ["finetune", "evaluate", "sweep", "basins", "convexity", "soup", "figures"];

fn devices(place: &Place) {
    let names = "expected auto, cpu, cuda or cuda: with numbers, such as cuda:0,1";
    for wrong in ["gpu", "CPU", "cuda:", "cuda:x", "cuda:0,", "mps", ""] {
        place.lmc(&format!("sweep --device={wrong}")).misused(&[&format!("got {wrong}, {names}")]);
    }
    for verb in VERBS {
        place
            .lmc(&format!("{verb} --device cuda:0,1,0"))
            .misused(&["got cuda:0,1,0, expected each device once"]);
        place.lmc(&format!("{verb} --device cuda:99")).refused(&["`device`: got cuda:99, expected cpu"]);
    }
    place.lmc("evaluate x --corpus hans --split hans-lo --device cuda:99").refused(&["got cuda:99"]);
    assert_eq!(place.n_stored(), 0);
    let small = "--n-train 64 --length 1it --seeds 1 --set id";
    let on_cpu = place.lmc(&format!("evaluate --device cpu {small}")).handled();
    let padded = place.lmc(&format!("evaluate --device cpu --attention padded:4 {small}")).handled();
    assert_eq!(on_cpu, padded);
}

fn settings(place: &Place) {
    for verb in VERBS {
        for precision in ["--precision", "--train-precision"] {
            place
                .lmc(&format!("{verb} --device cpu {precision} tf32"))
                .refused(&["got tf32 on the CPU, expected float32, bf16 or fp16"]);
            place.lmc(&format!("{verb} {precision} fp8")).misused(&["known: float32, tf32, fp16, bf16"]);
        }
        place
            .lmc(&format!("{verb} --device cpu --precision bf16 --attention flash"))
            .refused(&["`compute.attention`: got flash on the CPU, expected auto, equal or padded there"]);
        for wrong in ["eager", "padded:0", "padded:x"] {
            place.lmc(&format!("{verb} --attention {wrong}")).misused(&[wrong]);
        }
    }
    assert_eq!(place.n_stored(), 0);
}

/// With Slurm the devices are those of the nodes, which say what they lack.
fn elsewhere(place: &Place) {
    place
        .lmc("finetune --slurm --dry-run --device cpu --precision tf32")
        .refused(&["got tf32 on the CPU, expected float32, bf16 or fp16"]);
    place.lmc("sweep --slurm --dry-run --tolerance 0").refused(&["`compute.tolerance`: got 0"]);
    let plan = "finetune --slurm --dry-run --device cuda:7 --train-precision tf32 --n-train 64 --length 1it";
    let script = place.lmc(&format!("{plan} --seeds 1,2")).handled();
    assert!(script.contains("2 copies in an array of"), "{script}");
}
