#include "ssl/tools/sweep/vary.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/random_stream.h"
#include "base/status.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kMostPoints = 10000;
constexpr size_t kLongestValue = 40;  // in the name of a folder

absl::Status Refuse(const std::string& flag, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", why));
}

// Splits at the commas that stand outside of brackets and quotes.
absl::StatusOr<std::vector<std::string>> SplitValues(const std::string& flag,
                                                     absl::string_view text) {
  std::vector<std::string> values = {""};
  std::string open;  // the characters that close what is open
  bool escaped = false;
  for (const char c : text) {
    const bool quoted = !open.empty() && (open.back() == '"');
    if (c == ',' && open.empty()) {
      values.emplace_back();
      continue;
    }
    values.back() += c;
    if (quoted) {
      if (c == '"' && !escaped) open.pop_back();
      escaped = c == '\\' && !escaped;
      continue;
    }
    if (c == '"' || c == '[' || c == '{' || c == '(') {
      open += c == '[' ? ']' : c == '{' ? '}' : c == '(' ? ')' : '"';
    } else if (c == ']' || c == '}' || c == ')') {
      if (open.empty() || open.back() != c) {
        return Refuse(flag, absl::StrCat("\"", std::string(1, c),
                                         "\" closes nothing that is open"));
      }
      open.pop_back();
    }
  }
  if (!open.empty()) {
    return Refuse(flag, absl::StrCat("\"", open.substr(open.size() - 1),
                                     "\" is missing at the end of \"",
                                     values.back(), "\""));
  }
  for (std::string& value : values) {
    value = std::string(absl::StripAsciiWhitespace(value));
    if (value.empty()) {
      return Refuse(flag,
                    "a value is empty; write --vary=FIELD=VALUE,VALUE without "
                    "a comma at the ends");
    }
  }
  return values;
}

bool IsWhole(absl::string_view text) {
  int64_t number = 0;
  return absl::SimpleAtoi(text, &number);
}

// Returns the range that a value spells, none if it spells no range.
absl::StatusOr<std::optional<VariedRange>> RangeOf(const std::string& flag,
                                                   absl::string_view value) {
  const bool lin = absl::ConsumePrefix(&value, "lin:");
  const bool log = !lin && absl::ConsumePrefix(&value, "log:");
  const std::vector<absl::string_view> ends =
      absl::StrSplit(value, absl::MaxSplits("..", 1));
  VariedRange range;
  if (ends.size() != 2 || !absl::SimpleAtod(ends[0], &range.low) ||
      !absl::SimpleAtod(ends[1], &range.high)) {
    if (!lin && !log) return std::optional<VariedRange>();
    return Refuse(flag, absl::StrCat("\"", value,
                                     "\" is no range; write lin:0.1..0.5 or "
                                     "log:1e-4..1e-2"));
  }
  if (!std::isfinite(range.low) || !std::isfinite(range.high) ||
      range.low >= range.high) {
    return Refuse(flag, absl::StrCat("the range ", value,
                                     " does not go from a smaller number to a "
                                     "larger one"));
  }
  if (log && range.low <= 0) {
    return Refuse(flag, absl::StrCat("log:", value,
                                     " begins at 0 or below, where there is no "
                                     "logarithm; write lin:",
                                     value));
  }
  range.logarithmic =
      log || (!lin && range.low > 0 && range.high >= 10 * range.low);
  range.whole = IsWhole(ends[0]) && IsWhole(ends[1]);
  return std::optional<VariedRange>(range);
}

// Returns a number in the one spelling that it has in names, other text as it
// is.
std::string Normal(const std::string& value) {
  double number = 0;
  if (IsWhole(value) || !absl::SimpleAtod(value, &number) ||
      !std::isfinite(number)) {
    return value;
  }
  return absl::StrFormat("%.9g", number);
}

// Returns `value` for the name of a folder.
std::string ForFolder(const std::string& value) {
  std::string name;
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : value) {
    const bool kept =
        absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
    name += kept ? c : '_';
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  if (name == value && name.size() <= kLongestValue) return name;
  return absl::StrFormat("%s-%08x", name.substr(0, kLongestValue), hash);
}

// Returns the shortest end of each path that no other path has.
std::vector<std::string> ShortNames(const std::vector<VariedField>& fields) {
  std::vector<std::string> names;
  for (const VariedField& field : fields) {
    const std::vector<std::string> parts = absl::StrSplit(field.field, '.');
    size_t kept = 1;
    const auto name = [&] {
      return absl::StrJoin(parts.end() - static_cast<int64_t>(kept),
                           parts.end(), ".");
    };
    const auto ends_so = [&](const VariedField& other) {
      return other.field == name() || absl::EndsWith(other.field, "." + name());
    };
    while (kept < parts.size() &&
           std::count_if(fields.begin(), fields.end(), ends_so) > 1) {
      ++kept;
    }
    names.push_back(ForFolder(name()));
  }
  return names;
}

SweepPoint PointOf(const std::vector<VariedField>& fields,
                   const std::vector<std::string>& names,
                   const std::vector<std::string>& values) {
  SweepPoint point;
  for (size_t i = 0; i < fields.size(); ++i) {
    point.overrides.push_back(absl::StrCat(fields[i].field, "=", values[i]));
    absl::StrAppend(&point.name, i == 0 ? "" : "+", names[i], "=",
                    ForFolder(Normal(values[i])));
  }
  return point;
}

