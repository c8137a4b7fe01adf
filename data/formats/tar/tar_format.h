// Lists the members of a tar archive (v7, ustar, GNU and pax) by reading its
// headers only. No LibTorch here, so that the parser can be fuzzed on its own.
//
//   absl::StatusOr<TarListing> listing =
//       ListTar(bytes_in_file, read_at, "shard-000000.tar");
//   if (!listing->damage.empty()) ...  // the members before it are listed
//
// The bytes are not trusted: the parser verifies each header's checksum, and
// lists no member beyond the end of the file. Archives that were joined by
// `cat` are one archive, as `tar --ignore-zeros` has it.
#ifndef CALDERA_DATA_FORMATS_TAR_TAR_FORMAT_H_
#define CALDERA_DATA_FORMATS_TAR_TAR_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/formats/not_read.h"
#include "data/formats/tar/tar_header.h"
#include "data/formats/tar/tar_member.h"

namespace caldera::data {

struct TarListing {
  // The regular files in the order of the archive. A hard or symbolic link to
  // one of them stands at its own place, with the bytes of its target.
  std::vector<TarMember> members;
  // "empty shard", "link to nothing", "special member" (devices and the like),
  // "unreadable end of a shard", "cut-off shard", "damaged shard"; the path is
  // the member's name, or "" for the archive.
  NotRead not_read;
  // What ends the list before the end of the archive, with a remedy; "" if the
  // archive is whole.
  std::string damage;
};

// Reads an archive of `archive_size` bytes. `read_at` is called for headers and
// long names, always inside the archive, for at most 64 KiB at a time. Errors
// begin with `name`: InvalidArgument if the file is not a tar archive or is
// compressed.
absl::StatusOr<TarListing> ListTar(int64_t archive_size, const ReadAt& read_at,
                                   absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_TAR_FORMAT_H_
