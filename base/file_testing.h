// Makes and reads the files and folders of tests.
//
//   const std::string folder = base::NewFolder("sets");  // empty
//   base::WriteFile(folder + "/a.txt", "text");
//   const std::string run = base::FreshFolder("resumed");  // not there yet
//   EXPECT_EQ(base::FileText(run + "/metrics.jsonl"), ...);
#ifndef CALDERA_BASE_FILE_TESTING_H_
#define CALDERA_BASE_FILE_TESTING_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace caldera::base {

// Returns a path of that name in the test's folder, and removes what is there.
inline std::string FreshFolder(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  std::filesystem::remove_all(path);
  return path;
}

// Makes a new, empty folder of that name in the test's folder.
inline std::string NewFolder(const std::string& name) {
  const std::string path = FreshFolder(name);
  std::filesystem::create_directories(path);
  return path;
}

inline void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Returns all bytes of a file; the test fails if it cannot be read.
inline std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace caldera::base

#endif  // CALDERA_BASE_FILE_TESTING_H_
