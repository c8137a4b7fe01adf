// Writes metrics.jsonl: one JSON object a line, one line a logged step.
//
//   auto log = MetricsLog::Open("run/metrics.jsonl", /*last_step=*/1200);
//   log->Append({{"step", 1250}, {"loss", 0.41}});
#ifndef CALDERA_SSL_TRAIN_MONITOR_METRICS_LOG_H_
#define CALDERA_SSL_TRAIN_MONITOR_METRICS_LOG_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caldera::ssl {

class MetricsLog {
 public:
  // Keeps the lines up to `last_step`, where a resumed run goes on, and drops
  // later ones (and a half-written last line): the file then reads as if the
  // run had never been interrupted.
  static absl::StatusOr<MetricsLog> Open(const std::string& path,
                                         int64_t last_step);

  // Appends a line; the row contains its "step". Errors name the file and the
  // system's reason.
  absl::Status Append(const nlohmann::json& row);

  // Makes the lines so far survive a power cut: is called before a checkpoint
  // that covers them appears. May run beside Append in another thread.
  absl::Status Sync() const;

  // Returns all rows, the kept ones included.
  const std::vector<nlohmann::json>& rows() const { return rows_; }

 private:
  std::string path_;
  std::vector<nlohmann::json> rows_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_METRICS_LOG_H_
