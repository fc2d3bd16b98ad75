"""The table of a run and its JSON, from the rows that the sections left; exit code 1 if anything failed or differs.

usage: table.py WORK DEVICE SIZE OUT
WORK holds `sections.tsv`, `rows/NAME.jsonl` and, where a card was watched, `rows/NAME.memory`.
"""

import json
import os
import platform
import sys
from pathlib import Path

# The largest differences of a loss, over a few updates without dropout, from the side of PyTorch in float32.
TOLERANCES = {"float32": 1e-3, "tf32": 1e-2, "fp16": 2e-2, "bf16": 5e-2}


def rows_of(path: Path) -> list[dict]:
    """The whole rows of a file; the last one may have been cut off."""
    found = []
    for line in path.read_text().splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and "part" in row:
            found.append({**row, "section": path.stem})
    return found


def sections_of(work: Path) -> list[dict]:
    found = []
    for line in (work / "sections.tsv").read_text().splitlines():
        name, state, seconds, limit = line.split("\t")
        memory, log = work / "rows" / f"{name}.memory", work / "rows" / f"{name}.log"
        card = int(memory.read_text()) if memory.exists() else None
        lines = [text for text in log.read_text(errors="replace").splitlines() if text.strip()] if log.exists() else []
        last = lines[-1][:300] if lines and state != "done" else None
        found.append({"name": name, "state": state, "seconds": int(seconds), "limit": int(limit), "card_mib": card, "last_words": last})
    return found


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.machine())}, {os.cpu_count()} cores"


def show(value) -> str:
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value).replace("|", "\\|")
    return f"{value:.1e}" if value and abs(value) < 1e-3 else f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def table(title: str, columns: list[str], lines: list[list]) -> str:
    text = [f"\n## {title}\n"]
    if not lines:
        return "\n".join([*text, "No figures: the table of sections says why."])
    text += ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join(text + ["| " + " | ".join(map(show, line)) + " |" for line in lines])


def who(row: dict) -> str:
    compiled = ", torch.compile" if row.get("compiled") else ""
    batch = f", batches of {row['batch']}" if row.get("batch") else ""
    attention = f", attention {row['attention']}" if row.get("attention") else ""
    return row["who"] + compiled + batch + attention


def curves(rows: list[dict]) -> list[list]:
    """Each curve of losses beside that of PyTorch in float32, or of lmc in float32 if the other is missing."""
    exact = [row for row in rows if row["precision"] == "float32"]
    exact.sort(key=lambda row: row["who"] == "lmc")
    lines = []
    for row in rows:
        if exact and row is not exact[0] and (n := min(len(row["losses"]), len(exact[0]["losses"]))):
            off = max(abs(a - b) for a, b in zip(row["losses"], exact[0]["losses"]))
            tolerance = TOLERANCES[row["precision"]]
            lines.append([row["who"], row["precision"], n, f"{exact[0]['who']}, float32", off, tolerance, "yes" if off <= tolerance else "NO"])
    return lines


def estimates(points: list[dict], finetunings: list[dict], work: dict | None) -> list[list]:
    """What the paper's 100 copies of BERT base on MNLI would take, by the fastest row of each side and precision."""
    if not work:
        return []
    lines = []
    for rows, what, n, seconds in [
        (points, "all lines of 100 models", work["n_points"], lambda row: row["ms"] / 1e3),
        (finetunings, "finetuning 100 copies on MNLI", work["n_examples"], lambda row: 1 / row["examples_per_second"]),
    ]:
        fastest = {}
        for row in sorted(rows, key=seconds, reverse=True):
            fastest[row["who"], row["precision"]] = row
        for (side, precision), row in fastest.items():
            how = who(row)[len(side) + 2 :] or f"copies at once: {row.get('copies', 1)}"
            lines.append([what, side, precision, how, n * seconds(row) / 3600])
    return lines


