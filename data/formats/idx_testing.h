// Writes small IDX and gzip files for tests.
//
//   base::WriteFile(path, Gzip(IdxBytes({2, 3}, "abcdef")));
#ifndef CALDERA_DATA_FORMATS_IDX_TESTING_H_
#define CALDERA_DATA_FORMATS_IDX_TESTING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_testing.h"

namespace caldera::data {

// Returns a header for `dims`, then `payload` unchanged: sizes need not agree.
std::string IdxBytes(const std::vector<uint32_t>& dims,
                     const std::string& payload);

// Returns one gzip stream.
std::string Gzip(const std::string& bytes);

// Writes an IDX set of `count` images of height x width under `folder`: pixel j
// of image i is (37 i + j) mod 256, its label i mod 10.
void WriteIdxSet(const std::string& folder, const std::string& split, int count,
                 int height, int width);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_IDX_TESTING_H_
