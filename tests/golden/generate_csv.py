"""Reference rows of tricky comma-separated texts, from Python's csv module and from pandas, which must agree.

    python tests/golden/generate_csv.py > tests/golden/csv.json      # pandas 3 or newer
"""

import csv
import io
import json

import pandas

CASES = [
    ("plain", ",", True, "text,label\na,0\nb,1\n"),
    ("no newline at the end", ",", True, "text,label\na,0\nb,1"),
    ("carriage returns and newlines", ",", True, "text,label\r\na,0\r\nb,1\r\n"),
    ("carriage returns alone", ",", True, "text,label\ra,0\rb,1\r"),
    ("byte order mark", ",", True, "\ufefftext,label\na,0\n"),
    ("byte order mark before a quote", ",", True, '\ufeff"text","label"\n"a",0\n'),
    ("delimiters in quotes", ",", True, 'text,label\n"a, b, c",0\n",",1\n'),
    ("doubled quotes", ",", True, 'text,label\n"He said ""no"".",0\n"""",1\n"""a""",2\n'),
    ("line breaks in quotes", ",", True, 'text,label\n"one\ntwo\r\nthree",0\n"\n",1\n'),
    ("blank lines in quotes", ",", True, 'text,label\n"one\n\n\ntwo",0\nb,1\n'),
    ("blank lines between rows", ",", True, "text,label\n\na,0\n\n\nb,1\n\n"),
    ("quotes inside a field are text", ",", True, 'text,label\n5" pipe,0\na"b"c,1\n'),
    ("text after a closing quote", ",", True, 'text,label\n"a"b,0\n'),
    ("spaces around fields are text", ",", True, 'text,label\n a , 0\n b,1 \n'),
    ("empty fields", ",", True, 'text,label\n,0\n"",1\na,\n,\n'),
    ("semicolons", ";", True, 'text;label\n"a;b";0,5\nc,d;1\n'),
    ("tabs with quotes", "\t", True, 'text\tlabel\n"a\tb"\t0\n"c ""d"""\t1\n'),
    ("tabs without quoting", "\t", False, 'text\tlabel\n"a\t0\nb "c"\t1\n'),
    ("bars", "|", True, 'text|label\n"a|b"|0\n'),
    ("one column", ",", True, "text\na\nb\n"),
    ("a column without a name", ",", True, ",text,label\n0,a,1\n1,b,0\n"),
    ("letters of many scripts", ",", True, 'text,label\n"é, ü",0\n日本語,1\n"🙂 ""x""",2\n'),
    ("what looks like a number or nothing", ",", True, "text,label\nNA,001\nnull,1e3\nnan,None\n"),
    ("a backslash is text", ",", True, 'text,label\n"a\\",0\nb\\n,1\n'),
    ("a hash is text", ",", True, "text,label\n#a,0\n"),
    ("separators of Unicode are text", ",", True, "text,label\na\u2028b\u0085c,0\n"),
    ("a long field", ",", True, 'text,label\n"' + "a, b\n" * 200 + '",0\nb,1\n'),
]


def by_module(text, delimiter, quotes):
    quoting = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    csv.field_size_limit(1 << 24)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    return [row for row in reader if row]


def by_pandas(text, delimiter, quotes):
    quoting = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    options = dict(sep=delimiter, quoting=quoting, header=None, dtype=str, keep_default_na=False, na_filter=False)
    # The parser in C takes bytes as they are in the file.
    frame = pandas.read_csv(io.BytesIO(text.encode()), encoding="utf-8", engine="c", **options)
    return frame.values.tolist()


def main():
    cases = []
    for name, delimiter, quotes, text in CASES:
        rows = by_module(text.removeprefix("\ufeff"), delimiter, quotes)
        other = by_pandas(text.removeprefix("\ufeff"), delimiter, quotes)
        assert rows == other, (name, rows, other)
        cases.append({"name": name, "delimiter": delimiter, "quotes": quotes, "text": text, "rows": rows})
    versions = {"pandas": pandas.__version__}
    print(json.dumps({"versions": versions, "cases": cases}, indent=1, ensure_ascii=True))


if __name__ == "__main__":
    main()
