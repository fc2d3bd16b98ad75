"""Token ids and segments of AutoTokenizer for folders whose files agree, disagree or say nothing, by WordPiece and byte-level pairs.

Needs transformers 5.17 or later (without torch).

    generate_tokenizer_folders.py                    writes tokenizer_folders.json beside this file
    generate_tokenizer_folders.py OUT SEED N         writes N random combinations of settings to OUT, in the same form

A folder is a map from names of files to their text, or to `{"from": NAME, "set": {KEY: VALUE}}`: the JSON of that name in `files` with
other values at keys whose levels are separated by dots (null is a value). Ids are those of texts and pairs at 64 tokens, and of pairs
cut to 9; null stands for those of the first folder of the family, which is named after "words" or "pairs" in `first`. `error` stands for a folder that AutoTokenizer refuses, `refused` for one that lmc refuses and AutoTokenizer does not.
"""

import copy
import json
import random
import sys
import tempfile
from pathlib import Path

from transformers import AutoTokenizer, logging

logging.set_verbosity_error()

WORDS = """[PAD] [UNK] [CLS] [SEP] [MASK] the The cat Cat ##s cafe café Café naive naïve 中 文 中文 doctors Doctors do ##ctors . , ! ? ' "
un ##believ ##able a b c ##a ##b ##c < > [ ] ##> mask MASK foo bar ##bar new New - # ##ing lawyer 🙂 e é 1 2 ##2 i hello HELLO world x ##x
cls pad <s> </s> <unk> <pad> <mask> <cls> judges Judges slept Slept istanbul İstanbul""".split()
LETTERS = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?'<>[]-0123456789Ġ")
MERGES = ["t h", "th e", "Ġ t", "Ġt h", "Ġth e", "c a", "ca t", "Ġ c", "Ġc a", "Ġca t", "T h", "Th e", "d o", "do c", "Ġ d", "Ġd o", "l o", "Ã ©"]
PAIRS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] + LETTERS + ["Ã", "©", "¯", "ð", "Ł"] + [m.replace(" ", "") for m in MERGES]
VOCAB_TXT = "".join(word + "\n" for word in WORDS)
VOCAB_JSON = {token: i for i, token in enumerate(PAIRS)}
MERGES_TXT = "#version: 0.2\n" + "".join(merge + "\n" for merge in MERGES)


def added(id, content, special=True, **properties):
    token = {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": not special, "special": special}
    return {"id": id, **token, **properties}


WHOLE_WORDS = {
    "version": "1.0",
    "truncation": {"direction": "Right", "max_length": 6, "strategy": "LongestFirst", "stride": 0},
    "padding": {"strategy": {"Fixed": 12}, "direction": "Left", "pad_to_multiple_of": 8, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
    "added_tokens": [added(i, token) for i, token in enumerate(WORDS[:5])],
    "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": False},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
            {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}},
        ],
        "special_tokens": {t: {"id": t, "ids": [WORDS.index(t)], "tokens": [t]} for t in ["[CLS]", "[SEP]"]},
    },
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
        "vocab": {word: i for i, word in enumerate(WORDS)},
    },
}
WHOLE_PAIRS = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [added(i, token) for i, token in enumerate(PAIRS[:4])] + [added(4, "<mask>", lstrip=True)],
    "normalizer": None,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": True},
    "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "model": {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
        "byte_fallback": False, "vocab": VOCAB_JSON, "merges": MERGES,
    },
}
FILES = {"words": WHOLE_WORDS, "pairs": WHOLE_PAIRS, "vocab.txt": VOCAB_TXT, "vocab.json": VOCAB_JSON, "merges.txt": MERGES_TXT}

