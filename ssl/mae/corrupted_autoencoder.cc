#include "ssl/mae/corrupted_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <glog/logging.h>

#include <utility>
#include <vector>

#include "ssl/corruption/pixel_range.h"
#include "ssl/methods/drop_path_noise.h"

namespace caldera::ssl {
namespace {

class Corrupted : public MaskedAutoencoder {
 public:
  using MaskedAutoencoder::MaskedAutoencoder;

  Draws Draw(const DeviceBatch& batch,
             const base::Streams& streams) const override {
    Draws draws;
    draws.corruption = components_.corruption->Draw(streams, batch.index);
    draws.drop_path =
        DropPathNoise(*components_.encoder, streams, batch.index, "drop path");
    return draws;
  }

  // Corrupts the images.
  DeviceBatch Prepare(const DeviceBatch& batch,
                      const base::Streams& streams) const override {
    DeviceBatch prepared = Drawn(batch, streams);
    prepared.corrupted = components_.corruption->Apply(
        batch.views[0], prepared.draws->corruption);
    if (components_.corruption->clips()) {
      prepared.corrupted.images =
          CutToPixels(prepared.corrupted.images, batch.pixels);
    }
    return prepared;
  }
  int64_t rows_together() const override {
    return components_.corruption->rows_together();
  }

 protected:
  // Returns the replaced patches, without ids: no patch is removed.
  Mask MaskOf(const DeviceBatch& batch,
              const TeacherOutput& /*full_image*/) const override {
    return {{}, {}, {}, batch.corrupted.patches};
  }

  Encoded Encode(const DeviceBatch& batch, const Mask& /*mask*/,
                 const std::vector<int64_t>& taps) const override {
    CHECK(batch.corrupted.images.defined()) << "Prepare corrupts the images";
    vit::EncoderRequest wanted;
    wanted.taps = taps;
    wanted.drop_path_uniforms = batch.draws.value().drop_path;
    const vit::EncoderOutput output =  // [B, P + N, D]
        components_.encoder->forward(batch.corrupted.images, wanted);
    return {output.tokens, {}, output};
  }

  at::Tensor Counted(const DeviceBatch& batch,
                     const Mask& mask) const override {
    if (components_.loss->reads_images()) {
      const bool all =
          components_.spec.loss().reduction() == ReconstructionLossSpec::ALL;
      return all ? at::Tensor() : batch.corrupted.frequencies;
    }
    const at::Tensor counted = MaskedAutoencoder::Counted(batch, mask);
    // A corruption replaces more patches of one image than of another; each
    // image has weight 1, so that the loss does not depend on how a batch is
    // sliced.
    return counted.defined() ? counted / counted.sum(1, true) : counted;
  }
};

}  // namespace

std::shared_ptr<MaskedAutoencoder> CorruptedAutoencoder(
    MaeComponents components, ContextRequest request, uint64_t seed) {
  return std::make_shared<Corrupted>(std::move(components), std::move(request),
                                     seed);
}

}  // namespace caldera::ssl
