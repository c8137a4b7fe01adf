#include "ssl/tools/report/measure_name.h"

#include "absl/strings/str_cat.h"
#include "base/text/json_text.h"
#include "base/text/printable_text.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

// Anybody may have written a row: its members have any types.
std::string Text(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return "?";
  const json& value = object[key];
  return value.is_string() ? base::PrintableText(value.get<std::string>())
                           : base::JsonText(value);
}

}  // namespace

int Directness(const json& row) {
  const std::string task = Text(row, "task");
  return task == "classify" ? 2 : task == "linear" ? 1 : task == "knn" ? 0 : -1;
}

std::string MeasureName(const json& row) {
  const std::string task = Text(row, "task");
  const json setting = row.is_object() ? row.value("setting", json()) : json();
  const auto has = [&](const char* key) {
    return setting.is_object() && setting.contains(key);
  };
  std::string name = task;
  if (task == "classify") return "its own head";
  if (task == "knn") {
    name = absl::StrCat("k-NN, k=", Text(setting, "k"), ", ",
                        Text(setting, "distance"));
    if (has("temperature")) {
      absl::StrAppend(&name, ", T=", Text(setting, "temperature"));
    }
  } else if (task == "linear" && has("recipe")) {
    name = absl::StrCat("linear, ", Text(setting, "recipe"), ", ",
                        Text(setting, "epochs"), " epochs, ",
                        Text(setting, "images"));
  } else if (task == "linear") {
    name = absl::StrCat("linear, l2=", Text(setting, "l2"));
    if (has("standardize") && setting["standardize"] == false) {
      absl::StrAppend(&name, ", as it is");
    }
  }
  if (has("measured_on")) {
    absl::StrAppend(&name, ", ", Text(setting, "measured_on"));
  }
  return name;
}

}  // namespace caldera::ssl
