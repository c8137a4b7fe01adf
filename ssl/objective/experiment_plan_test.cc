#include "ssl/objective/experiment_plan.h"

#include <ATen/ops/mse_loss.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "ssl/losses/reconstruction_loss.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/targets/target.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/patch_embedding.h"

namespace caldera::ssl {
namespace {

// How often each part was made ("mask") and built ("decoder built").
std::map<std::string, int>& Counts() {
  static auto& counts = *new std::map<std::string, int>();
  return counts;
}

// Keeps the first patches.
class CountedMask : public MaskSampler {
 public:
  CountedMask() { ++Counts()["mask"]; }
  Mask Sample(const MaskRequest& request) const override {
    const int64_t n = request.grid.size();
    return MaskFromNoise(
        at::arange(n, at::kDouble).expand({request.index.size(0), n}),
        NumKept(n, request.ratio));
  }
};
const bool kMask = MaskSamplerPart::Register<base::NoOptions>(
    {"counted_mask", ""},
    [](const base::NoOptions&) { return std::make_unique<CountedMask>(); });

class CountedTarget : public Target {
 public:
  explicit CountedTarget(const vit::EncoderSpec& encoder)
      : patch_(encoder.patch_size()) {
    ++Counts()["target"];
  }
  int64_t dim() const override { return patch_ * patch_; }
  void Build(uint64_t /*seed*/) override { ++Counts()["target built"]; }
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* /*teacher*/) const override {
    return {vit::Patchify(images, patch_), {}};
  }

 private:
  int64_t patch_;
};
const bool kTarget = TargetPart::Register<base::NoOptions>(
    {"counted_target", ""},
    [](const base::NoOptions&, const TargetOptions& options) {
      return std::make_unique<CountedTarget>(options.encoder);
    });

class CountedLoss : public ReconstructionLoss {
 public:
  CountedLoss() { ++Counts()["loss"]; }
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override {
    return MeanOverPatches((prediction - target).square().mean(2), weight);
  }
};
const bool kLoss = ReconstructionLossPart::Register<base::NoOptions>(
    {"counted_loss", ""}, [](const base::NoOptions&, const vit::EncoderSpec&) {
      return std::make_unique<CountedLoss>();
    });

class CountedTerm : public AuxiliaryLoss {
 public:
  CountedTerm() { ++Counts()["term"]; }
  std::string name() const override { return "counted_term"; }
  ContextRequest request() const override {
    ContextRequest request;
    request.latent = true;
    return request;
  }
  void Build(uint64_t /*seed*/, const magma::Exchange& /*exchange*/) override {
    ++Counts()["term built"];
  }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    return {context.latent.square().mean(), {}, {}};
  }
};
const bool kTerm = AuxiliaryLossPart::Register<base::NoOptions>(
    {"counted_term", ""}, [](const base::NoOptions&, const ModelSizes&) {
      return std::make_unique<CountedTerm>();
    });

// The linear decoder, counted.
class CountedDecoder : public vit::DecoderPlan {
 public:
  explicit CountedDecoder(const vit::DecoderSpec& spec) : DecoderPlan(spec) {
    ++Counts()["decoder"];
    vit::DecoderSpec linear = spec;
    linear.clear_custom();
    linear.set_kind("LINEAR");
    auto plan = vit::PlanDecoder(linear);
    CHECK(plan.ok()) << plan.status();
    linear_ = *std::move(plan);
  }
  vit::Cost CostOf(const vit::DecoderSizes& sizes,
                   int64_t num_visible) const override {
    return linear_->CostOf(sizes, num_visible);
  }
  std::shared_ptr<vit::Decoder> Build(
      const vit::DecoderSizes& sizes) const override {
    ++Counts()["decoder built"];
    return linear_->Build(sizes);
  }

 private:
  std::unique_ptr<vit::DecoderPlan> linear_;
};
const bool kDecoder = vit::DecoderPart::Register<base::NoOptions>(
    {"counted_decoder", ""},
    [](const base::NoOptions&, const vit::DecoderSpec& spec) {
      return std::make_unique<CountedDecoder>(spec);
    });

