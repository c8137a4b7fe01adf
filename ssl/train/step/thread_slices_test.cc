#include "ssl/train/step/thread_slices.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "ssl/objective/tiny_methods_testing.h"

namespace caldera::ssl {
namespace {

// Loss and every gradient are as without slices, uneven slices included, with
// terms over the batch.
TEST(Shards, GiveTheGradientsOfTheWholeBatch) {
  for (const auto& [name, experiment] : TinyMethods()) {
    for (const int64_t b : {7, 2}) {
      const DeviceBatch batch = TinyBatch(experiment, b);
      const TinyModel whole(experiment);
      const StepOutput output = whole.method->Step(batch, {0, 3});
      const at::Tensor expected = whole.Total(output);
      expected.backward();
      for (const int count : {1, 2, 3}) {
        SCOPED_TRACE(name + ", " + std::to_string(count) + " slices of " +
                     std::to_string(b));
        const TinyModel sliced(experiment);
        ThreadSlices slices(sliced.method, count);
        const StepOutput joined = slices.Forward(batch, {0, 3});
        const at::Tensor total = sliced.Total(joined);
        total.backward();
        slices.Backward();
        EXPECT_NEAR(total.item<double>(), expected.item<double>(), 1e-9);
        EXPECT_TRUE(
            at::allclose(joined.embedding, output.embedding, 1e-9, 1e-12));
        const auto own = sliced.Parameters();
        for (const auto& [parameter, value] : whole.Parameters()) {
          ASSERT_TRUE(own.at(parameter).grad().defined()) << parameter;
          EXPECT_TRUE(
              at::allclose(own.at(parameter).grad(), value.grad(), 1e-7, 1e-9))
              << parameter;
        }
      }
    }
  }
}

// Only the requested context is joined, and it has the rows of the batch.
TEST(Shards, JoinWhatTheTermsRead) {
  for (const auto& [name, experiment] : TinyMethods()) {
    SCOPED_TRACE(name);
    const DeviceBatch batch = TinyBatch(experiment, 5);
    const TinyModel whole(experiment), sliced(experiment);
    ThreadSlices slices(sliced.method, 2);
    StepOutput expected = whole.method->Step(batch, {0, 3});
    StepOutput joined = slices.Forward(batch, {0, 3});
    const ContextRequest request = whole.objective.request();
    const auto a = RowTensors(expected.context, request);
    const auto b = RowTensors(joined.context, request);
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_TRUE(at::allclose(*a[i], *b[i], 1e-9, 1e-12)) << i;
    }
  }
}

TEST(Shards, TheSameCountGivesTheSameBits) {
  const Experiment experiment = TinyMethods().at("mu_mae");
  const DeviceBatch batch = TinyBatch(experiment, 9);
  std::map<std::string, at::Tensor> first;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const TinyModel model(experiment);
    ThreadSlices slices(model.method, 3);
    model.Total(slices.Forward(batch, {0, 0})).backward();
    slices.Backward();
    const auto parameters = model.Parameters();
    if (repeat == 0) first = parameters;
    for (const auto& [name, value] : parameters) {
      EXPECT_TRUE(value.grad().equal(first.at(name).grad())) << name;
    }
  }
}

// A method whose second slice fails.
class Throwing : public Method {
 public:
  explicit Throwing(std::shared_ptr<Method> inside)
      : Method({}), inside_(std::move(inside)) {}
  Draws Draw(const DeviceBatch& batch,
             const base::Streams& streams) const override {
    return inside_->Draw(batch, streams);
  }
  StepOutput Forward(const DeviceBatch& batch,
                     const base::Streams& streams) override {
    if (batch.index[0].item<int64_t>() > 0) throw std::runtime_error("shard");
    return inside_->Forward(batch, streams);
  }
  vit::Encoder& encoder() override { return inside_->encoder(); }
  vit::StateDict NamedState() const override { return {}; }

 private:
  std::shared_ptr<Method> inside_;
};

// Terms over the batch run between the passes of the slices, on all threads,
// also if a thread asks ATen for its number for the first time.
TEST(Shards, LeaveAllThreadsToOthers) {
  at::set_num_threads(3);
  const TinyModel model(TinyMethods().begin()->second);
  ThreadSlices slices(model.method, 3);
  EXPECT_EQ(at::get_num_threads(), 3);
  int in_new_thread = 0;
  std::thread([&] { in_new_thread = at::get_num_threads(); }).join();
  EXPECT_EQ(in_new_thread, 3);
}

TEST(Shards, AnExceptionInAThreadReachesTheCaller) {
  const Experiment experiment = TinyMae();
  const TinyModel model(experiment);
  ThreadSlices slices(std::make_shared<Throwing>(model.method), 2);
  EXPECT_THROW(slices.Forward(TinyBatch(experiment, 4), {0, 0}),
               std::runtime_error);
}

}  // namespace
}  // namespace caldera::ssl
