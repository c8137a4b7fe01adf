#include "data/formats/files_besides.h"

#include <gtest/gtest.h>

namespace caldera::data {
namespace {

TEST(FilesBesides, CountsWhatIsNotRead) {
  const FolderListing listing{
      {"old", "train"}, {"a.png"}, {"readme.html", "train.bin", "words"}};
  const NotRead besides =
      FilesBesides("/set", listing, {"train.bin", "train", "test.bin"});
  EXPECT_EQ(besides.Text("/set"),
            "1 .html, 1 .png, 1 file without an ending (words), 1 folder "
            "(old)");
  EXPECT_TRUE(FilesBesides("/set", FolderListing(), {}).empty());
}

}  // namespace
}  // namespace caldera::data
