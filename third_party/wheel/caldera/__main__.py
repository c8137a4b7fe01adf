"""caldera PROGRAM [flags]: starts one of Caldera's programs."""

import importlib.util
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RUNFILES = os.path.join(HERE, "runfiles")


def programs():
    """The programs by name: their paths within the runfiles, and what they do."""
    with open(os.path.join(HERE, "programs.json"), encoding="utf-8") as text:
        return json.load(text)


def environment():
    """The environment of a program: where its files are, and LibTorch's.

    The run path of the programs leads to torch in the same site-packages; a
    torch elsewhere is named to the loader.
    """
    variables = dict(os.environ, RUNFILES_DIR=RUNFILES)
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("error: torch is not installed; pip install torch==2.11.0")
    torch = spec.submodule_search_locations[0]
    if os.path.dirname(os.path.abspath(torch)) != os.path.dirname(HERE):
        paths = [os.path.join(torch, "lib"), variables.get("LD_LIBRARY_PATH", "")]
        variables["LD_LIBRARY_PATH"] = ":".join(path for path in paths if path)
    return variables


def command(program):
    """The start of a command line."""
    return [os.path.join(RUNFILES, programs()[program]["path"])]


def main():
    known = programs()
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name not in known:
        out = sys.stdout if name in ("--help", "help") else sys.stderr
        if out is sys.stderr:
            print("error: no program \"%s\"" % name, file=out)
        print("usage: caldera PROGRAM [flags]; each has --help\n", file=out)
        for program in sorted(known):
            print("  %-10s %s" % (program, known[program]["about"]), file=out)
        return 0 if out is sys.stdout else 2
    words = command(name) + sys.argv[2:]
    os.execve(words[0], words, environment())


if __name__ == "__main__":
    sys.exit(main())
