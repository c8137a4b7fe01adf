#include "vit/weights/pth_storages.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/byte_cursor.h"
#include "base/status.h"

// Source of both layouts: PyTorch 2.11, torch/serialization.py, _save and
// _legacy_save.
namespace caldera::vit {
namespace {

using base::ParsePickle;
using base::Pickle;
using base::PickleValue;
using Kind = PickleValue::Kind;

constexpr char kZipSignature[] = "PK\x03\x04";
constexpr char kIndexEntry[] = "data.pkl";
// LONG1 of 0x1950a86a20f9469cfc6c, with which the old format begins, after the
// two bytes of its protocol.
constexpr absl::string_view kMagic(
    "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8"
    "\x50\x19",
    12);
constexpr int64_t kStreamVersion = 1001;

struct StorageClass {
  const char* name;
  const char* dtype;
  uint64_t size;
};
constexpr StorageClass kClasses[] = {
    {"FloatStorage", "F32", 4}, {"DoubleStorage", "F64", 8},
    {"HalfStorage", "F16", 2},  {"BFloat16Storage", "BF16", 2},
    {"LongStorage", "I64", 8},  {"IntStorage", "I32", 4},
    {"ShortStorage", "I16", 2}, {"CharStorage", "I8", 1},
    {"ByteStorage", "U8", 1},   {"BoolStorage", "BOOL", 1}};

absl::Status Error(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

// The fields of a persistent id.
struct StorageId {
  const StorageClass* type;
  absl::string_view key;
  uint64_t bytes;
};
absl::StatusOr<StorageId> ReadId(const PickleValue& value) {
  if (value.kind != Kind::kPersistent || value.items[0]->kind != Kind::kTuple) {
    return Error("its storage is not a reference to a storage");
  }
  const std::vector<const PickleValue*>& id = value.items[0]->items;
  if (id.size() < 5 || id[0]->text != "storage" ||
      id[1]->kind != Kind::kGlobal || id[2]->kind != Kind::kText ||
      id[4]->kind != Kind::kInt || id[4]->integer < 0) {
    return Error("its storage is not a reference to a storage");
  }
  if (id.size() > 5 && id[5]->kind == Kind::kTuple) {
    return Error(
        "its storage is a view of another, as PyTorch made before 0.4; load "
        "and save it with a newer PyTorch");
  }
  const auto type = std::find_if(
      std::begin(kClasses), std::end(kClasses),
      [&](const StorageClass& c) { return id[1]->IsGlobal("torch", c.name); });
  if (type == std::end(kClasses)) {
    return absl::UnimplementedError(absl::StrCat(
        "elements of ", absl::Utf8SafeCHexEscape(id[1]->module), ".",
        absl::Utf8SafeCHexEscape(id[1]->text), " are not supported"));
  }
  StorageId found{type, id[2]->text, 0};
  if (__builtin_mul_overflow(static_cast<uint64_t>(id[4]->integer), type->size,
                             &found.bytes)) {
    return Error("the size of its storage overflows");
  }
  return found;
}

// Returns true for the source text of a class, which the stream keeps for the
// objects that it holds.
bool IsModule(const PickleValue& value) {
  const std::vector<const PickleValue*>& id = value.items[0]->items;
  return !id.empty() && id[0]->text == "module";
}

}  // namespace

bool PthStorages::LooksLikePth(absl::string_view bytes) {
  return absl::StartsWith(bytes, kZipSignature) ||
         (absl::StartsWith(bytes, "\x80") &&
          absl::StartsWith(bytes.substr(std::min<size_t>(bytes.size(), 2)),
                           kMagic));
}

absl::StatusOr<PthStorages> PthStorages::Parse(absl::string_view bytes,
                                               const std::string& name) {
  PthStorages out;
  out.name_ = name;
  if (!LooksLikePth(bytes)) {
    return Error(absl::StrCat(
        name,
        ": it is not a file of torch.save: neither a zip archive nor the "
        "stream of pickles that came before"));
  }
  RETURN_IF_ERROR(absl::StartsWith(bytes, kZipSignature)
                      ? out.ParseZip(bytes)
                      : out.ParseStream(bytes));
  return out;
}

absl::Status PthStorages::ParseZip(absl::string_view bytes) {
  ASSIGN_OR_RETURN(zip_, ZipArchive::Parse(bytes, name_));
  bool found = false;
  for (const auto& [entry, unused] : zip_->entries()) {
    absl::string_view folder = entry;
    if (!absl::ConsumeSuffix(&folder, kIndexEntry)) continue;
    if (std::count(folder.begin(), folder.end(), '/') != 1 ||
        !absl::EndsWith(folder, "/")) {
      continue;
    }
    if (found) {
      return Error(absl::StrCat(name_, ": it holds two files data.pkl"));
    }
    found = true;
    prefix_ = std::string(folder);
  }
  if (!found) {
    return Error(absl::StrCat(
        name_,
        ": it is a zip archive, but not one of torch.save: it has no "
        "FOLDER/data.pkl"));
  }
  if (zip_->entries().count(prefix_ + "byteorder") > 0) {
    ASSIGN_OR_RETURN(const absl::string_view order,
                     zip_->Read(prefix_ + "byteorder"));
    if (order != "little") {
      return Error(absl::StrCat(
          name_,
          ": its numbers are big-endian; load and save it with PyTorch "
          "on a little-endian machine"));
    }
  }
  ASSIGN_OR_RETURN(const absl::string_view index,
                   zip_->Read(prefix_ + kIndexEntry));
  ASSIGN_OR_RETURN(pickle_, ParsePickle(index, name_));
  return absl::OkStatus();
}

// Parses five pickles (a magic number, a version, the machine's properties, the
// object, the keys of its storages), followed by the number of elements and the
// elements of each key.
absl::Status PthStorages::ParseStream(absl::string_view bytes) {
  Pickle pickles[5];
  for (Pickle& pickle : pickles) {
    ASSIGN_OR_RETURN(pickle, ParsePickle(bytes, name_));
    bytes.remove_prefix(pickle.size);
  }
  if (pickles[1].root->integer != kStreamVersion) {
    return Error(
        absl::StrCat(name_, ": its format version is not ", kStreamVersion));
  }
  const std::vector<const PickleValue*>& machine = pickles[2].root->items;
  for (size_t i = 0; i + 1 < machine.size(); i += 2) {
    if (machine[i]->text == "little_endian" && machine[i + 1]->integer != 1) {
      return Error(absl::StrCat(
          name_,
          ": its numbers are big-endian; load and save it with PyTorch "
          "on a little-endian machine"));
    }
  }
  pickle_ = std::move(pickles[3]);
  // The stream counts elements; the object's references state their size.
  std::map<absl::string_view, StorageId> ids;
  for (const PickleValue& value : pickle_.values) {
    if (value.kind != Kind::kPersistent || IsModule(value)) continue;
    const absl::StatusOr<StorageId> id = ReadId(value);
    if (!id.ok()) {  // also for a type whose size is not known
      return Error(
          absl::StrCat(name_, ": one of its tensors: ", id.status().message()));
    }
    ids.emplace(id->key, *id);
  }
  base::ByteCursor cursor(bytes);
  for (const PickleValue* key : pickles[4].root->items) {
    const auto id = ids.find(key->text);
    uint64_t count;
    absl::string_view data;
    if (id == ids.end() || !cursor.Read(&count) ||
        count != id->second.bytes / id->second.type->size ||
        !cursor.Take(id->second.bytes, &data)) {
      return Error(absl::StrCat(name_, ": its storage \"",
                                absl::Utf8SafeCHexEscape(key->text),
                                "\" is cut off or of another size than its "
                                "tensors say"));
    }
    found_[id->first] = data;
  }
  return absl::OkStatus();
}

absl::StatusOr<PthStorage> PthStorages::Find(const PickleValue& id) {
  ASSIGN_OR_RETURN(const StorageId storage, ReadId(id));
  auto found = found_.find(storage.key);
  if (found == found_.end()) {
    if (!zip_.has_value()) {
      return Error(absl::StrCat("the file lacks its storage \"",
                                absl::Utf8SafeCHexEscape(storage.key), "\""));
    }
    ASSIGN_OR_RETURN(const absl::string_view bytes,
                     zip_->Read(absl::StrCat(prefix_, "data/", storage.key)));
    found = found_.emplace(storage.key, bytes).first;
  }
  if (found->second.size() != storage.bytes) {
    return Error(absl::StrCat("its storage has ", found->second.size(),
                              " bytes where ", storage.bytes, " are expected"));
  }
  return PthStorage{storage.type->dtype, storage.type->size, found->second};
}

}  // namespace caldera::vit
