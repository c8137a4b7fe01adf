// Parses the headers of a tar archive (v7, ustar, GNU and pax). No LibTorch
// here.
//
//   std::optional<TarHeader> header = ParseTarHeader(block);  // 512 bytes
//   if (header.has_value() && header->type == 'x') {
//     TarExtension next;
//     absl::StatusOr<bool> read = ReadPax(begin, *header->size, read_at, next);
//   }
//
// The bytes are not trusted. Formats: POSIX 1003.1-1988 (ustar) and -2001
// (pax), and GNU tar's manual, "Basic Tar Format".
#ifndef CALDERA_DATA_FORMATS_TAR_TAR_HEADER_H_
#define CALDERA_DATA_FORMATS_TAR_TAR_HEADER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

inline constexpr int64_t kTarBlock = 512;
// A longer name of a member or of a link's target is damage.
inline constexpr int64_t kMaxTarName = 64 << 10;

// Returns the `size` bytes from `offset` on; its errors are passed on
// unchanged.
using ReadAt =
    std::function<absl::StatusOr<std::string>(int64_t offset, int64_t size)>;

struct TarHeader {
  char type;                    // '0': a file, '1': a hard link, ...
  std::string name, target;     // target: of a link
  std::optional<int64_t> size;  // nothing if the field is no number
  bool sparse_goes_on;          // type 'S': a block of the map follows
};

// What stands in front of a member's header and replaces fields of it.
struct TarExtension {
  std::optional<std::string> name, target;
  std::optional<int64_t> size;
  bool sparse = false;
};

// Returns nothing unless the checksum of the block of 512 bytes holds.
std::optional<TarHeader> ParseTarHeader(absl::string_view block);

// Returns the text up to its first zero byte.
absl::string_view UpToZero(absl::string_view field);

// Reads the records of a pax header, which has `size` bytes from `begin` on.
// At most 64 KiB are in memory at a time: a Mac writes a file's attributes
// there, which may have megabytes, and they are passed over. Returns false if
// the records cannot be read.
absl::StatusOr<bool> ReadPax(int64_t begin, int64_t size, const ReadAt& read_at,
                             TarExtension& extension);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_TAR_HEADER_H_
