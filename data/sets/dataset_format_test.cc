// Registers the example of docs/adding-a-dataset.md beside the formats that
// there are, and formats that test the registry.
#include "data/sets/dataset_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file_testing.h"
#include "base/part.h"
#include "data/sets/dataset_format_testing.h"
#include "data/sets/known_datasets.h"
#include "data/sets/open_dataset.h"

namespace caldera::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

DatasetFormat Named(const std::string& name, int rank) {
  DatasetFormat format;
  format.name = name;
  format.title = name;
  format.rank = rank;
  format.recognise = [name](const std::string&, const FolderListing& listing) {
    return HasAny(listing.others, {name + ".first_bytes", "both.first_bytes"});
  };
  format.open = [](const std::string& folder, Split, DatasetInfo,
                   const DataSpec&) -> OpenedDataset {
    return absl::UnimplementedError(folder + ": opened");
  };
  return format;
}

// This one alone is asked to shuffle; its default is no request.
DatasetFormat Shuffled() {
  DatasetFormat format = Named("a_later", 16);
  format.own_fields = {{"shuffle_buffer", "is for a_later only"}};
  return format;
}

const bool kLater = RegisterDatasetFormat(Shuffled());
const bool kSecond = RegisterDatasetFormat(Named("c_second", 15));
const bool kFirst = RegisterDatasetFormat(Named("b_first", 15));

std::string WriteStrip(const std::string& name, const std::string& header,
                       int count) {
  const std::string folder = base::NewFolder(name);
  std::string bytes = header;
  for (char i = 0; i < count; ++i) bytes += std::string{i, '\x10', i, 'a', 'b'};
  base::WriteFile(folder + "/train.strip", bytes);
  return folder;
}

TEST(DatasetFormat, TheExampleIsOpened) {
  const std::string folder = WriteStrip("strips", "strip 2 2\n", 5);
  ExpectOpens(folder, {/*size=*/5, /*num_classes=*/10, "A", 0.25});
  DataSpec spec;
  spec.set_dataset(folder);
  spec.add_option("skip=2");
  const OpenedDataset set = OpenDataset(spec);
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ((*set)->size(), 3);
  EXPECT_EQ((*set)->Label(1), 3);
  EXPECT_EQ((*(*set)->Image(1))[0][0][1].item<int>(), 3);
  EXPECT_EQ((*(*set)->Image(1))[0][1][1].item<int>(), 'b');
}

TEST(DatasetFormat, TheExampleIsFoundByItsName) {
  const std::string root = base::NewFolder("known");
  setenv("CALDERA_DATA", root.c_str(), 1);
  EXPECT_THAT(
      std::string(OpenDataset("letters", Split::kTrain).status().message()),
      StartsWith("letters: is not in " + root +
                 " ($CALDERA_DATA); get "
                 "letters.tar.gz (1000 bytes, "));
  std::filesystem::rename(WriteStrip("named", "strip 2 2\n", 3),
                          root + "/letters-strips");
  const OpenedDataset set = OpenDataset("letters", Split::kTrain);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->info().name, "letters");
  EXPECT_EQ(KnownDatasets().back().name, "letters");
  unsetenv("CALDERA_DATA");
}

TEST(DatasetFormat, TheExampleRefusesBadFilesAndOptions) {
  DataSpec spec;
  const auto refusal = [&](const std::string& folder) {
    spec.set_dataset(folder);
    return std::string(OpenDataset(spec).status().message());
  };
  const std::string bad = WriteStrip("bad", "strip 2 x\n", 1);
  EXPECT_THAT(refusal(bad), StartsWith(bad + "/train.strip: does not begin"));
  const std::string cut = WriteStrip("cut", "strip 3 3\n", 1);
  EXPECT_THAT(refusal(cut),
              HasSubstr("5 bytes of images, expected a multiple"));
  const std::string labels = WriteStrip("labels", "strip 2 2\n", 12);
  EXPECT_THAT(refusal(labels), HasSubstr("label 10 is 10, expected 0 to 9"));
  spec.set_split("unlabeled");
  EXPECT_THAT(refusal(labels), StartsWith(labels + ": has no split unlabeled"));
  spec.clear_split();

  const std::string good = WriteStrip("good", "strip 2 2\n", 2);
  spec.add_option("skip=-1");
  EXPECT_EQ(refusal(good), "option[0]: skip=-1 is not in [0, 1000000]");
  spec.set_option(0, "skp=1");
  EXPECT_EQ(refusal(good),
            "option[0]: strips has no option \"skp\"; did you mean \"skip\"?");
  spec.set_option(0, "skip=2");
  EXPECT_THAT(refusal(good), HasSubstr("of more than 2 images"));
}

TEST(DatasetFormat, TheExampleIsThatOfTheDocument) {
  EXPECT_THAT(base::FileText("docs/adding-a-dataset.md"),
              HasSubstr("```cpp\n" +
                        base::FileText("data/sets/example/strips.cc") + "```"));
}

TEST(DatasetFormat, TheRankAndThenTheNameDecide) {
  const std::string folder = base::NewFolder("rank");
  base::WriteFile(folder + "/both.first_bytes", "");
  EXPECT_EQ((*RecognizeFormat(folder))->name, "b_first");
  const auto& formats = DatasetFormats();
  EXPECT_TRUE(std::is_sorted(
      formats.begin(), formats.end(),
      [](const auto& a, const auto& b) { return a.rank < b.rank; }));
}

TEST(DatasetFormat, AFieldOfAnotherFormatIsRefused) {
  const std::string folder = base::NewFolder("foreign");
  base::WriteFile(folder + "/c_second.first_bytes", "");
  DataSpec spec;
  spec.set_dataset(folder);
  spec.set_shuffle_buffer(100);
  EXPECT_EQ(OpenDataset(spec).status().message(),
            "shuffle_buffer: 100 is for a_later only, and " + folder +
                " holds c_second; leave the field out");
  spec.set_shuffle_buffer(8192);  // as a resolved spec has it
  EXPECT_EQ(OpenDataset(spec).status().message(), folder + ": opened");
}

TEST(DatasetFormat, ExplainListsThemAndTheirOptions) {
  std::vector<std::string> names;
  for (const base::PartDoc& part : base::RegisteredParts()) {
    if (part.seam != DataSpec::descriptor()) continue;
    names.push_back(part.info.name);
    if (part.info.name != "strips") continue;
    ASSERT_EQ(part.options.size(), 1);
    EXPECT_EQ(part.options[0].name, "skip");
    EXPECT_EQ(part.options[0].default_value, "0");
    EXPECT_EQ(part.options[0].range, "[0, 1000000]");
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"cifar10", "cifar100", "idx",
                                            "image_folder", "stl10", "strips",
                                            "tar_shards", "tiny_imagenet"}));
}

}  // namespace
}  // namespace caldera::data
