"""Draws benchmarks/history: ours over each PyTorch, by machine and revision, as SVG on stdout.

    python3 draw_history.py benchmarks/history > history.svg

A panel for images a second and one for memory; a group of points a file, one a kind of PyTorch for each method. The
order of revisions is that of `git log`; unknown ones come first. Needs matplotlib.
"""

import glob
import json
import os
import statistics
import subprocess
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

COLORS = {"authors": "#999999", "eager": "#0072b2", "compiled": "#d55e00"}


def ages():
    lines = subprocess.run(["git", "log", "--format=%H"], stdout=subprocess.PIPE, text=True).stdout.split()
    return {commit: -i for i, commit in enumerate(lines)}


def read(folder):
    age = ages()
    files = []
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path) as file:
            entry = json.load(file)
        revision = entry["revision"].split("-g")[-1]
        entry["age"] = next((a for commit, a in age.items() if commit.startswith(revision)), -len(age))
        files.append(entry)
    return sorted(files, key=lambda entry: (entry["machine"], entry["age"]))


def main():
    entries = read(sys.argv[1])
    if not entries:
        raise SystemExit("error: %s has no .json file" % sys.argv[1])
    rows = [(entry, row) for entry in entries for row in entry["rows"]]
    figure, axes = plt.subplots(2, 1, figsize=(max(7, 0.5 * len(rows)), 8), sharex=True)
    for axis, what, title in zip(axes, ("img/s", "GB"), ("images a second: ours / PyTorch", "memory: ours / PyTorch")):
        for kind, color in COLORS.items():
            points = []
            for i, (_, row) in enumerate(rows):
                ours, theirs = row[what]["ours"], row[what].get(kind)
                if theirs and None not in ours + theirs:
                    points.append((i, statistics.mean(ours) / statistics.mean(theirs)))
            axis.plot(*zip(*points), "o", color=color, label=kind) if points else None
        axis.axhline(1, color="#cccccc")
        axis.set_ylim(bottom=0)
        axis.set_ylabel(title)
        axis.grid(axis="y", color="#eeeeee")
    axes[0].legend()
    axes[1].set_xticks(range(len(rows)))
    axes[1].set_xticklabels(["%s, %d, %s\n%s" % (row["method"], row["batch"], row["precision"], entry["revision"])
                             for entry, row in rows], rotation=90, fontsize=7)
    figure.suptitle("; ".join(sorted({entry["machine"] for entry in entries})), fontsize=9)
    figure.tight_layout()
    figure.savefig(sys.stdout.buffer, format="svg")


if __name__ == "__main__":
    main()
