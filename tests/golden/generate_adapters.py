"""LoRA adapters on the tiny models of generate_models.py by PEFT, and the weights into which PEFT merges them.

Needs torch 2.11, transformers 5.24, safetensors and peft 0.21. Writes the folder adapters beside this file: an adapter for
each case, as PEFT saves it, and `merged.safetensors` beside it, the weights after merge_and_unload(). The base models are
named by paths that begin at the adapter.
"""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModel, AutoModelForSequenceClassification

HERE = Path(__file__).parent
ROOT = HERE / "adapters"
LAYERS = ["query", "key", "value", "dense"]


def write(name, base, options, task="SEQ_CLS", binary=False, changed={}):
    load = AutoModelForSequenceClassification if task == "SEQ_CLS" else AutoModel
    model = get_peft_model(load.from_pretrained(HERE / base), LoraConfig(task_type=task, **options))
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = 0.3 * torch.randn_like(parameter)
    folder = ROOT / name
    model.save_pretrained(folder, safe_serialization=not binary)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text()) | {"base_model_name_or_path": f"../../{base}"} | changed
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    # As others read it, and not the model that was saved.
    model = PeftModel.from_pretrained(load.from_pretrained(HERE / base), folder).eval()
    ids = torch.tensor([[2, 3, 4, 5, 6]])
    with torch.no_grad():
        before = model(input_ids=ids)[0]
        merged = model.merge_and_unload()
        torch.testing.assert_close(merged(input_ids=ids)[0], before, atol=1e-4, rtol=1e-4)
    save_file({name: t.contiguous() for name, t in merged.state_dict().items()}, folder / "merged.safetensors")


torch.manual_seed(0)
shutil.rmtree(ROOT, ignore_errors=True)
write("lora", "tiny-bert", dict(r=2, lora_alpha=3, target_modules=["query", "value"]))
write("rslora", "tiny-bert", dict(r=4, lora_alpha=3, use_rslora=True, target_modules=LAYERS), binary=True)
write("bias_all", "tiny-bert", dict(r=2, bias="all", target_modules=["query"]))
write("bias_lora_only", "tiny-bert", dict(r=2, bias="lora_only", target_modules=["query"]))
patterns = dict(
    rank_pattern={r"layer\.1.*query": 5, "value": 3}, alpha_pattern={"attention.self.value": 7, r"^bert.*layer\.0.*key": 1}
)
write("patterns", "tiny-bert", dict(r=2, lora_alpha=4, target_modules=["query", "key", "value"], **patterns))
write("transposed", "tiny-bert", dict(r=2, target_modules=["query"]), changed={"fan_in_fan_out": True})
write("roberta", "tiny-roberta", dict(r=2, target_modules=["query", "value"], modules_to_save=["classifier"]))
write("encoder", "tiny-bert", dict(r=2, target_modules=["query", "pooler.dense"]), task="FEATURE_EXTRACTION")
