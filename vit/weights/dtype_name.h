// The names of element types in weights files, which are those of safetensors.
//
//   vit::DtypeName(at::kBFloat16);  // "BF16"
//   vit::DtypeNamed("F32");         // at::kFloat
//
// F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL are known.
#ifndef CALDERA_VIT_WEIGHTS_DTYPE_NAME_H_
#define CALDERA_VIT_WEIGHTS_DTYPE_NAME_H_

#include <c10/core/ScalarType.h>

#include <optional>

#include "absl/strings/string_view.h"

namespace caldera::vit {

// Returns "" for a type without a name.
absl::string_view DtypeName(at::ScalarType type);

// Returns none for an unknown name.
std::optional<at::ScalarType> DtypeNamed(absl::string_view name);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_DTYPE_NAME_H_
