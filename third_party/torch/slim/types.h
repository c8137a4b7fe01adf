// Stands before torch/types.h, whose include of torch/library.h slim/library.h
// then leaves out.
#pragma once

#pragma push_macro("CALDERA_WITHOUT_TORCH_LIBRARY")
#undef CALDERA_WITHOUT_TORCH_LIBRARY
#define CALDERA_WITHOUT_TORCH_LIBRARY
#include_next <torch/types.h>
#pragma pop_macro("CALDERA_WITHOUT_TORCH_LIBRARY")
