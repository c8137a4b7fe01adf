// One HTML page of a run, or of several side by side. See kUsage.
#include <gflags/gflags.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "data/user_path.h"
#include "eval/command_line.h"
#include "ssl/figures/picture_folder.h"
#include "ssl/report/read_pictures.h"
#include "ssl/report/read_run.h"
#include "ssl/report/render_page.h"
#include "ssl/report/report_view.h"
#include "ssl/report/run_names.h"
#include "vit/replace_file.h"

DEFINE_string(run_dir, "", "run folders, comma-separated");
DEFINE_string(output, "", "the HTML file");
DEFINE_string(figures, "figures", "folder of what //:figures drew");

namespace caldera::ssl {
namespace {

constexpr char kUsage[] =
    R"(report: shows a run, or compares several, in one HTML file

usage: report --run_dir=runs/fashion_mnist/mae,runs/fashion_mnist/m_mae [flags]

  --run_dir=A,B      run folders, 1 to 8; runs that still go on or were killed
                     show what they have
  --output=FILE      the page; unless given, report.html in the run folder of
                     one run, ./report.html of several
  --figures=figures  folder of pictures from //:figures --output, where there is
                     one: attention, components, embedding

The file holds all it needs: setting, results, curves, pictures. It loads
nothing from elsewhere and can be sent to anybody.

Exit status 2: something to mend in the call; 1: a failure.
)";

absl::StatusOr<std::vector<std::string>> ReadRunDirs() {
  if (FLAGS_run_dir.empty()) {
    return absl::InvalidArgumentError(
        "--run_dir is missing; give run folders, as in "
        "--run_dir=runs/fashion_mnist/m_mae");
  }
  std::vector<std::string> runs = absl::StrSplit(FLAGS_run_dir, ',');
  for (const std::string& run : runs) {
    if (run.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--run_dir=", FLAGS_run_dir, " names an empty folder"));
    }
  }
  if (runs.size() > kMostRuns) {
    return absl::InvalidArgumentError(
        absl::StrCat("--run_dir: ", runs.size(), " runs, but a page tells ",
                     kMostRuns, " apart; make several pages"));
  }
  return runs;
}

// The run's own pictures, then those of //:figures, which names their folder
// after the path that it was given.
RunPictures PicturesOf(const std::string& given, const std::string& path) {
  const std::string figures = data::UserPath(FLAGS_figures);
  return ReadPictures({path + "/images",
                       absl::StrCat(figures, "/", PictureFolder(path)),
                       absl::StrCat(figures, "/", PictureFolder(given))});
}

absl::Status WriteReport() {
  const auto given = ReadRunDirs();
  if (!given.ok()) return given.status();
  std::vector<std::string> paths;
  for (const std::string& run : *given) {
    std::error_code error;
    std::string path = data::UserPath(run);
    const auto absolute = std::filesystem::absolute(path, error);
    if (!error) path = absolute.lexically_normal();
    paths.push_back(path);
  }
  const auto names = RunNames(paths);
  if (!names.ok()) return names.status();
  std::vector<ReportRun> runs;
  for (size_t i = 0; i < paths.size(); ++i) {
    auto record = ReadRun(paths[i], (*names)[i]);
    if (!record.ok()) return record.status();
    runs.push_back({*std::move(record), PicturesOf((*given)[i], paths[i])});
  }
  const auto html = RenderPage(ReportView(runs));
  if (!html.ok()) return html.status();
  std::string output = data::UserPath(FLAGS_output);
  if (output.empty()) {
    output = paths.size() == 1 ? paths[0] + "/report.html"
                               : data::UserPath("report.html");
  }
  const absl::Status status = vit::ReplaceFile(output, {*html});
  if (!status.ok()) return status;
  std::printf("%s\n", output.c_str());
  return absl::OkStatus();
}

int Main() {
  const absl::Status status = WriteReport();
  return status.ok() ? 0 : eval::Fail(status);
}

}  // namespace
}  // namespace caldera::ssl

int main(int argc, char** argv) {
  return caldera::eval::RunProgram(caldera::ssl::kUsage, argc, argv,
                                   caldera::ssl::Main);
}
