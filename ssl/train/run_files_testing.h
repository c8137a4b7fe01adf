// Folders and files of runs, for tests.
//
//   const std::string run = FreshFolder("resumed");  // not there yet
//   EXPECT_EQ(FileText(run + "/metrics.jsonl"), ...);
#ifndef CALDERA_SSL_TRAIN_RUN_FILES_TESTING_H_
#define CALDERA_SSL_TRAIN_RUN_FILES_TESTING_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace caldera::ssl {

// A path of that name in the test's folder, with nothing there.
inline std::string FreshFolder(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  std::filesystem::remove_all(path);
  return path;
}

// All bytes of a file; a failure of the test where it cannot be read.
inline std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_RUN_FILES_TESTING_H_
