#include "data/decode/decoders/tiff_reader.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace caldera::data {
namespace {

// Some compressions decode a whole strip, which one allocation holds.
constexpr tmsize_t kMaxAllocation = 256 << 20;

}  // namespace

TiffReader::~TiffReader() {
  if (tiff_ != nullptr) TIFFClose(tiff_);
}

absl::Status TiffReader::Open() {
  TIFFOpenOptions* const options = TIFFOpenOptionsAlloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options, OnError, this);
  // Warnings are about tags that do not matter to pixels.
  TIFFOpenOptionsSetWarningHandlerExtR(
      options,
      [](TIFF*, void*, const char*, const char*, va_list) { return 1; },
      nullptr);
  TIFFOpenOptionsSetMaxSingleMemAlloc(
      options, std::max<tmsize_t>(kMaxAllocation, 2 * bytes_.size()));
  // "m": libtiff checks each read instead of using the memory itself.
  tiff_ = TIFFClientOpenExt(
      "image", "rm", this, OnRead,
      [](thandle_t, void*, tmsize_t) -> tmsize_t { return 0; }, OnSeek,
      [](thandle_t) { return 0; },
      [](thandle_t reader) -> toff_t {
        return static_cast<TiffReader*>(reader)->bytes_.size();
      },
      nullptr, nullptr, options);
  TIFFOpenOptionsFree(options);
  if (tiff_ == nullptr) return Error();
  message_.clear();
  return absl::OkStatus();
}

absl::Status TiffReader::Error() const {
  return absl::DataLossError(
      absl::StrCat("TIFF: ", past_end_ ? "truncated: " : "",
                   message_.empty() ? "damaged" : message_));
}

int TiffReader::OnError(TIFF*, void* reader, const char*, const char* format,
                        va_list arguments) {
  std::string& message = static_cast<TiffReader*>(reader)->message_;
  if (message.empty()) {
    char text[256];
    std::vsnprintf(text, sizeof(text), format, arguments);
    message = text;
  }
  return 1;  // it is not printed
}

tmsize_t TiffReader::OnRead(thandle_t handle, void* to, tmsize_t count) {
  auto* reader = static_cast<TiffReader*>(handle);
  const uint64_t size = reader->bytes_.size();
  const uint64_t begin = std::min(reader->position_, size);
  const uint64_t available =
      std::min<uint64_t>(size - begin, std::max<tmsize_t>(count, 0));
  if (available < static_cast<uint64_t>(count)) reader->past_end_ = true;
  std::memcpy(to, reader->bytes_.data() + begin, available);
  reader->position_ = begin + available;
  return static_cast<tmsize_t>(available);
}

toff_t TiffReader::OnSeek(thandle_t handle, toff_t offset, int whence) {
  auto* reader = static_cast<TiffReader*>(handle);
  if (whence == SEEK_CUR) offset += reader->position_;
  if (whence == SEEK_END) offset += reader->bytes_.size();
  return reader->position_ = offset;
}

}  // namespace caldera::data

// libtiff's archive has a codec for JBIG, which needs a library under the GPL,
// and one for LERC, which stores measurements. These take their place, so that
// neither is linked: such files are refused before anything is decoded.
extern "C" {
int TIFFInitJBIG(TIFF*, int) { return 1; }
int TIFFInitLERC(TIFF*, int) { return 1; }
}
