// Reads zip archives without compression, the kind that PyTorch writes. Entries
// are views of the archive's bytes: a mapped file is not copied, and no entry
// can grow when it is read.
//
//   absl::StatusOr<vit::ZipArchive> zip =
//       vit::ZipArchive::Parse(bytes, "weights.pth");
//   absl::StatusOr<absl::string_view> index = zip->Read("archive/data.pkl");
//
// Zip64 is supported; compression, encryption and several volumes are refused.
// The reader does not need LibTorch, so that it can be fuzzed.
#ifndef CALDERA_VIT_WEIGHTS_ZIP_ARCHIVE_H_
#define CALDERA_VIT_WEIGHTS_ZIP_ARCHIVE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::vit {

class ZipArchive {
 public:
  // Parses the directory of an archive, whose `bytes` must outlive the result.
  // Errors: InvalidArgument that begins with `name`, for a directory that is
  // missing, cut off, holds a name twice or points outside the file.
  static absl::StatusOr<ZipArchive> Parse(absl::string_view bytes,
                                          const std::string& name);

  struct Entry {
    absl::string_view data;
    uint32_t crc32;  // from the directory; Read checks it
    bool stored;     // neither compressed nor encrypted
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }

  // Returns the data of an entry. Errors: InvalidArgument that begins with the
  // archive's name, where there is no such entry, it is compressed or its
  // checksum is wrong.
  absl::StatusOr<absl::string_view> Read(const std::string& entry) const;

 private:
  std::string name_;
  std::map<std::string, Entry> entries_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_ZIP_ARCHIVE_H_
