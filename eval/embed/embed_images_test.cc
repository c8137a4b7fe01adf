#include "eval/embed/embed_images.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "eval/embed/appended_file.h"
#include "eval/embed/row_table.h"
#include "eval/features/features.h"
#include "eval/features/labelled_images_testing.h"
#include "eval/features/tiny_encoder_testing.h"
#include "vit/weights/safetensors.h"

namespace caldera::eval {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int64_t kImages = 50;

std::vector<Readout> ClsAndMean() {
  return {Readout{"cls", {1}, true}, Readout{"mean", {0}, false}};
}

EmbedRequest Request(const std::string& out) {
  EmbedRequest request;
  request.out = out;
  request.readouts = ClsAndMean();
  request.batch_size = 8;
  request.record_every_seconds = 0;
  return request;
}

// A set whose reading fails like a disk, or a kill, at an image.
std::shared_ptr<LabelledImages> EndsAt(int64_t image) {
  auto images = std::make_shared<LabelledImages>(kImages);
  images->bad_image = image;
  return images;
}

EmbedResult MustEmbed(const std::shared_ptr<const data::Dataset>& images,
                      const EmbedRequest& request) {
  const auto result = EmbedImages(*TinyEncoder(1), images, request);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : EmbedResult();
}

std::string Refusal(const std::shared_ptr<const data::Dataset>& images,
                    const EmbedRequest& request, uint64_t seed = 1) {
  const auto result = EmbedImages(*TinyEncoder(seed), images, request);
  EXPECT_FALSE(result.ok());
  return std::string(result.status().message());
}

// The rows are those of the extraction that keeps everything in memory.
TEST(EmbedImages, WritesTheFeaturesOfEachReadoutSideBySide) {
  const auto images = std::make_shared<LabelledImages>(kImages);
  images->unlabelled_every = 5;
  const std::string folder = base::NewFolder("both");
  const EmbedResult result =
      MustEmbed(images, Request(folder + "/f.safetensors"));
  EXPECT_EQ(result.rows, kImages);
  EXPECT_EQ(result.row, std::vector<int64_t>{32});
  EXPECT_EQ(result.resumed, 0);
  const auto file = vit::ReadSafetensors(folder + "/f.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  ExtractOptions options;
  options.batch_size = 8;
  const auto slow =
      ExtractReadouts(*TinyEncoder(1), images, ClsAndMean(), options);
  ASSERT_TRUE(slow.ok()) << slow.status();
  EXPECT_TRUE(
      at::equal(file->tensors.at("features"),
                at::cat({(*slow)[0].features, (*slow)[1].features}, 1)));
  EXPECT_TRUE(at::equal(file->tensors.at("labels"), (*slow)[0].labels));
  EXPECT_EQ(file->metadata.at("caldera.embed.dtype"), "float32");

  const auto table = RowTable::Open(result.table);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(result.table, folder + "/f.rows.csv");
  ASSERT_EQ(table->size(), kImages);
  EXPECT_EQ(table->Row(7)->image, 7);
  EXPECT_EQ(table->Row(7)->path, "train");
  EXPECT_EQ(table->Row(7)->key, "7");
  EXPECT_EQ(table->Row(7)->label, 3);
  EXPECT_EQ(table->Row(9)->label, -1);
}

TEST(EmbedImages, TakesPatchTokens) {
  const auto images = std::make_shared<LabelledImages>(10);
  const std::string out = base::NewFolder("patches") + "/f.npy";
  EmbedRequest request = Request(out);
  request.readouts = AllPatchesOf(ClsAndMean());
  request.half = true;
  EXPECT_EQ(MustEmbed(images, request).row, (std::vector<int64_t>{4, 32}));
  EXPECT_EQ(fs::file_size(out), 128 + 10 * 4 * 32 * 2);
}

// Wherever it ends, the files are those of a call that was not ended.
TEST(EmbedImages, GoesOnWhereItWas) {
  for (const std::string ending : {"npy", "csv", "safetensors"}) {
    const std::string folder = base::NewFolder("whole_" + ending);
    const std::string whole = folder + "/f." + ending;
    MustEmbed(EndsAt(-1), Request(whole));
    for (const int64_t end : {0, 7, 8, 30, 49}) {
      const std::string other =
          base::NewFolder(absl::StrCat("ended_", ending, end));
      const std::string out = other + "/f." + ending;
      EmbedRequest request = Request(out);
      EXPECT_THAT(Refusal(EndsAt(end), request),
                  HasSubstr(absl::StrCat("bars, image ", end, ": ")));
      EXPECT_FALSE(fs::exists(out));
      // Half a batch that was not recorded.
      {
        auto file = AppendedFile::Open(out + ".part");
        ASSERT_TRUE(file.ok()) << file.status();
        ASSERT_TRUE((*file)->Append("half a row").ok());
      }
      const EmbedResult result = MustEmbed(EndsAt(-1), request);
      EXPECT_EQ(result.resumed, end / 8 * 8);
      EXPECT_EQ(result.rows, kImages);
      EXPECT_EQ(base::FileText(out), base::FileText(whole));
      if (ending != "csv") {
        EXPECT_EQ(base::FileText(other + "/f.rows.csv"),
                  base::FileText(folder + "/f.rows.csv"));
      }
      EXPECT_FALSE(fs::exists(out + ".part"));
      EXPECT_FALSE(fs::exists(other + "/f.rows.csv.part"));
      // Once more has nothing to do.
      EXPECT_EQ(MustEmbed(EndsAt(0), request).resumed, kImages);
    }
  }
}

// The same where it ends between the last rows and the names of the files.
TEST(EmbedImages, FinishesWhatOnlyLacksItsNames) {
  const std::string out = base::NewFolder("names") + "/f.safetensors";
  const EmbedResult result = MustEmbed(EndsAt(-1), Request(out));
  const std::string whole = base::FileText(out);
  fs::rename(out, out + ".part");
  EXPECT_EQ(MustEmbed(EndsAt(-1), Request(out)).rows, kImages);
  EXPECT_EQ(base::FileText(out), whole);
  fs::rename(out, out + ".part");
  fs::rename(result.table, result.table + ".part");
  MustEmbed(EndsAt(-1), Request(out));
  EXPECT_EQ(base::FileText(out), whole);
  EXPECT_TRUE(fs::exists(result.table));
  fs::remove(out);
  EXPECT_THAT(Refusal(EndsAt(-1), Request(out)),
              HasSubstr(out + ": is gone, but "));
}

TEST(EmbedImages, LeavesOutWhatCannotBeRead) {
  const auto images = std::make_shared<LabelledImages>(kImages);
  images->bad_every = 4;
  const std::string out = base::NewFolder("skipped") + "/f.safetensors";
  EmbedRequest request = Request(out);
  request.bad_images = std::make_shared<data::BadImages>();
  const EmbedResult result = MustEmbed(images, request);
  EXPECT_EQ(result.images, kImages);
  EXPECT_EQ(result.rows, 38);
  const auto file = vit::ReadSafetensors(out);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tensors.at("features").size(0), 38);
  EXPECT_TRUE(at::equal(file->tensors.at("index").slice(0, 0, 5),
                        at::tensor({0, 1, 2, 4, 5}, at::kLong)));
  EXPECT_EQ(RowTable::Open(result.table)->Row(3)->image, 4);

  images->bad_every = 1;
  request.out = base::NewFolder("none") + "/f.npy";
  request.bad_images = std::make_shared<data::BadImages>();
  EXPECT_THAT(Refusal(images, request),
              HasSubstr("bars: none of the 50 images can be read"));
}

TEST(EmbedImages, PartsAreTheWholeInOrder) {
  const std::string folder = base::NewFolder("parts");
  EmbedRequest request = Request(folder + "/whole.npy");
  MustEmbed(EndsAt(-1), request);
  std::string rows;
  for (int64_t part = 0; part < 3; ++part) {
    request.part = part;
    request.parts = 3;
    request.out = PartName(folder + "/f.npy", part, 3);
    MustEmbed(EndsAt(-1), request);
    const std::string name = absl::StrCat(folder, "/f.", part, "-of-3");
    rows += base::FileText(name + ".npy").substr(128);
    EXPECT_EQ(RowTable::Open(name + ".rows.csv")->Row(0)->image,
              part * kImages / 3);
  }
  const std::string whole = base::FileText(folder + "/whole.npy").substr(128);
  ASSERT_EQ(rows.size(), whole.size());
  const auto numbers = [](std::string& bytes) {
    return at::from_blob(bytes.data(), {static_cast<int64_t>(bytes.size()) / 4},
                         at::kFloat);
  };
  std::string copy = whole;
  // Other batches round differently.
  EXPECT_TRUE(at::allclose(numbers(rows), numbers(copy), 1e-4, 1e-5));
  EXPECT_THAT(Refusal(std::make_shared<LabelledImages>(2),
                      [&] {
                        request.part = 0;
                        return request;
                      }()),
              HasSubstr("part 0 of 3 has none of the 2 images of bars"));
}

TEST(EmbedImages, AnotherCallIsRefused) {
  const std::string out = base::NewFolder("another") + "/f.npy";
  EmbedRequest request = Request(out);
  Refusal(EndsAt(30), request);
  EXPECT_THAT(Refusal(EndsAt(-1), request, /*seed=*/2),
              HasSubstr("weights is"));
  EXPECT_THAT(Refusal(std::make_shared<LabelledImages>(kImages + 1), request),
              HasSubstr("images is 50 there and 51 here; go on with the same "
                        "flags"));
  request.half = true;
  EXPECT_THAT(Refusal(EndsAt(-1), request),
              HasSubstr(out + ".json: belongs to another call: dtype is "
                              "\"float32\" there and \"float16\" here"));
  request.half = false;
  {
    const auto other = AppendedFile::Open(out + ".part");
    EXPECT_THAT(Refusal(EndsAt(-1), request),
                HasSubstr("another process is writing this file"));
  }
  // A larger batch is no other call.
  request.batch_size = 13;
  EXPECT_EQ(MustEmbed(EndsAt(-1), request).resumed, 24);
}

TEST(EmbedImages, FilesOfOthersStay) {
  const std::string out = base::NewFolder("others") + "/f.npy";
  base::WriteFile(out, "mine");
  EXPECT_THAT(Refusal(EndsAt(-1), Request(out)),
              HasSubstr(out + ": exists, and there is no " + out + ".json"));
  EXPECT_EQ(base::FileText(out), "mine");
}

TEST(EmbedImages, WhatWasWrittenMustBeThere) {
  const std::string out = base::NewFolder("shorter") + "/f.npy";
  Refusal(EndsAt(30), Request(out));
  fs::resize_file(out + ".part", 200);
  EXPECT_THAT(Refusal(EndsAt(-1), Request(out)),
              HasSubstr("f.npy.part: has 200 bytes of the "));
}

}  // namespace
}  // namespace caldera::eval
