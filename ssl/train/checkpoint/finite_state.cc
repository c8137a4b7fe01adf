#include "ssl/train/checkpoint/finite_state.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

// NaN and infinity are the numbers whose exponent is all ones.
template <typename Bits>
bool HasExponent(const at::Tensor& tensor, Bits exponent) {
  const char* from = static_cast<const char*>(tensor.const_data_ptr());
  bool found = false;
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    Bits bits;
    std::memcpy(&bits, from + i * sizeof(Bits), sizeof(Bits));
    found |= (bits & exponent) == exponent;
  }
  return found;
}

bool IsFinite(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return !HasExponent<uint32_t>(tensor, 0x7f800000);
    case at::kDouble:
      return !HasExponent<uint64_t>(tensor, 0x7ff0000000000000);
    case at::kHalf:
      return !HasExponent<uint16_t>(tensor, 0x7c00);
    case at::kBFloat16:
      return !HasExponent<uint16_t>(tensor, 0x7f80);
    default:
      return true;
  }
}

}  // namespace

absl::Status CheckFinite(const vit::StateDict& state) {
  for (const auto& [name, tensor] : state) {
    if (IsFinite(tensor)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the tensor \"", name, "\" is not finite"));
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
