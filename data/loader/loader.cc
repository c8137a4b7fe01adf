#include "data/loader/loader.h"

#include <ATen/Parallel.h>
#include <glog/logging.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check_ranges.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "data/augment/validate_augment_spec.h"
#include "data/data.pb.h"
#include "data/loader/batch_maker.h"

// Defined by libgomp, which LibTorch links. <omp.h> is not on every compiler's
// path.
extern "C" void omp_set_num_threads(int);

namespace caldera::data {
namespace {

constexpr size_t kMaxViews = 256;  // AugmentStream

absl::Status CheckRanks(const LoaderOptions& options) {
  RETURN_IF_ERROR(
      base::FieldCheck()
          .AtLeast("world_size", options.world_size, 1,
                   "it counts the processes")
          .Require(
              options.rank >= 0 && options.rank < options.world_size, "rank",
              options.rank,
              absl::StrCat("is not in [0, world_size), ", options.world_size),
              "it is this process's number")
          .Require(options.microbatches == 1 ||
                       (options.microbatches > 1 && options.drop_last),
                   "microbatches", options.microbatches,
                   "is not 1, or more together with drop_last",
                   "it cuts batches that are all of one size")
          .status());
  // In training each sample must weigh the same in the mean over processes.
  if (options.drop_last &&
      options.batch_size % (options.microbatches * options.world_size) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "batch_size: ", options.batch_size, " does not divide into the ",
        options.world_size, " processes",
        options.microbatches > 1
            ? absl::StrCat(" x ", options.microbatches, " microbatches")
            : "",
        "; make it a multiple"));
  }
  return absl::OkStatus();
}

absl::Status Check(const Dataset& dataset, const LoaderOptions& options) {
  const auto refuse = [](auto&&... parts) {
    return absl::InvalidArgumentError(absl::StrCat(parts...));
  };
  RETURN_IF_ERROR(base::FieldCheck()
                      .AtLeast("batch_size", options.batch_size, 1,
                               "give the images of a step")
                      .AtLeast("image_size", options.image_size, 1,
                               "give the side of an image in pixels")
                      .status());
  LoaderSpec spec;
  spec.set_workers(options.workers);
  spec.set_prefetch(options.prefetch);
  spec.set_repeats(options.repeats);
  RETURN_IF_ERROR(base::CheckRanges(spec));
  for (size_t v = 0; v < options.views.size(); ++v) {
    const std::string path = absl::StrCat("views[", v, "]");
    RETURN_IF_ERROR(base::Within(path, Validate(options.views[v])));
    RETURN_IF_ERROR(base::Within(
        path, ValidateInsideView(
                  options.views[v],
                  {options.views.begin(),
                   options.views.begin() + static_cast<std::ptrdiff_t>(v)})));
  }
  if (options.views.size() > kMaxViews) {
    return refuse("views: ", options.views.size(), " are more than the ",
                  kMaxViews, " that the random streams tell apart");
  }
  if (options.plans_only) {
    const DatasetInfo& info = dataset.info();
    bool needs_square = options.views.empty();
    for (const AugmentSpec& view : options.views) {
      needs_square = needs_square || !view.has_random_resized_crop();
    }
    if (info.height < 1 || info.width < 1 ||
        (needs_square && info.height != info.width)) {
      return refuse("on_device: ", info.name,
                    " does not have square images of one size; leave their "
                    "pixels to the loader");
    }
  }
  if (options.batch_size % options.repeats != 0) {
    return refuse("repeats: ", options.repeats, " does not divide batch_size, ",
                  options.batch_size, "; change one of them");
  }
  RETURN_IF_ERROR(CheckRanks(options));
  if (dataset.size() < 1) {
    return refuse("dataset: ", dataset.info().name,
                  " holds no images; name another set");
  }
  const int64_t channels = dataset.info().channels;
  if (!options.views.empty() && channels != 1 && channels != 3) {
    return refuse("views: ", dataset.info().name, " has ", channels,
                  " channels; only images of 1 or 3 can be augmented");
  }
  if (dataset.size() < options.repeats) {
    return refuse("repeats: ", options.repeats, " is more than the ",
                  dataset.size(), " images of ", dataset.info().name,
                  ", so an epoch would be empty; lower it");
  }
  if (options.drop_last && options.batch_size > dataset.size()) {
    return refuse("batch_size: ", options.batch_size, " is more than the ",
                  dataset.size(), " images of ", dataset.info().name,
                  ", so no batch would be full; make it ", dataset.size(),
                  " or less, or keep the last batch (drop_last false)");
  }
  return absl::OkStatus();
}

}  // namespace

