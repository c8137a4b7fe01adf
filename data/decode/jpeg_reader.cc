#include "data/decode/jpeg_reader.h"

#include <glog/logging.h>
#include <jerror.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace caldera::data {
namespace {

// Encoders write about ten scans. Each scan visits the entire image: a small
// file with a thousand empty scans would take minutes.
constexpr int kMaxScans = 200;

// Warnings that mean wrong pixels.
bool IsDamage(int code) {
  return code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
         code == JWRN_ARITH_BAD_CODE || code == JWRN_MUST_RESYNC;
}

bool IsUnsupported(int code) {
  return code == JERR_SOF_UNSUPPORTED || code == JERR_BAD_PRECISION ||
         code == JERR_CONVERSION_NOTIMPL || code == JERR_COMPONENT_COUNT ||
         code == JERR_FRACT_SAMPLE_NOTIMPL || code == JERR_CCIR601_NOTIMPL ||
         code == JERR_NOT_COMPILED || code == JERR_IMAGE_TOO_BIG;
}

}  // namespace

JpegReader::JpegReader(absl::string_view bytes) : bytes_(bytes) {
  jpeg_.err = jpeg_std_error(&errors_);
  errors_.error_exit = OnError;
  errors_.emit_message = OnMessage;
  jpeg_.client_data = this;
  const absl::Status created = Try([](j_decompress_ptr jpeg) {
    jpeg_create_decompress(jpeg);  // keeps err and client_data
  });
  CHECK(created.ok()) << created;
  progress_.progress_monitor = OnProgress;
  jpeg_.progress = &progress_;
  source_.init_source = [](j_decompress_ptr) {};
  source_.term_source = [](j_decompress_ptr) {};
  source_.fill_input_buffer = OnEnd;
  source_.skip_input_data = OnSkip;
  source_.resync_to_restart = jpeg_resync_to_restart;
  jpeg_.src = &source_;
}

JpegReader::~JpegReader() { jpeg_destroy_decompress(&jpeg_); }

JpegReader* JpegReader::Of(j_common_ptr jpeg) {
  return static_cast<JpegReader*>(jpeg->client_data);
}

void JpegReader::Rewind() {
  jpeg_abort_decompress(&jpeg_);
  source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes_.data());
  source_.bytes_in_buffer = bytes_.size();
  tolerates_end_ = ended_ = too_many_scans_ = false;
}

void JpegReader::Leave() { std::longjmp(on_error_, 1); }

void JpegReader::OnError(j_common_ptr jpeg) { Of(jpeg)->Leave(); }

void JpegReader::OnMessage(j_common_ptr jpeg, int level) {
  // Levels from 0 on are a trace.
  if (level < 0 && IsDamage(jpeg->err->msg_code)) Of(jpeg)->Leave();
}

void JpegReader::OnProgress(j_common_ptr jpeg) {
  JpegReader* reader = Of(jpeg);
  if (reader->jpeg_.input_scan_number <= kMaxScans) return;
  reader->too_many_scans_ = true;
  reader->Leave();
}

boolean JpegReader::OnEnd(j_decompress_ptr jpeg) {
  JpegReader* reader = Of(reinterpret_cast<j_common_ptr>(jpeg));
  reader->ended_ = true;
  if (!reader->tolerates_end_) reader->Leave();
  // If pixels are still missing at this marker, JWRN_HIT_MARKER follows.
  static constexpr JOCTET kEndOfImage[] = {0xff, JPEG_EOI};
  reader->source_.next_input_byte = kEndOfImage;
  reader->source_.bytes_in_buffer = sizeof(kEndOfImage);
  return TRUE;
}

void JpegReader::OnSkip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  JpegReader* reader = Of(reinterpret_cast<j_common_ptr>(jpeg));
  jpeg_source_mgr& source = reader->source_;
  if (static_cast<size_t>(count) > source.bytes_in_buffer) {
    OnEnd(jpeg);
    return;
  }
  source.next_input_byte += count;
  source.bytes_in_buffer -= count;
}

absl::Status JpegReader::ErrorStatus() const {
  if (ended_) {
    return absl::DataLossError(absl::StrCat(
        "JPEG: truncated: more than its ", bytes_.size(), " bytes are needed"));
  }
  if (too_many_scans_) {
    return absl::InvalidArgumentError(
        absl::StrCat("JPEG: more than ", kMaxScans, " scans"));
  }
  char message[JMSG_LENGTH_MAX] = "";
  (*errors_.format_message)(reinterpret_cast<j_common_ptr>(
                                const_cast<jpeg_decompress_struct*>(&jpeg_)),
                            message);
  const std::string text = absl::StrCat("JPEG: ", message);
  return IsUnsupported(errors_.msg_code) ? absl::InvalidArgumentError(text)
                                         : absl::DataLossError(text);
}

}  // namespace caldera::data
