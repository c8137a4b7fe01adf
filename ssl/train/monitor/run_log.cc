#include "ssl/train/monitor/run_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/text/printable_text.h"

namespace caldera::ssl {
namespace {

// glog holds a lock while it calls a sink: this line cannot be a LOG().
void SayNotWritten(const std::string& path) {
  std::fprintf(stderr, "warning: %s cannot be written: %s; the run goes on\n",
               base::PrintableText(path).c_str(), std::strerror(errno));
}

}  // namespace

std::unique_ptr<RunLog> RunLog::Open(const std::string& path) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) SayNotWritten(path);
  auto log = std::unique_ptr<RunLog>(new RunLog(path, file));
  log->Line(absl::FormatTime("--- %Y-%m-%d %H:%M:%S UTC", absl::Now(),
                             absl::UTCTimeZone()));
  return log;
}

RunLog::RunLog(std::string path, int file)
    : path_(std::move(path)), file_(file) {
  google::AddLogSink(this);
}

RunLog::~RunLog() {
  google::RemoveLogSink(this);
  if (file_ >= 0) close(file_);
}

void RunLog::Line(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (file_ < 0) return;
  // One write of a line with O_APPEND does not mix with another's.
  const std::string line = base::PrintableText(text) + "\n";
  errno = ENOSPC;  // of a write that takes less than all
  const ssize_t written = write(file_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return;
  SayNotWritten(path_);
  close(std::exchange(file_, -1));
}

void RunLog::send(google::LogSeverity /*severity*/,
                  const char* /*full_filename*/, const char* /*base_filename*/,
                  int /*line*/, const google::LogMessageTime& /*time*/,
                  const char* message, size_t size) {
  Line(std::string(message, size));
}

}  // namespace caldera::ssl
