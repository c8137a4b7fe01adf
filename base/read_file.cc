#include "base/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"

namespace caldera::base {
namespace {

constexpr int64_t kMaxTextBytes = int64_t{64} << 20;

absl::Status CannotRead(const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot read it"));
}

absl::StatusOr<std::string> ReadAll(int file, const std::string& path,
                                    int64_t max_bytes) {
  struct stat info;
  if (fstat(file, &info) != 0) return CannotRead(path);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": not a regular file; put the data set's file there"));
  }
  if (info.st_size > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has ", info.st_size, " bytes, expected at most ",
                     max_bytes, "; check that it is the right file"));
  }
  std::string bytes(info.st_size, '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(file, &bytes[done], bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CannotRead(path);
    if (count == 0) break;  // the file shrank; the parser reports it
    done += count;
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     int64_t max_bytes) {
  // O_NONBLOCK keeps the open of a pipe without a writer from hanging.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat(path, ": cannot open it; check name and access"));
  }
  absl::StatusOr<std::string> bytes = ReadAll(file, path, max_bytes);
  close(file);
  return bytes;
}

absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxTextBytes));
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (std::string& line : lines) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
  }
  return lines;
}

}  // namespace caldera::base
