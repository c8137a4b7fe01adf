// Finds files with the same bytes: copies, and links to one file.
//
//   std::vector<int64_t> first = EqualFiles({"a.jpg", "b.jpg", "copy/a.jpg"});
//   // {0, 1, 0}
//
// Files of different sizes are not read; of those of one size the last bytes
// are compared before all of them, so that a large collection of photos costs
// little more than its listing.
//
// Caveat: files of one size count as equal where a digest of 64 bits of their
// bytes is. No LibTorch here.
#ifndef CALDERA_DATA_FORMATS_EQUAL_FILES_H_
#define CALDERA_DATA_FORMATS_EQUAL_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace caldera::data {

// Returns for each path the position of the first path whose file has the same
// bytes, which is its own where there is none before it. A file that cannot be
// read equals none.
std::vector<int64_t> EqualFiles(const std::vector<std::string>& paths);

// Returns 64 bits that depend on all of `bytes`, the same on every machine
// (FNV-1a, then the finalizer of MurmurHash3, which spreads the last bytes).
uint64_t Digest(absl::string_view bytes);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_EQUAL_FILES_H_
