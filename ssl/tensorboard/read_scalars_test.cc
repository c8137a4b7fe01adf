#include "ssl/tensorboard/read_scalars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "ssl/tensorboard/event_file.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr char kRate[] = "speed/images_per_second";

std::string Fresh(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  fs::remove_all(path);
  return path;
}

// Writes the events of a run that starts after `step` steps, with a rate at two
// later ones.
void WriteStart(const std::string& folder, int64_t step, double rate) {
  auto events = EventFile::Create(folder, step);
  ASSERT_TRUE(events.ok()) << events.status();
  events->Scalars(step + 5, {{"loss", 3}, {kRate, rate}});
  events->ImagePng(step + 5, kRate, "a picture of that name", 1, 1, 3);
  events->Scalars(step + 10, {{kRate, rate + 1}, {"loss", 2}});
  ASSERT_TRUE(events->Flush().ok());
}

TEST(ReadScalars, AResumedRunVoidsLaterSteps) {
  const std::string folder = Fresh("resumed");
  WriteStart(folder, 0, 100);
  WriteStart(folder, 5, 200);
  const auto values = ReadScalars(folder, kRate);
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Pair(5, 100), Pair(10, 200), Pair(15, 201)));
}

TEST(ReadScalars, AnEndThatIsCutOffCostsItsRecordAlone) {
  const std::string folder = Fresh("cut_off");
  WriteStart(folder, 0, 100);
  const fs::path file = fs::directory_iterator(folder)->path();
  fs::resize_file(file, fs::file_size(file) - 3);
  EXPECT_THAT(*ReadScalars(folder, kRate), ElementsAre(Pair(5, 100)));
  std::ofstream(file, std::ios::trunc) << "no records at all, but some text";
  EXPECT_THAT(*ReadScalars(folder, kRate), IsEmpty());
}

TEST(ReadScalars, NoFolderHasNone) {
  EXPECT_THAT(*ReadScalars(Fresh("none"), kRate), IsEmpty());
}

}  // namespace
}  // namespace caldera::ssl
