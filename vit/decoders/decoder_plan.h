// What is known of a decoder before there is a tensor: what it predicts and
// reads, what it costs, and how it is built. A decoder is one file of
// vit/decoders/parts that registers its plan (docs/adding-a-decoder.md).
//
//   ASSIGN_OR_RETURN(auto plan, vit::PlanDecoder(spec.decoder()));
//   plan->removed_only();  // it predicts the removed patches only
//   std::shared_ptr<vit::Decoder> decoder =
//       plan->Build({768, {14, 14}, 16 * 16 * 3, true});
//
// Caveats: a new decoder's weights are uninitialised until InitializeVit or a
// file has filled them. A program has the decoders that are linked into it:
// depend on //vit/decoders/parts.
#ifndef CALDERA_VIT_DECODERS_DECODER_PLAN_H_
#define CALDERA_VIT_DECODERS_DECODER_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/part.h"
#include "vit/cost.h"
#include "vit/decoders/decoder.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

class DecoderPlan {
 public:
  explicit DecoderPlan(DecoderSpec spec) : spec_(std::move(spec)) {}
  virtual ~DecoderPlan() = default;

  // Returns false if there is no decoder: Build returns null.
  virtual bool predicts() const { return true; }
  // Returns true if it predicts the removed patches only, where there are any.
  virtual bool removed_only() const { return spec_.masked_only(); }
  // Returns true if it can read the latents of every patch, of which none is
  // removed, and then predicts every patch.
  virtual bool takes_every_patch() const { return false; }
  // Returns true if it takes every patch and adds no position to its latent.
  virtual bool without_positions() const { return false; }
  // Returns true if it needs the latents of another view as a memory.
  virtual bool reads_memory() const { return false; }
  // Returns true if it predicts the latents of the removed patches too.
  virtual bool gives_latents() const { return false; }

  // Returns the cost on the latents of one image with `num_visible` visible
  // patches. Where these are the latents of every patch, it is the number of
  // patches.
  virtual Cost CostOf(const DecoderSizes& sizes, int64_t num_visible) const = 0;

  // Returns a new decoder. sizes.encoder_dim is a multiple of 4.
  virtual std::shared_ptr<Decoder> Build(const DecoderSizes& sizes) const = 0;

  const DecoderSpec& spec() const { return spec_; }

 private:
  DecoderSpec spec_;
};

// Given: the spec, whose fields a decoder with options of its own reads too.
using DecoderPart = base::PartKind<DecoderSpec, DecoderPlan, DecoderSpec>;

// Registers a decoder whose options are the fields of its spec. Plan is made
// from a DecoderSpec.
template <typename Plan>
bool RegisterDecoder(base::PartInfo info) {
  return DecoderPart::Register<DecoderSpec>(
      std::move(info), [](const DecoderSpec& spec, const DecoderSpec&) {
        return std::make_unique<Plan>(spec);
      });
}

// Returns the plan of the decoder that `spec` names. Errors: InvalidArgument,
// whose text begins with the field's path in `spec`.
absl::StatusOr<std::unique_ptr<DecoderPlan>> PlanDecoder(
    const DecoderSpec& spec);

// Returns the name of the kind that a valid spec names, as specs write it:
// "CROSS_ATTENTION".
std::string DecoderKind(const DecoderSpec& spec);

// Returns the kinds that have the property even where masked_only is false, for
// errors: "CRATE, LINEAR or TRANSFORMER". `last` joins the last two.
std::string DecoderKindsThat(bool (DecoderPlan::*property)() const,
                             absl::string_view last = "or");

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_DECODER_PLAN_H_
