//! The display of descriptions: task, recipe, run.

use lmc_base::show::{Fields, Forms, Show, seeds};
use lmc_base::shown;

use super::{Adam, Decay, ModelSpec, Recipe, RunSpec, TaskSpec, Trained};
use crate::manifest::Generator;

shown!(TaskSpec, Recipe, RunSpec);

impl Show for TaskSpec {
    fn forms(&self) -> Forms {
        let n_train = ("training examples", self.n_train().to_string());
        let rows = match (self.generator(), self.draw().counterexample_share) {
            (Some(Generator::MiniNli), share) => vec![
                ("task", "mini-NLI, the embedded one".to_owned()),
                n_train,
                ("share of counterexamples", share.unwrap_or_default().to_string()),
                ("seed of the data", self.data_seed().to_string()),
            ],
            (None, _) => vec![
                (
                    "task",
                    match self.file() {
                        Some(file) => format!("{}, from {}", self.name(), file.display()),
                        None => format!("{}, from its published files", self.name()),
                    },
                ),
                n_train,
                ("seed of their draw", self.data_seed().to_string()),
            ],
        };
        Fields { heading: "TaskSpec".into(), rows }.forms()
    }
}

impl Show for Recipe {
    fn forms(&self) -> Forms {
        let Self {
            name,
            length,
            batch_size,
            learning_rate,
            weight_decay,
            warmup,
            clip_norm,
            dropout,
            adam: Adam { beta1, beta2, eps, bias_correction },
            head_std,
            head_by_seed,
            trajectory,
            drop_last,
            max_length,
            decay,
            trained,
            after,
        } = self;
        let falling = match decay {
            Decay::AfterWarmup => "at its peak, falling to 0",
            Decay::FromStart => "falling to 0 from the first update on",
        };
        let corrected = if *bias_correction { "with" } else { "without" };
        let shares: Vec<String> = trajectory.iter().map(|share| format!("{:.0} %", 100.0 * share)).collect();
        let mut rows = vec![
            ("length", length.to_string()),
            (
                "batch_size",
                format!("{batch_size}{}", if *drop_last { ", partial batches are dropped" } else { "" }),
            ),
            ("learning_rate", format!("{learning_rate:e} {falling}")),
            ("warmup", format!("{:.0} % of training", 100.0 * warmup)),
            ("weight_decay", weight_decay.to_string()),
            ("clip_norm", clip_norm.map_or_else(|| "none".to_owned(), |norm| norm.to_string())),
            ("dropout", dropout.to_string()),
            ("adam", format!("betas {beta1}, {beta2}, eps {eps:e}, {corrected} bias correction")),
            ("head_std", format!("{head_std:e}")),
            ("head_by_seed", head_by_seed.to_string()),
            ("trajectory", format!("checkpoints after {} of training", shares.join(", "))),
        ];
        if let Some(length) = max_length {
            rows.push(("max_length", format!("{length} tokens, longer examples are cut")));
        }
        if *trained == Trained::Head {
            rows.push(("trained", "the head alone, on the features of the frozen encoder".to_owned()));
        }
        if let Some(before) = after {
            rows.push(("after", format!("the last checkpoint of recipe {}", before.name)));
        }
        Fields { heading: format!("Recipe {name}"), rows }.forms()
    }
}

impl Show for RunSpec {
    fn forms(&self) -> Forms {
        let Self { task, train_sha256, model, recipe, seed, stack, precision } = self;
        let beside =
            if stack.is_empty() { "alone".to_owned() } else { format!("in the stack {}", seeds(stack)) };
        let mut rows = vec![
            ("task", task.name().to_owned()),
            ("digest of the training set", beginning(train_sha256)),
            ("encoder", format!("{}, digest {}{}", model.name, beginning(&model.sha256), pooler(model))),
            ("recipe", recipe.name.clone()),
            ("seed", seed.to_string()),
            ("trained", beside),
        ];
        if precision != Self::FLOAT32 {
            rows.push(("precision of training", precision.clone()));
        }
        Fields { heading: format!("RunSpec {}", self.run_id()), rows }.forms()
    }
}

/// Returns where the pooler comes from, in words, if it is not from the encoder.
#[doc(hidden)]
pub fn pooler(model: &ModelSpec) -> &'static str {
    if model.fresh_pooler { "; its pooler is drawn from the seed of each copy" } else { "" }
}

/// Returns the first 12 digits of a digest.
#[doc(hidden)]
pub fn beginning(digest: &str) -> String {
    digest.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(shown: &impl Show) -> String {
        let forms = shown.forms();
        assert_eq!((forms[0].0, forms[1].0), ("text/html", "text/plain"));
        assert!(forms[0].1.starts_with("<table>") && !forms[0].1.contains('\n'));
        forms[1].1.clone()
    }

    #[test]
    fn a_recipe_in_words() {
        let text = text(&Recipe::mini());
        assert!(text.starts_with("Recipe mini\n  length         150it\n"), "{text}");
        assert!(text.contains("learning_rate  2e-3 at its peak"), "{text}");
        assert!(text.contains("eps 1e-8, with bias correction"), "{text}");
        assert!(text.contains("checkpoints after 33 %, 67 %, 100 % of training"), "{text}");
        assert!(!text.contains("trained") && !text.contains("after  "), "{text}");
        let text = self::text(&Recipe::lp_ft());
        assert!(text.contains("2e-5 falling to 0 from the first update on"), "{text}");
        assert!(text.contains("32, partial batches are dropped"), "{text}");
        assert!(text.contains("the last checkpoint of recipe linear-probe"), "{text}");
        assert!(self::text(&Recipe::linear_probe()).contains("the head alone"));
    }

    #[test]
    fn tasks_and_runs_in_words() {
        assert!(text(&TaskSpec::mini_nli(7)).contains("seed of the data          7"));
        assert!(text(&TaskSpec::cola()).contains("cola, from its published files"));
        let run = RunSpec {
            task: TaskSpec::cola(),
            train_sha256: "0123456789abcdef".into(),
            model: ModelSpec { name: "tiny".into(), sha256: "ff".into(), fresh_pooler: false },
            recipe: Recipe::hf_cola(),
            seed: 3,
            stack: vec![3, 4],
            precision: "bf16".into(),
        };
        let text = text(&run);
        assert!(text.starts_with(&format!("RunSpec {}\n", run.run_id())), "{text}");
        assert!(text.contains("0123456789ab\n") && text.contains("in the stack 3, 4"), "{text}");
        assert!(text.contains("precision of training       bf16"), "{text}");
    }
}
