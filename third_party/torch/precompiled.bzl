"""The precompiled header of the targets that use LibTorch.

Parsing LibTorch's module API costs a source file some ten seconds, more than
everything else in it. `precompiled_header` parses it once, with the options that
every target shares; `lib(torch = True)` and its like (third_party/bazel) then
begin each source file with it.

A source that was compiled with other options (a sanitizer, -fopenmp, clang) takes
no precompiled header: g++ refuses one that does not fit, and with
-Werror=invalid-pch that is an error and not a silent loss. -fpch-deps writes what
the header was made of into the dependencies of each source, so that a changed
header rebuilds its users.
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

_HEADER = "third_party/torch/precompiled.h"

PRECOMPILED_COPTS = select({
    "//third_party/torch:without_precompiled": [],
    "//conditions:default": [
        "-include",
        _HEADER,
        "-fpch-deps",
        "-Winvalid-pch",
        "-Werror=invalid-pch",
    ],
})

PRECOMPILED_DEPS = select({
    "//third_party/torch:without_precompiled": [],
    "//conditions:default": ["//third_party/torch:precompiled"],
})

def _precompiled_header_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    context = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps]).compilation_context
    header = ctx.actions.declare_file(ctx.label.name + ".h")
    compiled = ctx.actions.declare_file(ctx.label.name + ".h.gch")
    dependencies = ctx.actions.declare_file(ctx.label.name + ".h.d")
    ctx.actions.expand_template(template = ctx.file.src, output = header, substitutions = {})
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
        use_pic = True,
    )
    options = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )
    ctx.actions.run(
        executable = toolchain.compiler_executable,
        arguments = options + [
            "-x",
            "c++-header",
            header.path,
            "-MD",
            "-MF",
            dependencies.path,
            "-o",
            compiled.path,
        ],
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = variables,
        ),
        inputs = depset([header], transitive = [context.headers, toolchain.all_files]),
        outputs = [compiled, dependencies],
        mnemonic = "CppPrecompile",
        progress_message = "Precompiling LibTorch's headers",
    )
    return [
        DefaultInfo(files = depset([header, compiled])),
        CcInfo(compilation_context = cc_common.create_compilation_context(
            headers = depset([header, compiled]),
        )),
    ]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "src": attr.label(allow_single_file = [".h"], mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    doc = "`src` as NAME.h and NAME.h.gch, in the options of a C++ target that depends on `deps`.",
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
