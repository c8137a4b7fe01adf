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

TEST(RunNames, AreOneLineOfUtf8) {
  EXPECT_THAT(*RunNames({"/a/Gr\xF6/b\nc", "/a/Gr\xF7/b\nc"}),
              ElementsAre("Gr\\xF6/b\\nc", "Gr\\xF7/b\\nc"));
}

TEST(RunNames, TheSameFolderTwiceIsRefused) {
  EXPECT_EQ(RunNames({"a/b", "a/b/"}).status().message(),
            "--run: a/b/ is given twice");
}

TEST(WithoutFolders, KeepsTheEndsOfAbsolutePaths) {
  EXPECT_EQ(WithoutFolders("/home/me/data/imagenet"), "…/data/imagenet");
  EXPECT_EQ(WithoutFolders("dataset: \"/home/me/x/y\"\nsplit: \"train\""),
            "dataset: \"…/x/y\"\nsplit: \"train\"");
  EXPECT_EQ(WithoutFolders("a=/b/c/d e=(/f/g/h) i"), "a=…/c/d e=(…/g/h) i");
  EXPECT_EQ(WithoutFolders("fashion_mnist/mae, 1/2, a / b, /x, /x/y"),
            "fashion_mnist/mae, 1/2, a / b, /x, /x/y");
  EXPECT_EQ(WithoutFolders("a: \"/home/me/my data/x y\" b: \"/c/d \\\" /e/f\""),
            "a: \"…/my data/x y\" b: \"…/e/f\"");
  EXPECT_EQ(WithoutFolders("it's '/a/b/c/d e"), "it's '…/c/d e");
}

TEST(WithoutFolder, TakesATextForOnePath) {
  EXPECT_EQ(WithoutFolder("/home/me/my data/x, y"), "…/my data/x, y");
  EXPECT_EQ(WithoutFolder("/x/y"), "/x/y");
  EXPECT_EQ(WithoutFolder("a/b/c/d"), "a/b/c/d");
  EXPECT_EQ(WithoutFolder(""), "");
}

}  // namespace
}  // namespace caldera::ssl
