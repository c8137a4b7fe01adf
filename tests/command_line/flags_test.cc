// Starts programs with flags by their older names, and with relative paths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

// Starts a command as `bazel run` does for a person who stands in `folder`.
Outcome StartIn(const std::string& folder, const std::string& command) {
  return Start("BUILD_WORKING_DIRECTORY=" + folder + " " + command);
}

TEST(Flags, OlderNamesAreAcceptedWithAHint) {
  const std::string run = Fresh("old/run");
  fs::create_directories(run);
  std::ofstream(run + "/metrics.jsonl")
      << "{\"step\":1,\"epoch\":0.1,\"loss\":1}\n";
  const std::string page = Fresh("page.html");
  const Outcome report =
      Start("ssl/tools/report/report --run_dir=" + run + " --output=" + page);
  EXPECT_EQ(report.status, 0) << report.text;
  EXPECT_THAT(report.text, HasSubstr("note: --run_dir is called --run here\n"));
  EXPECT_THAT(report.text, HasSubstr("note: --output is called --out here\n"));
  EXPECT_TRUE(fs::exists(page));
  const Outcome now =
      Start("ssl/tools/report/report --run=" + run + " --out=" + page);
  EXPECT_EQ(now.status, 0) << now.text;
  EXPECT_THAT(now.text, Not(HasSubstr("note:")));

  const std::string spec = Fresh("data.textproto");
  std::ofstream(spec) << "dataset: \"" << TinyData() << "\"";
  const Outcome inspect = Start("data/tools/inspect --spec=" + spec +
                                " --out=" + Fresh("sheet.png"));
  EXPECT_EQ(inspect.status, 0) << inspect.text;
  EXPECT_THAT(inspect.text,
              StartsWith("note: --spec is called --data_spec here\n"));
  EXPECT_THAT(Start("vit/weights/convert --input=none --output=a.pth").text,
              StartsWith("note: --input is called --checkpoint here\n"));
}

TEST(Flags, AnUnknownFlagIsRefusedByEachProgramWithTheNearestName) {
  for (const char* program :
       {"data/tools/inspect", "magma/demo/demo", "ssl/tools/report/report",
        "vit/weights/convert"}) {
    const Outcome outcome = Start(std::string(program) + " --oot=a");
    EXPECT_EQ(outcome.status, 2) << program;
    EXPECT_THAT(outcome.text,
                StartsWith("error: unknown flag \"--oot=a\"; did you mean "
                           "--out?"))
        << program;
  }
}

TEST(Flags, RelativePathsBeginWhereThePersonStands) {
  const std::string folder = Fresh("stands");
  fs::create_directories(folder);
  const Outcome demo = StartIn(folder, "magma/demo/demo --points=20");
  EXPECT_EQ(demo.status, 0) << demo.text;
  EXPECT_TRUE(fs::exists(folder + "/magma_demo.svg")) << demo.text;
  EXPECT_FALSE(fs::exists("magma_demo.svg"));
  const Outcome inspect =
      StartIn(folder, "data/tools/inspect --data=" + TinyData());
  EXPECT_EQ(inspect.status, 0) << inspect.text;
  EXPECT_TRUE(fs::exists(folder + "/contact_sheet.png")) << inspect.text;
  EXPECT_FALSE(fs::exists("contact_sheet.png"));
}

}  // namespace
}  // namespace caldera
