#include "vit/weights/zip_writer.h"

#include <zlib.h>

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

// Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
namespace caldera::vit {
namespace {

constexpr uint64_t kAlignment = 64, kLocalHeader = 30, kExtraHeader = 4;

template <typename T>
void Append(T number, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(&number), sizeof(number));
}

}  // namespace

void ZipWriter::Add(absl::string_view name, absl::string_view data) {
  const uint64_t unpadded = size_ + kLocalHeader + name.size() + kExtraHeader;
  const uint16_t padding =
      static_cast<uint16_t>((kAlignment - unpadded % kAlignment) % kAlignment);
  std::string common;  // fields of local header and directory alike
  // These are version 2.0, names in UTF-8, no compression, midnight of
  // 1980-01-01.
  for (const uint16_t number : {20, 0x800, 0, 0, 0x21}) {
    Append(number, &common);
  }
  Append(static_cast<uint32_t>(crc32_z(
             0, reinterpret_cast<const Bytef*>(data.data()), data.size())),
         &common);
  // Finish refuses sizes that do not fit.
  Append(static_cast<uint32_t>(data.size()), &common);
  Append(static_cast<uint32_t>(data.size()), &common);
  Append(static_cast<uint16_t>(name.size()), &common);

  absl::StrAppend(&directory_, absl::string_view("PK\1\2\24\0", 6), common);
  directory_.append(12, '\0');  // neither extra field, comment nor attributes
  Append(static_cast<uint32_t>(size_), &directory_);
  absl::StrAppend(&directory_, name);

  std::string header = absl::StrCat("PK\3\4", common);
  Append(static_cast<uint16_t>(kExtraHeader + padding), &header);
  absl::StrAppend(&header, name, "FB");  // the field that PyTorch pads with
  Append(padding, &header);
  header.append(padding, 'Z');
  AddPiece(std::move(header));
  pieces_.push_back(data);
  size_ += data.size();
  ++entries_;
}

bool ZipWriter::Finish() {
  if (size_ + directory_.size() > std::numeric_limits<uint32_t>::max() ||
      entries_ > std::numeric_limits<uint16_t>::max()) {
    return false;
  }
  std::string end("PK\5\6\0\0\0\0", 8);
  Append(static_cast<uint16_t>(entries_), &end);
  Append(static_cast<uint16_t>(entries_), &end);
  Append(static_cast<uint32_t>(directory_.size()), &end);
  Append(static_cast<uint32_t>(size_), &end);
  Append(uint16_t{0}, &end);  // no comment
  AddPiece(std::move(directory_));
  AddPiece(std::move(end));
  return true;
}

void ZipWriter::AddPiece(std::string piece) {
  owned_.push_back(std::make_unique<std::string>(std::move(piece)));
  pieces_.push_back(*owned_.back());
  size_ += owned_.back()->size();
}

}  // namespace caldera::vit
