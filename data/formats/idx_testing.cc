#include "data/formats/idx_testing.h"

#include <zlib.h>

#include "base/file_testing.h"

namespace caldera::data {

std::string IdxBytes(const std::vector<uint32_t>& dims,
                     const std::string& payload) {
  std::string bytes = {0, 0, 8, static_cast<char>(dims.size())};
  for (const uint32_t dim : dims) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(dim >> shift));
    }
  }
  return bytes + payload;
}

std::string Gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8,
               Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = bytes.size();
  stream.next_out = reinterpret_cast<Bytef*>(&packed[0]);
  stream.avail_out = packed.size();
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

void WriteIdxSet(const std::string& folder, const std::string& split, int count,
                 int height, int width) {
  std::string pixels, labels;
  for (int i = 0; i < count; ++i) {
    labels.push_back(static_cast<char>(i % 10));
    for (int j = 0; j < height * width; ++j) {
      pixels.push_back(static_cast<char>(37 * i + j));
    }
  }
  const uint32_t n = count, h = height, w = width;
  base::WriteFile(folder + "/" + split + "-images-idx3-ubyte",
                  IdxBytes({n, h, w}, pixels));
  base::WriteFile(folder + "/" + split + "-labels-idx1-ubyte",
                  IdxBytes({n}, labels));
}

}  // namespace caldera::data
