// Makes a zip archive of uncompressed entries, as the pieces of a file.
//
//   vit::ZipWriter zip;
//   zip.Add("archive/version", "3\n");
//   if (!zip.Finish()) return too_large;
//   absl::Status status = base::ReplaceFile(path, zip.pieces());
//
// Each entry's data begins at a multiple of 64 bytes, as in PyTorch's own
// files, so that it can be mapped. Zip64 is not written.
#ifndef CALDERA_VIT_WEIGHTS_ZIP_WRITER_H_
#define CALDERA_VIT_WEIGHTS_ZIP_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace caldera::vit {

class ZipWriter {
 public:
  // Adds an entry. `data` must outlive the pieces.
  void Add(absl::string_view name, absl::string_view data);

  // Ends the archive. Returns false where it would need zip64: above 4 GiB or
  // 65,535 entries.
  bool Finish();

  const std::vector<absl::string_view>& pieces() const { return pieces_; }

 private:
  void AddPiece(std::string piece);

  uint64_t size_ = 0, entries_ = 0;
  std::string directory_;
  std::vector<std::unique_ptr<std::string>> owned_;
  std::vector<absl::string_view> pieces_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_ZIP_WRITER_H_
