#include "ssl/train/shards.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "ssl/experiment.pb.h"
#include "ssl/methods/masked_autoencoder.h"
#include "ssl/methods/tiny_mae_testing.h"
#include "ssl/train/objective.h"

namespace caldera::ssl {
namespace {

Experiment Tiny() {
  Experiment experiment = TinyMae();
  experiment.mutable_regularizer()->mutable_magma();
  AuxiliaryLossSpec& uniformity = *experiment.add_auxiliary();
  uniformity.mutable_uniformity();
  uniformity.mutable_weight()->set_constant(0.5);
  return experiment;
}

struct Fixture {
  Fixture() : objective(*Objective::Create(Tiny())) {
    method = std::make_shared<MaskedAutoencoder>(Tiny().mae(), Tiny().encoder(),
                                                 objective.taps(), /*seed=*/1);
    method->to(at::kDouble);
  }
  at::Tensor Total(const StepOutput& output) const {
    return objective.Combine(output, 0, RunLength{}, false).total;
  }
  Objective objective;
  std::shared_ptr<MaskedAutoencoder> method;
};

DeviceBatch Batch(int64_t b) {
  return {{at::randn({b, 1, 8, 8}, at::kDouble)}, {}, at::arange(b, at::kLong)};
}

// Loss and every gradient as without shards, uneven ones included, with terms
// that see the whole batch.
TEST(Shards, GiveTheGradientsOfTheWholeBatch) {
  for (const int64_t b : {8, 7, 2}) {
    const DeviceBatch batch = Batch(b);
    Fixture whole;
    const at::Tensor expected = whole.Total(whole.method->Step(batch, {0, 3}));
    expected.backward();
    for (const int count : {1, 2, 3}) {
      Fixture sharded;
      Shards shards(sharded.method, count);
      const OneThread one_thread;
      const at::Tensor total = sharded.Total(shards.Forward(batch, {0, 3}));
      total.backward();
      shards.Backward();
      EXPECT_NEAR(total.item<double>(), expected.item<double>(), 1e-12);
      const auto a = sharded.method->named_parameters();
      for (const auto& item : whole.method->named_parameters()) {
        EXPECT_TRUE(at::allclose(a[item.key()].grad(), item.value().grad(),
                                 1e-9, 1e-12))
            << item.key() << " in " << count << " shards of " << b;
      }
    }
  }
}

TEST(Shards, TheSameCountGivesTheSameBits) {
  const DeviceBatch batch = Batch(9);
  std::vector<at::Tensor> first;
  for (int repeat = 0; repeat < 5; ++repeat) {
    Fixture fixture;
    Shards shards(fixture.method, 3);
    const OneThread one_thread;
    fixture.Total(shards.Forward(batch, {0, 0})).backward();
    shards.Backward();
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& p : fixture.method->parameters()) {
      gradients.push_back(p.grad());
    }
    if (repeat == 0) first = gradients;
    for (size_t i = 0; i < first.size(); ++i) {
      EXPECT_TRUE(gradients[i].equal(first[i]));
    }
  }
}

class Throwing : public MaskedAutoencoder {
 public:
  using MaskedAutoencoder::MaskedAutoencoder;
  StepOutput Step(const DeviceBatch& batch,
                  const data::Streams& streams) override {
    if (batch.index[0].item<int64_t>() > 0) throw std::runtime_error("shard");
    return MaskedAutoencoder::Step(batch, streams);
  }
};

TEST(Shards, AnExceptionInAThreadReachesTheCaller) {
  auto method = std::make_shared<Throwing>(Tiny().mae(), Tiny().encoder(),
                                           std::vector<int64_t>{}, 1);
  method->to(at::kDouble);
  Shards shards(method, 2);
  EXPECT_THROW(shards.Forward(Batch(4), {0, 0}), std::runtime_error);
}

}  // namespace
}  // namespace caldera::ssl
