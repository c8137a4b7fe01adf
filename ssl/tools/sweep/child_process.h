// Runs programs to their ends, several at once, and passes signals on to them.
//
//   Children children;
//   absl::Status status = children.Start(/*id=*/7, {{"/bin/sh", "-c", "exit
//   3"}}); while (children.running() > 0) {
//     const auto [id, end] = children.Wait();  // 7, with end.status 3
//   }
//
// While any runs, SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1 and SIGUSR2 that
// reach this process go to all of them and do not end this process: it waits
// until they have stopped. If the thread that started a child ends, the child
// gets SIGTERM. There is one object of this class at a time, used by one
// thread.
#ifndef CALDERA_SSL_TOOLS_SWEEP_CHILD_PROCESS_H_
#define CALDERA_SSL_TOOLS_SWEEP_CHILD_PROCESS_H_

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace caldera::ssl {

// The most children that run at once.
inline constexpr int kMostChildren = 64;

struct ChildCommand {
  std::vector<std::string> arguments;  // the program first
  std::vector<std::pair<std::string, std::string>> environment;  // added
  // Where its stdout and stderr go, behind what is there; "": where this
  // process's go.
  std::string output;
};

struct ChildEnd {
  int status = 0;           // of its exit; 128 + the signal that ended it
  int64_t peak_memory = 0;  // bytes it held at most, 20 ms before its end
  double seconds = 0;       // from its start to its end
};

class Children {
 public:
  Children();
  ~Children();  // waits for those that run
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  // Starts a program, which Wait will call `id`. CHECKs that fewer than
  // kMostChildren run. Errors: Internal if it could not be started;
  // FailedPrecondition if the file for its output cannot be written.
  absl::Status Start(int id, const ChildCommand& command);

  // Waits until one has ended, and returns its id. CHECKs that one runs.
  std::pair<int, ChildEnd> Wait();

  int running() const { return static_cast<int>(children_.size()); }

 private:
  struct Child {
    int id;
    int place;  // in the list that the signal handler reads
    pid_t pid;
    int64_t peak_memory;
    double start;
  };

  void PassSignals();
  void KeepSignals();

  std::vector<Child> children_;
  std::vector<struct sigaction> before_;  // of the signals passed on
};

// Returns the first signal to stop that was passed on, 0 if none.
int SignalPassedOn();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TOOLS_SWEEP_CHILD_PROCESS_H_
