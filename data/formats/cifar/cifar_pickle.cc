#include "data/formats/cifar/cifar_pickle.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/pickle/pickle.h"
#include "base/status.h"
#include "data/formats/cifar/pickled_array.h"

namespace caldera::data {
namespace {

using base::PickleValue;
using Kind = PickleValue::Kind;

constexpr int64_t kPixels = 3 * 32 * 32;
constexpr size_t kLongestName = 1000;

// A file of a set, parsed.
class File {
 public:
  explicit File(const std::string& name) : name_(name) {}

  absl::Status Parse(absl::string_view bytes) {
    auto pickle = base::ParsePickle(bytes, name_);
    if (!pickle.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(pickle.status().message(), kRemedy));
    }
    pickle_ = *std::move(pickle);
    for (const PickleValue& value : pickle_.values) {
      if (value.kind != Kind::kGlobal || IsKnownGlobal(value)) continue;
      return Refused(
          absl::StrCat("names ", absl::CHexEscape(value.module.substr(0, 100)),
                       ".", absl::CHexEscape(value.text.substr(0, 100)),
                       ", which no file of CIFAR does; nothing of it was run"));
    }
    if (pickle_.root->kind != Kind::kDict) {
      return Refused("holds no dictionary");
    }
    return absl::OkStatus();
  }

  absl::Status Refused(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(name_, ": ", what, kRemedy));
  }

  // Returns what the dictionary has for `key`: as in Python, the last.
  absl::StatusOr<const PickleValue*> Find(absl::string_view key) const {
    const std::vector<const PickleValue*>& items = pickle_.root->items;
    for (size_t i = items.size(); i >= 2; i -= 2) {
      if (IsPickledText(*items[i - 2], key)) return items[i - 1];
    }
    return Refused(absl::StrCat("its dictionary has no \"", key, "\""));
  }

 private:
  static constexpr char kRemedy[] = "; unpack the archive again";

  const std::string& name_;
  base::Pickle pickle_;
};

// Copies the bytes of `data` [count, kPixels], row after row.
std::string Rows(const PickledArray& data, absl::string_view bytes,
                 int64_t count) {
  std::string rows(bytes);
  if (!data.columns_first) return rows;
  constexpr int64_t kBlock = 64;  // stays in the cache
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(count, begin + kBlock);
    for (int64_t p = 0; p < kPixels; ++p) {
      for (int64_t i = begin; i < end; ++i) {
        rows[i * kPixels + p] = bytes[p * count + i];
      }
    }
  }
  return rows;
}

}  // namespace

absl::StatusOr<CifarBatch> ParseCifarBatch(absl::string_view bytes,
                                           const CifarPickle& set,
                                           const std::string& name) {
  File file(name);
  RETURN_IF_ERROR(file.Parse(bytes));
  ASSIGN_OR_RETURN(const PickleValue* const data, file.Find("data"));
  ASSIGN_OR_RETURN(const PickleValue* const labels, file.Find(set.labels));
  PickledArray array;
  if (!ReadPickledArray(*data, &array) || array.item_size != 1 ||
      array.is_signed) {
    return file.Refused("its \"data\" is no array of bytes");
  }
  const bool images = array.shape.size() == 2 && array.shape[0] > 0 &&
                      array.shape[1] == kPixels;
  if (!images) {
    return file.Refused(absl::StrCat("its \"data\" has shape [",
                                     absl::StrJoin(array.shape, ", "),
                                     "], expected [images, ", kPixels, "]"));
  }
  const uint64_t count = array.shape[0];
  uint64_t size;
  const bool fits = !__builtin_mul_overflow(count, kPixels, &size);
  const PickledBytes values(*array.values, fits ? size : 0);
  if (!values.valid || values.view.size() != size) {
    return file.Refused(absl::StrCat("its \"data\" does not hold ", kPixels,
                                     " bytes for each of ", count, " images"));
  }
  std::vector<int64_t> classes;
  if (!ReadPickledIntegers(*labels, &classes)) {
    return file.Refused(
        absl::StrCat("its \"", set.labels, "\" are no list of integers"));
  }
  if (classes.size() != count) {
    return file.Refused(absl::StrCat("holds ", classes.size(), " labels for ",
                                     count, " images"));
  }
  CifarBatch batch;
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] < 0 || classes[i] >= set.num_classes) {
      return file.Refused(absl::StrCat("label ", i, " is ", classes[i],
                                       ", expected 0 to ",
                                       set.num_classes - 1));
    }
    batch.labels.push_back(static_cast<uint8_t>(classes[i]));
  }
  batch.pixels = Rows(array, values.view, static_cast<int64_t>(count));
  return batch;
}

absl::StatusOr<std::vector<std::string>> ParseCifarClassNames(
    absl::string_view bytes, const CifarPickle& set, const std::string& name) {
  File file(name);
  RETURN_IF_ERROR(file.Parse(bytes));
  ASSIGN_OR_RETURN(const PickleValue* const found, file.Find(set.class_names));
  std::vector<std::string> names;
  if (found->kind == Kind::kList &&
      found->items.size() == static_cast<uint64_t>(set.num_classes)) {
    for (const PickleValue* one : found->items) {
      const PickledBytes text(*one, kLongestName);
      if (text.valid) names.emplace_back(text.view);
    }
  }
  if (names.size() != static_cast<uint64_t>(set.num_classes)) {
    return file.Refused(absl::StrCat("its \"", set.class_names,
                                     "\" are not the names of ",
                                     set.num_classes, " classes"));
  }
  return names;
}

}  // namespace caldera::data
