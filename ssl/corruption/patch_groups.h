// GMML's corruption: blocks of whole patches are replaced, by another image's,
// by noise or by zeros (Atito, Awais, Kittler, GMML is All you Need, 2022;
// Sara-Ahmed/GMML, datasets/datasets_utils.py, GMML_drop_rand_patches).
//
//   PatchGroups groups(spec, encoder);
//   auto spoilt = groups.Apply(images, groups.Draw(streams, index));
//
// Blocks are drawn until the image's share is reached; the last one fills it up
// row by row, so that the share lies in the range asked for, where the authors'
// goes beyond. Alien patches come from the same place of the neighbour in the
// batch (0 and 1, 2 and 3, ...) where the authors take any image, so that a
// part of a batch that begins and ends between pairs is spoilt as in the whole
// batch. The authors replace half of the images' patches by noise and half by
// aliens; here `fill` is one of the two.
//
// Caveats: the last image of an odd batch takes from the one before it, and a
// batch of one has no other image: zeros.
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
  // float [B, N], 1 = replaced; for NOISE float [B, C, H, W] too.
  std::vector<at::Tensor> Draw(const base::Streams& streams,
                               const at::Tensor& index) const override;
  CorruptedImages Apply(const at::Tensor& images,
                        const std::vector<at::Tensor>& draws) const override;

 private:
  PatchGroupsSpec spec_;
  vit::Grid grid_;
  int64_t image_size_, patch_size_, channels_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_CORRUPTION_PATCH_GROUPS_H_
