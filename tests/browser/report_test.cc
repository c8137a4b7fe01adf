// Opens the pages of //:report in a real browser: there are no complaints,
// nothing is loaded, curves are drawn and follow the pointer, on a phone and on
// a desktop, in light and dark mode. Screenshots are kept in the test's
// outputs.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "base/draw/encode_png.h"
#include "data/decode/decode_image.h"
#include "tests/browser/browser_testing.h"
#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

// Colours of the first two runs (ssl/tools/report/page/report.css).
struct Rgb {
  int r, g, b;
};
constexpr Rgb kLight[] = {{0x00, 0x72, 0xb2}, {0xd5, 0x5e, 0x00}};
constexpr Rgb kDark[] = {{0x4a, 0xa8, 0xe8}, {0xf0, 0x79, 0x3a}};

constexpr char kEvil[] = "<img src=x onerror=alert(1)></script>";

// Makes a run folder with `points` logged steps.
std::string WriteRun(const std::string& name, int points, double level) {
  const std::string run = Fresh("runs/" + name);
  fs::create_directories(run + "/images");
  std::ofstream(run + "/experiment.textproto")
      << "seed: 1 data { dataset: \"/somewhere/" << kEvil
      << "\" } mae { mask_ratio: 0.75 } optimizer { base_lr: " << level
      << " } train { steps: 100 }";
  std::ofstream(run + "/provenance.json") << R"({"device": "cpu"})";
  std::ofstream metrics(run + "/metrics.jsonl");
  for (int i = 1; i <= points; ++i) {
    metrics << "{\"step\":" << 10 * i << ",\"epoch\":" << 0.1 * i
            << ",\"loss\":" << level + std::exp(-3. * i / points)
            << ",\"magma.4_5/mean_degree\":" << 9 + std::sin(0.1 * i) << "}\n";
  }
  std::ofstream(run + "/results.json")
      << R"([{"features": "a", "task": "knn", "setting": {"k": 10}, )"
      << R"("top1": 85.5}, {"features": "raw pixels", "task": "knn", )"
      << R"("setting": {"k": 10}, "top1": 80.5}, {"features": "a", )"
      << R"("task": "diagnostics", "setting": {"feature": "mean", )"
      << R"("block": 5}, "covariance_spectrum": [9, 3, 0.1, 0.001]}])";
  const auto png = base::EncodePng(at::full({3, 300, 900}, 200, at::kByte));
  std::ofstream(run + "/images/reconstructions.png") << *png;
  return run;
}

std::string WriteReport(const std::string& runs, const std::string& name) {
  const std::string output = Fresh(name);
  const Outcome outcome =
      Start("ssl/tools/report/report --run=\"" + runs + "\" --out=" + output);
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  return output;
}

int64_t Count(const at::Tensor& pixels, const Rgb& color) {
  return (pixels[0].eq(color.r) & pixels[1].eq(color.g) & pixels[2].eq(color.b))
      .sum()
      .item<int64_t>();
}

at::Tensor Pixels(Browser& browser, const std::string& name) {
  const std::string png = browser.Screenshot();
  const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (outputs != nullptr) {
    std::ofstream(std::string(outputs) + "/" + name + ".png") << png;
  }
  const auto pixels = data::DecodeImage(png, data::DecodeOptions());
  EXPECT_TRUE(pixels.ok()) << pixels.status();
  return *pixels;
}

// Returns the number of charts with anything drawn on them.
constexpr char kDrawnCanvases[] =
    "[...document.querySelectorAll('canvas[data-chart]')].filter(c => "
    "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter("
    "(v, i) => i % 4 === 3 && v > 0).length > 1000).length";

constexpr char kToLossChart[] =
    "document.querySelector('canvas[data-chart=\"0\"]').scrollIntoView("
    "{block: 'center'})";

TEST(Report, ReadsOnEveryScreen) {
  const std::string page = WriteReport(
      WriteRun("a/mae", 200, 0.1) + "," + WriteRun("a/m_mae", 150, 0.4),
      "two.html");
  Browser browser;
  for (const int width : {390, 1280}) {
    for (const bool dark : {false, true}) {
      SCOPED_TRACE(testing::Message() << width << " px, dark: " << dark);
      browser.Emulate({width, 844, dark});
      browser.Open(page);
      EXPECT_EQ(browser.Evaluate("document.title"), "2 runs compared");
      EXPECT_EQ(browser.Evaluate("document.documentElement.dataset.drawn"),
                "3");
      EXPECT_EQ(browser.Evaluate(kDrawnCanvases), 3);
      // Nothing is wider than the window.
      EXPECT_LE(browser.Evaluate("document.documentElement.scrollWidth"),
                width);
      EXPECT_EQ(browser.Evaluate("[...document.images].filter(i => "
                                 "i.naturalWidth === 900).length"),
                2);
      browser.Evaluate(kToLossChart);
      const at::Tensor pixels = Pixels(
          browser, testing::PrintToString(width) + (dark ? "_dark" : "_light"));
      ASSERT_EQ(pixels.sizes(), at::IntArrayRef({3, 844, width}));
      for (const Rgb& color : dark ? kDark : kLight) {
        EXPECT_GT(Count(pixels, color), 100);  // the curve, and the legend
      }
      const double brightness = pixels.to(at::kFloat).mean().item<double>();
      EXPECT_TRUE(dark ? brightness < 80 : brightness > 200) << brightness;
    }
  }
  EXPECT_THAT(browser.complaints(), IsEmpty());
}

