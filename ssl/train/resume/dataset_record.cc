#include "ssl/train/resume/dataset_record.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/text/json_text.h"
#include "ssl/train/checkpoint/checkpoint.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

constexpr int64_t kImages = 16;  // whose pixels are read

uint32_t Checksum(const at::Tensor& tensor, uint32_t so_far) {
  const at::Tensor bytes = tensor.contiguous();
  return Crc32(
      absl::string_view(static_cast<const char*>(bytes.const_data_ptr()),
                        bytes.nbytes()),
      so_far);
}

uint32_t PixelChecksum(const data::Dataset& dataset) {
  uint32_t sum = 0;
  const int64_t count = std::min(kImages, dataset.size());
  for (int64_t i = 0; i < count; ++i) {
    const auto image = dataset.Image(i * dataset.size() / count);
    sum = image.ok() ? Checksum(*image, sum) : Crc32("unreadable", sum);
  }
  return sum;
}

uint32_t LabelChecksum(const data::Dataset& dataset) {
  uint32_t sum = 0;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const int64_t label = dataset.Label(i);
    sum = Crc32(
        absl::string_view(reinterpret_cast<const char*>(&label), sizeof(label)),
        sum);
  }
  return sum;
}

}  // namespace

std::string DatasetRecord(const data::Dataset& dataset) {
  json record = {{"images", dataset.size()},
                 {"channels", dataset.info().channels},
                 {"class_names", dataset.info().class_names},
                 {"labels", LabelChecksum(dataset)},
                 {"pixels", PixelChecksum(dataset)}};
  return absl::StrCat(base::JsonText(record, /*indent=*/1), "\n");
}

std::string DatasetDifference(const std::string& before,
                              const std::string& after) {
  const json there = json::parse(before, nullptr, /*allow_exceptions=*/false);
  const json here = json::parse(after, nullptr, /*allow_exceptions=*/false);
  if (!there.is_object() || !here.is_object()) return "its record is damaged";
  // What a person can name comes first.
  for (const char* key : {"images", "channels", "class_names"}) {
    const json a = there.value(key, json()), b = here.value(key, json());
    if (a == b) continue;
    if (a.is_array()) return "the names of its classes";
    return absl::StrCat(key, ": ", base::JsonText(a), " -> ",
                        base::JsonText(b));
  }
  if (there.value("labels", json()) != here.value("labels", json())) {
    return "which images belong to which class";
  }
  if (there.value("pixels", json()) != here.value("pixels", json())) {
    return "the pixels of its images";
  }
  return "";
}

}  // namespace caldera::ssl
