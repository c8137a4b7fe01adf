// The log of a run, log.txt in its folder: what the program says on stderr, for
// whoever has closed the terminal or the pipe.
//
//   const std::unique_ptr<RunLog> log = RunLog::Open("runs/a/b/log.txt");
//   log->Line("training m_mae: 1500 steps");
//
// While it lives, the warnings and notes of LOG() are in it too. Lines are
// appended, over all starts of a run; each start begins with the date.
//
// Caveat: it is a courtesy. Where it cannot be written, it says so once on
// stderr and the run goes on.
#ifndef CALDERA_SSL_TRAIN_MONITOR_RUN_LOG_H_
#define CALDERA_SSL_TRAIN_MONITOR_RUN_LOG_H_

#include <glog/logging.h>

#include <memory>
#include <mutex>
#include <string>

namespace caldera::ssl {

class RunLog : private google::LogSink {
 public:
  static std::unique_ptr<RunLog> Open(const std::string& path);
  ~RunLog() override;
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  // Appends a line.
  void Line(const std::string& text);

 private:
  RunLog(std::string path, int file);
  void send(google::LogSeverity severity, const char* full_filename,
            const char* base_filename, int line,
            const google::LogMessageTime& time, const char* message,
            size_t size) override;

  const std::string path_;
  std::mutex mutex_;
  int file_;  // -1: not written any more
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_RUN_LOG_H_
