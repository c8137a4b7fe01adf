#include "ssl/train/monitor/online_head.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ssl/distributed/processes_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kRows = 12, kDim = 5, kClasses = 3;

// Row i belongs to class i mod 3, and every fifth is not labelled.
at::Tensor Labels() {
  const at::Tensor index = at::arange(kRows, at::kLong);
  return at::where(index.remainder(5) == 4, at::full({}, -1, at::kLong),
                   index.remainder(kClasses));
}

at::Tensor Rows(uint64_t seed) {
  at::manual_seed(seed);
  return at::randn({kRows, kDim});
}

// Returns the labelled rows normalised as by BatchNorm, in double.
at::Tensor Normalized(const at::Tensor& x, at::Tensor& mean, at::Tensor& var) {
  return at::batch_norm(x, {}, {}, mean, var, /*training=*/true,
                        /*momentum=*/0.1, /*eps=*/1e-6,
                        /*cudnn_enabled=*/false);
}

// Takes five steps of the textbook's AdamW on autograd's gradient, in double.
TEST(OnlineHead, LearnsAsAutogradAndAdamWouldHaveIt) {
  OnlineHead head(kDim, kClasses, {/*lr=*/0.1}, at::kCPU);
  at::Tensor weight = at::zeros({kClasses, kDim}, at::kDouble);
  at::Tensor bias = at::zeros({kClasses}, at::kDouble);
  at::Tensor mean = at::zeros({kDim}, at::kDouble);
  at::Tensor var = at::ones({kDim}, at::kDouble);
  const at::Tensor labelled = (Labels() >= 0).nonzero().view(-1);
  struct Moments {
    at::Tensor first, second;
  } moments[2] = {{at::zeros_like(weight), at::zeros_like(weight)},
                  {at::zeros_like(bias), at::zeros_like(bias)}};
  for (int step = 1; step <= 5; ++step) {
    const at::Tensor x = Rows(step);
    head.Learn(x, Labels());
    at::Tensor* parameters[2] = {&weight, &bias};
    for (at::Tensor* parameter : parameters) parameter->requires_grad_();
    const at::Tensor seen =
        Normalized(x.to(at::kDouble).index_select(0, labelled), mean, var);
    at::cross_entropy_loss(at::linear(seen, weight, bias),
                           Labels().index_select(0, labelled))
        .backward();
    for (int i = 0; i < 2; ++i) {
      const at::Tensor g = parameters[i]->grad();
      Moments& m = moments[i];
      m.first = 0.9 * m.first + 0.1 * g;
      m.second = 0.999 * m.second + 0.001 * g * g;
      const at::Tensor direction =
          m.first / (1 - std::pow(0.9, step)) /
          ((m.second / (1 - std::pow(0.999, step))).sqrt() + 1e-8);
      *parameters[i] = parameters[i]->detach() - 0.1 * direction;
    }
    const vit::StateDict state = head.State();
    EXPECT_TRUE(
        at::allclose(state.at("weight").to(at::kDouble), weight, 1e-4, 1e-5));
    EXPECT_TRUE(
        at::allclose(state.at("bias").to(at::kDouble), bias, 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(state.at("running_mean").to(at::kDouble), mean,
                             1e-5, 1e-6));
    EXPECT_TRUE(
        at::allclose(state.at("running_var").to(at::kDouble), var, 1e-5, 1e-6));
  }
}

TEST(OnlineHead, ABatchWithoutLabelsTeachesNothing) {
  OnlineHead head(kDim, kClasses, {}, at::kCPU);
  head.Learn(Rows(1), at::full({kRows}, -1, at::kLong));
  EXPECT_EQ(head.State().at("weight").abs().max().item<float>(), 0);
  EXPECT_EQ(head.State().at("running_mean").abs().max().item<float>(), 0);
  EXPECT_EQ(head.State().at("running_var").min().item<float>(), 1);
}

TEST(OnlineHead, MeasuresWhatItLearned) {
  OnlineHead head(kDim, kClasses, {/*lr=*/0.1}, at::kCPU);
  const at::Tensor labels = at::arange(kRows, at::kLong).remainder(kClasses);
  const at::Tensor x = at::one_hot(labels, kDim).to(at::kFloat);
  const OnlineHead::Accuracy before = head.Measure(x, labels);
  EXPECT_NEAR(before.loss, std::log(3.0), 1e-6);
  for (int i = 0; i < 50; ++i) head.Learn(x, labels);
  const OnlineHead::Accuracy after = head.Measure(x, labels);
  EXPECT_EQ(after.top1, 100);
  EXPECT_LT(after.loss, 0.1);
  // A quarter of the labels move to another class.
  EXPECT_EQ(head.Measure(x, at::where(at::arange(kRows) < 3,
                                      (labels + 1).remainder(kClasses), labels))
                .top1,
            75);
}

// Features look like means of tokens: nearly all of them is common to all.
TEST(OnlineHead, SeesSmallDifferencesBesideWhatIsCommon) {
  OnlineHead head(kDim, kClasses, {/*lr=*/0.1}, at::kCPU);
  const at::Tensor labels = at::arange(kRows, at::kLong).remainder(kClasses);
  const at::Tensor x = 3 + at::one_hot(labels, kDim).to(at::kFloat) * 1e-2;
  for (int i = 0; i < 100; ++i) head.Learn(x, labels);
  EXPECT_EQ(head.Measure(x, labels).top1, 100);
  EXPECT_LT(head.Measure(x, labels).loss, 0.1);
}

// Distributes rows unevenly among the processes, labelled and not.
TEST(OnlineHead, ProcessesLearnTheHeadOfTheWholeBatch) {
  RunProcesses(2, [](const Processes& all) {
    OnlineHead alone(kDim, kClasses, {}, at::kCPU);
    OnlineHead shared(kDim, kClasses, {1e-3, &all}, at::kCPU);
    for (int step = 0; step < 5; ++step) {
      const at::Tensor x = Rows(step), labels = Labels();
      alone.Learn(x, labels);
      const int64_t half = kRows / 2, begin = all.rank() * half;
      shared.Learn(x.narrow(0, begin, half), labels.narrow(0, begin, half));
    }
    for (const auto& [name, tensor] : alone.State()) {
      const at::Tensor mine = shared.State().at(name).detach();
      EXPECT_TRUE(at::allclose(mine, tensor, 1e-4, 1e-6)) << name;
      const at::Tensor both = all.Gather(mine.reshape({1, -1}));
      EXPECT_TRUE(both[0].equal(both[1])) << name;
    }
  });
}

}  // namespace
}  // namespace caldera::ssl
