// No decoder: only auxiliary losses train (MaskAlign).
#include "vit/decoders/decoder_plan.h"

namespace caldera::vit {
namespace {

class NoPlan : public DecoderPlan {
 public:
  using DecoderPlan::DecoderPlan;

  bool predicts() const override { return false; }
  bool removed_only() const override { return false; }
  Cost CostOf(const DecoderSizes& /*sizes*/,
              int64_t /*num_visible*/) const override {
    return {};
  }
  std::shared_ptr<Decoder> Build(const DecoderSizes& /*sizes*/) const override {
    return nullptr;
  }
};

const bool kNone = RegisterDecoder<NoPlan>(
    {"none", "Predicts nothing: only auxiliary losses train (MaskAlign)."});

}  // namespace
}  // namespace caldera::vit
