// Whatever the bytes, ParsePickle returns; accepted pickles are well formed:
// each kind has the items that its readers need.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "base/pickle/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using caldera::base::PickleValue;
  const auto pickle = caldera::base::ParsePickle(
      absl::string_view(reinterpret_cast<const char*>(data), size), "input");
  if (!pickle.ok()) {
    if (!absl::StartsWith(pickle.status().message(), "input ")) std::abort();
    return 0;
  }
  if (pickle->size > size || pickle->values.size() > size) std::abort();
  for (const PickleValue& value : pickle->values) {
    switch (value.kind) {
      case PickleValue::Kind::kDict:
        if (value.items.size() % 2 != 0) std::abort();
        break;
      case PickleValue::Kind::kCall:
        if (value.items.size() < 2 ||
            value.items[0]->kind != PickleValue::Kind::kGlobal ||
            value.items[1]->kind != PickleValue::Kind::kTuple) {
          std::abort();
        }
        break;
      case PickleValue::Kind::kPersistent:
        if (value.items.size() != 1) std::abort();
        break;
      default:
        break;
    }
  }
  return 0;
}
