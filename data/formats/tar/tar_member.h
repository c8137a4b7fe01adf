// A file of a tar archive.
//
//   bytes.substr(member.offset, member.size)
#ifndef CALDERA_DATA_FORMATS_TAR_TAR_MEMBER_H_
#define CALDERA_DATA_FORMATS_TAR_TAR_MEMBER_H_

#include <cstdint>
#include <string>

namespace caldera::data {

struct TarMember {
  std::string name;
  int64_t offset;       // first byte in the archive
  int64_t size;         // of the bytes in the archive
  int64_t part = 0;     // which of several archives in one file
  bool sparse = false;  // zeros of the file are left out of the bytes
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_TAR_TAR_MEMBER_H_
