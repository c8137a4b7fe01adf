#include "ssl/distributed/start_processes.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "ssl/distributed/host_address.h"
#include "ssl/distributed/job_environment.h"

extern char** environ;

namespace caldera::ssl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kMostProcesses = 1024;

// Signals that go on to the processes as they are.
constexpr int kPassedOn[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                             SIGUSR1, SIGUSR2, SIGXCPU, SIGCONT};

// What a started process needs, made before the fork: afterwards only calls
// that are safe in a copy of a process with threads are allowed.
struct Start {
  const char* program = nullptr;
  std::vector<std::string> variables;
  std::vector<char*> argv, envp;  // end with null
  sigset_t signals;  // as they were before this program blocked any
  pid_t parent = 0;
  int output = -1;  // of ranks above 0
};

bool IsOneOf(const std::string& variable,
             const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return absl::StartsWith(variable, name + "=");
  });
}

std::vector<std::string> VariablesOf(int64_t rank, int64_t count,
                                     const std::string& job) {
  std::vector<std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    if (!IsOneOf(*at, {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE",
                       "MASTER_ADDR", "MASTER_PORT", kStartedJobVariable})) {
      variables.push_back(*at);
    }
  }
  const auto add = [&](const std::string& name, const std::string& value) {
    variables.push_back(absl::StrCat(name, "=", value));
  };
  add("RANK", absl::StrCat(rank));
  add("WORLD_SIZE", absl::StrCat(count));
  add("LOCAL_RANK", absl::StrCat(rank));
  add("LOCAL_WORLD_SIZE", absl::StrCat(count));
  add("MASTER_ADDR", LoopbackAddress());
  add(kStartedJobVariable, job);
  return variables;
}

// Becomes the command; runs in the child.
[[noreturn]] void Become(const Start& start) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != start.parent) _exit(128 + SIGKILL);  // it has just died
  setpgid(0, 0);
  signal(SIGTTOU, SIG_IGN);  // its group is not the terminal's
  if (start.output >= 0) {
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(start.output, STDOUT_FILENO);
    dup2(start.output, STDERR_FILENO);
  }
  sigprocmask(SIG_SETMASK, &start.signals, nullptr);
  execve(start.program, start.argv.data(), start.envp.data());
  _exit(127);
}

class Family {
 public:
  Family(const std::string& program, const std::vector<std::string>& arguments,
         const StartOptions& options)
      : program_(program), arguments_(arguments), options_(options) {
    sigset_t handled;
    sigemptyset(&handled);
    for (const int signal : kPassedOn) sigaddset(&handled, signal);
    for (const int signal : {SIGCHLD, SIGTSTP, SIGPIPE}) {
      sigaddset(&handled, signal);
    }
    sigprocmask(SIG_BLOCK, &handled, &before_);
    sigdelset(&handled, SIGPIPE);  // blocked only: a closed stderr is no end
    signals_ = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~Family() {
    close(signals_);
    // A closed stderr has left a signal that would end this process now.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    const timespec at_once{0, 0};
    sigtimedwait(&pipe, nullptr, &at_once);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  absl::Status StartAll(int64_t count);
  // Returns the status of the first that failed.
  int AwaitAll();
  // Sends the signal to all that run.
  void Send(int signal);

 private:
  struct Member {
    pid_t process = 0;
    bool runs = false;
    int output = -1;
    std::string line;  // what has been read of it
  };

  void HandleSignals();
  void Reap();
  void Read(int64_t rank);
  void Print(int64_t rank, const std::string& line);
  bool Running() const {
    return std::any_of(members_.begin(), members_.end(),
                       [](const Member& member) { return member.runs; });
  }

  const std::string program_;
  const std::vector<std::string> arguments_;
  const StartOptions options_;
  sigset_t before_;
  int signals_ = -1;
  std::vector<Member> members_;
  std::deque<std::string> printed_;  // the last lines of ranks above 0
  int status_ = 0;
  bool failed_ = false, stopped_ = false, termed_ = false;
  Clock::time_point failed_at_;
};

absl::Status Family::StartAll(int64_t count) {
  // Starts of the same process number, at different times, are different jobs.
  const std::string job =
      absl::StrCat(getpid(), ".",
                   std::chrono::system_clock::now().time_since_epoch().count());
  for (int64_t rank = 0; rank < count; ++rank) {
    Start start;
    start.variables = VariablesOf(rank, count, job);
    start.program = program_.c_str();
    for (const std::string& word : arguments_) {
      start.argv.push_back(const_cast<char*>(word.c_str()));
    }
    start.argv.push_back(nullptr);
    for (std::string& variable : start.variables) {
      start.envp.push_back(variable.data());
    }
    start.envp.push_back(nullptr);
    start.signals = before_;
    start.parent = getpid();
    int ends[2] = {-1, -1};
    if (rank > 0 && pipe2(ends, O_CLOEXEC) != 0) {
      return absl::UnavailableError(
          absl::StrCat("--processes=", count, ": cannot make a pipe for rank ",
                       rank, " (", std::strerror(errno), ")"));
    }
    start.output = ends[1];
    const pid_t process = fork();
    if (process == 0) Become(start);
    if (rank > 0) close(ends[1]);
    if (process < 0) {
      if (rank > 0) close(ends[0]);
      return absl::UnavailableError(
          absl::StrCat("--processes=", count, ": cannot start rank ", rank,
                       " (", std::strerror(errno), ")"));
    }
    if (rank > 0) fcntl(ends[0], F_SETFL, O_NONBLOCK);
    members_.push_back({process, true, ends[0], ""});
  }
  return absl::OkStatus();
}

void Family::Send(int signal) {
  for (const Member& member : members_) {
    if (member.runs) kill(member.process, signal);
  }
}

void Family::HandleSignals() {
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof(info)) == sizeof(info)) {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD) continue;  // Reap() looks anyway
    Send(signal);
    if (signal == SIGTSTP) {
      raise(SIGSTOP);
    } else if (signal != SIGCONT && signal != SIGUSR1 && signal != SIGUSR2) {
      stopped_ = true;
    }
  }
}

