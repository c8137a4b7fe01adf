#include "ssl/distributed/processes.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

// A slow step is not an error: the watchdog, not a collective, decides.
constexpr std::chrono::hours kCollectiveTimeout{24};

std::shared_ptr<gloo::transport::Device> GlooDevice(const std::string& master) {
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME")) {
    return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  }
  const std::string address = LocalAddressTowards(master);
  return address.empty()
             ? c10d::ProcessGroupGloo::createDefaultDevice()
             : c10d::ProcessGroupGloo::createDeviceForHostname(address);
}

c10::intrusive_ptr<c10d::ProcessGroup> MakeGroup(
    const c10::intrusive_ptr<c10d::Store>& store, const JobEnvironment& job) {
  const int rank = static_cast<int>(job.rank);
  const int size = static_cast<int>(job.world_size);
  auto options = c10d::ProcessGroupGloo::Options::create(kCollectiveTimeout);
  options->devices.push_back(GlooDevice(job.master_addr));
  auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo", store), rank, size,
      options);
  auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, size);
  group->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::BackendType::GLOO,
                    gloo);
  if (CudaBackendFactory() && at::hasCUDA()) {
    group->setBackend(
        c10::DeviceType::CUDA, c10d::ProcessGroup::BackendType::NCCL,
        CudaBackendFactory()(
            c10::make_intrusive<c10d::PrefixStore>("nccl", store), rank, size));
  }
  group->setDefaultBackend(c10d::ProcessGroup::BackendType::GLOO);
  group->setGroupName("default");
  return group;
}

}  // namespace

BackendFactory& CudaBackendFactory() {
  static auto& factory = *new BackendFactory();
  return factory;
}

std::string LocalAddressTowards(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), "9", &hints, &found) != 0) return "";
  std::string address;
  for (addrinfo* at = found; at != nullptr && address.empty();
       at = at->ai_next) {
    const int fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (fd < 0) continue;
    // Connecting a datagram socket sends nothing; it only picks the route.
    sockaddr_storage local{};
    socklen_t length = sizeof(local);
    char text[NI_MAXHOST];
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0 &&
        getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length) == 0 &&
        getnameinfo(reinterpret_cast<sockaddr*>(&local), length, text,
                    sizeof(text), nullptr, 0, NI_NUMERICHOST) == 0) {
      address = text;
    }
    close(fd);
  }
  freeaddrinfo(found);
  return address;
}

Processes::Processes(const JobEnvironment& job) : job_(job) {}

Processes::~Processes() {
  watchdog_.reset();  // the others may still need the store until here
  group_.reset();
}

absl::StatusOr<std::unique_ptr<Processes>> Processes::Join(
    const JobEnvironment& job, const JoinOptions& options) {
  std::unique_ptr<Processes> processes(new Processes(job));
  if (processes->single()) return processes;
  try {
    c10d::TCPStoreOptions store;
    store.port = job.master_port;
    store.isServer = job.rank == 0;
    store.numWorkers = job.world_size;
    store.timeout = options.join_timeout;
    processes->store_ =
        c10::make_intrusive<c10d::TCPStore>(job.master_addr, store);
    processes->group_ = MakeGroup(processes->store_, job);
    processes->watchdog_ = std::make_unique<Watchdog>(job, options.watchdog);
  } catch (const std::exception& error) {
    // Keeps the first line; c10 appends a stack.
    const std::string text = error.what();
    const std::string what = text.substr(0, text.find('\n'));
    return absl::UnavailableError(absl::StrCat(
        "rank ", job.rank, " of ", job.world_size,
        " did not meet the others at ", job.master_addr, ":", job.master_port,
        " (", what, "); check MASTER_ADDR and MASTER_PORT, and that all ",
        job.world_size, " processes run"));
  }
  return processes;
}

const Processes& Processes::Single() {
  static const auto& single = *new Processes(JobEnvironment());
  return single;
}

void Processes::Meet(const std::function<void()>& work) const {
  if (single()) return work();
  try {
    Watchdog::Wait wait(*watchdog_);
    work();
  } catch (const std::exception&) {
    watchdog_->AwaitVerdict();
    throw;
  }
}

void Processes::RunWhileOthersWait(const std::function<void()>& work) const {
  if (single()) return work();
  Watchdog::Busy busy(*watchdog_);
  work();
}

void Processes::Fail(const std::string& reason) const {
  if (!single()) watchdog_->Fail(reason);
}

at::Tensor Processes::Gather(const at::Tensor& rows) const {
  if (single()) return rows;
  at::NoGradGuard no_grad;
  at::Tensor mine = rows.contiguous();
  std::vector<int64_t> sizes = mine.sizes().vec();
  sizes[0] *= size();
  at::Tensor all = at::empty(sizes, mine.options());
  Meet([&] { group_->_allgather_base(all, mine)->wait(); });
  return all;
}

at::Tensor Processes::Sum(const at::Tensor& part) const {
  if (single()) return part;
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> sum = {part.clone(at::MemoryFormat::Contiguous)};
  Meet([&] { group_->allreduce(sum)->wait(); });
  return sum[0];
}

void Processes::Broadcast(std::vector<at::Tensor> tensors) const {
  if (single()) return;
  at::NoGradGuard no_grad;
  Meet([&] {
    for (at::Tensor& tensor : tensors) {
      std::vector<at::Tensor> one = {tensor.contiguous()};
      group_->broadcast(one)->wait();
      if (!one[0].is_same(tensor)) tensor.copy_(one[0]);
    }
  });
}

bool Processes::Any(bool mine) const {
  if (single()) return mine;
  return Sum(at::full({1}, mine ? 1 : 0, at::kLong)).item<int64_t>() > 0;
}

}  // namespace caldera::ssl
