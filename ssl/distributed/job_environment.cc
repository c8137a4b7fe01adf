#include "ssl/distributed/job_environment.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/status.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kMostProcesses = 1 << 20;

// The variables of one launcher; of several names the first that is set counts.
struct Launcher {
  const char* name;
  const char* rank;
  const char* size;
  std::vector<std::string> local_rank;
  std::vector<std::string> local_size;
  std::vector<std::string> id;
};

const std::vector<Launcher>& Launchers() {
  static const auto& launchers = *new std::vector<Launcher>{
      {"environment",
       "RANK",
       "WORLD_SIZE",
       {"LOCAL_RANK"},
       {"LOCAL_WORLD_SIZE"},
       {kStartedJobVariable}},
      {"Open MPI",
       "OMPI_COMM_WORLD_RANK",
       "OMPI_COMM_WORLD_SIZE",
       {"OMPI_COMM_WORLD_LOCAL_RANK"},
       {"OMPI_COMM_WORLD_LOCAL_SIZE"},
       {"OMPI_MCA_ess_base_jobid", "PMIX_NAMESPACE"}},
      {"MVAPICH2",
       "MV2_COMM_WORLD_RANK",
       "MV2_COMM_WORLD_SIZE",
       {"MV2_COMM_WORLD_LOCAL_RANK"},
       {"MV2_COMM_WORLD_LOCAL_SIZE"},
       {"PMI_JOBID", "SLURM_JOB_ID"}},
      {"PMI of MPICH, Intel MPI or srun",
       "PMI_RANK",
       "PMI_SIZE",
       {"MPI_LOCALRANKID", "PMI_LOCAL_RANK", "PALS_LOCAL_RANKID"},
       {"MPI_LOCALNRANKS", "PMI_LOCAL_SIZE"},
       {"PMI_JOBID", "SLURM_JOB_ID"}},
      {"jsrun",
       "JSM_NAMESPACE_RANK",
       "JSM_NAMESPACE_SIZE",
       {"JSM_NAMESPACE_LOCAL_RANK"},
       {"JSM_NAMESPACE_LOCAL_SIZE"},
       {"LSB_JOBID"}},
      {"Flux",
       "FLUX_TASK_RANK",
       "FLUX_JOB_SIZE",
       {"FLUX_TASK_LOCAL_ID"},
       {},
       {"FLUX_JOB_ID"}},
  };
  return launchers;
}

bool IsTrue(const std::optional<std::string>& text) {
  return text.has_value() &&
         (*text == "1" || absl::EqualsIgnoreCase(*text, "true"));
}

bool SameNumbers(const JobEnvironment& job, const SlurmStep& slurm) {
  return slurm.kind == SlurmStep::kStep && slurm.rank == job.rank &&
         slurm.tasks == job.world_size;
}

// Returns true if srun set PMI's variables, and for the shell of
// `srun --mpi=pmi2 --pty`, of which the other tasks train nothing.
bool IsOfAShell(const Launcher& launcher, const Environment& variables,
                const SlurmStep& slurm) {
  return slurm.kind == SlurmStep::kAlone &&
         launcher.rank == std::string("PMI_RANK") &&
         variables("SLURM_STEP_ID").has_value() &&
         variables("PMI_RANK") == variables("SLURM_PROCID") &&
         variables("PMI_SIZE") == variables(slurm.tasks_from) &&
         FirstSet(variables, {"HYDI_CONTROL_FD", "MPI_LOCALRANKID"}).empty();
}

std::string NameOf(const Launcher& launcher, const Environment& variables) {
  if (launcher.rank != std::string("RANK")) return launcher.name;
  if (variables(kStartedJobVariable).has_value()) return "--processes";
  return variables("TORCHELASTIC_RUN_ID").has_value() ? "torchrun"
                                                      : launcher.name;
}

