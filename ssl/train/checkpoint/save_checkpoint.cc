#include "ssl/train/checkpoint/save_checkpoint.h"

#include <glog/logging.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "vit/weights/safetensors.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kPartial[] = ".partial";

// Returns true if an exponent is all ones: that is, for NaN and infinity.
template <typename Bits>
bool HasExponent(const at::Tensor& tensor, Bits exponent) {
  const char* from = static_cast<const char*>(tensor.const_data_ptr());
  bool found = false;
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    Bits bits;
    std::memcpy(&bits, from + i * sizeof(Bits), sizeof(Bits));
    found |= (bits & exponent) == exponent;
  }
  return found;
}

bool IsFinite(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return !HasExponent<uint32_t>(tensor, 0x7f800000);
    case at::kDouble:
      return !HasExponent<uint64_t>(tensor, 0x7ff0000000000000);
    case at::kHalf:
      return !HasExponent<uint16_t>(tensor, 0x7c00);
    case at::kBFloat16:
      return !HasExponent<uint16_t>(tensor, 0x7f80);
    default:
      return true;
  }
}

void WarnUnless(const absl::Status& status) {
  if (!status.ok()) LOG(WARNING) << "checkpoints: " << status.message();
}

// Writes a new, durable file that consists of `pieces`; adds their size and
// checksum to `file`.
absl::Status WriteFile(base::FileSystem& files, const std::string& path,
                       const std::vector<absl::string_view>& pieces,
                       CheckpointManifest::File* file) {
  return base::WriteDurably(files, path, pieces, [&](absl::string_view run) {
    file->crc32 = Crc32(run, file->crc32);
    file->bytes += run.size();
  });
}

absl::Status WriteTensors(base::FileSystem& files, const std::string& path,
                          const vit::StateDict& state,
                          std::map<std::string, std::string> metadata,
                          CheckpointManifest::File* file) {
  metadata["format"] = "pt";
  ASSIGN_OR_RETURN(const auto layout,
                   vit::LayOutSafetensors(path, {state, std::move(metadata)}));
  std::vector<absl::string_view> pieces = {layout.header};
  for (const at::Tensor& tensor : layout.tensors) {
    pieces.push_back(vit::TensorBytes(tensor));
  }
  return WriteFile(files, path, pieces, file);
}

// Makes the folder `path` and writes all files of a checkpoint into it,
// durably.
absl::Status WriteFolder(base::FileSystem& files, const std::string& path,
                         const Checkpoint& checkpoint) {
  if (files.Mkdir(path) != 0) return base::FileError("make", path, errno);
  const auto in = [&](absl::string_view name) {
    return absl::StrCat(path, "/", name);
  };
  CheckpointManifest manifest{checkpoint.step, {}};
  RETURN_IF_ERROR(WriteTensors(files, in(Checkpoint::kModel), checkpoint.model,
                               checkpoint.metadata,
                               &manifest.files[Checkpoint::kModel]));
  RETURN_IF_ERROR(WriteTensors(files, in(Checkpoint::kOptimizer),
                               checkpoint.optimizer, {},
                               &manifest.files[Checkpoint::kOptimizer]));
  const std::string text = ManifestText(manifest);
  CheckpointManifest::File unused;
  RETURN_IF_ERROR(WriteFile(files, in(Checkpoint::kManifest), {text}, &unused));
  return base::SyncFolder(files, path);
}

// Hides the checkpoint by one rename, then removes it.
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

// Removes everything in `folder` whose name ends in .partial.
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
      RETURN_IF_ERROR(base::RemoveFolder(files, path));
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

absl::Status CheckFinite(const vit::StateDict& state) {
  for (const auto& [name, tensor] : state) {
    if (IsFinite(tensor)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the tensor \"", name, "\" is not finite"));
  }
  return absl::OkStatus();
}

absl::Status SaveCheckpoint(
    base::FileSystem& files, const std::string& folder,
    const Checkpoint& checkpoint, const CheckpointPlan& plan,
    const std::function<absl::Status()>& before_commit) {
  const std::string path = CheckpointPath(folder, checkpoint.step);
  const std::string partial = absl::StrCat(path, kPartial);
  RETURN_IF_ERROR(RemoveLeftovers(files, folder));
  absl::Status status = WriteFolder(files, partial, checkpoint);
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
        .IgnoreError();  // adds nothing to `status`
    return status;
  }
  RETURN_IF_ERROR(base::SyncFolder(files, folder));
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
  RETURN_IF_ERROR(RemoveLeftovers(files, folder));
  RETURN_IF_ERROR(ProbeWriting(files, folder));
  const fs::space_info space = fs::space(folder, error);
  if (error) return absl::OkStatus();  // the file system cannot tell
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
