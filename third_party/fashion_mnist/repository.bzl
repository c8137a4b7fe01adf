"""A data set from its Debian package, found by sha256 in Bazel's repository cache.

The package is looked up first in the repository cache (which survives `bazel
clean --expunge`) or a --distdir, and only else fetched with `apt-get download`,
which needs no root. Where apt has no package lists yet, private ones are made
inside the repository folder.
"""

def _run(ctx, args):
    return ctx.execute(args, timeout = 900)

def _download(ctx):
    result = _run(ctx, ["apt-get", "-qq", "download", ctx.attr.package])
    if result.return_code == 0:
        return
    ctx.report_progress("apt-get update (private lists)")
    _run(ctx, ["mkdir", "-p", "apt/lists/partial", "apt/cache/archives/partial"])
    private = [
        "-o",
        "Dir::State::Lists=%s" % ctx.path("apt/lists"),
        "-o",
        "Dir::Cache=%s" % ctx.path("apt/cache"),
        "-o",
        "Debug::NoLocking=1",
    ]
    update = _run(ctx, ["apt-get", "-qq"] + private + ["update"])
    result = _run(ctx, ["apt-get", "-qq"] + private + ["download", ctx.attr.package])
    if result.return_code:
        fail("apt-get download %s failed: %s%s" % (ctx.attr.package, update.stderr, result.stderr))
    ctx.delete("apt")

def _debian_dataset_impl(ctx):
    name = ctx.attr.filename
    cached = ctx.download(
        url = "file:///not-in-the-repository-cache-yet/" + name,
        output = name,
        sha256 = ctx.attr.sha256,
        allow_fail = True,
    )
    if not cached.success:
        ctx.report_progress("apt-get download " + ctx.attr.package)
        _download(ctx)

        # Verifies the checksum and stores the file in the repository cache.
        ctx.download(url = "file://%s" % ctx.path(name), output = "verified.deb", sha256 = ctx.attr.sha256)
        ctx.delete("verified.deb")
    result = _run(ctx, ["dpkg-deb", "--extract", name, "."])
    if result.return_code:
        fail("dpkg-deb --extract %s failed: %s" % (name, result.stderr))
    ctx.delete(name)
    ctx.symlink(ctx.attr.build_file, "BUILD.bazel")

debian_dataset = repository_rule(
    implementation = _debian_dataset_impl,
    attrs = {
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        "filename": attr.string(mandatory = True),
        "package": attr.string(mandatory = True, doc = "NAME=VERSION, as apt-get download takes it"),
        "sha256": attr.string(mandatory = True),
    },
)
