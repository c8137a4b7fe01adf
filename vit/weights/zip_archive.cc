#include "vit/weights/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/byte_cursor.h"
#include "base/status.h"

// Source: PKWARE's APPNOTE.TXT 6.3.10, the sections named at each step.
namespace caldera::vit {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr uint64_t kEndBytes = 22, kLocator64Bytes = 20;
constexpr uint16_t kZip64Extra = 1, kEncrypted = 1;
constexpr uint32_t kSee64 = std::numeric_limits<uint32_t>::max();

absl::Status Damaged(const std::string& file, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(file, " is not a valid zip archive: ", what));
}

struct Directory {
  uint64_t entries, size, offset;
};

// Finds the end record (4.3.16), which only a comment follows. The comment may
// contain what looks like another record, so only a record whose comment ends
// the file counts.
bool FindEnd(absl::string_view bytes, uint64_t* position) {
  if (bytes.size() < kEndBytes) return false;
  const uint64_t last = bytes.size() - kEndBytes;
  for (uint64_t comment = 0; comment <= std::min<uint64_t>(last, 0xffff);
       ++comment) {
    base::ByteCursor cursor(bytes.substr(last - comment));
    uint32_t signature;
    absl::string_view fields;
    uint16_t comment_size;
    if (cursor.Read(&signature) && signature == kEndSignature &&
        cursor.Take(16, &fields) && cursor.Read(&comment_size) &&
        comment_size == comment) {
      *position = last - comment;
      return true;
    }
  }
  return false;
}

// Finds the central directory (4.3.14 to 4.3.16).
absl::StatusOr<Directory> FindDirectory(absl::string_view bytes,
                                        const std::string& name) {
  uint64_t end;
  if (!FindEnd(bytes, &end)) {
    return Damaged(name, "it has no directory at its end; it was cut off");
  }
  base::ByteCursor cursor(bytes.substr(end + 4));
  uint16_t disk, directory_disk, entries_here, entries;
  uint32_t size, offset;
  cursor.Read(&disk);  // FindEnd has checked the size of the record
  cursor.Read(&directory_disk);
  cursor.Read(&entries_here);
  cursor.Read(&entries);
  cursor.Read(&size);
  cursor.Read(&offset);
  Directory found{entries, size, offset};
  uint32_t signature = 0;
  if (end >= kLocator64Bytes) {
    cursor = base::ByteCursor(bytes.substr(end - kLocator64Bytes));
    cursor.Read(&signature);
  }
  if (signature == kLocator64Signature) {
    uint32_t end64_disk;
    uint64_t end64;
    cursor.Read(&end64_disk);
    cursor.Read(&end64);
    if (end64 > bytes.size()) {
      return Damaged(name, "its zip64 record lies outside the file");
    }
    cursor = base::ByteCursor(bytes.substr(end64));
    uint64_t record_size, entries_here64;
    absl::string_view versions_and_disks;
    if (!cursor.Read(&signature) || signature != kEnd64Signature ||
        !cursor.Read(&record_size) || !cursor.Take(12, &versions_and_disks) ||
        !cursor.Read(&entries_here64) || !cursor.Read(&found.entries) ||
        !cursor.Read(&found.size) || !cursor.Read(&found.offset)) {
      return Damaged(name, "its zip64 record is damaged");
    }
  } else if (disk != 0 || directory_disk != 0 || entries_here != entries) {
    return Damaged(name, "it is one of several volumes");
  }
  if (found.offset > bytes.size() || found.size > bytes.size() - found.offset) {
    return Damaged(name, "its directory lies outside the file");
  }
  return found;
}

struct Record {  // of the central directory
  std::string name;
  uint16_t flags, method;
  uint32_t crc32;
  uint64_t compressed, size, offset;
};

// Reads the 8-byte values of the fields that refer to them, in this order
// (4.5.3).
bool ReadZip64(absl::string_view extra, Record* record) {
  base::ByteCursor cursor(extra);
  uint16_t id, length;
  while (cursor.Read(&id) && cursor.Read(&length)) {
    absl::string_view data;
    if (!cursor.Take(length, &data)) return false;
    if (id != kZip64Extra) continue;
    base::ByteCursor values(data);
    for (uint64_t* field :
         {&record->size, &record->compressed, &record->offset}) {
      if (*field == kSee64 && !values.Read(field)) return false;
    }
  }
  return true;
}

