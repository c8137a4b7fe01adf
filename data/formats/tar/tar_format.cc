#include "data/formats/tar/tar_format.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/formats/tar/tar_links.h"

namespace caldera::data {
namespace {

// More zeros between two archives than this are the end: a file of a terabyte
// that was reserved and never written is not read through.
constexpr int64_t kMaxZeros = 1 << 30;
constexpr int64_t kChunk = 64 << 10;  // of zeros

struct Compression {
  absl::string_view signature, remedy;
};
constexpr Compression kCompressions[] = {{"\x1f\x8b", "gunzip"},
                                         {"\xfd"
                                          "7zXZ",
                                          "unxz"},
                                         {"\x28\xb5\x2f\xfd", "unzstd"},
                                         {"BZh", "bunzip2"},
                                         {"PK\3\4", "unzip"},
                                         {"\x04\x22\x4d\x18", "unlz4"}};

bool AllZero(absl::string_view bytes) {
  return bytes.find_first_not_of('\0') == absl::string_view::npos;
}

class Lister {
 public:
  Lister(int64_t archive_size, const ReadAt& read_at, absl::string_view name)
      : archive_size_(archive_size), read_at_(read_at), name_(name) {}

  absl::StatusOr<TarListing> List() {
    RETURN_IF_ERROR(CheckBeginning());
    while (!done_) {
      RETURN_IF_ERROR(Next());
    }
    TarListing listing;
    if (!has_headers_ && damage_.empty()) not_read_.Add("empty shard", "");
    links_.Resolve(members_, not_read_);
    listing.members = std::move(members_);
    listing.not_read = std::move(not_read_);
    listing.damage = std::move(damage_);
    return listing;
  }

