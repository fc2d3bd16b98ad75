"""Writes parquet/*.parquet, small tables of four programs with columns of many types, and parquet.json: what each value says as
text or number, and which columns say neither.

    pip install -r tests/readers/requirements.txt
    python tests/golden/generate_parquet.py
"""

import datetime
import decimal
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent / "parquet"
D = decimal.Decimal
TIMES = [datetime.datetime(2023, 5, 1, 10, 0, 0), None, datetime.datetime(2024, 1, 1)]
EXPECTED = {}


def expect(file, values, neither=()):
    """Records the values of the columns of a file: None is no value, numbers are their shortest text."""
    EXPECTED[file] = {"values": values, "neither": sorted(neither)}


def pyarrow_types():
    number = [1, None, -3]
    names = ["m-7", "m-22", None]
    columns = {
        "string": pa.array(names),
        "large_string": pa.array(names, pa.large_string()),
        "string_view": pa.array(names, pa.string_view()),
        "dictionary": pa.array(names).dictionary_encode(),
        "binary": pa.array([None if n is None else n.encode() for n in names], pa.binary()),
        "json": pa.array(['{"a": 1}', None, "[]"]),
        "int8": pa.array(number, pa.int8()),
        "int16": pa.array(number, pa.int16()),
        "int32": pa.array(number, pa.int32()),
        "int64": pa.array([2**62 + 1, None, -3], pa.int64()),
        "uint8": pa.array([255, None, 0], pa.uint8()),
        "uint16": pa.array([65535, None, 0], pa.uint16()),
        "uint32": pa.array([2**32 - 1, None, 0], pa.uint32()),
        "uint64": pa.array([2**64 - 1, None, 0], pa.uint64()),
        "bool": pa.array([True, None, False]),
        "float16": pa.array(np.array([0.5, np.nan, -2.0], np.float16)),
        "float32": pa.array([0.7, None, 1.0], pa.float32()),
        "float64": pa.array([0.7, float("nan"), 1.0]),
        "decimal32": pa.array([D("0.417"), None, D("-1.000")], pa.decimal32(5, 3)),
        "decimal64": pa.array([D("0.417"), None, D("-1.000")], pa.decimal64(12, 3)),
        "decimal128": pa.array([D("0.417"), None, D("-1.000")], pa.decimal128(30, 3)),
        "decimal256": pa.array([D("0.417"), None, D("-1.000")], pa.decimal256(60, 3)),
        "null": pa.nulls(3),
        "timestamp": pa.array(TIMES),
        "timestamp_tz": pa.array(TIMES, pa.timestamp("us", "Europe/Berlin")),
        "date": pa.array([None if t is None else t.date() for t in TIMES]),
        "time": pa.array([None if t is None else t.time() for t in TIMES]),
        "duration": pa.array([1, None, 3], pa.duration("s")),
        "fixed": pa.array([b"abc", None, b"def"], pa.binary(3)),
        "list": pa.array([[1], None, []]),
        "struct": pa.array([{"a": 1}, None, {"a": 2}]),
        "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
    }
    pq.write_table(pa.table(columns), FOLDER / "pyarrow.parquet")
    text = ["m-7", "m-22", None]
    numbers = ["1", None, "-3"]
    values = {name: text for name in ["string", "large_string", "string_view", "dictionary", "binary"]}
    values |= {name: numbers for name in ["int8", "int16", "int32"]}
    values |= {name: ["0.417", None, "-1.000"] for name in ["decimal32", "decimal64", "decimal128", "decimal256"]}
    values |= {
        "json": ['{"a": 1}', None, "[]"],
        "int64": [str(2**62 + 1), None, "-3"],
        "uint8": ["255", None, "0"],
        "uint16": ["65535", None, "0"],
        "uint32": [str(2**32 - 1), None, "0"],
        "uint64": [str(2**64 - 1), None, "0"],
        "bool": ["1", None, "0"],
        "float16": ["0.5", None, "-2"],
        "float32": ["0.7", None, "1"],
        "float64": ["0.7", None, "1"],
        "null": [None] * 3,
        # Arrow's durations are plain integers to Parquet.
        "duration": ["1", None, "3"],
    }
    neither = ["timestamp", "timestamp_tz", "date", "time", "fixed", "list", "struct", "map"]
    expect("pyarrow.parquet", values, neither)


