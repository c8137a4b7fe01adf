// Whatever the bytes, ParsePthIndex returns; accepted files can be read: every
// element of every tensor is within the tensor's bytes, and these are within
// the input.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "vit/weights/pth_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto index = caldera::vit::ParsePthIndex(bytes, "input");
  if (!index.ok()) {
    if (!absl::StartsWith(index.status().message(), "input")) std::abort();
    return 0;
  }
  for (const caldera::vit::PthTensor& tensor : index->tensors) {
    uint64_t last = 0;
    bool empty = false;
    for (size_t i = 0; i < tensor.shape.size(); ++i) {
      if (tensor.shape[i] < 0 || tensor.strides[i] < 0) std::abort();
      empty |= tensor.shape[i] == 0;
      last += (tensor.shape[i] - 1) * tensor.strides[i];
    }
    if (!empty && (last + 1) * tensor.element_size > tensor.bytes.size()) {
      std::abort();
    }
    if (!tensor.bytes.empty() &&
        (tensor.bytes.data() < bytes.data() ||
         tensor.bytes.data() + tensor.bytes.size() > bytes.data() + size)) {
      std::abort();
    }
  }
  return 0;
}
