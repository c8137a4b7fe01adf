#include "eval/validate_eval_spec.h"

#include <limits>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(ValidateEvalSpecTest, DefaultsAreValid) {
  EXPECT_TRUE(Validate(EvalSpec()).ok());
  EXPECT_EQ(EvalSpec().feature(), EvalSpec::MEAN);
}

TEST(ValidateEvalSpecTest, NamesTheKThatIsTooSmall) {
  EvalSpec spec;
  spec.mutable_knn()->add_k(0);
  const absl::Status status = Validate(spec);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "knn.k[0]: 0 is not at least 1");
}

TEST(ValidateEvalSpecTest, NamesTheSecondTemperature) {
  for (const double bad : {0.0, -1.0, 0.001, kNan, kInf}) {
    EvalSpec spec;
    spec.mutable_knn()->add_temperature(0.07);
    spec.mutable_knn()->add_temperature(bad);
    const absl::Status status = Validate(spec);
    ASSERT_FALSE(status.ok()) << bad;
    EXPECT_EQ(status.message().find("knn.temperature[1]: "), 0)
        << status.message();
  }
}

TEST(ValidateEvalSpecTest, NamesTheLinearProbesFields) {
  EvalSpec spec;
  for (const double bad : {-1e-9, kNan, kInf}) {
    spec.mutable_linear()->set_l2(bad);
    EXPECT_EQ(Validate(spec).message().find("linear.l2: "), 0) << bad;
  }
  spec.mutable_linear()->set_l2(0);
  EXPECT_TRUE(Validate(spec).ok());
  for (const double bad : {0.0, 1.0, -1.0, kNan}) {
    spec.mutable_linear()->set_gradient_tolerance(bad);
    EXPECT_EQ(Validate(spec).message().find("linear.gradient_tolerance: "), 0);
  }
  spec.mutable_linear()->clear_gradient_tolerance();
  spec.mutable_linear()->set_max_iterations(0);
  EXPECT_EQ(Validate(spec).message(),
            "linear.max_iterations: 0 is not at least 1");
}

TEST(ValidateEvalSpecTest, NamesTheBatchSize) {
  EvalSpec spec;
  spec.set_batch_size(-3);
  EXPECT_EQ(Validate(spec).message(), "batch_size: -3 is not at least 1");
}

}  // namespace
}  // namespace caldera::eval
