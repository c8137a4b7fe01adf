#include "eval/embed/neighbour_files.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/draw/png.h"
#include "base/file_system.h"
#include "base/status.h"
#include "data/loader/first_images.h"
#include "data/sets/subset.h"
#include "eval/embed/appended_file.h"
#include "eval/embed/embed_images.h"
#include "eval/embed/neighbour_pairs.h"
#include "eval/embed/row_table.h"
#include "eval/embed/stored_features.h"
#include "eval/figures/photo_rows.h"

namespace caldera::eval {
namespace {

// Among so many of the nearest rows duplicates are looked for.
constexpr int64_t kCandidates = 10;
// Of the pictures: rows, images of a row, pixels of a side.
constexpr size_t kShownRows = 8;
constexpr size_t kShownColumns = 7;
constexpr int64_t kSide = 96;
constexpr size_t kBuffered = 1 << 20;

// A table that has its name when it is complete.
class PairTable {
 public:
  PairTable(std::string path, const RowTable& rows)
      : path_(std::move(path)), rows_(rows) {}

  absl::Status Open() {
    ASSIGN_OR_RETURN(file_, AppendedFile::Open(path_ + ".part"));
    buffer_ = "row,neighbour,cosine,path,key,neighbour_path,neighbour_key\n";
    return file_->CutTo(0);
  }

  absl::Status Add(int64_t row, const Neighbour& other) {
    ASSIGN_OR_RETURN(const EmbeddedRow a, rows_.Row(row));
    ASSIGN_OR_RETURN(const EmbeddedRow b, rows_.Row(other.row));
    absl::StrAppend(&buffer_, row, ",", other.row, ",",
                    absl::StrFormat("%.6f", other.cosine), ",",
                    CsvField(a.path), ",", CsvField(a.key), ",",
                    CsvField(b.path), ",", CsvField(b.key), "\n");
    ++count_;
    return buffer_.size() < kBuffered ? absl::OkStatus() : Flush();
  }

  absl::Status Close() {
    RETURN_IF_ERROR(Flush());
    RETURN_IF_ERROR(file_->Sync());
    if (base::FileSystem::Real().Rename(file_->path(), path_) == 0) {
      return absl::OkStatus();
    }
    return base::FileError("rename", file_->path(), errno);
  }

  int64_t count() const { return count_; }

 private:
  absl::Status Flush() {
    RETURN_IF_ERROR(file_->Append(buffer_));
    buffer_.clear();
    return absl::OkStatus();
  }

  const std::string path_;
  const RowTable& rows_;
  std::unique_ptr<AppendedFile> file_;
  std::string buffer_;
  int64_t count_ = 0;
};

struct Pair {
  int64_t row, other;
  double cosine;
};

// Finds each pair once, from whichever of its rows has the other among its
// nearest.
class Duplicates {
 public:
  Duplicates(int64_t rows, double bound)
      : bound_(bound), lists_(rows * kCandidates, -1) {}

  // `add` is called for pairs that were not found from the other row.
  absl::Status Add(
      int64_t row, const std::vector<Neighbour>& found,
      const std::function<absl::Status(int64_t, const Neighbour&)>& add) {
    const size_t count = std::min<size_t>(found.size(), kCandidates);
    for (size_t i = 0; i < count && found[i].cosine >= bound_; ++i) {
      const int64_t other = found[i].row;
      lists_[row * kCandidates + static_cast<int64_t>(i)] =
          static_cast<int32_t>(other);
      if (other < row && Lists(other, row)) continue;
      RETURN_IF_ERROR(add(row, found[i]));
      Show({row, other, found[i].cosine});
    }
    return absl::OkStatus();
  }

  // The pairs that are least alike, these first.
  const std::vector<Pair>& shown() const { return shown_; }

 private:
  bool Lists(int64_t row, int64_t other) const {
    const auto begin = lists_.begin() + row * kCandidates;
    return std::find(begin, begin + kCandidates, other) != begin + kCandidates;
  }

  void Show(const Pair& pair) {
    const auto at = std::upper_bound(
        shown_.begin(), shown_.end(), pair,
        [](const Pair& a, const Pair& b) { return a.cosine < b.cosine; });
    shown_.insert(at, pair);
    if (shown_.size() > kShownRows) shown_.pop_back();
  }

