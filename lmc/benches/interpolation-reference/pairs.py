"""The pairs that all sides evaluate: texts written by lmc's reader, tokens by transformers."""

import json
from pathlib import Path

from transformers import AutoTokenizer


def read_pairs(inputs: Path, encoder: Path, max_length: int) -> tuple[list[dict], list[int]]:
    """Token ids and segments of each pair, unpadded, and its label, in the order of the file."""
    lines = (inputs / "pairs.jsonl").read_text().splitlines()
    pairs = [json.loads(line) for line in lines]
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    encoded = tokenizer(
        [pair["first"] for pair in pairs],
        [pair["second"] for pair in pairs],
        truncation=True,
        max_length=max_length,
        padding=False,
    )
    examples = [
        {"input_ids": ids, "token_type_ids": segments}
        for ids, segments in zip(encoded["input_ids"], encoded["token_type_ids"])
    ]
    return examples, [pair["label"] for pair in pairs]
