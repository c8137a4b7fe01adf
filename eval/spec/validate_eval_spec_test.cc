#include "eval/spec/validate_eval_spec.h"

#include <functional>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(ValidateEvalSpecTest, DefaultsAreValid) {
  EXPECT_TRUE(Validate(EvalSpec()).ok());
  EXPECT_EQ(EvalSpec().feature(), "MEAN");
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

TEST(ValidateEvalSpecTest, NamesTheHeadsFields) {
  const auto error = [](const std::function<void(HeadsSpec*)>& spoil) {
    EvalSpec spec;
    spec.mutable_linear()->set_recipe("MAE");
    EXPECT_TRUE(Validate(spec).ok());
    spoil(spec.mutable_linear()->mutable_heads());
    return std::string(Validate(spec).message());
  };
  EXPECT_EQ(error([](HeadsSpec* heads) {
              heads->add_base_lr(1);
              heads->add_base_lr(kNan);
            }),
            "linear.heads.base_lr[1]: nan is not at least 0");
  EXPECT_EQ(error([](HeadsSpec* heads) {
              heads->add_weight_decay(-1);
            }).find("linear.heads.weight_decay[0]: -1 "),
            0);
  EXPECT_EQ(error([](HeadsSpec* heads) { heads->set_momentum(1); }),
            "linear.heads.momentum: 1 is not in [0, 1)");
  EXPECT_EQ(error([](HeadsSpec* heads) { heads->set_epochs(10); }),
            "linear.heads.warmup_epochs: 10 is not below the 10 epochs");
  EXPECT_EQ(error([](HeadsSpec* heads) { heads->set_batch_size(1); }),
            "linear.heads.batch_size: 1 is not at least 2");
  EXPECT_EQ(error([](HeadsSpec* heads) {
              heads->mutable_augment()->set_horizontal_flip(2);
            }).find("linear.heads.augment.horizontal_flip: 2 "),
            0);
  EXPECT_EQ(error([](HeadsSpec* heads) {
              heads->mutable_augment()->mutable_random_erasing();
            }).find("linear.heads.augment.random_erasing: "),
            0);
  EXPECT_EQ(error([](HeadsSpec* heads) {
              for (int i = 0; i < 1001; ++i) heads->add_base_lr(i);
            }),
            "linear.heads.base_lr: 1001 is not at most 1000 heads; give fewer "
            "rates or decays");
  EvalSpec spec;
  spec.mutable_linear()->mutable_heads();
  EXPECT_EQ(Validate(spec).message(),
            "linear.heads: LBFGS trains no heads; set recipe to MAE or MAGMA");
}

TEST(ValidateEvalSpecTest, AttentionPoolingIsLearnedByGradientSteps) {
  EvalSpec spec;
  spec.mutable_linear()->mutable_attention_pooling()->set_hidden_dim(-1);
  EXPECT_EQ(Validate(spec).message(),
            "linear.attention_pooling: it is learned by gradient steps, which "
            "LBFGS does not take; set recipe to MAE or MAGMA");
  spec.mutable_linear()->set_recipe("MAGMA");
  EXPECT_EQ(Validate(spec).message(),
            "linear.attention_pooling.hidden_dim: -1 is not in [0, 65536]");
  spec.mutable_linear()->mutable_attention_pooling()->set_hidden_dim(8);
  EXPECT_TRUE(Validate(spec).ok());
}

TEST(ValidateEvalSpecTest, NamesTheNamesThatAreNotRegistered) {
  const auto error = [](const std::function<void(EvalSpec*)>& spoil) {
    EvalSpec spec;
    spoil(&spec);
    return std::string(Validate(spec).message());
  };
  const std::string unknown = " is not a registered part of this kind; did you";
  EXPECT_EQ(error([](EvalSpec* spec) { spec->set_feature("CSL"); }),
            "feature: \"CSL\"" + unknown + " mean \"CLS\"?");
  EXPECT_EQ(error([](EvalSpec* spec) {
              spec->add_readout();
              spec->add_readout()->set_feature("MEEN");
            }),
            "readout[1].feature: \"MEEN\"" + unknown + " mean \"MEAN\"?");
  EXPECT_EQ(error([](EvalSpec* spec) { spec->set_feature("QUADRANTS"); }),
            "feature: QUADRANTS needs all patches in their places; write "
            "readout { feature: QUADRANTS }");
  EXPECT_EQ(error([](EvalSpec* spec) {
              spec->add_readout()->set_feature("QUADRANTS");
            }),
            "");
  EXPECT_EQ(
      error([](EvalSpec* spec) { spec->mutable_linear()->set_recipe("MEA"); }),
      "linear.recipe: \"MEA\"" + unknown + " mean \"MAE\"?");
  const auto heads_error = [&](const std::function<void(HeadsSpec*)>& spoil) {
    return error([&](EvalSpec* spec) {
      spec->mutable_linear()->set_recipe("MAE");
      spoil(spec->mutable_linear()->mutable_heads());
    });
  };
  EXPECT_EQ(heads_error([](HeadsSpec* heads) { heads->set_optimizer("LASR"); }),
            "linear.heads.optimizer: \"LASR\"" + unknown + " mean \"LARS\"?");
  EXPECT_EQ(heads_error([](HeadsSpec* heads) { heads->set_decay("COSIN"); }),
            "linear.heads.decay: \"COSIN\"" + unknown + " mean \"COSINE\"?");
  EXPECT_EQ(heads_error([](HeadsSpec* heads) { heads->set_decay("STEP"); }),
            "linear.heads.decay: STEP needs steps, which a probe has not; use "
            "STEPS");
}

TEST(ValidateEvalSpecTest, NamesTheDiagnosticsFields) {
  EvalSpec spec;
  spec.mutable_diagnostics()->set_images(1);
  EXPECT_EQ(Validate(spec).message(),
            "diagnostics.images: 1 is not at least 2");
  spec.mutable_diagnostics()->set_images(2);
  spec.mutable_diagnostics()->set_graph_batch(0);
  EXPECT_EQ(Validate(spec).message(),
            "diagnostics.graph_batch: 0 is not at least 2");
}

TEST(ValidateEvalSpecTest, NamesTheWorkers) {
  EvalSpec spec;
  spec.set_workers(-1);
  EXPECT_EQ(Validate(spec).message(), "workers: -1 is not in [0, 256]");
}

TEST(ValidateEvalSpecTest, NamesTheBatchSize) {
  EvalSpec spec;
  spec.set_batch_size(-3);
  EXPECT_EQ(Validate(spec).message(), "batch_size: -3 is not at least 1");
}

}  // namespace
}  // namespace caldera::eval
