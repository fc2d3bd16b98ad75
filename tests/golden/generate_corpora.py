"""Writes corpora/: small invented files in the forms of the corpora, and what Python reads from them (corpora.json).

    python tests/golden/generate_corpora.py      # pyarrow 21 or newer

The Parquet files have the layout of nyu-mll/glue on the Hugging Face hub: text, label as int64, idx as int32, snappy. The
tab-separated file has the faults that GLUE's QQP has, and is read by the csv module without quoting, a row with a missing
column or label left out, as the reader of Hugging Face's `datasets` does.
"""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent / "corpora"

PARQUET = {
    "mnli": (
        ("premise", "hypothesis"),
        [
            ("The judges \"slept\".", "Somebody slept.", 0),
            ("A baker sang,\nthen left.", "The baker was\ttired.", 1),
            ("Nobody knows.", "Not labelled.", -1),
            ("Élise arrived.", "", 2),
        ],
    ),
    "qqp": (
        ("question1", "question2"),
        [("How do I sing?", "How can I sing?", 1), ("Who slept?", "", 0)],
    ),
    "cola": (("sentence",), [("The judge slept.", 1), ("Slept judge the.", 0), ("Me sang.", 0)]),
}

QQP = """id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate
1\t11\t12\tWho "slept" here?\t"Who slept?\t0
2\t13\t14\tHow do I
"\tHow do I sing well?\t1

3\t15\t16\tWhy?\t\t0
4\t17\t18\tNo label here?\tNone?\t
5\t19\t20\tCan judges sing?\tDo judges sing?\t1
6\t21\t22\tCut off?
"""


def parquet(name, columns, rows):
    *texts, labels = zip(*rows)
    arrays = [pa.array(text, pa.string()) for text in texts]
    arrays += [pa.array(labels, pa.int64()), pa.array(range(len(rows)), pa.int32())]
    table = pa.table(arrays, names=[*columns, "label", "idx"])
    pq.write_table(table, FOLDER / f"{name}.parquet", compression="snappy")
    read = pq.read_table(FOLDER / f"{name}.parquet", columns=[*columns, "label"]).to_pylist()
    return [[*(row[column] for column in columns), row["label"]] for row in read if row["label"] >= 0]


def tab_separated():
    path = FOLDER / "qqp.tsv"
    path.write_text(QQP, encoding="utf-8", newline="")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = [[row["question1"], row["question2"], row["is_duplicate"]] for row in rows]
    return [[first, second, int(label)] for first, second, label in rows if None not in (first, second) and label]


FOLDER.mkdir(exist_ok=True)
values = {f"{name}.parquet": parquet(name, *content) for name, content in PARQUET.items()}
values["qqp.tsv"] = tab_separated()
text = json.dumps(values, indent=1, ensure_ascii=False)
(FOLDER / "corpora.json").write_text(text + "\n", encoding="utf-8")
