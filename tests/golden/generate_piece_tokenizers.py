"""Token ids of AutoTokenizer for folders of XLM-RoBERTa, CamemBERT, ALBERT, DeBERTa and MPNet, whose tokenizers have classes of their own.

Needs transformers 5.24 or later (without torch). Writes piece_tokenizers.json beside this file: the text of every file of a folder,
and the ids of texts, and of pairs at 64 and at 9 tokens. Vocabularies are our own.
"""

import json
import tempfile
from pathlib import Path

from transformers import AutoTokenizer, logging

logging.set_verbosity_error()

WORDS = ["▁the", "▁cat", "▁slept", "▁The", "▁do", "ct", "or", "s", "▁c", "at", "é", "▁caf", "▁Doctor", "▁", "t", "h", "e", "c", "a", "o", "r", "l", "p", "d",
         "T", "D", "C", "\"", "'", "`", ".", ",", "!", "▁hello", "x", "<", ">", "[", "]", "m", "k", "f", "É", "1", "2"]
SCORES = [-3.0 - 0.11 * i for i in range(len(WORDS))]
TEXTS = ["", " ", "the cat", "The Cat", " the  cat ", "Doctors slept.", "café Café CAFÉ cafe\u0301", "``the'' 'cat'", "the\tcat\nthe", "the <mask> cat <mask>the",
         "[MASK] the [CLS]", "<s>the</s> <pad> <unk>", "中文 the", "hello, hello!", "x" * 30, "the\u00a0cat\u3000the", "ﬁ 12 ½", "İ"]
PAIRS = [["the cat", "The Cat"], ["", ""], ["the", ""], ["the cat slept . the cat slept", "Doctors !"], ["a", "the cat slept . the cat slept . !"]]


def added(id, content, **properties):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True, **properties}


def file(special, normalizer, processor, model):
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [added(i, t, lstrip="mask" in t.lower()) for i, t in special],
            "normalizer": normalizer, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
            "post_processor": processor, "decoder": None, "model": model}


def unigram(special, unk_id):
    return {"type": "Unigram", "unk_id": unk_id, "vocab": [[t, 0.0] for t in special] + [list(p) for p in zip(WORDS, SCORES)]}


def template(start, end, ids, kinds):
    special = lambda t, k: {"SpecialToken": {"id": t, "type_id": k}}
    text = lambda name, k: {"Sequence": {"id": name, "type_id": k}}
    return {"type": "TemplateProcessing", "single": [special(start, 0), text("A", 0), special(end, 0)],
            "pair": [special(start, 0), text("A", 0), special(end, 0), text("B", kinds), special(end, kinds)],
            "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in zip([start, end], ids)}}


XLMR = ["<s>", "<pad>", "</s>", "<unk>"]
CAMEMBERT = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"]
ALBERT = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
n = len(WORDS)
xlmr = file([*enumerate(XLMR), (n + 4, "<mask>")], {"type": "Lowercase"}, template("<s>", "</s>", [0, 2], 0), unigram(XLMR, 3))
xlmr["model"]["vocab"].append(["<mask>", 0.0])
camembert = file([(n + 4, "<s>"), (1, "<pad>"), (n + 5, "</s>"), (3, "<unk>"), (n + 6, "<mask>"), (0, "<s>NOTUSED"), (2, "</s>NOTUSED")], None,
                 template("<s>", "</s>", [n + 4, n + 5], 0), unigram(CAMEMBERT, 3))
camembert["model"]["vocab"] += [["<s>", 0.0], ["</s>", 0.0], ["<mask>", 0.0]]
albert = file([*enumerate(ALBERT)], {"type": "NFC"}, template("[CLS]", "[SEP]", [2, 3], 1), unigram(ALBERT, 1))
DEBERTA = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
deberta = file([*enumerate(DEBERTA), (n + 4, "[MASK]")], {"type": "NFKD"}, template("[CLS]", "[SEP]", [1, 2], 0), unigram(DEBERTA, 3))
deberta["model"]["vocab"].append(["[MASK]", 0.0])
scored = json.loads(json.dumps(deberta))
scored["model"]["vocab"][3][1] = -1.0
bare = {**albert, "post_processor": None}
MPNET = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "the", "cat", "slept", "doctor", "##s", "##or", "cafe", "café", ".", ",", "!", "hello", "x", "##x", "The", "'", "<mask>"]
mpnet = file([(i, t) for i, t in enumerate(MPNET) if t[0] in "<["], {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
             "strip_accents": None, "lowercase": True}, None,
             {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
              "vocab": {t: i for i, t in enumerate(MPNET)}})
