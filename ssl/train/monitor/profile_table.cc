#include "ssl/train/monitor/profile_table.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "ssl/objective/step_phase.h"

namespace caldera::ssl {
namespace {

constexpr size_t kOperations = 10;

struct Sum {
  std::string name;
  int64_t calls = 0;
  double host_ns = 0, device_ns = 0;
};

using Sums = std::map<std::string, Sum>;

void Add(Sums& sums, const ProfileEvent& event, double host_ns,
         double device_ns) {
  Sum& sum = sums[event.name];
  sum.name = event.name;
  ++sum.calls;
  sum.host_ns += host_ns;
  sum.device_ns += device_ns;
}

int64_t End(const ProfileEvent& event) {
  return event.start_ns + event.duration_ns;
}

// Sorts outer ranges before the inner ones that begin with them.
bool Before(const ProfileEvent& a, const ProfileEvent& b) {
  if (a.thread != b.thread) return a.thread < b.thread;
  if (a.start_ns != b.start_ns) return a.start_ns < b.start_ns;
  return a.duration_ns > b.duration_ns;
}

// Sums up operations by name, each without its inner ones.
Sums SumOperations(const std::vector<ProfileEvent>& events) {
  std::vector<ProfileEvent> sorted;
  for (const ProfileEvent& event : events) {
    if (!event.is_phase) sorted.push_back(event);
  }
  std::sort(sorted.begin(), sorted.end(), Before);
  std::vector<int64_t> inner(sorted.size(), 0);
  std::vector<size_t> open;  // indices, outermost first
  for (size_t i = 0; i < sorted.size(); ++i) {
    while (!open.empty() && (sorted[open.back()].thread != sorted[i].thread ||
                             End(sorted[open.back()]) <= sorted[i].start_ns)) {
      open.pop_back();
    }
    if (!open.empty()) inner[open.back()] += sorted[i].duration_ns;
    open.push_back(i);
  }
  Sums sums;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const int64_t own = std::max<int64_t>(0, sorted[i].duration_ns - inner[i]);
    Add(sums, sorted[i], static_cast<double>(own),
        static_cast<double>(sorted[i].device_ns));
  }
  return sums;
}

// Sums up phases by name, with the device time of the kernels that any thread
// launched in them.
Sums SumPhases(const std::vector<ProfileEvent>& events) {
  std::vector<ProfileEvent> phases, launches;
  for (const ProfileEvent& event : events) {
    if (event.is_phase) phases.push_back(event);
    if (!event.is_phase && event.device_ns > 0) launches.push_back(event);
  }
  std::sort(launches.begin(), launches.end(),
            [](const ProfileEvent& a, const ProfileEvent& b) {
              return a.start_ns < b.start_ns;
            });
  Sums sums;
  for (const ProfileEvent& phase : phases) {
    auto launch =
        std::lower_bound(launches.begin(), launches.end(), phase.start_ns,
                         [](const ProfileEvent& e, int64_t start) {
                           return e.start_ns < start;
                         });
    double device_ns = 0;
    for (; launch != launches.end() && launch->start_ns < End(phase);
         ++launch) {
      device_ns += static_cast<double>(launch->device_ns);
    }
    Add(sums, phase, static_cast<double>(phase.duration_ns), device_ns);
  }
  return sums;
}

std::string Percent(double part, double whole) {
  return absl::StrFormat("%.1f %%", whole > 0 ? 100 * part / whole : 0);
}

struct Row {
  std::string name;
  double host_ns, device_ns;
};

// Returns the phases in the order of a step, with the terms behind the phase
// that contains them.
std::vector<Row> PhaseRows(const Sums& sums, double total_ns) {
  std::vector<Row> rows;
  double rest = total_ns;
  for (const auto& [phase, label] :
       {std::pair<std::string, std::string>{kLoadPhase, "loading"},
        {kForwardPhase, "forward"},
        {kTermsPhase, "loss terms"},
        {kBackwardPhase, "backward"},
        {kJudgePhase, "finite? clipping"},
        {kOptimizerPhase, "optimizer"},
        {kLogPhase, "log"}}) {
    const auto found = sums.find(phase);
    if (found == sums.end()) continue;
    rows.push_back({label, found->second.host_ns, found->second.device_ns});
    rest -= found->second.host_ns;
    if (phase != kTermsPhase) continue;
    for (const auto& [name, sum] : sums) {
      absl::string_view term = name;
      if (!absl::ConsumePrefix(&term, kTermPrefix)) continue;
      rows.push_back(
          {absl::StrCat("of which ", term), sum.host_ns, sum.device_ns});
    }
  }
  rows.push_back({"the rest", rest, 0});
  rows.push_back({"step", total_ns, 0});
  return rows;
}

}  // namespace

std::string ProfileTable(const std::vector<ProfileEvent>& events, int64_t steps,
                         double seconds) {
  const double ms = 1e-6 / static_cast<double>(std::max<int64_t>(1, steps));
  const double total_ns = seconds * 1e9;
  const Sums operations = SumOperations(events);
  double own_ns = 0, device_ns = 0;
  std::vector<Sum> sorted;
  for (const auto& [name, sum] : operations) {
    own_ns += sum.host_ns;
    device_ns += sum.device_ns;
    sorted.push_back(sum);
  }
  const bool device = device_ns > 0;
  std::string text = absl::StrFormat(
      "| %-21s | ms a step |   share |%s\n|%s|----------:|--------:|%s\n",
      "phase", device ? " device ms |" : "", std::string(23, '-'),
      device ? "----------:|" : "");
  for (const Row& row : PhaseRows(SumPhases(events), total_ns)) {
    absl::StrAppendFormat(&text, "| %-21s | %9.3f | %7s |", row.name,
                          row.host_ns * ms, Percent(row.host_ns, total_ns));
    if (device) absl::StrAppendFormat(&text, " %9.3f |", row.device_ns * ms);
    text += "\n";
  }

  std::sort(sorted.begin(), sorted.end(), [&](const Sum& a, const Sum& b) {
    return device ? a.device_ns > b.device_ns : a.host_ns > b.host_ns;
  });
  if (sorted.size() > kOperations) sorted.resize(kOperations);
  const std::string title = device ? "operation (device)" : "operation";
  size_t width = title.size();
  for (const Sum& sum : sorted) width = std::max(width, sum.name.size());
  absl::StrAppendFormat(&text,
                        "\n| %-*s | calls a step | ms a step |   share |\n"
                        "|%s|-------------:|----------:|--------:|\n",
                        static_cast<int>(width),
                        device ? "operation (device)" : "operation",
                        std::string(width + 2, '-'));
  for (const Sum& sum : sorted) {
    const double own = device ? sum.device_ns : sum.host_ns;
    absl::StrAppendFormat(&text, "| %-*s | %12.1f | %9.3f | %7s |\n",
                          static_cast<int>(width), sum.name,
                          static_cast<double>(sum.calls) /
                              static_cast<double>(std::max<int64_t>(1, steps)),
                          own * ms, Percent(own, device ? device_ns : own_ns));
  }
  return text;
}

}  // namespace caldera::ssl
