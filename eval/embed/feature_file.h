// Writes features to a file of numpy (.npy), a table (.csv) or safetensors, as
// they come: nothing but the rows at hand is in memory.
//
//   FeatureLayout layout;
//   layout.row = {192};                  // [192], or [N, D] of patch tokens
//   auto file = AppendedFile::Open("features.npy.part");
//   auto format = MakeFeatureFormat(FeatureKind::kNpy, layout);
//   absl::Status status = (*file)->Append(format->Begin());
//   status = (*file)->Append(format->Rows(features, rows, /*first=*/0));
//   status = format->Finish(count, table, **file);
//
// The heads of npy and safetensors have the number of rows. It is written over
// the head at the end, when it is known; until then the file is none of its
// kind.
#ifndef CALDERA_EVAL_EMBED_FEATURE_FILE_H_
#define CALDERA_EVAL_EMBED_FEATURE_FILE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eval/embed/appended_file.h"
#include "eval/embed/row_table.h"

namespace caldera::eval {

enum class FeatureKind { kNpy, kCsv, kSafetensors };

// Returns the kind that the ending of `path` says. Errors: InvalidArgument for
// another ending.
absl::StatusOr<FeatureKind> FeatureKindOf(const std::string& path);

struct FeatureLayout {
  std::vector<int64_t> row;  // the shape of a row: [D] or [N, D]
  bool half = false;         // float16 instead of float32
  std::map<std::string, std::string> metadata;  // of safetensors, in UTF-8
};

class FeatureFormat {
 public:
  virtual ~FeatureFormat() = default;

  // Returns what stands in front of the rows.
  virtual std::string Begin() const = 0;
  // Returns the bytes of some rows: float32 [B, ...] on the CPU, of which
  // `what` says what they are. `first`: the number of the first of them.
  virtual std::string Rows(const at::Tensor& features,
                           const std::vector<EmbeddedRow>& what,
                           int64_t first) const = 0;
  // True if the rows say themselves what they are, and need no RowTable.
  virtual bool has_names() const { return false; }
  // Completes `file`, which has Begin() and `rows` rows. `table`: what they
  // are; not read by a format that has_names().
  virtual absl::Status Finish(int64_t rows, const RowTable* table,
                              AppendedFile& file) const = 0;
};

// CHECK: a row of kCsv has one dimension.
std::unique_ptr<FeatureFormat> MakeFeatureFormat(FeatureKind kind,
                                                 FeatureLayout layout);

// Returns InvalidArgument, beginning with `name`, where a number of `features`
// [B, ...] is not finite or, with `half`, does not fit into float16.
absl::Status CheckRepresentable(const at::Tensor& features, bool half,
                                const std::string& name);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_FEATURE_FILE_H_
