#include "ssl/train/monitor/metrics_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/json_text.h"

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
  RETURN_IF_ERROR(base::ReplaceFile(path, {kept}));
  return log;
}

absl::Status MetricsLog::Append(const json& row) {
  const std::string line = base::JsonText(row) + "\n";
  const int fd =
      open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ssize_t written = -1;
  if (fd >= 0) {
    do {
      written = write(fd, line.data(), line.size());
    } while (written < 0 && errno == EINTR);
  }
  // The line is written completely or, on a full disk, in part; the next Open
  // drops an incomplete line.
  const int error = written < 0 ? errno : ENOSPC;
  if (fd >= 0) close(fd);
  if (written != static_cast<ssize_t>(line.size())) {
    return absl::ErrnoToStatus(error, absl::StrCat("cannot write ", path_));
  }
  rows_.push_back(row);
  return absl::OkStatus();
}

absl::Status MetricsLog::Sync() const {
  const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  const int error = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0) close(fd);
  if (error == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(error, absl::StrCat("cannot sync ", path_));
}

}  // namespace caldera::ssl
