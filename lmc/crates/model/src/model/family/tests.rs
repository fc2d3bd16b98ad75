use super::*;
use crate::model::fixture::config;

fn of(model_type: &str) -> ModelConfig {
    ModelConfig { model_type: model_type.into(), ..config() }
}

#[test]
fn each_family_is_found_by_its_name_alone() {
    for family in ALL {
        assert_eq!(Family::named(family.model_type).unwrap().class, family.class);
        assert!(family.prefix.ends_with('.') && !family.parts.is_empty());
    }
    assert!(Family::named("deberta").is_none());
}

#[test]
fn depths_of_albert_share_groups() {
    let albert = Family::named("albert").unwrap();
    let config = |depths, groups, inner| ModelConfig {
        num_hidden_layers: depths,
        num_hidden_groups: Some(groups),
        inner_group_num: Some(inner),
        ..of("albert")
    };
    assert_eq!(albert.order(&config(4, 1, 1)), [0, 0, 0, 0]);
    assert_eq!(albert.order(&config(4, 2, 1)), [0, 0, 1, 1]);
    assert_eq!(albert.order(&config(3, 2, 1)), [0, 0, 1]);
    assert_eq!(albert.order(&config(2, 2, 2)), [0, 1, 2, 3]);
    assert_eq!(albert.order(&config(2, 1, 2)), [0, 1, 0, 1]);
    assert_eq!(
        albert.layer_names(&config(4, 2, 1)),
        [0, 1].map(|i| format!("albert.encoder.albert_layer_groups.{i}.albert_layers.0"))
    );
}

#[test]
fn layers_beyond_the_config_are_known() {
    for (model_type, name, beyond) in [
        ("bert", "encoder.layer.1.output.dense.bias", false),
        ("bert", "encoder.layer.2.output.dense.bias", true),
        ("bert", "encoder.layers.2", false),
        ("distilbert", "transformer.layer.2.ffn.lin1.bias", true),
        ("distilbert", "encoder.layer.2.output.dense.bias", false),
        ("albert", "encoder.albert_layer_groups.1.albert_layers.0.ffn.bias", true),
        ("albert", "encoder.albert_layer_groups.0.albert_layers.1.ffn.bias", true),
        ("albert", "encoder.albert_layer_groups.0.albert_layers.0.ffn.bias", false),
    ] {
        let words: Vec<&str> = name.split('.').collect();
        let config = of(model_type);
        assert_eq!(config.family().is_beyond(&words, &config), beyond, "{model_type}: {name}");
    }
}
