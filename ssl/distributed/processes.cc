#include "ssl/distributed/processes.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <net/if.h>

#include <cstdlib>
#include <exception>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status.h"

namespace caldera::ssl {
namespace {

// A slow step is not an error: the watchdog, not a collective, decides.
constexpr std::chrono::hours kCollectiveTimeout{24};

// Until all have connected to one another.
constexpr std::chrono::minutes kConnectTimeout{2};

// Returns the network interfaces that GLOO_SOCKET_IFNAME names; empty if it is
// not set.
absl::StatusOr<std::vector<std::string>> ChosenInterfaces() {
  const char* text = std::getenv("GLOO_SOCKET_IFNAME");
  if (text == nullptr) return std::vector<std::string>();
  const std::vector<std::string> names =
      absl::StrSplit(text, ',', absl::SkipEmpty());
  for (const std::string& name : names) {
    if (if_nametoindex(name.c_str()) != 0) continue;
    std::vector<std::string> known;
    if (struct if_nameindex* const list = if_nameindex(); list != nullptr) {
      for (auto* at = list; at->if_name != nullptr; ++at) {
        known.push_back(at->if_name);
      }
      if_freenameindex(list);
    }
    return absl::InvalidArgumentError(
        absl::StrCat("GLOO_SOCKET_IFNAME: ", name,
                     " is no network interface of this machine; it has ",
                     absl::StrJoin(known, ", ")));
  }
  return names;
}

c10::intrusive_ptr<c10d::ProcessGroup> MakeGroup(
    const c10::intrusive_ptr<c10d::Store>& store, const JobEnvironment& job,
    const std::vector<std::string>& interfaces,
    const std::string& own_address) {
  const int rank = static_cast<int>(job.rank);
  const int size = static_cast<int>(job.world_size);
  auto options = c10d::ProcessGroupGloo::Options::create(kConnectTimeout);
  for (const std::string& name : interfaces) {
    options->devices.push_back(
        c10d::ProcessGroupGloo::createDeviceForInterface(name));
  }
  if (interfaces.empty()) {
    options->devices.push_back(
        c10d::ProcessGroupGloo::createDeviceForHostname(own_address));
  }
  auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo", store), rank, size,
      options);
  gloo->setTimeout(kCollectiveTimeout);
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

// Returns what all processes of the job have in common, and no other job.
std::string JobText(const JobEnvironment& job, std::string text) {
  constexpr size_t kLongest = 2000;
  if (text.size() > kLongest) text.resize(kLongest);
  absl::StrAppend(&text, text.empty() ? "" : ", ", job.world_size,
                  " processes");
  if (!job.id.empty()) absl::StrAppend(&text, ", number ", job.id);
  return text;
}

}  // namespace

BackendFactory& CudaBackendFactory() {
  static auto& factory = *new BackendFactory();
  return factory;
}

Processes::Processes(const JobEnvironment& job) : job_(job) {}

Processes::~Processes() {
  watchdog_.reset();  // the others may still need the store until here
  group_.reset();
}

absl::StatusOr<std::unique_ptr<Processes>> Processes::Join(
    const JobEnvironment& job, const JoinOptions& options) {
  std::unique_ptr<Processes> processes(new Processes(job));
  if (processes->single()) {
    if (!job.note.empty()) SayOnStderr("one process: " + job.note);
    return processes;
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> interfaces,
                   ChosenInterfaces());
  try {
    ASSIGN_OR_RETURN(const Met met, processes->MeetOthers(options));
    JobEnvironment watched = job;
    watched.master_addr = met.store_host;
    watched.master_port = met.store_port;
    processes->watchdog_ =
        std::make_unique<Watchdog>(watched, options.watchdog);
    const Watchdog::Wait wait(*processes->watchdog_);
    processes->group_ =
        MakeGroup(processes->store_, job, interfaces, met.own_address);
  } catch (const std::exception& error) {
    // Keeps the first line; c10 appends a stack.
    const std::string text = error.what();
    const std::string what = absl::StrCat(
        "cannot connect to the others (", text.substr(0, text.find('\n')),
        "); check that the machines reach each other, or name the network "
        "interface by GLOO_SOCKET_IFNAME");
    if (processes->watchdog_ != nullptr) processes->Fail(what);
    return absl::UnavailableError(
        absl::StrCat("rank ", job.rank, " of ", job.world_size, " ", what));
  }
  return processes;
}

absl::StatusOr<Met> Processes::MeetOthers(const JoinOptions& options) {
  MeetingPlan plan;
  plan.rank = job_.rank;
  plan.size = job_.world_size;
  plan.host = job_.master_addr;
  plan.ports = job_.spare_ports;
  plan.ports.insert(plan.ports.begin(), job_.master_port);
  plan.job = JobText(job_, options.job);
  plan.machines = job_.machines;
  plan.doubt = job_.doubt;
  plan.timeout = options.join_timeout;

  c10d::TCPStoreOptions store;
  store.isServer = job_.rank == 0;
  store.waitWorkers = false;  // they have met when they learn of it
  store.timeout = options.join_timeout;
  if (job_.rank > 0) {
    ASSIGN_OR_RETURN(Met met, JoinMeeting(plan));
    store.port = met.store_port;
    store_ = c10::make_intrusive<c10d::TCPStore>(met.store_host, store);
    return met;
  }
  ASSIGN_OR_RETURN(host_, MeetingHost::Open(plan));
  if (!job_.launcher.empty()) {
    SayOnStderr(absl::StrCat(
        ProcessesText(job_), ", rank 0 of ", job_.world_size, ", local rank ",
        job_.local_rank, ", meeting at ",
        HostAndPort(job_.master_addr, host_->port()),
        CudaBackendFactory() && at::hasCUDA() ? ", gloo and nccl" : ", gloo"));
  }
  store.port = 0;  // any
  auto server = c10::make_intrusive<c10d::TCPStore>(LoopbackAddress(), store);
  const uint16_t port = server->getPort();
  store_ = std::move(server);
  return host_->Gather(port);
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

bool Processes::Any(bool mine) const { return Any(std::vector<bool>{mine})[0]; }

std::vector<bool> Processes::Any(const std::vector<bool>& mine) const {
  if (single()) return mine;
  const auto count = static_cast<int64_t>(mine.size());
  const at::Tensor counts = at::zeros({count}, at::kLong);
  for (int64_t i = 0; i < count; ++i) counts[i] = mine[i] ? 1 : 0;
  const at::Tensor sum = Sum(counts);
  std::vector<bool> any;
  for (int64_t i = 0; i < count; ++i) {
    any.push_back(sum[i].item<int64_t>() > 0);
  }
  return any;
}

}  // namespace caldera::ssl
