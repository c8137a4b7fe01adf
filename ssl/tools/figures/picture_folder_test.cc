#include "ssl/tools/figures/picture_folder.h"

#include "gtest/gtest.h"

namespace caldera::ssl {
namespace {

TEST(PictureFolder, JoinsTheLastThreeParts) {
  EXPECT_EQ(PictureFolder("runs/fashion_mnist/m_mae"),
            "runs_fashion_mnist_m_mae");
  EXPECT_EQ(PictureFolder("/home/me/runs/fashion_mnist/m_mae/"),
            "runs_fashion_mnist_m_mae");
  EXPECT_EQ(PictureFolder("mae.pth"), "mae_pth");
}

}  // namespace
}  // namespace caldera::ssl
