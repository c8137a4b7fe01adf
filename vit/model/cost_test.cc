// Compares the formulas with the operations of the dispatcher and the
// allocations.
#include "vit/model/cost.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <glog/logging.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/spec_fields.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/encoder.h"
#include "vit/model/flop_counter.h"
#include "vit/model/initialization.h"

namespace caldera::vit {
namespace {

constexpr int64_t kBatch = 3;

// Counts the bytes of tensors that this thread has allocated and not freed
// since construction.
class LiveBytes : public c10::MemoryReportingInfoBase {
 public:
  static std::shared_ptr<LiveBytes> Start() {
    auto live = std::make_shared<LiveBytes>();
    c10::ThreadLocalDebugInfo::_push(c10::DebugInfoKind::PROFILER_STATE, live);
    return live;
  }
  int64_t Stop() const {
    c10::ThreadLocalDebugInfo::_pop(c10::DebugInfoKind::PROFILER_STATE);
    return bytes_;
  }
  bool memoryProfilingEnabled() const override { return true; }
  void reportMemoryUsage(void* /*ptr*/, int64_t change, size_t /*allocated*/,
                         size_t /*reserved*/, c10::Device /*device*/) override {
    bytes_ += change;  // frees are negative
  }

 private:
  int64_t bytes_ = 0;
};

EncoderSpec TinyEncoder() {
  EncoderSpec spec;
  spec.set_image_size(12);
  spec.set_patch_size(4);
  spec.set_channels(2);
  spec.set_embed_dim(16);
  spec.set_depth(3);
  spec.set_num_heads(2);
  return spec;
}

at::Tensor Shuffle(int64_t patches) {
  return at::argsort(at::rand({kBatch, patches}), /*stable=*/true, /*dim=*/1);
}

// Returns the cost of `forward`, counted and measured.
template <typename Forward>
Cost Measure(const Forward& forward) {
  Cost cost;
  FlopCounter counter;
  const auto live = LiveBytes::Start();
  const at::Tensor out = forward();
  cost.activations = live->Stop() / 4;
  cost.forward_flop = counter.flop();
  counter.Reset();
  out.sum().backward();
  cost.backward_flop = counter.flop();
  return cost;
}

void ExpectEqual(const Cost& formula, const Cost& measured) {
  EXPECT_EQ(formula.forward_flop, measured.forward_flop);
  EXPECT_EQ(formula.backward_flop, measured.backward_flop);
  EXPECT_EQ(formula.activations, measured.activations);
}

TEST(EncoderCost, IsWhatIsComputedAndKept) {
  std::vector<std::pair<std::string, EncoderSpec>> specs = {
      {"sin-cos", TinyEncoder()}};
  EncoderSpec plain = TinyEncoder();
  plain.set_class_token(false);
  plain.set_position_embedding(EncoderSpec::NONE);
  plain.set_final_norm(false);
  plain.set_qkv_bias(false);
  plain.set_mlp_ratio(2.5);
  specs.emplace_back("plain", plain);
  EncoderSpec crate = TinyEncoder();
  crate.set_block("CRATE");
  specs.emplace_back("crate", crate);
  for (const char* option :
       {"layer_scale: 1", "register_tokens: 3", "qk_norm: true",
        "proj_bias: false patch_bias: false", "pre_norm: true",
        "activation: GELU_TANH", "activation: QUICK_GELU", "activation: SWIGLU",
        "position_embedding: ROPE"}) {
    EncoderSpec spec = TinyEncoder();
    CHECK(base::ParseSpec(base::SpecText(spec) + option, &spec));
    specs.emplace_back(option, spec);
  }
  for (const auto& [name, spec] : specs) {
    for (const int64_t visible : {4, 9}) {
      SCOPED_TRACE(name + " " + std::to_string(visible));
      Encoder encoder(spec);
      InitializeVit(encoder, 0);
      const at::Tensor images = at::randn({kBatch, 2, 12, 12});
      const at::Tensor keep = Shuffle(9).slice(1, 0, visible).contiguous();
      ExpectEqual(EncoderCost(spec, visible) * kBatch, Measure([&] {
                    return encoder.forward(images, keep).tokens;
                  }));
    }
  }
}

TEST(EncoderCost, OfAContext) {
  for (const bool class_token : {true, false}) {
    EncoderSpec spec = TinyEncoder();
    spec.set_class_token(class_token);
    Encoder encoder(spec);
    InitializeVit(encoder, 0);
    const at::Tensor images = at::randn({kBatch, 2, 12, 12});
    EncoderRequest request;
    request.ids_context = Shuffle(9).slice(1, 0, 4).contiguous();
    ExpectEqual(EncoderCost(spec, 9, 4) * kBatch, Measure([&] {
                  return encoder.forward(images, request).tokens;
                }));
  }
}

struct NamedDecoder {
  std::string name;
  const char* kind;
  bool masked_only;
};

TEST(DecoderCost, IsWhatIsComputedAndKept) {
  for (const auto& [name, kind, masked_only] :
       {NamedDecoder{"all", "TRANSFORMER", false},
        NamedDecoder{"masked only", "TRANSFORMER", true},
        NamedDecoder{"cross", "CROSS_ATTENTION", true},
        NamedDecoder{"regressor", "REGRESSOR", true},
        NamedDecoder{"crate", "CRATE", false},
        NamedDecoder{"crate, masked only", "CRATE", true},
        NamedDecoder{"linear", "LINEAR", false},
        NamedDecoder{"linear, masked only", "LINEAR", true}}) {
    for (const bool class_token : {true, false}) {
      SCOPED_TRACE(name + (class_token ? " with CLS" : ""));
      DecoderSpec spec;
      spec.set_kind(kind);
      spec.set_masked_only(masked_only);
      spec.set_embed_dim(8);
      spec.set_depth(2);
      spec.set_num_heads(2);
      const DecoderSizes sizes = {16, {3, 3}, 32, class_token};
      const auto plan = *PlanDecoder(spec);
      const auto decoder = plan->Build(sizes);
      InitializeVit(*decoder, 0);
      const at::Tensor latent =
          at::randn({kBatch, class_token ? 5 : 4, 16}).requires_grad_();
      const at::Tensor restore =
          at::argsort(Shuffle(9), /*stable=*/true, /*dim=*/1);
      ExpectEqual(plan->CostOf(sizes, /*num_visible=*/4) * kBatch, Measure([&] {
                    return decoder->Decode({latent, restore}).prediction;
                  }));
    }
  }
}

TEST(DecoderCost, OfLatentsOfEveryPatch) {
  for (const char* kind : {"TRANSFORMER", "CRATE", "LINEAR"}) {
    for (const bool class_token : {true, false}) {
      SCOPED_TRACE(kind);
      DecoderSpec spec;
      spec.set_kind(kind);
      spec.set_embed_dim(8);
      spec.set_depth(2);
      spec.set_num_heads(2);
      const DecoderSizes sizes = {16,
                                  {3, 3},
                                  32,
                                  class_token,
                                  /*every_patch=*/true};
      const auto plan = *PlanDecoder(spec);
      const auto decoder = plan->Build(sizes);
      InitializeVit(*decoder, 0);
      const at::Tensor latent =
          at::randn({kBatch, class_token ? 10 : 9, 16}).requires_grad_();
      ExpectEqual(plan->CostOf(sizes, /*num_visible=*/9) * kBatch, Measure([&] {
                    return decoder->Decode({latent, {}}).prediction;
                  }));
    }
  }
}

TEST(DecoderCost, OfAMemory) {
  for (const bool masked_only : {false, true}) {
    DecoderSpec spec;
    spec.set_kind("SELF_CROSS_ATTENTION");
    spec.set_masked_only(masked_only);
    spec.set_embed_dim(8);
    spec.set_depth(2);
    spec.set_num_heads(2);
    const DecoderSizes sizes = {16, {3, 3}, 32, true, false, /*memory=*/10};
    const auto plan = *PlanDecoder(spec);
    const auto decoder = plan->Build(sizes);
    InitializeVit(*decoder, 0);
    const at::Tensor latent = at::randn({kBatch, 5, 16}).requires_grad_();
    const at::Tensor memory = at::randn({kBatch, 10, 16}).requires_grad_();
    const at::Tensor restore =
        at::argsort(Shuffle(9), /*stable=*/true, /*dim=*/1);
    ExpectEqual(plan->CostOf(sizes, /*num_visible=*/4) * kBatch, Measure([&] {
                  return decoder->Decode({latent, restore, memory}).prediction;
                }));
  }
}

// docs' figures of ViT-B/16 at 224 px by the well-known formula: 24 N D^2 +
// 4 N^2 D a block.
TEST(Cost, OfTheBaseModelIsTheWellKnownOne) {
  EncoderSpec encoder;
  DecoderSpec decoder;
  decoder.set_masked_only(false);
  const Cost cost =
      EncoderCost(encoder, 49) +
      PlanDecoder(decoder).value()->CostOf({768, {14, 14}, 768, true}, 49);
  const auto block = [](double n, double d) {
    return 24 * n * d * d + 4 * n * n * d;
  };
  const double forward = 12 * block(50, 768) + 2 * 49 * 768 * 768 +
                         2 * 50 * 768 * 512 + 8 * block(197, 512) +
                         2 * 196 * 512 * 768;
  EXPECT_EQ(static_cast<double>(cost.forward_flop), forward);
  EXPECT_EQ(cost.backward_flop,
            2 * cost.forward_flop - 2 * 49 * 768 * 768);  // no image gradient
}

TEST(Cost, CheckpointedBlocksKeepOneInteriorOnly) {
  EncoderSpec spec = TinyEncoder();
  const auto kept = [&](int depth, bool checkpoint) {
    spec.set_depth(depth);
    spec.set_checkpoint_blocks(checkpoint);
    return EncoderCost(spec, 9).activations;
  };
  EXPECT_EQ(kept(1, true), kept(1, false));
  // Each further block keeps its output, [10, 16].
  EXPECT_EQ(kept(3, true) - kept(1, true), 2 * 160);
  spec.set_checkpoint_blocks(false);
  const Cost plain = EncoderCost(spec, 9);
  spec.set_checkpoint_blocks(true);
  EXPECT_EQ(EncoderCost(spec, 9).flop(), plain.flop());
}

}  // namespace
}  // namespace caldera::vit
