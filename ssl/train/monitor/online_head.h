// A linear classifier that learns from features as they come.
//
//   OnlineHead head(/*embed_dim=*/128, /*num_classes=*/10, {}, device);
//   head.Learn(embedding, labels);                  // at each step
//   OnlineHead::Accuracy accuracy = head.Measure(features, labels);
//
// It minimises cross-entropy with AdamW without decay at a constant rate, from
// zero weights: the problem is convex, so nothing is drawn. A BatchNorm without
// weights comes first, as in MAE's linear probe (facebookresearch/mae,
// main_linprobe.py): means of tokens differ little beside what they have in
// common, and a classifier of the bare means is still learning long after the
// encoder has converged. No gradient flows back into the features.
#ifndef CALDERA_SSL_TRAIN_MONITOR_ONLINE_HEAD_H_
#define CALDERA_SSL_TRAIN_MONITOR_ONLINE_HEAD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "ssl/distributed/processes.h"
#include "ssl/optim/optimizer.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

class OnlineHead {
 public:
  struct Options {
    double lr = 1e-3;
    // The processes that learn together, each from its rank rows; outlive the
    // head.
    const Processes* processes = &Processes::Single();
  };

  OnlineHead(int64_t embed_dim, int64_t num_classes, const Options& options,
             const at::Device& device);

  // Takes one step: embedding [B, D] of any floating-point type, labels int64
  // [B], on the device; rows labelled -1 do not count. With several processes
  // mean, variance and gradient are those of the labelled rows of all, and all
  // heads stay equal to the bit. Does not wait for the device.
  void Learn(const at::Tensor& embedding, const at::Tensor& labels);

  struct Accuracy {
    double top1;  // percent
    double loss;  // cross-entropy, in nats
  };
  // Measures the head on features float [N, D] and labels int64 [N] >= 0, both
  // on the CPU, normalised by the running mean and variance (momentum 0.1).
  Accuracy Measure(const at::Tensor& features, const at::Tensor& labels) const;

  // Returns weights, moments, running mean and variance; not copies.
  vit::StateDict State() const;

 private:
  // Normalises [B, D] -> [B, D] by the statistics of the rows that are `known`
  // (float [B], 0 or 1) in all processes; updates the running ones.
  at::Tensor Normalize(const at::Tensor& x, const at::Tensor& known);

  const Options options_;
  at::Tensor weight_, bias_;               // [K, D], [K]
  at::Tensor running_mean_, running_var_;  // [D]
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_ONLINE_HEAD_H_
