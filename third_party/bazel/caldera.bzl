"""What the BUILD files of our rooms are made of: one target a header.

    load("//third_party/bazel:caldera.bzl", "lib", "test")

    lib("sampler", deps = ["//base:random_stream"])  # sampler.h and sampler.cc
    lib("resize", torch = True, deps = [":resample"])
    test("sampler")                                  # sampler_test.cc on :sampler

Every target may use Abseil and glog. `torch = True` says that LibTorch's headers
arrive, directly or through a dependency: the target links LibTorch, compiles
with the precompiled header, and a test begins with a fixed seed of LibTorch's
generator. A target is seen by its own room (the top-level folder); `public =
True` opens it to the rooms above, which are listed here.
"""

load("//third_party/torch:precompiled.bzl", "PRECOMPILED_COPTS", "PRECOMPILED_DEPS")

# g++ 12 vectorises loops of unknown length from -O3 on.
VECTORIZED = ["-O3"]

# The rooms that may use what a room makes public: the order of the layers.
_ABOVE = {
    "base": ["magma", "vit", "data", "eval", "ssl", "benchmarks", "tests"],
    "magma": ["eval", "ssl", "benchmarks", "tests"],
    "vit": ["eval", "ssl", "benchmarks", "tests"],
    "data": ["eval", "ssl", "benchmarks", "tests"],
    "eval": ["ssl", "benchmarks", "tests"],
    "ssl": ["benchmarks", "tests"],
    "benchmarks": ["tests"],
    "tests": [],
}

def _visibility(public):
    room = native.package_name().split("/")[0]
    return ["//%s:__subpackages__" % r for r in [room] + (_ABOVE[room] if public else [])]

def _existing(names):
    """Those of the files `names` that are there."""
    return [name for name in names if native.glob([name])]

def _comments(deps):
    """The comments of those of `deps` that are messages."""
    if type(deps) != "list":
        return []  # has a select(), which cannot be read here
    return [dep[:-len("_cc_proto")] + "_comments" for dep in deps if dep.endswith("_cc_proto")]

def _compile(deps, torch, copts):
    """The attributes of a C++ target that say how it is compiled."""
    deps = deps + _comments(deps) + ["@system//:absl", "@system//:glog"]
    if torch:
        deps = deps + ["//third_party/torch"]

        # The header was compiled with the options that all targets share.
        if not copts:
            deps = deps + PRECOMPILED_DEPS
            copts = PRECOMPILED_COPTS
    return {"copts": copts, "deps": deps}

def lib(
        name,
        srcs = None,
        hdrs = None,
        deps = [],
        torch = False,
        public = False,
        testonly = None,
        copts = [],
        **kwargs):
    """A library: `name`.h and `name`.cc, whichever there are.

    A name that ends in `_testing` is for tests only, and has GoogleTest.
    """
    if testonly == None:
        testonly = name.endswith("_testing")
    if testonly:
        deps = deps + ["@system//:gtest"]
    if srcs == None and hdrs == None and not _existing([name + ".cc", name + ".h"]):
        fail("lib(%s): there is neither %s.h nor %s.cc" % (name, name, name))
    kwargs.update(_compile(deps, torch, copts))
    native.cc_library(
        name = name,
        srcs = _existing([name + ".cc"]) if srcs == None else srcs,
        hdrs = _existing([name + ".h"]) if hdrs == None else hdrs,
        testonly = testonly,
        visibility = _visibility(public),
        **kwargs
    )

def _own(name):
    """The library of that name in this package, if there is one."""
    rule = native.existing_rule(name)
    return [":" + name] if rule and rule["kind"] == "cc_library" else []

def test(name, srcs = None, size = "small", deps = [], torch = False, copts = [], **kwargs):
    """The test `name`_test: `name`_test.cc, on the library `name` above it."""
    main = "//third_party/gtest:seeded_main" if torch else "@system//:gtest_main"
    kwargs.update(_compile(_own(name) + deps + [main], torch, copts))
    native.cc_test(
        name = name + "_test",
        srcs = [name + "_test.cc"] if srcs == None else srcs,
        size = size,
        **kwargs
    )

