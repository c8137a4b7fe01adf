// A seam whose parts stand beside each other (part.h).
#include <gtest/gtest.h>

#include "base/part.h"
#include "base/parts_testing.pb.h"

namespace caldera::base {
namespace {

TEST(MergeSpec, KeepsThePartsOfASeamThatTakesMany) {
  for (const char* name : {"square", "circle"}) {
    AddPartDoc({{name}, testing::DrawingSpec::descriptor(), nullptr, {}});
  }
  testing::DrawingSpec parent, child;
  parent.mutable_square()->set_side(3);
  parent.mutable_square()->set_times(4);
  parent.add_custom()->set_name("first");
  child.mutable_circle()->add_radius(0.5);
  child.mutable_square()->set_side(5);
  child.add_custom()->set_name("second");
  MergeSpec(child, &parent);
  EXPECT_EQ(parent.square().side(), 5);
  EXPECT_EQ(parent.square().times(), 4);
  EXPECT_EQ(parent.circle().radius(0), 0.5);
  ASSERT_EQ(parent.custom_size(), 2);
  EXPECT_EQ(parent.custom(1).name(), "second");
}

}  // namespace
}  // namespace caldera::base
