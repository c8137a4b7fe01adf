// Lists the members of a tar archive (ustar, GNU and pax) by reading its
// headers only. No LibTorch here, so that the parser can be fuzzed on its own.
//
//   absl::StatusOr<std::vector<TarMember>> members =
//       ListTar(bytes_in_file, read_at, "shard-000000.tar");
//
// The bytes are not trusted: the parser verifies each header's checksum, and
// refuses a member beyond the end of the file and a name longer than 64 KiB.
// Formats: POSIX 1003.1-1988 (ustar) and -2001 (pax), and GNU tar's manual,
// "Basic Tar Format".
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
  int64_t offset;  // first byte in the archive
  int64_t size;
};

// Returns the `size` bytes from `offset` on; its errors are passed on
// unchanged.
using ReadAt =
    std::function<absl::StatusOr<std::string>(int64_t offset, int64_t size)>;

// Returns the regular files of an archive of `archive_size` bytes, in its
// order, and skips other members (folders, links). `read_at` is called for
// headers and long names, always inside the archive. Errors begin with `name`:
// InvalidArgument if the file is not a tar archive, is compressed or has a
// sparse member; DataLoss for a damaged header or an archive that is cut off.
absl::StatusOr<std::vector<TarMember>> ListTar(int64_t archive_size,
                                               const ReadAt& read_at,
                                               absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_FORMAT_H_