TEST(Index, AHeadingSorts) {
  const std::string run = WriteRun("index/mae", 3, 0.1);
  std::ofstream(WriteRun("index/other", 3, 0.4) + "/results.json")
      << R"([{"features": "a", "task": "knn", "setting": {"k": 10}, )"
      << R"("top1": 9.25}])";
  fs::remove(WriteRun("index/third", 3, 0.2) + "/results.json");
  const std::string page = Fresh("index.html");
  const Outcome outcome =
      Start("ssl/tools/report/report --index=" +
            fs::path(run).parent_path().string() + " --out=" + page);
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  Browser browser;
  browser.Emulate({390, 844, false});
  browser.Open(page);
  const auto names = [&] {
    return browser.Evaluate(
        "[...document.querySelectorAll('tbody th')].map(t => "
        "t.textContent).join()");
  };
  const auto press = [&](int heading) {
    browser.Evaluate("document.querySelectorAll('thead button')[" +
                     std::to_string(heading) + "].click()");
  };
  EXPECT_EQ(names(), "mae,other,third");
  press(1);
  EXPECT_EQ(names(), "mae,other,third");
  press(1);  // the other way round; what has no value stays last
  EXPECT_EQ(names(), "other,mae,third");
  press(0);
  EXPECT_EQ(names(), "third,other,mae");
  EXPECT_LE(browser.Evaluate("document.documentElement.scrollWidth"), 390);
  EXPECT_THAT(browser.complaints(), IsEmpty());
}

TEST(Report, CurvesAnswerThePointer) {
  const std::string page = WriteReport(
      WriteRun("b/mae", 200, 0.1) + "," + WriteRun("b/m_mae", 150, 0.4),
      "pointer.html");
  Browser browser;
  browser.Emulate({1280, 900, false});
  browser.Open(page);
  browser.Evaluate(kToLossChart);
  const auto box = browser.Evaluate(
      "(() => { const b = document.querySelector('canvas[data-chart=\"0\"]')"
      ".getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; "
      "})()");
  const std::string chart =
      "Chart.getChart(document.querySelector('canvas[data-chart=\"0\"]'))";
  // Returns the tooltip's title and lines at a share of the chart's width.
  // Chart.js reads the pointer with the next frame.
  const auto tooltip_at = [&](double share) {
    browser.PointAt(box[0].get<double>() + box[2].get<double>() * share,
                    box[1].get<double>() + box[3].get<double>() / 2);
    browser.Evaluate(
        "new Promise(done => requestAnimationFrame(() => "
        "requestAnimationFrame(done)))");
    return browser
        .Evaluate("[" + chart + ".tooltip.title[0], ..." + chart +
                  ".tooltip.body.map(entry => entry.lines[0])].join('; ')")
        .get<std::string>();
  };
  EXPECT_THAT(tooltip_at(0.5),
              MatchesRegex("step [0-9]+, epoch [0-9.]+; 0\\.[0-9]+  b/mae; "
                           "0\\.[0-9]+  b/m_mae"));
  // One run has ended here.
  EXPECT_THAT(tooltip_at(0.95),
              MatchesRegex("; 0\\.[0-9]+  b/mae, step 1[89][0-9]0, epoch "
                           "1[89][0-9.]*; 0\\.[0-9]+  b/m_mae, step 1500, "
                           "epoch 15"));
  EXPECT_EQ(browser.Evaluate(chart + ".tooltip.opacity"), 1);
  Pixels(browser, "pointer");

  // A run that is switched off disappears from all charts.
  const at::Tensor before = Pixels(browser, "both");
  browser.PointAt(1, 1);
  browser.Evaluate("document.querySelector('button[data-run=\"1\"]').click()");
  const at::Tensor after = Pixels(browser, "one_hidden");
  EXPECT_LT(Count(after, kLight[1]), Count(before, kLight[1]) - 100);
  EXPECT_GT(Count(after, kLight[0]), 100);

  // The axis has steps instead of epochs: 200 log steps of 10.
  browser.Evaluate(
      "(() => { const s = document.getElementById('axis'); s.value = 'step'; "
      "s.dispatchEvent(new Event('change')); })()");
  EXPECT_EQ(browser.Evaluate(chart + ".scales.x.max"), 2000);
  EXPECT_THAT(browser.complaints(), IsEmpty());
}

