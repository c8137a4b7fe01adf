// A file that grows at its end and can be cut back to where it was whole.
//
//   auto file = AppendedFile::Open("features.npy.part");
//   absl::Status status = (*file)->CutTo(recorded_bytes);
//   status = (*file)->Append(bytes);
//   status = (*file)->Sync();  // now a record may say (*file)->size()
//
// A process that is killed leaves what it has appended, perhaps half a row;
// whoever goes on cuts the file to the size that was recorded after a Sync. One
// process at a time has the file: the others get an error.
#ifndef CALDERA_EVAL_EMBED_APPENDED_FILE_H_
#define CALDERA_EVAL_EMBED_APPENDED_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::eval {

class AppendedFile {
 public:
  // Opens the file, which is made if it is not there, and locks it. Errors name
  // the path: FailedPrecondition if another process has it, else the system's
  // reason.
  static absl::StatusOr<std::unique_ptr<AppendedFile>> Open(
      const std::string& path);

  ~AppendedFile();
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }

  // Leaves the first `size` bytes. DataLoss if there are fewer.
  absl::Status CutTo(int64_t size);
  absl::Status Append(absl::string_view bytes);
  // Writes over the first bytes, of which there are at least as many.
  absl::Status WriteOverFirst(absl::string_view bytes);
  absl::Status Sync();

 private:
  AppendedFile(std::string path, int file);

  absl::Status WriteAt(absl::string_view bytes, int64_t offset);

  const std::string path_;
  const int file_;
  int64_t size_ = 0;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_APPENDED_FILE_H_
