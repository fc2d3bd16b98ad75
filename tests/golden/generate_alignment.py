"""Writes alignment.safetensors and alignment.json: two tiny classifiers, one aligned to the other by activations, and
points between them repaired.

    python generate_alignment.py        # needs torch, transformers, scipy and safetensors

Activations come from forward hooks on torch.nn.Linear, texts run one by one, so that nothing is padded. Correlations
are those of numpy.corrcoef over all tokens, assignments those of scipy (Li et al. 2015; Ainsworth et al. 2022). Points
are repaired layer by layer (Jordan et al. 2022): the texts are run anew for each layer, behind those that are repaired.
Everything is in float64.

For each tensor NAME the file holds `model-K/NAME`, `aligned/NAME` (model 1 in the order of model 0) and, for each alpha
of the JSON, `repaired-ALPHA/NAME`. The JSON has the texts, the alphas and for each kind of units the sums of
correlations as they are and aligned.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from scipy.optimize import linear_sum_assignment
from tiny_bert import CONFIG, begin, drawn_model, drawn_texts
from transformers import BertForSequenceClassification

HERE = Path(__file__).parent
HEADS, WIDTH = CONFIG.num_attention_heads, CONFIG.hidden_size // CONFIG.num_attention_heads
ALPHAS = [0.25, 0.5]


def linears(model):
    """Returns the linear layers in the order of the forward pass."""
    layers = []
    for layer in model.bert.encoder.layer:
        layers += [layer.attention.self.query, layer.attention.self.key, layer.attention.self.value]
        layers += [layer.attention.output.dense, layer.intermediate.dense, layer.output.dense]
    return layers + [model.bert.pooler.dense, model.classifier]


def run(model, texts, watched):
    """Returns the inputs and outputs of modules, a row for each token, or for each text behind the first token."""
    rows = [([], []) for _ in watched]
    hooks = []
    for module, (inputs, outputs) in zip(watched, rows):

        def hook(_module, args, output, inputs=inputs, outputs=outputs):
            inputs.append(args[0].reshape(-1, args[0].shape[-1]))
            outputs.append(output.reshape(-1, output.shape[-1]))

        hooks.append(module.register_forward_hook(hook))
    with torch.no_grad():
        for ids, segments in texts:
            model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([segments]))
    for hook in hooks:
        hook.remove()
    return [(torch.cat(inputs).numpy(), torch.cat(outputs).numpy()) for inputs, outputs in rows]


def correlation(a, b):
    n = a.shape[1]
    return np.corrcoef(a, b, rowvar=False)[:n, n:]


def assigned(values):
    rows, columns = linear_sum_assignment(values, maximize=True)
    assert (rows == np.arange(len(values))).all()
    return columns


def total(values, columns):
    return float(values[np.arange(len(values)), columns].sum())


def heads_assigned(of_scores, of_values):
    """Returns the units of queries and keys, and those of values, heads whole and units within them."""
    best, gains = {}, np.zeros((HEADS, HEADS))
    for i in range(HEADS):
        for j in range(HEADS):
            block = np.s_[i * WIDTH : (i + 1) * WIDTH, j * WIDTH : (j + 1) * WIDTH]
            best[i, j] = [assigned(values[block]) for values in (of_scores, of_values)]
            gains[i, j] = sum(total(v[block], c) for v, c in zip((of_scores, of_values), best[i, j]))
    order = assigned(gains)
    return [np.concatenate([j * WIDTH + best[i, j][k] for i, j in enumerate(order)]) for k in range(2)]


def aligned(models, texts):
    a, b = ([x for x in run(model, texts, linears(model))] for model in models)
    model = BertForSequenceClassification(CONFIG).eval()
    model.load_state_dict(models[1].state_dict())
    sums = {}

    def note(kind, pairs):
        old, new = sums.get(kind, (0.0, 0.0))
        for values, columns in pairs:
            old, new = old + float(np.trace(values)), new + total(values, columns)
        sums[kind] = (old, new)

    with torch.no_grad():
        stream = 0
        for l, layer in enumerate(model.bert.encoder.layer):
            q, k, v, out, up, down = range(6 * l, 6 * l + 6)
            of_scores = correlation(a[q][1], b[q][1]) + correlation(a[k][1], b[k][1])
            of_values = correlation(a[out][0], b[out][0])
            scores, values = heads_assigned(of_scores, of_values)
            note("heads", [(of_scores, scores), (of_values, values)])
            attention = layer.attention.self
            for part, index in [(attention.query, scores), (attention.key, scores), (attention.value, values)]:
                part.weight.copy_(part.weight[index])
                part.bias.copy_(part.bias[index])
            layer.attention.output.dense.weight.copy_(layer.attention.output.dense.weight[:, values])
            of_neurons = correlation(a[down][0], b[down][0])
            neurons = assigned(of_neurons)
            note("neurons", [(of_neurons, neurons)])
            layer.intermediate.dense.weight.copy_(layer.intermediate.dense.weight[neurons])
            layer.intermediate.dense.bias.copy_(layer.intermediate.dense.bias[neurons])
            layer.output.dense.weight.copy_(layer.output.dense.weight[:, neurons])
            stream = stream + correlation(a[q][0], b[q][0]) + correlation(a[up][0], b[up][0])
        of_pooler = correlation(a[-1][0], b[-1][0])
        pooler = assigned(of_pooler)
        note("pooler", [(of_pooler, pooler)])
        dense = model.bert.pooler.dense
        dense.weight.copy_(dense.weight[pooler])
        dense.bias.copy_(dense.bias[pooler])
        model.classifier.weight.copy_(model.classifier.weight[:, pooler])
        stream = stream + correlation(a[-2][0], b[-2][0])
        order = assigned(stream)
        note("stream", [(stream, order)])
        permute_stream(model, order)
    return model, sums


def permute_stream(model, order):
    embeddings = model.bert.embeddings
    for table in [embeddings.word_embeddings, embeddings.position_embeddings, embeddings.token_type_embeddings]:
        table.weight.copy_(table.weight[:, order])
    norms, reading, writing = [embeddings.LayerNorm], [model.bert.pooler.dense], []
    for layer in model.bert.encoder.layer:
        norms += [layer.attention.output.LayerNorm, layer.output.LayerNorm]
        attention = layer.attention.self
        reading += [attention.query, attention.key, attention.value, layer.intermediate.dense]
        writing += [layer.attention.output.dense, layer.output.dense]
    for module in norms + writing:
        module.weight.copy_(module.weight[order])
        module.bias.copy_(module.bias[order])
    for module in reading:
        module.weight.copy_(module.weight[:, order])


def repaired(a, b, alpha, texts):
    model = BertForSequenceClassification(CONFIG).eval()
    states = [m.state_dict() for m in (a, b)]
    model.load_state_dict({name: alpha * states[0][name] + (1 - alpha) * states[1][name] for name in states[0]})
    for of_a, of_b, own in list(zip(linears(a), linears(b), linears(model)))[:-1]:
        [(_, y_a)], [(_, y_b)], [(_, y)] = (run(m, texts, [one]) for m, one in [(a, of_a), (b, of_b), (model, own)])
        mean = alpha * y_a.mean(0) + (1 - alpha) * y_b.mean(0)
        scale = torch.tensor((alpha * y_a.std(0) + (1 - alpha) * y_b.std(0)) / y.std(0))
        with torch.no_grad():
            own.weight.copy_(own.weight * scale[:, None])
            own.bias.copy_((own.bias - torch.tensor(y.mean(0))) * scale + torch.tensor(mean))
    return model


def main():
    generator = begin()
    texts = drawn_texts(generator, times=4)
    models = [drawn_model(generator, 0.3) for _ in range(2)]
    other, sums = aligned(models, texts)
    # The other model is only in another order.
    with torch.no_grad():
        for ids, segments in texts:
            inputs = {"input_ids": torch.tensor([ids]), "token_type_ids": torch.tensor([segments])}
            assert torch.allclose(models[1](**inputs).logits, other(**inputs).logits)
    found = {"model-0": models[0], "model-1": models[1], "aligned": other}
    found.update({f"repaired-{alpha}": repaired(models[0], other, alpha, texts) for alpha in ALPHAS})
    tensors = {f"{kind}/{name}": p.detach() for kind, m in found.items() for name, p in m.named_parameters()}
    save_file({name: value.float().contiguous() for name, value in tensors.items()}, HERE / "alignment.safetensors")
    facts = {"texts": texts, "alphas": ALPHAS, "correlations": sums}
    (HERE / "alignment.json").write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
