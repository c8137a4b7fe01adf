#include "ssl/tools/report/spectrum_panels.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

struct Measured {
  int64_t block = -1;
  bool norm = false;
  std::vector<double> values;
};

std::vector<double> Values(const json& row) {
  std::vector<double> values;
  const json spectrum = row.value("covariance_spectrum", json());
  if (!spectrum.is_array()) return values;
  for (const json& value : spectrum) {
    if (!value.is_number() || !std::isfinite(value.get<double>()) ||
        value.get<double>() <= 0) {
      break;
    }
    values.push_back(value.get<double>());
  }
  return values;
}

// Returns, by feature, the latest row of the last block.
std::map<std::string, Measured> LastBlocks(const std::vector<json>& rows) {
  std::map<std::string, Measured> found;
  for (const json& row : rows) {
    if (row.value("task", json()) != "diagnostics") continue;
    const json setting = row.value("setting", json::object());
    if (!setting.is_object() || !setting.value("feature", json()).is_string() ||
        !setting.value("block", json()).is_number_integer()) {
      continue;
    }
    Measured measured{setting["block"].get<int64_t>(),
                      setting.value("norm", json()) == true, Values(row)};
    Measured& last = found[setting["feature"].get<std::string>()];
    if (!measured.values.empty() && measured.block >= last.block) {
      last = std::move(measured);
    }
  }
  return found;
}

std::string Title(const std::string& feature, const Measured& measured) {
  return absl::StrCat("Covariance of the ", feature, " feature, block ",
                      measured.block, measured.norm ? " after the norm" : "");
}

}  // namespace

std::vector<SpectrumPanel> SpectrumPanels(const std::vector<RunResults>& runs) {
  std::vector<SpectrumPanel> panels;
  for (size_t run = 0; run < runs.size(); ++run) {
    for (auto& [feature, measured] : LastBlocks(runs[run].second)) {
      if (measured.values.empty()) continue;
      const std::string title = Title(feature, measured);
      SpectrumPanel* panel = nullptr;
      for (SpectrumPanel& other : panels) {
        if (other.title == title) panel = &other;
      }
      if (panel == nullptr) {
        panels.push_back({title, {}});
        panel = &panels.back();
      }
      panel->curves.push_back({run, std::move(measured.values)});
    }
  }
  return panels;
}

}  // namespace caldera::ssl
