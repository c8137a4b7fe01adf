// How the processes of a job find each other: the side of rank 0.
//
//   ASSIGN_OR_RETURN(auto host, MeetingHost::Open(plan));  // listens
//   ASSIGN_OR_RETURN(const Met met, host->Gather(store.port()));
//
// Keep it as long as the job runs: a thread answers whoever comes later, so
// that a second job on the same port learns what holds it, and its processes do
// not join this one.
#ifndef CALDERA_SSL_DISTRIBUTED_MEETING_HOST_H_
#define CALDERA_SSL_DISTRIBUTED_MEETING_HOST_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/distributed/meeting.h"

namespace caldera::ssl {

class MeetingHost {
 public:
  // Listens at the first free port of the plan. Returns FailedPrecondition,
  // which says who holds the port, if none is free.
  static absl::StatusOr<std::unique_ptr<MeetingHost>> Open(
      const MeetingPlan& plan);
  ~MeetingHost();
  MeetingHost(const MeetingHost&) = delete;
  MeetingHost& operator=(const MeetingHost&) = delete;

  uint16_t port() const { return port_; }

  // Waits until all ranks have come and sends them to the store. Says after a
  // while who is missing. Returns Unavailable, which lists them, if not all
  // come within the plan's timeout.
  absl::StatusOr<Met> Gather(uint16_t store_port);

 private:
  struct Caller;

  MeetingHost(const MeetingPlan& plan, int listener, uint16_t port);
  void Run();
  void Accept();
  // Reads what has come; returns false if the caller is done with.
  bool Read(Caller& caller);
  void Greet(Caller& caller, const std::string& line);
  void SendAway(const Caller& caller, const std::vector<std::string>& fields);
  std::vector<int64_t> Missing() const;
  bool Complete() const;
  std::string MissingText() const;

  const MeetingPlan plan_;
  const int listener_, wake_;
  const uint16_t port_;
  std::string hint_;  // why the others may not find this process

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Caller>> callers_;
  std::map<int64_t, std::string> come_;  // rank -> who; guarded by mutex_
  std::map<int64_t, std::string> left_;  // those who did not wait
  bool closed_ = false;                  // all have been sent to the store
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_MEETING_HOST_H_