def main(work: Path, device: str, size: str, out: Path) -> int:
    sections = sections_of(work)
    rows = [row for section in sections for row in rows_of(work / "rows" / f"{section['name']}.jsonl")]
    of = lambda part: [row for row in rows if row["part"] == part]
    first = lambda part, name: next((row[name] for row in of(part) if row.get(name)), "unknown")
    points, finetunings, rates = of("point"), of("finetuning"), of("rate")
    host = {row["section"]: row["mib"] for row in of("host")}
    own = {row["section"]: row["mib"] for row in of("card")}
    work_of_paper = next(iter(of("work")), None)
    flop = work_of_paper["tflop"] if work_of_paper else None
    rate = lambda row: flop / row["ms"] * 1e3 if flop else None
    peak = {row["precision"]: row["tflops"] for row in rates}
    share = lambda row: rate(row) / peak[row["precision"]] if flop and row["precision"] in peak else None
    exact = next((row["mean_loss"] for row in points if row["precision"] == "float32"), None)
    off = lambda row: None if exact is None else abs(row["mean_loss"] - exact)
    small = " in miniature: none of the figures is that of a real model" if size == "small" else ""
    text = [f"# lmc on {first('machine', 'card') if device != 'cpu' else processor()}{small}\n"]
    text.append(f"lmc {(work / 'version').read_text().strip()}, device {device}, {processor()}, PyTorch {first('machine', 'torch')}.")
    text.append(f"{first('work', 'model')}; {first('work', 'inputs')}; {show(flop)} TFLOP a point. Seconds are those of whole processes.")
    text.append(table("Sections", ["section", "state", "seconds", "of at most", "last words"],
                      [[s["name"], s["state"], s["seconds"], s["limit"], s["last_words"]] for s in sections]))
    checks = [[r["verb"], r["what"], r["difference"], r["tolerance"], "yes" if r["difference"] <= r["tolerance"] else "NO"] for r in of("check")]
    text.append(table("(i) Every verb against the CPU", ["verb", "of", "largest difference", "tolerance", "agrees"], checks))
    text.append(table("(ii) A point on a line", ["who", "precision", "ms a point", "TFLOP/s", "share of matrix products", "mean loss off float32 by"],
                      [[who(r), r["precision"], r["ms"], rate(r), share(r), off(r)] for r in points]))
    text.append(table("(ii) Matrix products alone", ["precision", "shape", "TFLOP/s"], [[r["precision"], r["shape"], r["tflops"]] for r in rates]))
    text.append(table("(iii) Finetuning", ["who", "precision", "copies at once", "ms an update", "examples a second"],
                      [[who(r), r["precision"], r["copies"], r["ms"], r["examples_per_second"]] for r in finetunings]))
    compared = curves(of("curve"))
    text.append(table("(iii) Losses of updates without dropout", ["who", "precision", "updates", "against", "largest difference", "tolerance", "agrees"], compared))
    title = "(iv) BERT base on MNLI" if size == "full" else "(iv) BERT base on MNLI, if the miniature were it"
    text.append(table(title, ["work", "who", "precision", "how", "hours"], estimates(points, finetunings, work_of_paper)))
    text.append(table("(v) Memory, MiB", ["section", "of the card, as nvidia-smi saw it", "the same, as PyTorch saw it", "of the host"],
                      [[s["name"], s["card_mib"], own.get(s["name"]), host.get(s["name"])] for s in sections]))
    text.append(table("(v) Time that the store and transfers take", ["what", "precision", "ms", "share"],
                      [[r["what"], r.get("precision"), r["ms"], r.get("share")] for r in of("transfer")]))
    failures = of("failed")
    if failures:
        text.append(table("Failed, while the rest of the section went on", ["what", "error"], [[r["what"], r["error"]] for r in failures]))
    print("\n".join(text))
    out.mkdir(parents=True, exist_ok=True)
    (out / "table.md").write_text("\n".join(text) + "\n")
    (out / "result.json").write_text(json.dumps({"device": device, "size": size, "processor": processor(), "sections": sections, "rows": rows}, indent=1) + "\n")
    differs = any(line[-1] == "NO" for line in checks + compared)
    return int(differs or any(section["state"] != "done" for section in sections))


if __name__ == "__main__":
    work, device, size, out = sys.argv[1:]
    sys.exit(main(Path(work), device, size, Path(out)))
