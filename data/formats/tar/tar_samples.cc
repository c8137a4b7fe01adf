#include "data/formats/tar/tar_samples.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "data/decode/image_format.h"
#include "data/formats/list_folder.h"
#include "data/formats/tar/tar_label.h"

namespace caldera::data {
namespace {

constexpr int64_t kMaxClassBytes = 256;
// Paths of a kind that are kept of a shard: a set may have thousands of shards.
constexpr size_t kKeptPaths = 10;

enum class Kind { kImage, kClass, kOther };

// A member "dir/key.some.jpg".
struct Piece {
  const TarMember* member;
  Kind kind;
  absl::string_view key;     // the path up to the first dot: "dir/key"
  absl::string_view stem;    // up to the last dot: "dir/key.some"
  absl::string_view ending;  // "jpg"

  bool plain() const { return stem.size() == key.size(); }
  absl::string_view after_key() const {
    const absl::string_view name = member->name;
    return name.substr(std::min(key.size() + 1, name.size()));
  }
};

absl::string_view BaseName(absl::string_view name) {
  return name.substr(name.rfind('/') + 1);  // npos + 1 is 0
}

// True for what systems leave in folders: "._000.jpg" has the attributes of
// 000.jpg on a Mac, and is no image.
bool IsOfSystem(absl::string_view name) {
  for (const absl::string_view word :
       absl::StrSplit(name, '/', absl::SkipEmpty())) {
    if (word != "." && word != ".." && IsLitter(word)) return true;
  }
  return false;
}

bool HasDigit(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), absl::ascii_isdigit);
}

class Grouper {
 public:
  Grouper(const ReadAt& read_at, absl::string_view name)
      : read_at_(read_at), name_(name), endings_(ImageEndings()) {}

  absl::StatusOr<TarContents> Group(const TarListing& listing) {
    contents_.damage = listing.damage;
    for (const TarMember& member : listing.members) {
      if (!IsOfSystem(member.name)) RETURN_IF_ERROR(Add(member));
    }
    at_damage_ = !listing.damage.empty();
    RETURN_IF_ERROR(Close());
    RETURN_IF_ERROR(CheckSeveral());
    RETURN_IF_ERROR(CheckLonely(listing));
    NotRead few;
    for (const NotRead& all : {listing.not_read, not_read_}) {
      for (auto [kind, entry] : all.kinds()) {
        if (entry.paths.size() > kKeptPaths) entry.paths.resize(kKeptPaths);
        few.Add(kind, entry);
      }
    }
    contents_.not_read = std::move(few);
    return std::move(contents_);
  }

 private:
  Piece PieceOf(const TarMember& member) const {
    const absl::string_view name = member.name;
    const size_t base = BaseName(name).data() - name.data();
    const size_t first = name.find('.', base);
    if (first == name.npos) return {&member, Kind::kOther, name, name, ""};
    const size_t last = name.rfind('.');
    Piece piece = {&member, Kind::kOther, name.substr(0, first),
                   name.substr(0, last), name.substr(last + 1)};
    if (absl::EqualsIgnoreCase(piece.ending, "cls")) piece.kind = Kind::kClass;
    for (const absl::string_view ending : endings_) {
      if (absl::EqualsIgnoreCase(piece.ending, ending.substr(1))) {
        piece.kind = Kind::kImage;
      }
    }
    return piece;
  }

  absl::Status Add(const TarMember& member) {
    Piece piece = PieceOf(member);
    if (piece.kind == Kind::kOther && piece.ending.empty() && !member.sparse) {
      ASSIGN_OR_RETURN(
          const std::string bytes,
          read_at_(member.offset, std::min(member.size, kSignatureBytes)));
      if (AreBytesOfImage(bytes)) piece.kind = Kind::kImage;
    }
    if (piece.kind == Kind::kOther) {
      CountByEnding(piece);
      other_ = GroupOf(piece);
      if (other_ == group_) has_others_ = true;
      return absl::OkStatus();
    }
    const bool open = !images_.empty() || !classes_.empty();
    if (!open || GroupOf(piece) != group_) {
      RETURN_IF_ERROR(Close());
      group_ = GroupOf(piece);
      has_others_ = other_ == group_;
    }
    (piece.kind == Kind::kImage ? images_ : classes_).push_back(piece);
    return absl::OkStatus();
  }

  // Archives that were joined have groups of their own.
  static std::pair<int64_t, std::string> GroupOf(const Piece& piece) {
    return {piece.member->part, std::string(piece.key)};
  }

  void CountByEnding(const Piece& piece) {
    const std::string& name = piece.member->name;
    not_read_.Add(KindOfFile(std::string(BaseName(name))), name);
  }