 private:
  // Refuses a file that is something else.
  absl::Status CheckBeginning() {
    const int64_t size = std::min(archive_size_, kTarBlock);
    if (size == 0) {
      done_ = true;
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::string bytes, read_at_(0, size));
    after_end_ = AllZero(bytes);
    if (size == kTarBlock &&
        (after_end_ || ParseTarHeader(bytes).has_value())) {
      return absl::OkStatus();
    }
    for (const Compression& compression : kCompressions) {
      if (!absl::StartsWith(bytes, compression.signature)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          name_,
          ": is compressed; images in it cannot be reached one by one: "
          "unpack it with ",
          compression.remedy));
    }
    if (size < kTarBlock) return absl::OkStatus();  // Next() says more
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": no tar archive; check the file"));
  }

  // Reads the header at position_ and moves on to the next one.
  absl::Status Next() {
    if (archive_size_ - position_ < kTarBlock) {
      return after_end_ ? EndWithRest() : CutOff("the archive is cut off");
    }
    ASSIGN_OR_RETURN(const std::string block, read_at_(position_, kTarBlock));
    if (AllZero(block)) return SkipZeros();
    const std::optional<TarHeader> header = ParseTarHeader(block);
    if (!header.has_value()) {
      return after_end_ ? EndWithRest()
                        : Damaged("a header's checksum differs");
    }
    if (after_end_ && has_headers_) ++part_;
    after_end_ = false;
    has_headers_ = true;
    return ReadMember(*header);
  }

  absl::Status ReadMember(const TarHeader& header) {
    const char type = header.type;
    bool is_file = type == '0' || type == '\0' || type == '7' || type == 'S';
    std::optional<int64_t> size = header.size;
    if (is_file && next_.size.has_value()) size = next_.size;
    // Links and devices carry a size and no bytes.
    if (type >= '2' && type <= '6') size = 0;
    if (!size.has_value()) return Damaged("a member's size is no number");
    int64_t begin = position_ + kTarBlock;
    if (type == '1' && *size > 0) {
      // Some programs write the bytes of a hard link, others its size only.
      ASSIGN_OR_RETURN(is_file, HasBytes(begin));
      if (!is_file) size = 0;
    }
    bool sparse = next_.sparse || type == 'S';
    for (bool more = type == 'S' && header.sparse_goes_on; more;
         begin += kTarBlock) {
      if (archive_size_ - begin < kTarBlock) {
        return CutOff("the archive is cut off");
      }
      ASSIGN_OR_RETURN(const std::string map, read_at_(begin, kTarBlock));
      more = map[504] != '\0';
    }
    if (*size > archive_size_ - begin) {
      return CutOff(absl::StrCat("a member of ", *size,
                                 " bytes reaches beyond the archive's ",
                                 archive_size_));
    }
    // At most archive_size_ + 511; the next header is then missing.
    position_ = begin + (*size + kTarBlock - 1) / kTarBlock * kTarBlock;
    if (type == 'L' || type == 'K' || type == 'x' || type == 'X') {
      return ReadExtension(type, begin, *size);
    }
    if (type == 'g' || type == 'V') return absl::OkStatus();
    AddMember(header, is_file, sparse, begin, *size);
    next_ = TarExtension();
    return absl::OkStatus();
  }

  void AddMember(const TarHeader& header, bool is_file, bool sparse,
                 int64_t begin, int64_t size) {
    std::string name = next_.name.value_or(header.name);
    const std::string target = next_.target.value_or(header.target);
    // A folder of the oldest tar is a file whose name ends in '/'.
    if (header.type == '5' || header.type == 'D' ||
        (is_file && absl::EndsWith(name, "/"))) {
      links_.AddFolder(name);
      return;
    }
    if (!is_file && header.type == '1') {
      links_.AddHardLink(members_.size(), target);
    } else if (header.type == '2') {
      links_.AddSymbolicLink(members_.size(), name, target);
    } else if (!is_file) {
      not_read_.Add("special member", name);
      return;
    }
    members_.push_back({std::move(name), begin, size, part_, sparse});
  }

  // Reads what stands in front of the next member.
  absl::Status ReadExtension(char type, int64_t begin, int64_t size) {
    if (type == 'x' || type == 'X') {
      ASSIGN_OR_RETURN(const bool read, ReadPax(begin, size, read_at_, next_));
      return read ? absl::OkStatus()
                  : Damaged("a pax header that cannot be read");
    }
    if (size > kMaxTarName) {
      return Damaged(absl::StrCat("a name of ", size, " bytes"));
    }
    ASSIGN_OR_RETURN(const std::string text, read_at_(begin, size));
    (type == 'L' ? next_.name : next_.target) = std::string(UpToZero(text));
    return absl::OkStatus();
  }

  // Returns false if a header or the end mark is at `begin`.
  absl::StatusOr<bool> HasBytes(int64_t begin) const {
    if (archive_size_ - begin < kTarBlock) return false;
    ASSIGN_OR_RETURN(const std::string block, read_at_(begin, kTarBlock));
    return !AllZero(block) && !ParseTarHeader(block).has_value();
  }

  // Moves on to the first block that is not zero: another archive may follow.
  absl::Status SkipZeros() {
    after_end_ = true;
    next_ = TarExtension();
    const int64_t first = position_;
    while (position_ < archive_size_) {
      if (position_ - first > kMaxZeros) return EndWithRest();
      const int64_t size = std::min(kChunk, archive_size_ - position_);
      ASSIGN_OR_RETURN(const std::string bytes, read_at_(position_, size));
      const size_t found = bytes.find_first_not_of('\0');
      if (found != std::string::npos) {
        position_ += found / kTarBlock * kTarBlock;
        return absl::OkStatus();
      }
      position_ += size;
    }
    done_ = true;
    return absl::OkStatus();
  }

  // What follows the end mark is no archive.
  absl::Status EndWithRest() {
    done_ = true;
    const int64_t size = archive_size_ - position_;
    ASSIGN_OR_RETURN(const std::string bytes,
                     read_at_(position_, std::min(size, kTarBlock)));
    if (size > kTarBlock || !AllZero(bytes)) {
      not_read_.Add("unreadable end of a shard",
                    absl::StrCat(size, " bytes from byte ", position_, " on"));
    }
    return absl::OkStatus();
  }

  absl::Status CutOff(absl::string_view what) {
    return End("cut-off shard", what);
  }
  absl::Status Damaged(absl::string_view what) {
    return End("damaged shard", what);
  }

  absl::Status End(const std::string& kind, absl::string_view what) {
    done_ = true;
    not_read_.Add(kind, "");
    damage_ =
        absl::StrCat(what, " (at byte ", position_, "); get the file again");
    return absl::OkStatus();
  }

  const int64_t archive_size_;
  const ReadAt& read_at_;
  const absl::string_view name_;
  int64_t position_ = 0;
  int64_t part_ = 0;
  bool has_headers_ = false, after_end_ = false, done_ = false;
  TarExtension next_;
  TarLinks links_;
  std::vector<TarMember> members_;
  NotRead not_read_;
  std::string damage_;
};

}  // namespace

absl::StatusOr<TarListing> ListTar(int64_t archive_size, const ReadAt& read_at,
                                   absl::string_view name) {
  return Lister(archive_size, read_at, name).List();
}

}  // namespace caldera::data
