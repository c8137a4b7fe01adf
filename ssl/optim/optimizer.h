// The interface of optimizers, as the training loop uses it.
//
//   std::unique_ptr<Optimizer> optimizer = MakeOptimizer(spec, parameters);
//   loss.backward();
//   optimizer->Step(/*lr=*/1e-3);
//   optimizer->ZeroGrad();
//
// Parameters of equal rate and equal decay form a group, and one call of a
// fused kernel updates a group. An algorithm is a file in ssl/optim/algorithms
// (docs/adding-an-optimizer.md).
#ifndef CALDERA_SSL_OPTIM_OPTIMIZER_H_
#define CALDERA_SSL_OPTIM_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/part.h"
#include "ssl/optim/optim.pb.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct OptimizerParameter {
  std::string name;
  at::Tensor tensor;
  double lr_scale = 1;  // its factor of the learning rate
  double weight_decay = 0;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Updates the parameters that have a gradient, once.
  void Step(double lr) {
    SetLearningRate(lr);
    Update({});
  }

  // The two halves of Step. Update reads the rate from a tensor on the device
  // of the parameters and nothing from the host, so that a CUDA graph can
  // contain it while SetLearningRate stays outside.
  //
  // `skip` is a float [1] on the device of the parameters; if it is 1,
  // parameters and state stay unchanged, whatever the gradients. Undefined:
  // update.
  void SetLearningRate(double lr);
  virtual void Update(const at::Tensor& skip) = 0;

  // Drops the gradients; backward then writes new ones without an addition.
  void ZeroGrad();

  // Both return the global 2-norm of all gradients, []; ClipGradNorm also
  // scales the gradients down if it exceeds `max_norm`, as clip_grad_norm_ of
  // torch does. Neither synchronises with the host.
  at::Tensor GradNorm() const;
  at::Tensor ClipGradNorm(double max_norm);

  // Returns the tensors of the optimizer as "<what>.<parameter>", to be saved
  // or copied into. Each algorithm chooses the names.
  vit::StateDict State() const;

 protected:
  // A list of tensors, one per parameter: momentum and the like.
  struct Slot {
    std::string name;
    std::vector<at::Tensor> tensors;
  };
  struct Group {
    double lr_scale = 1;
    double weight_decay = 0;
    at::Tensor rate;  // [], lr_scale times the learning rate
    std::vector<std::string> names;
    std::vector<at::Tensor> parameters;
    std::vector<Slot> slots;
  };
  // The parameters of a group that have a gradient; the lists are parallel.
  struct Active {
    std::vector<at::Tensor> parameters, grads;
    std::vector<std::vector<at::Tensor>> slots;
  };

  // Leaves out parameters that require no gradient.
  explicit Optimizer(const std::vector<OptimizerParameter>& parameters);

  // Adds a list of zeros to every group: of the shape and type of each
  // parameter, or float scalars on its device.
  void AddSlot(const std::string& name, bool scalar = false);

  // Returns the parameters of `group` that have a gradient, with their slots.
  static Active WithGradient(const Group& group);
  // Calls update(from, to) for runs of neighbours that make up the tensors: on
  // a CPU one a thread, where ATen's fused kernels would wake all threads for
  // every tensor.
  static void ForEachRun(const std::vector<at::Tensor>& tensors,
                         const std::function<void(size_t, size_t)>& update);
  // Returns the gradients of all groups.
  std::vector<at::Tensor> Gradients() const;

  std::vector<Group> groups_;
};

using OptimizerPart =
    base::PartKind<OptimizerSpec, Optimizer, std::vector<OptimizerParameter>>;

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_OPTIMIZER_H_
