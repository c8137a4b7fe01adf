#include "eval/embed/embed_images.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "data/augment/normalize.h"
#include "data/data.pb.h"
#include "data/loader/loader.h"
#include "data/sets/subset.h"
#include "data/split.h"
#include "eval/embed/appended_file.h"
#include "eval/embed/embed_record.h"
#include "eval/embed/feature_file.h"
#include "eval/embed/row_table.h"
#include "eval/features/frozen_encoder.h"

namespace caldera::eval {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// Gives a finished file its name; one that has it already is left alone.
absl::Status Settle(const std::string& path) {
  const std::string part = path + ".part";
  if (!Exists(part)) return absl::OkStatus();
  base::FileSystem& files = base::FileSystem::Real();
  if (files.Rename(part, path) != 0) {
    return base::FileError("rename", part, errno);
  }
  const std::string folder = std::filesystem::path(path).parent_path();
  return base::SyncFolder(files, folder.empty() ? "." : folder);
}

std::string TextOf(const data::ImageName& name) {
  return base::ValidUtf8(
      name.key.empty() ? name.path : absl::StrCat(name.path, ": ", name.key));
}

class Embedding {
 public:
  Embedding(vit::Encoder& encoder,
            const std::shared_ptr<const data::Dataset>& dataset,
            const EmbedRequest& request)
      : encoder_(encoder),
        dataset_(dataset),
        request_(request),
        first_(dataset->size() * request.part / request.parts),
        end_(dataset->size() * (request.part + 1) / request.parts),
        record_path_(request.out + ".json"),
        table_path_(StemOf(request.out) + ".rows.csv") {}

  absl::StatusOr<EmbedResult> Run() {
    const at::NoGradGuard no_grad;
    const FrozenEncoder frozen(encoder_);
    if (first_ == end_) {
      return absl::InvalidArgumentError(absl::StrCat(
          "part ", request_.part, " of ", request_.parts, " has none of the ",
          dataset_->size(), " images of ", dataset_->info().name,
          "; divide them into fewer parts"));
    }
    ASSIGN_OR_RETURN(const FeatureKind kind, FeatureKindOf(request_.out));
    FeatureLayout layout;
    layout.row = RowShape();
    layout.half = request_.half;
    const json call = Call(layout);
    for (const auto& [name, value] : call.items()) {
      layout.metadata["caldera.embed." + name] = base::ValidUtf8(
          value.is_string() ? value.get<std::string>() : value.dump());
    }
    format_ = MakeFeatureFormat(kind, layout);
    result_.row = layout.row;
    result_.images = end_ - first_;
    if (!format_->has_names()) result_.table = table_path_;
    ASSIGN_OR_RETURN(const bool complete, FindRecord(call));
    if (!complete) {
      RETURN_IF_ERROR(OpenFiles(call));
      if (!record_.complete) {
        RETURN_IF_ERROR(EmbedAll());
        RETURN_IF_ERROR(Complete());
      }
    }
    RETURN_IF_ERROR(Settle(table_path_));
    RETURN_IF_ERROR(Settle(request_.out));
    if (!Exists(request_.out)) {
      return absl::NotFoundError(absl::StrCat(
          request_.out, ": is gone, but ", record_path_,
          " says that it is complete; remove that file to embed again"));
    }
    result_.rows = record_.rows;
    return result_;
  }

 private:
  // Returns [B, ...], float32 on the CPU.
  at::Tensor Encode(const at::Tensor& images) const {
    const data::DatasetInfo& info = dataset_->info();
    return at::cat(ReadFeatures(encoder_,
                                data::Normalize(images.to(request_.device),
                                                info.mean, info.std),
                                request_.readouts),
                   /*dim=*/-1)
        .to(at::kCPU, at::kFloat);
  }

  std::vector<int64_t> RowShape() const {
    const int64_t side = encoder_.spec().image_size();
    const at::Tensor one = Encode(
        at::zeros({1, encoder_.spec().channels(), side, side}, at::kByte));
    return one.sizes().slice(1).vec();
  }

