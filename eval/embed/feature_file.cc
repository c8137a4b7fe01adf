#include "eval/embed/feature_file.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/max.h>
#include <glog/logging.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "eval/features/labelled_features.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

// Returns the bytes of a tensor in the order of its rows, little-endian.
std::string Bytes(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.contiguous();
  return std::string(static_cast<const char*>(whole.const_data_ptr()),
                     whole.nbytes());
}

std::string ElementBytes(const at::Tensor& features, bool half) {
  return Bytes(features.to(half ? at::kHalf : at::kFloat));
}

// Format version 1.0 of numpy/lib/format.py.
class Npy : public FeatureFormat {
 public:
  explicit Npy(FeatureLayout layout) : layout_(std::move(layout)) {}

  std::string Begin() const override { return Head(0); }

  std::string Rows(const at::Tensor& features, const std::vector<EmbeddedRow>&,
                   int64_t) const override {
    return ElementBytes(features, layout_.half);
  }

  absl::Status Finish(int64_t rows, const RowTable*,
                      AppendedFile& file) const override {
    return file.WriteOverFirst(Head(rows));
  }

 private:
  std::string Head(int64_t rows) const {
    constexpr size_t kHead = 128;  // numpy aligns the rows to 64 bytes
    std::string head("\x93NUMPY\x01\x00", 8);
    const size_t length = kHead - head.size() - 2;
    head += {static_cast<char>(length % 256), static_cast<char>(length / 256)};
    absl::StrAppend(&head, "{'descr': '", layout_.half ? "<f2" : "<f4",
                    "', 'fortran_order': False, 'shape': (", rows);
    for (const int64_t size : layout_.row) absl::StrAppend(&head, ", ", size);
    absl::StrAppend(&head, "), }");
    CHECK_LT(head.size(), kHead);
    head.resize(kHead - 1, ' ');
    return head + "\n";
  }

  const FeatureLayout layout_;
};

class Csv : public FeatureFormat {
 public:
  explicit Csv(FeatureLayout layout) : layout_(std::move(layout)) {
    CHECK_EQ(layout_.row.size(), 1);
  }

  std::string Begin() const override {
    std::string line = RowHeader();
    for (int64_t d = 0; d < layout_.row[0]; ++d)
      absl::StrAppend(&line, ",f", d);
    return line + "\n";
  }

  std::string Rows(const at::Tensor& features,
                   const std::vector<EmbeddedRow>& what,
                   int64_t first) const override {
    const at::Tensor kept = layout_.half ? features.to(at::kHalf).to(at::kFloat)
                                         : features.contiguous();
    const float* number = kept.const_data_ptr<float>();
    std::string text;
    for (size_t b = 0; b < what.size(); ++b) {
      text += RowText(first + static_cast<int64_t>(b), what[b]);
      for (int64_t d = 0; d < layout_.row[0]; ++d) Add(*number++, text);
      text += '\n';
    }
    return text;
  }

  bool has_names() const override { return true; }

  absl::Status Finish(int64_t, const RowTable*, AppendedFile&) const override {
    return absl::OkStatus();
  }

 private:
  // Adds as many digits as it takes to read the same number again.
  void Add(float number, std::string& text) const {
    constexpr int kDigitsOfHalf = 5;
    char buffer[32];
    const std::to_chars_result end =
        layout_.half ? std::to_chars(buffer, buffer + sizeof(buffer), number,
                                     std::chars_format::general, kDigitsOfHalf)
                     : std::to_chars(buffer, buffer + sizeof(buffer), number);
    text += ',';
    text.append(buffer, end.ptr);
  }

  const FeatureLayout layout_;
};

// Tensors features, labels and index, one behind the other. Blanks behind the
// header's JSON keep its length, whatever the number of rows.
class SafetensorsRows : public FeatureFormat {
 public:
  explicit SafetensorsRows(FeatureLayout layout) : layout_(std::move(layout)) {
    for (const int64_t size : layout_.row) row_bytes_ *= size;
    row_bytes_ *= layout_.half ? 2 : 4;
    // A number of 64 bits has at most 19 digits, 10 of them are in the header.
    length_ = (Json(0).size() + 10 * 19 + 7) / 8 * 8;
  }

