#include "eval/embed/readout_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace caldera::eval {
namespace {

TEST(ReadoutList, NamesFeaturesAndBlocks) {
  const auto spec = ParseReadoutList("cls,mean@9,CLS@0,mean@7+9");
  ASSERT_TRUE(spec.ok()) << spec.status();
  ASSERT_EQ(spec->readout_size(), 4);
  EXPECT_EQ(spec->readout(0).feature(), "CLS");
  EXPECT_EQ(spec->readout(0).block_size(), 0);
  EXPECT_EQ(spec->readout(1).feature(), "MEAN");
  EXPECT_THAT(spec->readout(1).block(), testing::ElementsAre(9));
  EXPECT_EQ(spec->readout(2).feature(), "CLS");
  EXPECT_THAT(spec->readout(2).block(), testing::ElementsAre(0));
  EXPECT_THAT(spec->readout(3).block(), testing::ElementsAre(7, 9));
}

TEST(ReadoutList, OtherEntriesAreRefused) {
  for (const std::string list :
       {"", "cls,", "@3", "cls@", "cls@x", "cls@1@2", "cls@1+", "cls@+"}) {
    const auto spec = ParseReadoutList(list);
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument) << list;
    EXPECT_THAT(
        std::string(spec.status().message()),
        testing::HasSubstr("\" is not NAME, NAME@BLOCK or NAME@BLOCK+BLOCK"));
  }
}

}  // namespace
}  // namespace caldera::eval
