#include "vit/weights/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace caldera::vit {
namespace {

using nlohmann::json;

// The format's own limit; a file with a longer header is damaged or hostile.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;

// The format needs three levels; deeper nesting only costs memory.
constexpr size_t kMaxNesting = 8;

struct Dtype {
  const char* name;
  uint64_t size;
};
constexpr Dtype kDtypes[] = {{"F32", 4}, {"F64", 8}, {"F16", 2}, {"BF16", 2},
                             {"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1},
                             {"U8", 1},  {"BOOL", 1}};

absl::Status Damaged(const std::string& file, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(file, " is not a valid safetensors file: ", what));
}

// Finds two errors that JSON permits, before a value is built: a key that
// occurs twice (the parser would keep the last), and deep nesting.
class Strictness : public json::json_sax_t {
 public:
  const std::string& problem() const { return problem_; }

  bool key(string_t& key) override {
    if (keys_.back().insert(key).second) return true;
    problem_ = absl::StrCat("the key \"", key, "\" occurs twice");
    return false;
  }
  bool start_object(size_t /*size*/) override { return Enter(); }
  bool end_object() override { return Leave(); }
  bool start_array(size_t /*size*/) override { return Enter(); }
  bool end_array() override { return Leave(); }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool Enter() {
    keys_.emplace_back();
    if (keys_.size() <= kMaxNesting) return true;
    problem_ = absl::StrCat("the header nests more than ", kMaxNesting,
                            " levels of JSON");
    return false;
  }
  bool Leave() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;  // keys of each open level
  std::string problem_;
};

// Computes the product of shape and element size; returns false on overflow.
// Zero extents count as one towards the limit: a tensor library also computes
// strides, which are products too.
bool ByteSize(const SafetensorsEntry& entry, uint64_t* bytes) {
  *bytes = entry.element_size;
  uint64_t span = std::max<uint64_t>(entry.element_size, 1);
  for (const int64_t extent : entry.shape) {
    *bytes *= static_cast<uint64_t>(extent);  // at most span
    if (__builtin_mul_overflow(
            span, static_cast<uint64_t>(std::max<int64_t>(extent, 1)), &span) ||
        span > std::numeric_limits<int64_t>::max()) {
      return false;
    }
  }
  return true;
}

// Parses one entry of the header and checks its shape against its byte range,
// where the size of its type is known.
absl::StatusOr<SafetensorsEntry> ParseEntry(const std::string& tensor,
                                            const json& value,
                                            uint64_t data_size,
                                            const std::string& file) {
  const auto damaged = [&](absl::string_view what) {
    return Damaged(file, absl::StrCat("tensor \"", tensor, "\": ", what));
  };
  if (!value.is_object() || !value.contains("dtype") ||
      !value["dtype"].is_string() || !value.contains("shape") ||
      !value["shape"].is_array() || !value.contains("data_offsets") ||
      !value["data_offsets"].is_array() || value["data_offsets"].size() != 2) {
    return damaged("needs dtype, shape and data_offsets [begin, end]");
  }
  SafetensorsEntry entry{tensor, value["dtype"].get<std::string>(), 0, {}, 0,
                         0};
  const auto known =
      std::find_if(std::begin(kDtypes), std::end(kDtypes),
                   [&](const Dtype& d) { return entry.dtype == d.name; });
  // Of other types (float8, complex numbers) only the place is known.
  entry.element_size = known == std::end(kDtypes) ? 0 : known->size;
  for (const json& extent : value["shape"]) {
    if (!extent.is_number_unsigned()) {
      return damaged("shape has a value that is not a size");
    }
    if (extent.get<uint64_t>() > std::numeric_limits<int64_t>::max()) {
      return damaged("shape overflows");
    }
    entry.shape.push_back(extent.get<int64_t>());
  }
  uint64_t bytes = 0;
  if (!ByteSize(entry, &bytes)) return damaged("shape overflows");
  for (const json& offset : value["data_offsets"]) {
    if (!offset.is_number_unsigned()) {
      return damaged("data_offsets has a value that is not an offset");
    }
  }
  entry.begin = value["data_offsets"][0].get<uint64_t>();
  entry.end = value["data_offsets"][1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > data_size) {
    return damaged(absl::StrCat("data_offsets [", entry.begin, ", ", entry.end,
                                "] lie outside the ", data_size,
                                " bytes of data"));
  }
  if (known != std::end(kDtypes) && entry.end - entry.begin != bytes) {
    return damaged(absl::StrCat("shape needs ", bytes,
                                " bytes, data_offsets give ",
                                entry.end - entry.begin));
  }
  return entry;
}

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(
    absl::string_view bytes, const std::string& name) {
  uint64_t header_size = 0;
  if (bytes.size() < sizeof(header_size)) {
    return Damaged(name, absl::StrCat("only ", bytes.size(), " bytes"));
  }
  std::memcpy(&header_size, bytes.data(), sizeof(header_size));
  bytes.remove_prefix(sizeof(header_size));
  if (header_size > kMaxHeaderBytes || header_size > bytes.size()) {
    return Damaged(name, absl::StrCat("the header should have ", header_size,
                                      " bytes, the file has ", bytes.size()));
  }
  const absl::string_view text = bytes.substr(0, header_size);
  Strictness strictness;
  json parsed;
  if (json::sax_parse(text.begin(), text.end(), &strictness)) {
    parsed = json::parse(text.begin(), text.end(), nullptr,
                         /*allow_exceptions=*/false);
  } else if (!strictness.problem().empty()) {
    return Damaged(name, strictness.problem());
  }
  if (!parsed.is_object())
    return Damaged(name, "the header is not a JSON object");

  SafetensorsHeader out;
  out.data = bytes.substr(header_size);
  for (const auto& [key, value] : parsed.items()) {
    if (key == "__metadata__") {
      if (!value.is_object())
        return Damaged(name, "__metadata__ is not an object");
      for (const auto& [k, v] : value.items()) {
        if (!v.is_string()) {
          return Damaged(
              name, absl::StrCat("__metadata__ \"", k, "\" is not a string"));
        }
        out.metadata[k] = v.get<std::string>();
      }
      continue;
    }
    ASSIGN_OR_RETURN(SafetensorsEntry entry,
                     ParseEntry(key, value, out.data.size(), name));
    out.entries.push_back(std::move(entry));
  }
  std::sort(out.entries.begin(), out.entries.end(),
            [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
              return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
            });
  uint64_t expected = 0;
  for (const SafetensorsEntry& entry : out.entries) {
    if (entry.begin != expected) {
      return Damaged(
          name,
          absl::StrCat("tensor \"", entry.name, "\" begins at ", entry.begin,
                       " where ", expected, " was expected: overlap or hole"));
    }
    expected = entry.end;
  }
  if (expected != out.data.size()) {
    return Damaged(name, absl::StrCat(out.data.size() - expected,
                                      " bytes after the last tensor"));
  }
  return out;
}

}  // namespace caldera::vit
