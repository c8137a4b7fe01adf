#include "data/formats/not_read.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "data/decode/decode_options.h"
#include "data/decode/image_format.h"
#include "data/decode/pixel_decoder.h"

namespace caldera::data {
namespace {

TEST(NotReadTest, TextCountsByKindTheMostFrequentFirst) {
  NotRead not_read;
  EXPECT_EQ(not_read.Text(), "");
  not_read.Add(".mov", "/d/a.mov");
  not_read.Add("empty folder", "/d/cat/old");
  for (int i = 0; i < 14; ++i) {
    not_read.Add(".txt", absl::StrCat("/d/", i, ".txt"));
  }
  EXPECT_EQ(not_read.Text("/d"), "14 .txt, 1 .mov, 1 empty folder (cat/old)");
}

TEST(NotReadTest, SeveralThingsTakeAnS) {
  NotRead not_read;
  for (int i = 0; i < 3; ++i) {
    not_read.Add("empty folder", absl::StrCat(i));
    not_read.Add("file without an ending", absl::StrCat(i));
    not_read.Add("folder without images", absl::StrCat(i));
    not_read.Add("hard link to nothing", absl::StrCat(i));
  }
  EXPECT_EQ(not_read.Text(),
            "3 empty folders, 3 files without an ending, "
            "3 folders without images, 3 hard links to nothing");
}

TEST(NotReadTest, KeepsTheFirstPathsAndCountsAll) {
  NotRead not_read, other;
  for (int i = 0; i < 2 * NotRead::kKept; ++i) {
    not_read.Add(".txt", absl::StrCat(i));
  }
  other.Add(".txt", "last");
  other.Add(".mov", "film");
  not_read.Add(other);
  EXPECT_EQ(not_read.kinds().at(".txt").count, 2 * NotRead::kKept + 1);
  EXPECT_EQ(not_read.kinds().at(".txt").paths.size(), NotRead::kKept);
  EXPECT_EQ(not_read.kinds().at(".mov").paths.at(0), "film");
  not_read.Add(".mov", {1000000, {"two"}});
  EXPECT_EQ(not_read.kinds().at(".mov").count, 1000001);
  EXPECT_EQ(not_read.kinds().at(".mov").paths.at(1), "two");
}

TEST(KindOfFileTest, IsTheEndingInLowerCase) {
  EXPECT_EQ(KindOfFile("a.TXT"), ".txt");
  EXPECT_EQ(KindOfFile("a.tar.gz"), ".gz");
  EXPECT_EQ(KindOfFile("README"), "file without an ending");
  EXPECT_EQ(KindOfFile("Dr. Who and friends"), "file without an ending");
  EXPECT_EQ(KindOfFile("name."), "file without an ending");
}

const bool kNeedy = RegisterImageFormat(
    {"Needy", "A format whose library is missing.", /*rank=*/1,
     /*signatures=*/{"needy"}, /*endings=*/{".needy"},
     [](absl::string_view, const DecodeOptions&) {
       return absl::StatusOr<std::unique_ptr<PixelDecoder>>(
           absl::InvalidArgumentError("not read"));
     },
     /*missing_package=*/[] { return std::string("libneedy1"); }});

TEST(KindOfFileTest, NamesThePackageThatAnImageNeeds) {
  NotRead not_read;
  for (const char* name : {"a.NEEDY", "b.needy"}) {
    not_read.Add(KindOfFile(name), name);
  }
  EXPECT_EQ(not_read.Text(), "2 .needy (install libneedy1 to read them)");
}

}  // namespace
}  // namespace caldera::data