// Reads a record of the central directory (4.3.12).
bool ReadRecord(base::ByteCursor* cursor, Record* record) {
  uint32_t signature, compressed, size, offset, external_attributes;
  uint16_t name_size, extra_size, comment_size;
  absl::string_view versions, time, disk_and_attributes, name, extra, comment;
  if (!cursor->Read(&signature) || signature != kCentralSignature ||
      !cursor->Take(4, &versions) || !cursor->Read(&record->flags) ||
      !cursor->Read(&record->method) || !cursor->Take(4, &time) ||
      !cursor->Read(&record->crc32) || !cursor->Read(&compressed) ||
      !cursor->Read(&size) || !cursor->Read(&name_size) ||
      !cursor->Read(&extra_size) || !cursor->Read(&comment_size) ||
      !cursor->Take(4, &disk_and_attributes) ||
      !cursor->Read(&external_attributes) || !cursor->Read(&offset) ||
      !cursor->Take(name_size, &name) || !cursor->Take(extra_size, &extra) ||
      !cursor->Take(comment_size, &comment)) {
    return false;
  }
  record->name = std::string(name);
  record->compressed = compressed;
  record->size = size;
  record->offset = offset;
  return ReadZip64(extra, record);
}

// Finds an entry's data. The local header repeats the record's name; its other
// fields may be empty (4.3.7).
bool FindData(absl::string_view bytes, const Record& record,
              absl::string_view* data) {
  if (record.offset > bytes.size()) return false;
  base::ByteCursor cursor(bytes.substr(record.offset));
  uint32_t signature;
  uint16_t name_size, extra_size;
  absl::string_view fields, name, extra;
  return cursor.Read(&signature) && signature == kLocalSignature &&
         cursor.Take(22, &fields) && cursor.Read(&name_size) &&
         cursor.Read(&extra_size) && cursor.Take(name_size, &name) &&
         name == record.name && cursor.Take(extra_size, &extra) &&
         cursor.Take(record.compressed, data);
}

}  // namespace

absl::StatusOr<ZipArchive> ZipArchive::Parse(absl::string_view bytes,
                                             const std::string& name) {
  ASSIGN_OR_RETURN(const Directory directory, FindDirectory(bytes, name));
  base::ByteCursor cursor(bytes.substr(directory.offset, directory.size));
  ZipArchive archive;
  archive.name_ = name;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    Record record;
    if (!ReadRecord(&cursor, &record)) {
      return Damaged(name, absl::StrCat("entry ", i, " of its directory of ",
                                        directory.entries, " is damaged"));
    }
    const std::string shown = absl::Utf8SafeCHexEscape(record.name);
    Entry entry{{}, record.crc32, record.method == 0};
    entry.stored &= (record.flags & kEncrypted) == 0;
    if (!FindData(bytes, record, &entry.data)) {
      return Damaged(name, absl::StrCat("entry \"", shown,
                                        "\" is not where the directory says"));
    }
    if (entry.stored && record.size != record.compressed) {
      return Damaged(name, absl::StrCat("entry \"", shown, "\" has two sizes"));
    }
    if (!archive.entries_.emplace(std::move(record.name), entry).second) {
      return Damaged(name, absl::StrCat("entry \"", shown, "\" occurs twice"));
    }
  }
  return archive;
}

absl::StatusOr<absl::string_view> ZipArchive::Read(
    const std::string& entry) const {
  const auto found = entries_.find(entry);
  const std::string shown = absl::Utf8SafeCHexEscape(entry);
  if (found == entries_.end()) {
    return Damaged(name_, absl::StrCat("it has no entry \"", shown, "\""));
  }
  if (!found->second.stored) {
    return absl::InvalidArgumentError(absl::StrCat(
        name_, ": entry \"", shown,
        "\" is compressed or encrypted, as no PyTorch file is; unpack it and "
        "pack it again with zip -0"));
  }
  const absl::string_view data = found->second.data;
  const uint32_t crc32 = static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
  if (crc32 != found->second.crc32) {
    return Damaged(name_, absl::StrCat("entry \"", shown,
                                       "\" does not have its checksum; the "
                                       "file was damaged, get it again"));
  }
  return data;
}

}  // namespace caldera::vit
