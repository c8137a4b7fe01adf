#include "ssl/train/checkpoint/save_checkpoint.h"

#include <fcntl.h>
#include <glog/logging.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "ssl/train/checkpoint/checkpoint_manifest.h"
#include "vit/weights/safetensors.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kPartial[] = ".partial";
// A piece is checksummed while the cache holds it for the write.
constexpr size_t kPiece = 1 << 20;

void WarnUnless(const absl::Status& status) {
  if (!status.ok()) LOG(WARNING) << "checkpoints: " << status.message();
}

absl::Status WriteAll(base::FileSystem& files, int fd, absl::string_view bytes,
                      const std::string& path, CheckpointManifest::File* file) {
  while (!bytes.empty()) {
    const size_t size = std::min(bytes.size(), kPiece);
    const ssize_t written = files.Write(fd, bytes.data(), size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::FileError("write", path, errno);
    if (written == 0) return base::FileError("write", path, EIO);
    const absl::string_view piece =
        bytes.substr(0, static_cast<size_t>(written));
    file->crc32 = Crc32(piece, file->crc32);
    file->bytes += piece.size();
    bytes.remove_prefix(piece.size());
  }
  return absl::OkStatus();
}

// A new file of `pieces`, durable; their size and checksum go to `file`.
absl::Status WriteFile(base::FileSystem& files, const std::string& path,
                       const std::vector<absl::string_view>& pieces,
                       CheckpointManifest::File* file) {
  const int fd = files.Open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd < 0) return base::FileError("create", path, errno);
  absl::Status status;
  for (const absl::string_view piece : pieces) {
    status = WriteAll(files, fd, piece, path, file);
    if (!status.ok()) break;
  }
  if (status.ok() && files.Fsync(fd) != 0) {
    status = base::FileError("sync", path, errno);
  }
  if (files.Close(fd) != 0 && status.ok()) {
    status = base::FileError("close", path, errno);
  }
  return status;
}

absl::Status WriteTensors(base::FileSystem& files, const std::string& path,
                          const vit::StateDict& state,
                          std::map<std::string, std::string> metadata,
                          CheckpointManifest::File* file) {
  metadata["format"] = "pt";
  const auto layout =
      vit::LayOutSafetensors(path, {state, std::move(metadata)});
  if (!layout.ok()) return layout.status();
  std::vector<absl::string_view> pieces = {layout->header};
  for (const at::Tensor& tensor : layout->tensors) {
    pieces.push_back(vit::TensorBytes(tensor));
  }
  return WriteFile(files, path, pieces, file);
}

// All of a checkpoint under `path`, which is made and durable.
absl::Status WriteFolder(base::FileSystem& files, const std::string& path,
                         const Checkpoint& checkpoint) {
  if (files.Mkdir(path) != 0) return base::FileError("make", path, errno);
  const auto in = [&](absl::string_view name) {
    return absl::StrCat(path, "/", name);
  };
  CheckpointManifest manifest{checkpoint.step, {}};
  absl::Status status =
      WriteTensors(files, in(Checkpoint::kModel), checkpoint.model,
                   checkpoint.metadata, &manifest.files[Checkpoint::kModel]);
  if (!status.ok()) return status;
  status = WriteTensors(files, in(Checkpoint::kOptimizer), checkpoint.optimizer,
                        {}, &manifest.files[Checkpoint::kOptimizer]);
  if (!status.ok()) return status;
  const std::string text = ManifestText(manifest);
  CheckpointManifest::File unused;
  status = WriteFile(files, in(Checkpoint::kManifest), {text}, &unused);
  if (!status.ok()) return status;
  return base::SyncFolder(files, path);
}

// Out of sight at once, then removed.
absl::Status RemoveCheckpoint(base::FileSystem& files,
                              const std::string& path) {
  const std::string partial = absl::StrCat(path, ".old", kPartial);
  if (files.Rename(path, partial) != 0) {
    return base::FileError("rename", path, errno);
  }
  return base::RemoveFolder(files, partial);
}

