// Starts binaries and makes their tiny data, for the tests of the command line.
//
//   const Outcome outcome = Start("ssl/pretrain --spec=none");
//   EXPECT_EQ(outcome.status, 2) << outcome.text;
#ifndef CALDERA_TESTS_COMMAND_LINE_COMMAND_TESTING_H_
#define CALDERA_TESTS_COMMAND_LINE_COMMAND_TESTING_H_

#include <string>

namespace caldera {

struct Outcome {
  int status;        // the exit status, -1 where a signal ended it
  std::string text;  // stdout and stderr
};

// Runs a shell command and returns when it has ended.
Outcome Start(const std::string& command);

// Returns a folder of IDX files, made once: 96 and 32 images of 8 x 8.
std::string TinyData();

// Returns an unused path under the test's folder.
std::string Fresh(const std::string& name);

// Returns a file's bytes; "" where there is no file.
std::string Read(const std::string& path);

}  // namespace caldera

#endif  // CALDERA_TESTS_COMMAND_LINE_COMMAND_TESTING_H_
