#include "eval/export_features.h"

#include <ATen/ops/tensor.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/text/json_text.h"
#include "data/loader/bad_images.h"
#include "eval/features/labelled_features.h"
#include "vit/weights/safetensors.h"

namespace caldera::eval {

namespace {

// Returns the positions of the images that could be read, int64 [N].
at::Tensor IndexOf(const data::Dataset& images,
                   const std::shared_ptr<data::BadImages>& bad) {
  std::vector<int64_t> index;
  for (int64_t i = 0; i < images.size(); ++i) {
    if (bad == nullptr || !bad->Has(images.OriginalIndex(i))) {
      index.push_back(i);
    }
  }
  return at::tensor(index, at::kLong);
}

}  // namespace

absl::Status ExportFeatures(const std::string& path, vit::Encoder& encoder,
                            const std::shared_ptr<const data::Dataset>& images,
                            const Readout& readout,
                            const ExtractOptions& options,
                            std::map<std::string, std::string> metadata) {
  ASSIGN_OR_RETURN(const auto extracted,
                   ExtractReadouts(encoder, images, {readout}, options));
  const LabelledFeatures& data = extracted[0];
  RETURN_IF_ERROR(CheckFeatures(data.features, path));
  vit::Safetensors file;
  file.tensors = {{"features", data.features},
                  {"labels", data.labels},
                  {"index", IndexOf(*images, options.bad_images)}};
  file.metadata = std::move(metadata);
  file.metadata["caldera.setting"] = base::JsonText(SettingOf(readout));
  return vit::WriteSafetensors(path, file);
}

}  // namespace caldera::eval