FOLDERS = [
    ("xlm-roberta by its family", xlmr, {"model_type": "xlm-roberta"}, {}),
    ("xlm-roberta by its class", xlmr, {"model_type": "roberta"}, {"tokenizer_class": "XLMRobertaTokenizer", "add_prefix_space": False}),
    ("xlm-roberta as it is", xlmr, {"model_type": "xlm-roberta"}, {"tokenizer_class": "PreTrainedTokenizerFast"}),
    ("camembert", camembert, {"model_type": "camembert"}, {}),
    ("camembert fast", camembert, {"model_type": "camembert"}, {"tokenizer_class": "CamembertTokenizerFast", "model_max_length": 512}),
    ("albert", albert, {"model_type": "albert"}, {}),
    ("albert with accents and capitals", albert, {"model_type": "albert"}, {"do_lower_case": False, "keep_accents": True}),
    ("albert without a processor", bare, {"model_type": "albert"}, {"tokenizer_class": "AlbertTokenizer"}),
    ("albert with segments", albert, {"model_type": "albert"}, {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}),
    ("deberta", deberta, {"model_type": "deberta-v2"}, {}),
    ("deberta with small letters", deberta, {"model_type": "deberta-v2"}, {"do_lower_case": True, "tokenizer_class": "DebertaV2Tokenizer"}),
    ("deberta with single marks", deberta, {"model_type": "deberta-v2"},
     {"split_by_punct": True, "tokenizer_class": "DebertaV2TokenizerFast", "model_max_length": 512}),
    ("deberta without a prefix", deberta, {"model_type": "bert"}, {"add_prefix_space": False, "tokenizer_class": "DebertaV2Tokenizer"}),
    ("deberta with an unknown piece by its id", scored, {"model_type": "deberta-v2"}, {"unk_id": 3}),
    ("deberta without segments", deberta, {"model_type": "deberta-v2"}, {"model_input_names": ["input_ids", "attention_mask"]}),
    ("deberta as it is", deberta, {"model_type": "deberta-v2"}, {"tokenizer_class": "PreTrainedTokenizerFast"}),
    ("mpnet", mpnet, {"model_type": "mpnet"}, {}),
    ("mpnet with capitals", mpnet, {"model_type": "mpnet"}, {"tokenizer_class": "MPNetTokenizer", "do_lower_case": False}),
]


def ids(tokenizer, **given):
    encoded = tokenizer(truncation=True, **given)
    return [encoded["input_ids"], encoded.get("token_type_ids", [[0] * len(i) for i in encoded["input_ids"]])]


def golden(name, whole, config, settings):
    files = {"tokenizer.json": json.dumps(whole, ensure_ascii=False), "config.json": json.dumps(config), "tokenizer_config.json": json.dumps(settings)}
    with tempfile.TemporaryDirectory() as folder:
        for file, text in files.items():
            (Path(folder) / file).write_text(text, encoding="utf-8")
        tokenizer = AutoTokenizer.from_pretrained(folder)
    firsts, seconds = [list(texts) for texts in zip(*PAIRS)]
    return {"name": name, "files": files, "texts": ids(tokenizer, text=TEXTS, max_length=64),
            "pairs": [ids(tokenizer, text=firsts, text_pair=seconds, max_length=m) for m in [64, 9]]}


cases = [golden(*folder) for folder in FOLDERS]
lines = ",\n".join("  " + json.dumps(case) for case in cases)
path = Path(__file__).parent / "piece_tokenizers.json"
path.write_text(f'{{"texts": {json.dumps(TEXTS)},\n "pairs": {json.dumps(PAIRS)},\n "folders": [\n{lines}\n ]}}\n')
print(len(cases), "folders")
