#include "data/formats/tar_samples.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/join_words.h"
#include "base/status.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

constexpr int64_t kMaxClassBytes = 64;

struct Parts {
  absl::string_view key, extension;  // the path to the first dot, and the rest
};

Parts Split(absl::string_view name) {
  const size_t slash = name.rfind('/');
  const size_t base = slash == absl::string_view::npos ? 0 : slash + 1;
  const size_t dot = name.find('.', base);
  if (dot == absl::string_view::npos) return {name, ""};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

bool IsImage(absl::string_view extension) {
  for (const std::string& ending : ImageEndings()) {
    if (absl::EqualsIgnoreCase(extension, ending.substr(1))) return true;
  }
  return false;
}

class Grouper {
 public:
  Grouper(const ReadAt& read_at, absl::string_view name)
      : read_at_(read_at), name_(name) {}

  absl::Status Add(const TarMember& member) {
    const Parts parts = Split(member.name);
    const bool is_image = IsImage(parts.extension);
    const bool is_class = absl::AsciiStrToLower(parts.extension) == "cls";
    if (!is_image && !is_class) return absl::OkStatus();
    if (!open_ || parts.key != key_) {
      RETURN_IF_ERROR(Close());
      open_ = true;
      key_ = std::string(parts.key);
      sample_ = {-1, 0, -1};
    }
    return is_image ? AddImage(member) : AddClass(member);
  }

  // Finishes the current sample, if there is one.
  absl::Status Close() {
    if (!open_) return absl::OkStatus();
    open_ = false;
    if (sample_.offset < 0) return Refuse(".cls", "has no image beside it");
    samples_.push_back(sample_);
    return absl::OkStatus();
  }

  std::vector<TarSample> Take() { return std::move(samples_); }

 private:
  absl::Status AddImage(const TarMember& member) {
    if (sample_.offset >= 0) return Refuse("", "has two images");
    if (member.size == 0) return Refuse("", "has an empty image");
    sample_.offset = member.offset;
    sample_.size = member.size;
    return absl::OkStatus();
  }

  absl::Status AddClass(const TarMember& member) {
    if (member.size > kMaxClassBytes) {
      return Refuse(".cls", absl::StrCat("has ", member.size, " bytes"));
    }
    ASSIGN_OR_RETURN(const std::string text,
                     read_at_(member.offset, member.size));
    if (!absl::SimpleAtoi(text, &sample_.label) || sample_.label < 0 ||
        sample_.label > kMaxTarLabel) {
      return Refuse(".cls",
                    absl::StrCat("is not a number from 0 to ", kMaxTarLabel));
    }
    return absl::OkStatus();
  }

  absl::Status Refuse(absl::string_view suffix, absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": ", key_, suffix, " ", what,
                     "; pack an image and a .cls a sample, side by side"));
  }

  const ReadAt& read_at_;
  const absl::string_view name_;
  bool open_ = false;
  std::string key_;
  TarSample sample_{};
  std::vector<TarSample> samples_;
};

}  // namespace

absl::StatusOr<std::vector<TarSample>> ListTarSamples(int64_t archive_size,
                                                      const ReadAt& read_at,
                                                      absl::string_view name) {
  ASSIGN_OR_RETURN(const std::vector<TarMember> members,
                   ListTar(archive_size, read_at, name));
  Grouper grouper(read_at, name);
  for (const TarMember& member : members) {
    RETURN_IF_ERROR(grouper.Add(member));
  }
  RETURN_IF_ERROR(grouper.Close());
  std::vector<TarSample> samples = grouper.Take();
  if (samples.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": has no images among its ", members.size(),
                     " files, expected KEY",
                     base::JoinWords(ImageEndings(), "or"), " and KEY.cls"));
  }
  return samples;
}

}  // namespace caldera::data
