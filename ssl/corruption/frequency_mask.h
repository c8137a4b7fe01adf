// MFM's corruption: of each image's spectrum a disc around frequency 0 stays
// (low pass), or all but it (high pass).
//
//   FrequencyMask mask(spec, /*image_size=*/224);  // a disc of radius 16
//   auto spoilt = mask.Apply(images, mask.Draw(streams, index));
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023; Jiahao000/MFM, models/mfm.py and data/data_mfm.py.
// There what comes back is cut to [0, 1] before the normalisation, which puts
// removed frequencies back in; ours is not.
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

  // float [B], 1 = low pass.
  std::vector<at::Tensor> Draw(const base::Streams& streams,
                               const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const std::vector<at::Tensor>& draws) const override;

 private:
  FrequencyMaskSpec spec_;
  int64_t image_size_;
};

// How many of size x size frequencies lie nearer to 0 than `radius`, which is a
// share of the size.
int64_t FrequenciesInDisc(int64_t size, double radius);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_FREQUENCY_MASK_H_