  // What the rows depend on. The batch size and the device are not part of it.
  json Call(const FeatureLayout& layout) const {
    const data::DatasetInfo& info = dataset_->info();
    json readouts = json::array();
    for (const Readout& readout : request_.readouts) {
      readouts.push_back(SettingOf(readout));
    }
    return {{"data", base::ValidUtf8(info.folder)},
            {"dtype", layout.half ? "float16" : "float32"},
            {"images", dataset_->size()},
            {"mean", info.mean},
            {"part", request_.part},
            {"parts", request_.parts},
            {"readout", readouts},
            {"row", layout.row},
            {"split", data::SplitName(info.split)},
            {"std", info.std},
            {"weights", WeightsDigest(encoder_)}};
  }

  // Reads the record; returns true if there is nothing left to do but names.
  absl::StatusOr<bool> FindRecord(const json& call) {
    ASSIGN_OR_RETURN(const auto found, ReadRecord(record_path_));
    if (!found.has_value()) {
      for (const std::string& path : {request_.out, table_path_}) {
        if (!Exists(path)) continue;
        return absl::FailedPreconditionError(
            absl::StrCat(path, ": exists, and there is no ", record_path_,
                         " that says what it holds; remove it or choose "
                         "another --out"));
      }
      return false;
    }
    const std::string difference = DifferenceOf(found->call, call);
    if (!difference.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          record_path_, ": belongs to another call: ", difference,
          "; go on with the same flags, choose another --out or remove ",
          request_.out, "* to begin anew"));
    }
    record_ = *found;
    result_.resumed = record_.images;
    return record_.complete;
  }

  absl::Status OpenFiles(const json& call) {
    ASSIGN_OR_RETURN(features_, AppendedFile::Open(request_.out + ".part"));
    if (!format_->has_names()) {
      ASSIGN_OR_RETURN(table_, AppendedFile::Open(table_path_ + ".part"));
    }
    // The process that had the lock may have finished in between.
    ASSIGN_OR_RETURN(const bool complete, FindRecord(call));
    if (complete) {
      base::FileSystem::Real().Unlink(request_.out + ".part");
      base::FileSystem::Real().Unlink(table_path_ + ".part");
      return absl::OkStatus();
    }
    record_.call = call;
    record_.from = request_.from;
    if (record_.images == 0) {
      RETURN_IF_ERROR(features_->CutTo(0));
      RETURN_IF_ERROR(features_->Append(format_->Begin()));
      if (table_ == nullptr) return absl::OkStatus();
      RETURN_IF_ERROR(table_->CutTo(0));
      return table_->Append(RowHeader() + "\n");
    }
    RETURN_IF_ERROR(Cut(*features_, record_.feature_bytes));
    if (table_ != nullptr) RETURN_IF_ERROR(Cut(*table_, record_.row_bytes));
    ASSIGN_OR_RETURN(const data::ImageName last,
                     dataset_->Name(first_ + record_.images - 1));
    if (TextOf(last) == record_.last) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        record_path_, ": image ", first_ + record_.images - 1, " was ",
        record_.last, " and is ", TextOf(last), " now: ", dataset_->info().name,
        " has changed; remove ", request_.out, "* to begin anew"));
  }

  absl::Status Cut(AppendedFile& file, int64_t bytes) const {
    const absl::Status status = file.CutTo(bytes);
    if (status.ok()) return status;
    return absl::Status(
        status.code(), absl::StrCat(status.message(), "; remove ", record_path_,
                                    " to begin anew"));
  }

  absl::Status EmbedAll() {
    const int64_t begin = first_ + record_.images;
    if (begin == end_) return absl::OkStatus();
    std::vector<int64_t> rest(end_ - begin);
    std::iota(rest.begin(), rest.end(), begin);
    data::LoaderOptions options;
    options.batch_size = request_.batch_size;
    options.image_size = encoder_.spec().image_size();
    options.workers = request_.workers;
    options.pin_memory = request_.device.is_cuda();
    if (request_.bad_images != nullptr) {
      options.on_bad_image = data::LoaderSpec::SKIP;
      options.leave_out = true;
      options.bad_images = request_.bad_images;
    }
    ASSIGN_OR_RETURN(
        auto loader,
        data::Loader::Create(data::Subset(dataset_, std::move(rest)), options));
    Clock::time_point recorded;  // long ago
    for (int64_t step = 0; step < loader->steps_per_epoch(); ++step) {
      ASSIGN_OR_RETURN(const data::Batch batch, loader->Next());
      RETURN_IF_ERROR(Write(batch, begin));
      record_.images =
          std::min(begin + (step + 1) * request_.batch_size, end_) - first_;
      if (request_.progress) {
        request_.progress(record_.images, end_ - first_);
      }
      const std::chrono::duration<double> since = Clock::now() - recorded;
      if (since.count() < request_.record_every_seconds) continue;
      RETURN_IF_ERROR(Record());
      recorded = Clock::now();
    }
    return absl::OkStatus();
  }

  // Appends the rows of a batch, whose images count from `begin`.
  absl::Status Write(const data::Batch& batch, int64_t begin) {
    const int64_t count = batch.index.size(0);
    if (count == 0) return absl::OkStatus();
    const int64_t* index = batch.index.const_data_ptr<int64_t>();
    const data::DatasetInfo& info = dataset_->info();
    std::vector<EmbeddedRow> rows;
    for (int64_t b = 0; b < count; ++b) {
      const int64_t image = begin + index[b];
      ASSIGN_OR_RETURN(data::ImageName name, dataset_->Name(image));
      EmbeddedRow& row = rows.emplace_back();
      row.image = image;
      row.path = std::move(name.path);
      row.key = std::move(name.key);
      row.label = dataset_->Label(image);
      const auto classes = static_cast<int64_t>(info.class_names.size());
      if (row.label >= 0 && row.label < classes) {
        row.class_name = info.class_names[row.label];
      }
    }
    const at::Tensor features = Encode(batch.views[0]);
    RETURN_IF_ERROR(
        CheckRepresentable(features, request_.half,
                           absl::StrCat("images ", rows.front().image, " to ",
                                        rows.back().image, ":")));
    RETURN_IF_ERROR(
        features_->Append(format_->Rows(features, rows, record_.rows)));
    if (table_ != nullptr) {
      std::string lines;
      for (int64_t b = 0; b < count; ++b) {
        absl::StrAppend(&lines, RowText(record_.rows + b, rows[b]), "\n");
      }
      RETURN_IF_ERROR(table_->Append(lines));
    }
    record_.rows += count;
    return absl::OkStatus();
  }

  // Lets the next start go on from here.
  absl::Status Record() {
    RETURN_IF_ERROR(features_->Sync());
    record_.feature_bytes = features_->size();
    if (table_ != nullptr) {
      RETURN_IF_ERROR(table_->Sync());
      record_.row_bytes = table_->size();
    }
    ASSIGN_OR_RETURN(const data::ImageName last,
                     dataset_->Name(first_ + record_.images - 1));
    record_.last = TextOf(last);
    return WriteRecord(record_path_, record_);
  }

  // Completes the files under the names that they have while they grow.
  absl::Status Complete() {
    if (record_.rows == 0) {
      return absl::DataLossError(absl::StrCat(dataset_->info().name,
                                              ": none of the ", end_ - first_,
                                              " images can be read"));
    }
    RETURN_IF_ERROR(Record());
    std::optional<RowTable> table;
    if (table_ != nullptr) {
      ASSIGN_OR_RETURN(table, RowTable::Open(table_path_ + ".part"));
    }
    RETURN_IF_ERROR(format_->Finish(
        record_.rows, table.has_value() ? &*table : nullptr, *features_));
    record_.complete = true;
    return Record();
  }

  vit::Encoder& encoder_;
  const std::shared_ptr<const data::Dataset> dataset_;
  const EmbedRequest& request_;
  const int64_t first_, end_;  // of the part
  const std::string record_path_, table_path_;
  std::unique_ptr<FeatureFormat> format_;
  std::unique_ptr<AppendedFile> features_, table_;  // table_: null for .csv
  EmbedRecord record_;
  EmbedResult result_;
};

}  // namespace

std::string StemOf(const std::string& out) {
  return std::filesystem::path(out).replace_extension();
}

std::string PartName(const std::string& out, int64_t part, int64_t parts) {
  if (parts == 1) return out;
  return absl::StrCat(StemOf(out), ".", part, "-of-", parts,
                      std::string(std::filesystem::path(out).extension()));
}

absl::StatusOr<EmbedResult> EmbedImages(
    vit::Encoder& encoder, const std::shared_ptr<const data::Dataset>& dataset,
    const EmbedRequest& request) {
  return Embedding(encoder, dataset, request).Run();
}

}  // namespace caldera::eval
