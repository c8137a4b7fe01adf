// Maps a file into memory; pages are read from the disk when they are accessed.
//
//   absl::StatusOr<std::shared_ptr<const MappedFile>> file =
//       MappedFile::Open("weights.safetensors");
//   absl::string_view bytes = (*file)->bytes();
//
// The mapping is private: writing into it does not change the file. It outlives
// a rename over the file, by which this repository replaces files. Caveat: if
// another program shortens the file in place, accessing the lost bytes ends the
// process (SIGBUS).
#ifndef CALDERA_BASE_MAPPED_FILE_H_
#define CALDERA_BASE_MAPPED_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

class MappedFile {
 public:
  // Errors: the code follows errno, NotFound if there is no such file;
  // InvalidArgument for a folder or a device.
  static absl::StatusOr<std::shared_ptr<const MappedFile>> Open(
      const std::string& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  absl::string_view bytes() const {
    return {static_cast<const char*>(data_), size_};
  }

 private:
  MappedFile(void* data, size_t size) : data_(data), size_(size) {}

  void* data_;  // null if the file is empty
  size_t size_;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_MAPPED_FILE_H_
