//! The TorchScript modules that come with the crate against their generators.

use lmc_tests::reference::{golden, reference_script};

#[test]
fn every_module_is_what_its_generator_makes() {
    for name in ["flash_attention", "fused_linear"] {
        let Some(mut script) = reference_script(&format!("generate_{name}.py")) else { return };
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("made.pt");
        assert!(script.arg(&made).status().unwrap().success());
        let asset = golden("../../lmc/crates/model/assets").join(format!("{name}.pt"));
        assert_eq!(std::fs::read(made).unwrap(), std::fs::read(asset).unwrap(), "{name}");
    }
}
