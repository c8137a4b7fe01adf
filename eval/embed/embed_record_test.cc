#include "eval/embed/embed_record.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file_testing.h"
#include "eval/features/tiny_encoder_testing.h"

namespace caldera::eval {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(EmbedRecord, IsReadAsItWasWritten) {
  const std::string path = base::NewFolder("record") + "/a.npy.json";
  const auto none = ReadRecord(path);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->has_value());
  EmbedRecord record;
  record.call = {{"dtype", "float32"}, {"readout", {"cls", "mean"}}};
  record.from = {{"checkpoint", "a"}};
  record.images = 7;
  record.rows = 6;
  record.feature_bytes = 100;
  record.row_bytes = 50;
  record.last = "cat/7.jpg";
  record.complete = true;
  ASSERT_TRUE(WriteRecord(path, record).ok());
  const auto read = ReadRecord(path);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_TRUE(read->has_value());
  EXPECT_EQ((*read)->call, record.call);
  EXPECT_EQ((*read)->from, record.from);
  EXPECT_EQ((*read)->images, 7);
  EXPECT_EQ((*read)->rows, 6);
  EXPECT_EQ((*read)->feature_bytes, 100);
  EXPECT_EQ((*read)->row_bytes, 50);
  EXPECT_EQ((*read)->last, "cat/7.jpg");
  EXPECT_TRUE((*read)->complete);
}

TEST(EmbedRecord, AnotherFileIsRefused) {
  const std::string path = base::NewFolder("no_record") + "/a.npy.json";
  for (const char* text : {"", "{", "[]", "{}",
                           "{\"call\": {}, \"from\": 3, "
                           "\"images\": \"many\"}"}) {
    base::WriteFile(path, text);
    const auto read = ReadRecord(path);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_THAT(std::string(read.status().message()),
                HasSubstr(path + ": is no record of //:embed"));
  }
}

TEST(DifferenceOf, NamesTheFields) {
  const json a = {{"dtype", "float32"}, {"readout", {"cls"}}, {"images", 3}};
  EXPECT_EQ(DifferenceOf(a, a), "");
  json b = a;
  b["dtype"] = "float16";
  b.erase("images");
  EXPECT_EQ(
      DifferenceOf(a, b),
      "dtype is \"float32\" there and \"float16\" here, images is 3 there "
      "and null here");
}

TEST(WeightsDigest, DependsOnEveryNumber) {
  const auto encoder = TinyEncoder(1);
  const std::string digest = WeightsDigest(*encoder);
  EXPECT_EQ(digest.size(), 16);
  EXPECT_EQ(WeightsDigest(*TinyEncoder(1)), digest);
  EXPECT_NE(WeightsDigest(*TinyEncoder(2)), digest);
  const at::NoGradGuard no_grad;
  encoder->named_parameters()["norm.bias"][15] = 1;
  EXPECT_NE(WeightsDigest(*encoder), digest);
}

}  // namespace
}  // namespace caldera::eval
