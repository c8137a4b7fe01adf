#include "data/idx_file.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "data/idx_format.h"

namespace caldera::data {
namespace {

absl::StatusOr<std::string> ReadAll(int file, const std::string& path) {
  struct stat info;
  if (fstat(file, &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot read it"));
  }
  // A pipe or device could give bytes without end.
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not a regular file; name an IDX file"));
  }
  std::string bytes(info.st_size, '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(file, &bytes[done], bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot read it"));
    }
    if (count == 0) break;  // it shrank meanwhile; the parser will say so
    done += count;
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

absl::StatusOr<at::Tensor> ReadIdxFile(const std::string& path) {
  // Non-blocking: a pipe without a writer must not hang the open.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat(path, ": cannot open it; check name and access"));
  }
  const absl::StatusOr<std::string> bytes = ReadAll(file, path);
  close(file);
  if (!bytes.ok()) return bytes.status();
  return ParseIdx(*bytes, path);
}

absl::StatusOr<at::Tensor> ParseIdx(absl::string_view bytes,
                                    absl::string_view name) {
  absl::StatusOr<IdxData> idx = DecodeIdx(bytes, name);
  if (!idx.ok()) return idx.status();
  // from_blob of nothing would keep a null pointer.
  if (idx->payload.empty()) return at::empty(idx->dims, at::kByte);
  // The tensor takes the bytes over instead of copying them.
  auto payload = std::make_shared<std::string>(std::move(idx->payload));
  return at::from_blob(
      payload->data(), idx->dims, [payload](void*) {}, at::kByte);
}

}  // namespace caldera::data
