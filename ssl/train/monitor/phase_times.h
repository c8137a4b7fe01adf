// Sums up how long the phases of training steps take.
//
//   PhaseTimes times;
//   ... steps ...
//   times.Seconds().at(kBackwardPhase);
//
// It watches StepPhase in all threads, and no operations.
//
// Caveat: on a GPU these are the times of the host, which runs ahead.
#ifndef CALDERA_SSL_TRAIN_MONITOR_PHASE_TIMES_H_
#define CALDERA_SSL_TRAIN_MONITOR_PHASE_TIMES_H_

#include <ATen/record_function.h>

#include <map>
#include <string>

namespace caldera::ssl {

class PhaseTimes {
 public:
  PhaseTimes();  // at most one at a time
  ~PhaseTimes();
  PhaseTimes(const PhaseTimes&) = delete;
  PhaseTimes& operator=(const PhaseTimes&) = delete;

  // Returns seconds by phase, since construction or the last Reset.
  std::map<std::string, double> Seconds() const;
  void Reset();

 private:
  at::CallbackHandle handle_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_MONITOR_PHASE_TIMES_H_
