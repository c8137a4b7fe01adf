// Measures the representations of an encoder, block by block, without labels.
//
//   base::Missing missing;
//   DiagnoseEncoder("m_mae", encoder, {test_set}, spec, device, {}, emit,
//                   missing);
//
// Emits a row for each block's output, and one for the last block's after the
// final norm: {features, task: "diagnostics", setting {feature, block, norm,
// masking, images, graph_batch}, and
//   effective_rank        RankMe                                 spectrum.h
//   covariance_spectrum   singular values, largest first         spectrum.h
//   alignment, uniformity of two augmented views                 hypersphere.h
//   mean_degree, share_below_floor, effective_neighbours manifold_graph.h
//   nonzero_share, coding_rate of the patch tokens        token_code.h
// }. Then emits {features, task: "cka", setting {feature, masking, images,
// other}, readouts, other_readouts, cka: a list for each readout} (cka.h): it
// compares the blocks with one another, or with another encoder's.
//
// Where the features of all blocks do not fit into memory_gb, fewer images are
// read, and the settings say how many.
//
// Caveat: all patches are visible here, whereas masked training shows only
// some.
#ifndef CALDERA_EVAL_DIAGNOSE_ENCODER_H_
#define CALDERA_EVAL_DIAGNOSE_ENCODER_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/program/missing.h"
#include "data/loader/bad_images.h"
#include "data/sets/dataset.h"
#include "eval/evaluate.h"
#include "eval/spec/eval.pb.h"
#include "vit/model/encoder.h"

namespace caldera::eval {

// A second encoder on the same device. Images are resized to its own size.
struct OtherEncoder {
  std::string name;
  std::shared_ptr<vit::Encoder> encoder;
};

// The images to read.
struct DiagnosedImages {
  std::shared_ptr<const data::Dataset> set;
  // Where images that cannot be read are noted, to be left out ("skipped" in
  // the rows); null: the first one costs all rows.
  std::shared_ptr<data::BadImages> bad_images;
};

// Emits the rows that spec.feature() and spec.diagnostics() ask for. A block
// whose features are not finite, or a row that cannot be kept, costs that row
// and is noted in `missing`, as are images that cannot be read. Errors:
// InvalidArgument for a class token that an encoder does not have, fewer than
// two images. In `missing` stands also ResourceExhausted, where not even two
// images fit into memory_gb.
absl::Status DiagnoseEncoder(const std::string& name, vit::Encoder& encoder,
                             const DiagnosedImages& images,
                             const EvalSpec& spec, const at::Device& device,
                             const std::optional<OtherEncoder>& other,
                             const EmitRow& emit, base::Missing& missing);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_DIAGNOSE_ENCODER_H_
