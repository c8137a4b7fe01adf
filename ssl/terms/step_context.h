// The tensors of a step that auxiliary losses read.
//
//   ContextRequest request;
//   request.taps = {10, 11};              // before the run: what will be read
//   context.taps.at(10);                  // [B, D], in each step
//   context.gather(context.taps.at(10));  // the rows of all processes
//
// Rows are samples: B images, or B*K if each image has K masks (mask.h).
// Tensors that a method does not have (a prediction, a teacher's tokens) stay
// undefined.
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
  // P: the tokens in front of the student's patches, 1 (the CLS token) or 0,
  // and those in front of the teacher's.
  int64_t prefix = 1, teacher_prefix = 1;
  // By block, before the final norm, for the first view: the mean of its
  // visible patches' tokens, [B, D], its CLS token, [B, D], and all its tokens,
  // [B, P + Nv, D].
  std::map<int64_t, at::Tensor> taps, cls_taps, tap_tokens;
  at::Tensor latent;  // [B, P + Nv, D], after the final norm
  // One feature of the image per view, [B, D], before any projection.
  std::vector<at::Tensor> embeddings;
  at::Tensor prediction;  // [B, M, T], for all patches or mask.ids_remove
  at::Tensor patch_loss;  // [B, M], the reconstruction's
  // A scorer's prediction of the removed patches' losses, up to a monotonic
  // function; in the order of mask.ids_remove.
  at::Tensor patch_score;  // [B, Nm]
  Mask mask;
  // The targets of all patches, in image order.
  at::Tensor target;  // [B, N, T]
  // A decoder's prediction of the removed patches' latents.
  at::Tensor decoder_latents;  // [B, Nm, D], in the order of mask.ids_remove
  // The teacher's tokens, without gradient, after its final norm, and by block
  // before the norm, [B, P + Nv or N, Dt].
  at::Tensor teacher_tokens;
  std::map<int64_t, at::Tensor> teacher_taps;
  base::Streams streams;
  Gather gather = NoGather;
};

// The tensors of a StepContext that will be read. Only requested blocks are
// tapped; if a batch is computed in thread slices, only the requested tensors
// and the embeddings are joined.
struct ContextRequest {
  std::set<int64_t> taps, cls_taps, tap_tokens, teacher_taps;
  bool views = false;
  bool latent = false;
  bool class_token = false;  // of the latent: the encoder must have one
  bool embeddings = false;   // needed after the step too
  bool prediction = false;   // patch_loss too
  bool patch_score = false;
  bool mask = false;
  bool target = false;
  bool decoder_latents = false;
  bool teacher_tokens = false;

  void Merge(const ContextRequest& other);
  bool reads_teacher() const { return teacher_tokens || !teacher_taps.empty(); }
};

// Returns the blocks that the encoder must tap, in ascending order.
std::vector<int64_t> BlocksToTap(const ContextRequest& request);

// Writes the output of a block, tokens [B, P + Nv, D], to the members of
// `context` that `request` names.
void FillTap(const ContextRequest& request, int64_t block,
             const at::Tensor& tokens, StepContext& context);

// Calls f(tensor) for each tensor of `context` that has samples as rows and
// that `request` names, in a fixed order. `views`, which the batch has, are not
// among them.
template <typename F>
void ForEachTensor(StepContext& context, const ContextRequest& request,
                   const F& f) {
  for (auto* blocks : {&context.taps, &context.cls_taps, &context.tap_tokens,
                       &context.teacher_taps}) {
    for (auto& [block, tensor] : *blocks) f(tensor);
  }
  for (at::Tensor& embedding : context.embeddings) f(embedding);
  if (request.latent) f(context.latent);
  if (request.prediction) f(context.prediction);
  if (request.prediction) f(context.patch_loss);
  if (request.patch_score) f(context.patch_score);
  if (request.target) f(context.target);
  if (request.decoder_latents) f(context.decoder_latents);
  if (request.teacher_tokens) f(context.teacher_tokens);
  if (request.mask) ForEachTensor(context.mask, f);
}

// Returns the tensors that ForEachTensor visits and that are defined:
//
//   RowTensors(context, request);  // of a context
//   RowTensors(batch);             // of a batch (ssl/methods/method.h)
template <typename... Of>
std::vector<at::Tensor*> RowTensors(Of&&... of) {
  std::vector<at::Tensor*> rows;
  ForEachTensor(of..., [&rows](at::Tensor& tensor) {
    if (tensor.defined()) rows.push_back(&tensor);
  });
  return rows;
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_STEP_CONTEXT_H_
