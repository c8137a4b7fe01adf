// Stands before torch/types.h, whose include of torch/library.h slim/library.h
// then leaves out.
#pragma once

#define CALDERA_WITHOUT_TORCH_LIBRARY
#include_next <torch/types.h>
#undef CALDERA_WITHOUT_TORCH_LIBRARY
