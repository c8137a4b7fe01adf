// What a step leaves for auxiliary losses to read.
//
//   ContextRequest request;
//   request.taps = {10, 11};             // before the run: what will be read
//   context.taps.at(10);                 // [B, D], in each step
//   context.gather(context.taps.at(10))  // the same of all processes
//
// Rows are samples: B images, or B*K where each image has K masks (mask.h).
// What a method does not have (a prediction, a teacher) stays undefined.
#ifndef CALDERA_SSL_TERMS_STEP_CONTEXT_H_
#define CALDERA_SSL_TERMS_STEP_CONTEXT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "base/random_stream.h"
#include "ssl/masking/mask.h"

namespace caldera::ssl {

// Lets a batch-wide term read the rows of every process: [B / P, D] -> [B, D],
// in the order of the processes' ranks.
//
// The gradient is the sum over the processes of the gradients of these rows:
// the term is the same on each of the P, so this is P times its gradient, which
// the mean over processes of the parameters' gradients undoes
// (ssl/distributed/gather.h).
using Gather = std::function<at::Tensor(const at::Tensor&)>;

// The gather of a run with one process: returns `rows`.
inline at::Tensor NoGather(const at::Tensor& rows) { return rows; }

struct StepContext {
  // V x [B, C, H, W], normalised.
  std::vector<at::Tensor> views;
  // By block, before the final norm, of the first view: the mean of its visible
  // non-CLS tokens, [B, D], its CLS token, [B, D], and all its tokens,
  // [B, 1 + Nv, D].
  std::map<int64_t, at::Tensor> taps, cls_taps, tap_tokens;
  at::Tensor latent;  // [B, 1 + Nv, D], after the final norm, CLS first
  // One a view, [B, D]: what stands for the image, before any projection.
  std::vector<at::Tensor> embeddings;
  at::Tensor prediction;  // [B, M, T] of all patches, or of mask.ids_remove
  at::Tensor patch_loss;  // [B, M], of the reconstruction
  // What a scorer predicts of the removed patches' losses, but for a monotonous
  // function; in the order of mask.ids_remove.
  at::Tensor patch_score;  // [B, Nm]
  Mask mask;
  // What the prediction is compared with, of all patches, in image order.
  at::Tensor target;  // [B, N, T]
  // What a decoder predicts the removed patches' latents to be.
  at::Tensor decoder_latents;  // [B, Nm, D], in the order of mask.ids_remove
  // The teacher's, without gradient: tokens after its final norm and by block
  // before it, [B, 1 + Nv or N, Dt].
  at::Tensor teacher_tokens;
  std::map<int64_t, at::Tensor> teacher_taps;
  base::Streams streams;
  Gather gather = NoGather;
};

// Which of it will be read. Blocks are tapped only where asked for; where a
// batch is computed in shards, only what is asked for is joined (and the
// embeddings).
struct ContextRequest {
  std::set<int64_t> taps, cls_taps, tap_tokens, teacher_taps;
  bool latent = false;
  bool prediction = false;  // patch_loss too
  bool patch_score = false;
  bool mask = false;
  bool target = false;
  bool decoder_latents = false;
  bool teacher_tokens = false;

  void Merge(const ContextRequest& other);
  bool reads_teacher() const { return teacher_tokens || !teacher_taps.empty(); }
};

// The blocks that the encoder must tap, ascending.
std::vector<int64_t> BlocksToTap(const ContextRequest& request);

// Files the output of a block, tokens [B, 1 + Nv, D], under what asks for it.
void FillTap(const ContextRequest& request, int64_t block,
             const at::Tensor& tokens, StepContext& context);

// The tensors of `context` that have samples as rows and that `request` names,
// in a fixed order. `views`, which the batch has, are not among them.
std::vector<at::Tensor*> RowTensors(StepContext& context,
                                    const ContextRequest& request);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_STEP_CONTEXT_H_
