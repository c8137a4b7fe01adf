// The seam for corruptions: images are spoilt, the encoder sees all of their
// patches, and the images as they were are predicted.
//
//   auto corruption = MakeCorruption(spec.mae().corruption(), encoder_spec);
//   auto draws = (*corruption)->Draw(streams, batch.index);  // on the CPU
//   CorruptedImages spoilt = (*corruption)->Apply(images, draws);
//
// What is drawn for a sample depends on (seed, step, data set index) alone.
//
// To add one: a file of ssl/variants, or a message in corruption.proto, a class
// in its own file, a case in make_corruption.cc.
#ifndef CALDERA_SSL_CORRUPTION_CORRUPTION_H_
#define CALDERA_SSL_CORRUPTION_CORRUPTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "base/random_stream.h"

namespace caldera::ssl {

struct CorruptedImages {
  at::Tensor images;   // [B, C, H, W]
  at::Tensor patches;  // [B, N], 1 = replaced; undefined: no patch is
  // [B, H, W], by frequency in the order of at::fft_fft2: the removed ones have
  // the same weight, of mean 1 over all frequencies and many images, the kept
  // ones 0. Undefined: none is removed.
  at::Tensor frequencies;
};

class Corruption {
 public:
  virtual ~Corruption() = default;

  // Which of CorruptedImages is defined.
  virtual bool replaces_patches() const { return false; }
  // Rows that lie side by side in a batch where images come from each other.
  virtual int64_t rows_together() const { return 1; }

  // The random numbers of Apply for B images, of purpose "corruption": tensors
  // on the CPU with B rows. index: int64 [B], on the CPU.
  virtual std::vector<at::Tensor> Draw(const base::Streams& streams,
                                       const at::Tensor& index) const = 0;

  // images [B, C, H, W], normalised; draws: on their device. Makes no tensor on
  // the host and does not wait for the device.
  virtual CorruptedImages Apply(const at::Tensor& images,
                                const std::vector<at::Tensor>& draws) const = 0;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_CORRUPTION_H_
