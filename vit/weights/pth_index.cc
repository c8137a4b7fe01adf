#include "vit/weights/pth_index.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/pickle/pickle.h"
#include "base/status.h"
#include "vit/weights/names/choose_vit.h"
#include "vit/weights/pth_storages.h"

// Source of the names and arguments: PyTorch 2.11, torch/_utils.py.
namespace caldera::vit {
namespace {

using base::PickleValue;
using Kind = PickleValue::Kind;

// Views of one storage may overlap, but a small file must not ask for all
// memory.
constexpr uint64_t kMaxGrowth = 16;
constexpr uint64_t kAlwaysAllowed = 64 << 20;

constexpr size_t kMaxDims = 64;  // LibTorch's own limit

constexpr const char* kContainers[] = {"model", "state_dict",
                                       "model_state_dict", "teacher"};

absl::Status Refused(const std::string& file, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", what));
}

std::string Shown(absl::string_view text) {
  return absl::Utf8SafeCHexEscape(text.substr(0, 200));
}

// Returns "torch.nn.modules.linear.Linear", for messages.
std::string CalledName(const PickleValue& call) {
  return Shown(absl::StrCat(call.items[0]->module, ".", call.items[0]->text));
}

bool IsCallOf(const PickleValue& value, absl::string_view function) {
  return value.kind == Kind::kCall &&
         value.items[0]->IsGlobal("torch._utils", function);
}

// Returns the data of a parameter, which is pickled as _rebuild_parameter(data,
// ...); other values are returned as they are.
const PickleValue& WithoutParameter(const PickleValue& value) {
  if ((IsCallOf(value, "_rebuild_parameter") ||
       IsCallOf(value, "_rebuild_parameter_with_state")) &&
      !value.items[1]->items.empty()) {
    return *value.items[1]->items[0];
  }
  return value;
}

// Returns true for a tensor: only calls of torch._utils._rebuild_*tensor* make
// one.
bool IsTensor(const PickleValue& value) {
  const PickleValue& data = WithoutParameter(value);
  return data.kind == Kind::kCall && data.items[0]->module == "torch._utils" &&
         absl::StartsWith(data.items[0]->text, "_rebuild_") &&
         absl::StrContains(data.items[0]->text, "tensor");
}

// Reads sizes or strides: a tuple of integers that are not negative.
bool ReadExtents(const PickleValue& value, std::vector<int64_t>* extents) {
  // torch.Size pickles as a call with one tuple.
  if (value.kind == Kind::kCall && value.items[0]->IsGlobal("torch", "Size") &&
      value.items[1]->items.size() == 1) {
    return ReadExtents(*value.items[1]->items[0], extents);
  }
  if (value.kind != Kind::kTuple && value.kind != Kind::kList) return false;
  for (const PickleValue* extent : value.items) {
    if (extent->kind != Kind::kInt || extent->integer < 0) return false;
    extents->push_back(extent->integer);
  }
  return extents->size() <= kMaxDims;
}

// Computes the number of elements, and the distance from the first to past the
// last one; returns false on overflow. Zero extents count as one towards
// overflow, as in safetensors.
bool Measure(const PthTensor& tensor, uint64_t* count, uint64_t* span) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  uint64_t product = tensor.element_size, last = 0;
  *count = 1;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    const uint64_t extent = tensor.shape[i], stride = tensor.strides[i];
    uint64_t reach;
    if (__builtin_mul_overflow(product, std::max<uint64_t>(extent, 1),
                               &product) ||
        product > kMax ||
        __builtin_mul_overflow(stride, std::max<uint64_t>(extent, 1) - 1,
                               &reach) ||
        __builtin_add_overflow(last, reach, &last) || last > kMax - 1) {
      return false;
    }
    *count *= extent;
  }
  *span = *count == 0 ? 0 : last + 1;
  return true;
}

