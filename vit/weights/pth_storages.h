// The two containers of torch.save: a pickled object, and the bytes of the
// storages that it names.
//
//   absl::StatusOr<vit::PthStorages> file =
//       vit::PthStorages::Parse(bytes, "weights.pth");
//   file->root();               // the object, see pickle.h
//   file->Find(persistent_id);  // bytes of a storage it names
//
// A zip archive since PyTorch 1.6, before that a stream of pickles and bytes.
#ifndef CALDERA_VIT_WEIGHTS_PTH_STORAGES_H_
#define CALDERA_VIT_WEIGHTS_PTH_STORAGES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "vit/weights/pickle.h"
#include "vit/weights/zip_archive.h"

namespace caldera::vit {

struct PthStorage {
  std::string dtype;      // as safetensors says it: "F32"
  uint64_t element_size;  // of the dtype, in bytes
  absl::string_view bytes;
};

class PthStorages {
 public:
  static bool LooksLikePth(absl::string_view bytes);

  // `bytes` must outlive the result. Errors: InvalidArgument that begins with
  // `name`.
  static absl::StatusOr<PthStorages> Parse(absl::string_view bytes,
                                           const std::string& name);

  const PickleValue& root() const { return *pickle_.root; }

  // The storage of ("storage", class, key, device, size). Errors:
  // InvalidArgument, without the file's name, for other values, classes that
  // are not known, and storages that are missing, damaged or of another size.
  absl::StatusOr<PthStorage> Find(const PickleValue& id);

 private:
  absl::Status ParseZip(absl::string_view bytes);
  absl::Status ParseStream(absl::string_view bytes);

  std::string name_;
  Pickle pickle_;
  std::optional<ZipArchive> zip_;
  std::string prefix_;  // of the archive's entries: "archive/"
  // By key: all of a stream's, those of an archive that were asked for, whose
  // checksums need no second look.
  std::map<absl::string_view, absl::string_view> found_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_PTH_STORAGES_H_
