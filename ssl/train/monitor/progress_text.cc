#include "ssl/train/monitor/progress_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ssl/train/monitor/memory_use.h"

namespace caldera::ssl {
namespace {

constexpr int kLeastBar = 10;
constexpr int kLongestBar = 40;
constexpr size_t kShortestName = 3;

std::string Epoch(const ProgressState& state) {
  return absl::StrFormat("epoch %.1f", state.epoch);
}

std::string Step(const ProgressState& state) {
  return absl::StrCat("step ", state.step, "/", state.total_steps);
}

std::string Rate(const ProgressState& state) {
  return absl::StrFormat("%.0f img/s", state.images_per_second);
}

std::string Left(const ProgressState& state) {
  return ClockText(state.seconds_left) + " left";
}

// Returns the loss and its first `num_terms` terms, with names of at most
// `name_size` letters. A single term is the loss itself.
std::string Loss(const ProgressState& state, size_t num_terms,
                 size_t name_size) {
  std::string text = absl::StrFormat("loss %.4f", state.loss);
  if (state.terms.size() < 2 || num_terms == 0) return text;
  std::vector<std::string> terms;
  for (size_t i = 0; i < num_terms; ++i) {
    const auto& [name, value] = state.terms[i];
    terms.push_back(
        absl::StrFormat("%s %.4f", name.substr(0, name_size), value));
  }
  return absl::StrCat(text, " (", absl::StrJoin(terms, ", "), ")");
}

std::string LearningRate(const ProgressState& state) {
  return absl::StrFormat("lr %.2e", state.lr);
}

struct Piece {
  std::string text;
  int rank;  // pieces of the largest rank are left out first
};

std::string Join(const std::vector<Piece>& pieces) {
  return absl::StrJoin(pieces, "  ", [](std::string* out, const Piece& piece) {
    out->append(piece.text);
  });
}

std::string Fit(std::vector<Piece> pieces, size_t width) {
  while (pieces.size() > 1 && Join(pieces).size() > width) {
    pieces.erase(std::max_element(
        pieces.begin(), pieces.end(),
        [](const Piece& a, const Piece& b) { return a.rank < b.rank; }));
  }
  return Join(pieces).substr(0, width);
}

std::string Bar(const ProgressState& state, int width) {
  const int inside = width - 2;
  const auto filled = static_cast<int>(inside * state.step /
                                       std::max<int64_t>(1, state.total_steps));
  std::string bar(std::clamp(filled, 0, inside), '=');
  if (filled < inside) bar += '>';
  bar.resize(inside, ' ');
  return absl::StrCat("[", bar, "]");
}

std::string FirstRow(const ProgressState& state, int width) {
  std::vector<Piece> pieces = {{Epoch(state), 3}, {Step(state), 0}};
  if (state.images_per_second > 0) {
    pieces.push_back({Left(state), 1});
    pieces.push_back({Rate(state), 2});
  }
  if (state.peak_memory > 0) {
    pieces.push_back({MemoryText(state.peak_memory), 4});
  }
  const std::string text = Fit(pieces, width);
  const int room = width - static_cast<int>(text.size()) - 2;
  if (room < kLeastBar) return text;
  return absl::StrCat(Bar(state, std::min(room, kLongestBar)), "  ", text);
}

std::string SecondRow(const ProgressState& state, size_t width) {
  if (!state.has_loss) return "";
  const std::string lr = "  " + LearningRate(state);
  size_t longest = kShortestName;
  for (const auto& [name, value] : state.terms) {
    longest = std::max(longest, name.size());
  }
  std::string row;
  for (size_t size = longest; size >= kShortestName; --size) {
    row = Loss(state, state.terms.size(), size) + lr;
    if (row.size() <= width) return row;
  }
  for (size_t terms = state.terms.size(); terms-- > 0;) {
    row = Loss(state, terms, kShortestName) + lr;
    if (row.size() <= width) return row;
  }
  return Loss(state, 0, 0).substr(0, width);
}

}  // namespace

std::string ClockText(double seconds) {
  const auto s = static_cast<int64_t>(std::max(0.0, seconds));
  if (s >= 3600) {
    return absl::StrFormat("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }
  return absl::StrFormat("%d:%02d", s / 60, s % 60);
}

std::string ProgressLine(const ProgressState& state) {
  std::vector<std::string> pieces = {Epoch(state), Step(state)};
  if (state.has_loss) {
    pieces.push_back(Loss(state, state.terms.size(), std::string::npos));
    pieces.push_back(LearningRate(state));
  }
  if (state.images_per_second > 0) {
    pieces.push_back(Rate(state));
    pieces.push_back(Left(state));
  }
  if (state.peak_memory > 0) pieces.push_back(MemoryText(state.peak_memory));
  return absl::StrJoin(pieces, "  ");
}

std::vector<std::string> ProgressRows(const ProgressState& state, int columns) {
  const int width = std::max(0, columns - 1);  // a full row would wrap
  return {FirstRow(state, width), SecondRow(state, width)};
}

}  // namespace caldera::ssl
