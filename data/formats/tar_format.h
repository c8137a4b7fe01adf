// The members of a tar archive (ustar, GNU and pax), found by reading headers
// only. No LibTorch here, so that the parser can be fuzzed on its own.
//
//   absl::StatusOr<std::vector<TarMember>> members =
//       ListTar(bytes_in_file, read_at, "shard-000000.tar");
//
// The bytes are not trusted: each header's checksum is verified, no member
// reaches beyond the file, and no name is longer than 64 KiB. Formats: POSIX
// 1003.1-1988 (ustar) and -2001 (pax), and GNU tar's manual, "Basic Tar
// Format".
#ifndef CALDERA_DATA_FORMATS_TAR_FORMAT_H_
#define CALDERA_DATA_FORMATS_TAR_FORMAT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

struct TarMember {
  std::string name;
  int64_t offset;  // of its first byte in the archive
  int64_t size;
};

// Gives the `size` bytes from `offset` on; its error is passed on as it is.
using ReadAt =
    std::function<absl::StatusOr<std::string>(int64_t offset, int64_t size)>;

// The regular files of an archive of `archive_size` bytes, in its order; other
// members (folders, links) are passed over. `read_at` is asked for headers and
// long names, always inside the archive. Errors begin with `name`:
// InvalidArgument for what is no tar file, is compressed or has a sparse
// member; DataLoss for a damaged header, or an archive that is cut off.
absl::StatusOr<std::vector<TarMember>> ListTar(int64_t archive_size,
                                               const ReadAt& read_at,
                                               absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_FORMAT_H_
