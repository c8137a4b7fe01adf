#include "ssl/train/monitor/metric_titles.h"

#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

TEST(MetricTitles, AreThoseOfTheKeyOrOfItsEnd) {
  ASSERT_NE(FindMetricTitle("online.knn_top1"), nullptr);
  EXPECT_STREQ(FindMetricTitle("online.knn_top1")->title,
               "k-NN during training");
  EXPECT_STREQ(FindMetricTitle("online.knn_top1")->unit, "top-1, %");
  ASSERT_NE(FindMetricTitle("magma/0_2/bandwidth"), nullptr);
  EXPECT_STREQ(FindMetricTitle("magma/0_2/bandwidth")->title,
               "Kernel bandwidth");
}

TEST(MetricTitles, ATermHasNone) {
  EXPECT_EQ(FindMetricTitle("reconstruction"), nullptr);
  EXPECT_EQ(FindMetricTitle(""), nullptr);
}

}  // namespace
}  // namespace caldera::ssl
