"""Writes surfaces.safetensors and surfaces.json: the loss around a tiny classifier by the package loss-landscapes.

    python generate_surfaces.py        # needs torch, transformers, safetensors, numpy and loss-landscapes 3.0.6

`random_plane` of the package draws two directions, normalises them by filter or by layer, and takes the loss on a
grid. Its directions are recorded as drawn and as normalised. Vectors (biases, norms) are not among its parameters
here, since lmc leaves them as they are. `model` is not compared: the package scales each tensor by a norm that its
own scaling changes.

The package scales a plane so that its side is the norm of the model, and starts one step beside the corner; so
surfaces.json has, for each point, its place in lengths of the normalised directions.

The principal components of five planted checkpoints are those of numpy's singular value decomposition.

The file holds `model/NAME`, `KIND/drawn-K/NAME`, `KIND/scaled-K/NAME` and `checkpoint-K/NAME`.
"""

import json
from pathlib import Path

import loss_landscapes
import loss_landscapes.main as package
import numpy as np
import torch
from loss_landscapes.metrics import Metric
from loss_landscapes.model_interface.model_parameters import ModelParameters, rand_n_like
from loss_landscapes.model_interface.model_wrapper import ModelWrapper
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification

HERE = Path(__file__).parent
CONFIG = BertConfig(
    vocab_size=20,
    hidden_size=8,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=10,
    num_labels=3,
)
STEPS = 6
DISTANCE = 2


class Matrices(ModelWrapper):
    """The matrices of a model as the package's parameters."""

    def __init__(self, model):
        super().__init__([model])
        self.model = model
        self.names = [name for name, p in model.named_parameters() if p.dim() > 1]

    def get_module_parameters(self):
        parameters = dict(self.model.named_parameters())
        return ModelParameters([parameters[name].data for name in self.names])

    def forward(self, texts):
        raise NotImplementedError


class Loss(Metric):
    def __init__(self, texts):
        super().__init__()
        self.texts = texts

    def __call__(self, wrapper):
        with torch.no_grad():
            losses = []
            for ids, segments, label in self.texts:
                logits = wrapper.model(
                    input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([segments])
                ).logits
                losses.append(torch.nn.functional.cross_entropy(logits, torch.tensor([label])).item())
            return sum(losses) / len(losses)


def main():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    texts = []
    for length in [3, 10, 5, 7, 4, 6]:
        ids = torch.randint(1, CONFIG.vocab_size, (length,), generator=generator).tolist()
        texts.append((ids, [0] * (length // 2) + [1] * (length - length // 2), len(texts) % 3))
    model = BertForSequenceClassification(CONFIG).eval()
    with torch.no_grad():
        for p in model.parameters():
            p += 0.3 * torch.randn(p.shape, generator=generator)
            p.copy_(p.float().double())
    start = {name: p.detach().clone() for name, p in model.named_parameters()}
    tensors = {f"model/{name}": p for name, p in start.items()}
    facts = {"texts": texts, "surfaces": {}}
    for kind in ["filter", "layer"]:
        drawn = []

        def draw(like):
            direction = rand_n_like(like)
            for part in direction.parameters:
                part.copy_(part.float().double())
            drawn.append((direction, [part.clone() for part in direction.parameters]))
            return direction

        package.rand_u_like, package.orthogonal_to = draw, draw
        wrapper = Matrices(model)
        norm = wrapper.get_module_parameters().model_norm()
        losses = loss_landscapes.random_plane(wrapper, Loss(texts), DISTANCE, STEPS, kind)
        with torch.no_grad():
            for name, p in model.named_parameters():
                p.copy_(start[name])
        places = []
        for number, (_, raw) in enumerate(drawn):
            scaled = ModelParameters([part.clone() for part in raw])
            normalise = scaled.filter_normalize_ if kind == "filter" else scaled.layer_normalize_
            normalise(wrapper.get_module_parameters())
            for name, part, own in zip(wrapper.names, raw, scaled.parameters):
                tensors[f"{kind}/drawn-{number}/{name}"] = part
                tensors[f"{kind}/scaled-{number}/{name}"] = own
            # One step of the package, in lengths of the normalised direction.
            places.append(norm / DISTANCE / STEPS / scaled.model_norm())
        # The package walks up in even columns and down in odd ones, and takes a loss behind each step.
        grid = [
            {
                "x": (i - STEPS / 2) * places[0],
                "y": (j - STEPS / 2 + (1 if i % 2 == 0 else 0)) * places[1],
                "loss": losses[i][j],
            }
            for i in range(STEPS)
            for j in range(STEPS)
        ]
        facts["surfaces"][kind] = grid
    # A path towards the model with noise.
    path = []
    for k in range(5):
        checkpoint = {}
        for name, p in start.items():
            step = (0.5 - 0.1 * k) * torch.sin(p * 7) + 0.05 * torch.randn(p.shape, generator=generator)
            checkpoint[name] = (p + step).float().double()
            tensors[f"checkpoint-{k}/{name}"] = checkpoint[name]
        path.append(np.concatenate([(checkpoint[n] - start[n]).numpy().ravel() for n in start]))
    rows = np.stack(path)
    centred = rows - rows.mean(0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    places = rows @ axes[:2].T
    places *= np.where(places[0] < 0, -1, 1)
    facts["shares"] = (values[:2] ** 2 / (values**2).sum()).tolist()
    facts["places"] = places.tolist()
    save_file({name: p.float().contiguous() for name, p in tensors.items()}, HERE / "surfaces.safetensors")
    (HERE / "surfaces.json").write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
