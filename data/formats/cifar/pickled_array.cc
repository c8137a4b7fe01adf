#include "data/formats/cifar/pickled_array.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

// Source of the names and arguments: NumPy 2.2, array_reduce and array_setstate
// of numpy/_core/src/multiarray/methods.c; CPython, save_bytes of
// Lib/pickle.py.
namespace caldera::data {
namespace {

using base::PickleValue;
using Kind = PickleValue::Kind;

constexpr size_t kMaxDims = 8;

// NumPy 2 has renamed its module.
bool IsNumpy(const PickleValue& global, absl::string_view module,
             absl::string_view function) {
  absl::string_view rest = global.module;
  return (absl::ConsumePrefix(&rest, "numpy.core.") ||
          absl::ConsumePrefix(&rest, "numpy._core.")) &&
         rest == module && global.text == function;
}

// Returns the characters of `text`, which is UTF-8, as Latin-1; nothing if one
// is not Latin-1.
std::optional<std::string> Latin1(absl::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<uint8_t>(text[i]);
    if (first < 0x80) {
      bytes.push_back(text[i]);
      continue;
    }
    if ((first != 0xc2 && first != 0xc3) || ++i == text.size() ||
        (static_cast<uint8_t>(text[i]) & 0xc0) != 0x80) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>((first << 6) | (text[i] & 0x3f)));
  }
  return bytes;
}

// Protocol 2 has no bytes: Python 3 writes a call that would make them of text.
// Returns that text, or null.
const PickleValue* EncodedText(const PickleValue& value) {
  if (value.kind != Kind::kCall ||
      !value.items[0]->IsGlobal("_codecs", "encode")) {
    return nullptr;
  }
  const std::vector<const PickleValue*>& arguments = value.items[1]->items;
  return arguments.size() == 2 && arguments[0]->kind == Kind::kText &&
                 arguments[1]->text == "latin1"
             ? arguments[0]
             : nullptr;
}

bool ReadShape(const PickleValue& value, PickledArray* array) {
  if (value.kind != Kind::kTuple || value.items.size() > kMaxDims) return false;
  for (const PickleValue* size : value.items) {
    if (size->kind != Kind::kInt || size->integer < 0) return false;
    array->shape.push_back(size->integer);
  }
  return true;
}

// dtype("u1", align, copy), then (version, "|", None, None, None, ...).
bool ReadDtype(const PickleValue& value, PickledArray* array) {
  if (value.kind != Kind::kCall ||
      !value.items[0]->IsGlobal("numpy", "dtype") ||
      value.items[1]->items.empty()) {
    return false;
  }
  const PickledBytes type(*value.items[1]->items[0], 2);
  if (!type.valid || type.view.size() != 2 ||
      !absl::StrContains("1248", type.view.substr(1)) ||
      !absl::StrContains("iu", type.view.substr(0, 1))) {
    return false;
  }
  array->is_signed = type.view[0] == 'i';
  array->item_size = type.view[1] - '0';
  if (value.state != nullptr && value.state->items.size() > 1) {
    const PickledBytes order(*value.state->items[1], 1);
    array->big_endian = order.valid && order.view == ">";
  }
  return true;
}

// Adds the integers of `array`, of at most one dimension, to `integers`.
bool AddIntegers(const PickledArray& array, std::vector<int64_t>* integers) {
  if (array.shape.size() > 1) return false;
  const uint64_t count = array.shape.empty() ? 1 : array.shape[0];
  uint64_t size;
  if (__builtin_mul_overflow(count, array.item_size, &size)) return false;
  const PickledBytes bytes(*array.values, size);
  if (!bytes.valid || bytes.view.size() != size) return false;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t number = 0;
    for (int64_t k = 0; k < array.item_size; ++k) {  // the highest byte first
      const int64_t byte = array.big_endian ? k : array.item_size - 1 - k;
      number = number << 8 |
               static_cast<uint8_t>(bytes.view[i * array.item_size + byte]);
    }
    const int64_t unused = 64 - 8 * array.item_size;
    integers->push_back(array.is_signed
                            ? static_cast<int64_t>(number << unused) >> unused
                            : static_cast<int64_t>(number));
  }
  return true;
}

}  // namespace

bool IsKnownGlobal(const PickleValue& global) {
  return IsNumpy(global, "multiarray", "_reconstruct") ||
         IsNumpy(global, "multiarray", "scalar") ||
         IsNumpy(global, "numeric", "_frombuffer") ||
         global.IsGlobal("numpy", "ndarray") ||
         global.IsGlobal("numpy", "dtype") ||
         global.IsGlobal("_codecs", "encode") ||
         global.IsGlobal("collections", "OrderedDict");
}

PickledBytes::PickledBytes(const PickleValue& value, uint64_t most) {
  if (value.kind == Kind::kText || value.kind == Kind::kBytes) {
    view = value.text;
    valid = view.size() <= most;
    return;
  }
  const PickleValue* const text = EncodedText(value);
  if (text == nullptr || text->text.size() / 2 > most) return;
  std::optional<std::string> latin1 = Latin1(text->text);
  if (!latin1.has_value()) return;
  own_ = *std::move(latin1);
  view = own_;
  valid = view.size() <= most;
}

bool IsPickledText(const PickleValue& value, absl::string_view text) {
  const PickleValue* const encoded = EncodedText(value);
  const PickleValue& found = encoded != nullptr ? *encoded : value;
  return (found.kind == Kind::kText || found.kind == Kind::kBytes) &&
         found.text == text;
}

bool ReadPickledArray(const PickleValue& value, PickledArray* array) {
  if (value.kind != Kind::kCall) return false;
  const std::vector<const PickleValue*>& arguments = value.items[1]->items;
  // _reconstruct(ndarray, (0,), "b"), then (version, shape, dtype, whether the
  // columns come first, values).
  if (IsNumpy(*value.items[0], "multiarray", "_reconstruct")) {
    if (value.state == nullptr || value.state->kind != Kind::kTuple ||
        value.state->items.size() != 5) {
      return false;
    }
    const std::vector<const PickleValue*>& state = value.state->items;
    array->columns_first = state[3]->integer != 0;
    array->values = state[4];
    return ReadShape(*state[1], array) && ReadDtype(*state[2], array);
  }
  // _frombuffer(values, dtype, shape, order), of protocol 5.
  if (IsNumpy(*value.items[0], "numeric", "_frombuffer")) {
    if (arguments.size() != 4) return false;
    array->columns_first = arguments[3]->text == "F";
    array->values = arguments[0];
    return ReadShape(*arguments[2], array) && ReadDtype(*arguments[1], array);
  }
  // scalar(dtype, value)
  if (IsNumpy(*value.items[0], "multiarray", "scalar")) {
    if (arguments.size() != 2) return false;
    array->values = arguments[1];
    return ReadDtype(*arguments[0], array);
  }
  return false;
}

bool ReadPickledIntegers(const PickleValue& value,
                         std::vector<int64_t>* integers) {
  if (value.kind != Kind::kList && value.kind != Kind::kTuple) {
    PickledArray array;
    return ReadPickledArray(value, &array) && AddIntegers(array, integers);
  }
  for (const PickleValue* one : value.items) {
    if (one->kind == Kind::kInt) {
      integers->push_back(one->integer);
      continue;
    }
    PickledArray scalar;
    if (!ReadPickledArray(*one, &scalar) || !scalar.shape.empty() ||
        !AddIntegers(scalar, integers)) {
      return false;
    }
  }
  return true;
}

}  // namespace caldera::data
