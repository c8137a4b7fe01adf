#include "ssl/tools/sweep/sweep_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ssl/tools/report/measure_name.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

constexpr size_t kTextColumns = 2;  // the others are aligned to the right

// Values are kept by seed: a run counts once, however often it is measured.
using Values = std::map<int64_t, double>;

double Mean(const Values& values) {
  double sum = 0;
  for (const auto& [seed, value] : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::string MeanAndSpread(const Values& values) {
  if (values.empty()) return "-";
  const auto n = static_cast<double>(values.size());
  const double mean = Mean(values);
  double squares = 0;
  for (const auto& [seed, value] : values) {
    squares += (value - mean) * (value - mean);
  }
  return values.size() == 1 ? absl::StrFormat("%.2f", mean)
                            : absl::StrFormat("%.2f ± %.2f", mean,
                                              std::sqrt(squares / (n - 1)));
}

// A cost of training: its key in the rows, its heading, its digits.
struct Cost {
  const char* key;
  const char* heading;
  int digits;
};
constexpr Cost kCosts[] = {{"minutes", "minutes", 1},
                           {"images_per_second", "img/s", 0},
                           {"peak_gib", "GiB", 2}};

struct Line {
  std::map<std::string, Values> top1;   // by column
  std::map<std::string, Values> costs;  // by key
  Values seeds;
};

// Returns the number of characters, not bytes, of UTF-8 text.
size_t Width(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (c & 0xC0) != 0x80; });
}

std::string Markdown(const std::vector<std::vector<std::string>>& cells) {
  std::vector<size_t> widths(cells[0].size(), 0);
  for (const auto& line : cells) {
    for (size_t c = 0; c < line.size(); ++c) {
      widths[c] = std::max(widths[c], Width(line[c]));
    }
  }
  std::string table;
  for (size_t r = 0; r < cells.size(); ++r) {
    for (size_t c = 0; c < cells[r].size(); ++c) {
      const std::string pad(widths[c] - Width(cells[r][c]), ' ');
      const bool right = c >= kTextColumns;
      absl::StrAppend(&table, c == 0 ? "| " : " | ", right ? pad : "",
                      cells[r][c], right ? "" : pad);
    }
    absl::StrAppend(&table, " |\n");
    if (r > 0) continue;
    for (size_t c = 0; c < widths.size(); ++c) {
      absl::StrAppend(&table, "|", std::string(widths[c] + 1, '-'),
                      c >= kTextColumns ? ":" : "-");
    }
    absl::StrAppend(&table, "|\n");
  }
  return table;
}

// The rows as lines of a table.
struct Lines {
  std::vector<std::string> order, columns;
  std::map<std::string, std::map<std::string, Line>> lines;  // name, feature
  std::set<std::string> floors;
  std::string deciding;  // the column that ranks; "" without one
};

Lines LinesOf(const std::vector<json>& rows) {
  Lines all;
  int deciding = -1;
  for (const json& row : rows) {
    const auto name = row["features"].get<std::string>();
    if (all.lines.count(name) == 0) all.order.push_back(name);
    if (row.value("floor", false)) all.floors.insert(name);
    Line& line = all.lines[name][row["setting"]["feature"].get<std::string>()];
    const std::string column = MeasureName(row);
    if (std::find(all.columns.begin(), all.columns.end(), column) ==
        all.columns.end()) {
      all.columns.push_back(column);
    }
    if (!row.value("floor", false) && Directness(row) > deciding) {
      deciding = Directness(row);
      all.deciding = column;
    }
    const auto seed = row["seed"].get<int64_t>();
    line.top1[column][seed] = row["top1"].get<double>();
    line.seeds[seed] = 1;
    for (const Cost& cost : kCosts) {
      if (row.contains(cost.key) && row[cost.key].is_number()) {
        line.costs[cost.key][seed] = row[cost.key].get<double>();
      }
    }
  }
  return all;
}

// Returns the mean that ranks a line, below any accuracy if it has none.
double Worth(const Line& line, const std::string& column) {
  const auto found = line.top1.find(column);
  return found == line.top1.end() ? -1 : Mean(found->second);
}

// Returns the features of a setting, the best first.
using Named = std::pair<std::string, const Line*>;
std::vector<Named> RankedFeatures(const Lines& all, const std::string& name) {
  std::vector<Named> features;
  for (const auto& [feature, line] : all.lines.at(name)) {
    features.emplace_back(feature, &line);
  }
  std::stable_sort(
      features.begin(), features.end(), [&](const Named& a, const Named& b) {
        return Worth(*a.second, all.deciding) > Worth(*b.second, all.deciding);
      });
  return features;
}

// Returns the names without floors, the best first.
std::vector<std::string> Ranked(const Lines& all) {
  std::vector<std::string> names;
  for (const std::string& name : all.order) {
    if (all.floors.count(name) == 0) names.push_back(name);
  }
  const auto worth = [&](const std::string& name) {
    return Worth(*RankedFeatures(all, name)[0].second, all.deciding);
  };
  // Runs that train at once end in any order, which must not decide.
  std::sort(names.begin(), names.end(),
            [&](const std::string& a, const std::string& b) {
              const double x = worth(a), y = worth(b);
              return x != y ? x > y : a < b;
            });
  return names;
}

}  // namespace

std::vector<RankedSetting> RankedSettings(const std::vector<json>& rows) {
  const Lines all = LinesOf(rows);
  std::vector<RankedSetting> ranked;
  for (const std::string& name : Ranked(all)) {
    ranked.push_back({name, RankedFeatures(all, name)[0].first});
  }
  return ranked;
}

std::string SweepTable(const std::vector<json>& rows, bool best_first) {
  const Lines all = LinesOf(rows);
  const std::vector<std::string>& columns = all.columns;
  std::vector<std::string> order = all.order;
  if (best_first) {
    order = Ranked(all);
    for (const std::string& name : all.order) {
      if (all.floors.count(name) > 0) order.push_back(name);
    }
  }

  std::vector<std::vector<std::string>> cells = {
      {"features", "feature", "runs"}};
  cells[0].insert(cells[0].end(), columns.begin(), columns.end());
  for (const Cost& cost : kCosts) cells[0].push_back(cost.heading);
  for (const std::string& name : order) {
    std::vector<Named> features = RankedFeatures(all, name);
    if (!best_first) std::sort(features.begin(), features.end());
    for (const auto& [feature, line] : features) {
      std::vector<std::string>& cell = cells.emplace_back();
      cell = {name, feature, absl::StrCat(line->seeds.size())};
      for (const std::string& column : columns) {
        const auto found = line->top1.find(column);
        cell.push_back(MeanAndSpread(
            found == line->top1.end() ? Values() : found->second));
      }
      for (const Cost& cost : kCosts) {
        const auto found = line->costs.find(cost.key);
        cell.push_back(
            found == line->costs.end()
                ? "-"
                : absl::StrFormat("%.*f", cost.digits, Mean(found->second)));
      }
    }
  }
  return Markdown(cells);
}

}  // namespace caldera::ssl
