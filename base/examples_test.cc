// Compiles the examples of this room's front headers, word for word.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/draw/line_chart.h"
#include "base/field_check.h"
#include "base/file_testing.h"
#include "base/mapped_file.h"
#include "base/random_stream.h"
#include "base/read_file.h"
#include "base/replace_file.h"

namespace caldera::base {
namespace {

// clang-format off

struct Spec {
  int depth() const { return 0; }
  double beta() const { return 1; }
  int workers() const { return 0; }
};

absl::Status FieldCheckExample(const Spec& spec) {
  // From base/field_check.h:
  return base::FieldCheck()
      .InRange("depth", spec.depth(), 1, 1024)
      .Above("beta", spec.beta(), 0)
      .AtLeast("workers", spec.workers(), 0, "it counts threads")
      .status();
  // "depth: 0 is not in [1, 1024]"
}

TEST(Examples, FieldCheck) {
  EXPECT_EQ(FieldCheckExample(Spec()).message(), "depth: 0 is not in [1, 1024]");
}

TEST(Examples, RandomStream) {
  const uint64_t seed = 1, epoch = 0, index = 3;
  bool flipped = false;
  const auto Flip = [&] { flipped = true; };
  // From base/random_stream.h:
  RandomStream stream(seed, "augment", epoch, index);
  if (stream.Uniform() < 0.5) Flip();
  EXPECT_EQ(flipped, RandomStream(1, "augment", 0, 3).Uniform() < 0.5);
}

TEST(Examples, LineChart) {
  // From base/draw/line_chart.h:
  std::string svg = LineChartSvg("Loss", "epoch", "loss",
                                 {{"MAE", {0, 1, 2}, {1.0, 0.6, 0.5}}});
  EXPECT_NE(svg.find("MAE"), std::string::npos);
}

TEST(Examples, ReadFile) {
  const std::string path = base::NewFolder("examples") + "/a.txt";
  base::WriteFile(path, "text\n");
  // From base/read_file.h:
  absl::StatusOr<std::string> bytes = ReadFile(path, int64_t{4} << 30);
  absl::StatusOr<std::vector<std::string>> lines = ReadLines("wnids.txt");
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(*bytes, "text\n");
  EXPECT_TRUE(absl::IsNotFound(lines.status()));
}

TEST(Examples, FilesThatAreNotThere) {
  const std::string text = "{}";
  // From base/replace_file.h:
  absl::Status status = ReplaceFile("run/results.json", {text});
  EXPECT_TRUE(absl::IsNotFound(status));
}

// Only compiled: the file does not exist.
size_t MappedFileExample() {
  // From base/mapped_file.h:
  absl::StatusOr<std::shared_ptr<const MappedFile>> file =
      MappedFile::Open("weights.safetensors");
  absl::string_view bytes = (*file)->bytes();
  return bytes.size();
}

TEST(Examples, MappedFile) { EXPECT_NE(&MappedFileExample, nullptr); }

}  // namespace
}  // namespace caldera::base
