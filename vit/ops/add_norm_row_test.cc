// Runs the kernel's lanes as threads of this machine and compares them with
// ATen's layer norm.
#include "vit/ops/add_norm_row.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

// Sums over 32 threads, all of which wait for each other.
class Warp {
 public:
  float Sum(int lane, float value) {
    std::unique_lock<std::mutex> lock(mutex_);
    given_[lane] = value;
    const int64_t round = round_;
    if (++arrived_ == kLanes) {
      sum_ = 0;
      for (const float v : given_) sum_ += v;
      arrived_ = 0;
      ++round_;
      all_here_.notify_all();
    }
    all_here_.wait(lock, [&] { return round_ != round; });
    return sum_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  std::array<float, kLanes> given_ = {};
  int arrived_ = 0;
  int64_t round_ = 0;
  float sum_ = 0;
};

struct ThreadLanes {
  int index() const { return lane; }
  float Sum(float value) const { return warp->Sum(lane, value); }
  int lane;
  Warp* warp;
};

void OnEveryLane(const std::function<void(const ThreadLanes&)>& work) {
  Warp warp;
  std::vector<std::thread> threads;
  for (int lane = 0; lane < kLanes; ++lane) {
    threads.emplace_back([&work, &warp, lane] {
      work(ThreadLanes{lane, &warp});
    });
  }
  for (std::thread& thread : threads) thread.join();
}

constexpr int kPairs = 4;  // of a lane: up to 256 numbers
constexpr int64_t kRows = 3;
constexpr double kEps = 1e-6;

class AddNormRowTest : public testing::TestWithParam<int64_t> {
 protected:
  const int64_t dim_ = GetParam();
  const at::Tensor x_ = (3 * Normal({kRows, dim_}, 0) + 5).to(at::kFloat);
  const at::Tensor branch_ = Normal({kRows, dim_}, 1).to(at::kBFloat16);
  const at::Tensor gain_ = (1 + 0.1 * Normal({dim_}, 2)).to(at::kFloat);
  const at::Tensor shift_ = Normal({dim_}, 3).to(at::kFloat);
  const at::Tensor grad_normed_ = Normal({kRows, dim_}, 4).to(at::kBFloat16);
  const at::Tensor grad_sum_ = Normal({kRows, dim_}, 5).to(at::kFloat);
};

// bfloat16 has 8 bits: the number nearest to the exact value is within 2^-8 of
// it.
void ExpectRounded(const at::Tensor& found, const at::Tensor& exact) {
  ASSERT_EQ(found.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(found.to(at::kDouble).allclose(exact, 1.01 / 256, 1e-5));
}

TEST_P(AddNormRowTest, ForwardIsATensLayerNorm) {
  for (const bool with_branch : {true, false}) {
    SCOPED_TRACE(with_branch);
    const at::Tensor exact_sum =
        with_branch ? x_.to(at::kDouble) + branch_ : x_.to(at::kDouble);
    const auto [normed, mean, rstd] = at::native_layer_norm(
        exact_sum, {dim_}, gain_.to(at::kDouble), shift_.to(at::kDouble), kEps);
    at::Tensor sum = at::zeros_like(x_), out = at::zeros_like(branch_);
    at::Tensor mean_out = at::zeros({kRows}), rstd_out = at::zeros({kRows});
    AddNormForwardArguments a;
    a.x = x_.const_data_ptr<float>();
    a.branch = with_branch ? branch_.const_data_ptr<c10::BFloat16>() : nullptr;
    a.gain = gain_.const_data_ptr<float>();
    a.shift = shift_.const_data_ptr<float>();
    a.sum = with_branch ? sum.mutable_data_ptr<float>() : nullptr;
    a.normed = out.mutable_data_ptr<c10::BFloat16>();
    a.mean = mean_out.mutable_data_ptr<float>();
    a.rstd = rstd_out.mutable_data_ptr<float>();
    a.rows = kRows;
    a.dim = dim_;
    a.eps = kEps;
    OnEveryLane([&](const ThreadLanes& lanes) {
      for (int64_t row = 0; row < kRows; ++row) {
        AddNormRow<kPairs>(a, row, lanes);
      }
    });
    if (with_branch) {
      EXPECT_TRUE(sum.equal(x_ + branch_));
    }
    ExpectRounded(out, normed);
    EXPECT_TRUE(mean_out.to(at::kDouble).allclose(mean.view(-1), 1e-6));
    EXPECT_TRUE(rstd_out.to(at::kDouble).allclose(rstd.view(-1), 1e-5));
  }
}

TEST_P(AddNormRowTest, BackwardIsATensGradient) {
  const at::Tensor exact = x_.to(at::kDouble);
  const auto [normed, mean, rstd] = at::native_layer_norm(
      exact, {dim_}, gain_.to(at::kDouble), shift_.to(at::kDouble), kEps);
  const auto [dx, dgain, dshift] = at::native_layer_norm_backward(
      grad_normed_.to(at::kDouble), exact, {dim_}, mean, rstd,
      gain_.to(at::kDouble), shift_.to(at::kDouble), {true, true, true});
  const at::Tensor mean_in = mean.to(at::kFloat), rstd_in = rstd.to(at::kFloat);
  for (const bool with_sum : {true, false}) {
    for (const bool with_branch : {true, false}) {
      SCOPED_TRACE(testing::Message() << with_sum << with_branch);
      at::Tensor grad_x = at::zeros_like(x_);
      at::Tensor grad_branch = at::zeros_like(branch_);
      at::Tensor gain = at::zeros_like(gain_), shift = at::zeros_like(shift_);
      AddNormBackwardArguments a;
      a.grad_normed = grad_normed_.const_data_ptr<c10::BFloat16>();
      a.grad_sum = with_sum ? grad_sum_.const_data_ptr<float>() : nullptr;
      a.sum = x_.const_data_ptr<float>();
      a.mean = mean_in.const_data_ptr<float>();
      a.rstd = rstd_in.const_data_ptr<float>();
      a.gain = gain_.const_data_ptr<float>();
      a.grad_x = grad_x.mutable_data_ptr<float>();
      a.grad_branch =
          with_branch ? grad_branch.mutable_data_ptr<c10::BFloat16>() : nullptr;
      a.rows = kRows;
      a.dim = dim_;
      float* const gain_out = gain.mutable_data_ptr<float>();
      float* const shift_out = shift.mutable_data_ptr<float>();
      OnEveryLane([&](const ThreadLanes& lanes) {
        float of_gain[2 * kPairs] = {}, of_shift[2 * kPairs] = {};
        for (int64_t row = 0; row < kRows; ++row) {
          AddNormBackwardRow<kPairs>(a, row, lanes, of_gain, of_shift);
        }
        ForEachPair<kPairs>(lanes.index(), dim_, [&](int k, int column) {
          for (int i = 0; i < 2; ++i) {
            gain_out[column + i] += of_gain[2 * k + i];
            shift_out[column + i] += of_shift[2 * k + i];
          }
        });
      });
      const at::Tensor expected = with_sum ? dx + grad_sum_ : dx;
      EXPECT_TRUE(grad_x.to(at::kDouble).allclose(expected, 1e-5, 1e-5));
      if (with_branch) ExpectRounded(grad_branch, expected);
      EXPECT_TRUE(gain.to(at::kDouble).allclose(dgain, 1e-5, 1e-5));
      EXPECT_TRUE(shift.to(at::kDouble).allclose(dshift, 1e-5, 1e-5));
    }
  }
}

// The widths hold less than a pair for each lane, one pair, one more in some
// lanes, and as many as a lane can hold.
INSTANTIATE_TEST_SUITE_P(Dims, AddNormRowTest,
                         testing::Values(2, 16, 64, 66, 192, 256));

}  // namespace
}  // namespace caldera::vit
