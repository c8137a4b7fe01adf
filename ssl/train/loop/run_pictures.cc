#include "ssl/train/loop/run_pictures.h"

#include <optional>
#include <string>
#include <vector>

#include "base/draw/png.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "ssl/train/monitor/reconstruction_pictures.h"
#include "ssl/train/monitor/run_charts.h"

namespace caldera::ssl {
namespace {

// The regularizer's name in metrics: that of its field ("magma").
std::string NameOf(const AuxiliaryLossSpec& regularizer) {
  const auto* loss = AuxiliaryLossSpec::descriptor()->FindOneofByName("loss");
  const auto* field =
      regularizer.GetReflection()->GetOneofFieldDescriptor(regularizer, loss);
  return field == nullptr ? "" : field->name();
}

absl::Status DrawCharts(const std::vector<nlohmann::json>& metrics,
                        const std::string& regularizer,
                        const RunFolder& folder) {
  RETURN_IF_ERROR(
      base::ReplaceFile(folder.Path("images/loss.svg"), {LossChart(metrics)}));
  const std::optional<std::string> figure2 = Figure2(metrics, regularizer);
  if (!figure2.has_value()) return absl::OkStatus();
  return base::ReplaceFile(folder.Path("images/figure2.svg"), {*figure2});
}

}  // namespace

absl::Status DrawRun(const Experiment& experiment, const RunFolder& folder,
                     Trainer& trainer, const at::Device& device) {
  RETURN_IF_ERROR(
      DrawCharts(trainer.metrics(), NameOf(experiment.regularizer()), folder));
  ASSIGN_OR_RETURN(const auto pictures,
                   ReconstructionPictures::Open(
                       experiment, trainer.data_info().splits, device));
  const std::optional<at::Tensor> picture = pictures.Draw(trainer.method());
  if (!picture.has_value()) return absl::OkStatus();
  return base::WritePng(folder.Path("images/reconstructions.png"), *picture);
}

}  // namespace caldera::ssl
