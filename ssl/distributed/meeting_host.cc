#include "ssl/distributed/meeting_host.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace caldera::ssl {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Strangers may connect and say nothing.
constexpr milliseconds kPatience{5000};
constexpr size_t kMostCallers = 65536;

// Returns a listening socket, or -1 with errno. One for IPv6 takes IPv4 too.
int ListenAt(uint16_t port) {
  for (const int family : {AF_INET6, AF_INET}) {
    const int fd =
        socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    const int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    int bound = -1;
    if (family == AF_INET6) {
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
      sockaddr_in6 any{};
      any.sin6_family = AF_INET6;
      any.sin6_port = htons(port);
      bound = bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof(any));
    } else {
      sockaddr_in any{};
      any.sin_family = AF_INET;
      any.sin_port = htons(port);
      bound = bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof(any));
    }
    if (bound == 0 && listen(fd, 1024) == 0) return fd;
    const int error = errno;
    close(fd);
    errno = error;
    if (error == EADDRINUSE || error == EACCES) return -1;
  }
  return -1;
}

}  // namespace

struct MeetingHost::Caller {
  ~Caller() {
    if (fd >= 0) close(fd);
  }

  int fd = -1;
  HostAddress peer, own;
  Clock::time_point since = Clock::now();
  std::string read;
  int64_t rank = -1;  // of those who wait
};

absl::StatusOr<std::unique_ptr<MeetingHost>> MeetingHost::Open(
    const MeetingPlan& plan) {
  ASSIGN_OR_RETURN(const std::vector<HostAddress> addresses,
                   AddressesOfRankZero(plan));
  const Clock::time_point deadline = Clock::now() + plan.handover;
  for (;;) {
    for (const uint16_t port : plan.ports) {
      const int fd = ListenAt(port);
      if (fd >= 0) {
        std::unique_ptr<MeetingHost> host(new MeetingHost(plan, fd, port));
        if (std::none_of(addresses.begin(), addresses.end(), IsOfThisMachine)) {
          host->hint_ = absl::StrCat("; MASTER_ADDR=", plan.host, " is ",
                                     AddressText(addresses[0]),
                                     ", which is no address of this machine");
        }
        return host;
      }
      if (errno != EADDRINUSE) {
        return absl::FailedPreconditionError(
            absl::StrCat("MASTER_PORT: cannot listen at port ", port, " (",
                         std::strerror(errno),
                         "); set MASTER_PORT to another port for all "
                         "processes of this job"));
      }
    }
    if (Clock::now() >= deadline) break;
    std::this_thread::sleep_for(milliseconds(200));
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "MASTER_PORT: ", HostAndPort(plan.host, plan.ports[0]), " is held by ",
      WhoHolds(plan.ports[0], plan),
      "; set MASTER_PORT to another port for all processes of this job (",
      plan.job, ")"));
}

MeetingHost::MeetingHost(const MeetingPlan& plan, int listener, uint16_t port)
    : plan_(plan),
      listener_(listener),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      port_(port) {
  thread_ = std::thread([this] { Run(); });
}

MeetingHost::~MeetingHost() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  const uint64_t one = 1;
  (void)!write(wake_, &one, sizeof(one));
  thread_.join();
  close(listener_);
  close(wake_);
}

std::vector<int64_t> MeetingHost::Missing() const {
  std::vector<int64_t> ranks;
  for (int64_t rank = 1; rank < plan_.size; ++rank) {
    if (come_.count(rank) == 0) ranks.push_back(rank);
  }
  return ranks;
}

bool MeetingHost::Complete() const {
  return static_cast<int64_t>(come_.size()) == plan_.size - 1;
}

// Names the first dozen.
std::string MeetingHost::MissingText() const {
  constexpr size_t kNamed = 12;
  std::vector<int64_t> ranks = Missing();
  const size_t count = ranks.size();
  ranks.resize(std::min(count, kNamed));
  std::string text = RanksText(ranks);
  if (count > kNamed) absl::StrAppend(&text, " and ", count - kNamed, " more");
  for (const int64_t rank : ranks) {
    const auto found = left_.find(rank);
    if (found == left_.end()) continue;
    absl::StrAppend(&text, " (rank ", rank, " came and left: ", found->second,
                    ")");
  }
  return text;
}

