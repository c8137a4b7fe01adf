#include "eval/embed/neighbour_files.h"

#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file_testing.h"
#include "eval/embed/embed_images.h"
#include "eval/embed/row_table.h"
#include "eval/features/tiny_encoder_testing.h"

namespace caldera::eval {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kImages = 24;

// Image i has a pattern of its own, but the last three equal the first three.
class Patterns : public data::Dataset {
 public:
  Patterns() {
    info_.name = "patterns";
    info_.channels = 1;
    info_.mean = {0.5};
    info_.std = {0.25};
  }
  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return kImages; }
  int64_t Label(int64_t) const override { return -1; }
  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    const at::Tensor image = at::empty({1, 8, 8}, at::kByte);
    const int64_t pattern = i % (kImages - 3);
    for (int64_t p = 0; p < 64; ++p) {
      image.mutable_data_ptr<uint8_t>()[p] =
          static_cast<uint8_t>((p * (2 * pattern + 1) * 37 + p * p) % 256);
    }
    return image;
  }

 private:
  data::DatasetInfo info_;
};

// Embeds the patterns, and returns the file.
std::string Embed(const std::string& name) {
  EmbedRequest request;
  request.out = base::NewFolder(name) + "/f.npy";
  request.readouts = {Readout{"mean", {1}, true}};
  const auto done =
      EmbedImages(*TinyEncoder(1), std::make_shared<Patterns>(), request);
  EXPECT_TRUE(done.ok()) << done.status();
  return request.out;
}

// Returns the records of a table behind its names.
std::vector<std::vector<std::string>> Records(const std::string& path) {
  const std::string text = base::FileText(path);
  absl::string_view rest = text;
  std::vector<std::vector<std::string>> records;
  while (!rest.empty()) records.push_back(TakeCsvRecord(rest));
  EXPECT_THAT(records[0],
              ElementsAre("row", "neighbour", "cosine", "path", "key",
                          "neighbour_path", "neighbour_key"));
  records.erase(records.begin());
  return records;
}

TEST(NeighbourFiles, FindsTheEqualImages) {
  for (const int64_t exact_up_to : {0, 1000}) {
    const std::string out = Embed("equal");
    const std::string stem = StemOf(out);
    NeighbourFiles files;
    files.neighbours = 2;
    files.duplicates = 0.999999;
    files.exact_up_to = exact_up_to;
    const auto counts = WriteNeighbours(out, stem + ".rows.csv",
                                        std::make_shared<Patterns>(), files);
    ASSERT_TRUE(counts.ok()) << counts.status();
    EXPECT_EQ(counts->neighbours, 2 * kImages);
    EXPECT_EQ(counts->duplicates, 3);
    const auto near = Records(stem + ".neighbours.csv");
    ASSERT_EQ(near.size(), 2 * kImages);
    EXPECT_THAT(near[0], ElementsAre("0", "21", "1.000000", "train", "0",
                                     "train", "21"));
    EXPECT_EQ(near[2 * 23][1], "2");
    const auto equal = Records(stem + ".duplicates.csv");
    ASSERT_EQ(equal.size(), 3);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(equal[i][0], std::to_string(i));
      EXPECT_EQ(equal[i][1], std::to_string(21 + i));
    }
    EXPECT_TRUE(fs::exists(stem + ".neighbours.png"));
    EXPECT_TRUE(fs::exists(stem + ".duplicates.png"));
    EXPECT_FALSE(fs::exists(stem + ".neighbours.csv.part"));
  }
}

// A low bound takes pairs in both directions, but none twice.
TEST(NeighbourFiles, NoPairIsThereTwice) {
  const std::string out = Embed("twice");
  const std::string stem = StemOf(out);
  NeighbourFiles files;
  files.duplicates = 1e-6;
  const auto counts = WriteNeighbours(out, stem + ".rows.csv",
                                      std::make_shared<Patterns>(), files);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_GT(counts->duplicates, kImages);
  std::set<std::pair<int, int>> pairs;
  for (const auto& record : Records(stem + ".duplicates.csv")) {
    const int a = std::stoi(record[0]), b = std::stoi(record[1]);
    EXPECT_NE(a, b);
    EXPECT_TRUE(pairs.insert(std::minmax(a, b)).second) << a << " " << b;
  }
  EXPECT_FALSE(fs::exists(stem + ".neighbours.csv"));
}

TEST(NeighbourFiles, WithoutDuplicatesThereIsNoPicture) {
  const std::string out = Embed("no_pair");
  NeighbourFiles files;
  files.duplicates = 1.1;
  const auto counts = WriteNeighbours(out, StemOf(out) + ".rows.csv",
                                      std::make_shared<Patterns>(), files);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->duplicates, 0);
  EXPECT_TRUE(Records(StemOf(out) + ".duplicates.csv").empty());
  EXPECT_FALSE(fs::exists(StemOf(out) + ".duplicates.png"));
}

TEST(NeighbourFiles, ATableOfOtherRowsIsRefused) {
  const std::string out = Embed("other_rows");
  const std::string table = StemOf(out) + ".rows.csv";
  base::WriteFile(table, RowHeader() + "\n" + RowText(0, {}) + "\n");
  const auto counts = WriteNeighbours(out, table, std::make_shared<Patterns>(),
                                      NeighbourFiles{2});
  EXPECT_THAT(std::string(counts.status().message()),
              HasSubstr("f.rows.csv: has 1 rows, "));
}

}  // namespace
}  // namespace caldera::eval