TEXTS = [
    "", " ", "the cat", "The Cat", " the cat", "the  cat ", "Doctors slept.", "café Café CAFÉ", "cafe\u0301", "naïve naive", "中文 中 文", "the中cat",
    "the\x00cat \x07 the\u200bcat \ufffd the\ufeffcat", "the\tcat\nthe\r\ncat\u2028the\u00a0cat", "unbelievable", "the 🙂 cat🙂", "x" * 99, "x" * 100, "x" * 101,
    "[MASK] the [mask] [CLS]the[SEP] [PAD] [UNK] [ MASK ]", "<mask> the <MASK> <s>the</s> <pad> <unk> < mask >", "the<mask>cat [MASK]s the [MASK] .",
    "foo bar foobar barfoo foo, foo. (foo) Foo FOO", "newtok new tok NewTok newtok, newtok. slept cat anewtok newtoks the newtok cat", "<ent> the<ent>cat <ENT> <a> <b>",
    "don't 'tis dogs'", "the-cat the--cat", "1 2 12 122", "HELLO hello world", "İstanbul istanbul", "é e\u0301 É", "  \u2003the\u2003  ", "'", "a" * 5 + " b c abc cab",
]
LENGTHS = ["64", "pairs", "9"]
TEXT_PAIRS = [
    ["the cat", "The Cat"], ["", ""], ["", "the cat"], ["the cat", ""], ["the cat slept . the cat slept", "Doctors ! ?"], ["the", "the cat slept . the cat slept . ! ?"],
    ["a b c a b c", "c b a c b a"], ["[SEP] the", "the [MASK]"], ["<s> the", " the <mask>"], ["newtok the foo", "foo the newtok <ent>"], ["café 中", "中文 Café"],
]


def put(base, changes):
    value = copy.deepcopy(base)
    for key, new in changes.items():
        *levels, last = key.split(".")
        at = value
        for level in levels:
            at = at[level]
        at[last] = new
    return value


def write(files, folder):
    for name, content in files.items():
        if isinstance(content, dict) and "from" in content:
            content = FILES[content["from"]] if not content["set"] else put(FILES[content["from"]], content["set"])
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8", newline="")


def answers(tokenizer, examples, length):
    columns = [list(column) for column in zip(*examples)] if isinstance(examples[0], list) else [examples]
    rows = tokenizer(*columns, truncation=True, max_length=length, padding=False)
    assert all(all(mask) for mask in rows["attention_mask"]) if "attention_mask" in rows else True
    segments = rows.get("token_type_ids") or [[0] * len(ids) for ids in rows["input_ids"]]
    # Segments are 0, then 1: the place of the first 1 says all.
    assert all(s == sorted(s) and set(s) <= {0, 1} for s in segments)
    return {"ids": rows["input_ids"], "first": [s.index(1) if 1 in s else len(s) for s in segments]}


def case(files, refused=None):
    with tempfile.TemporaryDirectory() as name:
        write(files, Path(name))
        try:
            tokenizer = AutoTokenizer.from_pretrained(name)
            found = {"64": answers(tokenizer, TEXTS, 64), "pairs": answers(tokenizer, TEXT_PAIRS, 64), "9": answers(tokenizer, TEXT_PAIRS, 9)}
            limit = tokenizer.model_max_length
            found["limit"] = int(limit) if limit < 1e9 else None
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, AssertionError)):
                raise
            found = {"error": type(error).__name__}
    return {"files": files, "refused": refused} if refused else {"files": files, **found}


BERT = {"config.json": {"model_type": "bert"}}
ROBERTA = {"config.json": {"model_type": "roberta"}}


def words(config=None, whole=None, base=BERT, **files):
    """A folder of WordPiece: tokenizer.json with changes, or vocab.txt."""
    files = {name.replace("__", "."): content for name, content in files.items()}
    first = {"vocab.txt": {"from": "vocab.txt", "set": {}}} if whole is None else {"tokenizer.json": {"from": "words", "set": whole}}
    return {**base, **first, **({} if config is None else {"tokenizer_config.json": config}), **files}


def pairs(config=None, whole=None, base=ROBERTA, **files):
    """A folder of byte-level pairs: tokenizer.json with changes, or vocab.json and merges.txt."""
    files = {name.replace("__", "."): content for name, content in files.items()}
    two = {"vocab.json": {"from": "vocab.json", "set": {}}, "merges.txt": {"from": "merges.txt", "set": {}}}
    first = two if whole is None else {"tokenizer.json": {"from": "pairs", "set": whole}}
    return {**base, **first, **({} if config is None else {"tokenizer_config.json": config}), **files}


