#include "data/formats/tar_format.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace caldera::data {
namespace {

constexpr int64_t kBlock = 512;
constexpr int64_t kMaxName = 64 << 10;  // bytes of a name or a pax header

absl::string_view Field(absl::string_view header, int64_t offset,
                        int64_t size) {
  return header.substr(offset, size);
}

// Returns the field up to its first zero byte.
absl::string_view Text(absl::string_view field) {
  return field.substr(0, field.find('\0'));
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
  const absl::string_view digits = absl::StripAsciiWhitespace(Text(field));
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
bool ChecksumHolds(absl::string_view header) {
  const std::optional<int64_t> expected = Number(Field(header, 148, 8));
  int64_t plain = 0, with_sign = 0;
  for (int64_t i = 0; i < kBlock; ++i) {
    const char c = i >= 148 && i < 156 ? ' ' : header[i];
    plain += static_cast<unsigned char>(c);
    with_sign += static_cast<signed char>(c);
  }
  return expected == plain || expected == with_sign;
}

std::string NameOf(absl::string_view header) {
  const absl::string_view name = Text(Field(header, 0, 100));
  // GNU's own format keeps times where ustar has the prefix.
  const bool ustar = Field(header, 257, 6) == absl::string_view("ustar\0", 6);
  const absl::string_view prefix =
      ustar ? Text(Field(header, 345, 155)) : absl::string_view();
  return prefix.empty() ? std::string(name) : absl::StrCat(prefix, "/", name);
}

// Replaces fields of the next member's header.
struct Extended {
  std::optional<std::string> name;
  std::optional<int64_t> size;
};

// Parses records "length key=value\n", where length counts the entire record.
bool ParsePax(absl::string_view text, Extended& extended) {
  while (!text.empty()) {
    int64_t length = 0;
    const size_t blank = text.find(' ');
    if (blank == absl::string_view::npos ||
        !absl::SimpleAtoi(text.substr(0, blank), &length) ||
        length <= static_cast<int64_t>(blank) + 1 ||
        length > static_cast<int64_t>(text.size()) ||
        text[length - 1] != '\n') {
      return false;
    }
    const absl::string_view record = text.substr(blank + 1, length - blank - 2);
    const size_t equals = record.find('=');
    if (equals == absl::string_view::npos) return false;
    const absl::string_view key = record.substr(0, equals);
    const absl::string_view value = record.substr(equals + 1);
    if (key == "path") {
      extended.name = std::string(value);
    } else if (key == "size") {
      int64_t size = 0;
      if (!absl::SimpleAtoi(value, &size) || size < 0) return false;
      extended.size = size;
    } else if (key.substr(0, 11) == "GNU.sparse.") {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

class Lister {
 public:
  Lister(int64_t archive_size, const ReadAt& read_at, absl::string_view name)
      : archive_size_(archive_size), read_at_(read_at), name_(name) {}

  absl::StatusOr<std::vector<TarMember>> List() {
    while (!ended_) {
      RETURN_IF_ERROR(Next());
    }
    return std::move(members_);
  }

 private:
  // Reads the header at position_ and moves on to the next one.
  absl::Status Next() {
    if (archive_size_ - position_ < kBlock) {
      return Damaged("the archive is cut off");
    }
    ASSIGN_OR_RETURN(const std::string header, read_at_(position_, kBlock));
    if (header.find_first_not_of('\0') == std::string::npos) {
      ended_ = true;  // what follows is padding
      return absl::OkStatus();
    }
    if (position_ == 0 && header.substr(0, 2) == "\x1f\x8b") {
      return absl::InvalidArgumentError(absl::StrCat(
          name_,
          ": is compressed; images in it cannot be reached one by one: "
          "unpack it with gunzip"));
    }
    if (!ChecksumHolds(header)) {
      if (position_ == 0) {
        return absl::InvalidArgumentError(
            absl::StrCat(name_, ": no tar archive; check the file"));
      }
      return Damaged("a header's checksum differs");
    }
    const std::optional<int64_t> field = Number(Field(header, 124, 12));
    if (!field.has_value()) return Damaged("a member's size is no number");
    const int64_t begin = position_ + kBlock;
    const char type = header[156];
    const bool is_file = type == '0' || type == '\0' || type == '7';
    // Links carry a size and no bytes.
    const bool is_empty = type >= '1' && type <= '6';
    const int64_t size = is_empty  ? 0
                         : is_file ? next_.size.value_or(*field)
                                   : *field;
    if (size > archive_size_ - begin) {
      return Damaged(absl::StrCat("a member of ", size,
                                  " bytes reaches beyond the archive's ",
                                  archive_size_));
    }
    // At most archive_size_ + 511; the next header is then missing.
    position_ = begin + (size + kBlock - 1) / kBlock * kBlock;
    if (type == 'L' || type == 'x') return ReadExtended(type, begin, size);
    if (type == 'S') return Sparse();
    if (type == 'K' || type == 'g') return absl::OkStatus();
    if (is_file) {
      members_.push_back({next_.name.value_or(NameOf(header)), begin, size});
    }
    next_ = Extended();
    return absl::OkStatus();
  }

  absl::Status ReadExtended(char type, int64_t begin, int64_t size) {
    if (size > kMaxName) {
      return Damaged(absl::StrCat("a name of ", size, " bytes"));
    }
    ASSIGN_OR_RETURN(const std::string text, read_at_(begin, size));
    if (type == 'L') {
      next_.name = std::string(Text(text));
    } else if (!ParsePax(text, next_)) {
      return Damaged("a pax header that cannot be read");
    }
    return absl::OkStatus();
  }

  absl::Status Sparse() const {
    return absl::InvalidArgumentError(absl::StrCat(
        name_, ": has a sparse member; pack it again without --sparse"));
  }

  absl::Status Damaged(absl::string_view what) const {
    return absl::DataLossError(absl::StrCat(
        name_, ": ", what, " (at byte ", position_, "); get the file again"));
  }

  const int64_t archive_size_;
  const ReadAt& read_at_;
  const absl::string_view name_;
  int64_t position_ = 0;
  bool ended_ = false;
  Extended next_;
  std::vector<TarMember> members_;
};

}  // namespace

absl::StatusOr<std::vector<TarMember>> ListTar(int64_t archive_size,
                                               const ReadAt& read_at,
                                               absl::string_view name) {
  return Lister(archive_size, read_at, name).List();
}

}  // namespace caldera::data
