// Gradient accumulation, bfloat16, and the memory of many steps.
#include "ssl/train/step/train_step.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/optim/algorithms/sgd.pb.h"
#include "ssl/train/step/step_graph.h"
#include "ssl/train/step/train_step_testing.h"

namespace caldera::ssl {
namespace {

// A linear optimizer: rounding in a gradient stays rounding in the weights.
Experiment WithSgd(Experiment experiment) {
  experiment.mutable_optimizer()->MutableExtension(sgd);
  experiment.mutable_optimizer()->set_base_lr(0.1);
  experiment.mutable_optimizer()->set_scale_lr_by_batch(false);
  return experiment;
}

Experiment InParts(Experiment experiment, int parts) {
  experiment.mutable_train()->set_accumulate_steps(parts);
  return experiment;
}

double TermOf(const TotalLoss& loss, const std::string& name) {
  for (const Term& term : loss.terms) {
    if (term.name == name) return term.value.item<double>();
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

// Over 20 steps; in float, whose rounding training makes more of, over one.
// `tolerance` of losses and embeddings, and of what the steps add to weights.
void ExpectAccumulatedEqualsWhole(const Experiment& experiment, int parts,
                                  int shards, at::ScalarType type,
                                  double tolerance) {
  LearnerOptions options;
  options.thread_slices = shards;
  TinyStep whole(experiment, type);
  TinyStep cut(InParts(experiment, parts), type, options);
  const vit::StateDict before = whole.State();
  const int64_t steps = type == at::kDouble ? 20 : 1;
  for (int64_t step = 0; step < steps; ++step) {
    const DeviceBatch batch = TinyBatchOf(experiment, 8, type);
    const auto expected = whole.Run(batch, step);
    const auto got = cut.Run(batch, step);
    ASSERT_TRUE(expected.ok() && got.ok()) << got.status();
    const double loss = expected->loss.total.item<double>();
    ASSERT_NEAR(got->loss.total.item<double>(), loss,
                tolerance * std::abs(loss))
        << "step " << step;
    const at::Tensor& embedding = expected->embedding;
    ASSERT_EQ(got->embedding.sizes(), embedding.sizes());
    ASSERT_LE((got->embedding - embedding).abs().max().item<double>(),
              tolerance * embedding.abs().max().item<double>());
  }
  ExpectClose(cut.State(), whole.State(), tolerance);
  EXPECT_FALSE(whole.State()
                   .at("patch_embed.proj.weight")
                   .equal(before.at("patch_embed.proj.weight")));
}

// A gradient per thread costs more than it saves if gradients are large.
TEST(ShardCount, LargeModelsAreComputedInOnePiece) {
  const TinyModel model(TinyMethods().at("mae"));
  EXPECT_EQ(ThreadSliceCount(at::kCPU, *model.method), at::get_num_threads());
  EXPECT_EQ(ThreadSliceCount(at::kCUDA, *model.method), 1);
  // The parameter is never written, so it takes no memory.
  model.method->register_parameter("more", at::empty(kMostSlicedParameters));
  EXPECT_EQ(ThreadSliceCount(at::kCPU, *model.method), 1);
}

TEST(Accumulation, IsTheStepOfTheWholeBatch) {
  // These methods treat each image by itself: masks, targets, teachers, losses.
  for (const char* name : {"mae",
                           "mae_block",
                           "mae_complement",
                           "mae_color",
                           "mae_ema_features",
                           "cluster_mim",
                           "emae",
                           "m_dmae",
                           "mr_mae",
                           "dmjd",
                           "cae",
                           "hpm",
                           "mp3",
                           "gmml",
                           "gmml_transformer",
                           "mfm",
                           "mfm_denoise",
                           "crate_mae",
                           "crop_mae",
                           "crop_mae_masks"}) {
    Experiment experiment = WithSgd(TinyMethods().at(name));
    experiment.clear_regularizer();
    for (const auto& [parts, shards] : {std::pair(4, 1), std::pair(2, 2)}) {
      SCOPED_TRACE(std::string(name) + ", " + std::to_string(parts) +
                   " parts, " + std::to_string(shards) + " shards");
      ExpectAccumulatedEqualsWhole(experiment, parts, shards, at::kDouble,
                                   1e-9);
    }
    // Sums of at most 64 products, a dozen of them in a row.
    SCOPED_TRACE(std::string(name) + " in float");
    ExpectAccumulatedEqualsWhole(experiment, 4, 1, at::kFloat,
                                 256 * std::numeric_limits<float>::epsilon());
  }
}

// Over a run, with AdamW and with terms of the whole batch.
TEST(ShardedSteps, AreTheStepsOfTheWholeBatch) {
  for (const std::string& name : TinyMethodNames()) {
    const Experiment experiment = TinyMethods().at(name);
    TinyStep whole(experiment, at::kDouble);
    std::vector<double> losses;
    const auto batch = [&](int64_t step) {
      at::manual_seed(static_cast<uint64_t>(step));
      return TinyBatchOf(experiment, 8, at::kDouble);
    };
    for (int64_t step = 0; step < 20; ++step) {
      const auto loss = whole.Run(batch(step), step);
      ASSERT_TRUE(loss.ok()) << loss.status();
      losses.push_back(loss->loss.total.item<double>());
    }
    for (const int shards : {2, 3}) {
      SCOPED_TRACE(name + ", " + std::to_string(shards) + " shards");
      LearnerOptions options;
      options.thread_slices = shards;
      TinyStep sharded(experiment, at::kDouble, options);
      for (int64_t step = 0; step < 20; ++step) {
        const auto loss = sharded.Run(batch(step), step);
        ASSERT_TRUE(loss.ok()) << loss.status();
        ASSERT_NEAR(loss->loss.total.item<double>(), losses[step],
                    1e-9 * std::abs(losses[step]))
            << "step " << step;
      }
    }
  }
}

// The mask of an image depends on the step and the image, not on its
// microbatch.
TEST(Accumulation, ImagesKeepTheirMasks) {
  for (const char* name : {"mae", "mae_block", "mae_complement", "mae_color",
                           "emae", "dmjd", "mp3", "crop_mae_masks"}) {
    SCOPED_TRACE(name);
    const Experiment experiment = TinyMethods().at(name);
    const TinyModel model(experiment);
    const DeviceBatch batch = TinyBatch(experiment, 8);
    const at::Tensor whole =
        model.method->Step(batch, {5, 3}).context.mask.mask;  // [B*K, N]
    const int64_t masks = whole.size(0) / 8;
    for (int64_t k = 0; k < 4; ++k) {
      const StepOutput part =
          model.method->Step(SliceBatch(batch, 2 * k, 2 * k + 2), {5, 3});
      EXPECT_TRUE(part.context.mask.mask.equal(
          whole.slice(0, 2 * k * masks, (2 * k + 2) * masks)));
    }
  }
}

// Terms over the batch read one microbatch at a time; the log shows their mean.
TEST(Accumulation, BatchWideTermsSeeAPart) {
  const Experiment experiment = TinyMethods().at("mu_mae");
  const DeviceBatch batch = TinyBatch(experiment, 8);
  const TinyModel model(experiment);
  std::map<std::string, double> expected;
  for (int64_t k = 0; k < 2; ++k) {
    const StepOutput part =
        model.method->Step(SliceBatch(batch, 4 * k, 4 * k + 4), {5, 0});
    const TotalLoss loss = model.objective.Combine(part, 0, RunLength{},
                                                   /*with_diagnostics=*/true);
    for (const Term& term : loss.terms) {
      expected[term.name] += term.value.item<double>() / 2;
    }
    for (const auto& [name, value] : loss.diagnostics) {
      expected[name] += value / 2;
    }
  }
  TinyStep cut(InParts(experiment, 2), at::kDouble);
  const auto loss = cut.Run(batch, 0);
  ASSERT_TRUE(loss.ok()) << loss.status();
  for (const char* term : {"reconstruction", "magma", "uniformity"}) {
    EXPECT_NEAR(TermOf(loss->loss, term), expected.at(term), 1e-12) << term;
  }
  ASSERT_FALSE(loss->loss.diagnostics.empty());
  for (const auto& [name, value] : loss->loss.diagnostics) {
    EXPECT_NEAR(value, expected.at(name), 1e-9) << name;
  }
}

class EveryMethodInBf16 : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethodInBf16,
                         testing::ValuesIn(TinyMethodNames()));

TEST_P(EveryMethodInBf16, HasTheLossesOfFloat) {
  Experiment experiment = TinyMethods().at(GetParam());
  if (experiment.mae().masking().has_hard()) {
    // Rounding settles which of two equally hard patches is removed, and terms
    // behind other masks are others.
    experiment.mutable_mae()
        ->mutable_masking()
        ->mutable_hard()
        ->mutable_hard_share()
        ->set_constant(0);
  }
  Experiment narrow = experiment;
  narrow.mutable_train()->set_precision(TrainSpec::BF16);
  at::manual_seed(3);  // the same images in every run of the test
  const DeviceBatch batch = TinyBatchOf(experiment, 8, at::kFloat);
  TinyStep in_float(experiment, at::kFloat), in_bf16(narrow, at::kFloat);
  const auto expected = in_float.Run(batch, 0), got = in_bf16.Run(batch, 0);
  ASSERT_TRUE(expected.ok() && got.ok()) << got.status();
  // (A new classifier's head is so small that its loss says nothing yet.)
  EXPECT_FALSE(got->embedding.equal(expected->embedding));
  for (const Term& term : expected->loss.terms) {
    if (term.weight == 0) continue;  // watched: ranks and counts may jump
    SCOPED_TRACE(term.name);
    // bfloat16 has 8 bits; a term is a mean over many products.
    const double value = term.value.item<double>();
    EXPECT_NEAR(TermOf(got->loss, term.name), value,
                0.02 * std::abs(value) + 1e-3);
  }
  for (const Term& term : got->loss.terms) {
    EXPECT_EQ(term.value.scalar_type(), at::kFloat) << term.name;
  }
  for (const auto& [name, tensor] : in_bf16.State()) {
    EXPECT_NE(tensor.scalar_type(), at::kBFloat16) << name;
  }
}

// What the products gave is bfloat16's; what is made of it is float's: the
// terms are those that double arithmetic gives for the same features.
TEST(Bf16, TermsAreComputedInFloat) {
  Experiment experiment = TinyMethods().at("mu_mae");
  experiment.mutable_train()->set_precision(TrainSpec::BF16);
  TinyStep narrow(experiment, at::kFloat);
  const TinyModel model(experiment);
  StepOutput output =
      narrow.method->Step(TinyBatchOf(experiment, 8, at::kFloat), {5, 0});
  EXPECT_EQ(output.context.prediction.scalar_type(), at::kFloat);
  const TotalLoss got = model.objective.Combine(output, 0, RunLength{},
                                                /*with_diagnostics=*/false);
  for (at::Tensor* tensor :
       RowTensors(output.context, model.objective.request())) {
    EXPECT_EQ(tensor->scalar_type(), at::kFloat);
    *tensor = tensor->to(at::kDouble);
  }
  const TotalLoss expected = model.objective.Combine(
      output, 0, RunLength{}, /*with_diagnostics=*/false);
  for (const char* term : {"magma", "uniformity"}) {
    const double value = TermOf(expected, term);
    EXPECT_NEAR(TermOf(got, term), value, 1e-5 * std::abs(value)) << term;
  }
}

// Records by remembering the work, replays by running it.
class Remembering : public StepGraph {
 public:
  void WarmUp(const std::function<void()>& work) override { work(); }
  void Capture(const std::function<void()>& work) override {
    work_ = work;
    ++captures;
  }
  void Replay() override { work_(); }
  void Release() override { work_ = nullptr; }

  static inline int captures = 0;

 private:
  std::function<void()> work_;
};

// Steps run as on a GPU: from inputs of their own, with draws made outside,
// recorded anew when the weight of a term changes, and with diagnostics from
// what the graph has left.
TEST(Replay, GivesTheBitsOfEagerSteps) {
  for (const std::string& name : TinyMethodNames()) {
    for (const int parts : {1, 2}) {
      if (parts == 1 && name != "mu_mae") continue;
      SCOPED_TRACE(name);
      Experiment experiment = InParts(TinyMethods().at(name), parts);
      if (experiment.encoder().block() != "CRATE") {
        experiment.mutable_encoder()->set_drop_path(0.1);
      }
      if (experiment.has_regularizer()) {
        WindowSpec& window = *experiment.mutable_regularizer()
                                  ->mutable_weight()
                                  ->mutable_window();
        window.mutable_start()->set_steps(6);
        window.mutable_duration()->set_steps(50);
      }
      LearnerOptions options;
      options.on_nonfinite = OnNonfinite::kSkip;
      TinyStep eager(experiment, at::kFloat, options);
      if (!eager.method->stays_on_device()) continue;
      options.make_graph = [] { return std::make_unique<Remembering>(); };
      TinyStep replayed(experiment, at::kFloat, options);
      Remembering::captures = 0;
      for (int64_t step = 0; step < 12; ++step) {
        DeviceBatch batch = TinyBatchOf(experiment, 8, at::kFloat);
        if (step == 10) batch.views[0].fill_(std::nan(""));
        const auto expected = eager.Run(batch, step);
        const auto got = replayed.Run(batch, step);
        ASSERT_TRUE(expected.ok() && got.ok()) << got.status();
        ASSERT_EQ(got->loss.diagnostics.size(),
                  expected->loss.diagnostics.size());
        for (size_t i = 0; i < got->loss.diagnostics.size() && step != 10;
             ++i) {
          EXPECT_EQ(got->loss.diagnostics[i], expected->loss.diagnostics[i]);
        }
        EXPECT_TRUE(got->embedding.equal(expected->embedding));
      }
      EXPECT_EQ(Remembering::captures, experiment.has_regularizer() ? 2 : 1);
      ExpectClose(replayed.State(), eager.State(), 0);
    }
  }
}

// Counts the memory that LibTorch has allocated and not yet freed, in any
// thread.
class CountingAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* block = Base()->raw_allocate(bytes);
    if (block != nullptr) ++live_;
    return {block, block, &Free, c10::kCPU};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &Free; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
  static int64_t live() { return live_; }

 private:
  static c10::Allocator* Base() { return c10::GetDefaultCPUAllocator(); }
  static void Free(void* block) {
    if (block != nullptr) --live_;
    Base()->raw_deallocate(block);
  }

  static inline std::atomic<int64_t> live_{0};
};

TEST(Memory, DoesNotGrowWithTheSteps) {
  CountingAllocator counting;
  c10::SetCPUAllocator(&counting, /*priority=*/255);
  for (const auto& [name, shards] :
       {std::pair("mu_mae", 2), std::pair("mae_ema_features", 1),
        std::pair("vicreg", 1)}) {
    SCOPED_TRACE(name);
    Experiment experiment = InParts(TinyMethods().at(name), 2);
    experiment.mutable_optimizer()->set_clip_grad_norm(1);
    LearnerOptions options;
    options.thread_slices = shards;
    options.on_nonfinite = OnNonfinite::kSkip;
    TinyStep tiny(experiment, at::kFloat, options);
    const DeviceBatch batch = TinyBatchOf(experiment, 4, at::kFloat);
    int64_t after_ten = 0;
    for (int64_t step = 0; step < 210; ++step) {
      ASSERT_TRUE(tiny.Run(batch, step).ok());
      if (step == 9) after_ten = CountingAllocator::live();
    }
    EXPECT_GT(after_ten, 0);
    EXPECT_EQ(CountingAllocator::live(), after_ten);
  }
  c10::SetCPUAllocator(c10::GetDefaultCPUAllocator(), /*priority=*/255);
}

}  // namespace
}  // namespace caldera::ssl
