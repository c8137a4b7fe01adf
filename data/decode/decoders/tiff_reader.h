// Opens the first image of a TIFF in memory with libtiff, whose errors become
// statuses and are never printed.
//
//   TiffReader reader(bytes);
//   RETURN_IF_ERROR(reader.Open());
//   if (TIFFReadScanline(reader.tiff(), row, 0) < 0) return reader.Error();
//
// Caveat: no single allocation of libtiff exceeds what a sound file of this
// size may need; larger ones are errors.
#ifndef CALDERA_DATA_DECODE_DECODERS_TIFF_READER_H_
#define CALDERA_DATA_DECODE_DECODERS_TIFF_READER_H_

#include <tiffio.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

class TiffReader {
 public:
  // `bytes` must outlive the reader.
  explicit TiffReader(absl::string_view bytes) : bytes_(bytes) {}
  TiffReader(const TiffReader&) = delete;
  TiffReader& operator=(const TiffReader&) = delete;
  ~TiffReader();

  // Reads the first directory. Call this once, before anything else. Errors:
  // those of Error().
  absl::Status Open();

  // Returns DataLoss with the first message of libtiff since Open(), or that
  // the file is truncated.
  absl::Status Error() const;

  TIFF* tiff() const { return tiff_; }

 private:
  static int OnError(TIFF* tiff, void* reader, const char* module,
                     const char* format, va_list arguments);
  static tmsize_t OnRead(thandle_t reader, void* to, tmsize_t count);
  static toff_t OnSeek(thandle_t reader, toff_t offset, int whence);

  const absl::string_view bytes_;
  uint64_t position_ = 0;
  bool past_end_ = false;  // libtiff wanted bytes behind the last one
  std::string message_;
  TIFF* tiff_ = nullptr;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_DECODERS_TIFF_READER_H_
