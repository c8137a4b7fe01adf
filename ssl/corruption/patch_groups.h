// GMML's corruption replaces blocks of patches by those of another image
// ("aliens"), by noise or by zeros (Atito, Awais, Kittler, GMML is All you
// Need, 2022; Sara-Ahmed/GMML, datasets/datasets_utils.py,
// GMML_drop_rand_patches).
//
//   PatchGroups groups(spec, encoder);
//   auto corrupted = groups.Apply(images, groups.Draw(streams, index));
//
// Blocks are drawn until the image's share is reached; the last block is filled
// row by row only as far as needed, so that the share is in the specified
// range, which the authors' code exceeds. Alien patches come from the same
// place of the neighbour in the batch (0 and 1, 2 and 3, ...), where the
// authors take any image, so that a slice of a batch that begins and ends
// between pairs is corrupted as in the full batch. The authors replace patches
// by noise in half of the images and by aliens in the other half; here `fill`
// is the same for all images.
//
// Caveats: the last image of an odd batch takes patches of the one before it;
// in a batch of one there is no other image, and patches become zeros.
#ifndef CALDERA_SSL_CORRUPTION_PATCH_GROUPS_H_
#define CALDERA_SSL_CORRUPTION_PATCH_GROUPS_H_

#include "ssl/corruption/corruption.h"
#include "ssl/corruption/corruption.pb.h"
#include "vit/grid.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

class PatchGroups : public Corruption {
 public:
  // spec: one that MakeCorruption accepts.
  PatchGroups(const PatchGroupsSpec& spec, const vit::EncoderSpec& encoder);

  bool replaces_patches() const override { return true; }
  int64_t rows_together() const override {
    return spec_.fill() == PatchGroupsSpec::ALIEN ? 2 : 1;
  }
  // Returns per_patch: float, 1 = replaced; for NOISE also per_pixel: float.
  CorruptionDraws Draw(const base::Streams& streams,
                       const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& draws) const override;

 private:
  PatchGroupsSpec spec_;
  vit::Grid grid_;
  int64_t image_size_, patch_size_, channels_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_PATCH_GROUPS_H_
