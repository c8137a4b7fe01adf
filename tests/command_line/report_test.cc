// Starts //:report like a user; tests/browser tests the page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kTwoSteps[] =
    "{\"step\":10,\"epoch\":0.5,\"loss\":0.7}\n"
    "{\"step\":20,\"epoch\":1,\"loss\":0.6}\n";

// Makes a run folder whose log is `metrics`.
std::string WriteRun(const std::string& name, const std::string& metrics) {
  const std::string run = Fresh(name);
  fs::create_directories(run);
  std::ofstream(run + "/experiment.textproto")
      << "data { dataset: \"" << run << "/images\" } mae {}";
  std::ofstream(run + "/metrics.jsonl") << metrics;
  return run;
}

Outcome Report(const std::string& arguments) {
  return Start("ssl/tools/report/report " + arguments);
}

// Expects one line that begins with "error: ".
void ExpectError(const std::string& arguments, int status,
                 const std::string& part) {
  const Outcome outcome = Report(arguments);
  EXPECT_EQ(outcome.status, status) << arguments << "\n" << outcome.text;
  EXPECT_THAT(outcome.text, StartsWith("error: "));
  EXPECT_THAT(outcome.text, HasSubstr(part));
  EXPECT_EQ(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 1)
      << outcome.text;
}

TEST(Report, OfOneRunGoesIntoItsFolder) {
  const std::string run = WriteRun("runs/mae", kTwoSteps);
  const Outcome outcome = Report("--run=" + run);
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_EQ(outcome.text,
            fs::path(run).lexically_normal().string() + "/report.html\n");
  const std::string page = Read(run + "/report.html");
  EXPECT_THAT(page, HasSubstr("<h1>runs/mae</h1>"));
  EXPECT_THAT(page, HasSubstr("Nothing was measured yet."));
  EXPECT_THAT(page, HasSubstr("…/mae/images"));
  EXPECT_THAT(page, Not(HasSubstr(testing::TempDir())));
  EXPECT_FALSE(fs::exists(run + "/report.html.partial"));
}

TEST(Report, ARunThatWasKilledShowsWhatItHas) {
  const std::string run =
      WriteRun("killed", std::string(kTwoSteps) + "{\"step\":30,\"ep");
  EXPECT_EQ(Report("--run=" + run).status, 0);
  const std::string page = Read(run + "/report.html");
  EXPECT_THAT(page, HasSubstr("The last line of metrics.jsonl was cut off"));
  EXPECT_THAT(page, HasSubstr("step 20, epoch 1"));
}

TEST(Report, AnExperimentOfAnotherVersionIsShownAsText) {
  const std::string run = WriteRun("other_version", kTwoSteps);
  std::ofstream(run + "/experiment.textproto") << "knob: 3";
  EXPECT_EQ(Report("--run=" + run).status, 0);
  const std::string page = Read(run + "/report.html");
  EXPECT_THAT(page, HasSubstr("Another version wrote experiment.textproto"));
  EXPECT_THAT(page, HasSubstr("<pre>knob: 3</pre>"));
}

TEST(Report, TakesWhatFiguresDrew) {
  const std::string run = WriteRun("drawn/mae", kTwoSteps);
  const std::string figures = Fresh("figures");
  const fs::path path(run);  // its last three parts name the folder
  const std::string folder =
      figures + "/" + path.parent_path().parent_path().filename().string() +
      "_drawn_mae";
  fs::create_directories(folder);
  std::ofstream(folder + "/attention.svg") << "<svg/>";
  const std::string output = Fresh("page.html");
  EXPECT_EQ(
      Report("--run=" + run + " --figures=" + figures + " --out=" + output)
          .status,
      0);
  EXPECT_THAT(Read(output),
              HasSubstr("<img src=\"data:image/svg+xml;base64,PHN2Zy8+\""));
}

TEST(Report, MistakesInTheCall) {
  const std::string run = WriteRun("mistakes", kTwoSteps);
  const std::string empty = Fresh("empty");
  fs::create_directories(empty);
  ExpectError("", 2, "--run is missing");
  ExpectError("--run=" + Fresh("none"), 2, "there is no folder ");
  ExpectError("--run=" + empty, 2, "is no run folder");
  ExpectError("--run=" + run + "/metrics.jsonl", 2, "is a file");
  ExpectError("--run=" + run + "," + run, 2, "is given twice");
  ExpectError("--run=" + run + ",", 2, "names an empty folder");
  ExpectError("--run=a,b,c,d,e,f,g,h,i", 2, "9 runs, but a page tells 8");
  ExpectError("--run=" + run + " --out=" + empty + "/no/x.html", 2,
              "no/x.html");
  ExpectError("--run=" + run + " --out=/dev/full/x.html", 2,
              "/dev/full/x.html");
  ExpectError("--rum=" + run, 2, "did you mean --run?");
}

TEST(Report, DamagedFilesAreNamed) {
  const std::string run =
      WriteRun("damaged", "rubbish\n" + std::string(kTwoSteps));
  ExpectError("--run=" + run, 1, "metrics.jsonl:1: no JSON object");
  std::ofstream(run + "/metrics.jsonl") << kTwoSteps;
  std::ofstream(run + "/results.json") << "[";
  ExpectError("--run=" + run, 1, "results.json: not JSON");
  EXPECT_FALSE(fs::exists(run + "/report.html"));
}

TEST(Report, HelpFitsAScreen) {
  const Outcome help = Report("--help");
  EXPECT_EQ(help.status, 0);
  EXPECT_LE(std::count(help.text.begin(), help.text.end(), '\n'), 24);
  for (const char* flag : {"--run", "--out", "--figures"}) {
    EXPECT_THAT(help.text, HasSubstr(flag));
  }
}

}  // namespace
}  // namespace caldera
