// Reads the two containers of torch.save: a pickled object, and the bytes of
// the storages that it names.
//
//   absl::StatusOr<vit::PthStorages> file =
//       vit::PthStorages::Parse(bytes, "weights.pth");
//   file->root();               // the object, see pickle.h
//   file->Find(persistent_id);  // bytes of a storage it names
//
// PyTorch has written a zip archive since version 1.6, and a stream of pickles
// and bytes before.
#ifndef CALDERA_VIT_WEIGHTS_PTH_STORAGES_H_
#define CALDERA_VIT_WEIGHTS_PTH_STORAGES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/pickle/pickle.h"
#include "vit/weights/zip_archive.h"

namespace caldera::vit {

struct PthStorage {
  std::string dtype;      // safetensors' name: "F32"
  uint64_t element_size;  // of the dtype, in bytes
  absl::string_view bytes;
};

class PthStorages {
 public:
  // Returns true if `bytes` begin like one of the two containers.
  static bool LooksLikePth(absl::string_view bytes);

  // Parses a file, whose `bytes` must outlive the result. Errors:
  // InvalidArgument that begins with `name`.
  static absl::StatusOr<PthStorages> Parse(absl::string_view bytes,
                                           const std::string& name);

  const base::PickleValue& root() const { return *pickle_.root; }

  // Returns the storage of the persistent id ("storage", class, key, device,
  // size). Errors, without the file's name: Unimplemented for unknown classes;
  // InvalidArgument for other values, and storages that are missing, damaged or
  // of another size.
  absl::StatusOr<PthStorage> Find(const base::PickleValue& id);

 private:
  absl::Status ParseZip(absl::string_view bytes);
  absl::Status ParseStream(absl::string_view bytes);

  std::string name_;
  base::Pickle pickle_;
  std::optional<ZipArchive> zip_;
  std::string prefix_;  // prefix of the archive's entries: "archive/"
  // Storages by key: all storages of a stream; those of an archive that have
  // been read, whose checksums are not computed again.
  std::map<absl::string_view, absl::string_view> found_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_PTH_STORAGES_H_
