"""Packs programs, their files and a Python module into a wheel.

    make_wheel.py --out=caldera-0.1.0-py3-none-manylinux_2_34_x86_64.whl \\
        --contents=contents.json --module=__init__.py --file=bazel-out/.../ssl/pretrain ...

A file lies in the wheel where Bazel's runfiles have it, so that the programs
find specs, pages and each other as they do in the repository. Their run paths
lead to the torch beside them. The file name says which glibc the programs need;
the packing fails where they need a newer one. Equal inputs give equal bytes.
"""

import argparse
import base64
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import tempfile
import zipfile

PACKAGE = "caldera"
# torch's own libraries load these, from where its own run path leads.
OF_TORCH = ("libcudart.so.13", "libcupti.so.13")


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--contents", required=True)
    parser.add_argument("--module", action="append", default=[])
    parser.add_argument("--file", action="append", default=[])
    return parser.parse_args()


def runfile(path):
    """bazel-out/k8-opt/bin/ssl/pretrain -> caldera/ssl/pretrain."""
    return "caldera/" + re.sub(r"^bazel-out/[^/]+/bin/", "", path)


def is_program(bytes_):
    return bytes_[:4] == b"\x7fELF"


def glibc(path):
    """The newest version of glibc that a program asks for, as (2, 34)."""
    symbols = subprocess.check_output(["objdump", "-T", path], text=True)
    return max(tuple(map(int, version.split(".")))
               for version in re.findall(r"GLIBC_([0-9.]+)", symbols))


def packed(path, name):
    """A program without its symbols, with the run path of its place `name`."""
    up = "/".join([".."] * (name.count("/")))  # from its folder to site-packages
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "program")
        subprocess.check_call(["strip", "-o", copy, path])
        for library in OF_TORCH:
            subprocess.check_call(["patchelf", "--remove-needed", library, copy])
        subprocess.check_call([
            "patchelf", "--set-rpath",
            "$ORIGIN/%s/torch/lib" % up, copy])
        with open(copy, "rb") as program:
            return program.read()


def notices(packages):
    """The licences of the libraries that are linked into the programs."""
    text = ["The programs of this wheel contain these libraries, as Debian 12 has\n"
            "them. LibTorch is not among them: it comes with the package torch.\n"]
    for package in packages:
        version = subprocess.check_output(
            ["dpkg-query", "-W", "-f=${Version}", package], text=True)
        path = "/usr/share/doc/%s/copyright" % package
        with open(path, encoding="utf-8", errors="replace") as copyright_:
            text.append("%s\n%s %s\n%s\n%s" % ("=" * 78, package, version, "=" * 78,
                                               copyright_.read()))
    return "\n".join(text)


def main():
    flags = parse()
    with open(flags.contents, encoding="utf-8") as text:
        contents = json.load(text)
    name = os.path.basename(flags.out)
    version = name.split("-")[1]
    allowed = tuple(map(int, re.search(r"manylinux_(\d+)_(\d+)_", name).groups()))

    files = {}  # name in the wheel -> (bytes, whether it is a program)
    for path in flags.module:
        with open(path, "rb") as module:
            files["%s/%s" % (PACKAGE, os.path.basename(path))] = (module.read(), False)
    for path in flags.file:
        with open(path, "rb") as file:
            content = file.read()
        target = "%s/runfiles/%s" % (PACKAGE, runfile(path))
        program = is_program(content)
        if program:
            needed = glibc(path)
            if needed > allowed:
                raise SystemExit("error: %s needs glibc %d.%d, but the wheel's name says "
                                 "%d.%d" % (path, *needed, *allowed))
            content = packed(path, target)
        files[target] = (content, program)
    programs = contents["programs"]
    for program, about in programs.items():
        if "%s/runfiles/%s" % (PACKAGE, about["path"]) not in files:
            raise SystemExit("error: %s is not among the files" % about["path"])
    files[PACKAGE + "/programs.json"] = (json.dumps(programs, indent=1).encode(), False)
    files[PACKAGE + "/THIRD_PARTY_NOTICES"] = (
        notices(contents["debian_packages"]).encode(), False)

    info = "%s-%s.dist-info" % (PACKAGE, version)
    extras = contents["extras"]
    files[info + "/METADATA"] = ("\n".join(
        ["Metadata-Version: 2.1", "Name: " + PACKAGE, "Version: " + version,
         "Summary: " + contents["summary"], "Requires-Python: >=3.9"] +
        ["Requires-Dist: " + requirement for requirement in contents["requires"]] +
        ["Provides-Extra: " + extra for extra in extras] +
        ['Requires-Dist: %s; extra == "%s"' % (requirement, extra)
         for extra, requirements in extras.items() for requirement in requirements]
    ).encode() + b"\n", False)
    tag = "-".join(name[:-len(".whl")].split("-")[2:])
    files[info + "/WHEEL"] = (
        ("Wheel-Version: 1.0\nGenerator: make_wheel\nRoot-Is-Purelib: false\n"
         "Tag: %s\n" % tag).encode(), False)
    files[info + "/entry_points.txt"] = (
        b"[console_scripts]\ncaldera = caldera.__main__:main\n", False)

    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    with zipfile.ZipFile(flags.out, "w", zipfile.ZIP_DEFLATED) as wheel:
        def add(path, content, program):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if program else 0o100644) << 16
            wheel.writestr(entry, content)
        for path in sorted(files):
            content, program = files[path]
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            rows.writerow([path, "sha256=" + digest.decode().rstrip("="), len(content)])
            add(path, content, program)
        rows.writerow([info + "/RECORD", "", ""])
        add(info + "/RECORD", record.getvalue().encode(), False)


if __name__ == "__main__":
    main()
