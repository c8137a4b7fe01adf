// Compares the cost of a step that the methods report with the operations that
// it runs.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "ssl/objective/objective.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "vit/model/flop_counter.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kBatch = 6;

std::map<std::string, Experiment> Cases() {
  std::map<std::string, Experiment> cases = TinyMethods();
  const auto add = [&](const std::string& name, const std::string& text) {
    cases[name] = TinyExperiment(
        "mae { decoder { embed_dim: 8 depth: 2 num_heads: 2 } } " + text);
    return &cases[name];
  };
  add("whole decoder", "")
      ->mutable_mae()
      ->mutable_decoder()
      ->set_masked_only(false);
  add("cross decoder",
      "mae { mask_ratio: 0.5 decoder { kind: CROSS_ATTENTION } }");
  add("linear decoder", "mae { decoder { kind: LINEAR } }");
  for (const char* laplacian : {"SYMMETRIC", "UNNORMALIZED", "RANDOM_WALK"}) {
    const std::string magma =
        std::string("regularizer { magma { laplacian: ") + laplacian;
    add(laplacian, magma + " } }");
    add(std::string(laplacian) + " detached",
        magma + " detach_reference: true } }");
    add(std::string(laplacian) + " observed",
        magma + " } observe_only: true }");
  }
  add("two pairs",
      "encoder { depth: 3 } regularizer { magma { "
      "pair { reference: 0 target: 1 } pair { reference: 0 target: 2 } } }");
  add("observed uniformity",
      "auxiliary { uniformity {} weight { constant: 0 } }");
  return cases;
}

TEST(StepCost, IsWhatEveryMethodComputes) {
  for (const auto& [name, experiment] : Cases()) {
    SCOPED_TRACE(name);
    const TinyModel model(experiment);
    const DeviceBatch batch = TinyBatch(experiment, kBatch);
    vit::Cost sum;
    for (const ComponentCost& part :
         model.objective.Costs(*model.method, kBatch)) {
      sum += part.cost;
    }
    vit::FlopCounter counter;
    const at::Tensor total = model.Total(model.method->Step(batch, {0, 0}));
    EXPECT_EQ(sum.forward_flop, counter.flop());
    counter.Reset();
    total.backward();
    EXPECT_EQ(sum.backward_flop, counter.flop());
  }
}

// Twice the images are twice the work, except in terms over pairs of images.
TEST(StepCost, GrowsWithTheBatch) {
  const TinyModel model(TinyMethods().at("mu_mae"));
  const auto one = model.objective.Costs(*model.method, 8);
  const auto two = model.objective.Costs(*model.method, 16);
  ASSERT_EQ(one.size(), 4);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(two[i].component, one[i].component);
    EXPECT_EQ(two[i].cost.forward_flop,
              one[i].cost.forward_flop * (i < 2 ? 2 : 4))
        << one[i].component;
  }
}

}  // namespace
}  // namespace caldera::ssl
