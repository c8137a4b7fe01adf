// The interface of corruptions: images are damaged on purpose, the encoder
// reads all of their patches, and the model predicts the original images.
//
//   auto corruption = CorruptionPart::Create(spec.mae().corruption(), encoder);
//   auto draws = (*corruption)->Draw(streams, batch.index);  // on the CPU
//   CorruptedImages corrupted = (*corruption)->Apply(images, draws);
//
// The random numbers of a sample depend on (seed, step, data set index) alone.
//
// A new corruption is one file of ssl/corruption/parts
// (docs/adding-a-loss-or-mask.md).
#ifndef CALDERA_SSL_CORRUPTION_CORRUPTION_H_
#define CALDERA_SSL_CORRUPTION_CORRUPTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "base/part.h"
#include "base/random_stream.h"
#include "ssl/corruption/corruption.pb.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// The random numbers of B images; each corruption says which of them it draws,
// and their meaning.
struct CorruptionDraws {
  at::Tensor per_image;  // [B, ...]
  at::Tensor per_patch;  // [B, N]
  at::Tensor per_pixel;  // [B, C, H, W]
};

template <typename F>
void ForEachTensor(CorruptionDraws& draws, const F& f) {
  f(draws.per_image);
  f(draws.per_patch);
  f(draws.per_pixel);
}

struct CorruptedImages {
  at::Tensor images;   // [B, C, H, W]
  at::Tensor patches;  // [B, N], 1 = replaced; undefined: none is replaced
  // [B, H, W]: the weights of frequencies, in the order of at::fft_fft2.
  // Removed frequencies have equal weights, whose mean over all frequencies and
  // many images is 1; kept ones have 0. Undefined: none is removed.
  at::Tensor frequencies;
};

template <typename F>
void ForEachTensor(CorruptedImages& corrupted, const F& f) {
  f(corrupted.images);
  f(corrupted.patches);
  f(corrupted.frequencies);
}

class Corruption {
 public:
  virtual ~Corruption() = default;

  // True if CorruptedImages::patches is defined.
  virtual bool replaces_patches() const { return false; }
  // Returns the number of neighbouring rows of a batch that depend on each
  // other.
  virtual int64_t rows_together() const { return 1; }

  // True if the corrupted images are cut to the values that pixels have
  // (pixel_range.h).
  virtual bool clips() const { return false; }

  // Draws the random numbers of Apply, of purpose "corruption", on the CPU; by
  // default none. index: int64 [B], on the CPU.
  virtual CorruptionDraws Draw(const base::Streams& /*streams*/,
                               const at::Tensor& /*index*/) const {
    return {};
  }

  // Corrupts images [B, C, H, W], normalised; draws: on the images' device.
  // Makes no tensor on the host and does not wait for the device.
  virtual CorruptedImages Apply(const at::Tensor& images,
                                const CorruptionDraws& draws) const = 0;
};

// Corruptions are made for an encoder's sizes of images and patches.
using CorruptionPart =
    base::PartKind<CorruptionSpec, Corruption, vit::EncoderSpec>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_CORRUPTION_H_
