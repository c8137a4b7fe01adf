"""What a target's own files need for at::parallel_for to be parallel."""

# Without it ATen's header compiles at::parallel_for to a plain loop, silently.
# Not for every file: clang, which checks our includes, brings no OpenMP here.
PARALLEL_FOR = select({
    "@libtorch//:layering": [],
    "//conditions:default": ["-fopenmp"],
})
