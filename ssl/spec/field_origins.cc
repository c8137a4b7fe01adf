#include "ssl/spec/field_origins.h"

namespace caldera::ssl {

void FieldOrigins::Record(const std::string& path, const std::string& origin) {
  origins_[path] = origin;
}

void FieldOrigins::Merge(const FieldOrigins& later) {
  for (const auto& [path, origin] : later.origins_) Record(path, origin);
}

std::string FieldOrigins::Find(absl::string_view path) const {
  for (;;) {
    const auto found = origins_.find(std::string(path));
    if (found != origins_.end()) return found->second;
    const size_t cut = path.find_last_of(".[");
    if (cut == absl::string_view::npos) return "";
    path = path.substr(0, cut);
  }
}

}  // namespace caldera::ssl