def fuzz(name, corpus, deps = [], torch = False, **kwargs):
    """`name`_fuzz_test: a libFuzzer target, which elsewhere replays its corpus."""
    kwargs.update(_compile(_own(name) + deps, torch, []))
    kwargs["deps"] = kwargs["deps"] + select({
        "//third_party/fuzz:enabled": [],
        "//conditions:default": ["//third_party/fuzz:replay_main"],
    })
    native.cc_test(
        name = name + "_fuzz_test",
        size = "small",
        srcs = [name + "_fuzz_test.cc"],
        args = ["-runs=0"] + ["$(locations %s)" % c for c in corpus],
        data = corpus,
        linkopts = select({
            "//third_party/fuzz:enabled": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        **kwargs
    )

def binary(name, srcs = None, deps = [], torch = False, public = False, copts = [], **kwargs):
    """The program `name`: `name`.cc. `public = True`: the root BUILD names it."""
    kwargs.update(_compile(deps, torch, copts))
    native.cc_binary(
        name = name,
        srcs = [name + ".cc"] if srcs == None else srcs,
        visibility = ["//visibility:public"] if public else _visibility(False),
        **kwargs
    )

# Writes a source file that has the bytes of a file, and hands them over when the
# program starts.
_EMBED_COMMENTS = """(
    echo 'namespace caldera::base { bool AddComments(const unsigned char*, int); }'
    echo 'static const unsigned char kFile[] = {'
    od -An -v -tu1 $< | sed -E 's/[0-9]+/&,/g'
    echo '};'
    echo 'static const bool kAdded = caldera::base::AddComments(kFile, sizeof(kFile));'
) > $@"""

def proto(name, deps = [], public = False):
    """`name`.proto as `name`_proto and, in C++, `name`_cc_proto.

    `name`_comments are its comments (base/proto/proto_comments.h): whoever uses the
    messages links them too. A proto_library's file is its descriptor set, which
    has the comments by an option in .bazelrc.
    """
    native.proto_library(
        name = name + "_proto",
        srcs = [name + ".proto"],
        visibility = _visibility(public),
        deps = deps,
    )
    native.cc_proto_library(
        name = name + "_cc_proto",
        visibility = _visibility(public),
        deps = [":%s_proto" % name],
    )
    native.genrule(
        name = name + "_comments_source",
        srcs = [":%s_proto" % name],
        outs = [name + "_comments.cc"],
        cmd = _EMBED_COMMENTS,
    )
    native.cc_library(
        name = name + "_comments",
        srcs = [":%s_comments_source" % name],
        visibility = _visibility(public),
        deps = ["//base/proto:proto_comments"] + [
            dep[:-len("_proto")] + "_comments"
            for dep in deps
            if not dep.startswith("@")
        ],
        alwayslink = True,
    )

def _link_messages(name, messages):
    """A source that refers to every message of a package.

    A part may leave its message to the seam's code, which finds it by name; the
    linker would drop it.
    """
    files = ["%s/%s" % (native.package_name(), message) for message in messages]
    escaped = {"-": "_2d", ".": "_2e", "/": "_2f", "_": "_5f"}
    lines = ['#include "%s.pb.h"' % file for file in files]
    lines.append("namespace { [[gnu::used]] const void* const kMessages[] = {")
    for file in files:
        mangled = "".join([escaped.get(c, c) for c in (file + ".proto").elems()])
        lines.append("    &descriptor_table_%s," % mangled)
    lines.append("}; }")
    native.genrule(
        name = name,
        outs = [name + ".cc"],
        cmd = "printf '%%s\\n' %s > $@" % " ".join(["'%s'" % line for line in lines]),
    )

def parts(
        name,
        deps,
        protos = [],
        torch = False,
        test_deps = [],
        public = False,
        copts = [],
        folder = "",
        fuzz_corpus = []):
    """The parts of a folder, which the globs below find: put x.cc there, and
    beside it, if there are any, x.proto (a message of its own), x_test.cc and
    x_fuzz_test.cc.

    A part registers itself (base/part.h), so the library `name` is linked whole.

    Args:
      name: the library that has all of them.
      deps: what a part may include.
      protos: what a part's message may import; extensions import their seam's.
      torch: as in lib().
      test_deps: what a test may include beside `deps`.
      public: as in lib(), of the library and the messages.
      copts: as in lib().
      folder: "x/" for a folder of this package that has no BUILD file, so that
        the package of the seam itself can link its parts.
      fuzz_corpus: the inputs of every fuzz target.
    """
    messages = [file[:-len(".proto")] for file in native.glob([folder + "*.proto"])]
    for message in messages:
        proto(message, deps = protos, public = public)
    deps = deps + [":%s_cc_proto" % message for message in messages]
    srcs = native.glob([folder + "*.cc"], exclude = [folder + "*_test.cc"])
    if messages:
        _link_messages(name + "_messages", messages)
        srcs = srcs + [":%s_messages" % name]
    lib(
        name,
        srcs = srcs,
        hdrs = native.glob([folder + "*.h"]),
        torch = torch,
        public = public,
        copts = copts,
        deps = deps,
        alwayslink = True,
    )
    fuzzed = native.glob([folder + "*_fuzz_test.cc"])
    for file in fuzzed:
        fuzz(
            file[:-len("_fuzz_test.cc")],
            corpus = fuzz_corpus,
            torch = torch,
            deps = deps + test_deps + [":" + name],
        )
    for file in native.glob([folder + "*_test.cc"], exclude = fuzzed):
        test(
            file[:-len("_test.cc")],
            torch = torch,
            deps = deps + test_deps + [":" + name],
        )
