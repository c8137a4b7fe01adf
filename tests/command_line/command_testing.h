// What the tests of binaries share: starting one, and the tiny data it reads.
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

// Runs a shell command to its end.
Outcome Start(const std::string& command);

// A folder of IDX files, made once: 96 and 32 images of 8 x 8.
std::string TinyData();

// A path under the test's folder where nothing is.
std::string Fresh(const std::string& name);

// A file's bytes; "" where there is none.
std::string Read(const std::string& path);

}  // namespace caldera

#endif  // CALDERA_TESTS_COMMAND_LINE_COMMAND_TESTING_H_