// Returns a number of the range with four digits.
std::string Drawn(const VariedRange& range, base::RandomStream& stream) {
  const double share = stream.Uniform();
  double value = range.logarithmic
                     ? range.low * std::pow(range.high / range.low, share)
                     : range.low + share * (range.high - range.low);
  if (range.whole) {
    // Each whole number of a linear range is as likely as any other.
    if (!range.logarithmic) {
      value = std::floor(range.low + share * (range.high - range.low + 1));
    }
    value = std::clamp(std::round(value), range.low, range.high);
    return absl::StrCat(static_cast<int64_t>(value));
  }
  double rounded = 0;
  const std::string text = absl::StrFormat("%.4g", value);
  const bool inside = absl::SimpleAtod(text, &rounded) &&
                      rounded >= range.low && rounded <= range.high;
  return inside ? text : absl::StrFormat("%.17g", value);
}

absl::Status CheckField(const VariedField& varied) {
  const std::string& field = varied.field;
  if (field == "seed") {
    return Refuse(
        varied.flag,
        "a sweep trains each setting from the seeds of --seeds=0,1,2");
  }
  if (field == "eval" || absl::StartsWith(field, "eval.")) {
    return Refuse(varied.flag,
                  "eval says how runs are measured, not how they are trained; "
                  "//:probe measures a run in another way");
  }
  return absl::OkStatus();
}

absl::StatusOr<VariedField> ParseField(const std::string& text) {
  VariedField varied;
  varied.flag = absl::StrCat("--vary=", text);
  const size_t equals = text.find('=');
  varied.field = std::string(
      absl::StripAsciiWhitespace(absl::string_view(text).substr(0, equals)));
  if (equals == std::string::npos || varied.field.empty()) {
    return Refuse(varied.flag,
                  "names no field and values; write "
                  "--vary=optimizer.base_lr=1e-3,3e-3");
  }
  RETURN_IF_ERROR(CheckField(varied));
  ASSIGN_OR_RETURN(varied.values,
                   SplitValues(varied.flag, text.substr(equals + 1)));
  std::set<std::string> seen;
  for (const std::string& value : varied.values) {
    ASSIGN_OR_RETURN(const auto range, RangeOf(varied.flag, value));
    if (range.has_value() && varied.values.size() > 1) {
      return Refuse(varied.flag,
                    absl::StrCat("the range ", value,
                                 " stands beside other values; give values or "
                                 "one range"));
    }
    if (!seen.insert(Normal(value)).second) {
      return Refuse(varied.flag,
                    absl::StrCat("the value ", value, " is given twice"));
    }
    varied.range = range;
  }
  if (varied.range.has_value()) varied.values.clear();
  return varied;
}

}  // namespace

absl::StatusOr<std::vector<VariedField>> ParseVary(
    const std::vector<std::string>& flags) {
  std::vector<VariedField> fields;
  for (const std::string& text : flags) {
    ASSIGN_OR_RETURN(auto varied, ParseField(text));
    for (const VariedField& other : fields) {
      const bool within = absl::StartsWith(varied.field, other.field + ".") ||
                          absl::StartsWith(other.field, varied.field + ".");
      if (other.field != varied.field && !within) continue;
      return Refuse(varied.flag,
                    absl::StrCat(other.flag, " varies ", other.field,
                                 " already; give all values in one flag"));
    }
    fields.push_back(std::move(varied));
  }
  return fields;
}

absl::StatusOr<std::vector<SweepPoint>> Grid(
    const std::vector<VariedField>& fields) {
  int64_t count = 1;
  for (const VariedField& varied : fields) {
    if (varied.range.has_value()) {
      return Refuse(varied.flag,
                    "a range has no grid; draw points with --sample=16, or "
                    "list the values with commas");
    }
    count *= static_cast<int64_t>(varied.values.size());
    if (count > kMostPoints) {
      return Refuse(
          varied.flag,
          absl::StrCat("the grid has more than ", kMostPoints,
                       " points; draw some of them with --sample=16"));
    }
  }
  const std::vector<std::string> names = ShortNames(fields);
  std::vector<SweepPoint> points;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<std::string> values(fields.size());
    int64_t rest = i;
    for (size_t f = fields.size(); f-- > 0;) {
      const auto n = static_cast<int64_t>(fields[f].values.size());
      values[f] = fields[f].values[rest % n];
      rest /= n;
    }
    points.push_back(PointOf(fields, names, values));
  }
  return points;
}

absl::StatusOr<std::vector<SweepPoint>> Draw(
    const std::vector<VariedField>& fields, int64_t count, uint64_t seed) {
  const std::string flag = absl::StrCat("--sample=", count);
  if (count < 1 || count > kMostPoints) {
    return Refuse(flag, absl::StrCat("is not in [1, ", kMostPoints, "]"));
  }
  if (fields.empty()) {
    return Refuse(flag,
                  "there is nothing to draw; say of what, as in "
                  "--vary=optimizer.base_lr=1e-4..1e-2");
  }
  const std::vector<std::string> names = ShortNames(fields);
  std::vector<SweepPoint> points;
  std::set<std::string> drawn;
  // Points that were drawn before are drawn again; where this takes so long
  // there are hardly any others.
  const int64_t most = 100 * count + 1000;
  for (int64_t i = 0; i < most && points.size() < count; ++i) {
    base::RandomStream stream(seed, "sweep point", /*step=*/0, i);
    std::vector<std::string> values;
    for (const VariedField& varied : fields) {
      const auto n = static_cast<int64_t>(varied.values.size());
      values.push_back(varied.range.has_value()
                           ? Drawn(*varied.range, stream)
                           : varied.values[stream.UniformInt(n)]);
    }
    SweepPoint point = PointOf(fields, names, values);
    if (drawn.insert(point.name).second) points.push_back(std::move(point));
  }
  if (points.size() < count) {
    return Refuse(flag, absl::StrCat("--vary leaves only ", points.size(),
                                     " different points; take at most these"));
  }
  return points;
}

}  // namespace caldera::ssl
