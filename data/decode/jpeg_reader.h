// libjpeg's reading half with errors that return and bytes in memory.
//
//   JpegReader reader(bytes);
//   absl::Status status = reader.Try([](jpeg_decompress_struct* jpeg) {
//     jpeg_read_header(jpeg, TRUE);
//   });
//
// Caveat: an error inside Try() leaves it by longjmp: what is passed to it, and
// what that calls, must have nothing to destroy.
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

  // Calls work(jpeg_decompress_struct*). What libjpeg reports comes back as
  // DATA_LOSS (damaged, truncated) or INVALID_ARGUMENT (a kind of JPEG that it
  // does not read). Harmless warnings (bytes between segments) are dropped.
  template <typename Work>
  absl::Status Try(Work work) {
    if (setjmp(on_error_) != 0) return ErrorStatus();
    work(&jpeg_);
    return absl::OkStatus();
  }

  // To be called within Try().
  // Begins again with the first byte.
  void Rewind();
  // The end of the bytes is taken for a missing end marker, which is an error
  // only when pixels are missing.
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
  bool ended_ = false;  // has asked for more bytes than there are
  bool too_many_scans_ = false;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_JPEG_READER_H_
