#include "ssl/train/run_folder.h"

#include <fcntl.h>
#include <google/protobuf/util/message_differencer.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ssl/spec/load_experiment.h"
#include "vit/replace_file.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kExperiment[] = "experiment.textproto";
constexpr char kLock[] = "lock";

// The first difference as "modified: train.batch_size: 256 -> 128", or "".
std::string FirstDifference(const Experiment& there, const Experiment& here) {
  google::protobuf::util::MessageDifferencer differencer;
  std::string report;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(there, here)) return "";
  return std::string(*absl::StrSplit(report, '\n').begin());
}

absl::Status CheckSameExperiment(const std::string& path,
                                 const Experiment& experiment) {
  const auto there =
      ReadResolvedExperiment(absl::StrCat(path, "/", kExperiment));
  if (!there.ok()) return there.status();
  const std::string difference = FirstDifference(*there, experiment);
  if (difference.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "run folder ", path, " holds another experiment (", difference,
      "); choose another --run_dir or remove the folder"));
}

}  // namespace

RunFolder::RunFolder(std::string path, int lock)
    : path_(std::move(path)), lock_(lock) {}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

absl::StatusOr<RunFolder> RunFolder::Open(const std::string& path,
                                          const Experiment& experiment) {
  std::error_code error;
  const bool has_experiment =
      fs::exists(absl::StrCat(path, "/", kExperiment), error);
  if (fs::exists(path, error) && !has_experiment) {
    if (!fs::is_directory(path, error)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "run folder ", path, " is no folder; choose another --run_dir"));
    }
    // A start that died before it wrote the experiment leaves the lock alone.
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.path().filename() == kLock) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("folder ", path,
                       " holds files but no run; choose another --run_dir"));
    }
  }
  if (has_experiment) {
    const absl::Status same = CheckSameExperiment(path, experiment);
    if (!same.ok()) return same;
  }
  fs::create_directories(path, error);
  if (error) {
    return absl::InternalError(absl::StrCat("cannot make run folder ", path,
                                            ": ", error.message(),
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
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run folder ", path,
        " is in use by another process; wait for it or choose another "
        "--run_dir"));
  }
  for (const char* sub : {"checkpoints", "images"}) {
    fs::create_directories(folder.Path(sub), error);
    if (error) {
      return absl::InternalError(absl::StrCat("cannot make ", folder.Path(sub),
                                              ": ", error.message()));
    }
  }
  if (!has_experiment) {
    const std::string text = ExperimentText(experiment);
    const absl::Status status =
        vit::ReplaceFile(folder.Path(kExperiment), {text});
    if (!status.ok()) return status;
  }
  return folder;
}

}  // namespace caldera::ssl