absl::StatusOr<Met> MeetingHost::Gather(uint16_t store_port) {
  const Clock::time_point start = Clock::now();
  const Clock::time_point deadline = start + plan_.timeout;
  Clock::time_point next_word = start + plan_.say_after;
  const std::string place = HostAndPort(plan_.host, port_);
  std::unique_lock<std::mutex> lock(mutex_);
  absl::Status status;
  while (!Complete()) {
    Clock::time_point next = std::min(deadline, next_word);
    const bool doubts = !plan_.doubt.empty() && come_.empty() && left_.empty();
    const Clock::time_point doubtful = start + plan_.doubt_patience;
    if (doubts) next = std::min(next, doubtful);
    changed_.wait_until(lock, next, [this] { return Complete(); });
    if (Complete()) break;
    const Clock::time_point now = Clock::now();
    if (doubts && now >= doubtful && come_.empty()) {
      status = absl::FailedPreconditionError(absl::StrCat(
          "no other of ", plan_.size, " processes came to ", place, " within ",
          std::chrono::duration<double>(plan_.doubt_patience).count(),
          " s, and ", plan_.doubt,
          ", as in an interactive shell; start all by srun -n ", plan_.size,
          " and this command, or train with one process by setting RANK=0 "
          "WORLD_SIZE=1"));
      break;
    }
    if (now >= deadline) {
      status = absl::UnavailableError(absl::StrCat(
          "rank 0 of ", plan_.size, " did not meet the others at ", place,
          " within ", std::chrono::duration<double>(plan_.timeout).count(),
          " s: ", MissingText(), " did not come; check that all ", plan_.size,
          " processes run, and see their logs", hint_));
      break;
    }
    if (now >= next_word) {
      plan_.say(absl::StrCat("waiting for ", MissingText(), " of ", plan_.size,
                             " at ", place, hint_));
      next_word = now + 3 * plan_.say_after;
    }
  }
  closed_ = status.ok();

  // The others on this machine may have come through its loopback; they and
  // this process are reached where those of other machines have reached it.
  Met met;
  met.store_host = LoopbackAddress();
  met.store_port = store_port;
  std::map<int64_t, const Caller*> waiting;
  for (const auto& caller : callers_) {
    if (caller->rank >= 0) waiting[caller->rank] = caller.get();
  }
  std::string outside;
  for (const auto& [rank, caller] : waiting) {
    if (outside.empty() && !IsLoopback(caller->peer)) {
      outside = AddressText(caller->own);
    }
  }
  met.own_address = outside;
  for (const auto& [rank, caller] : waiting) {
    if (met.own_address.empty()) met.own_address = AddressText(caller->own);
    SendAway(
        *caller,
        status.ok()
            ? std::vector<std::string>{"go", absl::StrCat(store_port),
                                       IsLoopback(caller->peer) ? outside : ""}
            : std::vector<std::string>{"failed",
                                       std::string(status.message())});
  }
  RETURN_IF_ERROR(status);
  return met;
}

void MeetingHost::SendAway(const Caller& caller,
                           const std::vector<std::string>& fields) {
  const std::string line = MeetingLine(fields);
  send(caller.fd, line.data(), line.size(), MSG_NOSIGNAL);
  shutdown(caller.fd, SHUT_WR);
}

void MeetingHost::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_) {
    std::vector<pollfd> polled = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    for (const auto& caller : callers_) {
      polled.push_back({caller->fd, POLLIN, 0});
    }
    lock.unlock();
    poll(polled.data(), polled.size(), polled.size() == 2 ? -1 : 1000);
    lock.lock();
    // Only this thread adds and removes callers.
    std::vector<std::unique_ptr<Caller>> kept;
    for (size_t i = 0; i < callers_.size(); ++i) {
      Caller& caller = *callers_[i];
      const bool silent =
          caller.rank < 0 && Clock::now() - caller.since > kPatience;
      if (polled[i + 2].revents == 0 ? !silent : Read(caller)) {
        kept.push_back(std::move(callers_[i]));
      } else if (caller.rank >= 0 && !closed_) {
        left_[caller.rank] = come_[caller.rank];
        come_.erase(caller.rank);
      }
    }
    callers_ = std::move(kept);
    if (polled[0].revents != 0) Accept();
  }
  callers_.clear();
}

void MeetingHost::Accept() {
  for (;;) {
    auto caller = std::make_unique<Caller>();
    caller->peer.size = sizeof(caller->peer.bytes);
    caller->fd =
        accept4(listener_, reinterpret_cast<sockaddr*>(&caller->peer.bytes),
                &caller->peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (caller->fd < 0) {
      // Too many open files: the caller stays in the queue.
      if (errno != EAGAIN) std::this_thread::sleep_for(milliseconds(50));
      return;
    }
    if (callers_.size() >= kMostCallers) continue;
    caller->own.size = sizeof(caller->own.bytes);
    getsockname(caller->fd, reinterpret_cast<sockaddr*>(&caller->own.bytes),
                &caller->own.size);
    callers_.push_back(std::move(caller));
  }
}

bool MeetingHost::Read(Caller& caller) {
  constexpr size_t kLongest = 1 << 16;
  char bytes[4096];
  const ssize_t count = recv(caller.fd, bytes, sizeof(bytes), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  if (caller.rank >= 0) return true;  // has nothing more to say
  caller.read.append(bytes, count);
  const size_t end = caller.read.find('\n');
  if (end == std::string::npos) return caller.read.size() < kLongest;
  Greet(caller, caller.read.substr(0, end));
  return true;  // until it has read the answer and closes
}

void MeetingHost::Greet(Caller& caller, const std::string& line) {
  const std::vector<std::string> fields = MeetingFields(line);
  int64_t rank = -1;
  if (fields.size() != 3 || !absl::SimpleAtoi(fields[0], &rank)) {
    shutdown(caller.fd, SHUT_RDWR);  // not one of ours: no answer
    return;
  }
  const std::string& who = fields[1];
  const std::string& job = fields[2];
  if (job != plan_.job) {
    SendAway(caller,
             {"other", absl::StrCat("another job (", plan_.job, "; rank 0 is ",
                                    ThisProcessText(), ")")});
    return;
  }
  const auto found = come_.find(rank);
  if (rank < 1 || rank >= plan_.size || found != come_.end()) {
    SendAway(caller,
             {"taken", absl::StrCat("the same job, started before (rank ",
                                    found == come_.end() ? 0 : rank, " is ",
                                    found == come_.end() ? ThisProcessText()
                                                         : found->second,
                                    ")")});
    return;
  }
  caller.rank = rank;
  come_[rank] = who;
  const std::string answer = MeetingLine({"wait"});
  send(caller.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  changed_.notify_all();
}

}  // namespace caldera::ssl