void Family::Reap() {
  for (size_t rank = 0; rank < members_.size(); ++rank) {
    Member& member = members_[rank];
    int state = 0;
    if (!member.runs || waitpid(member.process, &state, WNOHANG) <= 0) continue;
    member.runs = false;
    const int status =
        WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    // With 1 the watchdog ends those that have only lost another one.
    if (status_ == 1 && status > 1 && status < 128) status_ = status;
    if (status == 0 || failed_) continue;
    failed_ = true;
    failed_at_ = Clock::now();
    status_ = status;
    if (stopped_) continue;  // as it was told
    std::fprintf(stderr, "rank %d (process %d) ended with %s %d%s\n",
                 static_cast<int>(rank), static_cast<int>(member.process),
                 WIFEXITED(state) ? "status" : "signal",
                 WIFEXITED(state) ? status : WTERMSIG(state),
                 Running() ? "; the others are stopped" : "");
  }
}

void Family::Print(int64_t rank, const std::string& line) {
  constexpr size_t kRemembered = 64;
  if (std::find(printed_.begin(), printed_.end(), line) != printed_.end()) {
    return;
  }
  printed_.push_back(line);
  if (printed_.size() > kRemembered) printed_.pop_front();
  std::fprintf(stderr, "rank %d: %s\n", static_cast<int>(rank), line.c_str());
}

void Family::Read(int64_t rank) {
  constexpr size_t kLongest = 1 << 16;
  Member& member = members_[rank];
  char bytes[4096];
  const ssize_t count = read(member.output, bytes, sizeof(bytes));
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  for (ssize_t i = 0; i < count; ++i) {
    if (bytes[i] != '\n' && member.line.size() < kLongest) {
      member.line += bytes[i];
      continue;
    }
    Print(rank, member.line);
    member.line.clear();
  }
  if (count > 0) return;
  if (!member.line.empty()) Print(rank, member.line);
  close(member.output);
  member.output = -1;
}

int Family::AwaitAll() {
  while (Running()) {
    std::vector<pollfd> polled = {{signals_, POLLIN, 0}};
    std::vector<int64_t> ranks = {-1};
    for (size_t rank = 1; rank < members_.size(); ++rank) {
      if (members_[rank].output < 0) continue;
      polled.push_back({members_[rank].output, POLLIN, 0});
      ranks.push_back(static_cast<int64_t>(rank));
    }
    poll(polled.data(), polled.size(), failed_ ? 100 : 1000);
    for (size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents != 0) Read(ranks[i]);
    }
    HandleSignals();
    Reap();
    if (!failed_ || stopped_) continue;
    const auto since = Clock::now() - failed_at_;
    if (since > options_.kill_after) {
      Send(SIGKILL);
    } else if (since > options_.grace && !termed_) {
      termed_ = true;
      Send(SIGTERM);
    }
  }
  // What is left in the pipes; who inherited one may hold it open.
  for (size_t rank = 1; rank < members_.size(); ++rank) {
    pollfd one{members_[rank].output, POLLIN, 0};
    while (members_[rank].output >= 0 && poll(&one, 1, 0) > 0) {
      Read(static_cast<int64_t>(rank));
    }
  }
  return status_;
}

}  // namespace

absl::StatusOr<int> StartOnThisMachine(
    int64_t count, const std::string& program,
    const std::vector<std::string>& arguments, const StartOptions& options) {
  if (count < 1 || count > kMostProcesses) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--processes=", count, " is not in [1, ", kMostProcesses, "]"));
  }
  ASSIGN_OR_RETURN(const JobEnvironment job, ReadJobEnvironment());
  if (job.world_size > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--processes=", count, ": this process is rank ", job.rank, " of ",
        ProcessesText(job), " already; leave out --processes or the launcher"));
  }
  Family family(program, arguments, options);
  const absl::Status started = family.StartAll(count);
  if (!started.ok()) family.Send(SIGKILL);
  const int status = family.AwaitAll();
  RETURN_IF_ERROR(started);
  return status;
}

bool IsStartedProcess() {
  return ProcessEnvironment()(kStartedJobVariable).has_value();
}

std::vector<std::string> ThisCommand() {
  std::ifstream file("/proc/self/cmdline");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::string> arguments = absl::StrSplit(text, '\0');
  if (arguments.size() > 1) arguments.pop_back();  // the last ends in \0 too
  return arguments;
}

}  // namespace caldera::ssl
