// Whatever the bytes, CifarLabels returns; what it accepts agrees with itself.
// The first byte chooses the set.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "data/formats/cifar/cifar_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using caldera::data::kCifar100Format;
  using caldera::data::kCifar10Format;
  if (size == 0) return 0;
  const auto& format = data[0] % 2 == 0 ? kCifar10Format : kCifar100Format;
  const auto labels = caldera::data::CifarLabels(
      absl::string_view(reinterpret_cast<const char*>(data) + 1, size - 1),
      format, "input");
  if (!labels.ok()) {
    if (labels.status().message().substr(0, 7) != "input: ") std::abort();
    return 0;
  }
  if (labels->empty()) std::abort();
  if (labels->size() * format.record_bytes() != size - 1) std::abort();
  for (const uint8_t label : *labels) {
    if (label >= format.num_classes) std::abort();
  }
  return 0;
}
