#include "ssl/distributed/watchdog.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace caldera::ssl {
namespace {

constexpr char kVerdictKey[] = "watchdog/verdict";

std::string ReportKey(int64_t rank) {
  return absl::StrCat("watchdog/rank_", rank);
}

std::string ToText(const RankReport& report) {
  return absl::StrCat(report.beat, " ", report.meetings, " ", report.waits, " ",
                      report.busy, " ", report.left);
}

RankReport FromText(const std::string& text) {
  const std::vector<std::string> fields = absl::StrSplit(text, ' ');
  RankReport report;
  if (fields.size() != 5 || !absl::SimpleAtoi(fields[0], &report.beat) ||
      !absl::SimpleAtoi(fields[1], &report.meetings)) {
    return RankReport();
  }
  report.waits = fields[2] == "1";
  report.busy = fields[3] == "1";
  report.left = fields[4] == "1";
  return report;
}

std::string Ranks(const std::vector<int64_t>& ranks) {
  return absl::StrCat(ranks.size() == 1 ? "rank " : "ranks ",
                      absl::StrJoin(ranks, ", "));
}

[[noreturn]] void EndJob(const std::string& verdict) {
  std::fprintf(stderr, "error: %s\n", verdict.c_str());
  std::fflush(stderr);
  _exit(1);  // the main thread is stuck: nothing can be unwound
}

}  // namespace

RankJudge::RankJudge(int64_t world_size, std::chrono::milliseconds patience)
    : seen_(world_size), patience_(patience) {}

std::string RankJudge::Verdict(const std::vector<RankReport>& reports,
                               Clock::time_point now) {
  // After a pause of this process (Ctrl-Z, a suspended job), the others have
  // been paused too: all begin anew.
  if (started_ && now - last_call_ > patience_ / 2) started_ = false;
  last_call_ = now;
  for (size_t rank = 0; rank < seen_.size(); ++rank) {
    const RankReport& report = reports[rank];
    Seen& seen = seen_[rank];
    if (!started_ || report.beat != seen.report.beat) seen.beat_changed = now;
    if (!started_ || report.meetings != seen.report.meetings ||
        report.waits != seen.report.waits) {
      seen.meeting_changed = now;
    }
    if (report.busy || !started_) last_busy_ = now;
    seen.report = report;
  }
  started_ = true;

  int64_t furthest = 0;  // the most meetings of a rank
  for (const Seen& seen : seen_) {
    furthest = std::max(furthest, seen.report.meetings);
  }
  bool waited_long = false;
  std::vector<int64_t> silent, late;
  for (size_t rank = 0; rank < seen_.size(); ++rank) {
    const Seen& seen = seen_[rank];
    if (seen.report.left) continue;
    if (now - seen.beat_changed > patience_) silent.push_back(rank);
    if (seen.report.meetings < furthest) {
      late.push_back(rank);
    } else if (seen.report.waits &&
               now - std::max(seen.meeting_changed, last_busy_) > patience_) {
      waited_long = true;
    }
  }
  const double seconds = std::chrono::duration<double>(patience_).count();
  if (!silent.empty()) {
    return absl::StrCat(Ranks(silent), " has not answered for ", seconds,
                        " s (killed, frozen or cut off from rank 0); start "
                        "the job again, it goes on from the last checkpoint");
  }
  if (waited_long && !late.empty()) {
    return absl::StrCat(Ranks(late), " kept the others waiting for ", seconds,
                        " s; see its log, then start the job again, it goes "
                        "on from the last checkpoint");
  }
  return "";
}

// The store's client of this thread: c10d's own connection may be blocked by a
// thread that waits for a key.
class Watchdog::Store {
 public:
  Store(const JobEnvironment& job, std::chrono::milliseconds timeout)
      : store_(job.master_addr, Options(job, timeout)) {
    store_.setTimeout(timeout);
  }

  void Set(const std::string& key, const std::string& value) {
    static_cast<c10d::Store&>(store_).set(key, value);
  }
  // Returns the value, empty if nobody has set it.
  std::string Get(const std::string& key) {
    return store_.check({key}) ? store_.get_to_str(key) : "";
  }

