#include "eval/measuring_peak_testing.h"

#include <ATen/ops/empty.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/machine/process_memory.h"
#include "base/program/missing.h"
#include "base/status.h"
#include "data/sets/dataset.h"
#include "eval/evaluate_encoder.h"
#include "eval/evaluate_pixels.h"
#include "eval/features/evaluation_sets.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"

namespace caldera::eval {
namespace {

using nlohmann::json;

// Colour images of stripes, whose brightness depends on the label.
class Stripes : public data::Dataset {
 public:
  Stripes(int64_t size, int64_t side) : size_(size) {
    info_.name = "stripes";
    info_.num_classes = 10;
    info_.SetSize(3, side, side);
  }

  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }
  int64_t Label(int64_t i) const override { return i % 10; }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    const at::Tensor image =
        at::empty({3, info_.height, info_.width}, at::kByte);
    uint8_t* pixel = image.mutable_data_ptr<uint8_t>();
    for (int64_t row = 0; row < 3 * info_.height; ++row) {
      const int64_t noise = (i * 7919 + row * (i % 89 + 31)) % 97;
      const bool own = row * 10 / (3 * info_.height) == Label(i);
      std::memset(pixel + row * info_.width,
                  static_cast<int>(noise + (own ? 150 : 0)), info_.width);
    }
    return image;
  }

 private:
  int64_t size_;
  data::DatasetInfo info_;
};

int64_t Kilobytes(const char* key) {
  return base::ReadKilobytes("/proc/self/status", key).value_or(0);
}

absl::StatusOr<json> Measure(int64_t train, int64_t test, int64_t side,
                             double memory_gb) {
  vit::EncoderSpec sizes;
  sizes.set_image_size(static_cast<int>(side));
  sizes.set_patch_size(static_cast<int>(side / 8));
  sizes.set_embed_dim(64);
  sizes.set_depth(2);
  sizes.set_num_heads(2);
  vit::Encoder encoder(sizes);
  vit::InitializeVit(encoder, /*seed=*/0);
  const EvaluationSets sets{std::make_shared<Stripes>(train, side),
                            std::make_shared<Stripes>(test, side), 10};
  EvalSpec spec;
  spec.set_memory_gb(memory_gb);
  spec.mutable_linear()->set_max_iterations(30);
  json result = {{"rows", 0}, {"side", side}, {"before", Kilobytes("VmRSS:")}};
  const auto emit = [&](const json& row) {
    result["rows"] = result["rows"].get<int>() + 1;
    if (row["setting"].contains("side"))
      result["side"] = row["setting"]["side"];
    return absl::OkStatus();
  };
  base::Missing missing;
  RETURN_IF_ERROR(EvaluateEncoder("small", encoder, sets, spec, Tasks{},
                                  at::kCPU, emit, missing));
  EvaluatePixels(sets, side, spec, Tasks{}, emit, missing);
  if (!missing.empty()) return absl::InternalError(missing.Lines()[0]);
  result["bytes"] = Kilobytes("VmHWM:");
  return result;
}

// Runs `work` in a child process and returns what it wrote.
std::string InChild(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return "";
  const pid_t child = fork();
  if (child == 0) {
    // What is given back leaves the process at once, so that the peak is that
    // of what is held.
    mallopt(M_MMAP_THRESHOLD, 1 << 18);
    mallopt(M_ARENA_MAX, 2);
    const std::string text = work();
    const auto written = write(ends[1], text.data(), text.size());
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, n);
  }
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return text;
}

}  // namespace

MeasuredPeak PeakOfMeasuring(int64_t train, int64_t test, int64_t side,
                             double memory_gb) {
  const std::string text = InChild([&] {
    const auto result = Measure(train, test, side, memory_gb);
    return result.ok() ? result->dump() : result.status().ToString();
  });
  const json result = json::parse(text, nullptr, /*allow_exceptions=*/false);
  MeasuredPeak peak;
  if (!result.is_object()) {
    peak.error = text.empty() ? "the process died" : text;
    return peak;
  }
  peak.bytes = result["bytes"];
  peak.before = result["before"];
  peak.rows = result["rows"];
  peak.side = result["side"];
  return peak;
}

}  // namespace caldera::eval
