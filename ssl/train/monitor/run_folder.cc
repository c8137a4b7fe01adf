#include "ssl/train/monitor/run_folder.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <google/protobuf/util/message_differencer.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/user_path.h"
#include "ssl/spec/load_experiment.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kExperiment[] = "experiment.textproto";
constexpr char kLock[] = "lock";

// Returns the first difference as "modified: train.batch_size: 256 -> 128", or
// "".
std::string FirstDifference(const Experiment& there, const Experiment& here) {
  google::protobuf::util::MessageDifferencer differencer;
  std::string report;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(there, here)) return "";
  // Extensions read "(caldera.ssl.sgd)", which specs write as "sgd".
  std::string first(*absl::StrSplit(report, '\n').begin());
  for (size_t open; (open = first.find("(caldera.")) != std::string::npos;) {
    const size_t close = first.find(')', open);
    const size_t name = first.rfind('.', close) + 1;
    first.replace(open, close - open + 1, first.substr(name, close - name));
  }
  return first;
}

absl::Status CheckSameExperiment(const std::string& path,
                                 const Experiment& experiment) {
  ASSIGN_OR_RETURN(const Experiment there, ReadResolvedExperiment(absl::StrCat(
                                               path, "/", kExperiment)));
  const std::string difference = FirstDifference(there, Resolved(experiment));
  if (difference.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "run folder ", path, " holds another experiment (", difference,
      "); choose another --run_dir or remove the folder"));
}

// Checks that a folder without an experiment holds only what a start leaves
// behind that died before it wrote one.
absl::Status CheckNothingElse(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run folder ", path, " is not a folder; choose another --run_dir"));
  }
  const std::set<std::string> ours = {kLock, "checkpoints", "images",
                                      absl::StrCat(kExperiment, ".partial")};
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (ours.count(entry.path().filename()) > 0) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "folder ", path, " holds files but no run; choose another --run_dir"));
  }
  return absl::OkStatus();
}

// Checks that all that is written below the folder will have a path that the
// system takes; the first checkpoint would be the first to fail.
absl::Status CheckLength(const std::string& path) {
  constexpr size_t kLongestInside = 160;
  if (path.size() + kLongestInside < PATH_MAX) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "run folder ", path, ": the path has ", path.size(),
      " bytes, and with the names of its files more than the ", PATH_MAX,
      " that the system takes; choose another --run_dir"));
}

absl::Status CheckContent(const std::string& path,
                          const Experiment& experiment) {
  std::error_code error;
  if (!fs::exists(path, error)) return absl::OkStatus();
  return fs::exists(absl::StrCat(path, "/", kExperiment), error)
             ? CheckSameExperiment(path, experiment)
             : CheckNothingElse(path);
}

// Returns "process 123 on host", as the holder of the lock wrote it.
std::string Holder(int lock) {
  char text[256];
  const ssize_t size = pread(lock, text, sizeof(text), 0);
  return size > 0 ? std::string(text, static_cast<size_t>(size))
                  : "another process";
}

void WriteHolder(int lock) {
  char host[128] = "?";
  gethostname(host, sizeof(host) - 1);
  const std::string text = absl::StrCat("process ", getpid(), " on ", host);
  // The name is a courtesy; the lock holds without it.
  if (ftruncate(lock, 0) != 0 ||
      pwrite(lock, text.data(), text.size(), 0) < 0) {
    LOG(WARNING) << "cannot write the run folder's lock: "
                 << std::strerror(errno);
  }
}

absl::Status Lock(int lock, const std::string& path) {
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
    WriteHolder(lock);
    return absl::OkStatus();
  }
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("run folder ", path, " is in use by ", Holder(lock),
                     "; wait for it or choose another --run_dir"));
  }
  // Some cluster file systems are mounted without locks.
  LOG(WARNING) << "run folder " << path
               << " cannot be locked: " << std::strerror(errno)
               << "; start no second process on it";
  return absl::OkStatus();
}

}  // namespace

RunFolder::RunFolder(std::string path, int lock)
    : path_(std::move(path)), lock_(lock) {}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      log_(std::move(other.log_)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

absl::StatusOr<RunFolder> RunFolder::Open(const std::string& path,
                                          const Experiment& experiment) {
  RETURN_IF_ERROR(CheckLength(path));
  RETURN_IF_ERROR(CheckContent(path, experiment));
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    // A link without an end is "File exists" to the system.
    const bool link = error.value() == EEXIST;
    return absl::InternalError(
        absl::StrCat("cannot make run folder ", path, ": ",
                     link ? base::PathProblem(path) : error.message(),
                     "; choose another --run_dir"));
  }
  const std::string lock_path = absl::StrCat(path, "/", kLock);
  const int lock = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    return absl::InternalError(absl::StrCat("cannot write in run folder ", path,
                                            ": ", std::strerror(errno),
                                            "; choose another --run_dir"));
  }
  RunFolder folder(path, lock);
  RETURN_IF_ERROR(Lock(lock, path));
  // Checks again: another process may have come and gone before the lock.
  RETURN_IF_ERROR(CheckContent(path, experiment));
  for (const char* sub : {"checkpoints", "images"}) {
    fs::create_directories(folder.Path(sub), error);
    if (error) {
      return absl::InternalError(absl::StrCat("cannot make ", folder.Path(sub),
                                              ": ", error.message()));
    }
  }
  if (!fs::exists(folder.Path(kExperiment), error)) {
    const std::string text = ExperimentText(experiment);
    RETURN_IF_ERROR(base::ReplaceFile(folder.Path(kExperiment), {text}));
  }
  folder.log_ = RunLog::Open(folder.Path("log.txt"));
  return folder;
}

}  // namespace caldera::ssl
