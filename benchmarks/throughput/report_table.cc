#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "benchmarks/throughput/report.h"

namespace caldera::benchmarks {
namespace {

struct Column {
  std::string title;
  std::function<std::string(const Row&)> cell;
};

// Formats a rate with up to three digits, and without decimals from 100 on.
std::string Rate(double value) {
  return absl::StrFormat(value < 10    ? "%.2f"
                         : value < 100 ? "%.1f"
                                       : "%.0f",
                         value);
}

std::string Gigabytes(const std::optional<int64_t>& bytes) {
  if (!bytes.has_value()) return "-";
  return absl::StrFormat("%.2f", 1e-9 * static_cast<double>(*bytes));
}

std::string Percent(double share) {
  const double percent = 100 * share;
  return absl::StrFormat(percent < 10 ? "%.2f %%" : "%.0f %%", percent);
}

std::string SetUp(const Report& report, const Row& row) {
  const ssl::Experiment& experiment = row.measured.experiment;
  std::string text = absl::StrCat(experiment.train().batch_size(), ", ");
  absl::StrAppend(&text, experiment.train().precision() == ssl::TrainSpec::BF16
                             ? "bf16"
                             : "fp32");
  if (report.processes > 1) {
    absl::StrAppend(&text, ", ", report.processes, " processes");
  }
  return text;
}

bool Any(const Report& report, const std::function<bool(const Row&)>& has) {
  return std::any_of(report.rows.begin(), report.rows.end(), has);
}

bool Trained(const Report& report) {
  return Any(report, [](const Row& row) { return row.steps > 0; });
}

void AddSpeed(const Report& report, std::vector<Column>* columns) {
  if (Trained(report)) {
    columns->push_back({"img/s", [](const Row& row) {
                          return Rate(row.images_per_second->median);
                        }});
    columns->push_back({"10-90 %", [](const Row& row) {
                          return absl::StrCat(Rate(row.images_per_second->p10),
                                              "-",
                                              Rate(row.images_per_second->p90));
                        }});
    const double first = report.rows[0].images_per_second->median;
    if (report.rows.size() > 1) {
      columns->push_back({"of the first", [first](const Row& row) {
                            return Percent(row.images_per_second->median /
                                           first);
                          }});
    }
  }
  if (Any(report, [](const Row& row) { return row.with_loader.has_value(); })) {
    columns->push_back({"with loader", [](const Row& row) {
                          return row.with_loader.has_value()
                                     ? Rate(row.with_loader->median)
                                     : "-";
                        }});
  }
  if (Any(report,
          [](const Row& row) { return row.loader_alone.has_value(); })) {
    columns->push_back({"loader alone", [](const Row& row) {
                          return row.loader_alone.has_value()
                                     ? Rate(*row.loader_alone)
                                     : "-";
                        }});
  }
}

void AddMemory(const Report& report, std::vector<Column>* columns) {
  if (Any(report,
          [](const Row& row) { return row.peak.allocated.has_value(); })) {
    columns->push_back({"GB allocated", [](const Row& row) {
                          return Gigabytes(row.peak.allocated);
                        }});
    columns->push_back({"GB reserved", [](const Row& row) {
                          return Gigabytes(row.peak.reserved);
                        }});
  }
  if (Any(report, [](const Row& row) {
        return row.peak.resident_growth.has_value();
      })) {
    columns->push_back({"GB resident", [](const Row& row) {
                          return Gigabytes(row.peak.resident_growth);
                        }});
  }
}

void AddWork(const Report& report, std::vector<Column>* columns) {
  columns->push_back({"M parameters", [](const Row& row) {
                        return absl::StrFormat(
                            "%.1f", 1e-6 * static_cast<double>(row.parameters));
                      }});
  columns->push_back({"GFLOP/img", [](const Row& row) {
                        return row.flop_per_image.has_value()
                                   ? absl::StrFormat("%.4g",
                                                     1e-9 * *row.flop_per_image)
                                   : "-";
                      }});
  if (!Any(report, [](const Row& row) { return row.ceiling > 0; })) return;
  columns->push_back({"TFLOP/s", [](const Row& row) {
                        const auto rate = row.flop_per_second();
                        return rate.has_value()
                                   ? absl::StrFormat("%.4g", 1e-12 * *rate)
                                   : "-";
                      }});
  columns->push_back({"of a product", [](const Row& row) {
                        const auto rate = row.flop_per_second();
                        return rate.has_value() ? Percent(*rate / row.ceiling)
                                                : "-";
                      }});
}

std::vector<Column> Columns(const Report& report) {
  std::vector<Column> columns = {
      {"method", [](const Row& row) { return row.measured.name; }}};
  if (!report.vary.empty()) {
    columns.push_back(
        {report.vary, [](const Row& row) { return row.measured.value; }});
  }
  columns.push_back(
      {"batch", [&report](const Row& row) { return SetUp(report, row); }});
  AddSpeed(report, &columns);
  if (!Trained(report)) return columns;
  AddMemory(report, &columns);
  AddWork(report, &columns);
  std::set<std::string> terms;
  for (const Row& row : report.rows) {
    for (const auto& [name, share] : row.terms) terms.insert(name);
  }
  for (const std::string& name : terms) {
    columns.push_back({name, [name](const Row& row) {
                         const auto found = row.terms.find(name);
                         return found == row.terms.end()
                                    ? "-"
                                    : Percent(found->second);
                       }});
  }
  if (Any(report,
          [](const Row& row) { return row.measured.paper.has_value(); })) {
    columns.push_back({"paper img/s", [](const Row& row) {
                         return row.measured.paper.has_value()
                                    ? Rate(
                                          row.measured.paper->images_per_second)
                                    : "-";
                       }});
    columns.push_back({"paper GB", [](const Row& row) {
                         return row.measured.paper.has_value()
                                    ? absl::StrFormat(
                                          "%.1f", row.measured.paper->gigabytes)
                                    : "-";
                       }});
  }
  return columns;
}

std::string Legend(const Report& report) {
  const std::string reads = absl::StrJoin(report.loader_reads, ", ");
  if (!Trained(report)) {
    return absl::StrCat("Images a second of the loader alone, the best of ",
                        report.rounds, " rounds; it read ", reads, ".");
  }
  std::string text = absl::StrFormat(
      "Medians over %d rounds of %d steps after %d; img/s with one batch that "
      "stays on the device",
      report.rounds, report.steps, report.warmup);
  if (!reads.empty()) absl::StrAppend(&text, "; the loader read ", reads);
  absl::StrAppend(&text, ".");
  std::set<std::string> ceilings;  // one for each precision
  for (const Row& row : report.rows) {
    ceilings.insert(absl::StrFormat("%.4g", 1e-12 * row.ceiling));
  }
  absl::StrAppend(&text,
                  " \"of a product\": of the FLOP a second of a matrix product "
                  "in this process, ",
                  absl::StrJoin(ceilings, " and "), " TFLOP/s",
                  report.processes > 1 ? " for all processes." : ".");
  if (Any(report, [](const Row& row) { return !row.terms.empty(); })) {
    absl::StrAppend(&text,
                    " A term's share of a step is its own forward and backward "
                    "time.");
  }
  return text;
}

}  // namespace

std::string ReportTable(const Report& report) {
  if (report.rows.empty()) return "";
  const std::vector<Column> columns = Columns(report);
  std::vector<std::vector<std::string>> cells(1);
  for (const Column& column : columns) cells[0].push_back(column.title);
  for (const Row& row : report.rows) {
    auto& line = cells.emplace_back();
    for (const Column& column : columns) line.push_back(column.cell(row));
  }
  std::string table;
  for (size_t r = 0; r < cells.size(); ++r) {
    for (size_t c = 0; c < columns.size(); ++c) {
      size_t width = 0;
      for (const auto& line : cells) width = std::max(width, line[c].size());
      const std::string pad(width - cells[r][c].size(), ' ');
      absl::StrAppend(&table, c == 0 ? "| " : " | ", c == 0 ? "" : pad,
                      cells[r][c], c == 0 ? pad : "");
    }
    absl::StrAppend(&table, " |\n");
    if (r > 0) continue;
    for (size_t c = 0; c < columns.size(); ++c) {
      size_t width = 0;
      for (const auto& line : cells) width = std::max(width, line[c].size());
      absl::StrAppend(&table, "|", std::string(width + 1, '-'),
                      c == 0 ? "-" : ":");
    }
    absl::StrAppend(&table, "|\n");
  }
  return absl::StrCat(table, "\n", Legend(report), "\n");
}

}  // namespace caldera::benchmarks
