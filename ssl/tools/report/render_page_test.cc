#include "ssl/tools/report/render_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>

#include "base/text/printable_text.h"
#include "ssl/tools/report/report_view.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

ReportRun TinyRun(const std::string& name, int points) {
  ReportRun run;
  run.record.name = name;
  run.record.experiment_text = "seed: 0\n";
  run.record.experiment.emplace().set_seed(name.size());
  run.record.provenance = {{"libtorch", "2.11.0"}};
  for (int i = 0; i < points; ++i) {
    Curve& loss = run.record.course.curves["loss"];
    loss.step.push_back(i);
    loss.epoch.push_back(i / 7.);
    loss.value.push_back(1. / (i + 1));
  }
  run.record.results = {{{"features", name},
                         {"task", "knn"},
                         {"setting", {{"k", 10}}},
                         {"top1", 85.25}}};
  run.pictures.pictures["attention"] = "data:image/png;base64,iVBORw0KGgo=";
  return run;
}

std::string Page(const std::vector<ReportRun>& runs) {
  const auto page = RenderPage(ReportView(runs));
  EXPECT_TRUE(page.ok()) << page.status();
  return *page;
}

// Returns the JSON that the page's script reads.
json DataOf(const std::string& page) {
  const std::string begin = "id=\"data\">", end = "</script>";
  const size_t from = page.find(begin) + begin.size();
  return json::parse(page.substr(from, page.find(end, from) - from));
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(RenderPage, ShowsARun) {
  const std::string page = Page({TinyRun("fashion_mnist/mae", 3)});
  for (const char* part :
       {"<h1>fashion_mnist/mae</h1>", "85.25", "seed: 0", "2.11.0",
        "<img src=\"data:image/png;base64,iVBORw0KGgo=\"", "Training loss",
        "Released under the MIT License", "prefers-color-scheme: dark"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_EQ(Count(page, "<canvas"), 1);
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  const json data = DataOf(page);
  EXPECT_EQ(data["runs"][0]["name"], "fashion_mnist/mae");
  EXPECT_DOUBLE_EQ(data["runs"][0]["epochs_per_step"].get<double>(), 1. / 7);
  EXPECT_EQ(data["charts"][0]["curves"][0]["value"], json({1., 0.5, 0.33333}));
}

TEST(RenderPage, DrawsTheSpectraOfTheFeatures) {
  ReportRun run = TinyRun("mae", 3);
  run.record.results.push_back(
      {{"features", "mae"},
       {"task", "diagnostics"},
       {"setting", {{"feature", "mean"}, {"block", 5}, {"norm", true}}},
       {"covariance_spectrum", {4., 2., 0.123456}}});
  const std::string page = Page({run, TinyRun("m_mae", 2)});
  EXPECT_EQ(Count(page, "<canvas"), 2);
  EXPECT_THAT(page, HasSubstr("<h2>Spectra</h2>"));
  EXPECT_THAT(page, HasSubstr("data-chart=\"1\""));
  const json chart = DataOf(page)["charts"][1];
  EXPECT_EQ(chart["x"], "dimension");
  EXPECT_EQ(
      chart["curves"],
      json({{{"run", 0}, {"step", {1, 2, 3}}, {"value", {4., 2., 0.12346}}}}));
  EXPECT_THAT(Page({TinyRun("mae", 3)}), Not(HasSubstr("Spectra")));
}

TEST(RenderPage, ComparesRuns) {
  const std::string page = Page({TinyRun("mae", 3), TinyRun("m_mae", 2)});
  EXPECT_THAT(page, HasSubstr("2 runs compared"));
  EXPECT_THAT(page, HasSubstr("<code>seed</code></th><td>3</td><td>5</td>"));
  EXPECT_EQ(Count(page, "<button"), 2);
  EXPECT_EQ(DataOf(page)["charts"][0]["curves"].size(), 2);
}

TEST(RenderPage, LoadsNothing) {
  const std::string page = Page({TinyRun("mae", 3)});
  EXPECT_FALSE(std::regex_search(
      page, std::regex("(src|href|action|data)\\s*=\\s*[\"']?(https?:|//|/)")));
  EXPECT_EQ(Count(page, "<link"), 0);
  EXPECT_EQ(Count(page, "@import"), 0);
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(RenderPage, NamesOfAnyBytesAreUtf8) {
  const std::string name = "Gr\xF6\x1B<b>";
  ReportRun run = TinyRun(name, 2);
  run.record.experiment_text = "a\n\xF6";
  run.record.results[0]["setting"] = {{"data", name}};
  run.pictures.pictures[name] = "data:image/png;base64,iVBORw0KGgo=";
  const std::string page = Page({run, TinyRun("Gr\xF7", 2)});
  EXPECT_TRUE(base::IsUtf8(page));
  EXPECT_EQ(page.find('\x1B'), std::string::npos);
  EXPECT_THAT(page, HasSubstr("Gr\\xF6\\x1B&lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("Gr\\xF7"));
  EXPECT_THAT(page, HasSubstr("<pre>a\n\\xF6</pre>"));
}

TEST(RenderPage, TextFromRunsIsEscaped) {
  const std::string evil = "</script><script>alert(1)</script><b>\"'&{{title}}";
  ReportRun run = TinyRun(evil, 2);
  run.record.experiment_text = evil;
  run.record.notes = {evil};
  run.record.provenance["device"] = evil;
  run.record.results[0]["setting"] = evil;
  run.record.course.curves[evil] = run.record.course.curves["loss"];
  run.pictures.pictures[evil] = "data:,";
  const std::string page = Page({run, TinyRun("mae", 2)});
  EXPECT_EQ(Count(page, "<script"), 3);
  EXPECT_EQ(Count(page, "</script"), 3);
  EXPECT_EQ(Count(page, "alert(1)"), Count(page, "&lt;script&gt;alert(1)") +
                                         Count(page, "\\u003cscript>alert(1)"));
  EXPECT_EQ(Count(page, "<b>"), 0);
  EXPECT_THAT(page, HasSubstr("{{title}}"));  // not taken for the template's
  EXPECT_EQ(DataOf(page)["runs"][0]["name"], evil);
}

TEST(RenderPage, LongRunsStaySmall) {
  std::vector<ReportRun> runs;
  for (int r = 0; r < 8; ++r) {
    runs.push_back(TinyRun("run " + std::to_string(r), 100000));
    auto& curves = runs.back().record.course.curves;
    for (int c = 0; c < 30; ++c) {
      curves["magma.4_5/" + std::to_string(c)] = curves["loss"];
    }
  }
  const std::string page = Page(runs);
  EXPECT_LT(page.size(), 2 << 20);
  const json data = DataOf(page);
  EXPECT_EQ(data["charts"].size(), 31);
  EXPECT_EQ(data["charts"][30]["curves"][7]["step"].back(), 99999);
}

TEST(RenderPage, ARunWithoutAnythingYet) {
  ReportRun run;
  run.record.name = "new";
  run.record.provenance = json::object();
  run.record.notes = {"Nothing was logged yet."};
  const std::string page = Page({run});
  EXPECT_THAT(page, HasSubstr("Nothing was logged yet."));
  EXPECT_EQ(Count(page, "<script"), 0);
  EXPECT_EQ(Count(page, "id=\"results\""), 0);
}

}  // namespace
}  // namespace caldera::ssl
