#include "ssl/distributed/meeting.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status.h"

namespace caldera::ssl {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kConnectPatience{3000};

// A socket that is closed at the end of its scope.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

int Remaining(Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<int64_t>(0, left.count()));
}

// Waits for `events`; returns false at the deadline.
bool Await(int fd, int16_t events, Clock::time_point deadline) {
  pollfd one{fd, events, 0};
  for (;;) {
    const int ready = poll(&one, 1, Remaining(deadline));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Returns "" when connected, otherwise why not.
std::string Connect(int fd, const HostAddress& address) {
  if (fd < 0) return std::strerror(errno);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address.bytes),
              address.size) == 0) {
    return "";
  }
  if (errno != EINPROGRESS) return std::strerror(errno);
  if (!Await(fd, POLLOUT, Clock::now() + kConnectPatience)) {
    return "no answer";
  }
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "" : std::strerror(error);
}

// Reads a line; nullopt at the end of the stream, at the deadline, and for what
// is too long to be a line of ours.
std::optional<std::string> ReadLine(int fd, Clock::time_point deadline) {
  constexpr size_t kLongest = 1 << 16;
  std::string line;
  while (line.size() < kLongest && Await(fd, POLLIN, deadline)) {
    char c = 0;
    const ssize_t count = recv(fd, &c, 1, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return std::nullopt;
    if (c == '\n') return line;
    line += c;
  }
  return std::nullopt;
}

void SetPort(HostAddress& address, uint16_t port) {
  if (address.bytes.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&address.bytes)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&address.bytes)->sin_port = htons(port);
  }
}

HostAddress OwnEnd(int fd) {
  HostAddress address;
  address.size = sizeof(address.bytes);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address.bytes), &address.size);
  return address;
}

// A port that nobody listens at, and that the system hands out, may be the one
// that this socket was given.
bool IsConnectedToItself(int fd) {
  const HostAddress own = OwnEnd(fd);
  HostAddress peer;
  peer.size = sizeof(peer.bytes);
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer.bytes),
                     &peer.size) == 0 &&
         own.size == peer.size &&
         std::memcmp(&own.bytes, &peer.bytes, own.size) == 0;
}

// What one visit to a port came to.
struct Visit {
  enum Result {
    kMet,
    kNobody,    // why: what the system said
    kStranger,  // something else answers
    kRefused,   // why: to whom the port, or the rank, belongs
    kFailed     // why: rank 0 has given up
  };
  Result result = kNobody;
  std::string why;
  Met met;
};

// Says who we are, and waits for the others if rank 0 takes us in.
Visit Call(HostAddress address, uint16_t port, const MeetingPlan& plan,
           Clock::time_point deadline) {
  SetPort(address, port);
  const Socket socket(::socket(address.bytes.ss_family,
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = socket.fd();
  Visit visit;
  visit.why = Connect(fd, address);
  if (visit.why.empty() && IsConnectedToItself(fd)) {
    visit.why = std::strerror(ECONNREFUSED);
  }
  if (!visit.why.empty()) return visit;
  const std::string hello =
      MeetingLine({absl::StrCat(plan.rank), ThisProcessText(), plan.job});
  send(fd, hello.data(), hello.size(), MSG_NOSIGNAL);
  std::optional<std::string> line =
      ReadLine(fd, Clock::now() + plan.answer_patience);
  std::vector<std::string> answer = MeetingFields(line.value_or(""));
  if (answer.empty()) {
    visit.result = Visit::kStranger;
    visit.why = "another program, which is no job of this one";
    return visit;
  }
  if (answer[0] == "wait") {
    // Rank 0 has begun earlier or later; its own time limit counts.
    line = ReadLine(fd, deadline + plan.timeout);
    answer = MeetingFields(line.value_or(""));
    if (answer.empty()) {
      visit.why = "rank 0 has left";
      return visit;
    }
  }
  answer.resize(3);
  if (answer[0] == "go") {
    int port_number = 0;
    if (!absl::SimpleAtoi(answer[1], &port_number)) return visit;
    visit.result = Visit::kMet;
    visit.met.store_host = AddressText(address);
    visit.met.store_port = static_cast<uint16_t>(port_number);
    visit.met.own_address =
        answer[2].empty() ? AddressText(OwnEnd(fd)) : answer[2];
  } else if (answer[0] == "failed") {
    visit.result = Visit::kFailed;
    visit.why = answer[1];
  } else {
    visit.result = Visit::kRefused;
    visit.why = answer[1];
  }
  return visit;
}

// Visits all ports at all addresses; returns the visit that got furthest.
Visit CallAll(const std::vector<HostAddress>& addresses,
              const MeetingPlan& plan, Clock::time_point deadline) {
  Visit best;
  for (const HostAddress& address : addresses) {
    for (const uint16_t port : plan.ports) {
      Visit visit = Call(address, port, plan, deadline);
      if (visit.result == Visit::kMet || visit.result == Visit::kFailed) {
        return visit;
      }
      if (visit.result == Visit::kNobody && IsLoopback(address) &&
          plan.machines > 1) {
        absl::StrAppend(&visit.why, " at ", AddressText(address),
                        ", which is this machine itself");
      }
      if (best.why.empty() || visit.result > best.result) {
        best = std::move(visit);
      }
    }
  }
  return best;
}

std::string PlaceText(const MeetingPlan& plan) {
  return HostAndPort(plan.host, plan.ports[0]);
}

}  // namespace

void SayOnStderr(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

std::string ThisProcessText() {
  return absl::StrCat("process ", getpid(), " on ", HostName());
}

std::string RanksText(const std::vector<int64_t>& ranks) {
  return absl::StrCat(ranks.size() == 1 ? "rank " : "ranks ",
                      absl::StrJoin(ranks, ", "));
}

std::string MeetingLine(const std::vector<std::string>& fields) {
  std::string line = "caldera\t1";
  for (const std::string& field : fields) {
    absl::StrAppend(&line, "\t",
                    absl::StrReplaceAll(field, {{"\t", " "}, {"\n", " "}}));
  }
  return line + "\n";
}

std::vector<std::string> MeetingFields(const std::string& line) {
  absl::string_view rest = line;
  if (!absl::ConsumePrefix(&rest, "caldera\t1\t")) return {};
  return absl::StrSplit(absl::StripSuffix(rest, "\n"), '\t');
}

absl::StatusOr<std::vector<HostAddress>> AddressesOfRankZero(
    const MeetingPlan& plan) {
  const bool everywhere = plan.host == "localhost" || plan.host == "::1" ||
                          plan.host.rfind("127.", 0) == 0;
  if (everywhere && plan.machines > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "MASTER_ADDR: ", plan.host, " is each machine itself, but there are ",
        plan.machines, "; set it to the address of the machine of rank 0"));
  }
  // A name may become known only when the machine behind it has started.
  const Clock::time_point deadline = Clock::now() + plan.name_patience;
  for (;;) {
    auto found =
        ResolveHost(plan.host, plan.ports[0], std::chrono::seconds(10));
    if (found.ok()) return found;
    if (Clock::now() >= deadline) {
      return absl::InvalidArgumentError(absl::StrCat(
          "MASTER_ADDR: ", plan.host, " does not resolve (",
          found.status().message(),
          "); set MASTER_ADDR to the address of the machine of rank 0"));
    }
    std::this_thread::sleep_for(
        std::min(milliseconds(1000), milliseconds(Remaining(deadline))));
  }
}

