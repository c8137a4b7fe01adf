#include "data/decode/heif_library.h"

#include <dlfcn.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace caldera::data {
namespace {

constexpr char kRemedy[] =
    "; install the package libheif1, or convert the images to JPEG";
constexpr uint32_t kFirstVersion = 0x010b0000;  // 1.11.0
constexpr uint32_t kEndOfVersions = 0x02000000;

std::string VersionText(uint32_t version) {
  return absl::StrCat(version >> 24, ".", version >> 16 & 255, ".",
                      version >> 8 & 255);
}

// Finds functions by name, and keeps the name of one that is not there.
class Finder {
 public:
  explicit Finder(void* library) : library_(library) {}

  template <typename Function>
  void Find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library_, name));
    if (function == nullptr && missing_.empty()) missing_ = name;
  }
  const std::string& missing() const { return missing_; }

 private:
  void* const library_;
  std::string missing_;
};

}  // namespace

absl::StatusOr<HeifLibrary> OpenHeifLibrary(const std::string& file) {
  // It stays open until the program ends: images may be in use.
  void* const opened = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        "needs a library that cannot be opened (", dlerror(), ")", kRemedy));
  }
  HeifLibrary heif = {};
  Finder finder(opened);
  const auto find = [&](const char* name, auto& function) {
    finder.Find(name, function);
  };
  find("heif_get_version_number", heif.get_version_number);
  find("heif_have_decoder_for_format", heif.have_decoder_for_format);
  find("heif_context_alloc", heif.context_alloc);
  find("heif_context_free", heif.context_free);
  find("heif_context_read_from_memory_without_copy",
       heif.context_read_from_memory_without_copy);
  find("heif_context_set_maximum_image_size_limit",
       heif.context_set_maximum_image_size_limit);
  find("heif_context_get_primary_image_handle",
       heif.context_get_primary_image_handle);
  find("heif_image_handle_release", heif.image_handle_release);
  find("heif_image_handle_get_width", heif.image_handle_get_width);
  find("heif_image_handle_get_height", heif.image_handle_get_height);
  find("heif_image_handle_get_ispe_width", heif.image_handle_get_ispe_width);
  find("heif_image_handle_get_ispe_height", heif.image_handle_get_ispe_height);
  find("heif_decoding_options_alloc", heif.decoding_options_alloc);
  find("heif_decoding_options_free", heif.decoding_options_free);
  find("heif_decode_image", heif.decode_image);
  find("heif_image_get_width", heif.image_get_width);
  find("heif_image_get_height", heif.image_get_height);
  find("heif_image_get_plane_readonly", heif.image_get_plane_readonly);
  find("heif_image_release", heif.image_release);
  if (!finder.missing().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("needs libheif 1.11 or later: ", file, " has no ",
                     finder.missing(), kRemedy));
  }
  const uint32_t version = heif.get_version_number();
  if (version < kFirstVersion || version >= kEndOfVersions) {
    return absl::FailedPreconditionError(
        absl::StrCat("needs libheif 1.11 or a later 1.x: ", file, " is ",
                     VersionText(version), kRemedy));
  }
  find("heif_context_set_max_decoding_threads",
       heif.context_set_max_decoding_threads);
  return heif;
}

const absl::StatusOr<HeifLibrary>& SystemHeif() {
  static const auto& library =
      *new absl::StatusOr<HeifLibrary>(OpenHeifLibrary("libheif.so.1"));
  return library;
}

std::string MissingHeifPackage(const absl::StatusOr<HeifLibrary>& library,
                               int compression) {
  if (!library.ok()) return "libheif1";
  if (library->have_decoder_for_format(compression) != 0) return "";
  // Later versions have a package for each codec.
  return compression == heif::kAv1 ? "libheif-plugin-dav1d"
                                   : "libheif-plugin-libde265";
}

}  // namespace caldera::data
