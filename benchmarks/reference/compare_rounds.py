"""A table of //:throughput's rounds beside those of eager_mae.py, for compare_step.sh.

    python3 compare_rounds.py OURS_1.json EAGER_1.json OURS_2.json EAGER_2.json ...
"""

import json
import statistics
import sys


def read(path):
    with open(path) as file:
        return json.load(file)["rows"]


def gigabytes(row):
    peak = row["peak_memory"]
    largest = max((peak[key] for key in ("allocated", "resident_growth") if peak[key] is not None), default=None)
    return None if largest is None else largest / 1e9


def cell(values, form):
    return ", ".join(form % value if value is not None else "-" for value in values)


def ratio(a, b):
    return "%.2f" % (statistics.mean(a) / statistics.mean(b)) if None not in a + b else "-"


def main():
    ours = [read(path) for path in sys.argv[1::2]]
    eager = [read(path) for path in sys.argv[2::2]]
    print("| method | batch | eager PyTorch, img/s | ours, img/s | ratio | eager, GB | ours, GB | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for i, row in enumerate(ours[0]):
        rates = [[rows[i]["images_per_second"]["median"] for rows in side] for side in (eager, ours)]
        peaks = [[gigabytes(rows[i]) for rows in side] for side in (eager, ours)]
        print("| %s | %d, %s | %s | %s | %s | %s | %s | %s |" % (
            " ".join(filter(None, (row["method"], row["value"]))), row["batch_size"], row["precision"].lower(),
            cell(rates[0], "%.4g"), cell(rates[1], "%.4g"), ratio(rates[1], rates[0]),
            cell(peaks[0], "%.2f"), cell(peaks[1], "%.2f"), ratio(peaks[1], peaks[0])))


if __name__ == "__main__":
    main()
