// A file system that fails at one chosen call, or ends there.
//
//   FaultyFileSystem files({/*call=*/7, Fault::kPowerCut});
//   SaveCheckpoint(files, ...);  // from its 7th call on nothing happens
//   files.CutPower();            // loses everything that was not fsynced
//
// Every call counts. All go to the real file system except fsync, which is only
// noted: a test makes thousands of them.
#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_FILE_SYSTEM_TESTING_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_FILE_SYSTEM_TESTING_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"

namespace caldera::ssl {

enum class Fault {
  kNone,
  kError,     // this call fails with `error`; later ones work
  kFull,      // writes fail from here on, the first after half its bytes
  kKill,      // this call and all later ones do nothing: the process is dead;
              // a write is done by half first
  kLoseData,  // kKill, and CutPower empties files that were not fsynced
  kPowerCut,  // kLoseData, and it also undoes new names in folders that were
              // not fsynced
};

struct FaultAt {
  int64_t call = 0;  // from 1
  Fault fault = Fault::kNone;
  int error = 0;
  size_t largest_write = SIZE_MAX;  // longer writes are short
};

class FaultyFileSystem : public base::FileSystem {
 public:
  explicit FaultyFileSystem(const FaultAt& at) : at_(at) {}
  ~FaultyFileSystem() override;

  int Open(const std::string& path, int flags) override;
  ssize_t Write(int fd, const void* data, size_t size) override;
  int Fsync(int fd) override;
  int Close(int fd) override;
  int Rename(const std::string& from, const std::string& to) override;
  int Mkdir(const std::string& path) override;
  int Symlink(const std::string& target, const std::string& path) override;
  int Unlink(const std::string& path) override;
  int Rmdir(const std::string& path) override;

  int64_t calls() const { return calls_; }
  bool dead() const { return dead_; }
  void CutPower();

 private:
  // Counts a call; returns true (and sets errno) if it does not take place.
  bool Stops();

  FaultAt at_;
  int64_t calls_ = 0;
  bool dead_ = false, full_ = false;
  // A file that was opened for writing: a second descriptor, and whether all of
  // it is fsynced.
  struct Written {
    int keeper;
    bool synced;
  };
  std::vector<Written> written_;
  std::map<int, size_t> open_files_;         // descriptor -> in written_
  std::map<int, std::string> open_folders_;  // descriptor -> path
  // New names that no fsync has covered, oldest first: the old name ("" for a
  // new file or folder) and the new name.
  std::vector<std::pair<std::string, std::string>> names_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_FILE_SYSTEM_TESTING_H_