// Reads _rebuild_tensor_v2(storage, storage_offset, size, stride,
// requires_grad, backward_hooks, ...); the first version ends with the stride.
absl::StatusOr<PthTensor> ReadTensor(const PickleValue& value,
                                     const std::string& tensor_name,
                                     PthStorages& storages,
                                     const std::string& file) {
  const auto refused = [&](absl::string_view what) {
    return Refused(file,
                   absl::StrCat("tensor \"", Shown(tensor_name), "\": ", what));
  };
  const PickleValue& call = WithoutParameter(value);
  if (!IsCallOf(call, "_rebuild_tensor_v2") &&
      !IsCallOf(call, "_rebuild_tensor")) {
    return absl::UnimplementedError(
        refused(absl::StrCat("tensors of ", CalledName(call),
                             " are not supported; save it as a dense "
                             "tensor of a common type"))
            .message());
  }
  const std::vector<const PickleValue*>& arguments = call.items[1]->items;
  if (arguments.size() < 4 || arguments[1]->kind != Kind::kInt ||
      arguments[1]->integer < 0) {
    return refused("it lacks its storage or its offset, or that is negative");
  }
  absl::StatusOr<PthStorage> storage = storages.Find(*arguments[0]);
  if (!storage.ok()) {
    return absl::Status(storage.status().code(),
                        refused(storage.status().message()).message());
  }
  PthTensor tensor{tensor_name, storage->dtype, storage->element_size, {}, {},
                   {}};
  if (!ReadExtents(*arguments[2], &tensor.shape) ||
      !ReadExtents(*arguments[3], &tensor.strides) ||
      tensor.shape.size() != tensor.strides.size()) {
    return refused(
        "its shape and strides are not as many sizes, none of them negative");
  }
  uint64_t count, span;
  if (!Measure(tensor, &count, &span)) return refused("its shape overflows");
  const uint64_t offset = arguments[1]->integer;
  const uint64_t available = storage->bytes.size() / storage->element_size;
  if (offset > available || span > available - offset) {
    return refused(absl::StrCat(
        "shape [", absl::StrJoin(tensor.shape, ", "), "] with strides [",
        absl::StrJoin(tensor.strides, ", "), "] from element ", offset,
        " leaves its storage of ", available, " elements"));
  }
  tensor.bytes = storage->bytes.substr(offset * tensor.element_size,
                                       span * tensor.element_size);
  return tensor;
}

bool HoldsTensors(const PickleValue& dict) {
  for (size_t i = 1; i < dict.items.size(); i += 2) {
    if (IsTensor(*dict.items[i])) return true;
  }
  return false;
}

// A ViT in a file: the dictionary with its tensors, and where its names begin.
struct Place {
  const PickleValue* dict;
  std::string container;  // keys of the dictionary, joined by dots
  std::string prefix;     // within the dictionary
};

// No file of weights nests deeper.
constexpr int kMaxDictionaries = 8;

// Adds the ViTs of `dict` and of the dictionaries in it to `found`, by their
// full prefix. No dictionary is visited twice, because one may contain itself.
void FindVits(const PickleValue& dict, const std::string& container, int level,
              std::set<const PickleValue*>* seen,
              std::map<std::string, Place>* found) {
  if (level > kMaxDictionaries || !seen->insert(&dict).second) return;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    if (dict.items[i]->kind != Kind::kText) continue;
    const std::string key(dict.items[i]->text);
    const std::string outer =
        container.empty() ? "" : absl::StrCat(container, ".");
    const PickleValue& value = *dict.items[i + 1];
    if (value.kind == Kind::kDict) {
      FindVits(value, outer + key, level + 1, seen, found);
    } else if (IsTensor(value)) {
      const std::optional<std::string> prefix = VitPrefix(key);
      if (!prefix.has_value()) continue;
      found->emplace(outer + *prefix, Place{&dict, container, *prefix});
    }
  }
}

