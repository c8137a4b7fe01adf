// Reads a Python pickle as data. Nothing in it is ever called: a function or a
// class is only a name, and a call becomes a kCall that holds the name and the
// arguments. The only class with a meaning is collections.OrderedDict, a
// dictionary.
//
//   absl::StatusOr<base::Pickle> pickle = base::ParsePickle(bytes, "data.pkl");
//   if (pickle->root->kind == base::PickleValue::Kind::kDict) ...
//
// It knows the opcodes of protocols 2 to 5 that Python writes, and refuses the
// textual ones of protocols 0 and 1, extension codes and out-of-band buffers.
// Objects receive no attributes; what would set them is the state of a call.
// It does not need LibTorch, so that it can be fuzzed.
#ifndef CALDERA_BASE_PICKLE_PICKLE_H_
#define CALDERA_BASE_PICKLE_PICKLE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

struct PickleValue {
  enum class Kind {
    kOpaque,      // None, a float, a set: no reader needs its value
    kBool,        // integer
    kInt,         // integer
    kBigInt,      // text: two's complement, little-endian, above 8 bytes
    kText,        // text, UTF-8
    kBytes,       // text
    kTuple,       // items
    kList,        // items
    kDict,        // items: key, value, key, value, ...
    kGlobal,      // module, text: module.text, a function or a class
    kCall,        // items: the function or class, its arguments; state
    kPersistent,  // items: the id, by which PyTorch names a storage
  };

  Kind kind = Kind::kOpaque;
  int64_t integer = 0;
  absl::string_view module, text;  // parts of the input
  // Cycles are possible: a list may contain itself.
  std::vector<const PickleValue*> items;
  // What the object that a call returns would receive afterwards; often null.
  const PickleValue* state = nullptr;

  bool IsGlobal(absl::string_view wanted_module,
                absl::string_view wanted_name) const {
    return kind == Kind::kGlobal && module == wanted_module &&
           text == wanted_name;
  }
};

struct Pickle {
  std::deque<PickleValue> values;  // owns all of them
  const PickleValue* root = nullptr;
  uint64_t size = 0;  // bytes of input up to and including the final STOP
};

// Parses the pickle at the beginning of `bytes`, which must outlive the result
// and may continue after the pickle. Memory and time are bounded by
// kMaxPickleOpcodes. Errors: InvalidArgument that begins with `name`.
absl::StatusOr<Pickle> ParsePickle(absl::string_view bytes,
                                   const std::string& name);

// The limit of opcodes: a checkpoint needs about 40 a tensor, the 50,000 images
// of CIFAR-100 250,000.
inline constexpr uint64_t kMaxPickleOpcodes = 4'000'000;

}  // namespace caldera::base

#endif  // CALDERA_BASE_PICKLE_PICKLE_H_