// Reads the numbers of `launcher`, whose rank and size are set. What it does
// not say of this machine may be Slurm's to say.
absl::Status ReadNumbers(const Launcher& launcher, const Environment& variables,
                         const SlurmStep& slurm, JobEnvironment& job,
                         bool& knows_machine) {
  ASSIGN_OR_RETURN(job.world_size,
                   ReadNumber(variables, launcher.size, 1, kMostProcesses));
  const absl::StatusOr<int64_t> rank =
      ReadNumber(variables, launcher.rank, 0, job.world_size - 1);
  if (!rank.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(rank.status().message(),
                                                   ", since ", launcher.size,
                                                   "=", job.world_size));
  }
  job.rank = *rank;
  job.local_rank = job.rank;
  job.local_size = job.world_size;
  std::vector<std::string> read = {launcher.rank, launcher.size};
  const std::string local_rank = FirstSet(variables, launcher.local_rank);
  const std::string local_size = FirstSet(variables, launcher.local_size);
  knows_machine = !local_size.empty();
  if (!local_rank.empty()) {
    ASSIGN_OR_RETURN(job.local_rank,
                     ReadNumber(variables, local_rank, 0, job.world_size - 1));
    read.push_back(local_rank);
  }
  if (!local_size.empty()) {
    ASSIGN_OR_RETURN(job.local_size,
                     ReadNumber(variables, local_size, 1, kMostProcesses));
    read.push_back(local_size);
    if (job.world_size % job.local_size == 0) {
      job.machines = job.world_size / job.local_size;
    }
  }
  if (SameNumbers(job, slurm)) {
    job.doubt = slurm.doubt;
    if (job.machines == 0) job.machines = slurm.hosts.size();
    if (local_rank.empty()) job.local_rank = slurm.local_rank;
    if (local_size.empty()) job.local_size = slurm.local_size;
  } else if (slurm.tasks > 1 && job.world_size == 1) {
    job.note = absl::StrCat(launcher.size, "=1 counts, not ", slurm.tasks_from,
                            "=", slurm.tasks);
  }
  if (variables("GROUP_WORLD_SIZE").has_value() &&
      NameOf(launcher, variables) == "torchrun") {
    ASSIGN_OR_RETURN(job.machines, ReadNumber(variables, "GROUP_WORLD_SIZE", 1,
                                              kMostProcesses));
  }
  job.shares_variables = NameOf(launcher, variables) == "torchrun" ||
                         NameOf(launcher, variables) == "--processes";
  const std::string id = FirstSet(variables, launcher.id);
  if (!id.empty()) job.id = *variables(id);
  job.launcher = absl::StrCat(NameOf(launcher, variables), ": ",
                              absl::StrJoin(read, ", "));
  return absl::OkStatus();
}

void TakeStep(const Environment& variables, const SlurmStep& slurm,
              JobEnvironment& job) {
  job.rank = slurm.rank;
  job.world_size = slurm.tasks;
  job.local_rank = slurm.local_rank;
  job.local_size = slurm.local_size;
  job.machines = static_cast<int64_t>(slurm.hosts.size());
  job.id = slurm.id;
  job.doubt = slurm.doubt;
  std::vector<std::string> read = {"SLURM_PROCID", slurm.tasks_from};
  if (variables("SLURM_LOCALID").has_value()) read.push_back("SLURM_LOCALID");
  job.launcher = absl::StrCat("Slurm step", slurm.id.empty() ? "" : " ",
                              slurm.id, ": ", absl::StrJoin(read, ", "));
}

// `knows_machine`: job.local_size is not a guess.
absl::Status ReadAddress(const Environment& variables, const SlurmStep& slurm,
                         bool knows_machine, JobEnvironment& job) {
  if (const auto address = variables("MASTER_ADDR"); address.has_value()) {
    absl::string_view host = absl::StripAsciiWhitespace(*address);
    if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
    job.master_addr = std::string(host);
    return absl::OkStatus();
  }
  const bool one_machine =
      (knows_machine && job.local_size == job.world_size) ||
      (SameNumbers(job, slurm) && slurm.hosts.size() == 1);
  if (one_machine) return absl::OkStatus();
  const bool several = knows_machine || job.local_rank != job.rank;
  if (slurm.hosts.size() > 1) {
    job.master_addr = slurm.hosts[0];
  } else if (several) {
    return absl::InvalidArgumentError(absl::StrCat(
        "MASTER_ADDR: not set, but rank ", job.rank, " of ", job.world_size,
        " is process ", job.local_rank, " of ", job.local_size,
        " on its machine, so there are several machines; set it to the address "
        "of rank 0"));
  }
  return absl::OkStatus();
}

// Sets ports that depend only on `key`, below those that the system hands out.
void DerivePorts(const std::string& key, JobEnvironment& job) {
  constexpr uint64_t kFirst = 15000, kCount = 15000, kSpare = 7;
  uint64_t hash = 14695981039346656037u;  // FNV-1a: the same in all processes
  for (const char c : key) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  hash ^= hash >> 32;
  job.master_port = static_cast<uint16_t>(kFirst + hash % kCount);
  for (uint64_t i = 1; i <= kSpare; ++i) {
    job.spare_ports.push_back(
        static_cast<uint16_t>(kFirst + (hash + i) % kCount));
  }
}

