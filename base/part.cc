#include "base/part.h"

#include <glog/logging.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest_name.h"
#include "base/spec_fields.h"

namespace caldera::base {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

using Docs = std::map<std::string, PartDoc>;  // by name

std::map<const Descriptor*, Docs>& AllDocs() {
  static auto& all = *new std::map<const Descriptor*, Docs>();
  return all;
}

// Returns the parts of a seam; none if the message is not one.
const Docs& DocsOf(const Descriptor* seam) {
  static const auto& none = *new Docs();
  const auto found = AllDocs().find(seam);
  return found == AllDocs().end() ? none : found->second;
}

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

bool IsCustom(const FieldDescriptor& field) {
  return IsMessage(field) && field.message_type() == PartSpec::descriptor();
}

// Returns the field whose value is the name of a part, or null.
const FieldDescriptor* Selector(const Descriptor& seam) {
  for (int i = 0; i < seam.field_count(); ++i) {
    if (seam.field(i)->options().GetExtension(chooses_part)) {
      return seam.field(i);
    }
  }
  return nullptr;
}

// Returns the value of a selector as the spec writes it.
std::string SelectorText(const Message& spec, const FieldDescriptor& field) {
  const Reflection& reflection = *spec.GetReflection();
  return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM
             ? reflection.GetEnum(spec, &field)->name()
             : reflection.GetString(spec, &field);
}

// Returns true if the seam takes any number of parts at once, which its list of
// customs says: none of them takes the place of another.
bool TakesMany(const Descriptor& seam) {
  for (int i = 0; i < seam.field_count(); ++i) {
    if (seam.field(i)->is_repeated() && IsCustom(*seam.field(i))) return true;
  }
  return false;
}

// Returns true if the field, once set, names the part of its seam.
bool NamesPart(const FieldDescriptor& field, const Docs& docs,
               const FieldDescriptor* selector) {
  if (field.is_repeated() || TakesMany(*field.containing_type())) return false;
  if (&field == selector || IsCustom(field)) return true;
  // Beside a selector, the message of a part holds its options alone.
  return selector == nullptr && docs.count(field.name()) > 0;
}

std::vector<std::string> NamesOf(const Docs& docs, bool upper) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : docs) {
    names.push_back(upper ? absl::AsciiStrToUpper(name) : name);
  }
  return names;
}

// Returns the fields that hold, beside a selector, the options of other parts
// than `chosen`.
std::vector<const FieldDescriptor*> OptionsOfOthers(const Descriptor& type,
                                                    const Docs& docs,
                                                    const std::string& chosen) {
  std::vector<const FieldDescriptor*> others;
  for (const FieldDescriptor* field : FieldsOf(type)) {
    if (IsMessage(*field) && !field->is_repeated() &&
        docs.count(field->name()) > 0 && field->name() != chosen) {
      others.push_back(field);
    }
  }
  return others;
}

// Refuses the options of a part other than the one that the selector chooses.
absl::Status CheckForeignOptions(const Message& spec, const Docs& docs,
                                 const FieldDescriptor& selector,
                                 const std::string& chosen) {
  for (const FieldDescriptor* field :
       OptionsOfOthers(*spec.GetDescriptor(), docs, chosen)) {
    if (!spec.GetReflection()->HasField(spec, field)) continue;
    const std::string wanted = absl::AsciiStrToUpper(field->name());
    return absl::InvalidArgumentError(absl::StrCat(
        field->name(), ": applies to ", selector.name(), ": ", wanted,
        " only, but ", selector.name(), " is ", absl::AsciiStrToUpper(chosen),
        "; set ", selector.name(), ": ", wanted));
  }
  return absl::OkStatus();
}

// Beside a selector: clears the options of the part that `into` has chosen so
// far, if `from` chooses another.
void ClearOtherOptions(const Message& from, Message* into) {
  const Descriptor& type = *from.GetDescriptor();
  const Docs& docs = DocsOf(&type);
  const FieldDescriptor* selector = docs.empty() ? nullptr : Selector(type);
  const Reflection& reflection = *from.GetReflection();
  if (selector == nullptr || !reflection.HasField(from, selector)) return;
  const std::string chosen =
      absl::AsciiStrToLower(SelectorText(from, *selector));
  for (const FieldDescriptor* field : OptionsOfOthers(type, docs, chosen)) {
    reflection.ClearField(into, field);
  }
}

absl::Status NoneNamed(const Descriptor& seam, const Docs& docs) {
  if (docs.empty()) {
    return absl::InvalidArgumentError(
        ": no part is named, and none is linked into this program");
  }
  std::vector<std::string> ways;
  for (const auto& [name, unused] : docs) {
    ways.push_back(FindField(seam, name) != nullptr
                       ? absl::StrCat(name, " {}")
                       : absl::StrCat("custom { name: \"", name, "\" }"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(": no part is named; write ", absl::StrJoin(ways, " or ")));
}

}  // namespace

std::vector<PartDoc> RegisteredParts() {
  std::vector<PartDoc> parts;
  for (const auto& [seam, docs] : AllDocs()) {
    for (const auto& [name, doc] : docs) parts.push_back(doc);
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const PartDoc& a, const PartDoc& b) {
                     return a.seam->full_name() < b.seam->full_name();
                   });
  return parts;
}

void AddPartDoc(const PartDoc& doc) {
  CHECK(AllDocs()[doc.seam].emplace(doc.info.name, doc).second)
      << "two parts of " << doc.seam->full_name() << " are called "
      << doc.info.name;
}

