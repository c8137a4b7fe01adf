// How the processes of a job find each other: the side of ranks 1 and above.
//
//   MeetingPlan plan;
//   plan.rank = 1;
//   plan.size = 2;
//   plan.host = "node01";
//   plan.ports = {29500};
//   plan.job = "--spec=fashion_mnist/m_mae";
//   ASSIGN_OR_RETURN(const Met met, JoinMeeting(plan));
//   Connect(met.store_host, met.store_port);
//
// Rank 0 listens (meeting_host.h); the others tell it who they are. When all
// have come, it tells them where its store is. It goes on listening while the
// job runs, and refuses whoever does not belong to it: a process of another job
// would otherwise take part in this one, or end it with its own error.
//
// Both sides send lines of fields that are separated by tabs; the first two are
// "caldera" and the version.
#ifndef CALDERA_SSL_DISTRIBUTED_MEETING_H_
#define CALDERA_SSL_DISTRIBUTED_MEETING_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/distributed/host_address.h"

namespace caldera::ssl {

// Prints a line on stderr.
void SayOnStderr(const std::string& line);

struct MeetingPlan {
  int64_t rank = 0;
  int64_t size = 1;
  std::string host;             // where rank 0 is
  std::vector<uint16_t> ports;  // rank 0 takes the first that is free
  std::string job;              // the same in all processes of the job only
  int64_t machines = 0;         // 0: not known
  // Not empty if the others may never come: what shows it. Rank 0 then waits
  // for the first of them only as long as `doubt_patience`.
  std::string doubt;

  std::chrono::milliseconds timeout{120000};      // until all are there
  std::chrono::milliseconds say_after{10000};     // nobody waits in silence
  std::chrono::milliseconds handover{1000};       // for the last job to leave
  std::chrono::milliseconds name_patience{5000};  // for a name to resolve
  std::chrono::milliseconds doubt_patience{5000};
  std::chrono::milliseconds answer_patience{3000};  // of who holds the port
  std::function<void(const std::string&)> say = SayOnStderr;
};

struct Met {
  std::string store_host;  // a numeric address
  uint16_t store_port = 0;
  std::string own_address;  // at which the others reach this process
};

// Returns when all processes of the job have come. Returns InvalidArgument if
// the host's name does not resolve, FailedPrecondition if the port belongs to
// another job, Unavailable if not all come within the timeout.
absl::StatusOr<Met> JoinMeeting(const MeetingPlan& plan);

// Returns who answers at the port of this machine: "another job (--spec=...;
// rank 0 is process 12 on node01)".
std::string WhoHolds(uint16_t port, const MeetingPlan& plan);

// Returns the addresses of plan.host; waits a little for a name that is not
// known yet. Returns InvalidArgument if it does not resolve, or is the same on
// every machine although there are several.
absl::StatusOr<std::vector<HostAddress>> AddressesOfRankZero(
    const MeetingPlan& plan);

// Returns "rank 2"; "ranks 1, 2, 5".
std::string RanksText(const std::vector<int64_t>& ranks);

// The fields of a line without the first two, and back; empty if it is not one.
std::string MeetingLine(const std::vector<std::string>& fields);
std::vector<std::string> MeetingFields(const std::string& line);

// Returns "process 12 on node01".
std::string ThisProcessText();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_MEETING_H_
