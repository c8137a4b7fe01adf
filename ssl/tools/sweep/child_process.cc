#include "ssl/tools/sweep/child_process.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
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

// The processes that get the signals; 0 where there is none.
std::atomic<pid_t> receivers[kMostChildren];
std::atomic<int> passed_on{0};

bool Stops(int signal) { return signal != SIGUSR1 && signal != SIGUSR2; }

void PassOn(int signal) {
  int none = 0;
  if (Stops(signal)) passed_on.compare_exchange_strong(none, signal);
  for (const std::atomic<pid_t>& receiver : receivers) {
    const pid_t pid = receiver;
    if (pid > 0) kill(pid, signal);
  }
}

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Runs in the child, and calls only functions that are allowed between fork and
// exec.
[[noreturn]] void Become(char* const* arguments, char* const* environment,
                         const sigset_t& mask, int output) {
  // The child gets a group of its own, since a terminal's Ctrl-C would
  // otherwise reach it a second time.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  for (const int signal : kPassedOn) std::signal(signal, SIG_DFL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  if (output >= 0) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
  }
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

Children::Children() { children_.reserve(kMostChildren); }

Children::~Children() {
  while (running() > 0) Wait();
}

void Children::PassSignals() {
  struct sigaction action = {};
  action.sa_handler = PassOn;
  for (const int signal : kPassedOn) {
    sigaction(signal, &action, &before_.emplace_back());
  }
}

void Children::KeepSignals() {
  for (size_t i = 0; i < before_.size(); ++i) {
    sigaction(kPassedOn[i], &before_[i], nullptr);
  }
  before_.clear();
}

absl::Status Children::Start(int id, const ChildCommand& command) {
  CHECK_LT(running(), kMostChildren);
  const std::string& program = command.arguments[0];
  if (access(program.c_str(), X_OK) != 0) {
    return absl::InternalError(
        absl::StrCat("cannot start ", program, ": ", std::strerror(errno)));
  }
  int output = -1;
  if (!command.output.empty()) {
    output = open(command.output.c_str(),
                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (output < 0) {
      return absl::FailedPreconditionError(absl::StrCat(
          "cannot write ", command.output, ": ", std::strerror(errno)));
    }
  }
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> variables = Environment(command.environment);
  const std::vector<char*> argument_pointers = Pointers(arguments);
  const std::vector<char*> variable_pointers = Pointers(variables);
  int place = 0;
  while (receivers[place] != 0) ++place;

  if (children_.empty()) PassSignals();
  // A signal between fork and the assignment waits until the child is known.
  // One that another thread gets meanwhile is sent again.
  sigset_t waiting, mask;
  sigemptyset(&waiting);
  for (const int signal : kPassedOn) sigaddset(&waiting, signal);
  const int before = passed_on;
  pthread_sigmask(SIG_BLOCK, &waiting, &mask);
  const pid_t pid = fork();
  if (pid == 0) {
    Become(argument_pointers.data(), variable_pointers.data(), mask, output);
  }
  const int fork_error = errno;
  if (pid > 0) {
    receivers[place] = pid;
    if (before == 0 && passed_on != 0) kill(pid, passed_on);
    children_.push_back({id, place, pid, 0, Now()});
  }
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  if (output >= 0) close(output);
  if (pid > 0) return absl::OkStatus();
  if (children_.empty()) KeepSignals();
  return absl::InternalError(
      absl::StrCat("cannot start ", program, ": ", std::strerror(fork_error)));
}

std::pair<int, ChildEnd> Children::Wait() {
  CHECK(!children_.empty());
  for (;;) {
    for (size_t i = 0; i < children_.size(); ++i) {
      Child& child = children_[i];
      int status = 0;
      const pid_t ended = waitpid(child.pid, &status, WNOHANG);
      if (ended != child.pid && (ended >= 0 || errno == EINTR)) {
        // The last reading counts: the first may be that of this process's
        // copy. There is none once the child has ended.
        child.peak_memory =
            base::ReadKilobytes(absl::StrCat("/proc/", child.pid, "/status"),
                                "VmHWM:")
                .value_or(child.peak_memory);
        continue;
      }
      const std::pair<int, ChildEnd> result = {
          child.id,
          {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           child.peak_memory, Now() - child.start}};
      receivers[child.place] = 0;
      children_.erase(children_.begin() + static_cast<int64_t>(i));
      if (children_.empty()) KeepSignals();
      return result;
    }
    usleep(20000);
  }
}

int SignalPassedOn() { return passed_on; }

}  // namespace caldera::ssl
