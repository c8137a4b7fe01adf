#include "ssl/train/metrics_log.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "vit/replace_file.h"

namespace caldera::ssl {

using nlohmann::json;

absl::StatusOr<MetricsLog> MetricsLog::Open(const std::string& path,
                                            int64_t last_step) {
  MetricsLog log;
  log.path_ = path;
  std::string kept;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    json row = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!row.is_object() || !row.contains("step") ||
        !row["step"].is_number_integer() ||
        row["step"].get<int64_t>() > last_step) {
      continue;
    }
    absl::StrAppend(&kept, line, "\n");
    log.rows_.push_back(std::move(row));
  }
  const absl::Status status = vit::ReplaceFile(path, {kept});
  if (!status.ok()) return status;
  return log;
}

absl::Status MetricsLog::Append(const json& row) {
  std::ofstream file(path_, std::ios::app);
  file << row.dump() << "\n" << std::flush;
  if (!file) {
    return absl::InternalError(absl::StrCat("cannot write ", path_));
  }
  rows_.push_back(row);
  return absl::OkStatus();
}

}  // namespace caldera::ssl
