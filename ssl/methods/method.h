// The interface between the training loop and the learning methods.
//
//   StepOutput out = method.Step(batch, streams);
//   for (const Term& term : out.terms) {
//     total = total + term.weight * term.value;
//   }
//
// A step has two halves. Forward treats each sample by itself, so that a batch
// may be computed in thread slices (ssl/train/step/thread_slices.h) and on
// several machines. AddBatchTerms reads the joined rows of the batch, for
// contrast or batch statistics. Before both, Prepare may mix rows that are
// neighbours in the batch.
//
// A method is one file that can be read in one sitting; the loop knows no
// method by name. To add one, write a file of ssl/methods/parts
// (method_plan.h).
#ifndef CALDERA_SSL_METHODS_METHOD_H_
#define CALDERA_SSL_METHODS_METHOD_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/random_stream.h"
#include "data/sets/dataset.h"
#include "eval/features/tokens/token_feature.h"
#include "ssl/corruption/corruption.h"
#include "ssl/corruption/pixel_range.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/schedule/run_position.h"
#include "ssl/terms/component_cost.h"
#include "ssl/terms/step_context.h"
#include "vit/model/classifier.h"
#include "vit/model/encoder.h"
#include "vit/state_dict.h"
#include "vit/weights/start_weights.h"

namespace caldera::ssl {

// The random numbers of a step's forward pass, with the same number of rows for
// every sample. Each method has those that it uses; the others are undefined.
struct Draws {
  MaskDraws mask;
  CorruptionDraws corruption;
  // Of the drop path, double [B, depth, 2] ([B*K, ...] for K masks), uniform
  // (drop_path_noise.h).
  at::Tensor drop_path;
  at::Tensor second_drop_path;  // that of a second view
};

template <typename F>
void ForEachTensor(Draws& draws, const F& f) {
  ForEachTensor(draws.mask, f);
  ForEachTensor(draws.corruption, f);
  f(draws.drop_path);
  f(draws.second_drop_path);
}

// A batch as methods read it: on the device, normalised.
struct DeviceBatch {
  std::vector<at::Tensor> views;  // V x float [B, C, H, W]
  at::Tensor labels;              // int64 [B], -1 unknown, on the device
  at::Tensor index;               // int64 [B], on the CPU
  // float [B, classes]: targets that Method::Prepare may make of the labels;
  // else undefined.
  at::Tensor targets;
  std::optional<Draws> draws;  // of these samples; none: not drawn yet
  // The first view after a corruption by Method::Prepare; else undefined.
  CorruptedImages corrupted;
  PixelRange pixels;  // of the views
};

// Calls f(tensor) for each tensor of a batch, in a fixed order.
template <typename F>
void ForEachTensor(DeviceBatch& batch, const F& f) {
  for (at::Tensor& view : batch.views) f(view);
  f(batch.labels);
  f(batch.index);
  f(batch.targets);
  if (batch.draws.has_value()) ForEachTensor(*batch.draws, f);
  ForEachTensor(batch.corrupted, f);
}

// Returns the samples from `begin` to `end`, without `end`.
DeviceBatch SliceBatch(const DeviceBatch& batch, int64_t begin, int64_t end);

struct Term {
  std::string name;
  at::Tensor value;   // scalar, not weighted
  double weight = 1;  // its factor in the total
};

struct StepOutput {
  std::vector<Term> terms;  // the method's own
  StepContext context;      // tensors that auxiliary losses read
  // [B, D], detached: the feature that an online probe reads, pooled from the
  // encoder's output for the first view (or mask), before any projection.
  at::Tensor embedding;
};

// A method's reconstruction of masked images, for pictures.
struct Reconstruction {
  // [B, C, H, W], in the units of the input: the prediction. Visible patches
  // are predictions too if the decoder predicts them; else they are the
  // input's.
  at::Tensor images;
  at::Tensor mask;  // [B, N], 1 = removed
};

class Method : public torch::nn::Module {
 public:
  // request: the tensors of the context that auxiliary losses will read.
  explicit Method(ContextRequest request) : request_(std::move(request)) {}

  // Computes the forward pass of one training step. All random numbers come
  // from `streams`.
  StepOutput Step(const DeviceBatch& batch, const base::Streams& streams);

  // Begins with the weights of a file, in the place of those that were drawn;
  // called at most once, before anything else. Returns the error of a tensor
  // that does not fit, which a plan has already checked.
  virtual absl::Status Start(const vit::StartWeights& start) {
    return vit::LoadStateDict(encoder(), start.encoder, start.report.file);
  }

