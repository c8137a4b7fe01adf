// Ends a job of several processes when one of them has died or stalled, with an
// error that names it: otherwise the others would wait for it forever.
//
//   Watchdog watchdog(job, WatchdogOptions{});
//   { Watchdog::Wait wait(watchdog); AllReduce(...); }  // around what waits
//
// A thread of each process reports to rank 0's store every second: how many
// meeting points of all processes it has reached, and whether it waits there.
// Rank 0 gives the verdict; every process prints it and exits with status 1. A
// process is named when it has not reported for `patience` (killed, frozen, cut
// off), or when others have waited that long for it at a meeting point. The
// others name rank 0 itself when its store does not answer.
//
// Caveats: nothing is unwound at such an end; earlier output stays (checkpoints
// are complete or absent). Work of more than `patience` that one rank does
// while the others wait belongs inside Watchdog::Busy.
#ifndef CALDERA_SSL_DISTRIBUTED_WATCHDOG_H_
#define CALDERA_SSL_DISTRIBUTED_WATCHDOG_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ssl/distributed/job_environment.h"

namespace caldera::ssl {

struct WatchdogOptions {
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds patience{30000};
};

// The last report of a rank about itself.
struct RankReport {
  int64_t beat = 0;      // reports so far; 0: none yet
  int64_t meetings = 0;  // meeting points of all that it has reached
  bool waits = false;    // at the last of them
  bool busy = false;     // has work of its own that may take long
  bool left = false;     // has left in good order
};

// Judges the reports that rank 0 collects. It is a pure function of its inputs,
// so that it can be tested without processes.
class RankJudge {
 public:
  using Clock = std::chrono::steady_clock;

  RankJudge(int64_t world_size, std::chrono::milliseconds patience);

  // Returns the ranks that hold the job up at `now`, given the latest report of
  // every rank; empty if none does.
  std::string Verdict(const std::vector<RankReport>& reports,
                      Clock::time_point now);

 private:
  struct Seen {
    RankReport report;
    Clock::time_point beat_changed, meeting_changed;
  };
  std::vector<Seen> seen_;
  std::chrono::milliseconds patience_;
  Clock::time_point last_busy_;  // of any rank
  Clock::time_point last_call_;
  bool started_ = false;
};

class Watchdog {
 public:
  // Connects to the store that rank 0 serves. Throws c10::Error if it cannot.
  Watchdog(const JobEnvironment& job, const WatchdogOptions& options);
  // Reports that this process has left in good order; rank 0 then waits for the
  // others, since its store ends with it.
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Reports that this process stops on an error of its own: the others end with
  // `reason`.
  void Fail(const std::string& reason);

  // Waits as long as a verdict takes; never returns if a rank is found to hold
  // the job up. Call it when an exchange has failed, so that the error that the
  // user sees names the cause and not its consequence here.
  void AwaitVerdict();

  // While it lives, this process waits for the others.
  class Wait {
   public:
    explicit Wait(Watchdog& watchdog);
    ~Wait();

   private:
    Watchdog& watchdog_;
  };
  // While it lives, the others wait for this process as long as it takes.
  class Busy {
   public:
    explicit Busy(Watchdog& watchdog);
    ~Busy();

   private:
    Watchdog& watchdog_;
  };

 private:
  class Store;

  void Run();
  void Report();
  // Returns the verdict that ends the job; empty while there is none.
  std::string Check();

  const JobEnvironment job_;
  const WatchdogOptions options_;
  std::unique_ptr<Store> store_;
  RankJudge judge_;
  std::atomic<int64_t> meetings_{0};
  std::atomic<bool> waits_{false}, busy_{false};
  int64_t beat_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_WATCHDOG_H_