TEST(Report, AnEmbeddingShowsTheImageOfAPoint) {
  const std::string run = WriteRun("e/mae", 3, 0.1);
  std::ofstream(run + "/images/embedding.svg")
      << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" "
         "height=\"640\"><rect width=\"720\" height=\"640\" "
         "fill=\"#ffffff\"/></svg>";
  // Two thumbnails, blue and then red.
  at::Tensor sheet = at::full({3, 8, 16}, 0, at::kByte);
  sheet[2].slice(1, 0, 8).fill_(200);
  sheet[0].slice(1, 8).fill_(200);
  const auto png = base::EncodePng(sheet);
  std::ofstream(run + "/images/embedding.json")
      << R"({"width": 720, "height": 640, "side": 8, "columns": 2, )"
      << R"("x": [100, 600], "y": [100, 500], "name": ["bag, image 0", )"
      << R"("<b>, image 7"], "sheet": "data:image/png;base64,)"
      << absl::Base64Escape(*png) << "\"}";
  const std::string page = WriteReport(run, "hover.html");
  for (const int width : {390, 1280}) {
    Browser browser;
    browser.Emulate({width, 900, false});
    browser.Open(page);
    const std::string picture =
        "document.querySelector('figure[data-hover] img')";
    browser.Evaluate(picture + ".scrollIntoView({block: 'center'})");
    const auto box = browser.Evaluate(
        "(() => { const b = " + picture +
        ".getBoundingClientRect(); return [b.left, b.top, b.width]; })()");
    const auto point_at = [&](double x, double y) {
      const double scale = box[2].get<double>() / 720;
      browser.PointAt(box[0].get<double>() + x * scale,
                      box[1].get<double>() + y * scale);
      return browser.Evaluate(
          "document.querySelector('.hover').hidden ? '' : "
          "document.querySelector('.hover').textContent");
    };
    EXPECT_EQ(point_at(110, 95), "bag, image 0");
    EXPECT_GT(Count(Pixels(browser, "hover_blue"), {0, 0, 200}), 10000);
    EXPECT_EQ(point_at(350, 300), "");
    EXPECT_EQ(point_at(598, 502), "<b>, image 7");
    const at::Tensor pixels = Pixels(browser, "hover_red");
    EXPECT_GT(Count(pixels, {200, 0, 0}), 10000);
    EXPECT_EQ(Count(pixels, {0, 0, 200}), 0);
    EXPECT_LE(browser.Evaluate("document.documentElement.scrollWidth"), width);
    EXPECT_THAT(browser.complaints(), IsEmpty());
  }
}

TEST(Report, SpectraHaveAnAxisOfTheirOwn) {
  const std::string page = WriteReport(WriteRun("d/mae", 20, 0.1), "one.html");
  Browser browser;
  browser.Emulate({1280, 900, false});
  browser.Open(page);
  const std::string canvas = "document.querySelector('#spectra canvas')";
  browser.Evaluate(canvas + ".scrollIntoView({block: 'center'})");
  const std::string scales = "Chart.getChart(" + canvas + ").scales";
  EXPECT_EQ(browser.Evaluate(scales + ".y.type"), "logarithmic");
  EXPECT_EQ(browser.Evaluate(scales + ".x.min"), 1);
  EXPECT_EQ(browser.Evaluate(scales + ".x.max"), 4);
  EXPECT_EQ(browser.Evaluate(scales + ".x.options.title.text"), "dimension");
  Pixels(browser, "spectrum");
  EXPECT_THAT(browser.complaints(), IsEmpty());
}

TEST(Report, TextOfARunRunsNothing) {
  const std::string page = WriteReport(
      WriteRun("evil/" + std::string("<b>'&quot;"), 5, 0.1), "evil.html");
  Browser browser;
  browser.Emulate({1280, 900, false});
  browser.Open(page);
  EXPECT_EQ(browser.Evaluate("document.querySelector('h1').textContent"),
            "evil/<b>'&quot;");
  EXPECT_EQ(browser.Evaluate("document.querySelectorAll('img').length"), 1);
  EXPECT_THAT(browser.Evaluate("document.querySelector('pre').textContent")
                  .get<std::string>(),
              HasSubstr(kEvil));
  EXPECT_THAT(browser.complaints(), IsEmpty());
}

TEST(Report, ALongRunStaysLight) {
  const std::string page =
      WriteReport(WriteRun("long/mae", 100000, 0.1), "long.html");
  EXPECT_LT(fs::file_size(page), 1 << 20);
  Browser browser;
  browser.Emulate({390, 844, true});
  browser.Open(page);
  EXPECT_EQ(browser.Evaluate("document.documentElement.dataset.drawn"), "3");
  EXPECT_THAT(browser.complaints(), IsEmpty());
}

// Tests the instrument of these tests: it reports the complaints that the
// others expect to be absent.
TEST(Browser, ComplainsOfErrorsAndRequests) {
  const std::string page = Fresh("bad.html");
  std::ofstream(page) << "<script>console.error('no'); nowhere();</script>"
                         "<img src='http://127.0.0.1:9/a.png'>";
  Browser browser;
  browser.Open(page);
  browser.Evaluate("undefined.member");
  EXPECT_THAT(browser.complaints(), testing::Contains(HasSubstr("no")));
  EXPECT_THAT(browser.complaints(),
              testing::Contains("request: http://127.0.0.1:9/a.png"));
  EXPECT_GE(browser.complaints().size(), 4);
}

}  // namespace
}  // namespace caldera
