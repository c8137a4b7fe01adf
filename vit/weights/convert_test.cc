// Starts the binary like a user.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int status;
  std::string text;  // stdout and stderr
};

Outcome Convert(const std::string& arguments) {
  FILE* pipe =
      popen(("vit/weights/convert " + arguments + " 2>&1").c_str(), "r");
  Outcome outcome;
  char buffer[4096];
  size_t size;
  while ((size = fread(buffer, 1, sizeof(buffer), pipe)) > 0) {
    outcome.text.append(buffer, size);
  }
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

TEST(Convert, WritesAndReports) {
  const std::string output = testing::TempDir() + "/out.pth";
  const Outcome outcome = Convert(
      "--checkpoint=vit/weights/testdata/teacher.pth --num_heads=2 "
      "--allow_partial "
      "--out=" +
      output);
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_THAT(outcome.text,
              HasSubstr("beside it       1  module.head.last.weight\n"));
  EXPECT_THAT(outcome.text, HasSubstr("written       " + output + "\n"));
  EXPECT_TRUE(std::filesystem::exists(output));
}

TEST(Convert, HelpFitsAScreen) {
  const Outcome outcome = Convert("--help");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.text, StartsWith("convert: "));
  EXPECT_LE(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 24);
}

TEST(Convert, SaysInOneLineWhatToMend) {
  for (const auto& [arguments, part] :
       {std::pair("", "--checkpoint and --out are needed"),
        std::pair("--checkpoint=a --out=b.pth --num_heads=-1", "negative"),
        std::pair("--checkpoint=no_such.pth --out=b.pth",
                  "cannot open no_such.pth"),
        std::pair("--checkpoint=a b", "unknown argument \"b\""),
        std::pair(
            "--checkpoint=vit/weights/testdata/hostile_root.pth --out=b.pth",
            "no code of a file is run")}) {
    const Outcome outcome = Convert(arguments);
    EXPECT_EQ(outcome.status, 2) << outcome.text;
    EXPECT_THAT(outcome.text, StartsWith("error: "));
    EXPECT_THAT(outcome.text, HasSubstr(part));
    EXPECT_EQ(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 1)
        << outcome.text;
  }
  EXPECT_EQ(Convert("--no_such_flag").status, 2);
}

}  // namespace
