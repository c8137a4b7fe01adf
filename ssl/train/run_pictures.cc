#include "ssl/train/run_pictures.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "data/loader.h"
#include "data/open_dataset.h"
#include "eval/line_chart.h"
#include "eval/png.h"
#include "eval/reconstruction_figure.h"
#include "ssl/train/device_batch.h"
#include "vit/replace_file.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kImages = 12;

// Normalised pixels [B, C, H, W] back to 0..1.
at::Tensor Denormalize(const at::Tensor& images,
                       const data::DatasetInfo& info) {
  const at::Tensor mean =
      at::tensor(info.mean, images.options()).view({1, -1, 1, 1});
  const at::Tensor std =
      at::tensor(info.std, images.options()).view({1, -1, 1, 1});
  return images * std + mean;
}

absl::Status DrawReconstructions(const Experiment& experiment,
                                 data::Split split, const RunFolder& folder,
                                 Method& method, const at::Device& device) {
  auto dataset = data::OpenDataset(experiment.data(), split);
  if (!dataset.ok()) return dataset.status();
  data::LoaderOptions options;
  options.batch_size = std::min<int64_t>(kImages, (*dataset)->size());
  options.image_size = experiment.encoder().image_size();
  options.workers = 0;
  auto loader = data::Loader::Create(*dataset, options);
  if (!loader.ok()) return loader.status();
  const auto batch = (*loader)->Next();
  if (!batch.ok()) return batch.status();

  const at::NoGradGuard no_grad;
  const data::DatasetInfo& info = (*dataset)->info();
  const DeviceBatch on_device = ToDevice(*batch, info, device);
  const data::Streams streams{experiment.seed(), /*step=*/0};
  method.eval();
  const std::optional<Reconstruction> reconstruction =
      method.Reconstruct(on_device, streams);
  method.train();
  if (!reconstruction.has_value()) return absl::OkStatus();
  return eval::WritePng(folder.Path("images/reconstructions.png"),
                        eval::ReconstructionFigure(
                            Denormalize(on_device.views[0], info).cpu(),
                            Denormalize(reconstruction->images, info).cpu(),
                            reconstruction->mask.cpu(),
                            experiment.encoder().patch_size(), kImages));
}

// The loss, and beside it each term where there are several.
std::vector<eval::Series> LossSeries(
    const std::vector<nlohmann::json>& metrics) {
  std::vector<eval::Series> series = {{"loss", {}, {}}};
  const auto first =
      std::find_if(metrics.begin(), metrics.end(),
                   [](const auto& row) { return row.contains("loss"); });
  if (first == metrics.end()) return series;
  for (const auto& [key, value] : first->items()) {
    if (first->contains(key + ".weight")) series.push_back({key, {}, {}});
  }
  if (series.size() == 2) series.pop_back();  // the one term is the loss
  for (const nlohmann::json& row : metrics) {
    for (eval::Series& one : series) {
      if (!row.contains(one.name) || !row[one.name].is_number()) continue;
      one.x.push_back(row["epoch"].get<double>());
      one.y.push_back(row[one.name].get<double>());
    }
  }
  return series;
}

}  // namespace

absl::Status DrawRun(const Experiment& experiment, const RunFolder& folder,
                     Trainer& trainer, const at::Device& device) {
  const std::string chart = eval::LineChartSvg("Training loss", "epoch", "loss",
                                               LossSeries(trainer.metrics()));
  const absl::Status status =
      vit::ReplaceFile(folder.Path("images/loss.svg"), {chart});
  if (!status.ok()) return status;
  // A set without a test split shows what it was trained on.
  const std::vector<data::Split>& splits = trainer.data_info().splits;
  const bool has_test =
      std::count(splits.begin(), splits.end(), data::Split::kTest) > 0;
  return DrawReconstructions(
      experiment, has_test ? data::Split::kTest : data::Split::kTrain, folder,
      trainer.method(), device);
}

}  // namespace caldera::ssl
