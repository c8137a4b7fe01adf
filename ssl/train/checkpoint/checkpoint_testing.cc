#include "ssl/train/checkpoint/checkpoint_testing.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace caldera::ssl {
namespace {

void ExpectSameState(const vit::StateDict& a, const vit::StateDict& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_EQ(b.count(name), 1) << name;
    EXPECT_EQ(tensor.scalar_type(), b.at(name).scalar_type()) << name;
    EXPECT_TRUE(tensor.equal(b.at(name))) << name;
  }
}

}  // namespace

Checkpoint MakeCheckpoint(int64_t step) {
  return {step,
          {{"w", at::randn({3, 4})},
           {"b", at::randn({2}, at::kDouble)},
           {"half", at::randn({5}).to(at::kBFloat16)},
           {"none", at::empty({0, 3})}},
          {{"exp_avg.w", at::randn({3, 4})},
           {"step.w", at::full({}, static_cast<double>(step), at::kFloat)}}};
}

void ExpectSame(const Checkpoint& a, const Checkpoint& b) {
  EXPECT_EQ(a.step, b.step);
  ExpectSameState(a.model, b.model);
  ExpectSameState(a.optimizer, b.optimizer);
}

std::string NewCheckpointFolder(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

}  // namespace caldera::ssl