absl::StatusOr<Met> JoinMeeting(const MeetingPlan& plan) {
  ASSIGN_OR_RETURN(std::vector<HostAddress> addresses,
                   AddressesOfRankZero(plan));
  const Clock::time_point start = Clock::now();
  const Clock::time_point deadline = start + plan.timeout;
  Clock::time_point next_word = start + plan.say_after;
  Clock::time_point accepted = start;  // or nobody was there
  for (milliseconds pause(20);;
       pause = std::min(2 * pause, milliseconds(1000))) {
    const Visit visit = CallAll(addresses, plan, deadline);
    if (visit.result == Visit::kMet) return visit.met;
    if (visit.result == Visit::kFailed) {
      return absl::UnavailableError(visit.why);
    }
    const Clock::time_point now = Clock::now();
    const bool refused =
        visit.result == Visit::kRefused || visit.result == Visit::kStranger;
    // With several ports another job may be at some of them.
    if (refused && plan.ports.size() == 1) {
      if (now - accepted >= plan.handover) {
        return absl::FailedPreconditionError(absl::StrCat(
            "MASTER_PORT: ", PlaceText(plan), ", where rank ", plan.rank,
            " of ", plan.size, " (", plan.job,
            ") looks for rank 0, is held by ", visit.why,
            "; set MASTER_PORT to another port for all processes of this job"));
      }
    } else {
      accepted = now;
    }
    if (now >= deadline) {
      return absl::UnavailableError(absl::StrCat(
          "rank ", plan.rank, " of ", plan.size, " did not meet the others at ",
          PlaceText(plan), " within ",
          std::chrono::duration<double>(plan.timeout).count(),
          " s: rank 0 was not there (", visit.why,
          "); check MASTER_ADDR and MASTER_PORT, and the log of rank 0"));
    }
    if (now >= next_word) {
      plan.say(absl::StrCat("rank ", plan.rank, " waits for rank 0 at ",
                            PlaceText(plan), " (", visit.why, ")"));
      next_word = now + 3 * plan.say_after;
      // An address may have changed since.
      auto again = ResolveHost(plan.host, plan.ports[0], plan.name_patience);
      if (again.ok()) addresses = *std::move(again);
    }
    std::this_thread::sleep_for(
        std::min(pause, milliseconds(Remaining(deadline) + 1)));
  }
}

std::string WhoHolds(uint16_t port, const MeetingPlan& plan) {
  const auto address =
      ResolveHost(LoopbackAddress(), port, std::chrono::seconds(1));
  if (!address.ok()) return "another program";
  const Visit visit = Call((*address)[0], port, plan, Clock::now());
  return visit.result == Visit::kRefused
             ? visit.why
             : "another program, which is no job of this one";
}

}  // namespace caldera::ssl