absl::Status NoSuchPart(absl::string_view field, const std::string& name,
                        const std::vector<std::string>& registered) {
  const std::string what =
      name.empty() ? absl::StrCat(field, ": none is given")
                   : absl::StrCat(field, ": \"", name,
                                  "\" is not a registered part of this kind");
  return absl::InvalidArgumentError(
      registered.empty()
          ? absl::StrCat(what, ", and no other is; write one (docs/parts.md)")
          : absl::StrCat(what, "; did you mean \"",
                         NearestName(name, registered), "\"?"));
}

absl::StatusOr<PartChoice> FindNamedPart(const Descriptor& seam,
                                         absl::string_view field,
                                         const std::string& name) {
  const Docs& docs = DocsOf(&seam);
  PartChoice choice;
  choice.field = std::string(field);
  choice.name = absl::AsciiStrToLower(name);
  if (docs.count(choice.name) > 0) return choice;
  const bool upper =
      std::none_of(name.begin(), name.end(), absl::ascii_islower);
  return NoSuchPart(field, name, NamesOf(docs, upper));
}

absl::StatusOr<PartChoice> FindPart(const Message& spec) {
  const Descriptor& seam = *spec.GetDescriptor();
  const Reflection& reflection = *spec.GetReflection();
  const Docs& docs = DocsOf(&seam);
  const FieldDescriptor* selector = Selector(seam);
  PartChoice choice;
  const auto name_by = [&](const FieldDescriptor& field) {
    if (!choice.field.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field.name(), ": ", choice.field,
                       " names a part too; leave one of them out"));
    }
    choice.field = field.name();
    return absl::OkStatus();
  };
  for (const FieldDescriptor* field : FieldsOf(seam)) {
    if (!NamesPart(*field, docs, selector) ||
        !reflection.HasField(spec, field)) {
      continue;
    }
    if (field == selector) continue;  // its default counts too: see below
    RETURN_IF_ERROR(name_by(*field));
    choice.name = field->name();
    if (!IsCustom(*field)) continue;
    choice.custom =
        static_cast<const PartSpec*>(&reflection.GetMessage(spec, field));
    choice.name = choice.custom->name();
    if (docs.count(choice.name) == 0) {
      return NoSuchPart(absl::StrCat(field->name(), ".name"), choice.name,
                        NamesOf(docs, /*upper=*/false));
    }
  }
  if (selector != nullptr && choice.field.empty()) {
    const auto selected =
        FindNamedPart(seam, selector->name(), SelectorText(spec, *selector));
    RETURN_IF_ERROR(selected.status());
    choice = *selected;
  }
  if (selector != nullptr) {
    RETURN_IF_ERROR(CheckForeignOptions(spec, docs, *selector, choice.name));
  }
  if (!choice.field.empty()) return choice;
  for (const auto& [name, doc] : docs) {
    if (!doc.info.is_default) continue;
    choice.name = name;
    return choice;
  }
  return NoneNamed(seam, docs);
}

std::string PartName(const Message& spec) {
  const absl::StatusOr<PartChoice> choice = FindPart(spec);
  return choice.ok() ? choice->name : "";
}

const Message& OptionsMessage(const Message& spec, const std::string& part,
                              const Descriptor* message, std::string* field) {
  field->clear();
  if (spec.GetDescriptor() == message) return spec;
  const FieldDescriptor* found = nullptr;
  for (const FieldDescriptor* candidate : FieldsOf(*spec.GetDescriptor())) {
    if (!IsMessage(*candidate) || candidate->is_repeated() ||
        candidate->message_type() != message) {
      continue;
    }
    // Two parts may have options of one type.
    if (found == nullptr || candidate->name() == part) found = candidate;
  }
  CHECK(found != nullptr) << spec.GetDescriptor()->full_name()
                          << " has no field of type " << message->full_name();
  *field = found->name();
  return spec.GetReflection()->GetMessage(spec, found);
}

void NameDefaultPart(Message* spec) {
  const auto choice = FindPart(*spec);
  if (!choice.ok() || !choice->field.empty()) return;
  const FieldDescriptor* field =
      FindField(*spec->GetDescriptor(), choice->name);
  if (field == nullptr || !IsMessage(*field)) return;
  spec->GetReflection()->MutableMessage(spec, field);
}

void ClearOtherParts(const FieldDescriptor& chosen, Message* spec) {
  const Descriptor& type = *spec->GetDescriptor();
  const Docs& docs = DocsOf(&type);
  if (docs.empty()) return;
  const FieldDescriptor* selector = Selector(type);
  if (!NamesPart(chosen, docs, selector)) return;
  for (const FieldDescriptor* field : FieldsOf(type)) {
    if (field != &chosen && NamesPart(*field, docs, selector)) {
      spec->GetReflection()->ClearField(spec, field);
    }
  }
}

void MergeSpec(const Message& from, Message* into) {
  const Reflection& reflection = *from.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(from, &set);
  for (const FieldDescriptor* field : set) ClearOtherParts(*field, into);
  ClearOtherOptions(from, into);
  // Everything but the nested messages, which are merged by the same rule.
  std::unique_ptr<Message> values(from.New());
  values->CopyFrom(from);
  for (const FieldDescriptor* field : set) {
    if (!IsMessage(*field) || field->is_repeated()) continue;
    reflection.ClearField(values.get(), field);
    MergeSpec(reflection.GetMessage(from, field),
              reflection.MutableMessage(into, field));
  }
  into->MergeFrom(*values);
}

}  // namespace caldera::base
