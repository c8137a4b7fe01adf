#include "ssl/distributed/node_list.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(ExpandNodeList, Hosts) {
  EXPECT_THAT(ExpandNodeList("node-3"), ElementsAre("node-3"));
  EXPECT_THAT(ExpandNodeList("a,b-c.site"), ElementsAre("a", "b-c.site"));
  EXPECT_THAT(ExpandNodeList("gpu-node-[01-03,07],login1"),
              ElementsAre("gpu-node-01", "gpu-node-02", "gpu-node-03",
                          "gpu-node-07", "login1"));
  EXPECT_THAT(ExpandNodeList("n[8-11]"), ElementsAre("n8", "n9", "n10", "n11"));
  EXPECT_THAT(ExpandNodeList("n[098-101]"),
              ElementsAre("n098", "n099", "n100", "n101"));
  EXPECT_THAT(ExpandNodeList("n[3]-ib"), ElementsAre("n3-ib"));
}

TEST(ExpandNodeList, SeveralBrackets) {
  EXPECT_THAT(
      ExpandNodeList("rack[1-2]-n[01-02],x"),
      ElementsAre("rack1-n01", "rack1-n02", "rack2-n01", "rack2-n02", "x"));
  EXPECT_THAT(ExpandNodeList("rack[2,4]n[1-3].site")[0], "rack2n1.site");
}

TEST(ExpandNodeList, WhatCanBeRead) {
  EXPECT_THAT(ExpandNodeList(""), IsEmpty());
  EXPECT_THAT(ExpandNodeList("broken[1"), ElementsAre("broken1"));
  EXPECT_THAT(ExpandNodeList("a[x-y]"), ElementsAre("ax-y"));
  EXPECT_THAT(ExpandNodeList("a[9-1]"), IsEmpty());
  EXPECT_THAT(ExpandNodeList("a[1-99999999999]"), SizeIs(65536));
  EXPECT_THAT(ExpandNodeList("a[1-99999][1-99999][1-99999]"), SizeIs(65536));
}

TEST(NumberOfNode, CountsRepetitions) {
  EXPECT_EQ(NumberOfNode("4(x2),3", 0), 4);
  EXPECT_EQ(NumberOfNode("4(x2),3", 1), 4);
  EXPECT_EQ(NumberOfNode("4(x2),3", 2), 3);
  EXPECT_EQ(NumberOfNode("4(x2),3", 3), std::nullopt);
  EXPECT_EQ(NumberOfNode("2", 0), 2);
  EXPECT_EQ(NumberOfNode("two", 0), std::nullopt);
  EXPECT_EQ(NumberOfNode("2(xx)", 0), std::nullopt);
}

}  // namespace
}  // namespace caldera::ssl
