#include "eval/embed/stored_features.h"

#include <ATen/ops/from_blob.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "eval/embed/feature_file.h"
#include "vit/weights/safetensors.h"

namespace caldera::eval {
namespace {

absl::Status Refuse(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": ", what, "; name a file of features that //:embed has written"));
}

absl::StatusOr<at::Tensor> ReadNpy(const std::string& path) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const base::MappedFile> file,
                   base::MappedFile::Open(path));
  constexpr size_t kHead = 128;
  absl::string_view bytes = file->bytes();
  absl::string_view head = bytes.substr(0, kHead);
  const bool is_npy =
      head.size() == kHead &&
      absl::ConsumePrefix(&head,
                          absl::string_view("\x93NUMPY\x01\0\x76\0", 10));
  const bool half = absl::ConsumePrefix(&head, "{'descr': '<f2', ");
  if (!is_npy || (!half && !absl::ConsumePrefix(&head, "{'descr': '<f4', ")) ||
      !absl::ConsumePrefix(&head, "'fortran_order': False, 'shape': (")) {
    return Refuse(path, "has another head");
  }
  std::vector<int64_t> shape;
  int64_t size = half ? 2 : 4;
  for (const absl::string_view word :
       absl::StrSplit(head.substr(0, head.find(')')), ", ")) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(word, &number) || number < 1 ||
        __builtin_mul_overflow(size, number, &size)) {
      return Refuse(path, "its shape cannot be read");
    }
    shape.push_back(number);
  }
  bytes.remove_prefix(kHead);
  if (size != static_cast<int64_t>(bytes.size())) {
    return Refuse(path, absl::StrCat("has ", bytes.size(), " bytes of rows, ",
                                     "its shape needs ", size));
  }
  // The mapping is private and writable; only its view is const.
  return at::from_blob(
      const_cast<char*>(bytes.data()), shape, [file](void*) {},
      at::TensorOptions(half ? at::kHalf : at::kFloat));
}

}  // namespace

absl::StatusOr<at::Tensor> StoredFeatures(const std::string& path) {
  ASSIGN_OR_RETURN(const FeatureKind kind, FeatureKindOf(path));
  if (kind == FeatureKind::kNpy) return ReadNpy(path);
  if (kind == FeatureKind::kCsv) {
    return Refuse(path, "is a table of text, which is not read back");
  }
  ASSIGN_OR_RETURN(const vit::Safetensors file, vit::ReadSafetensors(path));
  const auto features = file.tensors.find("features");
  if (features == file.tensors.end()) {
    return Refuse(path, "has no tensor `features`");
  }
  return features->second;
}

}  // namespace caldera::eval
