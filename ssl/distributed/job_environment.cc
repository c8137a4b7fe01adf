#include "ssl/distributed/job_environment.h"

#include <cstdlib>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace caldera::ssl {
namespace {

// The names of the variables of one launcher.
struct Launcher {
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;
};
// torchrun under srun or mpirun sets its variables beside theirs, so it comes
// first.
constexpr Launcher kLaunchers[] = {
    {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
     "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"},
};

// Returns the variable as an integer in [low, high].
absl::StatusOr<int64_t> Number(const Environment& variables,
                               const std::string& name, int64_t low,
                               int64_t high) {
  const std::optional<std::string> text = variables(name);
  if (!text.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": not set, though other variables of its launcher are"));
  }
  int64_t value = 0;
  if (!absl::SimpleAtoi(*text, &value) || value < low || value > high) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": ", *text, " is not a whole number from ", low, " to ", high));
  }
  return value;
}

absl::Status ReadMaster(const Environment& variables, bool slurm,
                        JobEnvironment& job) {
  if (const auto address = variables("MASTER_ADDR"); address.has_value()) {
    job.master_addr = *address;
  } else if (const auto nodes = variables("SLURM_STEP_NODELIST");
             slurm && nodes.has_value()) {
    job.master_addr = FirstHost(*nodes);
  } else if (job.local_rank != job.rank) {
    return absl::InvalidArgumentError(absl::StrCat(
        "MASTER_ADDR: not set, but rank ", job.rank, " is the ", job.local_rank,
        "th process of its machine, so there are several "
        "machines; set it to the address of rank 0"));
  }
  if (!variables("MASTER_PORT").has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t port,
                   Number(variables, "MASTER_PORT", 1,
                          std::numeric_limits<uint16_t>::max()));
  job.master_port = static_cast<uint16_t>(port);
  return absl::OkStatus();
}

}  // namespace

std::string FirstHost(absl::string_view node_list) {
  std::string host;
  for (size_t i = 0; i < node_list.size(); ++i) {
    const char c = node_list[i];
    if (c == ',') break;
    if (c != '[') {
      host += c;
      continue;
    }
    // "[07-09,12]suffix": the first number, then what follows the bracket.
    const size_t end = node_list.find_first_of("-,]", i + 1);
    host += std::string(node_list.substr(i + 1, end - i - 1));
    i = node_list.find(']', i);
    if (i == absl::string_view::npos) break;
  }
  return host;
}

absl::StatusOr<JobEnvironment> ReadJobEnvironment(
    const Environment& variables) {
  for (const Launcher& launcher : kLaunchers) {
    if (!variables(launcher.rank).has_value() &&
        !variables(launcher.size).has_value()) {
      continue;
    }
    JobEnvironment job;
    constexpr int64_t kMost = 1 << 20;
    ASSIGN_OR_RETURN(job.world_size,
                     Number(variables, launcher.size, 1, kMost));
    ASSIGN_OR_RETURN(job.rank,
                     Number(variables, launcher.rank, 0, job.world_size - 1));
    job.local_rank = job.rank;
    if (variables(launcher.local_rank).has_value()) {
      ASSIGN_OR_RETURN(job.local_rank, Number(variables, launcher.local_rank, 0,
                                              job.world_size - 1));
    }
    job.local_size = job.world_size;
    if (variables(launcher.local_size).has_value()) {
      ASSIGN_OR_RETURN(job.local_size,
                       Number(variables, launcher.local_size, 1, kMost));
    }
    const absl::Status master = ReadMaster(
        variables, std::string(launcher.rank) == "SLURM_PROCID", job);
    if (!master.ok() && job.world_size > 1) return master;
    return job;
  }
  return JobEnvironment();
}

absl::StatusOr<JobEnvironment> ReadJobEnvironment() {
  return ReadJobEnvironment(
      [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr || *value == '\0') return std::nullopt;
        return value;
      });
}

}  // namespace caldera::ssl
