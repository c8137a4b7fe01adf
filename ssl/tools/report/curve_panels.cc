#include "ssl/tools/report/curve_panels.h"

#include <glog/logging.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "ssl/train/monitor/metric_titles.h"

namespace caldera::ssl {
namespace {

enum Group { kLoss, kProbe, kSchedule, kDiagnostics, kGroups };

constexpr std::array<std::pair<const char*, const char*>, kGroups> kHeadings = {
    {{"Loss", "The total, then each term before its weight."},
     {kOnlineProbeTitle,
      "How the frozen features do while the run trains: a linear classifier "
      "that learns beside it, and k-NN. Not the final measurement."},
     {"Schedule and speed", ""},
     {"Diagnostics",
      "What the regularizer saw in its batches, by pair of blocks."}}};

bool Has(const std::vector<const RunCourse*>& runs, const std::string& key) {
  return std::any_of(runs.begin(), runs.end(), [&key](const RunCourse* run) {
    return run->curves.count(key) > 0;
  });
}

Group GroupOf(const std::vector<const RunCourse*>& runs,
              const std::string& key) {
  if (key == "loss" || Has(runs, key + ".weight")) return kLoss;
  if (absl::StartsWith(key, "online.")) return kProbe;
  if (key == "lr" || absl::StartsWith(key, "speed/") ||
      absl::EndsWith(key, ".weight")) {
    return kSchedule;
  }
  return kDiagnostics;
}

Panel NamedPanel(const std::string& key) {
  const MetricTitle* const metric = FindMetricTitle(key);
  if (metric != nullptr) return {key, metric->title, metric->unit, {}};
  absl::string_view term = key;
  if (absl::ConsumeSuffix(&term, ".weight")) {
    return {key, absl::StrCat("Weight of ", term), "weight", {}};
  }
  return {key, key, "value", {}};
}

bool Constant(const Panel& panel) {
  const double first = panel.curves[0].curve->value[0];
  for (const PanelCurve& one : panel.curves) {
    for (const double value : one.curve->value) {
      if (value != first) return false;
    }
  }
  return true;
}

void Append(const Curve& from, size_t i, Curve* to) {
  to->step.push_back(from.step[i]);
  to->epoch.push_back(from.epoch[i]);
  to->value.push_back(from.value[i]);
}

}  // namespace

std::vector<PanelGroup> CurvePanels(const std::vector<const RunCourse*>& runs) {
  std::set<std::string> keys;
  for (const RunCourse* run : runs) {
    for (const auto& [key, curve] : run->curves) {
      if (!curve.value.empty()) keys.insert(key);
    }
  }
  std::array<PanelGroup, kGroups> groups;
  for (const std::string& key : keys) {
    const Group group = GroupOf(runs, key);
    Panel panel = NamedPanel(key);
    if (group == kLoss) panel.unit = "loss";
    for (size_t i = 0; i < runs.size(); ++i) {
      const auto curve = runs[i]->curves.find(key);
      if (curve == runs[i]->curves.end() || curve->second.value.empty()) {
        continue;
      }
      panel.curves.push_back({i, &curve->second});
    }
    if (absl::EndsWith(key, ".weight") && Constant(panel)) continue;
    std::vector<Panel>& panels = groups[group].panels;
    panels.insert(key == "loss" ? panels.begin() : panels.end(),
                  std::move(panel));
  }
  std::vector<PanelGroup> found;
  for (size_t g = 0; g < kGroups; ++g) {
    if (groups[g].panels.empty()) continue;
    groups[g].title = kHeadings[g].first;
    groups[g].caption = kHeadings[g].second;
    found.push_back(std::move(groups[g]));
  }
  return found;
}

Curve ThinCurve(const Curve& curve, size_t most) {
  CHECK_GE(most, 4);
  const size_t size = curve.value.size();
  if (size <= most) return curve;
  Curve thin;
  Append(curve, 0, &thin);
  const size_t stretches = (most - 2) / 2, inner = size - 2;
  for (size_t s = 0; s < stretches; ++s) {
    const auto begin = curve.value.begin() + 1 + s * inner / stretches;
    const auto end = curve.value.begin() + 1 + (s + 1) * inner / stretches;
    const auto [low, high] = std::minmax_element(begin, end);
    const size_t a = low - curve.value.begin(), b = high - curve.value.begin();
    Append(curve, std::min(a, b), &thin);
    if (*low != *high) Append(curve, std::max(a, b), &thin);
  }
  Append(curve, size - 1, &thin);
  return thin;
}

}  // namespace caldera::ssl
