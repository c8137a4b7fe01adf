#include "tests/command_line/command_testing.h"

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/file_testing.h"
#include "data/formats/idx_testing.h"
#include "gtest/gtest.h"

namespace caldera {

Outcome Start(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
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

std::string TinyData() {
  static const std::string folder = [] {
    const std::string path = base::NewFolder("data");
    data::WriteIdxSet(path, "train", 96, 8, 8);
    data::WriteIdxSet(path, "t10k", 32, 8, 8);
    return path;
  }();
  return folder;
}

std::string Fresh(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  std::filesystem::remove_all(path);
  return path;
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace caldera
