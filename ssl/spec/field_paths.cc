#include "ssl/spec/field_paths.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/spec_fields.h"

namespace caldera::ssl {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

std::string PathName(const FieldDescriptor& field) {
  return absl::StrCat(field.name(), field.is_repeated() ? "[]" : "");
}

std::string JoinPath(const std::string& path, const std::string& name) {
  return path.empty() ? name : absl::StrCat(path, ".", name);
}

size_t PathDepth(const std::string& path) {
  return path.empty() ? 0 : 1 + std::count(path.begin(), path.end(), '.');
}

MessageHomes FindMessageHomes(const Descriptor& message,
                              const std::string& path) {
  MessageHomes homes;
  // Those that are found later lie deeper.
  std::vector<std::pair<const Descriptor*, std::string>> found = {
      {&message, path}};
  for (size_t i = 0; i < found.size(); ++i) {
    const auto [type, at] = found[i];
    if (!homes.emplace(type, at).second) continue;
    for (const FieldDescriptor* field : base::FieldsOf(*type)) {
      if (field->message_type() == nullptr) continue;
      found.emplace_back(field->message_type(), JoinPath(at, PathName(*field)));
    }
  }
  return homes;
}

}  // namespace caldera::ssl
