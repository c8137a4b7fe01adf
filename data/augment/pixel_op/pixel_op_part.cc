#include "data/augment/pixel_op/pixel_op_part.h"

#include <glog/logging.h>
#include <google/protobuf/descriptor.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/field_path.h"
#include "base/spec_fields.h"

namespace caldera::data {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Entry {
  base::PartDoc doc;
  std::function<absl::StatusOr<PixelOpDraw>(const Message&)> prepare;
};

// The parts by their order and name.
std::map<std::pair<int, std::string>, Entry>& Entries() {
  static auto& entries = *new std::map<std::pair<int, std::string>, Entry>();
  return entries;
}

std::map<std::string, PixelOpKind, std::less<>>& Kinds() {
  static auto& kinds = *new std::map<std::string, PixelOpKind, std::less<>>();
  return kinds;
}

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

// Returns the field of AugmentSpec that has the part's name, or null.
const FieldDescriptor* FieldOf(const Entry& entry) {
  const FieldDescriptor* field =
      base::FindField(*AugmentSpec::descriptor(), entry.doc.info.name);
  if (field != nullptr) {
    CHECK(entry.doc.message ==
          (IsMessage(*field) ? field->message_type() : nullptr))
        << field->full_name() << " is not of the type that the part reads";
  }
  return field;
}

absl::StatusOr<const Entry*> FindCustom(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [key, entry] : Entries()) {
    if (entry.doc.message == nullptr) names.push_back(key.second);
    if (key.second != name) continue;
    if (entry.doc.message == nullptr) return &entry;
    return absl::InvalidArgumentError(absl::StrCat(
        "name: \"", name, "\" has a field of its own; write ", name, " {}"));
  }
  return base::NoSuchPart("name", name, names);
}

}  // namespace

const PixelOpKind* PixelOpPart::AddKind(const std::string& name,
                                        PixelOpKind kind) {
  kind.name = name;
  return &(Kinds()[name] = std::move(kind));
}

bool PixelOpPart::Add(base::PartDoc doc, int order, Prepare prepare) {
  base::AddPartDoc(doc);
  Entry& entry = Entries()[{order, doc.info.name}];
  entry = {std::move(doc), std::move(prepare)};
  return true;
}

absl::StatusOr<std::vector<PixelOpDraw>> PixelOpPart::Read(
    const AugmentSpec& spec) {
  std::vector<PixelOpDraw> draws;
  const auto add = [&](const Entry& entry, const Message& given) {
    absl::StatusOr<PixelOpDraw> draw = entry.prepare(given);
    if (draw.ok()) draws.push_back(*std::move(draw));
    return draw.status();
  };
  const auto& reflection = *spec.GetReflection();
  for (const auto& [key, entry] : Entries()) {
    const FieldDescriptor* field = FieldOf(entry);
    if (field == nullptr) continue;
    if (!IsMessage(*field)) {
      PartSpec chance;  // drawn even if it is 0, as it always was
      chance.add_option(absl::StrFormat("probability=%.17g",
                                        reflection.GetDouble(spec, field)));
      RETURN_IF_ERROR(base::Within(key.second, add(entry, chance)));
    } else if (reflection.HasField(spec, field)) {
      RETURN_IF_ERROR(base::Within(
          key.second, add(entry, reflection.GetMessage(spec, field))));
    }
  }
  for (int i = 0; i < spec.custom_size(); ++i) {
    const std::string path = absl::StrCat("custom[", i, "]");
    ASSIGN_OR_RETURN(const Entry* entry,
                     base::Within(path, FindCustom(spec.custom(i).name())));
    RETURN_IF_ERROR(base::Within(path, add(*entry, spec.custom(i))));
  }
  return draws;
}

std::string PixelOpPart::FirstFieldOf(const AugmentSpec& spec) {
  const auto& reflection = *spec.GetReflection();
  for (const auto& [key, entry] : Entries()) {
    const FieldDescriptor* field = FieldOf(entry);
    if (field == nullptr) continue;
    if (IsMessage(*field) ? reflection.HasField(spec, field)
                          : reflection.GetDouble(spec, field) > 0) {
      return key.second;
    }
  }
  return spec.custom().empty() ? "" : "custom";
}

PixelOp PixelOpPart::Make(absl::string_view name, double amount, double more) {
  const auto found = Kinds().find(name);
  CHECK(found != Kinds().end()) << name << " is no registered operation";
  PixelOp op{amount, {more}};
  op.kind = &found->second;
  return op;
}

std::vector<const PixelOpKind*> PixelOpPart::RandAugmentMembers() {
  std::map<int, const PixelOpKind*> by_place;
  for (const auto& [name, kind] : Kinds()) {
    const int place = kind.rand_augment.place;
    if (place < 0) continue;
    CHECK(by_place.emplace(place, &kind).second)
        << name << " has another's place, " << place;
  }
  std::vector<const PixelOpKind*> members;
  for (const auto& [place, kind] : by_place) {
    CHECK_EQ(place, members.size()) << "nothing has this place";
    members.push_back(kind);
  }
  return members;
}

}  // namespace caldera::data
