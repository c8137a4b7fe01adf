// Shows how the time of training steps is spent, as Markdown.
//
//   ProfileTable(events, /*steps=*/10, /*seconds=*/0.9);
//
//   | phase   | ms a step | share |        | operation   | calls | ms | share |
//   |---------|----------:|------:|        |-------------|------:|---:|------:|
//   | forward |      30.1 | 33.4% |        | aten::addmm |    98 |  9 | 21.0% |
#ifndef CALDERA_SSL_TRAIN_MONITOR_PROFILE_TABLE_H_
#define CALDERA_SSL_TRAIN_MONITOR_PROFILE_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace caldera::ssl {

// A time range of one thread. Ranges of a thread are nested.
struct ProfileEvent {
  std::string name;
  bool is_phase = false;  // a StepPhase; otherwise an operation
  uint64_t thread = 0;
  int64_t start_ns = 0;
  int64_t duration_ns = 0;
  int64_t device_ns = 0;  // of its own kernels, without inner operations
};

// Returns the table of `steps` steps that took `seconds`. The phases come
// first, with the time outside of all of them. The time of an operation is its
// own, without that of the operations that it calls, summed over threads, and
// its share is of all operations. If there is device time, operations and
// phases show it (a phase that of the kernels launched in it).
std::string ProfileTable(const std::vector<ProfileEvent>& events, int64_t steps,
                         double seconds);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_PROFILE_TABLE_H_
