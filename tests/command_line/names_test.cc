// Names of any bytes, and ~, from the data to the report: binaries as a user
// starts them, in a locale that knows only ASCII.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file_testing.h"
#include "base/text/printable_text.h"
#include "data/decode/bmp_testing.h"
#include "tests/command_line/command_testing.h"

namespace caldera {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kLatin1[] =
    "Gr\xF6\xDF"
    "e";  // no UTF-8
constexpr char kOdd[] = "Gr\xF6\n\"<b>&\t1,2";

// The words of a command, each in the quotes of the shell.
std::string Command(const std::vector<std::string>& words) {
  std::string command = "LC_ALL=C";
  for (const std::string& word : words) {
    std::string quoted = " '";
    for (const char c : word) {
      c == '\'' ? quoted += "'\\''" : quoted += c;
    }
    command += quoted + "'";
  }
  return command;
}

Outcome Succeed(const std::vector<std::string>& words) {
  const Outcome outcome = Start(Command(words));
  EXPECT_EQ(outcome.status, 0) << words[0] << "\n" << outcome.text;
  EXPECT_TRUE(base::IsUtf8(outcome.text)) << outcome.text;
  return outcome;
}

// Expects a mistake: a last line that begins with "error: ", and status 1 or 2.
void ExpectError(const std::vector<std::string>& words,
                 const std::string& part) {
  const Outcome outcome = Start(Command(words));
  EXPECT_TRUE(outcome.status == 1 || outcome.status == 2) << outcome.status;
  const std::string& text = outcome.text;
  const size_t last = text.find_last_of('\n', text.size() - 2) + 1;
  EXPECT_THAT(text.substr(last), AllOf(StartsWith("error: "), HasSubstr(part)));
  EXPECT_THAT(text, Not(HasSubstr("step 1/")));
}

// Makes train and val with six images of each class.
void WriteClasses(const std::string& folder,
                  const std::vector<std::string>& classes) {
  for (const char* split : {"train", "val"}) {
    for (size_t i = 0; i < classes.size(); ++i) {
      const std::string path = folder + "/" + split + "/" + classes[i];
      fs::create_directories(path);
      for (int image = 0; image < 6; ++image) {
        base::WriteFile(
            path + "/" + std::to_string(image) + "\n\xFC.bmp",
            data::BmpBytes(8, 8, 40 * static_cast<int>(i), 20 * image, 99));
      }
    }
  }
}

std::vector<std::string> Pretrain(const std::string& spec,
                                  const std::string& run,
                                  const std::string& data) {
  return {"ssl/pretrain", "--threads=1", "--spec=" + spec, "--run=" + run,
          "data.dataset=" + data};
}

void WriteSpec(const std::string& path) {
  base::WriteFile(path, R"(
data { loader { workers: 1 } }
encoder { image_size: 8 patch_size: 4 channels: 3 embed_dim: 16 depth: 2
          num_heads: 2 }
mae { decoder { embed_dim: 16 depth: 1 num_heads: 2 } }
optimizer { base_lr: 1e-3 }
train { steps: 3 batch_size: 8 log_every_steps: 1 }
eval { feature: MEAN knn { k: 2 } linear { max_iterations: 5 } }
)");
}

json Rows(const std::string& run) {
  const json rows =
      json::parse(base::FileText(run + "/results.json"), nullptr, false);
  EXPECT_TRUE(rows.is_array());
  return rows;
}

TEST(Names, OfClassesStayApartOnOneLineEach) {
  const std::string data = base::NewFolder("classes");
  WriteClasses(
      data, {"Gr\xC3\xB6\xC3\x9F"
             "e",
             kLatin1, "a b", "line\nbreak", "\x1B[2J", std::string(240, 'x')});
  const Outcome outcome = Succeed({"data/tools/inspect", "--data=" + data,
                                   "--out=" + data + "/a b.png", "--rows=1"});
  for (const char* line :
       {"  6  Gr\xC3\xB6\xC3\x9F"
        "e\n",
        "  6  Gr\\xF6\\xDFe\n", "  6  a b\n", "  6  line\\nbreak\n",
        "  6  \\x1B[2J\n", "a b.png: 1 rows"}) {
    EXPECT_THAT(outcome.text, HasSubstr(line));
  }
}

TEST(Names, OfAnyBytesGoThroughARunAndWhatReadsIt) {
  const std::string folder = base::NewFolder("bytes");
  const std::string data = folder + "/D " + kOdd, run = folder + "/run " + kOdd;
  const std::string spec = folder + "/s " + kOdd + ".textproto";
  WriteClasses(data, {kLatin1, "a|b", "line\nbreak"});
  WriteSpec(spec);
  for (int start = 0; start < 2; ++start) {  // the second finds it finished
    const Outcome outcome = Succeed(Pretrain(spec, run + "//", data));
    EXPECT_THAT(outcome.text, HasSubstr("run Gr\\xF6\\n\"<b>&\\t1,2\n"));
  }
  const size_t rows = Rows(run).size();
  // The encoder's file knows the images, byte for byte.
  Succeed({"eval/probe", "--threads=1", "--checkpoint=" + run});
  EXPECT_EQ(Rows(run).size(), rows);
  for (int start = 0; start < 2; ++start) {
    Succeed(
        {"eval/probe", "--threads=1", "--checkpoint=" + run, "--data=" + data});
  }
  EXPECT_EQ(Rows(run).size(), rows + 1);
  Succeed({"eval/probe", "--threads=1", "--checkpoint=" + run,
           "--task=features", "--out=" + folder + "/" + kLatin1});
  Succeed({"ssl/tools/report/report", "--run=" + run});
  for (const char* file : {"experiment.textproto", "provenance.json",
                           "metrics.jsonl", "results.json", "report.html"}) {
    EXPECT_TRUE(base::IsUtf8(base::FileText(run + "/" + file))) << file;
  }
  EXPECT_THAT(base::FileText(run + "/report.html"),
              HasSubstr("run Gr\\xF6\\n&quot;&lt;b&gt;&amp;\\t1,2</title>"));
}

TEST(Home, IsExpandedInEveryPath) {
  const std::string home = base::NewFolder("home");
  setenv("HOME", home.c_str(), 1);
  WriteClasses(home + "/D", {"a", "b"});
  WriteSpec(home + "/s.textproto");
  Succeed({"data/tools/inspect", "--data=~/D", "--out=~/s.png", "--rows=1"});
  Succeed(Pretrain("~/s.textproto", "~/run", "~/D"));
  Succeed(
      {"eval/probe", "--threads=1", "--checkpoint=~/run", "--out=~/rows.json"});
  Succeed({"ssl/tools/report/report", "--run=~/run", "--out=~/page.html"});
  Succeed({"vit/weights/convert", "--checkpoint=~/run", "--out=~/c.pth"});
  for (const char* file :
       {"/s.png", "/run/report.html", "/rows.json", "/page.html", "/c.pth"}) {
    EXPECT_TRUE(fs::exists(home + file)) << file;
  }
  setenv("CALDERA_DATA", "~/sets", 1);
  ExpectError({"data/tools/inspect", "--data=cifar100"},
              "is not in " + home + "/sets ($CALDERA_DATA)");
  EXPECT_FALSE(fs::exists("~"));
}

TEST(Home, OfNobodyIsAnErrorAndNoFolder) {
  const std::string spec = testing::TempDir() + "/nobody.textproto";
  WriteSpec(spec);
  ExpectError(Pretrain(spec, "~no-such-user/run", TinyData()),
              "--run=~no-such-user/run: there is no user");
  ExpectError(Pretrain(spec, Fresh("nobody"), "~no-such-user/D"),
              "there is no user \"no-such-user\"");
  EXPECT_FALSE(fs::exists("~no-such-user"));
}

TEST(Paths, ThatCannotBeAreOneLineBeforeTheFirstStep) {
  const std::string folder = base::NewFolder("paths");
  const std::string spec = folder + "/s.textproto", data = folder + "/D";
  WriteClasses(data, {"a", "b"});
  WriteSpec(spec);
  fs::create_symlink("/gone", folder + "/link");
  for (const auto& [run, part] :
       std::vector<std::pair<std::string, const char*>>{
           {"", "--run: is empty"},
           {spec, "is not a folder"},
           {folder + "/link", "is a link to /gone, which is not there"},
           {folder + "/link/run", "is a link to /gone, which is not there"},
           {folder + "/" + std::string(300, 'x'), "File name too long"},
           {folder + std::string(5000, '/') + "run", "--run"}}) {
    ExpectError(Pretrain(spec, run, data), part);
  }
  ExpectError(Pretrain(spec, Fresh("r"), folder + "/link"), "is a link to");
  ExpectError(Pretrain(spec, Fresh("r"), spec), "is a file");
  ExpectError(Pretrain(folder + "/link", Fresh("r"), data), "no spec");
  ExpectError({"eval/probe", "--checkpoint=" + folder + "/link"},
              "is a link to /gone");
  ExpectError({"eval/probe", "--checkpoint=" + std::string(5000, 'x')},
              "File name too long");
}

// No number may be written with the comma of a locale.
TEST(Locale, ChangesNothing) {
  const std::string folder = base::NewFolder("locale");
  const std::string spec = folder + "/s.textproto", data = folder + "/D";
  WriteClasses(data, {"a", "b"});
  WriteSpec(spec);
  std::string first;
  for (const char* locale : {"C", "de_DE.UTF-8", "no_such_locale"}) {
    const std::string run = folder + "/" + locale;
    const Outcome outcome =
        Start("env LC_ALL=" + std::string(locale) + " LANG=" + locale + " " +
              Command(Pretrain(spec, run, data)).substr(sizeof("LC_ALL=C")));
    ASSERT_EQ(outcome.status, 0) << outcome.text;
    const std::string metrics = base::FileText(run + "/metrics.jsonl");
    if (first.empty()) first = metrics;
    EXPECT_EQ(metrics, first) << locale;
  }
}

}  // namespace
}  // namespace caldera