def pyarrow_encodings():
    """Compressions and encodings, a column each, pages of both versions, several row groups."""
    n = 60
    numbers, texts = list(range(n)), [f"text {i % 7}" for i in range(n)]
    codecs = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]
    table = pa.table({codec: texts for codec in codecs})
    pq.write_table(table, FOLDER / "codecs.parquet", compression={c: c for c in codecs}, row_group_size=25)
    expect("codecs.parquet", {codec: texts for codec in codecs})
    table = pa.table(
        {"delta": numbers, "split": [i / 4 for i in numbers], "prefix": texts, "length": texts, "plain": texts}
    )
    encodings = {
        "delta": "DELTA_BINARY_PACKED",
        "split": "BYTE_STREAM_SPLIT",
        "prefix": "DELTA_BYTE_ARRAY",
        "length": "DELTA_LENGTH_BYTE_ARRAY",
        "plain": "PLAIN",
    }
    pq.write_table(
        table, FOLDER / "encodings.parquet", use_dictionary=False, column_encoding=encodings, data_page_version="2.0"
    )
    quarter = [format(i / 4, "g") for i in numbers]
    values = {"delta": [str(i) for i in numbers], "split": quarter, "prefix": texts, "length": texts, "plain": texts}
    expect("encodings.parquet", values)
    pq.write_table(table.slice(0, 0), FOLDER / "no-rows.parquet")
    expect("no-rows.parquet", {name: [] for name in table.column_names})


def pandas_types():
    """Written as users do, with the names of the models as the index."""
    frame = pd.DataFrame(
        {
            "accuracy": pd.array([0.25, 0.5, 1.0], dtype="Float32"),
            "n_examples": pd.array([5000, None, 3], dtype="Int64"),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "kind": pd.Categorical(["a", None, "b"]),
            "number": [1.0, float("nan"), 3.0],
            "when": pd.to_datetime(TIMES),
        },
        index=pd.Index(["m-7", "m-22", "m-98"]),
    )
    frame.to_parquet(FOLDER / "pandas.parquet")
    values = {
        "accuracy": ["0.25", "0.5", "1"],
        "n_examples": ["5000", None, "3"],
        "flag": ["1", None, "0"],
        "kind": ["a", None, "b"],
        "number": ["1", None, "3"],
        "__index_level_0__": ["m-7", "m-22", "m-98"],
    }
    expect("pandas.parquet", values, ["when"])


def polars_types():
    frame = pl.DataFrame(
        {
            "model": pl.Series(["m-7", "m-22", "m-98"], dtype=pl.Categorical),
            "task": pl.Series(["a", None, "b"], dtype=pl.Enum(["a", "b"])),
            "accuracy": pl.Series([D("0.4170"), D("0.5000"), D("1.0000")], dtype=pl.Decimal(10, 4)),
            "loss": pl.Series([0.5, None, 1.5], dtype=pl.Float32),
            "n_examples": pl.Series([5000, None, 3], dtype=pl.UInt16),
            "flag": [True, None, False],
            "when": TIMES,
            "took": [datetime.timedelta(seconds=1), None, None],
            "parts": [[1, 2], None, []],
            "record": [{"a": 1}, None, {"a": 2}],
        }
    )
    frame.write_parquet(FOLDER / "polars.parquet")
    values = {
        "model": ["m-7", "m-22", "m-98"],
        "task": ["a", None, "b"],
        "accuracy": ["0.4170", "0.5000", "1.0000"],
        "loss": ["0.5", None, "1.5"],
        "n_examples": ["5000", None, "3"],
        "flag": ["1", None, "0"],
        "took": ["1000000", None, None],
    }
    expect("polars.parquet", values, ["when", "parts", "record"])


def duckdb_types():
    query = """
        SELECT * FROM (VALUES
            ('m-7'::ENUM('m-7', 'm-22', 'm-98'), 0.417, 0.5::FLOAT, 5000::USMALLINT, 3::HUGEINT,
             TIMESTAMP '2023-05-01 10:00:00', [1], {'a': 1}, '12345678-1234-1234-1234-123456789012'::UUID, INTERVAL 1 DAY, 1.23456789::DECIMAL(38, 10)),
            ('m-22', 0.5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
            ('m-98', 1, 1.5, 3, -4, NULL, [], NULL, NULL, NULL, -2)
        ) t(model, accuracy, loss, n_examples, huge, "when", parts, record, uuid, took, precise)
    """
    path = FOLDER / "duckdb.parquet"
    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    values = {
        "model": ["m-7", "m-22", "m-98"],
        "accuracy": ["0.417", "0.500", "1.000"],
        "loss": ["0.5", None, "1.5"],
        "n_examples": ["5000", None, "3"],
        "huge": ["3", None, "-4"],
        "precise": ["1.2345678900", None, "-2.0000000000"],
    }
    expect("duckdb.parquet", values, ["when", "parts", "record", "uuid", "took"])


def main():
    FOLDER.mkdir(exist_ok=True)
    for write in [pyarrow_types, pyarrow_encodings, pandas_types, polars_types, duckdb_types]:
        write()
    with open(FOLDER / "parquet.json", "w", encoding="utf-8") as file:
        json.dump(EXPECTED, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
