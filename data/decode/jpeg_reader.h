// Wraps libjpeg's decompressor: errors become statuses, and bytes are in
// memory.
//
//   JpegReader reader(bytes);
//   absl::Status status = reader.Try([](jpeg_decompress_struct* jpeg) {
//     jpeg_read_header(jpeg, TRUE);
//   });
//
// Caveat: an error inside Try() leaves it by longjmp, so that the function
// passed to it, and everything that function calls, must have nothing to
// destroy.
#ifndef CALDERA_DATA_DECODE_JPEG_READER_H_
#define CALDERA_DATA_DECODE_JPEG_READER_H_

// jpeglib.h uses what cstdio declares.
// clang-format off
#include <cstdio>

#include <jpeglib.h>
// clang-format on

#include <csetjmp>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

class JpegReader {
 public:
  // `bytes` must outlive the reader.
  explicit JpegReader(absl::string_view bytes);
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader();

  // Calls work(jpeg_decompress_struct*). Returns libjpeg's errors as DataLoss
  // (damaged, truncated) or InvalidArgument (a kind of JPEG that it does not
  // read), and drops harmless warnings (bytes between segments).
  template <typename Work>
  absl::Status Try(Work work) {
    if (setjmp(on_error_) != 0) return ErrorStatus();
    work(&jpeg_);
    return absl::OkStatus();
  }

  // Begins again with the first byte. Call it inside Try().
  void Rewind();
  // Treats the end of the bytes as a missing end marker, which is an error only
  // if pixels are missing. Call it inside Try().
  void TolerateMissingEnd() { tolerates_end_ = true; }

  const jpeg_decompress_struct& jpeg() const { return jpeg_; }

 private:
  static JpegReader* Of(j_common_ptr jpeg);
  [[noreturn]] static void OnError(j_common_ptr jpeg);
  static void OnMessage(j_common_ptr jpeg, int level);
  static void OnProgress(j_common_ptr jpeg);
  static boolean OnEnd(j_decompress_ptr jpeg);
  static void OnSkip(j_decompress_ptr jpeg, long count);
  [[noreturn]] void Leave();
  absl::Status ErrorStatus() const;

  const absl::string_view bytes_;
  jpeg_decompress_struct jpeg_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_progress_mgr progress_ = {};
  jpeg_source_mgr source_ = {};
  std::jmp_buf on_error_;
  bool tolerates_end_ = false;
  bool ended_ = false;  // libjpeg requested more bytes than there are
  bool too_many_scans_ = false;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_JPEG_READER_H_