  // Makes samples of the current group.
  absl::Status Close() {
    const std::vector<Piece> images = std::move(images_);
    const std::vector<Piece> classes = std::move(classes_);
    images_.clear();
    classes_.clear();
    if (images.empty()) return CloseWithoutImage(classes);
    ++groups_;
    const auto is_plain = [](const Piece& piece) { return piece.plain(); };
    const int64_t plain = std::count_if(images.begin(), images.end(), is_plain);
    if (plain > 1) return Refuse(images[0].key, "", "has two images");
    // The sample's .cls may have been cut off.
    if (at_damage_ && classes.empty() && labelled_) {
      return absl::OkStatus();
    }
    // The last of several .cls wins, as when tar unpacks them.
    std::map<absl::string_view, const TarMember*> by_stem;
    for (const Piece& one : classes) by_stem[one.stem] = one.member;
    std::unordered_set<const TarMember*> used;
    std::vector<std::string> names;
    bool numbered = true;
    for (const Piece& image : images) {
      if (plain == 1 && !image.plain()) {
        not_read_.Add("further image of a sample", image.member->name);
        continue;
      }
      auto found = by_stem.find(image.stem);
      if (found == by_stem.end()) found = by_stem.find(image.key);
      const TarMember* label = found == by_stem.end() ? nullptr : found->second;
      used.insert(label);
      names.push_back(std::string(image.after_key()));
      numbered = numbered && HasDigit(image.stem.substr(image.key.size()));
      RETURN_IF_ERROR(AddSample(image, label));
    }
    for (const Piece& one : classes) {
      if (used.count(one.member) == 0) CountByEnding(one);
    }
    if (names.size() > 1 && !numbered) {
      std::sort(names.begin(), names.end());
      several_[std::move(names)].push_back(std::string(images[0].key));
    }
    return absl::OkStatus();
  }

  absl::Status CloseWithoutImage(const std::vector<Piece>& classes) {
    for (const Piece& one : classes) {
      if (!one.plain() || has_others_) {
        CountByEnding(one);
      } else if (!at_damage_) {
        return Refuse(one.key, ".cls", "has no image beside it");
      }
    }
    if (!classes.empty()) lonely_.insert(group_);
    return absl::OkStatus();
  }

  absl::Status AddSample(const Piece& image, const TarMember* label) {
    const TarMember& member = *image.member;
    TarSample sample = {member.offset, member.size, -1};
    if (label != nullptr) {
      ASSIGN_OR_RETURN(sample.label, ReadLabel(*label));
      labelled_ = true;
    }
    if (member.size > 0 && !member.sparse) {
      contents_.samples.push_back(sample);
      return absl::OkStatus();
    }
    const bool empty = member.size == 0;
    not_read_.Add(empty ? "empty image" : "sparse image", member.name);
    if (contents_.damage.empty()) {
      contents_.damage = absl::StrCat(
          image.stem, empty ? " has an empty image; pack it again"
                            : " is a sparse member; pack it again without "
                              "--sparse");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int32_t> ReadLabel(const TarMember& member) {
    const absl::string_view stem =
        absl::string_view(member.name).substr(0, member.name.rfind('.'));
    if (member.size > kMaxClassBytes) {
      return Refuse(stem, ".cls", absl::StrCat("has ", member.size, " bytes"));
    }
    ASSIGN_OR_RETURN(const std::string text,
                     read_at_(member.offset, member.size));
    const std::optional<TarLabel> label = ParseTarLabel(text);
    if (!label.has_value() || label->number < -1 ||
        label->number > kMaxTarLabel) {
      return Refuse(stem, ".cls",
                    absl::StrCat("is not a number from 0 to ", kMaxTarLabel,
                                 ", -1 (unknown) or a name"));
    }
    if (label->name.empty()) return static_cast<int32_t>(label->number);
    std::vector<std::string>& names = contents_.class_names;
    const auto [found, fresh] = names_.emplace(label->name, names.size());
    if (fresh) names.push_back(label->name);
    return -2 - found->second;
  }

  // Refuses samples of several images: keys with the same endings, or the only
  // key.
  absl::Status CheckSeveral() const {
    for (const auto& [names, keys] : several_) {
      if (keys.size() < 2 && groups_ > 1) continue;
      return Refuse(keys[0], "",
                    absl::StrCat("has ", names.size(), " images (",
                                 absl::StrJoin(names, ", "), ")"));
    }
    return absl::OkStatus();
  }

  // Refuses classes that stand apart from their images.
  absl::Status CheckLonely(const TarListing& listing) const {
    if (lonely_.empty()) return absl::OkStatus();
    for (const TarMember& member : listing.members) {
      const Piece piece = PieceOf(member);
      if (piece.kind == Kind::kImage && !IsOfSystem(member.name) &&
          lonely_.count(GroupOf(piece)) > 0) {
        return Refuse(piece.key, ".cls", "stands apart from its image");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Refuse(absl::string_view key, absl::string_view suffix,
                      absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": ", key, suffix, " ", what,
                     "; pack an image and a .cls a sample, side by side"));
  }

  const ReadAt& read_at_;
  const absl::string_view name_;
  const std::vector<std::string> endings_;  // of images
  // The current group, by part and key, and its members.
  std::pair<int64_t, std::string> group_, other_;  // other_: of kOther
  std::vector<Piece> images_, classes_;
  bool has_others_ = false, at_damage_ = false, labelled_ = false;
  int64_t groups_ = 0;  // those with images
  // Keys with several images, by what stands behind the key.
  std::map<std::vector<std::string>, std::vector<std::string>> several_;
  std::set<std::pair<int64_t, std::string>> lonely_;  // classes only
  std::unordered_map<std::string, int32_t> names_;    // numbers in class_names
  NotRead not_read_;
  TarContents contents_;
};

}  // namespace

absl::StatusOr<TarContents> ListTarSamples(int64_t archive_size,
                                           const ReadAt& read_at,
                                           absl::string_view name) {
  ASSIGN_OR_RETURN(const TarListing listing,
                   ListTar(archive_size, read_at, name));
  return Grouper(read_at, name).Group(listing);
}

}  // namespace caldera::data
