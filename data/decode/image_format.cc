#include "data/decode/image_format.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/part.h"
#include "data/data.pb.h"

namespace caldera::data {
namespace {

std::vector<ImageFormat>& Registered() {
  static auto& registered = *new std::vector<ImageFormat>();
  return registered;
}

bool BeginsWith(absl::string_view bytes, absl::string_view signature) {
  if (bytes.size() < signature.size()) return false;
  for (size_t i = 0; i < signature.size(); ++i) {
    if (signature[i] != '?' && signature[i] != bytes[i]) return false;
  }
  return true;
}

std::string MissingPackage(const ImageFormat& format) {
  return format.missing_package == nullptr ? "" : format.missing_package();
}

// Returns the format with an ending that `name` has, or null.
const ImageFormat* FormatOfName(absl::string_view name) {
  for (const ImageFormat& format : Registered()) {
    for (const std::string& ending : format.endings) {
      if (absl::EndsWithIgnoreCase(name, ending)) return &format;
    }
  }
  return nullptr;
}

}  // namespace

bool RegisterImageFormat(ImageFormat format) {
  base::PartDoc doc;
  doc.info.name = absl::AsciiStrToLower(format.name);
  doc.info.summary = format.summary;
  doc.seam = DecodeSpec::descriptor();
  base::AddPartDoc(doc);
  std::vector<ImageFormat>& formats = Registered();
  const auto before = [](const ImageFormat& a, const ImageFormat& b) {
    return std::tie(a.rank, a.name) < std::tie(b.rank, b.name);
  };
  formats.insert(
      std::upper_bound(formats.begin(), formats.end(), format, before),
      std::move(format));
  return true;
}

const std::vector<ImageFormat>& ImageFormats() { return Registered(); }

const ImageFormat* ImageFormatOf(absl::string_view bytes) {
  for (const ImageFormat& format : ImageFormats()) {
    for (const std::string& signature : format.signatures) {
      if (BeginsWith(bytes, signature)) return &format;
    }
  }
  return nullptr;
}

bool IsImageName(absl::string_view name) {
  const ImageFormat* const format = FormatOfName(name);
  return format != nullptr && MissingPackage(*format).empty();
}

std::string MissingPackageFor(absl::string_view name) {
  const ImageFormat* const format = FormatOfName(name);
  return format == nullptr ? "" : MissingPackage(*format);
}

std::vector<std::string> ImageEndings() {
  std::vector<std::string> endings;
  for (const ImageFormat& format : ImageFormats()) {
    if (!MissingPackage(format).empty()) continue;
    endings.insert(endings.end(), format.endings.begin(), format.endings.end());
  }
  return endings;
}

std::vector<std::string> ImageFormatNames() {
  std::vector<std::string> names;
  for (const ImageFormat& format : ImageFormats()) {
    if (MissingPackage(format).empty()) names.push_back(format.name);
  }
  return names;
}

}  // namespace caldera::data
