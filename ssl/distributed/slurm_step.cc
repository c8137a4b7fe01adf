#include "ssl/distributed/slurm_step.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "ssl/distributed/node_list.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kMostTasks = 1 << 20;

bool IsShell(absl::string_view program) {
  program = program.substr(program.find_last_of('/') + 1);
  if (!program.empty() && program[0] == '-') program.remove_prefix(1);
  static const auto& shells = *new std::set<std::string>{
      "sh", "bash", "dash", "zsh", "ksh", "csh", "tcsh", "fish"};
  return shells.count(std::string(program)) > 0;
}

// Returns true for a shell that somebody types into: it has neither a script
// nor a command.
bool IsInteractiveShell(const std::vector<std::string>& command) {
  return !command.empty() && IsShell(command[0]) &&
         std::all_of(command.begin() + 1, command.end(),
                     [](const std::string& argument) {
                       return absl::StartsWith(argument, "-") &&
                              argument != "-c";
                     });
}

// Returns true for the script of sbatch, under the name that slurmd gives it.
bool IsBatchScript(const std::vector<std::string>& command) {
  return std::any_of(command.begin(), command.end(),
                     [](const std::string& argument) {
                       return absl::EndsWith(argument, "/slurm_script");
                     });
}

// Returns false for the steps that Slurm itself makes: "batch", "interactive"
// and "extern", or 4294967290 and above.
bool IsOrdinary(const std::string& step) {
  constexpr uint64_t kFirstOfSlurmsOwn = 0xfffffff0;
  uint64_t number = 0;
  return absl::SimpleAtoi(step, &number) && number < kFirstOfSlurmsOwn;
}

std::string Text(const Environment& variables,
                 const std::vector<std::string>& names) {
  const std::string name = FirstSet(variables, names);
  return name.empty() ? "" : *variables(name);
}

// Returns the parent of a process, 0 if it cannot be read.
int64_t ParentOf(int64_t process) {
  std::ifstream file(absl::StrCat("/proc/", process, "/stat"));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  // "123 (any name) S 122 ..."
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  const std::vector<std::string> fields =
      absl::StrSplit(text.substr(name_end + 1), ' ', absl::SkipEmpty());
  int64_t parent = 0;
  if (fields.size() < 2 || !absl::SimpleAtoi(fields[1], &parent)) return 0;
  return parent;
}

absl::Status ReadPlace(const Environment& variables, SlurmStep& step) {
  ASSIGN_OR_RETURN(step.rank,
                   ReadNumber(variables, "SLURM_PROCID", 0, step.tasks - 1));
  step.local_rank = step.rank;
  if (variables("SLURM_LOCALID").has_value()) {
    ASSIGN_OR_RETURN(step.local_rank,
                     ReadNumber(variables, "SLURM_LOCALID", 0, step.tasks - 1));
  }
  int64_t node = 0;
  (void)absl::SimpleAtoi(Text(variables, {"SLURM_NODEID"}), &node);
  const auto counted = NumberOfNode(
      Text(variables, {"SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE"}),
      node);
  const int64_t machines = std::max<int64_t>(1, step.hosts.size());
  step.local_size = (step.tasks + machines - 1) / machines;
  if (counted.has_value()) {
    step.local_size = *counted;
  } else if (variables("SLURM_NTASKS_PER_NODE").has_value()) {
    ASSIGN_OR_RETURN(
        step.local_size,
        ReadNumber(variables, "SLURM_NTASKS_PER_NODE", 1, kMostTasks));
  }
  step.local_size =
      std::min(step.tasks, std::max(step.local_size, step.local_rank + 1));
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> CommandOfAncestor(int64_t process) {
  int64_t at = getpid();
  while (at > 1 && at != process) at = ParentOf(at);
  if (at != process || process <= 1) return {};
  std::ifstream file(absl::StrCat("/proc/", process, "/cmdline"));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::string> command = absl::StrSplit(text, '\0');
  if (!command.empty() && command.back().empty()) command.pop_back();
  return command;
}

absl::StatusOr<SlurmStep> ReadSlurmStep(const Environment& variables,
                                        const CommandOf& command_of) {
  SlurmStep step;
  step.id = Text(variables, {"SLURM_JOB_ID", "SLURM_JOBID"});
  step.hosts =
      ExpandNodeList(Text(variables, {"SLURM_STEP_NODELIST",
                                      "SLURM_JOB_NODELIST", "SLURM_NODELIST"}));
  step.tasks_from = FirstSet(
      variables, {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS"});
  if (step.tasks_from.empty()) return step;
  ASSIGN_OR_RETURN(step.tasks,
                   ReadNumber(variables, step.tasks_from, 1, kMostTasks));
  step.kind = SlurmStep::kAlone;
  if (!variables("SLURM_PROCID").has_value()) {
    step.alone_since = "SLURM_PROCID is not set";
    return step;
  }
  const std::string number = Text(variables, {"SLURM_STEP_ID", "SLURM_STEPID"});
  const bool first = Text(variables, {"SLURM_PROCID"}) == "0";
  if (number.empty() && first &&
      FirstSet(variables, {"SLURM_STEP_NODELIST", "SLURM_STEP_NUM_TASKS"})
          .empty()) {
    step.alone_since = "SLURM_STEP_ID is not set";
    return step;
  }
  if (!number.empty() && !IsOrdinary(number)) {
    step.alone_since = absl::StrCat("SLURM_STEP_ID=", number);
    return step;
  }
  std::vector<std::string> task;
  int64_t process = 0;
  if (absl::SimpleAtoi(Text(variables, {"SLURM_TASK_PID"}), &process)) {
    task = command_of(process);
  }
  if (IsBatchScript(task) || IsInteractiveShell(task)) {
    step.alone_since =
        absl::StrCat("SLURM_TASK_PID=", process, " is ", task[0]);
    return step;
  }
  step.kind = SlurmStep::kStep;
  if (!number.empty()) absl::StrAppend(&step.id, ".", number);
  const std::string restarts = Text(variables, {"SLURM_RESTART_COUNT"});
  if (!restarts.empty()) absl::StrAppend(&step.id, " restart ", restarts);
  RETURN_IF_ERROR(ReadPlace(variables, step));
  if (first && task.empty()) {
    const std::string name = Text(variables, {"SLURM_JOB_NAME"});
    if (variables("SLURM_PTY_PORT").has_value()) {
      step.doubt = "SLURM_PTY_PORT is set";
    } else if (IsShell(name) || name == "interactive") {
      step.doubt = absl::StrCat("SLURM_JOB_NAME=", name);
    }
  }
  return step;
}

}  // namespace caldera::ssl