  std::string Begin() const override { return Head(0); }

  std::string Rows(const at::Tensor& features, const std::vector<EmbeddedRow>&,
                   int64_t) const override {
    return ElementBytes(features, layout_.half);
  }

  absl::Status Finish(int64_t rows, const RowTable* table,
                      AppendedFile& file) const override {
    CHECK_EQ(table->size(), rows);
    for (const bool labels : {true, false}) {
      std::string bytes;
      for (int64_t i = 0; i < rows; ++i) {
        ASSIGN_OR_RETURN(const EmbeddedRow row, table->Row(i));
        const int64_t number = labels ? row.label : row.image;
        bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
        if (bytes.size() < (1 << 20) && i + 1 < rows) continue;
        RETURN_IF_ERROR(file.Append(bytes));
        bytes.clear();
      }
    }
    return file.WriteOverFirst(Head(rows));
  }

 private:
  std::string Json(int64_t rows) const {
    std::vector<int64_t> shape = {rows};
    shape.insert(shape.end(), layout_.row.begin(), layout_.row.end());
    const int64_t labels = rows * row_bytes_, index = labels + 8 * rows;
    return base::JsonText({{"__metadata__", layout_.metadata},
                           {"features",
                            {{"dtype", layout_.half ? "F16" : "F32"},
                             {"shape", shape},
                             {"data_offsets", {0, labels}}}},
                           {"labels",
                            {{"dtype", "I64"},
                             {"shape", {rows}},
                             {"data_offsets", {labels, index}}}},
                           {"index",
                            {{"dtype", "I64"},
                             {"shape", {rows}},
                             {"data_offsets", {index, index + 8 * rows}}}}});
  }

  std::string Head(int64_t rows) const {
    std::string text = Json(rows);
    CHECK_LE(text.size(), length_);
    text.resize(length_, ' ');
    const uint64_t length = length_;
    return std::string(reinterpret_cast<const char*>(&length), 8) + text;
  }

  const FeatureLayout layout_;
  int64_t row_bytes_ = 1;
  size_t length_ = 0;
};

}  // namespace

absl::StatusOr<FeatureKind> FeatureKindOf(const std::string& path) {
  if (absl::EndsWith(path, ".npy")) return FeatureKind::kNpy;
  if (absl::EndsWith(path, ".csv")) return FeatureKind::kCsv;
  if (absl::EndsWith(path, ".safetensors")) return FeatureKind::kSafetensors;
  return absl::InvalidArgumentError(
      absl::StrCat(path,
                   " does not end in .npy, .csv or .safetensors; choose "
                   "one of these kinds of files"));
}

std::unique_ptr<FeatureFormat> MakeFeatureFormat(FeatureKind kind,
                                                 FeatureLayout layout) {
  switch (kind) {
    case FeatureKind::kNpy:
      return std::make_unique<Npy>(std::move(layout));
    case FeatureKind::kCsv:
      return std::make_unique<Csv>(std::move(layout));
    case FeatureKind::kSafetensors:
      return std::make_unique<SafetensorsRows>(std::move(layout));
  }
  LOG(FATAL) << "no such kind";
}

absl::Status CheckRepresentable(const at::Tensor& features, bool half,
                                const std::string& name) {
  RETURN_IF_ERROR(CheckFeatures(features.flatten(1), name));
  if (!half) return absl::OkStatus();
  constexpr double kLargestHalf = 65504;
  const double largest = at::max(at::abs(features)).item<double>();
  if (largest <= kLargestHalf) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " features: ", largest,
                   " does not fit into float16, whose largest number is 65504; "
                   "use --dtype=float32"));
}

}  // namespace caldera::eval