absl::Status ReadPorts(const Environment& variables, JobEnvironment& job) {
  const std::string port = variables("MASTER_PORT").value_or("");
  if (!port.empty()) {
    ASSIGN_OR_RETURN(const int64_t number,
                     ReadNumber(variables, "MASTER_PORT", 1,
                                std::numeric_limits<uint16_t>::max()));
    job.master_port = static_cast<uint16_t>(number);
  }
  if (absl::StartsWith(job.launcher, "torchrun")) {
    job.id =
        absl::StrCat(*variables("TORCHELASTIC_RUN_ID"), " attempt ",
                     variables("TORCHELASTIC_RESTART_COUNT").value_or("0"));
    // torchrun itself then has a store at MASTER_PORT.
    if (IsTrue(variables("TORCHELASTIC_USE_AGENT_STORE"))) {
      DerivePorts(absl::StrCat(job.id, " ", port), job);
    }
  }
  if (port.empty() && !job.id.empty()) DerivePorts(job.id, job);
  return absl::OkStatus();
}

absl::Status MissingError(const Launcher& launcher,
                          const Environment& variables) {
  const auto size = variables(launcher.size);
  if (size.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        launcher.rank, ": not set, though ", launcher.size, "=", *size,
        " is; start all processes by torchrun, mpirun, srun or --processes=",
        *size, ", or unset ", launcher.size, " to train with one"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(launcher.size, ": not set, though ", launcher.rank, "=",
                   *variables(launcher.rank),
                   " is; set it to the number of processes, or unset ",
                   launcher.rank, " to train with one"));
}

}  // namespace

absl::StatusOr<JobEnvironment> ReadJobEnvironment(const Environment& variables,
                                                  const CommandOf& command_of) {
  const absl::StatusOr<SlurmStep> slurms = ReadSlurmStep(variables, command_of);
  const SlurmStep slurm = slurms.ok() ? *slurms : SlurmStep();
  const Launcher* chosen = nullptr;
  const Launcher* half = nullptr;  // has a rank or a size
  for (const Launcher& launcher : Launchers()) {
    const bool rank = variables(launcher.rank).has_value();
    const bool size = variables(launcher.size).has_value();
    if (rank != size && half == nullptr) half = &launcher;
    if (rank && size && !IsOfAShell(launcher, variables, slurm)) {
      chosen = &launcher;
      break;
    }
  }
  int64_t half_size = 0;
  if (half != nullptr && variables(half->size).has_value()) {
    ASSIGN_OR_RETURN(half_size,
                     ReadNumber(variables, half->size, 1, kMostProcesses));
  }

  JobEnvironment job;
  bool knows_machine = false;
  if (chosen != nullptr) {
    RETURN_IF_ERROR(ReadNumbers(*chosen, variables, slurm, job, knows_machine));
  } else if (!slurms.ok()) {
    return slurms.status();
  } else if (slurm.kind == SlurmStep::kStep && slurm.tasks > 1) {
    TakeStep(variables, slurm, job);
    knows_machine = !slurm.hosts.empty();
  } else if (half != nullptr && half_size != 1) {
    return MissingError(*half, variables);
  } else if (slurm.kind == SlurmStep::kAlone && slurm.tasks > 1) {
    job.note = absl::StrCat(
        slurm.tasks_from, "=", slurm.tasks,
        " does not count, since srun did not start this process (",
        slurm.alone_since, "); start all by srun -n ", slurm.tasks);
  } else if (slurm.kind == SlurmStep::kNone && half == nullptr &&
             variables("PMIX_RANK").has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "PMIX_RANK: ", *variables("PMIX_RANK"),
        ", but no variable says of how many processes; set RANK and "
        "WORLD_SIZE, or unset PMIX_RANK to train with one"));
  }
  if (half_size > 1 && half_size != job.world_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        half->size, ": ", half_size, " is not the number of processes of ",
        job.launcher, ", which is ", job.world_size, "; unset ", half->size));
  }
  if (job.world_size == 1) return job;
  RETURN_IF_ERROR(ReadAddress(variables, slurm, knows_machine, job));
  RETURN_IF_ERROR(ReadPorts(variables, job));
  return job;
}

absl::StatusOr<JobEnvironment> ReadJobEnvironment() {
  return ReadJobEnvironment(ProcessEnvironment(), CommandOfAncestor);
}

std::string ProcessesText(const JobEnvironment& job) {
  std::string text = absl::StrCat(job.world_size, " processes");
  if (job.machines > 0) {
    absl::StrAppend(&text, " on ", job.machines,
                    job.machines == 1 ? " machine" : " machines");
  }
  if (!job.launcher.empty()) absl::StrAppend(&text, " (", job.launcher, ")");
  return text;
}

}  // namespace caldera::ssl
