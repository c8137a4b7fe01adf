// Whatever the bytes, the parsers return; what they accept is in range. The
// first byte chooses the fold.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

// In stl10.cc.
absl::StatusOr<int64_t> Stl10ImageCount(int64_t size, absl::string_view name);
absl::StatusOr<std::vector<int64_t>> Stl10Labels(absl::string_view bytes,
                                                 absl::string_view name);
absl::StatusOr<std::vector<int64_t>> Stl10Fold(absl::string_view text,
                                               int64_t fold, int64_t num_images,
                                               absl::string_view name);

}  // namespace caldera::data

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using absl::string_view;
  const auto check = [](const absl::StatusOr<std::vector<int64_t>>& numbers,
                        int64_t end) {
    if (!numbers.ok()) {
      if (numbers.status().message().substr(0, 6) != "input:") std::abort();
      return;
    }
    for (const int64_t number : *numbers) {
      if (number < 0 || number >= end) std::abort();
    }
  };
  if (size == 0) return 0;
  const string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  check(caldera::data::Stl10Labels(bytes, "input"), 10);
  check(caldera::data::Stl10Fold(bytes, data[0] % 10, 5000, "input"), 5000);
  const auto count = caldera::data::Stl10ImageCount(size, "input");
  if (count.ok() && *count * 3 * 96 * 96 != size) {
    std::abort();
  }
  return 0;
}
