"""A table of //:throughput's rounds beside those of pytorch_mae.py, for compare_step.sh.

    python3 compare_rounds.py --kinds=authors,compiled OURS_1.json AUTHORS_1.json COMPILED_1.json OURS_2.json ...

A cell has a number for each round; ratios are those of the means.
"""

import json
import statistics
import sys


def read(path):
    with open(path) as file:
        return json.load(file)["rows"]


def rate(row):
    return row["images_per_second"]["median"]


def gigabytes(row):
    peak = row["peak_memory"]
    largest = max((peak[key] for key in ("allocated", "resident_growth") if peak[key] is not None), default=None)
    return None if largest is None else largest / 1e9


def cell(values, form):
    return ", ".join(form % value if value is not None else "-" for value in values)


def ratio(a, b):
    return "%.2f" % (statistics.mean(a) / statistics.mean(b)) if None not in a + b else "-"


def main():
    kinds = sys.argv[1].removeprefix("--kinds=").split(",")
    sides = ["ours"] + kinds
    rounds = {side: [read(path) for path in sys.argv[2 + i::len(sides)]] for i, side in enumerate(sides)}
    print("| method | batch | what | " + " | ".join(sides) + " | " +
          " | ".join("ours / " + kind for kind in kinds) + " |")
    print("|---" * (3 + len(sides) + len(kinds)) + "|")
    for i, row in enumerate(rounds["ours"][0]):
        name = " ".join(filter(None, (row["method"], row["value"])))
        for what, of, form in (("img/s", rate, "%.4g"), ("GB", gigabytes, "%.2f")):
            values = {side: [of(rows[i]) for rows in rounds[side]] for side in sides}
            cells = [cell(values[side], form) for side in sides]
            cells += [ratio(values["ours"], values[kind]) for kind in kinds]
            print("| %s | %d, %s | %s | %s |" % (
                name, row["batch_size"], row["precision"].lower(), what, " | ".join(cells)))


if __name__ == "__main__":
    main()