constexpr char kCounted[] =
    "mae { masking { custom { name: 'counted_mask' } } target { custom { name: "
    "'counted_target' } } loss { custom { name: 'counted_loss' } } decoder { "
    "custom { name: 'counted_decoder' } } } auxiliary { custom { name: "
    "'counted_term' } }";

TEST(ExperimentPlan, MakesAndBuildsEachPartOnce) {
  const Experiment experiment = TinyExperiment(kCounted);
  Counts().clear();
  auto plan = ExperimentPlan::Make(experiment);
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::map<std::string, int> expected = {
      {"decoder", 1}, {"loss", 1}, {"mask", 1}, {"target", 1}, {"term", 1}};
  EXPECT_EQ(Counts(), expected) << "a plan builds nothing";
  const Objective objective = plan->BuildObjective();
  const auto method = plan->BuildMethod();
  ASSERT_TRUE(method.ok()) << method.status();
  for (const char* built : {"decoder built", "target built", "term built"}) {
    expected[built] = 1;
  }
  EXPECT_EQ(Counts(), expected);
  (*method)->to(at::kDouble);
  const StepOutput out = (*method)->Step(TinyBatch(experiment, 4), {0, 0});
  EXPECT_TRUE(objective.Combine(out, 0, RunLength{}, false)
                  .total.isfinite()
                  .item<bool>());
}

// Counts how often a file is opened.
class Opens {
 public:
  explicit Opens(const std::string& path)
      : watcher_(inotify_init1(IN_NONBLOCK)) {
    CHECK_GE(inotify_add_watch(watcher_, path.c_str(), IN_OPEN), 0) << path;
  }
  ~Opens() { close(watcher_); }

  // Returns the number since the last call.
  int Count() {
    std::array<char, 4096> events;
    int count = 0;
    for (;;) {
      const ssize_t bytes = read(watcher_, events.data(), events.size());
      if (bytes <= 0) return count;
      // Without a name each event has the same size.
      count += static_cast<int>(bytes / sizeof(inotify_event));
    }
  }

 private:
  int watcher_;
};

// Counts the bytes that LibTorch allocates on the CPU.
class CountingAllocator : public c10::Allocator {
 public:
  CountingAllocator() : base_(c10::GetCPUAllocator()) {
    c10::SetCPUAllocator(this, /*priority=*/255);
  }
  c10::DataPtr allocate(size_t bytes) override {
    bytes_ += static_cast<int64_t>(bytes);
    return base_->allocate(bytes);
  }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    base_->copy_data(to, from, bytes);
  }
  int64_t bytes() const { return bytes_; }

 private:
  c10::Allocator* base_;
  std::atomic<int64_t> bytes_{0};
};

TEST(ExperimentPlan, AllocatesNoTensorAndReadsATeacherOnce) {
  static auto& allocator = *new CountingAllocator();
  for (const char* name :
       {"m_dmae", "mae", "hpm", "cae", "cluster_mim", "simclr", "crate_mae"}) {
    const auto methods = TinyMethods();
    const auto found = methods.find(name);
    ASSERT_NE(found, methods.end()) << name;
    SCOPED_TRACE(name);
    Opens opens(TinyTeacher());
    const int64_t before = allocator.bytes();
    auto plan = ExperimentPlan::Make(found->second);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(allocator.bytes() - before, 0);
    const int reads = found->second.mae().teacher().has_frozen() ? 1 : 0;
    EXPECT_EQ(opens.Count(), reads) << "the header";
    const auto method = plan->BuildMethod();
    ASSERT_TRUE(method.ok()) << method.status();
    EXPECT_EQ(opens.Count(), 0) << "the tensors, from the same mapping";
    EXPECT_GT(allocator.bytes() - before, 0);
  }
}

// What follows training is part of the plan.
TEST(ExperimentPlan, RefusesABlockThatTheEncoderDoesNotHave) {
  Experiment experiment = TinyMae();
  experiment.mutable_eval()->add_readout()->add_block(
      experiment.encoder().depth());
  const auto plan = ExperimentPlan::Make(experiment);
  EXPECT_EQ(plan.status().message().find("eval.readout[0].block: "), 0)
      << plan.status();
}

}  // namespace
}  // namespace caldera::ssl
