#include "ssl/tools/report/report_view.h"

#include <glog/logging.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ssl/tools/report/curve_panels.h"
#include "ssl/tools/report/result_tables.h"
#include "ssl/tools/report/run_names.h"
#include "ssl/tools/report/setting_table.h"
#include "ssl/tools/report/spectrum_panels.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

// The points of all curves together, and the bounds for each curve: at some 15
// bytes a point the page stays below 2 MB.
constexpr size_t kMostPoints = 80000, kLeastOfACurve = 40, kMostOfACurve = 600;

struct PictureKind {
  const char* kind;
  const char* title;
  const char* caption;
};

constexpr PictureKind kPictures[] = {
    {"reconstruction", "Reconstructions",
     "Rows from above: test images, what the encoder saw of them, the "
     "prediction with the visible patches pasted in, the prediction alone."},
    {"attention", "Attention",
     "The attention of the last block's CLS token, head by head."},
    {"components", "Leading components",
     "The direction along which a block's patch tokens differ most."},
    {"component_colors", "Three components",
     "The three directions along which a block's patch tokens differ most, as "
     "red, green and blue."},
    {"embedding", "Embedding",
     "PaCMAP of test images, coloured by class. Only who is near whom has a "
     "meaning. Point at the picture to see the image of a point."},
};

json NumberedRuns(const std::vector<ReportRun>& runs) {
  json list = json::array();
  for (size_t i = 0; i < runs.size(); ++i) {
    list.push_back({{"run", absl::StrCat(i)},
                    {"name", runs[i].record.name},
                    {"experiment", runs[i].record.experiment_text}});
  }
  return list;
}

json Notes(const std::vector<ReportRun>& runs) {
  json list = json::array();
  for (const ReportRun& run : runs) {
    for (const auto* notes : {&run.record.notes, &run.pictures.notes}) {
      for (const std::string& note : *notes) {
        list.push_back({{"name", run.record.name}, {"text", note}});
      }
    }
  }
  return list;
}

json SettingLines(const std::vector<SettingRow>& rows) {
  json lines = json::array();
  for (const SettingRow& row : rows) {
    json values = json::array();
    for (const std::string& value : row.values) {
      values.push_back({{"text", value.empty() ? "–" : WithoutFolders(value)}});
    }
    lines.push_back({{"field", row.name}, {"values", values}});
  }
  return lines;
}

json Differences(const std::vector<ReportRun>& runs) {
  std::vector<Fields> fields;
  for (const ReportRun& run : runs) {
    fields.push_back(run.record.experiment.has_value()
                         ? FlatFields(*run.record.experiment)
                         : Fields());
  }
  return SettingLines(Differing(Beside(fields)));
}

json Facts(const std::vector<ReportRun>& runs) {
  std::vector<Fields> facts;
  for (const ReportRun& run : runs) facts.push_back(RunFacts(run.record));
  return SettingLines(Beside(facts));
}

std::vector<RunResults> ResultsOf(const std::vector<ReportRun>& runs) {
  std::vector<RunResults> results;
  for (const ReportRun& run : runs) {
    results.emplace_back(run.record.name, run.record.results);
  }
  return results;
}

json Results(const std::vector<RunResults>& results) {
  std::vector<ResultTable> all = ResultTables(results);
  for (ResultTable& table : CkaTables(results)) all.push_back(std::move(table));
  json tables = json::array();
  for (const ResultTable& table : all) {
    json measures = json::array(), lines = json::array();
    for (const std::string& title : table.measures) {
      measures.push_back({{"title", title}});
    }
    bool varies = false;
    for (const ResultLine& line : table.lines) {
      json cells = json::array();
      for (const ResultCell& cell : line.cells) {
        cells.push_back({{"text", cell.text}, {"best", cell.best}});
      }
      varies |= !line.setting.empty();
      lines.push_back({{"name", line.name},
                       {"floor", line.floor},
                       {"setting", WithoutFolders(line.setting)},
                       {"cells", cells}});
    }
    tables.push_back({{"title", table.title},
                      {"setting", WithoutFolders(table.setting)},
                      {"varies", varies},
                      {"measures", measures},
                      {"lines", lines}});
  }
  return tables;
}

// Rounds to five digits, since a chart shows no more.
double Rounded(double value) {
  double rounded = value;
  return absl::SimpleAtod(absl::StrFormat("%.5g", value), &rounded) ? rounded
                                                                    : value;
}

json CurveData(const PanelCurve& shown, size_t most) {
  const Curve thin = ThinCurve(*shown.curve, most);
  json values = json::array();
  for (const double value : thin.value) values.push_back(Rounded(value));
  return {{"run", shown.run}, {"step", thin.step}, {"value", values}};
}

// Returns the epochs of one step: all steps of a run are the same share of an
// epoch.
double EpochsPerStep(const RunCourse& course) {
  for (const auto& [key, curve] : course.curves) {
    if (!curve.step.empty() && curve.step.back() > 0) {
      return curve.epoch.back() / static_cast<double>(curve.step.back());
    }
  }
  return 0;
}

