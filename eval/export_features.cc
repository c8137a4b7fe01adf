#include "eval/export_features.h"

#include <ATen/ops/arange.h>

#include <utility>

#include "base/status.h"
#include "base/text/json_text.h"
#include "eval/features/labelled_features.h"
#include "vit/weights/safetensors.h"

namespace caldera::eval {

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
                  {"index", at::arange(data.labels.size(0), at::kLong)}};
  file.metadata = std::move(metadata);
  file.metadata["caldera.setting"] = base::JsonText(SettingOf(readout));
  return vit::WriteSafetensors(path, file);
}

}  // namespace caldera::eval
