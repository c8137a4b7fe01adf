#include "data/formats/tar/tar_header.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace caldera::data {
namespace {

// The length and the key of a pax record are found within so many bytes.
constexpr int64_t kMaxPaxKey = 1024;

absl::string_view Field(absl::string_view block, int64_t offset, int64_t size) {
  return block.substr(offset, size);
}

// Parses octal digits or, if the highest bit is set, big-endian bytes (GNU).
// Returns nothing if the field is neither or does not fit int64.
std::optional<int64_t> Number(absl::string_view field) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(field[i]);
  };
  if ((byte(0) & 0x80) != 0) {
    uint64_t value = byte(0) & 0x7f;
    for (size_t i = 1; i < field.size(); ++i) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | byte(i);
    }
    return static_cast<int64_t>(value);
  }
  const absl::string_view digits = absl::StripAsciiWhitespace(UpToZero(field));
  int64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + (digit - '0');  // 12 digits: no overflow
  }
  return value;
}

// Compares the checksum with the sum of the header's bytes, where blanks
// replace the checksum itself. Bytes are unsigned; some old programs sum signed
// ones.
bool ChecksumHolds(absl::string_view block) {
  const std::optional<int64_t> expected = Number(Field(block, 148, 8));
  int64_t plain = 0, with_sign = 0;
  for (int64_t i = 0; i < kTarBlock; ++i) {
    const char c = i >= 148 && i < 156 ? ' ' : block[i];
    plain += static_cast<unsigned char>(c);
    with_sign += static_cast<signed char>(c);
  }
  return expected == plain || expected == with_sign;
}

std::string NameOf(absl::string_view block) {
  const absl::string_view name = UpToZero(Field(block, 0, 100));
  // GNU's own format keeps times where ustar has the prefix.
  const bool ustar = Field(block, 257, 6) == absl::string_view("ustar\0", 6);
  const absl::string_view prefix =
      ustar ? UpToZero(Field(block, 345, 155)) : absl::string_view();
  return prefix.empty() ? std::string(name) : absl::StrCat(prefix, "/", name);
}

// Parses the record "length key=value\n" that `text` begins with, where length
// counts the entire record and is at most `most`. A value that reaches beyond
// `text` is passed over if it is not needed. Returns false if the record cannot
// be read.
bool ParseRecord(absl::string_view text, int64_t most, int64_t& length,
                 TarExtension& extension) {
  const size_t blank = text.find(' ');
  if (blank == absl::string_view::npos ||
      !absl::SimpleAtoi(text.substr(0, blank), &length) ||
      length <= static_cast<int64_t>(blank) + 1 || length > most) {
    return false;
  }
  const bool whole = length <= static_cast<int64_t>(text.size());
  if (whole && text[length - 1] != '\n') return false;
  const absl::string_view record =
      text.substr(blank + 1, whole ? length - blank - 2 : text.npos);
  const size_t equals = record.find('=');
  if (equals == absl::string_view::npos) return false;
  const absl::string_view key = record.substr(0, equals);
  const absl::string_view value = record.substr(equals + 1);
  if (absl::StartsWith(key, "GNU.sparse.")) extension.sparse = true;
  const bool is_name = key == "path" || key == "GNU.sparse.name";
  if (!is_name && key != "linkpath" && key != "size") return true;
  if (!whole) return false;
  if (is_name) {
    extension.name = std::string(value);
  } else if (key == "linkpath") {
    extension.target = std::string(value);
  } else {
    int64_t size = 0;
    if (!absl::SimpleAtoi(value, &size) || size < 0) return false;
    extension.size = size;
  }
  return true;
}

}  // namespace

absl::string_view UpToZero(absl::string_view field) {
  return field.substr(0, field.find('\0'));
}

std::optional<TarHeader> ParseTarHeader(absl::string_view block) {
  if (!ChecksumHolds(block)) return std::nullopt;
  return TarHeader{block[156], NameOf(block),
                   std::string(UpToZero(Field(block, 157, 100))),
                   Number(Field(block, 124, 12)), block[482] != '\0'};
}

absl::StatusOr<bool> ReadPax(int64_t begin, int64_t size, const ReadAt& read_at,
                             TarExtension& extension) {
  const int64_t end = begin + size;
  while (begin < end) {
    ASSIGN_OR_RETURN(const std::string text,
                     read_at(begin, std::min(end - begin, kMaxTarName)));
    // A record that is cut off by the end of `text` is read again from its
    // beginning, unless it began there already.
    for (absl::string_view rest = text; !rest.empty();) {
      if (rest[0] == '\0' && rest.find_first_not_of('\0') == rest.npos) {
        begin += rest.size();  // some programs pad with zeros
        break;
      }
      const bool is_first = rest.size() == text.size();
      if (!is_first && static_cast<int64_t>(rest.size()) < kMaxPaxKey &&
          begin + static_cast<int64_t>(rest.size()) < end) {
        break;
      }
      int64_t length = 0;
      if (!ParseRecord(rest, end - begin, length, extension)) {
        if (is_first) return false;
        break;
      }
      begin += length;
      rest.remove_prefix(std::min<int64_t>(length, rest.size()));
    }
  }
  return true;
}

}  // namespace caldera::data
