#include "ssl/run_signals.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <initializer_list>

namespace caldera::ssl {
namespace {

std::atomic<bool> training{false};
std::atomic<int> stop_signal{0};
std::atomic<bool> save_requested{false};

// Writes a text from a handler, where printf is not allowed.
void Say(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

void Stop(int signal) {
  if (!training) {
    Say("stopped by a signal; the same command goes on\n");
    _exit(128 + signal);
  }
  const int before = stop_signal.exchange(signal);
  if (before != 0 && signal == SIGINT) _exit(128 + SIGINT);
}

void Save(int /*signal*/) { save_requested = true; }

void Handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  // System calls that a signal interrupts go on: reads of images, for example.
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

void HandleSignals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXCPU}) {
    struct sigaction before = {};
    sigaction(signal, nullptr, &before);
    if (signal == SIGHUP && before.sa_handler == SIG_IGN) continue;
    Handle(signal, Stop);
  }
  Handle(SIGUSR1, Save);
  Handle(SIGUSR2, Save);
}

void BeginTraining() { training = true; }

void EndTraining() { training = false; }

int StopSignal() { return stop_signal; }

bool TakeSaveRequest() { return save_requested.exchange(false); }

}  // namespace caldera::ssl