// Returns the facts about the runs that the script needs.
json NamedCourses(const std::vector<ReportRun>& runs) {
  json named = json::array();
  for (const ReportRun& run : runs) {
    named.push_back({{"name", run.record.name},
                     {"epochs_per_step", EpochsPerStep(run.record.course)}});
  }
  return named;
}

// Appends the spectra to `charts` and returns their headings.
json SpectrumCharts(const std::vector<RunResults>& results, json* charts) {
  json panels = json::array();
  for (const SpectrumPanel& panel : SpectrumPanels(results)) {
    json data = json::array();
    for (const Spectrum& spectrum : panel.curves) {
      json dimensions = json::array(), values = json::array();
      for (const double value : spectrum.values) {
        values.push_back(Rounded(value));
        dimensions.push_back(values.size());
      }
      data.push_back(
          {{"run", spectrum.run}, {"step", dimensions}, {"value", values}});
    }
    panels.push_back({{"chart", absl::StrCat(charts->size())},
                      {"title", panel.title},
                      {"unit", "singular value"}});
    charts->push_back({{"title", panel.title},
                       {"unit", "singular value"},
                       {"x", "dimension"},
                       {"log", true},
                       {"curves", data}});
  }
  return panels;
}

// Adds the charts' headings to view["groups"] and their points to `charts`.
void AddCurves(const std::vector<ReportRun>& runs, json* view, json* charts) {
  std::vector<const RunCourse*> courses;
  for (const ReportRun& run : runs) courses.push_back(&run.record.course);
  const std::vector<PanelGroup> groups = CurvePanels(courses);
  size_t curves = 0;
  for (const PanelGroup& group : groups) {
    for (const Panel& panel : group.panels) curves += panel.curves.size();
  }
  const size_t most = std::clamp(kMostPoints / std::max<size_t>(1, curves),
                                 kLeastOfACurve, kMostOfACurve);
  json headings = json::array();
  for (const PanelGroup& group : groups) {
    json panels = json::array();
    for (const Panel& panel : group.panels) {
      json data = json::array();
      for (const PanelCurve& curve : panel.curves) {
        data.push_back(CurveData(curve, most));
      }
      panels.push_back({{"chart", absl::StrCat(charts->size())},
                        {"key", panel.key},
                        {"named", panel.title != panel.key},
                        {"title", panel.title},
                        {"unit", panel.unit}});
      charts->push_back(
          {{"title", panel.title}, {"unit", panel.unit}, {"curves", data}});
    }
    headings.push_back({{"title", group.title},
                        {"caption", group.caption},
                        {"panels", panels}});
  }
  (*view)["groups"] = headings;
}

// Adds the points of pictures to `hovers`.
json PicturesOf(const std::vector<ReportRun>& runs, const PictureKind& kind,
                json* hovers) {
  json items = json::array();
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto found = runs[i].pictures.pictures.find(kind.kind);
    if (found == runs[i].pictures.pictures.end()) continue;
    items.push_back({{"run", absl::StrCat(i)},
                     {"name", runs[i].record.name},
                     {"source", found->second},
                     {"hovers", false}});
    const auto hover = runs[i].pictures.hovers.find(kind.kind);
    if (hover == runs[i].pictures.hovers.end()) continue;
    items.back()["hovers"] = true;
    items.back()["hover"] = absl::StrCat(hovers->size());
    hovers->push_back(hover->second);
  }
  return {{"title", kind.title}, {"caption", kind.caption}, {"items", items}};
}

json Pictures(const std::vector<ReportRun>& runs, json* hovers) {
  std::set<std::string> others;
  for (const ReportRun& run : runs) {
    for (const auto& [kind, uri] : run.pictures.pictures) others.insert(kind);
  }
  json list = json::array();
  for (const PictureKind& kind : kPictures) {
    if (others.erase(kind.kind) > 0)
      list.push_back(PicturesOf(runs, kind, hovers));
  }
  for (const std::string& kind : others) {
    list.push_back(PicturesOf(runs, {kind.c_str(), kind.c_str(), ""}, hovers));
  }
  return list;
}

}  // namespace

json ReportView(const std::vector<ReportRun>& runs) {
  CHECK(!runs.empty() && runs.size() <= kMostRuns) << runs.size();
  const bool several = runs.size() > 1;
  const std::vector<RunResults> results = ResultsOf(runs);
  json charts = json::array(), hovers = json::array();
  json view = {{"title", several ? absl::StrCat(runs.size(), " runs compared")
                                 : runs[0].record.name},
               {"several", several},
               {"runs", NumberedRuns(runs)},
               {"notes", Notes(runs)},
               {"facts", Facts(runs)},
               {"results", Results(results)},
               {"pictures", Pictures(runs, &hovers)}};
  view["differences"] = several ? Differences(runs) : json::array();
  AddCurves(runs, &view, &charts);
  view["spectra"] = SpectrumCharts(results, &charts);
  for (const char* list :
       {"notes", "differences", "results", "spectra", "groups", "pictures"}) {
    view[absl::StrCat("has_", list)] = !view[list].empty();
  }
  view["has_data"] = !charts.empty() || !hovers.empty();
  view["data"] = {
      {"runs", NamedCourses(runs)}, {"charts", charts}, {"hovers", hovers}};
  return view;
}

}  // namespace caldera::ssl
