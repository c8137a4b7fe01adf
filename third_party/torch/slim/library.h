// Stands before torch/library.h. torch/types.h includes that header so that its
// users need not, which costs a second in every file that uses a module; three
// files here register operators, and include it themselves. No #pragma once: a
// file may include it both ways.
#ifndef CALDERA_WITHOUT_TORCH_LIBRARY
#include_next <torch/library.h>
#endif
