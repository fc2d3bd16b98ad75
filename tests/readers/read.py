"""Opens Parquet files of lmc in DuckDB, pandas, pyarrow and polars, and compares schema, rows and sums with what Rust says.

Usage: read.py SUMMARY.json, which has for each file its path, number of rows and columns: name, type and a number, which is
the sum of numbers, the number of true values or the total length of texts. Ends with an error at the first difference.
"""

import json
import math
import sys

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet

# Rust's name of a type, and what each reader calls it.
TYPES = {
    "i64": {"duckdb": {"BIGINT"}, "pandas": {"int64"}, "pyarrow": {"int64"}, "polars": {"Int64"}},
    "f64": {"duckdb": {"DOUBLE"}, "pandas": {"float64"}, "pyarrow": {"double"}, "polars": {"Float64"}},
    "f32": {"duckdb": {"FLOAT"}, "pandas": {"float32"}, "pyarrow": {"float"}, "polars": {"Float32"}},
    "bool": {"duckdb": {"BOOLEAN"}, "pandas": {"bool"}, "pyarrow": {"bool"}, "polars": {"Boolean"}},
    "str": {
        "duckdb": {"VARCHAR"},
        "pandas": {"object", "str", "string"},
        "pyarrow": {"string", "large_string", "string_view"},
        "polars": {"String"},
    },
}


def in_duckdb(path):
    """Columns by name: type and values."""
    table = duckdb.sql("SELECT * FROM read_parquet($path)", params={"path": path})
    types = {name: str(kind) for name, kind in zip(table.columns, table.types)}
    rows = table.fetchall()
    return {name: (types[name], [row[i] for row in rows]) for i, name in enumerate(table.columns)}


def in_pandas(path):
    table = pandas.read_parquet(path)
    return {name: (str(table[name].dtype), table[name].tolist()) for name in table.columns}


def in_pyarrow(path):
    table = pyarrow.parquet.read_table(path)
    return {field.name: (str(field.type), table.column(field.name).to_pylist()) for field in table.schema}


def in_polars(path):
    table = polars.read_parquet(path)
    return {column.name: (str(column.dtype), column.to_list()) for column in table}


READERS = {"duckdb": in_duckdb, "pandas": in_pandas, "pyarrow": in_pyarrow, "polars": in_polars}


def number(kind, values):
    if kind == "str":
        return sum(len(value.encode()) for value in values)
    return math.fsum(values)


def check(reader, file):
    found = READERS[reader](file["path"])
    where = f"{reader}: {file['path']}"
    names = [column["name"] for column in file["columns"]]
    assert list(found) == names, f"{where}: columns {list(found)}, expected {names}"
    for column in file["columns"]:
        kind, values = found[column["name"]]
        of = f"{where}: column {column['name']}"
        assert kind in TYPES[column["type"]][reader], f"{of} is {kind}, expected {column['type']}"
        assert len(values) == file["rows"], f"{of}: {len(values)} rows, expected {file['rows']}"
        got, expected = number(column["type"], values), column["number"]
        assert math.isclose(got, expected, rel_tol=1e-12, abs_tol=1e-12), f"{of}: {got}, expected {expected}"


def main():
    with open(sys.argv[1], encoding="utf-8") as summary:
        files = json.load(summary)
    assert files, "no files"
    for file in files:
        for reader in READERS:
            check(reader, file)
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in (duckdb, pandas, pyarrow, polars))
    print(f"{len(files)} files read alike by {versions}")


if __name__ == "__main__":
    main()
