#include "base/text/json_text.h"

#include "base/text/printable_text.h"

namespace caldera::base {

using nlohmann::json;

json WithUtf8(const json& value) {
  if (value.is_string()) {
    return ValidUtf8(value.get_ref<const std::string&>());
  }
  if (value.is_array()) {
    json items = json::array();
    for (const json& item : value) items.push_back(WithUtf8(item));
    return items;
  }
  if (!value.is_object()) return value;
  json members = json::object();
  for (const auto& [key, member] : value.items()) {
    members[ValidUtf8(key)] = WithUtf8(member);
  }
  return members;
}

std::string JsonText(const json& value, int indent) {
  return WithUtf8(value).dump(indent);
}

}  // namespace caldera::base