// Returns the dictionary that holds the tensors of a file without a ViT, which
// may be inside other dictionaries.
absl::StatusOr<const PickleValue*> FindStateDict(const PickleValue& root,
                                                 const std::string& file,
                                                 std::string* container) {
  constexpr char kRemedy[] =
      "; save model.state_dict(), or a dictionary that holds it as \"model\"";
  if (root.kind == Kind::kCall) {
    return Refused(file,
                   absl::StrCat("it holds an object of ", CalledName(root),
                                ", and no code of a file is run", kRemedy));
  }
  if (root.kind != Kind::kDict) {
    return Refused(file, absl::StrCat("it holds no dictionary", kRemedy));
  }
  const PickleValue* dict = &root;
  // No dictionary is visited twice, because one may contain itself.
  std::set<const PickleValue*> seen;
  while (seen.insert(dict).second) {
    const PickleValue* inner = nullptr;
    for (const char* name : kContainers) {
      for (size_t i = 0; inner == nullptr && i < dict->items.size(); i += 2) {
        if (dict->items[i]->kind == Kind::kText &&
            dict->items[i]->text == name &&
            dict->items[i + 1]->kind == Kind::kDict) {
          inner = dict->items[i + 1];
          absl::StrAppend(container, container->empty() ? "" : ".", name);
        }
      }
    }
    if (inner == nullptr) break;
    dict = inner;
  }
  if (HoldsTensors(*dict)) return dict;
  std::vector<std::string> keys;
  for (size_t i = 0; i < dict->items.size() && keys.size() < 8; i += 2) {
    keys.push_back(absl::StrCat("\"", Shown(dict->items[i]->text), "\""));
  }
  return Refused(
      file, absl::StrCat("its dictionary holds no tensors, neither of its own "
                         "nor under model, state_dict, model_state_dict or "
                         "teacher; it holds ",
                         keys.empty() ? "nothing" : absl::StrJoin(keys, ", "),
                         kRemedy));
}

// Returns the dictionary of the ViT that `key` or the order of preference
// chooses, or null where the file holds none and no key asks for one.
absl::StatusOr<const PickleValue*> FindViT(const PickleValue& root,
                                           const std::string& file,
                                           const std::string& key,
                                           PthIndex* index) {
  std::map<std::string, Place> found;
  if (root.kind == Kind::kDict) {
    std::set<const PickleValue*> seen;
    FindVits(root, "", 0, &seen, &found);
  }
  if (found.empty() && key.empty()) return nullptr;
  std::set<std::string> prefixes;
  for (const auto& [prefix, unused] : found) prefixes.insert(prefix);
  ASSIGN_OR_RETURN(VitChoice choice, ChooseVit(prefixes, key, file));
  const Place& place = found.at(choice.prefix);
  index->container = place.container;
  index->prefix = place.prefix;
  index->note = std::move(choice.note);
  return place.dict;
}

}  // namespace

bool LooksLikePth(absl::string_view bytes) {
  return PthStorages::LooksLikePth(bytes);
}

absl::StatusOr<PthIndex> ParsePthIndex(absl::string_view bytes,
                                       const std::string& name,
                                       const std::string& key) {
  ASSIGN_OR_RETURN(PthStorages storages, PthStorages::Parse(bytes, name));
  PthIndex index;
  ASSIGN_OR_RETURN(const PickleValue* dict,
                   FindViT(storages.root(), name, key, &index));
  if (dict == nullptr) {
    ASSIGN_OR_RETURN(dict,
                     FindStateDict(storages.root(), name, &index.container));
  }
  const std::vector<const PickleValue*>& items = dict->items;
  std::set<absl::string_view> names;
  uint64_t left = kAlwaysAllowed + kMaxGrowth * bytes.size();
  absl::Status passed_over;  // the first tensor of a type that is not read
  for (size_t i = 0; i < items.size(); i += 2) {
    if (items[i]->kind != Kind::kText) {
      return Refused(name, "its state dict has a key that is not text");
    }
    const absl::string_view tensor_name = items[i]->text;
    if (!names.insert(tensor_name).second) {
      return Refused(name, absl::StrCat("\"", Shown(tensor_name),
                                        "\" occurs twice in it"));
    }
    if (!IsTensor(*items[i + 1])) {
      index.ignored.emplace_back(tensor_name);
      continue;
    }
    absl::StatusOr<PthTensor> read =
        ReadTensor(*items[i + 1], std::string(tensor_name), storages, name);
    if (absl::IsUnimplemented(read.status())) {
      index.ignored.emplace_back(tensor_name);
      passed_over.Update(absl::InvalidArgumentError(read.status().message()));
      continue;
    }
    ASSIGN_OR_RETURN(PthTensor tensor, std::move(read));
    uint64_t count, span;
    Measure(tensor, &count, &span);
    if (count * tensor.element_size > left) {
      return Refused(name, absl::StrCat("tensor \"", Shown(tensor_name),
                                        "\" expands the file of ", bytes.size(),
                                        " bytes beyond 16 times its size; "
                                        "save contiguous tensors"));
    }
    left -= count * tensor.element_size;
    index.tensors.push_back(std::move(tensor));
  }
  if (index.tensors.empty() && !passed_over.ok()) return passed_over;
  return index;
}

}  // namespace caldera::vit
