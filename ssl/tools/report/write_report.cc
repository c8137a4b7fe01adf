#include "ssl/tools/report/write_report.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/user_path.h"
#include "ssl/tools/figures/picture_folder.h"
#include "ssl/tools/report/read_pictures.h"
#include "ssl/tools/report/read_run.h"
#include "ssl/tools/report/render_page.h"
#include "ssl/tools/report/report_view.h"
#include "ssl/tools/report/run_names.h"

namespace caldera::ssl {
namespace {

// The run's own pictures, then those of //:figures, which names their folder
// after the path that it was given.
RunPictures PicturesOf(const std::string& given, const std::string& path,
                       const std::string& figures) {
  std::vector<std::string> folders = {path + "/images"};
  if (!figures.empty()) {
    folders.push_back(absl::StrCat(figures, "/", PictureFolder(path)));
    folders.push_back(absl::StrCat(figures, "/", PictureFolder(given)));
  }
  return ReadPictures(folders);
}

}  // namespace

absl::Status WriteReport(const std::vector<std::string>& run_dirs,
                         const std::string& figures,
                         const std::string& output) {
  std::vector<std::string> paths;
  for (const std::string& run : run_dirs) {
    std::error_code error;
    std::string path = base::UserPath(run);
    const auto absolute = std::filesystem::absolute(path, error);
    if (!error) path = absolute.lexically_normal();
    paths.push_back(path);
  }
  ASSIGN_OR_RETURN(const auto names, RunNames(paths));
  std::vector<ReportRun> runs;
  for (size_t i = 0; i < paths.size(); ++i) {
    ASSIGN_OR_RETURN(auto record, ReadRun(paths[i], names[i]));
    runs.push_back(
        {std::move(record), PicturesOf(run_dirs[i], paths[i], figures)});
  }
  ASSIGN_OR_RETURN(const auto html, RenderPage(ReportView(runs)));
  return base::ReplaceFile(output, {html});
}

}  // namespace caldera::ssl