 private:
  static c10d::TCPStoreOptions Options(const JobEnvironment& job,
                                       std::chrono::milliseconds timeout) {
    c10d::TCPStoreOptions options;
    options.port = job.master_port;
    options.timeout = timeout;
    return options;
  }

  c10d::TCPStore store_;
};

Watchdog::Watchdog(const JobEnvironment& job, const WatchdogOptions& options)
    : job_(job),
      options_(options),
      store_(std::make_unique<Store>(job, options.patience)),
      judge_(job.world_size, options.patience) {
  thread_ = std::thread([this] { Run(); });
}

Watchdog::~Watchdog() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Watchdog::Report() {
  RankReport report;
  report.beat = ++beat_;
  report.meetings = meetings_.load();
  report.waits = waits_.load();
  report.busy = busy_.load();
  store_->Set(ReportKey(job_.rank), ToText(report));
}

std::string Watchdog::Check() {
  std::string verdict = store_->Get(kVerdictKey);
  if (job_.rank != 0 || !verdict.empty()) return verdict;
  std::vector<RankReport> reports;
  for (int64_t rank = 0; rank < job_.world_size; ++rank) {
    reports.push_back(FromText(store_->Get(ReportKey(rank))));
  }
  verdict = judge_.Verdict(reports, RankJudge::Clock::now());
  if (!verdict.empty()) store_->Set(kVerdictKey, verdict);
  return verdict;
}

void Watchdog::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  try {
    while (!stop_) {
      lock.unlock();
      Report();
      const std::string verdict = Check();
      if (!verdict.empty()) {
        // The others read it from the store that rank 0 serves.
        if (job_.rank == 0) std::this_thread::sleep_for(2 * options_.interval);
        EndJob(verdict);
      }
      lock.lock();
      wake_.wait_for(lock, options_.interval, [this] { return stop_; });
    }
    lock.unlock();
    RankReport report;
    report.beat = ++beat_;
    report.left = true;
    store_->Set(ReportKey(job_.rank), ToText(report));
    if (job_.rank != 0) return;
    const auto left = RankJudge::Clock::now();
    for (int64_t rank = 1; rank < job_.world_size; ++rank) {
      while (!FromText(store_->Get(ReportKey(rank))).left) {
        // Whom a verdict ends does not leave in good order.
        const auto patience = store_->Get(kVerdictKey).empty()
                                  ? options_.patience
                                  : 2 * options_.interval;
        if (RankJudge::Clock::now() - left > patience) return;
        std::this_thread::sleep_for(options_.interval / 20);
      }
    }
  } catch (const std::exception&) {
    if (lock.owns_lock()) lock.unlock();
    lock.lock();
    if (stop_) return;  // rank 0 has left before; so do we
    EndJob(absl::StrCat("rank 0 at ", job_.master_addr, ":", job_.master_port,
                        " does not answer (killed, frozen or cut off); start "
                        "the job again, it goes on from the last checkpoint"));
  }
}

void Watchdog::Fail(const std::string& reason) {
  try {
    Store store(job_, options_.interval * 5);
    store.Set(kVerdictKey,
              absl::StrCat("rank ", job_.rank, " stopped: ", reason));
  } catch (const std::exception&) {
    // Rank 0 is gone; the others find out by themselves.
  }
}

void Watchdog::AwaitVerdict() {
  std::this_thread::sleep_for(options_.patience + 5 * options_.interval);
}

Watchdog::Wait::Wait(Watchdog& watchdog) : watchdog_(watchdog) {
  watchdog_.waits_ = true;
  ++watchdog_.meetings_;
}
Watchdog::Wait::~Wait() { watchdog_.waits_ = false; }

Watchdog::Busy::Busy(Watchdog& watchdog) : watchdog_(watchdog) {
  watchdog_.busy_ = true;
}
Watchdog::Busy::~Busy() { watchdog_.busy_ = false; }

}  // namespace caldera::ssl
