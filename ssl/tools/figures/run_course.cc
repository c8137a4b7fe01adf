#include "ssl/tools/figures/run_course.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

bool HasNumber(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number();
}

void AddRow(const json& row, RunCourse* course) {
  const auto step = row["step"].get<int64_t>();
  const auto epoch = row["epoch"].get<double>();
  for (const auto& [key, value] : row.items()) {
    if (key == "step" || key == "epoch" || !value.is_number()) continue;
    Curve& curve = course->curves[key];
    curve.step.push_back(step);
    curve.epoch.push_back(epoch);
    curve.value.push_back(value.get<double>());
  }
}

}  // namespace

absl::StatusOr<RunCourse> ReadCourse(const std::string& name,
                                     const std::string& path) {
  std::ifstream file(path);
  if (!file.is_open()) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  RunCourse course{name, {}};
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const json row = json::parse(line, /*cb=*/nullptr,
                                 /*allow_exceptions=*/false);
    if (row.is_object() && HasNumber(row, "step") && HasNumber(row, "epoch")) {
      AddRow(row, &course);
    } else if (file.eof()) {  // the last line is incomplete
      course.cut_off = true;
    } else {
      return absl::DataLossError(absl::StrCat(
          path, ":", number, ": no JSON object with \"step\" and \"epoch\""));
    }
  }
  return course;
}

}  // namespace caldera::ssl
