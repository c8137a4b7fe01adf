#include "eval/embed/stored_features.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file_testing.h"
#include "eval/embed/appended_file.h"
#include "eval/embed/feature_file.h"
#include "vit/weights/safetensors.h"

namespace caldera::eval {
namespace {

using testing::HasSubstr;

std::string NpyOf(const at::Tensor& features, bool half) {
  const std::string path = base::NewFolder("stored") + "/a.npy";
  FeatureLayout layout;
  layout.row = features.sizes().slice(1).vec();
  layout.half = half;
  const auto format = MakeFeatureFormat(FeatureKind::kNpy, layout);
  const auto file = AppendedFile::Open(path);
  EXPECT_TRUE((*file)->Append(format->Begin()).ok());
  EXPECT_TRUE((*file)->Append(format->Rows(features, {}, 0)).ok());
  EXPECT_TRUE(format->Finish(features.size(0), nullptr, **file).ok());
  return path;
}

TEST(StoredFeatures, AreThoseThatWereWritten) {
  const at::Tensor features = at::arange(24, at::kFloat).view({4, 6}) / 8;
  for (const bool half : {false, true}) {
    for (const at::Tensor& some : {features, features.view({4, 3, 2})}) {
      const auto read = StoredFeatures(NpyOf(some, half));
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_TRUE(at::equal(*read, some.to(half ? at::kHalf : at::kFloat)));
    }
  }
  const std::string path = base::NewFolder("tensors") + "/a.safetensors";
  vit::Safetensors file;
  file.tensors["features"] = features;
  ASSERT_TRUE(vit::WriteSafetensors(path, file).ok());
  const auto read = StoredFeatures(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(at::equal(*read, features));
}

std::string Refusal(const std::string& path) {
  const auto read = StoredFeatures(path);
  EXPECT_FALSE(read.ok());
  return std::string(read.status().message());
}

TEST(StoredFeatures, OtherFilesAreRefused) {
  const std::string good =
      base::FileText(NpyOf(at::arange(24, at::kFloat).view({4, 6}), false));
  const std::string path = base::NewFolder("other") + "/a.npy";
  const auto refusal = [&](const std::string& bytes) {
    base::WriteFile(path, bytes);
    return Refusal(path);
  };
  EXPECT_THAT(refusal(good.substr(0, 100)), HasSubstr("has another head"));
  EXPECT_THAT(refusal(good.substr(0, 200)),
              HasSubstr("has 72 bytes of rows, its shape needs 96"));
  std::string other = good;
  other.replace(other.find("<f4"), 3, "<f8");
  EXPECT_THAT(refusal(other), HasSubstr(path + ": has another head"));
  other = good;
  other.replace(other.find("(4, 6)"), 6, "(-, 6)");
  EXPECT_THAT(refusal(other), HasSubstr("its shape cannot be read"));
  EXPECT_THAT(Refusal("a.csv"), HasSubstr("is a table of text"));
  const std::string tensors = base::NewFolder("empty") + "/a.safetensors";
  ASSERT_TRUE(vit::WriteSafetensors(tensors, {}).ok());
  EXPECT_THAT(Refusal(tensors), HasSubstr("has no tensor `features`"));
}

}  // namespace
}  // namespace caldera::eval
