#include "ssl/tools/report/render_page.h"

#include <glog/logging.h>

#include <kainjow/mustache.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/read_file.h"
#include "base/runfile_folder.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "base/text/printable_text.h"

namespace caldera::ssl {
namespace {

using MustacheData = kainjow::mustache::data;
using nlohmann::json;

constexpr int64_t kMaxPageBytes = int64_t{64} << 20;

absl::StatusOr<std::string> PageFile(const std::string& name) {
  const std::string folder = base::RunfileFolder(
      "caldera/ssl/tools/report/page", "ssl/tools/report/page");
  absl::StatusOr<std::string> page =
      base::ReadFile(absl::StrCat(folder, "/", name), kMaxPageBytes);
  if (folder.empty() || !page.ok()) {
    return absl::NotFoundError(
        absl::StrCat("ssl/tools/report/page/", name,
                     " is not beside the binary; start it through bazel run"));
  }
  return page;
}

MustacheData ToMustache(const json& value) {
  if (value.is_boolean()) return MustacheData(value.get<bool>());
  if (value.is_array()) {
    MustacheData list(MustacheData::type::list);
    for (const json& item : value) list.push_back(ToMustache(item));
    return list;
  }
  CHECK(value.is_object() || value.is_string()) << value;
  if (value.is_string()) {
    return MustacheData(base::PrintableLines(value.get<std::string>()));
  }
  MustacheData object;
  for (const auto& [key, member] : value.items()) {
    object.set(key, ToMustache(member));
  }
  return object;
}

// Returns JSON in which no HTML parser finds the end of its <script>.
std::string ScriptJson(const json& value) {
  return absl::StrReplaceAll(base::JsonText(value), {{"<", "\\u003c"}});
}

// A name in a template and the file of page/ that takes its place.
using Insert = std::pair<const char*, const char*>;

absl::StatusOr<std::string> Render(const char* template_file,
                                   const std::vector<Insert>& inserts,
                                   const json& view) {
  MustacheData page;
  for (const auto& [key, value] : view.items()) {
    page.set(key, key == "data" ? MustacheData(ScriptJson(value))
                                : ToMustache(value));
  }
  for (const auto& [key, name] : inserts) {
    ASSIGN_OR_RETURN(const auto text, PageFile(name));
    page.set(key, text);
  }
  ASSIGN_OR_RETURN(const auto text, PageFile(template_file));
  kainjow::mustache::mustache page_template(text);
  CHECK(page_template.is_valid()) << page_template.error_message();
  return page_template.render(page);
}

}  // namespace

absl::StatusOr<std::string> RenderPage(const json& view) {
  return Render("report.mustache",
                {{"style", "report.css"},
                 {"script", "report.js"},
                 {"chart_library", "chart.js"}},
                view);
}

absl::StatusOr<std::string> RenderIndex(const json& view) {
  return Render("index.mustache",
                {{"style", "report.css"}, {"script", "index.js"}}, view);
}

}  // namespace caldera::ssl
