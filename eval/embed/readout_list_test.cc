#include "eval/embed/readout_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace caldera::eval {
namespace {

TEST(ReadoutList, NamesFeaturesAndBlocks) {
  const auto spec = ParseReadoutList("cls,mean@9,CLS@0");
  ASSERT_TRUE(spec.ok()) << spec.status();
  ASSERT_EQ(spec->readout_size(), 3);
  EXPECT_EQ(spec->readout(0).feature(), "CLS");
  EXPECT_FALSE(spec->readout(0).has_block());
  EXPECT_EQ(spec->readout(1).feature(), "MEAN");
  EXPECT_EQ(spec->readout(1).block(), 9);
  EXPECT_EQ(spec->readout(2).feature(), "CLS");
  EXPECT_TRUE(spec->readout(2).has_block());
}

TEST(ReadoutList, OtherEntriesAreRefused) {
  for (const std::string list :
       {"", "cls,", "@3", "cls@", "cls@x", "cls@1@2"}) {
    const auto spec = ParseReadoutList(list);
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument) << list;
    EXPECT_THAT(std::string(spec.status().message()),
                testing::HasSubstr("\" is not NAME or NAME@BLOCK"));
  }
}

}  // namespace
}  // namespace caldera::eval
