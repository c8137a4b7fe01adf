#include "eval/embed/feature_file.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "vit/weights/safetensors.h"

namespace caldera::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<EmbeddedRow> SomeRows(int64_t first, int64_t count) {
  std::vector<EmbeddedRow> rows;
  for (int64_t i = first; i < first + count; ++i) {
    rows.push_back(
        {2 * i, absl::StrCat("cat,s/", i, ".jpg"), "", "cat", i % 3});
  }
  return rows;
}

// Writes five rows in batches of two, and returns the path.
std::string Write(FeatureKind kind, const FeatureLayout& layout,
                  const at::Tensor& features) {
  const std::string folder = base::NewFolder("features");
  const auto format = MakeFeatureFormat(kind, layout);
  const auto file = AppendedFile::Open(folder + "/file");
  EXPECT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->Append(format->Begin()).ok());
  std::string table = RowHeader() + "\n";
  for (int64_t first = 0; first < features.size(0); first += 2) {
    const int64_t count = std::min<int64_t>(2, features.size(0) - first);
    const auto rows = SomeRows(first, count);
    EXPECT_TRUE((*file)
                    ->Append(format->Rows(features.narrow(0, first, count),
                                          rows, first))
                    .ok());
    for (int64_t b = 0; b < count; ++b) {
      table += RowText(first + b, rows[b]) + "\n";
    }
  }
  base::WriteFile(folder + "/rows.csv", table);
  const auto opened = RowTable::Open(folder + "/rows.csv");
  EXPECT_TRUE(opened.ok()) << opened.status();
  const absl::Status status =
      format->Finish(features.size(0), &*opened, **file);
  EXPECT_TRUE(status.ok()) << status;
  return folder + "/file";
}

at::Tensor Numbers() {  // [5, 3]
  return at::arange(15, at::kFloat).view({5, 3}) / 7 - 1;
}

TEST(FeatureKindOf, IsTheEnding) {
  EXPECT_EQ(*FeatureKindOf("a/b.npy"), FeatureKind::kNpy);
  EXPECT_EQ(*FeatureKindOf("b.csv"), FeatureKind::kCsv);
  EXPECT_EQ(*FeatureKindOf("b.safetensors"), FeatureKind::kSafetensors);
  EXPECT_THAT(std::string(FeatureKindOf("b.txt").status().message()),
              HasSubstr("b.txt does not end in .npy, .csv or .safetensors"));
}

TEST(FeatureFile, NpyHasTheHeadOfNumpyAndTheRows) {
  FeatureLayout layout;
  layout.row = {3};
  const std::string bytes =
      base::FileText(Write(FeatureKind::kNpy, layout, Numbers()));
  ASSERT_EQ(bytes.size(), 128 + 5 * 3 * 4);
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(bytes.substr(10, 61),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 3), }  ");
  EXPECT_EQ(bytes[127], '\n');
  EXPECT_EQ(std::memcmp(bytes.data() + 128, Numbers().const_data_ptr(), 60), 0);
}

TEST(FeatureFile, NpyTakesPatchTokensInHalf) {
  FeatureLayout layout;
  layout.row = {3, 2};
  layout.half = true;
  const at::Tensor tokens = at::arange(30, at::kFloat).view({5, 3, 2}) / 8;
  const std::string bytes =
      base::FileText(Write(FeatureKind::kNpy, layout, tokens));
  EXPECT_THAT(bytes, HasSubstr("'<f2', 'fortran_order': False, 'shape': (5, 3, "
                               "2), }"));
  const at::Tensor half = tokens.to(at::kHalf);
  ASSERT_EQ(bytes.size(), 128 + half.nbytes());
  EXPECT_EQ(std::memcmp(bytes.data() + 128, half.const_data_ptr(), 60), 0);
}

TEST(FeatureFile, CsvHasNamesAndNumbersThatReadTheSame) {
  for (const bool half : {false, true}) {
    FeatureLayout layout;
    layout.row = {3};
    layout.half = half;
    const at::Tensor kept =
        Numbers().to(half ? at::kHalf : at::kFloat).to(at::kFloat);
    const std::string text =
        base::FileText(Write(FeatureKind::kCsv, layout, Numbers()));
    absl::string_view rest = text;
    EXPECT_THAT(TakeCsvRecord(rest),
                ElementsAre("row", "image", "path", "key", "class", "label",
                            "f0", "f1", "f2"));
    for (int i = 0; i < 5; ++i) {
      const std::vector<std::string> fields = TakeCsvRecord(rest);
      ASSERT_EQ(fields.size(), 9);
      EXPECT_EQ(fields[0], absl::StrCat(i));
      EXPECT_EQ(fields[1], absl::StrCat(2 * i));
      EXPECT_EQ(fields[2], absl::StrCat("cat,s/", i, ".jpg"));
      for (int d = 0; d < 3; ++d) {
        const float read = std::stof(fields[6 + d]);
        EXPECT_EQ(half ? static_cast<float>(at::Half(read)) : read,
                  kept[i][d].item<float>());
      }
    }
    EXPECT_TRUE(rest.empty());
  }
}

TEST(FeatureFile, SafetensorsHasLabelsAndIndexBehindTheFeatures) {
  for (const bool half : {false, true}) {
    FeatureLayout layout;
    layout.row = {3};
    layout.half = half;
    layout.metadata = {{"caldera.split", "test"}};
    const auto read = vit::ReadSafetensors(
        Write(FeatureKind::kSafetensors, layout, Numbers()));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->metadata.at("caldera.split"), "test");
    ASSERT_EQ(read->tensors.size(), 3);
    EXPECT_TRUE(at::equal(read->tensors.at("features"),
                          Numbers().to(half ? at::kHalf : at::kFloat)));
    EXPECT_TRUE(at::equal(read->tensors.at("labels"),
                          at::tensor({0, 1, 2, 0, 1}, at::kLong)));
    EXPECT_TRUE(at::equal(read->tensors.at("index"),
                          at::tensor({0, 2, 4, 6, 8}, at::kLong)));
  }
}

TEST(CheckRepresentable, SaysWhatDoesNotFit) {
  const at::Tensor large = at::full({2, 3}, 7e4, at::kFloat);
  EXPECT_TRUE(CheckRepresentable(large, false, "x").ok());
  EXPECT_THAT(std::string(CheckRepresentable(large, true, "x").message()),
              HasSubstr("x features: 70000 does not fit into float16"));
  EXPECT_TRUE(CheckRepresentable(at::full({2, 3, 4}, 65504.0), true, "x").ok());
  EXPECT_THAT(std::string(CheckRepresentable(at::full({2, 3}, NAN, at::kFloat),
                                             false, "x")
                              .message()),
              HasSubstr("x features: row 0 holds NaN"));
}

}  // namespace
}  // namespace caldera::eval
