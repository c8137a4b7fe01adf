// MFM's corruption keeps a disc around frequency 0 of each image's spectrum
// (low pass), or everything outside of the disc (high pass).
//
//   FrequencyMask mask(spec, /*image_size=*/224);  // a disc of radius 16
//   auto corrupted = mask.Apply(images, mask.Draw(streams, index));
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023; Jiahao000/MFM, models/mfm.py and data/data_mfm.py.
// The authors clip the filtered image to [0, 1] before the normalisation, which
// brings removed frequencies back; we do not.
#ifndef CALDERA_SSL_CORRUPTION_FREQUENCY_MASK_H_
#define CALDERA_SSL_CORRUPTION_FREQUENCY_MASK_H_

#include <cstdint>

#include "ssl/corruption/corruption.h"
#include "ssl/corruption/corruption.pb.h"

namespace caldera::ssl {

class FrequencyMask : public Corruption {
 public:
  // spec: one that MakeCorruption accepts.
  FrequencyMask(const FrequencyMaskSpec& spec, int64_t image_size)
      : spec_(spec), image_size_(image_size) {}

  // Returns per_image: float [B], 1 = low pass.
  CorruptionDraws Draw(const base::Streams& streams,
                       const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override;

 private:
  FrequencyMaskSpec spec_;
  int64_t image_size_;
};

// Returns how many of size x size frequencies are nearer to 0 than `radius`,
// which is a share of the size.
int64_t FrequenciesInDisc(int64_t size, double radius);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_FREQUENCY_MASK_H_
