// The seam between the training loop and the learning methods.
//
//   StepOutput out = method.Step(batch, streams);
//   for (const Term& term : out.terms) {
//     total = total + term.weight * term.value;
//   }
//
// A step has two halves. Forward treats each sample by itself, so that a batch
// may be computed in parts (ssl/train/step/shards.h) and on several machines.
// AddBatchTerms sees the joined rows of the batch: contrast, batch statistics.
// Before both, Prepare may mix rows that are neighbours in the batch.
//
// A method is one file that can be read in one sitting; the loop knows none by
// name. To add one: a file of ssl/variants, or a message in methods.proto and
// in Experiment's oneof, a class in its own file here, a case in
// make_method.cc.
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
#include "eval/spec/eval.pb.h"
#include "ssl/corruption/corruption.h"
#include "ssl/losses/pool.h"
#include "ssl/schedule/run_position.h"
#include "ssl/terms/component_cost.h"
#include "ssl/terms/step_context.h"
#include "vit/model/classifier.h"
#include "vit/model/encoder.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

// A batch as methods see it: on the device, normalised.
struct DeviceBatch {
  std::vector<at::Tensor> views;  // V x float [B, C, H, W]
  at::Tensor labels;              // int64 [B], -1 unknown, on the device
  at::Tensor index;               // int64 [B], on the CPU
  // float [B, classes], which Method::Prepare may make of the labels; else
  // undefined.
  at::Tensor targets;
  // What Method::Draw gave for these samples, as many rows of each tensor for
  // one sample as for another; empty: not drawn yet.
  std::vector<at::Tensor> draws;
  // The first view as Method::Prepare may have spoilt it; else undefined.
  CorruptedImages corrupted;
};

// The samples from `begin` to `end`.
DeviceBatch SliceBatch(const DeviceBatch& batch, int64_t begin, int64_t end);

struct Term {
  std::string name;
  at::Tensor value;   // scalar, not weighted
  double weight = 1;  // its factor in the total
};

struct StepOutput {
  std::vector<Term> terms;  // the method's own
  StepContext context;      // what auxiliary losses read
  // [B, D], detached: what an online probe reads. Of the encoder's output for
  // the first view (or mask), before any projection.
  at::Tensor embedding;
};

// What a method makes of masked images, for pictures.
struct Reconstruction {
  // [B, C, H, W], in the units of the input: the prediction, of the visible
  // patches too where the decoder predicts them (else they are the input's).
  at::Tensor images;
  at::Tensor mask;  // [B, N], 1 = removed
};

class Method : public torch::nn::Module {
 public:
  // request: what auxiliary losses will read of the context.
  explicit Method(ContextRequest request) : request_(std::move(request)) {}

  // The forward pass of one training step. `streams` give every random draw.
  StepOutput Step(const DeviceBatch& batch, const base::Streams& streams);

  // Once, before the first step of a new run: what is learned from the training
  // set as a whole. On several processes the first does it, and the others are
  // given its NamedState.
  virtual absl::Status Begin(
      const std::shared_ptr<const data::Dataset>& /*dataset*/) {
    return absl::OkStatus();
  }

  // What comes before both halves: the batch as Forward is to see it, from all
  // rows of this process. On several processes these are equal parts of a
  // batch, each a multiple of rows_together().
  virtual DeviceBatch Prepare(const DeviceBatch& batch,
                              const base::Streams& /*streams*/) const {
    return batch;
  }
  virtual int64_t rows_together() const { return 1; }
  // The random numbers of Forward, drawn on the host and on their way to the
  // batch's device. What comes after does not read `streams`.
  virtual std::vector<at::Tensor> Draw(const DeviceBatch& /*batch*/,
                                       const base::Streams& /*streams*/) const {
    return {};
  }
  // Whether Step, given the draws, neither waits for the device nor makes
  // tensors on the host: a CUDA graph can then hold it.
  virtual bool stays_on_device() const { return false; }

  // Its first half. Terms are means over the samples; tensors of the context
  // have samples as rows, in the batch's order.
  virtual StepOutput Forward(const DeviceBatch& batch,
                             const base::Streams& streams) = 0;
  // Its second half: terms over the whole batch, which reads the rows of other
  // processes through output.context.gather.
  virtual void AddBatchTerms(StepOutput& /*output*/) {}
  // From the output of Forward for the whole batch to that of Step.
  void Complete(const DeviceBatch& batch, const base::Streams& streams,
                StepOutput& output);

  // Around each step, outside of any shard: values that follow a schedule, and
  // EMA teachers.
  virtual void BeforeStep(const RunPosition& /*at*/) {}
  virtual void AfterOptimizerStep(const RunPosition& /*at*/) {}

  virtual vit::Encoder& encoder() = 0;
  // Null for methods that learn no classes.
  virtual vit::Classifier* classifier() { return nullptr; }
  // All that a checkpoint must hold. The encoder's and the decoder's weights
  // have the names of the official code, without the names of the members that
  // hold them.
  virtual vit::StateDict NamedState() const = 0;
  // Nothing for methods that do not reconstruct.
  virtual std::optional<Reconstruction> Reconstruct(
      const DeviceBatch& /*batch*/, const base::Streams& /*streams*/) {
    return std::nullopt;
  }

  // What Step costs for `batch` images, by part; empty: not known. The mask
  // ratio is that of the step before.
  virtual std::vector<ComponentCost> Costs(int64_t /*batch*/) const {
    return {};
  }
  // The sizes of what auxiliary losses read of it.
  virtual ContextSizes SizesFor(int64_t /*batch*/) const { return {}; }

  const ContextRequest& request() const { return request_; }
  // Which feature StepOutput::embedding is: the one that evaluations read, of
  // the tokens that the encoder saw (the visible ones of a masked autoencoder).
  void set_embedding_feature(eval::EvalSpec::Feature feature) {
    embedding_feature_ = feature;
  }
  // For runs of several processes.
  void set_gather(Gather gather) { gather_ = std::move(gather); }

 protected:
  // latent [B, 1 + Nv, D], the encoder's output -> StepOutput::embedding.
  at::Tensor Embedding(const at::Tensor& latent) const {
    return Pool(latent.detach(), embedding_feature_);
  }

 private:
  ContextRequest request_;
  Gather gather_ = NoGather;
  eval::EvalSpec::Feature embedding_feature_ = eval::EvalSpec::MEAN;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_METHOD_H_
