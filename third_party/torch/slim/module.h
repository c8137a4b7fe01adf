// Stands before torch/nn/module.h, whose include of torch/serialize/archive.h
// slim/archive.h then leaves out.
#pragma once

#pragma push_macro("CALDERA_WITHOUT_TORCH_SERIALIZE")
#undef CALDERA_WITHOUT_TORCH_SERIALIZE
#define CALDERA_WITHOUT_TORCH_SERIALIZE
#include_next <torch/nn/module.h>
#pragma pop_macro("CALDERA_WITHOUT_TORCH_SERIALIZE")
