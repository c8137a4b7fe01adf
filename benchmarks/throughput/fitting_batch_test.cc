#include "benchmarks/throughput/fitting_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/train/forecast/forecast.h"

namespace caldera::benchmarks {
namespace {

using testing::HasSubstr;

TEST(LargestBatch, ComesCloseFromBelow) {
  for (const int64_t limit : {1, 2, 3, 7, 31, 100, 1343, 4095}) {
    for (const int64_t unit : {1, 4}) {
      SCOPED_TRACE(limit);
      std::vector<int64_t> tried;
      const auto largest = LargestBatch(4096, unit, [&](int64_t batch) {
        tried.push_back(batch);
        EXPECT_EQ(batch % unit, 0);
        return absl::StatusOr<bool>(batch <= limit);
      });
      ASSERT_TRUE(largest.ok());
      EXPECT_LE(*largest, limit);
      EXPECT_GE(*largest, limit / unit * unit - limit / 16 - unit);
      EXPECT_LE(tried.size(), 20);
      if (limit >= unit) {
        EXPECT_GT(*largest, 0);
      }
    }
  }
}

TEST(LargestBatch, NoneFits) {
  const auto none = [](int64_t) { return absl::StatusOr<bool>(false); };
  EXPECT_EQ(*LargestBatch(64, 1, none), 0);
  EXPECT_EQ(*LargestBatch(1, 1, none), 0);
}

TEST(LargestBatch, AnErrorEndsIt) {
  const auto status =
      LargestBatch(64, 1, [](int64_t) {
        return absl::StatusOr<bool>(absl::InternalError("broken"));
      }).status();
  EXPECT_EQ(status.message(), "broken");
}

int64_t BytesOf(ssl::Experiment experiment, int64_t batch) {
  experiment.mutable_train()->set_batch_size(static_cast<int32_t>(batch));
  return ssl::ForecastFromSizes(experiment, at::kCPU, nullptr)->memory.total();
}

TEST(CheckItFits, NamesABatchThatDoes) {
  for (const char* method : {"mae", "mu_mae", "vicreg"}) {
    SCOPED_TRACE(method);
    ssl::Experiment experiment = ssl::TinyMethods().at(method);
    experiment.mutable_train()->set_batch_size(512);
    const int64_t available = BytesOf(experiment, 200);
    EXPECT_TRUE(CheckItFits(experiment, BytesOf(experiment, 512), 1).ok());
    const absl::Status status = CheckItFits(experiment, available, 1);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    const std::string text(status.message());
    EXPECT_THAT(text, HasSubstr("train.batch_size: 512 images do not fit"));
    const size_t flag = text.find("--batch=");
    ASSERT_NE(flag, std::string::npos) << text;
    int64_t batch = 0;
    ASSERT_TRUE(absl::SimpleAtoi(
        text.substr(flag + 8, text.find(' ', flag) - flag - 8), &batch));
    EXPECT_LE(BytesOf(experiment, batch), available);
    // MAE's memory is a straight line; that of pairs is below its chord.
    EXPECT_GE(batch, std::string(method) == "mae" ? 199 : 100);
  }
}

TEST(CheckItFits, SaysWhereNoBatchDoes) {
  const absl::Status status = CheckItFits(ssl::TinyMae(), 1000, 1);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no batch would fit, take a smaller model"));
}

}  // namespace
}  // namespace caldera::benchmarks
