//! Studies of every family of encoders, from finetuning to lines between aligned copies.

use std::path::Path;

use lmc::compute::{Compute, Precision};
use lmc::model::{
    Classifier, Disentangled, DistanceNorm, DistanceTerm, ModelConfig, Modern, Pooling, load_finetuned,
    save_folder,
};
use lmc::spec::{Recipe, TaskSpec};
use lmc::step::Step;
use lmc::store::Store;
use lmc::study::{Study, StudySpec};
use lmc::sweep::Grid;
use lmc::tch::{self, Device, Kind, Tensor};
use lmc::weights::Weights;

/// Returns a small architecture of each family beside BERT and RoBERTa, for the words of mini-nli.
fn configs() -> Vec<ModelConfig> {
    let config = |model_type: &str| ModelConfig {
        model_type: model_type.into(),
        hidden_size: 16,
        num_attention_heads: 2,
        intermediate_size: 32,
        max_position_embeddings: 20,
        ..ModelConfig::mini(76)
    };
    let narrow = |model_type| ModelConfig { embedding_size: Some(8), ..config(model_type) };
    let disentangled = |share_att_key| Disentangled {
        relative_attention: true,
        pos_att_type: vec![DistanceTerm::C2p, DistanceTerm::P2c],
        position_buckets: 8,
        share_att_key,
        norm_rel_ebd: DistanceNorm::LayerNorm,
        position_biased_input: !share_att_key,
        ..Disentangled::default()
    };
    let deberta = |share| ModelConfig { disentangled: Some(disentangled(share)), ..config("deberta-v2") };
    let modernbert = |own| ModelConfig { modern: Some(own), ..config("modernbert") };
    vec![
        ModelConfig { pad_token_id: Some(0), ..config("xlm-roberta") },
        config("camembert"),
        narrow("electra"),
        config("distilbert"),
        config("mpnet"),
        ModelConfig { num_hidden_layers: 3, num_hidden_groups: Some(2), ..narrow("albert") },
        ModelConfig { type_vocab_size: 0, ..deberta(true) },
        ModelConfig { embedding_size: Some(8), ..deberta(false) },
        modernbert(Modern { local_attention: 4, ..Modern::with_layers(2) }),
        modernbert(Modern { norm_bias: true, classifier_pooling: Pooling::Mean, ..Modern::with_layers(2) }),
    ]
}

/// Writes a model with random weights, of which a study takes the encoder.
fn write(config: &ModelConfig, folder: &Path) {
    let layout = Classifier::new(config, 3).layout().clone();
    tch::manual_seed(1);
    let noise = Tensor::randn([layout.n_parameters()], (Kind::Float, Device::Cpu)) * 0.1;
    let is_norm = |name: &str| name.to_lowercase().replace('_', "").ends_with("norm.weight");
    save_folder(folder, config, &Weights::new(layout.clone(), noise + layout.mask(is_norm)).unwrap())
        .unwrap();
}

#[test]
fn every_family_is_finetuned_evaluated_and_aligned() {
    for config in configs() {
        let (name, folder) = (config.model_type.clone(), tempfile::tempdir().unwrap());
        let encoder = folder.path().join("encoder");
        write(&config, &encoder);
        let recipe = Recipe { length: Step::Iterations(6), ..Recipe::mini() };
        let spec = StudySpec {
            task: TaskSpec::mini_nli(1).with_n_train(64),
            recipe,
            encoder: encoder.into(),
            stack: 2,
            ..StudySpec::mini_nli(0)
        };
        let spec = spec.with_seeds([1, 2]);
        let open =
            || Study::open_in(spec.clone(), Store::open(folder.path().join("store")).unwrap()).unwrap();
        let models = open().finetune().unwrap();
        let losses: Vec<f64> =
            models.evaluate("lo").unwrap().iter().map(|evaluation| evaluation.outcome.mean_loss()).collect();
        assert!(losses.iter().all(|loss| (0.3..1.5).contains(loss)), "{name}: {losses:?}");
        let sweep = models.sweep("id", Grid::new(3).unwrap()).unwrap();
        let aligned = models.sweep_aligned(&sweep).unwrap();
        // The ends are the same functions.
        for (profile, line) in sweep.profiles.iter().zip(&aligned.after.profiles) {
            let (plain, aligned) = (profile.losses(), line.losses());
            for end in [0, 2] {
                assert!((plain[end] - aligned[end]).abs() < 1e-5, "{name}: {plain:?}, {aligned:?}");
            }
        }
        // A copy goes into a folder and comes back.
        let copy = &models.weights().unwrap()[0];
        let saved = folder.path().join("saved");
        let labelled =
            models.study().task().classifier.config().clone().with_labels(["entailment", "neutral"]);
        save_folder(&saved, &labelled, copy).unwrap();
        assert_eq!(load_finetuned(&saved).unwrap().weights.theta(), copy.theta(), "{name}");
        // The other way of training, in which masks of dropout are counted.
        let half = Compute::cpu().with_training(Precision::BFloat16);
        let models = open().on(half).unwrap().finetune().unwrap();
        assert!(
            models.evaluate("lo").unwrap().iter().all(|evaluation| evaluation.outcome.mean_loss() < 1.5),
            "{name}"
        );
    }
}
