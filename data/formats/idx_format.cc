#include "data/formats/idx_format.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"

namespace caldera::data {
namespace {

constexpr int kMaxDims = 8;
constexpr int64_t kMaxPayload = int64_t{4} << 30;
// Deflate's best ratio is 258 bytes from two bits, rounded up. A header that
// announces at most kSmall bytes is believed.
constexpr int64_t kMaxDeflateRatio = 1040;
constexpr int64_t kSmall = 1 << 20;

constexpr absl::string_view kRemedy = "; get the file again";

// Reads the bytes of an IDX file in order, from memory or through inflate.
class Source {
 public:
  virtual ~Source() = default;
  // Writes up to `size` bytes to `out` and returns their number, which is
  // smaller only at the end of the file.
  virtual absl::StatusOr<int64_t> Read(char* out, int64_t size) = 0;
  // Returns an upper bound of the bytes that all reads together return.
  virtual int64_t Bound() const = 0;
};

class PlainSource : public Source {
 public:
  explicit PlainSource(absl::string_view bytes) : bytes_(bytes) {}

  absl::StatusOr<int64_t> Read(char* out, int64_t size) override {
    const int64_t count = std::min<int64_t>(size, bytes_.size());
    std::copy_n(bytes_.data(), count, out);
    bytes_.remove_prefix(count);
    return count;
  }
  int64_t Bound() const override { return bytes_.size(); }

 private:
  absl::string_view bytes_;
};

class GzipSource : public Source {
 public:
  GzipSource(absl::string_view bytes, absl::string_view name)
      : rest_(bytes), name_(name), bound_(Bound(bytes.size())) {
    // 16 selects a gzip header and trailer (CRC-32 and length, checked by
    // inflate).
    initialised_ = inflateInit2(&stream_, MAX_WBITS + 16) == Z_OK;
  }
  ~GzipSource() override {
    if (initialised_) inflateEnd(&stream_);
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  absl::StatusOr<int64_t> Read(char* out, int64_t size) override {
    if (!initialised_) {
      return absl::ResourceExhaustedError(
          absl::StrCat(name_, ": no memory to inflate it"));
    }
    int64_t done = 0;
    while (done < size && !ended_) {
      // zlib counts in 32 bits.
      constexpr int64_t kChunk = std::numeric_limits<int32_t>::max();
      const int64_t in = std::min<int64_t>(kChunk, rest_.size());
      const int64_t room = std::min(kChunk, size - done);
      stream_.next_in =
          reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
      stream_.avail_in = static_cast<uInt>(in);
      stream_.next_out = reinterpret_cast<Bytef*>(out + done);
      stream_.avail_out = static_cast<uInt>(room);
      const int code = inflate(&stream_, Z_NO_FLUSH);
      rest_.remove_prefix(in - stream_.avail_in);
      done += room - stream_.avail_out;
      if (code == Z_STREAM_END) {
        ended_ = true;
      } else if (code == Z_BUF_ERROR ||
                 (code == Z_OK && rest_.empty() && stream_.avail_out != 0)) {
        return absl::DataLossError(
            absl::StrCat(name_, ": the gzip stream is cut off after ",
                         stream_.total_out, " inflated bytes", kRemedy));
      } else if (code != Z_OK) {
        return absl::DataLossError(absl::StrCat(
            name_, ": the gzip stream is damaged after ", stream_.total_out,
            " inflated bytes (",
            stream_.msg != nullptr ? stream_.msg : "zlib error", ")", kRemedy));
      }
    }
    if (ended_ && !rest_.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name_, ": ", rest_.size(),
                       " bytes follow the gzip stream, expected none", kRemedy,
                       " or pack it as one stream"));
    }
    return done;
  }
  int64_t Bound() const override { return bound_; }

 private:
  static int64_t Bound(int64_t packed) {
    // No file has 2^53 bytes, and the product stays far from overflow.
    return std::max(kSmall,
                    std::min(packed, int64_t{1} << 53) * kMaxDeflateRatio);
  }

  absl::string_view rest_;
  absl::string_view name_;
  int64_t bound_;
  z_stream stream_{};
  bool initialised_ = false;
  bool ended_ = false;
};

absl::StatusOr<IdxData> Parse(Source& source, absl::string_view name) {
  char magic[4];
  ASSIGN_OR_RETURN(int64_t read, source.Read(magic, sizeof(magic)));
  const absl::string_view found(magic, read);
  if (read < 4 || magic[0] != 0 || magic[1] != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": no IDX file: it begins with '", absl::BytesToHexString(found),
        "' (hex), expected 000008 and the number of dimensions; name an IDX "
        "file, gzipped or not"));
  }
  if (magic[2] != 8) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": its values are of IDX type 0x",
                     absl::BytesToHexString(found.substr(2, 1)),
                     ", expected 0x08 (unsigned byte); convert them to bytes"));
  }
  const int num_dims = static_cast<unsigned char>(magic[3]);
  if (num_dims < 1 || num_dims > kMaxDims) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": the header announces ", num_dims,
                     " dimensions, expected 1 to ", kMaxDims, kRemedy));
  }

  unsigned char raw[4 * kMaxDims];
  ASSIGN_OR_RETURN(read,
                   source.Read(reinterpret_cast<char*>(raw), 4 * num_dims));
  if (read < 4 * num_dims) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": the file ends inside its header, after ", 4 + read,
        " bytes, expected at least ", 4 + 4 * num_dims, kRemedy));
  }
  IdxData idx;
  for (int i = 0; i < num_dims; ++i) {
    const unsigned char* p = raw + 4 * i;
    idx.dims.push_back(int64_t{p[0]} << 24 | p[1] << 16 | p[2] << 8 | p[3]);
  }
  int64_t size = 1;
  for (const int64_t dim : idx.dims) {
    // This holds if another dimension is zero too: that header is absurd as
    // well.
    if (dim != 0 && size > kMaxPayload / dim) size = kMaxPayload + 1;
    if (size > kMaxPayload) break;
    size *= std::max<int64_t>(dim, 1);
  }
  const std::string shape =
      absl::StrCat("[", absl::StrJoin(idx.dims, ", "), "]");
  if (size > kMaxPayload) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": the header announces ", shape,
                     " bytes, more than the limit of ", kMaxPayload, kRemedy));
  }
  if (std::find(idx.dims.begin(), idx.dims.end(), 0) != idx.dims.end()) {
    size = 0;
  }

  const auto wrong_size = [&](absl::string_view found) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": the header announces ", shape, ", ", size,
                     " bytes, found ", found, kRemedy));
  };
  // Checked before the allocation, whose size the header alone must not choose.
  if (size > source.Bound()) {
    return wrong_size(absl::StrCat("at most ", source.Bound()));
  }
  idx.payload.resize(size);
  ASSIGN_OR_RETURN(read, source.Read(&idx.payload[0], size));
  if (read < size) return wrong_size(absl::StrCat(read));
  // There must be no further byte. For gzip this read also reaches the trailer,
  // and only then does inflate check the CRC.
  char extra;
  ASSIGN_OR_RETURN(read, source.Read(&extra, 1));
  if (read != 0) return wrong_size("more");
  return idx;
}

}  // namespace

absl::StatusOr<IdxData> DecodeIdx(absl::string_view bytes,
                                  absl::string_view name) {
  if (bytes.substr(0, 2) == "\x1f\x8b") {
    GzipSource source(bytes, name);
    return Parse(source, name);
  }
  PlainSource source(bytes);
  return Parse(source, name);
}

}  // namespace caldera::data
