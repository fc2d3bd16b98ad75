"""The embedded RoBERTa by transformers: token ids of pairs, hidden states of <s>, and the masked-LM loss, in float32 on the CPU.

Needs torch, transformers and tokenizers. Reads lmc/assets/mini-roberta and writes mini-roberta.json beside this file.
"""

import json
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, RobertaForMaskedLM, RobertaModel

PAIRS = [
    ("doctors slept", "judges slept"),
    ("judges that lawyers helped remembered bakers", "lawyers helped judges"),
    ("unless nurses near pilots laughed tourists arrived", "nurses laughed"),
    ("poets were greeted by monks because cooks sneezed", "monks greeted poets"),
    ("scholars opposite waiters believed that miners danced", "scholars danced"),
    ("Zebras sang", "zebras sang"),
]
folder = Path(__file__).resolve().parent
assets = folder.parents[1] / "lmc" / "assets" / "mini-roberta"

tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(assets / "tokenizer.json"), pad_token="<pad>", mask_token="<mask>")
encoded = [tokenizer(first, second)["input_ids"] for first, second in PAIRS]
encoder = RobertaModel.from_pretrained(assets, add_pooling_layer=False).eval()
model = RobertaForMaskedLM.from_pretrained(assets).eval()

features, losses, masked = [], [], []
with torch.no_grad():
    for ids in encoded:
        features.append(encoder(input_ids=torch.tensor([ids])).last_hidden_state[0, 0].tolist())
        # Every third token that is no special one.
        positions = [i for i, token in enumerate(ids) if token > tokenizer.mask_token_id][::3]
        inputs, labels = list(ids), [-100] * len(ids)
        for i in positions:
            inputs[i], labels[i] = tokenizer.mask_token_id, ids[i]
        output = model(input_ids=torch.tensor([inputs]), labels=torch.tensor([labels]))
        losses.append(output.loss.item() * len(positions))
        masked.append(positions)

golden = {"pairs": PAIRS, "ids": encoded, "features": features, "masked": masked, "masked_lm_loss": losses}
rounded = json.loads(json.dumps(golden), parse_float=lambda x: float(f"{float(x):.8g}"))
(folder / "mini-roberta.json").write_text(json.dumps(rounded, indent=None, separators=(",", ":")) + "\n")
