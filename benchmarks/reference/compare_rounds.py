"""A table of //:throughput's rounds beside those of pytorch_mae.py, for compare_step.sh.

    python3 compare_rounds.py --kinds=authors,compiled OURS_1.json AUTHORS_1.json COMPILED_1.json OURS_2.json ...

A cell has a number for each round; ratios are those of the means. With --history=FOLDER the numbers are also kept in
FOLDER/MACHINE_REVISION.json, whose rows of other methods, batches and precisions stay (benchmarks/history/README.md).
"""

import argparse
import json
import os
import platform
import re
import statistics

MEASURES = (("img/s", "%.4g"), ("GB", "%.2f"))


def read(path):
    with open(path) as file:
        return json.load(file)


def gigabytes(row):
    peak = row["peak_memory"]
    largest = max((peak[key] for key in ("allocated", "resident_growth") if peak[key] is not None), default=None)
    return None if largest is None else largest / 1e9


def measures(row):
    return {"img/s": row["images_per_second"]["median"], "GB": gigabytes(row)}


def cell(values, form):
    return ", ".join(form % value if value is not None else "-" for value in values)


def ratio(a, b):
    return "%.2f" % (statistics.mean(a) / statistics.mean(b)) if None not in a + b else "-"


def rows_of(rounds, sides):
    """One row a method and batch: for each measure and side the numbers of the rounds."""
    rows = []
    for i, first in enumerate(rounds["ours"][0]["rows"]):
        row = {"method": " ".join(filter(None, (first["method"], first["value"]))), "batch": first["batch_size"],
               "precision": first["precision"].lower()}
        for what, _ in MEASURES:
            row[what] = {side: [measures(one["rows"][i])[what] for one in rounds[side]] for side in sides}
        rows.append(row)
    return rows


def print_table(rows, sides):
    kinds = sides[1:]
    print("| method | batch | what | " + " | ".join(sides) + " | " + " | ".join("ours / " + kind for kind in kinds) + " |")
    print("|---" * (3 + len(sides) + len(kinds)) + "|")
    for row in rows:
        for what, form in MEASURES:
            cells = [cell(row[what][side], form) for side in sides]
            cells += [ratio(row[what]["ours"], row[what][kind]) for kind in kinds]
            print("| %s | %d, %s | %s | %s |" % (row["method"], row["batch"], row["precision"], what, " | ".join(cells)))


def machine():
    name = platform.processor() or platform.machine()
    flags = ""
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                name = line.split(":")[1].strip()
            if line.startswith("flags"):
                flags = line
    known = [flag for flag in ("avx512_bf16", "amx_bf16", "avx512f", "avx2") if " %s " % flag in flags + " "]
    return "%s, %d cores%s" % (name, len(os.sched_getaffinity(0)), ", " + known[0] if known else "")


def keep(folder, revision, device, rows):
    where = device if device != "cpu" else machine()
    path = os.path.join(folder, re.sub("[^a-z0-9]+", "_", where.lower()) + "_" + revision + ".json")
    kept = read(path)["rows"] if os.path.exists(path) else []
    key = lambda row: (row["method"], row["batch"], row["precision"])
    kept = [row for row in kept if key(row) not in map(key, rows)]
    os.makedirs(folder, exist_ok=True)
    with open(path, "w") as file:
        json.dump({"machine": where, "revision": revision, "rows": kept + rows}, file, indent=1)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kinds", required=True)
    parser.add_argument("--history")
    parser.add_argument("--revision", default="unknown")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    sides = ["ours"] + args.kinds.split(",")
    rounds = {side: [read(path) for path in args.files[i::len(sides)]] for i, side in enumerate(sides)}
    rows = rows_of(rounds, sides)
    print_table(rows, sides)
    if args.history:
        provenance = rounds["ours"][0]["provenance"]
        keep(args.history, args.revision, provenance.get("gpu") or "cpu", rows)


if __name__ == "__main__":
    main()
