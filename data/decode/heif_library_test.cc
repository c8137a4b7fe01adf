#include "data/decode/heif_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(HeifLibrary, WithoutItTheErrorNamesThePackage) {
  const auto heif = OpenHeifLibrary("libheif_that_nobody_has.so.1");
  EXPECT_EQ(heif.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(
      std::string(heif.status().message()),
      AllOf(StartsWith("needs a library that cannot be opened (libheif_that"),
            HasSubstr("install the package libheif1")));
  EXPECT_EQ(MissingHeifPackage(heif, heif::kHevc), "libheif1");
  EXPECT_EQ(MissingHeifPackage(heif, heif::kAv1), "libheif1");
}

TEST(HeifLibrary, AnotherLibraryIsRefused) {
  const auto heif = OpenHeifLibrary("libc.so.6");
  EXPECT_EQ(heif.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(heif.status().message()),
              StartsWith("needs libheif 1.11 or later: libc.so.6 has no "
                         "heif_get_version_number; install "));
}

TEST(HeifLibrary, ALibraryWithoutACodecNamesItsPackage) {
  HeifLibrary heif = {};
  heif.have_decoder_for_format = [](int compression) {
    return compression == heif::kAv1 ? 1 : 0;
  };
  EXPECT_EQ(MissingHeifPackage(heif, heif::kAv1), "");
  EXPECT_EQ(MissingHeifPackage(heif, heif::kHevc), "libheif-plugin-libde265");
}

TEST(HeifLibrary, IsOpenedOnce) { EXPECT_EQ(&SystemHeif(), &SystemHeif()); }

}  // namespace
}  // namespace caldera::data