// Tickets number the batches through all epochs. Workers take tickets in order
// and put results into ready_; Next takes them out in order.
class Loader::Impl {
 public:
  Impl(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options)
      : maker_(std::move(dataset), options),
        workers_(options.workers),
        window_(std::max(options.prefetch, options.workers)) {}

  ~Impl() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    wanted_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  int64_t steps_per_epoch() const { return maker_.steps_per_epoch(); }
  int64_t bad_images() const { return maker_.bad_images(); }

  void Seek(int64_t ticket) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ++generation_;  // batches in progress are thrown away
      ready_.clear();
      next_to_give_ = next_to_make_ = ticket;
    }
    wanted_.notify_all();
  }

  absl::StatusOr<Batch> Next() {
    if (workers_ == 0) {
      absl::StatusOr<Batch> batch = Make(next_to_give_, [] { return false; });
      if (batch.ok()) ++next_to_give_;
      return batch;
    }
    RETURN_IF_ERROR(Start());
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait(lock, [&] { return ready_.count(next_to_give_) != 0; });
    const auto found = ready_.find(next_to_give_);
    // An error stays, so that another call neither waits forever nor skips.
    RETURN_IF_ERROR(found->second);
    absl::StatusOr<Batch> batch = std::move(found->second);
    ready_.erase(found);
    ++next_to_give_;
    lock.unlock();
    wanted_.notify_one();
    return batch;
  }

 private:
  absl::StatusOr<Batch> Make(int64_t ticket,
                             const std::function<bool()>& cancelled) {
    return maker_.Make(ticket / steps_per_epoch(), ticket % steps_per_epoch(),
                       cancelled);
  }

  absl::Status Start() {
    try {
      while (threads_.size() < workers_) {
        threads_.emplace_back([this] { Work(); });
      }
    } catch (const std::system_error& e) {
      if (threads_.empty()) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "workers: no thread can be started (", e.what(), "); set it to 0"));
      }
      // The content does not depend on the number of threads.
      LOG(WARNING) << "only " << threads_.size() << " of " << workers_
                   << " loader threads could be started: " << e.what();
      workers_ = threads_.size();
    }
    return absl::OkStatus();
  }

  void Work() {
    // Each worker has one thread: teams inside workers would compete for the
    // cores. The OpenMP setting belongs to this thread; at::set_num_threads
    // would change the trainer's as well. LibTorch sets it at its first use in
    // a thread, which therefore comes first; lazy_init_num_threads here would
    // only set this binary's own copy of LibTorch's flag.
    (void)at::get_num_threads();
    omp_set_num_threads(1);

    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      wanted_.wait(lock, [&] {
        return stop_ || next_to_make_ < next_to_give_ + window_;
      });
      if (stop_) return;
      const int64_t ticket = next_to_make_++;
      const int64_t generation = generation_;
      lock.unlock();
      absl::StatusOr<Batch> batch =
          Make(ticket, [&] { return stop_ || generation_ != generation; });
      lock.lock();
      if (generation_ != generation) continue;
      ready_.emplace(ticket, std::move(batch));
      if (ticket == next_to_give_) arrived_.notify_one();
    }
  }

  BatchMaker maker_;
  size_t workers_;
  const int64_t window_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable wanted_;   // a ticket may be taken, or stop_
  std::condition_variable arrived_;  // the batch that Next waits for is ready
  // Written under mutex_, read without it to give up early.
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> generation_{0};
  // Guarded by mutex_ once there are threads.
  int64_t next_to_give_ = 0;
  int64_t next_to_make_ = 0;
  std::map<int64_t, absl::StatusOr<Batch>> ready_;
};

absl::StatusOr<std::unique_ptr<Loader>> Loader::Create(
    std::shared_ptr<const Dataset> dataset, LoaderOptions options) {
  CHECK(dataset != nullptr);
  RETURN_IF_ERROR(Check(*dataset, options));
  return std::unique_ptr<Loader>(
      new Loader(std::make_unique<Impl>(std::move(dataset), options)));
}

Loader::Loader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loader::~Loader() = default;

int64_t Loader::steps_per_epoch() const { return impl_->steps_per_epoch(); }
int64_t Loader::bad_images() const { return impl_->bad_images(); }

void Loader::Seek(int64_t epoch, int64_t step) {
  CHECK_GE(epoch, 0);
  CHECK_GE(step, 0);
  impl_->Seek(epoch * steps_per_epoch() + step);
}

absl::StatusOr<Batch> Loader::Next() { return impl_->Next(); }

}  // namespace caldera::data
