#include "vit/weights/pth_file.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "vit/weights/safetensors.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

std::string Data(const std::string& name) {
  return "vit/weights/testdata/" + name;
}

void ExpectSame(const std::map<std::string, at::Tensor>& a,
                const std::map<std::string, at::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_EQ(b.count(name), 1) << name;
    EXPECT_EQ(b.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(b.at(name), tensor)) << name;
  }
}

TEST(ReadPth, ReadsEveryDtypeAndViewAsPyTorchDoes) {
  const absl::StatusOr<Safetensors> expected =
      ReadSafetensors(Data("dtypes.safetensors"));
  ASSERT_EQ(expected.status(), absl::OkStatus());
  for (const std::string file : {"dtypes.pth", "dtypes_legacy.pth"}) {
    const absl::StatusOr<PthFile> read = ReadPth(Data(file));
    ASSERT_EQ(read.status(), absl::OkStatus());
    ExpectSame(read->tensors, expected->tensors);
    EXPECT_THAT(read->tensors.at("sliced").strides(), ElementsAre(6, 2));
    EXPECT_THAT(read->tensors.at("expanded").strides(), ElementsAre(0, 0));
  }
}

TEST(ReadPth, KeepsStoragesShared) {
  const absl::StatusOr<PthFile> read = ReadPth(Data("dtypes.pth"));
  ASSERT_EQ(read.status(), absl::OkStatus());
  const at::Tensor shared = read->tensors.at("shared");
  shared.fill_(7);
  EXPECT_TRUE(at::equal(read->tensors.at("transposed"), shared.t()));
  // The file is unchanged.
  EXPECT_FALSE(
      at::equal(ReadPth(Data("dtypes.pth"))->tensors.at("shared"), shared));
}

TEST(ReadPth, NamesThePathInErrors) {
  EXPECT_EQ(ReadPth("missing.pth").status(),
            absl::NotFoundError(
                "cannot open missing.pth: No such file or directory"));
  EXPECT_EQ(ReadPth(testing::TempDir()).status().code(),
            absl::StatusCode::kInvalidArgument);
  const std::string empty = testing::TempDir() + "/empty.pth";
  std::ofstream(empty) << "";
  EXPECT_EQ(
      ReadPth(empty).status(),
      absl::InvalidArgumentError(
          empty + ": it is not a file of torch.save: neither a zip archive "
                  "nor the stream of pickles that came before"));
}

TEST(WritePth, RoundTripsEveryDtypeAndLayout) {
  const absl::StatusOr<PthFile> source = ReadPth(Data("dtypes.pth"));
  ASSERT_EQ(source.status(), absl::OkStatus());
  std::map<std::string, at::Tensor> tensors = source->tensors;
  tensors["long"] = at::arange(100'000).view({10, 10'000}).t();
  tensors["gradient"] = at::full({2}, 3.0).requires_grad_();
  const std::string path = testing::TempDir() + "/all.pth";
  ASSERT_EQ(WritePth(path, tensors), absl::OkStatus());
  const absl::StatusOr<PthFile> again = ReadPth(path);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_EQ(again->container, "model");
  EXPECT_TRUE(again->ignored.empty());
  ExpectSame(again->tensors, tensors);
}

TEST(WritePth, RefusesWhatItCannotWrite) {
  const std::string path = testing::TempDir() + "/refused.pth";
  EXPECT_EQ(WritePth(path, {{"z", at::full({1}, 1, at::kComplexFloat)}}),
            absl::InvalidArgumentError(path +
                                       ": the type of \"z\" is not supported"));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(WritePth("no_such_folder/a.pth", {}).code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace caldera::vit
