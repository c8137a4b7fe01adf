// A file that is in memory and has a path, for fuzz targets of what reads a
// file.
//
//   const MemoryFile file(data, size);
//   ReadClassList(file.path());
#ifndef CALDERA_DATA_FORMATS_MEMORY_FILE_TESTING_H_
#define CALDERA_DATA_FORMATS_MEMORY_FILE_TESTING_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"

namespace caldera::data {

class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size)
      : file_(memfd_create("input", MFD_CLOEXEC)),
        path_(absl::StrCat("/proc/self/fd/", file_)) {
    if (file_ < 0 || write(file_, data, size) != static_cast<ssize_t>(size)) {
      std::abort();
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(file_); }

  const std::string& path() const { return path_; }

 private:
  const int file_;
  const std::string path_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_MEMORY_FILE_TESTING_H_
