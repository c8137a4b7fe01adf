// What the training loop knows of an optimizer.
//
//   std::unique_ptr<Optimizer> optimizer = MakeOptimizer(spec, parameters);
//   loss.backward();
//   optimizer->Step(/*lr=*/1e-3);
//   optimizer->ZeroGrad();
//
// Parameters of equal rate and equal decay form a group, and a group is updated
// by one call of a fused kernel. To add an algorithm: a message in optim.proto,
// a class in its own file, a case in make_optimizer.cc.
#ifndef CALDERA_SSL_OPTIM_OPTIMIZER_H_
#define CALDERA_SSL_OPTIM_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

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

  // One update of the parameters that have a gradient.
  void Step(double lr) {
    SetLearningRate(lr);
    Update({});
  }

  // The two halves of Step. Update reads the rate from a tensor on the
  // parameters' device and nothing from the host, so that a CUDA graph can hold
  // it while SetLearningRate stays outside.
  //
  // skip: float [1] on the parameters' device; where it is 1, parameters and
  // state stay as they are, whatever the gradients. Undefined: update.
  void SetLearningRate(double lr);
  virtual void Update(const at::Tensor& skip) = 0;

  // Drops the gradients; backward then writes new ones without an addition.
  void ZeroGrad();

  // The global 2-norm of all gradients, []; the second also scales them down
  // where it exceeds `max_norm`, as torch's clip_grad_norm_ does. No host
  // synchronisation.
  at::Tensor GradNorm() const;
  at::Tensor ClipGradNorm(double max_norm);

  // "<what>.<parameter>": the optimizer's own tensors, to be saved or copied
  // into. The names are each algorithm's.
  vit::StateDict State() const;

 protected:
  // A list of tensors, one a parameter: momentum and the like.
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
  // What of a group has a gradient; the lists are parallel.
  struct Active {
    std::vector<at::Tensor> parameters, grads;
    std::vector<std::vector<at::Tensor>> slots;
  };

  // Parameters that need no gradient are left out.
  explicit Optimizer(const std::vector<OptimizerParameter>& parameters);

  // Adds a list of zeros to every group: of each parameter's shape and type, or
  // float scalars on its device.
  void AddSlot(const std::string& name, bool scalar = false);

  static Active WithGradient(const Group& group);
  // The gradients of all groups.
  std::vector<at::Tensor> Gradients() const;

  std::vector<Group> groups_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_OPTIMIZER_H_
