#include "vit/encoder_file.h"

#include <google/protobuf/text_format.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "vit/safetensors.h"
#include "vit/state_dict.h"
#include "vit/validate_vit_spec.h"

namespace caldera::vit {
namespace {

constexpr char kEncoderKey[] = "caldera.encoder";

}  // namespace

absl::Status SaveEncoder(const std::string& path, const Encoder& encoder,
                         std::map<std::string, std::string> metadata) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.PrintToString(encoder.spec(), &metadata[kEncoderKey]);
  metadata["format"] = "pt";
  return WriteSafetensors(path, {GetStateDict(encoder), std::move(metadata)});
}

absl::StatusOr<LoadedEncoder> LoadEncoder(const std::string& path) {
  absl::StatusOr<Safetensors> file = ReadSafetensors(path);
  if (!file.ok()) return file.status();
  const auto text = file->metadata.find(kEncoderKey);
  EncoderSpec spec;
  if (text == file->metadata.end() ||
      !google::protobuf::TextFormat::ParseFromString(text->second, &spec)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " does not say the encoder's sizes (metadata \"",
                     kEncoderKey, "\"); it was not written by a run"));
  }
  const absl::Status valid = Validate(spec);
  if (!valid.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": encoder.", valid.message()));
  }
  LoadedEncoder loaded{std::make_shared<Encoder>(spec),
                       std::move(file->metadata)};
  const absl::Status status =
      LoadStateDict(*loaded.encoder, file->tensors, path);
  if (!status.ok()) return status;
  loaded.encoder->eval();
  return loaded;
}

}  // namespace caldera::vit