  const double bound_;
  std::vector<int32_t> lists_;  // [N, kCandidates], -1: no more
  std::vector<Pair> shown_;
};

// Draws the images of `rows`, numbers of rows in the file.
absl::Status Draw(const std::string& path,
                  const std::vector<std::vector<int64_t>>& rows,
                  const RowTable& table,
                  const std::shared_ptr<const data::Dataset>& dataset,
                  const std::string& title,
                  const std::vector<std::string>& columns,
                  const std::string& caption) {
  std::vector<std::vector<at::Tensor>> images;
  for (const std::vector<int64_t>& row : rows) {
    std::vector<int64_t> positions;
    for (const int64_t one : row) {
      ASSIGN_OR_RETURN(const EmbeddedRow what, table.Row(one));
      if (what.image < 0 || what.image >= dataset->size()) {
        return absl::FailedPreconditionError(absl::StrCat(
            "image ", what.image, " of row ", one, " is not in ",
            dataset->info().name, "; name the data set that was embedded"));
      }
      positions.push_back(what.image);
    }
    const auto count = static_cast<int64_t>(positions.size());
    ASSIGN_OR_RETURN(const data::Batch batch,
                     data::FirstImages(data::Subset(dataset, positions), count,
                                       kSide, /*bad_images=*/nullptr));
    auto& line = images.emplace_back();
    for (int64_t i = 0; i < count; ++i) line.push_back(batch.views[0][i]);
  }
  ASSIGN_OR_RETURN(const at::Tensor picture,
                   PhotoRows(images, title, columns, caption));
  return base::WritePng(path, picture);
}

}  // namespace

absl::StatusOr<NeighbourCounts> WriteNeighbours(
    const std::string& out, const std::string& table,
    const std::shared_ptr<const data::Dataset>& dataset,
    const NeighbourFiles& files) {
  ASSIGN_OR_RETURN(const at::Tensor features, StoredFeatures(out));
  if (features.dim() != 2 || features.size(0) < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        out, ": neighbours need a feature an image of two images or more"));
  }
  const int64_t n = features.size(0);
  ASSIGN_OR_RETURN(const RowTable rows, RowTable::Open(table));
  if (rows.size() != n) {
    return absl::InvalidArgumentError(
        absl::StrCat(table, ": has ", rows.size(), " rows, ", out, " has ", n,
                     "; name the table that was written with it"));
  }
  const std::string stem = StemOf(out);
  PairTable near(stem + ".neighbours.csv", rows);
  PairTable equal(stem + ".duplicates.csv", rows);
  if (files.neighbours > 0) RETURN_IF_ERROR(near.Open());
  if (files.duplicates > 0) RETURN_IF_ERROR(equal.Open());
  Duplicates duplicates(files.duplicates > 0 ? n : 0, files.duplicates);
  std::vector<std::vector<int64_t>> shown;
  const auto consume = [&](int64_t row, const std::vector<Neighbour>& found) {
    const auto wanted = std::min<size_t>(files.neighbours, found.size());
    for (size_t i = 0; i < wanted; ++i) {
      RETURN_IF_ERROR(near.Add(row, found[i]));
    }
    if (wanted > 0 && shown.size() < kShownRows &&
        row >= static_cast<int64_t>(shown.size()) * n /
                   static_cast<int64_t>(kShownRows)) {
      auto& line = shown.emplace_back(std::vector<int64_t>{row});
      for (size_t i = 0; i < std::min(wanted, kShownColumns - 1); ++i) {
        line.push_back(found[i].row);
      }
    }
    if (files.duplicates <= 0) return absl::OkStatus();
    return duplicates.Add(row, found, [&](int64_t one, const Neighbour& other) {
      return equal.Add(one, other);
    });
  };
  NeighbourOptions options;
  options.k =
      std::max(files.neighbours, files.duplicates > 0 ? kCandidates : 1);
  options.exact_up_to = files.exact_up_to;
  options.progress = files.progress;
  RETURN_IF_ERROR(ForEachNeighbours(features, options, consume));
  const NeighbourCounts counts = {near.count(), equal.count()};
  if (files.neighbours > 0) {
    RETURN_IF_ERROR(near.Close());
    std::vector<std::string> columns = {"image", "nearest"};
    size_t most = 2;
    for (const auto& line : shown) most = std::max(most, line.size());
    while (columns.size() < most) {
      columns.push_back(absl::StrCat(columns.size(), "."));
    }
    RETURN_IF_ERROR(Draw(
        stem + ".neighbours.png", shown, rows, dataset, "Nearest neighbours",
        columns,
        absl::StrCat("by the cosine of their features, among ", n, " images")));
  }
  if (files.duplicates <= 0) return counts;
  RETURN_IF_ERROR(equal.Close());
  if (counts.duplicates == 0) return counts;
  std::vector<std::vector<int64_t>> pairs;
  for (const Pair& pair : duplicates.shown()) {
    pairs.push_back({pair.row, pair.other});
  }
  RETURN_IF_ERROR(Draw(
      stem + ".duplicates.png", pairs, rows, dataset, "Duplicates",
      {"image", "duplicate"},
      absl::StrCat("the least alike of ", counts.duplicates,
                   " pairs with a cosine of ", files.duplicates, " or more")));
  return counts;
}

}  // namespace caldera::eval
