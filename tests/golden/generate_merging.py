"""Writes merging.safetensors and merging.json: tiny models merged by mergekit, for lmc's ways to merge.

    python generate_merging.py        # needs torch, transformers and mergekit 0.1.5

Four classifiers and a base are saved as folders, and `run_merge` of mergekit makes one model of them for each case.
The file holds, for each tensor NAME, `model-K/NAME`, `base/NAME` and `CASE/NAME`. Methods that draw at random take
their masks from `torch.bernoulli`; what it returned is in `CASE/mask-K/NAME`, so that the same mask can be used
elsewhere. merging.json lists the cases with their parameters, and with the YAML of their configuration, in which
folders have names alone.
"""

import json
import tempfile
from pathlib import Path

import torch
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import MergeOptions, run_merge
from mergekit.merge_methods.generalized_task_arithmetic import GeneralizedTaskArithmeticMerge
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForSequenceClassification

HERE = Path(__file__).parent
N_MODELS = 4
CONFIG = BertConfig(
    vocab_size=11,
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=6,
    num_labels=3,
)
# Case, method, models, parameters of mergekit.
WEIGHTS = [0.4, 0.3, 0.2, 0.1]
CASES = [
    ("linear", "linear", 4, {"weight": WEIGHTS}),
    ("linear-raw", "linear", 3, {"weight": [0.5, 0.5, 0.25], "normalize": False}),
    ("slerp", "slerp", 2, {"t": 0.3}),
    ("slerp-end", "slerp", 2, {"t": 1.0}),
    ("task-arithmetic", "task_arithmetic", 4, {"weight": WEIGHTS, "lambda": 1.5}),
    ("task-arithmetic-normalized", "task_arithmetic", 3, {"weight": [1.0, 2.0, 0.5], "normalize": True}),
    ("ties", "ties", 4, {"weight": WEIGHTS, "density": 0.5}),
    ("ties-sparse", "ties", 3, {"weight": [0.7, 0.2, 0.6], "density": 0.07, "lambda": 0.8}),
    ("ties-rescaled", "ties", 3, {"weight": [1.0, 1.0, 1.0], "density": 0.3, "rescale": True}),
    ("ties-raw", "ties", 4, {"weight": WEIGHTS, "density": 0.5, "normalize": False}),
    ("breadcrumbs", "breadcrumbs", 4, {"weight": WEIGHTS, "density": 0.6, "gamma": 0.1}),
    ("breadcrumbs-all", "breadcrumbs", 2, {"weight": [0.5, 0.5], "density": 0.95, "gamma": 0.2}),
    ("breadcrumbs-ties", "breadcrumbs_ties", 4, {"weight": WEIGHTS, "density": 0.6, "gamma": 0.1}),
    ("dare-linear", "dare_linear", 4, {"weight": WEIGHTS, "density": 0.6}),
    ("dare-ties", "dare_ties", 4, {"weight": WEIGHTS, "density": 0.4}),
    ("della", "della", 4, {"weight": WEIGHTS, "density": 0.5, "epsilon": 0.2}),
    ("della-linear", "della_linear", 3, {"weight": [0.4, 0.4, 0.4], "density": 0.7, "epsilon": 0.15}),
    ("model-stock", "model_stock", 3, {}),
    ("model-stock-filters", "model_stock", 4, {"filter_wise": True}),
]
PER_MODEL = ("weight", "density", "gamma", "epsilon")


def make_folders(folder):
    torch.manual_seed(0)
    base = BertForSequenceClassification(CONFIG)
    generator = torch.Generator().manual_seed(1)
    folders = []
    for name in ["base"] + [f"model-{k}" for k in range(N_MODELS)]:
        model = BertForSequenceClassification(CONFIG)
        model.load_state_dict(base.state_dict())
        if name != "base":
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
        model.save_pretrained(folder / name)
        folders.append(folder / name)
    return folders


def configuration(method, folders, parameters):
    models = []
    for k, folder in enumerate(folders[1:]):
        own = {key: value for key, value in parameters.items() if key in PER_MODEL}
        own = {key: value[k] if isinstance(value, list) else value for key, value in own.items()}
        models.append({"model": str(folder), "parameters": own})
    shared = {key: value for key, value in parameters.items() if key not in PER_MODEL}
    config = {"merge_method": method, "models": models, "parameters": shared, "dtype": "float32"}
    if method == "slerp":
        config["base_model"] = str(folders[1])
    elif method != "linear":
        config["base_model"] = str(folders[0])
    return config


class Masks:
    """Keeps what `torch.bernoulli` returns while mergekit merges one tensor after the other."""

    def __init__(self):
        self.drawn = {}
        self.name = None
        self.bernoulli = torch.bernoulli
        self.merge_group = GeneralizedTaskArithmeticMerge.merge_group

    def __enter__(self):
        def bernoulli(*args, **kwargs):
            mask = self.bernoulli(*args, **kwargs)
            self.drawn.setdefault(self.name, []).append(mask.clone())
            return mask

        def merge_group(method, group, /, **parameters):
            self.name = group.metadata.name
            return self.merge_group(method, group, **parameters)

        torch.bernoulli = bernoulli
        GeneralizedTaskArithmeticMerge.merge_group = merge_group
        return self.drawn

    def __exit__(self, *_):
        torch.bernoulli = self.bernoulli
        GeneralizedTaskArithmeticMerge.merge_group = self.merge_group


def main():
    tensors, cases = {}, []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        folders = make_folders(folder)
        for path in folders:
            for name, tensor in load_file(path / "model.safetensors").items():
                tensors[f"{path.name}/{name}"] = tensor
        for case, method, n_models, parameters in CASES:
            torch.manual_seed(7)
            out = folder / case
            with Masks() as drawn:
                run_merge(
                    MergeConfiguration.model_validate(configuration(method, folders[: 1 + n_models], parameters)),
                    str(out),
                    MergeOptions(copy_tokenizer=False, quiet=True, write_model_card=False),
                )
            for name, tensor in load_file(out / "model.safetensors").items():
                tensors[f"{case}/{name}"] = tensor
                for k, mask in enumerate(drawn.get(name, [])):
                    tensors[f"{case}/mask-{k}/{name}"] = mask.reshape(tensor.shape).to(torch.uint8)
            names = [Path(path.name) for path in folders[: 1 + n_models]]
            config = yaml.safe_dump(configuration(method, names, parameters))
            cases.append({"case": case, "method": method, "n_models": n_models, **parameters, "config": config})
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, HERE / "merging.safetensors")
    (HERE / "merging.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
