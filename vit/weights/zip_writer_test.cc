#include "vit/weights/zip_writer.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "vit/weights/zip_archive.h"

namespace caldera::vit {
namespace {

TEST(ZipWriter, IsReadAgainAtAlignedPlaces) {
  ZipWriter zip;
  const std::string large(1000, 'x');
  zip.Add("a/x", "12345");
  zip.Add("a/empty", "");
  zip.Add("a/a name that is longer", "1");
  zip.Add("a/large", large);
  ASSERT_TRUE(zip.Finish());
  const std::string bytes = absl::StrJoin(zip.pieces(), "");
  const absl::StatusOr<ZipArchive> again = ZipArchive::Parse(bytes, "x.zip");
  ASSERT_EQ(again.status(), absl::OkStatus());
  ASSERT_EQ(again->entries().size(), 4);
  EXPECT_EQ(*again->Read("a/x"), "12345");
  EXPECT_EQ(*again->Read("a/empty"), "");
  EXPECT_EQ(*again->Read("a/a name that is longer"), "1");
  EXPECT_EQ(*again->Read("a/large"), large);
  for (const auto& [name, entry] : again->entries()) {
    EXPECT_EQ((entry.data.data() - bytes.data()) % 64, 0) << name;
  }
}

TEST(ZipWriter, RefusesMoreEntriesThanItsFormatCounts) {
  ZipWriter zip;
  for (int i = 0; i < 65'536; ++i) zip.Add(absl::StrCat(i), "");
  EXPECT_FALSE(zip.Finish());
}

}  // namespace
}  // namespace caldera::vit
