#include "ssl/train/monitor/phase_times.h"

#include <chrono>
#include <memory>
#include <mutex>

namespace caldera::ssl {
namespace {

using Clock = std::chrono::steady_clock;

// RecordFunction calls plain functions, so the sums belong to the program.
struct Sums {
  std::mutex mutex;
  std::map<std::string, double> seconds;
};

Sums& TheSums() {
  static Sums* const sums = new Sums();
  return *sums;
}

struct Start : at::ObserverContext {
  Clock::time_point time = Clock::now();
};

std::unique_ptr<at::ObserverContext> Begin(const at::RecordFunction&) {
  return std::make_unique<Start>();
}

void End(const at::RecordFunction& function, at::ObserverContext* context) {
  const std::chrono::duration<double> took =
      Clock::now() - static_cast<Start*>(context)->time;
  const std::lock_guard<std::mutex> lock(TheSums().mutex);
  TheSums().seconds[function.name()] += took.count();
}

}  // namespace

PhaseTimes::PhaseTimes() {
  Reset();
  handle_ = at::addGlobalCallback(at::RecordFunctionCallback(Begin, End)
                                      .scopes({at::RecordScope::USER_SCOPE}));
}

PhaseTimes::~PhaseTimes() { at::removeCallback(handle_); }

std::map<std::string, double> PhaseTimes::Seconds() const {
  const std::lock_guard<std::mutex> lock(TheSums().mutex);
  return TheSums().seconds;
}

void PhaseTimes::Reset() {
  const std::lock_guard<std::mutex> lock(TheSums().mutex);
  TheSums().seconds.clear();
}

}  // namespace caldera::ssl
