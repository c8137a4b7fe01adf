#include "ssl/tools/report/run_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

using testing::ElementsAre;

TEST(RunNames, LastPartsThatTellApart) {
  EXPECT_THAT(*RunNames({"/a/b/runs/cifar10/mae/"}),
              ElementsAre("cifar10/mae"));
  EXPECT_THAT(*RunNames({"mae"}), ElementsAre("mae"));
  EXPECT_THAT(*RunNames({"/a/mae/seed_0", "/a/m_mae/seed_0"}),
              ElementsAre("mae/seed_0", "m_mae/seed_0"));
  EXPECT_THAT(*RunNames({"/a/one/mae/seed_0", "/a/two/./mae/seed_0"}),
              ElementsAre("one/mae/seed_0", "two/mae/seed_0"));
  EXPECT_THAT(*RunNames({"mae/seed_0", "a/mae/seed_0"}),
              ElementsAre("mae/seed_0", "a/mae/seed_0"));
}

TEST(RunNames, TheSameFolderTwiceIsRefused) {
  EXPECT_EQ(RunNames({"a/b", "a/b/"}).status().message(),
            "--run_dir: a/b/ is given twice");
}

TEST(WithoutFolders, KeepsTheEndsOfAbsolutePaths) {
  EXPECT_EQ(WithoutFolders("/home/me/data/imagenet"), "…/data/imagenet");
  EXPECT_EQ(WithoutFolders("dataset: \"/home/me/x/y\"\nsplit: \"train\""),
            "dataset: \"…/x/y\"\nsplit: \"train\"");
  EXPECT_EQ(WithoutFolders("a=/b/c/d e=(/f/g/h) i"), "a=…/c/d e=(…/g/h) i");
  EXPECT_EQ(WithoutFolders("fashion_mnist/mae, 1/2, a / b, /x, /x/y"),
            "fashion_mnist/mae, 1/2, a / b, /x, /x/y");
}

}  // namespace
}  // namespace caldera::ssl
