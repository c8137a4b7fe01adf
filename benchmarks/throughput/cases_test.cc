#include "benchmarks/throughput/cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ssl/objective/objective.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "vit/model/flop_counter.h"

namespace caldera::benchmarks {
namespace {

using testing::HasSubstr;

// The sizes of ssl::TinyBatch.
std::vector<std::string> Tiny() {
  return {
      "encoder={image_size: 8 patch_size: 2 channels: 1 embed_dim: 16 depth: 2 "
      "num_heads: 2}",
      "mae.decoder={embed_dim: 16 depth: 2 num_heads: 2}",
      "train.batch_size=6"};
}

TEST(Cases, Table3IsItsSetting) {
  const auto cases = MakeCases(Table3Specs(), "", {});
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_EQ(cases->size(), 4);
  std::vector<std::string> names;
  for (const Case& measured : *cases) {
    names.push_back(measured.name);
    const ssl::Experiment& experiment = measured.experiment;
    EXPECT_EQ(experiment.encoder().embed_dim(), 768);
    EXPECT_EQ(experiment.encoder().depth(), 12);
    EXPECT_EQ(experiment.encoder().patch_size(), 16);
    EXPECT_EQ(experiment.encoder().image_size(), 224);
    EXPECT_EQ(experiment.mae().mask_ratio(), 0.75);
    EXPECT_EQ(experiment.mae().decoder().embed_dim(), 512);
    EXPECT_EQ(experiment.mae().decoder().depth(), 8);
    EXPECT_EQ(experiment.train().batch_size(), 256);
    ASSERT_TRUE(measured.paper.has_value());
  }
  EXPECT_THAT(names, testing::ElementsAre("MAE", "M-MAE", "U-MAE", "MU-MAE"));
  EXPECT_EQ((*cases)[3].paper->images_per_second, 476);
  EXPECT_EQ((*cases)[3].paper->gigabytes, 28.1);
}

// The windows of all terms are open from the first step on, and each term has
// its weight.
TEST(Cases, EveryTermIsOn) {
  const auto cases = MakeCases(Table3Specs(), "", {});
  ASSERT_TRUE(cases.ok()) << cases.status();
  const ssl::RunLength run = {1000, 400000, 256};
  std::vector<std::vector<double>> weights;
  for (const Case& measured : *cases) {
    auto plan = ssl::ExperimentPlan::Make(measured.experiment);
    ASSERT_TRUE(plan.ok()) << plan.status();
    const ssl::Objective objective = plan->BuildObjective();
    weights.push_back(objective.Weights(0, run));
    EXPECT_EQ(weights.back(), objective.Weights(399999, run));
  }
  EXPECT_EQ(weights,
            (std::vector<std::vector<double>>{{}, {1}, {0.01}, {1, 0.01}}));
}

// Compares the formula of the table's FLOP with the dispatcher's operations.
TEST(Cases, Table3sFlopAreCounted) {
  const auto cases = MakeCases(Table3Specs(), "", Tiny());
  ASSERT_TRUE(cases.ok()) << cases.status();
  for (const Case& measured : *cases) {
    SCOPED_TRACE(measured.name);
    const ssl::TinyModel model(measured.experiment);
    const ssl::DeviceBatch batch = ssl::TinyBatch(measured.experiment, 6);
    vit::Cost cost;
    for (const ssl::ComponentCost& part :
         model.objective.Costs(*model.method, 6)) {
      cost += part.cost;
    }
    vit::FlopCounter counter;
    const at::Tensor total = model.Total(model.method->Step(batch, {0, 0}));
    total.backward();
    EXPECT_GT(cost.flop(), 0);
    EXPECT_EQ(cost.flop(), counter.flop());
  }
}

TEST(Cases, EachSpecWithEachValue) {
  const auto cases =
      MakeCases({"fashion_mnist/mae", "fashion_mnist/simclr"},
                "train.batch_size=32,64", {"train.precision=BF16"});
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_EQ(cases->size(), 4);
  EXPECT_EQ((*cases)[1].name, "fashion_mnist/mae");
  EXPECT_EQ((*cases)[1].value, "64");
  EXPECT_EQ((*cases)[1].experiment.train().batch_size(), 64);
  EXPECT_EQ((*cases)[2].name, "fashion_mnist/simclr");
  EXPECT_EQ((*cases)[2].value, "32");
  EXPECT_EQ((*cases)[2].experiment.train().precision(), ssl::TrainSpec::BF16);
  EXPECT_FALSE((*cases)[2].paper.has_value());
}

TEST(Cases, OtherSizesOfTheZoo) {
  const auto cases =
      MakeCases({"imagenet100/mae"}, "encoder.model=vit_small,vit_large", {});
  ASSERT_TRUE(cases.ok()) << cases.status();
  EXPECT_EQ((*cases)[0].experiment.encoder().embed_dim(), 384);
  EXPECT_EQ((*cases)[1].experiment.encoder().depth(), 24);
  EXPECT_EQ((*cases)[1].name, "MAE");
  EXPECT_FALSE((*cases)[1].paper.has_value());  // another model
}

TEST(Cases, RefusesWhatIsNone) {
  const auto message = [](const std::string& spec, const std::string& vary) {
    return std::string(MakeCases({spec}, vary, {}).status().message());
  };
  for (const char* vary :
       {"train.batch_size", "=3", "train.batch_size=", "="}) {
    EXPECT_THAT(message("fashion_mnist/mae", vary),
                HasSubstr("is not field=value,value"))
        << vary;
  }
  EXPECT_THAT(message("fashion_mnist/mae", "train.batch=3"),
              HasSubstr("unknown field \"batch\""));
  EXPECT_THAT(message("fashion_mnist/mea", ""), HasSubstr("fashion_mnist/mae"));
}

}  // namespace
}  // namespace caldera::benchmarks
