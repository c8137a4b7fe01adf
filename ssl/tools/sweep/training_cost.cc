#include "ssl/tools/sweep/training_cost.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/replace_file.h"
#include "base/text/json_text.h"

namespace caldera::ssl {

std::string TrainingCostFile(const SweepRun& run) {
  return absl::StrCat(run.folder, "/training_cost.json");
}

absl::Status KeepTrainingCost(const SweepRun& run, const TrainingCost& cost) {
  const nlohmann::json kept = {
      {"minutes", cost.minutes},
      {"peak_gib", static_cast<double>(cost.peak_bytes) / (1 << 30)}};
  return base::ReplaceFile(TrainingCostFile(run), {base::JsonText(kept), "\n"});
}

}  // namespace caldera::ssl
