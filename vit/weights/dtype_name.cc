#include "vit/weights/dtype_name.h"

namespace caldera::vit {
namespace {

struct Dtype {
  at::ScalarType type;
  absl::string_view name;
};
constexpr Dtype kDtypes[] = {{at::kFloat, "F32"},     {at::kDouble, "F64"},
                             {at::kHalf, "F16"},      {at::kLong, "I64"},
                             {at::kBFloat16, "BF16"}, {at::kInt, "I32"},
                             {at::kShort, "I16"},     {at::kChar, "I8"},
                             {at::kByte, "U8"},       {at::kBool, "BOOL"}};

}  // namespace

absl::string_view DtypeName(at::ScalarType type) {
  for (const Dtype& dtype : kDtypes) {
    if (dtype.type == type) return dtype.name;
  }
  return "";
}

std::optional<at::ScalarType> DtypeNamed(absl::string_view name) {
  for (const Dtype& dtype : kDtypes) {
    if (dtype.name == name) return dtype.type;
  }
  return std::nullopt;
}

}  // namespace caldera::vit