  // Learns from the full training set; called once, before the first step of a
  // new run. On several processes rank 0 calls it, and the others load its
  // NamedState.
  virtual absl::Status Begin(
      const std::shared_ptr<const data::Dataset>& /*dataset*/) {
    return absl::OkStatus();
  }

  // Transforms the full local batch before Forward, for methods that mix
  // images. Called once per step. On several processes the local batches are
  // rank rows: equal slices of a batch, each a multiple of rows_together().
  virtual DeviceBatch Prepare(const DeviceBatch& batch,
                              const base::Streams& /*streams*/) const {
    return batch;
  }
  // Returns the number of neighbouring rows that Prepare treats as one group.
  virtual int64_t rows_together() const { return 1; }
  // Draws the random numbers of Forward, on the host.
  virtual Draws Draw(const DeviceBatch& /*batch*/,
                     const base::Streams& /*streams*/) const {
    return {};
  }
  // Returns the batch with its draws, whose copy to the device has started. A
  // batch that has draws keeps them.
  DeviceBatch Drawn(DeviceBatch batch, const base::Streams& streams) const;
  // True if Step of a batch with draws never synchronises with the host and
  // makes no tensors there, so that it can be captured in a CUDA graph.
  virtual bool stays_on_device() const { return false; }

  // Computes the first half of a step for a batch with draws (a method that
  // does not stay on its device may also draw from `streams`). Terms are means
  // over the samples; tensors of the context have samples as rows, in the
  // batch's order.
  virtual StepOutput Forward(const DeviceBatch& batch,
                             const base::Streams& streams) = 0;
  // Computes the second half: adds terms over the full batch, which read the
  // rows of other processes through output.context.gather.
  virtual void AddBatchTerms(StepOutput& /*output*/) {}
  // Turns the output of Forward for the full batch into that of Step.
  void Complete(const DeviceBatch& batch, const base::Streams& streams,
                StepOutput& output);

  // Called before and after each step, outside of any thread slice, to update
  // values that follow a schedule, and EMA teachers.
  virtual void BeforeStep(const RunPosition& /*at*/) {}
  virtual void AfterOptimizerStep(const RunPosition& /*at*/) {}

  virtual vit::Encoder& encoder() = 0;
  // Returns the classifier, or null for methods that learn no classes.
  virtual vit::Classifier* classifier() { return nullptr; }
  // Returns all tensors that a checkpoint must hold. The encoder's and the
  // decoder's weights have the names of the official code, without the names of
  // the members that hold them.
  virtual vit::StateDict NamedState() const = 0;
  // Returns pictures of predictions, or nothing for methods that do not
  // reconstruct.
  virtual std::optional<Reconstruction> Reconstruct(
      const DeviceBatch& /*batch*/, const base::Streams& /*streams*/) {
    return std::nullopt;
  }

  // Returns the cost of Step for `batch` images by component; empty if it is
  // not known. The mask ratio is that of the step before.
  virtual std::vector<ComponentCost> Costs(int64_t /*batch*/) const {
    return {};
  }
  // Returns the sizes of the context that auxiliary losses read.
  virtual ContextSizes SizesFor(int64_t /*batch*/) const { return {}; }

  const ContextRequest& request() const { return request_; }
  // Sets which feature StepOutput::embedding is: the one that evaluations read,
  // pooled over the encoder's tokens (the visible ones of a masked
  // autoencoder).
  // CHECK: it is registered.
  void set_embedding_feature(const std::string& feature) {
    embedding_feature_ =
        eval::TokenFeaturePart::CreateNamed("feature", feature).value();
  }
  // Sets how batch-wide terms read the rows of other processes.
  void set_gather(Gather gather) { gather_ = std::move(gather); }

 protected:
  // Pools latent [B, P + Nv, D], the encoder's output, to
  // StepOutput::embedding.
  at::Tensor Embedding(const at::Tensor& latent) {
    return embedding_feature_->Read(latent.detach(),
                                    encoder().num_prefix_tokens());
  }

 private:
  ContextRequest request_;
  Gather gather_ = NoGather;
  std::shared_ptr<const eval::TokenFeature> embedding_feature_ =
      eval::TokenFeaturePart::CreateNamed("feature", "mean").value();
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_METHOD_H_