absl::Status PointTo(base::FileSystem& files, const std::string& folder,
                     int64_t step) {
  const std::string link = absl::StrCat(folder, "/latest");
  const std::string partial = absl::StrCat(link, kPartial);
  const std::string target = fs::path(CheckpointPath("", step)).filename();
  if (files.Symlink(target, partial) != 0) {
    return base::FileError("make link", partial, errno);
  }
  if (files.Rename(partial, link) != 0)
    return base::FileError("rename", link, errno);
  return absl::OkStatus();
}

// Everything in `folder` whose name ends in .partial.
absl::Status RemoveLeftovers(base::FileSystem& files,
                             const std::string& folder) {
  std::vector<fs::directory_entry> leftovers;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (absl::EndsWith(entry.path().string(), kPartial)) {
      leftovers.push_back(entry);
    }
  }
  for (const fs::directory_entry& entry : leftovers) {
    const std::string path = entry.path().string();
    if (!entry.is_symlink(error) && entry.is_directory(error)) {
      const absl::Status status = base::RemoveFolder(files, path);
      if (!status.ok()) return status;
    } else if (files.Unlink(path) != 0) {
      return base::FileError("remove", path, errno);
    }
  }
  return absl::OkStatus();
}

absl::Status ProbeWriting(base::FileSystem& files, const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/probe", kPartial);
  const std::string page(4096, 'x');
  CheckpointManifest::File unused;
  const absl::Status status = WriteFile(files, path, {page}, &unused);
  files.Unlink(path);
  return status;
}

}  // namespace

absl::Status SaveCheckpoint(
    base::FileSystem& files, const std::string& folder,
    const Checkpoint& checkpoint, const CheckpointPlan& plan,
    const std::function<absl::Status()>& before_commit) {
  const std::string path = CheckpointPath(folder, checkpoint.step);
  const std::string partial = absl::StrCat(path, kPartial);
  absl::Status status = RemoveLeftovers(files, folder);
  if (!status.ok()) return status;
  status = WriteFolder(files, partial, checkpoint);
  if (status.ok() && before_commit) status = before_commit();
  std::error_code error;
  if (status.ok() && fs::exists(path, error)) {
    status = RemoveCheckpoint(files, path);
  }
  if (status.ok() && files.Rename(partial, path) != 0) {
    status = base::FileError("rename to", path, errno);
  }
  if (!status.ok()) {
    base::RemoveFolder(files, partial)
        .IgnoreError();  // its error would be no news
    return status;
  }
  status = base::SyncFolder(files, folder);
  if (!status.ok()) return status;
  WarnUnless(PointTo(files, folder, checkpoint.step));
  for (const int64_t step :
       StepsToRemove(plan, CheckpointSteps(folder), checkpoint.step)) {
    WarnUnless(RemoveCheckpoint(files, CheckpointPath(folder, step)));
  }
  return absl::OkStatus();
}

absl::Status PrepareCheckpoints(base::FileSystem& files,
                                const std::string& folder, uint64_t bytes,
                                const CheckpointPlan& plan) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return base::FileError("make", folder, error.value());
  absl::Status status = RemoveLeftovers(files, folder);
  if (status.ok()) status = ProbeWriting(files, folder);
  if (!status.ok()) return status;
  const fs::space_info space = fs::space(folder, error);
  if (error) return absl::OkStatus();  // a file system that does not tell
  const int64_t there = static_cast<int64_t>(CheckpointSteps(folder).size());
  const int64_t more = std::max<int64_t>(1, MostCheckpoints(plan) - there);
  const double needed = static_cast<double>(bytes) * static_cast<double>(more);
  if (static_cast<double>(space.available) >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrFormat(
      "%s: the disk has %.1f MB left, but %d checkpoints of %.1f MB are to be "
      "written; make room or lower train.keep_checkpoints",
      folder, static_cast<double>(space.available) / 1e6, more,
      static_cast<double>(bytes) / 1e6));
}

}  // namespace caldera::ssl
