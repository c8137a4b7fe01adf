#include "ssl/train/monitor/run_folder.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/checkpoint/checkpoint.h"
#include "ssl/train/resume/dataset_record.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kExperiment[] = "experiment.textproto";
constexpr char kLock[] = "lock";
constexpr int64_t kMaxBytes = int64_t{64} << 20;  // of a text

// Returns what the experiment changes of the one in the folder.
absl::StatusOr<std::vector<std::string>> AcceptedChanges(
    const std::string& path, const Experiment& experiment,
    ResumeOptions options) {
  ASSIGN_OR_RETURN(const Experiment there, ReadResolvedExperiment(absl::StrCat(
                                               path, "/", kExperiment)));
  // A folder of an earlier version has no record.
  const absl::StatusOr<std::string> record =
      base::ReadFile(absl::StrCat(path, "/", kDatasetRecord), kMaxBytes);
  if (record.ok() && !options.dataset.empty()) {
    const std::string difference = DatasetDifference(*record, options.dataset);
    if (!difference.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "run folder ", path, " was trained on another data set (", difference,
          "); choose another --run (--fork=", path,
          " begins it with this run's weights), or give it the set it had"));
    }
    options.same_dataset = true;
  }
  auto changes = DecideResume(there, Resolved(experiment), options);
  if (changes.ok()) return changes;
  return absl::FailedPreconditionError(absl::StrCat(
      "run folder ", path, " holds another experiment ",
      changes.status().message(), "; choose another --run (--fork=", path,
      " begins it with this run's weights) or remove the folder"));
}

// Returns the comments at the head of a folder's experiment: its history.
absl::StatusOr<std::string> History(const std::string& experiment_path) {
  ASSIGN_OR_RETURN(const std::string text,
                   base::ReadFile(experiment_path, kMaxBytes));
  std::string history;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, "#")) break;
    absl::StrAppend(&history, line, "\n");
  }
  return history;
}

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc = {};
  gmtime_r(&now, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof(text), "%Y-%m-%d", &utc));
}

// Writes the experiment in the place of the folder's own, below a history with
// a further line for each change. Comments keep the file readable to programs
// that know of no history.
absl::Status RecordChanges(const RunFolder& folder,
                           const Experiment& experiment,
                           const std::vector<std::string>& changes) {
  const std::string path = folder.Path(kExperiment);
  ASSIGN_OR_RETURN(std::string text, History(path));
  const auto steps = CheckpointSteps(folder.Path("checkpoints"));
  for (const std::string& change : changes) {
    // A value may be a text with a line break.
    absl::StrAppend(&text, "# ", Today(), ", from step ",
                    steps.empty() ? 0 : steps.front(), ": ",
                    base::PrintableText(change), "\n");
  }
  absl::StrAppend(&text, ExperimentText(experiment));
  return base::ReplaceFile(path, {text});
}

// Checks that a folder without an experiment holds only what a start leaves
// behind that died before it wrote one.
absl::Status CheckNothingElse(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run folder ", path, " is not a folder; choose another --run"));
  }
  const std::set<std::string> ours = {kLock, "checkpoints", "images",
                                      absl::StrCat(kExperiment, ".partial")};
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (ours.count(entry.path().filename()) > 0) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "folder ", path, " holds files but no run; choose another --run"));
  }
  return absl::OkStatus();
}

// Checks that all that is written below the folder will have a path that the
// system takes; the first checkpoint would be the first to fail.
absl::Status CheckLength(const std::string& path) {
  constexpr size_t kLongestInside = 160;
  if (path.size() + kLongestInside < PATH_MAX) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("run folder ", path, ": the path has ", path.size(),
                   " bytes, and with the names of its files more than the ",
                   PATH_MAX, " that the system takes; choose another --run"));
}

// Returns the changes that the folder takes; an error if it is refused.
absl::StatusOr<std::vector<std::string>> CheckContent(
    const std::string& path, const Experiment& experiment,
    const ResumeOptions& options) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::vector<std::string>();
  if (fs::exists(absl::StrCat(path, "/", kExperiment), error)) {
    return AcceptedChanges(path, experiment, options);
  }
  RETURN_IF_ERROR(CheckNothingElse(path));
  return std::vector<std::string>();
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
                     "; wait for it or choose another --run"));
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
      changes_(std::move(other.changes_)),
      lock_(std::exchange(other.lock_, -1)),
      log_(std::move(other.log_)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

absl::StatusOr<RunFolder> RunFolder::Open(const std::string& path,
                                          const Experiment& experiment,
                                          const ResumeOptions& options) {
  RETURN_IF_ERROR(CheckLength(path));
  RETURN_IF_ERROR(CheckContent(path, experiment, options).status());
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    // A link without an end is "File exists" to the system.
    const bool link = error.value() == EEXIST;
    return absl::InternalError(
        absl::StrCat("cannot make run folder ", path, ": ",
                     link ? base::PathProblem(path) : error.message(),
                     "; choose another --run"));
  }
  const std::string lock_path = absl::StrCat(path, "/", kLock);
  const int lock = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    return absl::InternalError(absl::StrCat("cannot write in run folder ", path,
                                            ": ", std::strerror(errno),
                                            "; choose another --run"));
  }
  RunFolder folder(path, lock);
  RETURN_IF_ERROR(Lock(lock, path));
  // Checks again: another process may have come and gone before the lock.
  ASSIGN_OR_RETURN(folder.changes_, CheckContent(path, experiment, options));
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
  } else if (!folder.changes_.empty()) {
    RETURN_IF_ERROR(RecordChanges(folder, experiment, folder.changes_));
  }
  const std::string record = folder.Path(kDatasetRecord);
  if (!options.dataset.empty() && !fs::exists(record, error)) {
    RETURN_IF_ERROR(base::ReplaceFile(record, {options.dataset}));
  }
  folder.log_ = RunLog::Open(folder.Path("log.txt"));
  return folder;
}

}  // namespace caldera::ssl
