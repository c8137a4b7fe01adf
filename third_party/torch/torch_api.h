// What nearly every file that uses LibTorch's module API parses:
// precompiled.bzl makes one precompiled header of it. Never included by name.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
