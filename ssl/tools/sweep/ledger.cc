#include "ssl/tools/sweep/ledger.h"

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/resume/resume_decision.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

constexpr int64_t kMostBytes = int64_t{1} << 30;

json LineJson(const LedgerLine& line) {
  json floors = json::array();
  for (const LedgerFloor& floor : line.floors) {
    floors.push_back(
        {{"of", floor.of}, {"draw", floor.draw}, {"rows", floor.rows}});
  }
  return {{"setting", line.setting},
          {"seed", line.seed},
          {"experiment", ExperimentText(line.experiment)},
          {"settings", line.settings},
          {"rows", line.rows},
          {"floors", floors}};
}

bool AreStrings(const json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (!object.value(key, json()).is_string()) return false;
  }
  return true;
}

// Returns none for a list with anything but objects.
std::optional<std::vector<json>> RowsOf(const json& object) {
  const json rows = object.value("rows", json());
  if (!rows.is_array()) return std::nullopt;
  for (const json& row : rows) {
    if (!row.is_object()) return std::nullopt;
  }
  return rows.get<std::vector<json>>();
}

absl::StatusOr<LedgerLine> ParseLine(absl::string_view text,
                                     const std::string& where) {
  const json object = json::parse(text.begin(), text.end(), nullptr,
                                  /*allow_exceptions=*/false);
  const auto damaged = [&](const char* what) {
    return absl::InvalidArgumentError(absl::StrCat(
        where, ": ", what, "; remove the line, and its run is trained again"));
  };
  if (!object.is_object() ||
      !AreStrings(object, {"setting", "experiment", "settings"}) ||
      !object.value("seed", json()).is_number_unsigned() ||
      !object.value("floors", json()).is_array()) {
    return damaged("no run of a sweep");
  }
  LedgerLine line;
  line.setting = object["setting"];
  line.seed = object["seed"];
  line.settings = object["settings"];
  auto rows = RowsOf(object);
  if (!rows.has_value()) return damaged("no rows");
  line.rows = *std::move(rows);
  for (const json& entry : object["floors"]) {
    if (!entry.is_object() || !AreStrings(entry, {"of", "draw"})) {
      return damaged("no floor");
    }
    auto floor_rows = RowsOf(entry);
    if (!floor_rows.has_value()) return damaged("no rows of a floor");
    line.floors.push_back({entry["of"], entry["draw"], *std::move(floor_rows)});
  }
  ASSIGN_OR_RETURN(line.experiment,
                   ResolvedFromText(object["experiment"], where));
  return line;
}

// Returns true if a run that trained `there` trained what `here` asks for.
bool SameTraining(Experiment there, const SweepRun& run) {
  Experiment here = Resolved(run.experiment);
  here.clear_eval();
  there.clear_eval();
  return DecideResume(there, here, {}).ok();
}

}  // namespace

absl::StatusOr<Ledger> Ledger::Open(const std::string& path) {
  Ledger ledger;
  ledger.path_ = path;
  RETURN_IF_ERROR(base::CheckReplaceable(path));
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return ledger;
  ASSIGN_OR_RETURN(ledger.text_, base::ReadFile(path, kMostBytes));
  int number = 0;
  for (const absl::string_view text : absl::StrSplit(ledger.text_, '\n')) {
    ++number;
    if (text.empty()) continue;
    ASSIGN_OR_RETURN(auto line,
                     ParseLine(text, absl::StrCat(path, ":", number)));
    ledger.lines_.push_back(std::move(line));
  }
  if (!ledger.text_.empty() && ledger.text_.back() != '\n') {
    ledger.text_ += '\n';
  }
  return ledger;
}

const LedgerLine* Ledger::Find(const SweepRun& run,
                               const std::string& settings) const {
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (line->setting == run.setting && line->seed == run.seed &&
        line->settings == settings && SameTraining(line->experiment, run)) {
      return &*line;
    }
  }
  return nullptr;
}

const LedgerFloor* Ledger::FindFloor(const std::string& of,
                                     const std::string& draw) const {
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    for (const LedgerFloor& floor : line->floors) {
      if (floor.of == of && floor.draw == draw) return &floor;
    }
  }
  return nullptr;
}

absl::Status Ledger::Add(const LedgerLine& line) {
  if (!open()) return absl::OkStatus();  // one without a file
  absl::StrAppend(&text_, base::JsonText(LineJson(line)), "\n");
  lines_.push_back(line);
  return base::ReplaceFile(path_, {text_});
}

}  // namespace caldera::ssl
