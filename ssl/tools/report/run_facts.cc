#include "ssl/tools/report/run_facts.h"

#include <google/protobuf/message.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ssl/tools/report/run_names.h"

namespace caldera::ssl {
namespace {

// The name of the field that a oneof has set, or "".
std::string Chosen(const google::protobuf::Message& message,
                   const char* oneof) {
  const auto* field = message.GetReflection()->GetOneofFieldDescriptor(
      message, message.GetDescriptor()->FindOneofByName(oneof));
  return field == nullptr ? "" : field->name();
}

std::string Term(const AuxiliaryLossSpec& term) {
  return absl::StrCat(" + ", Chosen(term, "loss"),
                      term.observe_only() ? " (observed)" : "");
}

std::string Method(const Experiment& experiment) {
  std::string method = Chosen(experiment, "method");
  if (experiment.has_mae()) {
    absl::StrAppend(&method, ", ", 100 * experiment.mae().mask_ratio(),
                    " % masked");
  }
  if (experiment.has_regularizer()) {
    absl::StrAppend(&method, Term(experiment.regularizer()));
  }
  for (const AuxiliaryLossSpec& term : experiment.auxiliary()) {
    absl::StrAppend(&method, Term(term));
  }
  return method;
}

std::string Length(const TrainSpec& train) {
  const std::string batches =
      absl::StrCat("in batches of ", train.batch_size(),
                   train.precision() == TrainSpec::BF16 ? ", bfloat16" : "");
  switch (train.length_case()) {
    case TrainSpec::kEpochs:
      return absl::StrCat(train.epochs(), " epochs ", batches);
    case TrainSpec::kSteps:
      return absl::StrCat(train.steps(), " steps ", batches);
    case TrainSpec::kExamples:
      return absl::StrCat(train.examples(), " examples ", batches);
    case TrainSpec::LENGTH_NOT_SET:  // no run that was started
      break;
  }
  return batches;
}

void AddExperiment(const Experiment& experiment, Fields* facts) {
  facts->emplace_back("Method", Method(experiment));
  const data::DataSpec& images = experiment.data();
  facts->emplace_back("Data", absl::StrCat(WithoutFolders(images.dataset()),
                                           ", ", images.split()));
  const vit::EncoderSpec& encoder = experiment.encoder();
  facts->emplace_back(
      "Encoder",
      absl::StrCat(encoder.image_size(), " px, patch ", encoder.patch_size(),
                   ", ", encoder.embed_dim(), " wide, ", encoder.depth(),
                   " blocks, ", encoder.num_heads(), " heads"));
  facts->emplace_back("Length", Length(experiment.train()));
  const OptimizerSpec& optimizer = experiment.optimizer();
  facts->emplace_back("Optimizer",
                      absl::StrCat(Chosen(optimizer, "algorithm"), ", base_lr ",
                                   optimizer.base_lr(), ", weight_decay ",
                                   optimizer.weight_decay()));
  facts->emplace_back("Seed", absl::StrCat(experiment.seed()));
}

// How far the log goes.
void AddProgress(const RunCourse& course, Fields* facts) {
  int64_t step = 0;
  double epoch = 0;
  for (const auto& [key, curve] : course.curves) {
    if (curve.step.empty() || curve.step.back() <= step) continue;
    step = curve.step.back();
    epoch = curve.epoch.back();
  }
  if (step == 0) return;
  facts->emplace_back("Logged until",
                      absl::StrFormat("step %d, epoch %.4g", step, epoch));
}

}  // namespace

Fields RunFacts(const RunRecord& run) {
  Fields facts;
  if (run.experiment.has_value()) AddExperiment(*run.experiment, &facts);
  AddProgress(run.course, &facts);
  for (const auto& [name, key] :
       {std::pair{"Device", "device"}, std::pair{"Processor", "processor"},
        std::pair{"LibTorch", "libtorch"}, std::pair{"Revision", "revision"}}) {
    const auto value = run.provenance.find(key);
    if (value != run.provenance.end() && value->is_string()) {
      facts.emplace_back(name, value->get<std::string>());
    }
  }
  return facts;
}

}  // namespace caldera::ssl
