#include "ssl/tools/sweep/child_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/machine/process_memory.h"

namespace caldera::ssl {
namespace {

// The signals that go on to the child; USR1 and USR2 ask it to save only.
constexpr int kPassedOn[] = {SIGINT,  SIGTERM, SIGHUP,
                             SIGXCPU, SIGUSR1, SIGUSR2};

std::atomic<pid_t> child{0};
std::atomic<int> passed_on{0};

void PassOn(int signal) {
  int none = 0;
  if (signal != SIGUSR1 && signal != SIGUSR2) {
    passed_on.compare_exchange_strong(none, signal);
  }
  const pid_t pid = child;
  if (pid > 0) kill(pid, signal);
}

// Runs in the child, and calls only functions that are allowed between fork and
// exec.
[[noreturn]] void Become(char* const* arguments, char* const* environment,
                         const sigset_t& mask) {
  // The child gets a group of its own, since a terminal's Ctrl-C would
  // otherwise reach it a second time.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  for (const int signal : kPassedOn) std::signal(signal, SIG_DFL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Returns this process's environment with `changes`.
std::vector<std::string> Environment(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    bool changed = false;
    for (const auto& change : changes) changed |= change.first == name;
    if (!changed) all.push_back(text);
  }
  for (const auto& [name, value] : changes) {
    all.push_back(absl::StrCat(name, "=", value));
  }
  return all;
}

}  // namespace

absl::StatusOr<ChildEnd> RunChild(
    const std::vector<std::string>& command,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  if (access(command[0].c_str(), X_OK) != 0) {
    return absl::InternalError(
        absl::StrCat("cannot start ", command[0], ": ", std::strerror(errno)));
  }
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = Environment(environment);
  const std::vector<char*> argument_pointers = Pointers(arguments);
  const std::vector<char*> variable_pointers = Pointers(variables);

  struct sigaction action = {};
  std::vector<struct sigaction> before;
  action.sa_handler = PassOn;
  // A signal between fork and the assignment waits until the child is known.
  sigset_t waiting, mask;
  sigemptyset(&waiting);
  for (const int signal : kPassedOn) {
    sigaddset(&waiting, signal);
    sigaction(signal, &action, &before.emplace_back());
  }
  pthread_sigmask(SIG_BLOCK, &waiting, &mask);
  const pid_t pid = fork();
  if (pid == 0) {
    Become(argument_pointers.data(), variable_pointers.data(), mask);
  }
  const int fork_error = errno;
  child = pid;
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);

  int status = 0;
  int64_t peak_memory = 0;
  if (pid > 0) {
    const std::string own = absl::StrCat("/proc/", pid, "/status");
    for (;;) {
      const pid_t ended = waitpid(pid, &status, WNOHANG);
      if (ended == pid || (ended < 0 && errno != EINTR)) break;
      // The last reading counts: the first may be that of this process's copy.
      // There is none once the child has ended.
      peak_memory = base::ReadKilobytes(own, "VmHWM:").value_or(peak_memory);
      usleep(20000);
    }
  }
  child = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    sigaction(kPassedOn[i], &before[i], nullptr);
  }
  if (pid < 0) {
    return absl::InternalError(absl::StrCat("cannot start ", command[0], ": ",
                                            std::strerror(fork_error)));
  }
  return ChildEnd{
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
      peak_memory};
}

int SignalPassedOn() { return passed_on; }

}  // namespace caldera::ssl
