// The methods of the tests: 8 x 8 images of one channel, 16 patches, width 16,
// two blocks.
//
//   for (const auto& [name, experiment] : TinyMethods()) {
//     TinyModel model(experiment);
//     at::Tensor total = model.Total(model.method->Step(batch, {0, 0}));
//   }
#ifndef CALDERA_SSL_OBJECTIVE_TINY_METHODS_TESTING_H_
#define CALDERA_SSL_OBJECTIVE_TINY_METHODS_TESTING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "magma/exchange.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/objective/objective.h"

namespace caldera::ssl {

// Returns the tiny encoder and the fields that `text`, an Experiment in text
// format, adds.
Experiment TinyExperiment(const std::string& text);

// Returns the masked autoencoder with every component at its default.
Experiment TinyMae();

// Returns every method, by name, and MAE with each of its components, two
// shapes of MAGMA and U-MAE among them; and the example of every part that
// registers itself with one. DMAE's teacher, from which one of the classifiers
// starts, is a file of this test.
std::map<std::string, Experiment> TinyMethods();

std::vector<std::string> TinyMethodNames();

// Returns the path of an encoder.safetensors of the tiny sizes, of another
// seed.
std::string TinyTeacher();

// A method and its objective, in float64.
struct TinyModel {
  explicit TinyModel(const Experiment& experiment,
                     const magma::Exchange& exchange = {});
  TinyModel(ExperimentPlan plan, const magma::Exchange& exchange);

  at::Tensor Total(const StepOutput& output) const;
  // Returns all trained parameters, those of the terms included, by name.
  std::map<std::string, at::Tensor> Parameters() const;

  Objective objective;
  std::shared_ptr<Method> method;
};

// Returns `b` random images of labels 0 to 9, with as many views of each as the
// experiment has.
DeviceBatch TinyBatch(const Experiment& experiment, int64_t b);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OBJECTIVE_TINY_METHODS_TESTING_H_
