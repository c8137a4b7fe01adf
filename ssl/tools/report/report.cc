// Writes one HTML page of a run, or of several side by side. See kUsage.
#include <gflags/gflags.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/program/command_line.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "ssl/tools/report/report_view.h"
#include "ssl/tools/report/write_index.h"
#include "ssl/tools/report/write_report.h"

DEFINE_string(run, "", "run folders, comma-separated");
DEFINE_string(index, "", "a folder, all runs below which are listed");
DEFINE_string(out, "", "the HTML file");
DEFINE_string(figures, "figures", "folder of what //:figures drew");

namespace caldera::ssl {
namespace {

constexpr char kUsage[] =
    R"(report: shows a run, compares several, or lists all, in one HTML file

usage: report --run=runs/fashion_mnist/mae,runs/fashion_mnist/m_mae [flags]
       report --index=FOLDER [--out=FILE]

  --run=A,B          run folders, 1 to 8; runs that still go on or were killed
                     show what they have
  --index=FOLDER     all runs below the folder in a table that sorts: means over
                     seeds, fields that differ, links; the best setting first
  --out=FILE         the page; unless given, report.html in the run folder of
                     one run, ./report.html of several, FOLDER/index.html
  --figures=figures  folder of pictures from //:figures --out, where there is
                     one: attention, components, embedding

The file holds all it needs: setting, results, curves, pictures. It loads
nothing from elsewhere and can be sent to anybody.

Exit status 2: something to mend in the call; 1: a failure.
)";

absl::StatusOr<std::vector<std::string>> ReadRunDirs() {
  if (FLAGS_run.empty()) {
    return absl::InvalidArgumentError(
        "--run is missing; give run folders, as in "
        "--run=runs/fashion_mnist/m_mae");
  }
  std::vector<std::string> runs = base::SplitPaths(FLAGS_run);
  for (const std::string& run : runs) {
    if (run.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--run=", FLAGS_run, " names an empty folder"));
    }
  }
  if (runs.size() > kMostRuns) {
    return absl::InvalidArgumentError(
        absl::StrCat("--run: ", runs.size(), " runs, but a page tells ",
                     kMostRuns, " apart; make several pages"));
  }
  return runs;
}

absl::Status Index(std::string* output) {
  if (!FLAGS_run.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--index=", FLAGS_index, ": comes with --run; give one of the two"));
  }
  const std::string folder = base::UserPath(FLAGS_index);
  *output = std::filesystem::path(FLAGS_out.empty() ? folder + "/index.html"
                                                    : base::UserPath(FLAGS_out))
                .lexically_normal()
                .string();
  return WriteIndex(folder, *output);
}

absl::Status Main(std::string* output) {
  if (!FLAGS_index.empty()) return Index(output);
  ASSIGN_OR_RETURN(const auto runs, ReadRunDirs());
  *output = base::UserPath(FLAGS_out);
  if (output->empty()) {
    *output = runs.size() == 1 ? base::UserPath(runs[0]) + "/report.html"
                               : base::UserPath("report.html");
  }
  *output = std::filesystem::path(*output).lexically_normal().string();
  return WriteReport(runs, base::UserPath(FLAGS_figures), *output);
}

int Main() {
  std::string output;
  const absl::Status status = Main(&output);
  if (!status.ok()) return base::Fail(status);
  std::printf("%s\n", base::PrintableText(output).c_str());
  return 0;
}

}  // namespace
}  // namespace caldera::ssl

int main(int argc, char** argv) {
  return caldera::base::RunProgram(caldera::ssl::kUsage, argc, argv,
                                   caldera::ssl::Main);
}
