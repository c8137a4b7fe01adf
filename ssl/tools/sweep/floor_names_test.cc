#include "ssl/tools/sweep/floor_names.h"

#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(FloorNames, OneForEachFloorWhoeverAsks) {
  FloorNames names;
  EXPECT_EQ(names.Of("random", "transformer", "mae"), "random");
  EXPECT_EQ(names.Of("random", "transformer", "m_mae"), "random");
  EXPECT_EQ(names.Of("random", "crate", "crate_mae"), "random of crate_mae");
  EXPECT_EQ(names.Of("random", "crate", "m_crate_mae"), "random of crate_mae");
  EXPECT_EQ(names.Of("random", "no positions", "mp3"), "random of mp3");
  EXPECT_EQ(names.Of("random", "transformer", "mp3"), "random");
}

TEST(FloorNames, OtherFloorsFromTheSameImages) {
  FloorNames names;
  EXPECT_EQ(names.Of("random", "28 px", "mae"), "random");
  EXPECT_EQ(names.Of("pixels", "28 px", "mae"), "pixels");
}

}  // namespace
}  // namespace caldera::ssl
