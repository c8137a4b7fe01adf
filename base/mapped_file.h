#ifndef CALDERA_BASE_MAPPED_FILE_H_
#define CALDERA_BASE_MAPPED_FILE_H_

// A file's content as memory, read from the disk when it is touched.
//
//   absl::StatusOr<std::shared_ptr<const MappedFile>> file =
//       MappedFile::Open("weights.safetensors");
//   (*file)->bytes();
//
// The mapping is private: writing into it leaves the file as it is. It outlives
// a rename over the file, which is how this repository replaces files. Caveat:
// a file that another program shortens in place ends the process (SIGBUS) when
// the lost part is touched.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

class MappedFile {
 public:
  // Errors: the code follows errno, NotFound where there is no such file;
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

  void* data_;  // null where the file is empty
  size_t size_;
};

}  // namespace caldera::base

#endif  // CALDERA_BASE_MAPPED_FILE_H_
