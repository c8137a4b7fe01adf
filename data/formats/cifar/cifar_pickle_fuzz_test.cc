// Whatever the bytes, the parsers return; what they accept agrees with itself.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "data/formats/cifar/cifar_pickle.h"

namespace {

void CheckError(const absl::Status& status) {
  if (!absl::StartsWith(status.message(), "input")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace caldera::data;  // NOLINT
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const CifarPickle& set : {kCifar10Pickle, kCifar100Pickle}) {
    const auto batch = ParseCifarBatch(bytes, set, "input");
    if (batch.ok()) {
      if (batch->labels.empty()) std::abort();
      if (batch->pixels.size() != 3072 * batch->labels.size()) std::abort();
      for (const uint8_t label : batch->labels) {
        if (label >= set.num_classes) std::abort();
      }
    } else {
      CheckError(batch.status());
    }
    const auto names = ParseCifarClassNames(bytes, set, "input");
    if (!names.ok()) {
      CheckError(names.status());
    } else if (static_cast<int64_t>(names->size()) != set.num_classes) {
      std::abort();
    }
  }
  return 0;
}