def described(content, **properties):
    return {"__type": "AddedToken", "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, **properties}


def plain(content, **properties):
    token = added(0, content, **properties)
    del token["id"]
    return token


N, M = len(WORDS), len(PAIRS)
FAST = "PreTrainedTokenizerFast"
DECODER = {str(i): plain(token) for i, token in enumerate(WORDS[:5])}
DECODER_PAIRS = {**{str(i): plain(token) for i, token in enumerate(PAIRS[:4])}, "4": plain("<mask>", lstrip=True)}
FOUR = {
    "newtok": dict(special=False), "foo": dict(special=False, single_word=True), "<ent>": dict(special=True, lstrip=True, rstrip=True),
    "bar": dict(special=False, rstrip=True, normalized=False),
}
ADDED = {**{str(WORDS.index(t)): plain(t, **FOUR[t]) for t in ["foo", "bar"]}, str(N): plain("newtok", special=False),
         str(N + 1): plain("<ent>", **FOUR["<ent>"]), str(N + 2): plain("slept cat", special=False, normalized=True)}
ADDED_PAIRS = {str(M + i): plain(token, **properties) for i, (token, properties) in enumerate(FOUR.items())}

FOLDERS = {
    "word pieces: vocabulary alone": words(),
    "word pieces: tokenizer.json alone, whose normaliser keeps case": words(whole={}),
    "word pieces: case kept by tokenizer_config.json": words({"do_lower_case": False, "tokenizer_class": "BertTokenizer"}, {"normalizer.lowercase": True}),
    "word pieces: accents stripped, case kept": words({"do_lower_case": False, "strip_accents": True}, {"normalizer.strip_accents": False}),
    "word pieces: accents kept, lower case": words({"strip_accents": False, "tokenizer_class": "BertTokenizerFast"}, {"normalizer.strip_accents": True}),
    "word pieces: Chinese left whole": words({"tokenize_chinese_chars": False}, {}),
    "word pieces: as PreTrainedTokenizerFast": words({"tokenizer_class": FAST}, {}),
    "word pieces: as PreTrainedTokenizerFast by config.json, with segments": words({"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}, {}, {"config.json": {"model_type": "bert", "tokenizer_class": FAST}}),
    "word pieces: PreTrainedTokenizerFast, BertProcessing, do_lower_case that is not heard": words({"tokenizer_class": FAST, "do_lower_case": True}, {"post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}}),
    "word pieces: DistilBertTokenizer, no segments": words({"tokenizer_class": "DistilBertTokenizer"}, {}),
    "word pieces: segments left out by model_input_names": words({"model_input_names": ["input_ids", "attention_mask"]}),
    "word pieces: prefix, longest word and unknown token of tokenizer.json that are not heard": words({}, {"model.continuing_subword_prefix": "@@", "model.max_input_chars_per_word": 5, "model.unk_token": "x"}),
    "word pieces: added_tokens.json": words({"do_lower_case": True}, added_tokens__json={"newtok": N, "<ent>": N + 1, "Slept cat": N + 2}),
    "word pieces: added_tokens.json with special tokens that a map names": words(None, added_tokens__json={"<ent>": N, "<a>": N + 1}, special_tokens_map__json={"additional_special_tokens": ["<ent>"], "mask_token": "<a>"}),
    "word pieces: added_tokens_decoder with properties": words({"added_tokens_decoder": {**DECODER, **ADDED}}),
    "word pieces: added_tokens_decoder says all": words({"added_tokens_decoder": DECODER}, {"added_tokens": WHOLE_WORDS["added_tokens"] + [added(N, "newtok", False)]}, added_tokens__json={"newtok": N}, special_tokens_map__json={"cls_token": "cls"}),
    "word pieces: tokens of tokenizer.json": words({}, {"added_tokens": WHOLE_WORDS["added_tokens"] + [added(N, "newtok", False), added(N + 1, "<ent>", True, rstrip=True)]}),
    "word pieces: PreTrainedTokenizerFast, properties that differ": words({"tokenizer_class": FAST, "added_tokens_decoder": {**DECODER, str(WORDS.index("cat")): plain("cat", special=False, single_word=True), "4": plain("[MASK]", lstrip=True)}}, {}),
    "word pieces: special tokens spelt otherwise": words({"cls_token": "<cls>", "sep_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}),
    "word pieces: special tokens as AddedToken": words({"cls_token": described("<cls>"), "sep_token": described("</s>", lstrip=True), "mask_token": described("<mask>", lstrip=True), "unk_token": described("<unk>", normalized=True)}),
    "word pieces: special tokens in special_tokens_map.json alone": words(None, special_tokens_map__json={"cls_token": "<cls>", "sep_token": plain("</s>"), "pad_token": "<pad>", "mask_token": plain("<mask>", lstrip=True)}),
    "word pieces: special_tokens_map.json over tokenizer_config.json": words({"cls_token": "[CLS]", "sep_token": "[SEP]"}, {}, special_tokens_map__json={"cls_token": "<cls>", "sep_token": "</s>"}),
    "word pieces: further special tokens": words({"additional_special_tokens": ["<ent>", described("<a>", rstrip=True, special=True)], "bos_token": "<b>"}),
    "word pieces: extra_special_tokens, old name beside": words({"extra_special_tokens": ["<ent>"], "additional_special_tokens": ["<a>"], "image_token": "newtok"}, special_tokens_map__json={"additional_special_tokens": ["<b>"]}),
    "word pieces: extra_special_tokens by name": words({"extra_special_tokens": {"entity_token": "<ent>"}}),
    "word pieces: cut on the left": words({"truncation_side": "left", "padding_side": "left", "model_max_length": 12}),
    "word pieces: cut on the left by tokenizer.json": words({"model_max_length": 1e30}, {"truncation.direction": "Left"}),
    "word pieces: side of tokenizer_config.json over that of tokenizer.json": words({"truncation_side": "right", "model_max_length": 512}, {"truncation.direction": "Left"}),
    "word pieces: special tokens in texts are split": words({"split_special_tokens": True}),
    "word pieces: padding that is not 0": words({"pad_token": "the", "pad_token_id": 5}),
    "word pieces: spaces at the ends of lines, a word twice": {**BERT, "vocab.txt": VOCAB_TXT.replace("cat\n", "cat \u00a0\n").replace("hello\n", "the\n").replace("\n", "\r\n")},
    "word pieces: no [PAD], no [MASK]": {**BERT, "vocab.txt": VOCAB_TXT.replace("[PAD]", "x1").replace("[MASK]", "x2")},
    "word pieces: a file of RobertaTokenizer": words({"tokenizer_class": "RobertaTokenizer", "cls_token": "<cls>"}, {}),
    "word pieces: WordLevel": words({}, {"model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(WORDS)}, "unk_token": "[UNK]"}}),
    "word pieces: in a RoBERTa": words(None, {"added_tokens": []}, ROBERTA),
    "pairs: vocabulary and merges": pairs(),
    "pairs: tokenizer.json alone, whose pre-tokeniser adds a space": pairs(whole={}),
    "pairs: add_prefix_space": pairs({"add_prefix_space": True, "trim_offsets": False}),
    "pairs: add_prefix_space over tokenizer.json": pairs({"add_prefix_space": True, "tokenizer_class": "RobertaTokenizerFast"}, {"pre_tokenizer.add_prefix_space": False}),
    "pairs: no add_prefix_space over tokenizer.json": pairs({"add_prefix_space": False, "trim_offsets": True}, {}),
    "pairs: as PreTrainedTokenizerFast": pairs({"tokenizer_class": FAST, "add_prefix_space": False}, {}),
    "pairs: a normaliser that is not heard": pairs({}, {"normalizer": {"type": "Lowercase"}}),
    "pairs: a normaliser as PreTrainedTokenizerFast": pairs({"tokenizer_class": FAST}, {"normalizer": {"type": "Lowercase"}}),
    "pairs: added_tokens_decoder": pairs({"added_tokens_decoder": {**DECODER_PAIRS, **ADDED_PAIRS}}),
    "pairs: added_tokens_decoder beside tokenizer.json": pairs({"added_tokens_decoder": {**DECODER_PAIRS, **ADDED_PAIRS}, "additional_special_tokens": ["<ent>"]}, {}),
    "pairs: added_tokens.json": pairs(None, added_tokens__json={"newtok": M, "foo": M + 1, "<ent>": M + 2}),
    "pairs: special_tokens_map.json": pairs(None, special_tokens_map__json={"mask_token": plain("<mask>", lstrip=True), "cls_token": "</s>", "bos_token": "<s>"}),
    "pairs: special tokens spelt otherwise": pairs({"cls_token": "T", "sep_token": described("lo"), "mask_token": described("[MASK]", lstrip=True), "pad_token": "[PAD]", "unk_token": "?"}),
    "pairs: tokens of tokenizer.json, merges as lists": pairs({}, {"added_tokens": WHOLE_PAIRS["added_tokens"] + [added(M, "newtok", False, lstrip=True), added(M + 1, "foo", False, single_word=True)], "model.merges": [merge.split(" ") for merge in MERGES]}),
    "pairs: cut on the left": pairs({"truncation_side": "left", "model_max_length": 1000000000000000019884624838656}),
    "pairs: BartTokenizer in a BERT": pairs({"tokenizer_class": "BartTokenizer"}, None, BERT),
    "pairs: unknown token, ignored merges and fused unknowns that are not heard": pairs({}, {"model.unk_token": "<unk>", "model.ignore_merges": True, "model.fuse_unk": True}),
    "pairs: <unk> and dropout as PreTrainedTokenizerFast": pairs({"tokenizer_class": FAST}, {"model.unk_token": "<unk>", "model.fuse_unk": True}),
    "pairs: no <pad>, no <mask>, no <unk>": pairs(None, None, vocab__json={{"<pad>": "~1", "<mask>": "~2", "<unk>": "~3"}.get(t, t): i for t, i in VOCAB_JSON.items()}),
    "pairs: a file of BertTokenizer": pairs({"tokenizer_class": "BertTokenizer", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}, {}),
    "wrong: do_lower_case is null": words({"do_lower_case": None}),
    "wrong: do_lower_case is a word": words({"do_lower_case": "false"}),
    "wrong: tokenize_chinese_chars is a number": words({"tokenize_chinese_chars": 1}),
    "wrong: add_prefix_space is null": pairs({"add_prefix_space": None}),
    "wrong: truncation_side": words({"truncation_side": "middle"}),
    "wrong: PreTrainedTokenizerFast without tokenizer.json": words({"tokenizer_class": FAST}),
    "wrong: an added token that is a string": words({"added_tokens_decoder": {str(N): "newtok"}}),
    "wrong: a special token that is a number": words({"cls_token": 2}),
    "wrong: no list of inputs": words({"model_input_names": None}),
    "wrong: tokenizer.json has no list of added tokens": words({}, {"added_tokens": None}),
    "wrong: settings are a list": words([1]),
}

# Folders that AutoTokenizer takes without a warning and lmc refuses: each gives ids that are in no file.
REFUSED = {
    "refused: an added token's id is not the next one": (words({"added_tokens_decoder": {"500": plain("newtok", special=False)}}), "500"),
    "refused: an added token's id is another token's": (words(None, added_tokens__json={"cat": 5}), "cat"),
    "refused: two added tokens have one id": (words(None, added_tokens__json={"newtok": N, "<ent>": N}), "each id once"),
    "refused: no [CLS]": ({**BERT, "vocab.txt": VOCAB_TXT.replace("[CLS]", "x1")}, "[CLS]"),
    "refused: cls_token is null": (words({"cls_token": None}), "cls_token"),
    "refused: [UNK] is an added token alone": ({**BERT, "vocab.txt": VOCAB_TXT.replace("[UNK]", "x1"), "added_tokens.json": {"[UNK]": N}}, "[UNK]"),
    "refused: a class that is not known": (words({"tokenizer_class": "XLNetTokenizer"}, {}), "XLNetTokenizer"),
    "refused: a class of another name": (words({"tokenizer_class": "MyTokenizer"}, {}), "MyTokenizer"),
    "refused: Unigram by BertTokenizer": (words({}, {"model": {"type": "Unigram", "unk_id": 1, "vocab": [[word, -1.0] for word in WORDS[:8]]}}), "Unigram"),
    "refused: vocab.txt of RobertaTokenizer": (words({"tokenizer_class": "RobertaTokenizer"}), "RobertaTokenizer"),
    "refused: no room beside the special tokens": (words({"model_max_length": 3}), "model_max_length"),
    "refused: files for single versions": (words({"fast_tokenizer_files": ["tokenizer.4.0.0.json"]}, {}), "fast_tokenizer_files"),
}


def pick(rng, choices, share=0.35):
    return {key: rng.choice(values) for key, values in choices.items() if rng.random() < share}


def some(rng):
    """A folder of random settings of either family."""
    is_words = rng.random() < 0.55
    vocabulary, specials = (WORDS, WORDS[:5]) if is_words else (PAIRS, PAIRS[:5])
    flags = [True, False]
    config = pick(rng, {
        "do_lower_case": flags, "strip_accents": [*flags, None], "tokenize_chinese_chars": flags, "add_prefix_space": flags, "trim_offsets": flags,
        "truncation_side": ["left", "right"], "padding_side": ["left", "right"], "model_max_length": [7, 20, 512, 1e30, int(1e30), None],
        "split_special_tokens": flags, "model_input_names": [["input_ids"], ["input_ids", "token_type_ids"]],
    })
    names = ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", FAST] if is_words else ["RobertaTokenizer", "RobertaTokenizerFast", "BartTokenizer", FAST]
    if rng.random() < 0.7:
        config["tokenizer_class"] = rng.choice(names)

    def properties():
        return {key: rng.random() < 0.4 for key in ["single_word", "lstrip", "rstrip", "normalized", "special"]}

    spellings = ["newtok", "<ent>", "Slept cat", "<a>", "Foo bar"]
    rng.shuffle(spellings)
    new = spellings[: rng.randint(0, 4)]
    old = rng.sample(["foo", "cat", "New", "café"] if is_words else ["the", "Ġthe", "T", "lo"], rng.randint(0, 2))
    numbered = {vocabulary.index(token): token for token in [*specials, *old]}
    numbered.update({len(vocabulary) + i: token for i, token in enumerate(new)})
    tokens = [added(i, token, **{"special": True, **({} if token in specials else properties())}) for i, token in sorted(numbered.items())]
    where = rng.choice(["decoder", "file", "tokenizer", "both", "none"])
    whole = None if config.get("tokenizer_class") != FAST and rng.random() < 0.4 else {}
    files = {}
    if where in ("decoder", "both"):
        config["added_tokens_decoder"] = {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in tokens}
    if where == "file":
        files["added_tokens__json"] = {token: len(vocabulary) + i for i, token in enumerate(new)}
    if where in ("tokenizer", "both") and whole is not None:
        whole["added_tokens"] = [{**t, **({} if t["content"] in specials or rng.random() < 0.5 else properties())} for t in tokens]
    if whole is not None:
        if is_words:
            whole.update(pick(rng, {"normalizer.lowercase": flags, "normalizer.strip_accents": [*flags, None], "normalizer.handle_chinese_chars": flags, "truncation.direction": ["Left"], "truncation": [None], "padding": [None]}))
            if "truncation" in whole:
                whole.pop("truncation.direction", None)
        else:
            whole.update(pick(rng, {"pre_tokenizer.add_prefix_space": flags, "normalizer": [{"type": "Lowercase"}, {"type": "NFC"}], "model.ignore_merges": flags}))
    spelt = ["<cls>", "</s>", "<pad>", "<mask>", "the", "[MASK]"] if is_words else ["T", "lo", "a", "the", "[MASK]", "<mask>"]
    names = pick(rng, {"cls_token": spelt[:2], "sep_token": spelt[:2], "pad_token": spelt[2:], "mask_token": spelt[2:], "bos_token": spelt, "additional_special_tokens": [["<ent>"], ["<a>", "<b>"], []]}, 0.25)
    names = {key: described(value, **{k: v for k, v in properties().items() if k != "special"}) if isinstance(value, str) and rng.random() < 0.4 else value for key, value in names.items()}
    if rng.random() < 0.5:
        config.update(names)
    else:
        files["special_tokens_map__json"] = {k: {p: q for p, q in v.items() if p != "__type"} if isinstance(v, dict) else v for k, v in names.items()}
    if rng.random() < 0.2:
        files["added_tokens__json"] = {token: len(vocabulary) + i for i, token in enumerate(new)}
    return (words if is_words else pairs)(config if config or rng.random() < 0.5 else None, whole, **files)


def main():
    if len(sys.argv) == 4:
        out, rng = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
        cases = {f"random {i}": case(some(rng)) for i in range(int(sys.argv[3]))}
    else:
        out = Path(__file__).parent / "tokenizer_folders.json"
        cases = {name: case(files) for name, files in FOLDERS.items()}
        cases.update({name: case(files, part) for name, (files, part) in REFUSED.items()})
    first = {"words": words(), "pairs": pairs()}
    first = {name: {key: case(files)[key] for key in LENGTHS} for name, files in first.items()}
    for name, found in cases.items():
        family = "words" if "vocab.txt" in found["files"] or found["files"].get("tokenizer.json", {}).get("from") == "words" else "pairs"
        for key in LENGTHS if "64" in found else []:
            found["family"] = family
            known, rows = first[family][key], found[key]
            found[key] = {row: [None if a == b else a for a, b in zip(rows[row], known[row])] for row in rows}
            if all(value is None for row in found[key].values() for value in row):
                del found[key]
    result = {"files": FILES, "texts": TEXTS, "pairs": TEXT_PAIRS, "first": first, "folders": cases}
    out.write_text(json.dumps(result, ensure_ascii=True, separators=(",", ":")).replace('"random ', '\n"random ').replace('},"w', '},\n"w').replace('},"p', '},\n"p') + "\n")
    failed = [f"{name} ({found['error']})" for name, found in cases.items() if "error" in found]
    print(len(cases), "folders;", len(failed), "are refused by AutoTokenizer:", *failed, sep="\n  ")


main()
