"""Ways to deal examples out in batches, and the tensors of a batch."""

import torch


def plan(lengths: list[int], how: str) -> list[list[int]]:
    """The positions in each batch, by one of three ways, all sorted by length.

    `sequences:16`: 16 sequences in each batch. `tokens:1024`: as many as fit into 1024 tokens with their padding.
    `equal:1024`: the same of one exact length only, so that nothing is padded.
    """
    kind, size = how.split(":")
    size = int(size)
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    batches: list[list[int]] = []
    for i in order:
        last = batches[-1] if batches else []
        fits = bool(last) and {
            "sequences": len(last) < size,
            "tokens": (len(last) + 1) * lengths[i] <= size,
            "equal": lengths[last[0]] == lengths[i] and (len(last) + 1) * lengths[i] <= size,
        }[kind]
        if fits:
            last.append(i)
        else:
            batches.append([i])
    return batches


def collate(examples: list[dict], indices: list[int], length: int | None = None) -> dict:
    """The operands of a model for these examples, padded with 0 to the longest or to `length`; no mask if nothing is padded."""
    lengths = [len(examples[i]["input_ids"]) for i in indices]
    length = length or max(lengths)
    padded = lambda name: torch.tensor([examples[i][name] + [0] * (length - n) for i, n in zip(indices, lengths)])
    batch = {"input_ids": padded("input_ids"), "token_type_ids": padded("token_type_ids"), "attention_mask": None}
    if min(lengths) < length:
        batch["attention_mask"] = torch.tensor([[1] * n + [0] * (length - n) for n in lengths])
    return batch
