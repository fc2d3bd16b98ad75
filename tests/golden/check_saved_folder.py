"""Reads a folder as transformers does and saves it again, for a test of the folders that `lmc` saves.

    check_saved_folder.py FOLDER EXPECTED OUT

EXPECTED is a JSON file with `ids`, `segments`, `mask`, all [batch][seq], `logits`, [batch][label], and `labels`. The folder must
give exactly the tensors of a sequence classifier, these logits to 1e-5 and these labels. Needs torch and transformers.
"""

import inspect
import json
import sys

import torch
from transformers import AutoModelForSequenceClassification

folder, expected, out = sys.argv[1:]
with open(expected, encoding="utf-8") as file:
    expected = json.load(file)
model, loading = AutoModelForSequenceClassification.from_pretrained(
    folder, output_loading_info=True, local_files_only=True
)
wrong = {kind: sorted(map(str, names)) for kind, names in loading.items() if names}
assert not wrong, wrong
assert {"missing_keys", "unexpected_keys", "mismatched_keys"} <= loading.keys(), loading
assert model.dtype == torch.float32, model.dtype
config = model.config
assert config.architectures == [type(model).__name__], config.architectures
labels = expected["labels"]
assert config.id2label == dict(enumerate(labels)), config.id2label
assert config.label2id == {label: i for i, label in enumerate(labels)}, config.label2id
given = {"input_ids": expected["ids"], "attention_mask": expected["mask"]}
# Some families know no segments.
if "token_type_ids" in inspect.signature(model.forward).parameters:
    given["token_type_ids"] = expected["segments"]
with torch.inference_mode():
    logits = model.eval()(**{name: torch.tensor(values) for name, values in given.items()}).logits
difference = (logits - torch.tensor(expected["logits"])).abs().max().item()
assert difference < 1e-5, difference
model.save_pretrained(out)
print(f"{type(model).__name__}: {sum(1 for _ in model.parameters())} tensors, logits differ by at most {difference:.1e}")
