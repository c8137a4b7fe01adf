#include "base/pickle/pickle.h"

#include <cstring>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/byte_cursor.h"

// Source of the opcodes: CPython, Lib/pickletools.py.
namespace caldera::base {
namespace {

using Kind = PickleValue::Kind;

// The stack machine whose program a pickle is. Each step returns null or a
// description of the error.
class Machine {
 public:
  Machine(absl::string_view bytes, Pickle* out) : cursor_(bytes), out_(out) {}

  const char* Run() {
    while (!stopped_) {
      if (++steps_ > kMaxPickleOpcodes) return kTooLong;
      if (!cursor_.Read(&opcode_)) return kCutOff;
      const char* problem = Step();
      if (problem != nullptr) return problem;
    }
    return nullptr;
  }

  uint8_t opcode() const { return opcode_; }
  absl::string_view rest() const { return cursor_.rest(); }

 private:
  static constexpr char kCutOff[] = "it ends too early";
  static constexpr char kTooLong[] = "it has too many opcodes";
  static constexpr char kUnderflow[] =
      "an opcode finds too few values on the stack";
  static constexpr char kWrongType[] =
      "an opcode finds a value of another type";

  // Pushes a new value onto the stack.
  PickleValue* Push(Kind kind) {
    out_->values.emplace_back();
    out_->values.back().kind = kind;
    stack_.push_back(&out_->values.back());
    return stack_.back();
  }
  const char* PushInteger(Kind kind, int64_t value) {
    Push(kind)->integer = value;
    return nullptr;
  }

  // Returns the number of values above the last mark.
  size_t height() const {
    return stack_.size() - (marks_.empty() ? 0 : marks_.back());
  }
  bool Pop(PickleValue** value) {
    if (height() == 0) return false;
    *value = stack_.back();
    stack_.pop_back();
    return true;
  }
  // Pops the values above the last mark, and the mark.
  bool PopMark(std::vector<const PickleValue*>* values) {
    if (marks_.empty()) return false;
    values->assign(stack_.begin() + marks_.back(), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return true;
  }

  template <typename Size>
  const char* ReadRun(Kind kind) {  // reads a length and as many bytes
    Size size;
    absl::string_view text;
    if (!cursor_.Read(&size) || !cursor_.Take(size, &text)) return kCutOff;
    Push(kind)->text = text;
    return nullptr;
  }
  template <typename Number>
  const char* ReadNumber() {
    Number number;
    if (!cursor_.Read(&number)) return kCutOff;
    return PushInteger(Kind::kInt, number);
  }
  template <typename Size>
  const char* ReadLong() {
    Size size;
    absl::string_view bytes;
    if (!cursor_.Read(&size) || !cursor_.Take(size, &bytes)) return kCutOff;
    if (bytes.size() > sizeof(int64_t)) {
      Push(Kind::kBigInt)->text = bytes;
      return nullptr;
    }
    int64_t number = !bytes.empty() && (bytes.back() & 0x80) != 0 ? -1 : 0;
    std::memcpy(&number, bytes.data(), bytes.size());
    return PushInteger(Kind::kInt, number);
  }

  const char* Collect(Kind kind) {  // the values above the mark
    std::vector<const PickleValue*> items;
    if (!PopMark(&items)) return kUnderflow;
    if (kind == Kind::kDict && items.size() % 2 != 0) return kUnderflow;
    Push(kind)->items = std::move(items);
    return nullptr;
  }
  const char* Tuple(size_t size) {
    if (height() < size) return kUnderflow;
    std::vector<const PickleValue*> items(stack_.end() - size, stack_.end());
    stack_.resize(stack_.size() - size);
    Push(Kind::kTuple)->items = std::move(items);
    return nullptr;
  }

  // Adds items to the container on top of the stack. An object of unknown kind
  // ignores them.
  const char* Extend(const std::vector<const PickleValue*>& items, Kind kind) {
    if (height() == 0) return kUnderflow;
    PickleValue* target = stack_.back();
    if (target->kind == Kind::kCall || target->kind == Kind::kOpaque) {
      return nullptr;
    }
    if (target->kind != kind) return kWrongType;
    if (kind == Kind::kDict && items.size() % 2 != 0) return kUnderflow;
    target->items.insert(target->items.end(), items.begin(), items.end());
    return nullptr;
  }
  const char* ExtendFromMark(Kind kind) {
    std::vector<const PickleValue*> items;
    if (!PopMark(&items)) return kUnderflow;
    return Extend(items, kind);
  }
  const char* ExtendBy(size_t count, Kind kind) {
    if (height() < count) return kUnderflow;
    const std::vector<const PickleValue*> items(stack_.end() - count,
                                                stack_.end());
    stack_.resize(stack_.size() - count);
    return Extend(items, kind);
  }

  // Records a call, where Python would call a function or make an object.
  const char* Call(size_t operands) {
    if (height() < operands) return kUnderflow;
    std::vector<const PickleValue*> items(stack_.end() - operands,
                                          stack_.end());
    stack_.resize(stack_.size() - operands);
    if (items[1]->kind != Kind::kTuple) return kWrongType;
    if (items[0]->kind != Kind::kGlobal) {  // the result of another call
      Push(Kind::kOpaque);
      return nullptr;
    }
    if (!items[0]->IsGlobal("collections", "OrderedDict")) {
      Push(Kind::kCall)->items = std::move(items);
      return nullptr;
    }
    PickleValue* dict = Push(Kind::kDict);
    if (items[1]->items.empty()) return nullptr;
    // Python 2 passes the pairs as an argument.
    if (items[1]->items[0]->kind != Kind::kList) return kWrongType;
    // One list may be passed many times, so copying counts towards the limit.
    steps_ += items[1]->items[0]->items.size();
    if (steps_ > kMaxPickleOpcodes) return kTooLong;
    for (const PickleValue* pair : items[1]->items[0]->items) {
      if (pair->items.size() != 2) return kWrongType;
      dict->items.insert(dict->items.end(), pair->items.begin(),
                         pair->items.end());
    }
    return nullptr;
  }

  const char* Build() {
    if (height() < 2) return kUnderflow;
    const PickleValue* state = stack_.back();
    stack_.pop_back();
    if (stack_.back()->kind == Kind::kCall) stack_.back()->state = state;
    return nullptr;
  }

  const char* Global() {  // GLOBAL: two lines
    absl::string_view module, name;
    if (!cursor_.TakeLine(&module) || !cursor_.TakeLine(&name)) return kCutOff;
    PickleValue* value = Push(Kind::kGlobal);
    value->module = module;
    value->text = name;
    return nullptr;
  }
  const char* StackGlobal() {
    PickleValue *module, *name;
    if (!Pop(&name) || !Pop(&module)) return kUnderflow;
    if (module->kind != Kind::kText || name->kind != Kind::kText) {
      return kWrongType;
    }
    PickleValue* value = Push(Kind::kGlobal);
    value->module = module->text;
    value->text = name->text;
    return nullptr;
  }
  const char* Persistent() {
    PickleValue* id;
    if (!Pop(&id)) return kUnderflow;
    Push(Kind::kPersistent)->items = {id};
    return nullptr;
  }

  template <typename Index>
  const char* Put() {
    Index index;
    if (!cursor_.Read(&index)) return kCutOff;
    if (height() == 0) return kUnderflow;
    memo_[index] = stack_.back();
    return nullptr;
  }
  template <typename Index>
  const char* Get() {
    Index index;
    if (!cursor_.Read(&index)) return kCutOff;
    const auto found = memo_.find(index);
    if (found == memo_.end())
      return "it recalls a value that it has not stored";
    stack_.push_back(found->second);
    return nullptr;
  }
  const char* Skip(uint64_t size) {
    absl::string_view skipped;
    return cursor_.Take(size, &skipped) ? nullptr : kCutOff;
  }
  const char* Discard() {
    PickleValue* value;
    return Pop(&value) ? nullptr : kUnderflow;
  }
  const char* Opaque(uint64_t argument_size) {
    Push(Kind::kOpaque);
    return Skip(argument_size);
  }
  const char* Stop() {
    if (stack_.size() != 1 || !marks_.empty()) return kUnderflow;
    out_->root = stack_.back();
    stopped_ = true;
    return nullptr;
  }
  const char* Protocol() {
    uint8_t protocol;
    if (!cursor_.Read(&protocol)) return kCutOff;
    return protocol <= 5 ? nullptr : "its protocol is above 5";
  }

  const char* Step();

  base::ByteCursor cursor_;
  Pickle* out_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, PickleValue*> memo_;
  uint64_t steps_ = 0;
  uint8_t opcode_ = 0;
  bool stopped_ = false;
};

const char* Machine::Step() {
  switch (opcode_) {
    case 0x80:  // PROTO
      return Protocol();
    case 0x95:  // FRAME: a hint for buffering
      return Skip(8);
    case '.':
      return Stop();
    case '(':  // MARK
      marks_.push_back(stack_.size());
      return nullptr;
    case '0':  // POP, of a value or of a mark
      if (height() > 0 || marks_.empty()) return Discard();
      marks_.pop_back();
      return nullptr;
    case '1': {  // POP_MARK
      std::vector<const PickleValue*> discarded;
      return PopMark(&discarded) ? nullptr : kUnderflow;
    }
    case 'N':  // NONE
      return Opaque(0);
    case 'G':  // BINFLOAT
      return Opaque(8);
    case 0x88:  // NEWTRUE
      return PushInteger(Kind::kBool, 1);
    case 0x89:  // NEWFALSE
      return PushInteger(Kind::kBool, 0);
    case 'J':  // BININT
      return ReadNumber<int32_t>();
    case 'K':  // BININT1
      return ReadNumber<uint8_t>();
    case 'M':  // BININT2
      return ReadNumber<uint16_t>();
    case 0x8a:  // LONG1
      return ReadLong<uint8_t>();
    case 0x8b:  // LONG4; a negative length is beyond every file
      return ReadLong<uint32_t>();
    case 'X':  // BINUNICODE
      return ReadRun<uint32_t>(Kind::kText);
    case 0x8c:  // SHORT_BINUNICODE
      return ReadRun<uint8_t>(Kind::kText);
    case 0x8d:  // BINUNICODE8
      return ReadRun<uint64_t>(Kind::kText);
    case 'T':  // BINSTRING, Python 2's str
      return ReadRun<uint32_t>(Kind::kText);
    case 'U':  // SHORT_BINSTRING
      return ReadRun<uint8_t>(Kind::kText);
    case 'B':  // BINBYTES
      return ReadRun<uint32_t>(Kind::kBytes);
    case 'C':  // SHORT_BINBYTES
      return ReadRun<uint8_t>(Kind::kBytes);
    case 0x8e:  // BINBYTES8
    case 0x96:  // BYTEARRAY8
      return ReadRun<uint64_t>(Kind::kBytes);
    case ')':  // EMPTY_TUPLE
      return Tuple(0);
    case 0x85:  // TUPLE1
      return Tuple(1);
    case 0x86:  // TUPLE2
      return Tuple(2);
    case 0x87:  // TUPLE3
      return Tuple(3);
    case 't':  // TUPLE
      return Collect(Kind::kTuple);
    case ']':  // EMPTY_LIST
      Push(Kind::kList);
      return nullptr;
    case 'l':  // LIST
      return Collect(Kind::kList);
    case 'a':  // APPEND
      return ExtendBy(1, Kind::kList);
    case 'e':  // APPENDS
      return ExtendFromMark(Kind::kList);
    case '}':  // EMPTY_DICT
      Push(Kind::kDict);
      return nullptr;
    case 'd':  // DICT
      return Collect(Kind::kDict);
    case 's':  // SETITEM
      return ExtendBy(2, Kind::kDict);
    case 'u':  // SETITEMS
      return ExtendFromMark(Kind::kDict);
    case 0x8f:  // EMPTY_SET
      return Opaque(0);
    case 0x90:  // ADDITEMS
      return ExtendFromMark(Kind::kOpaque);
    case 0x91:  // FROZENSET
      return Collect(Kind::kOpaque);
    case 'q':  // BINPUT
      return Put<uint8_t>();
    case 'r':  // LONG_BINPUT
      return Put<uint32_t>();
    case 0x94:  // MEMOIZE
      if (height() == 0) return kUnderflow;
      memo_[memo_.size()] = stack_.back();
      return nullptr;
    case 'h':  // BINGET
      return Get<uint8_t>();
    case 'j':  // LONG_BINGET
      return Get<uint32_t>();
    case 'c':  // GLOBAL
      return Global();
    case 0x93:  // STACK_GLOBAL
      return StackGlobal();
    case 'R':   // REDUCE
    case 0x81:  // NEWOBJ
      return Call(2);
    case 0x92:  // NEWOBJ_EX: class, arguments, keyword arguments
      return Call(3);
    case 'b':  // BUILD
      return Build();
    case 'Q':  // BINPERSID
      return Persistent();
    default:
      return "it holds an opcode that is not read";
  }
}

}  // namespace

absl::StatusOr<Pickle> ParsePickle(absl::string_view bytes,
                                   const std::string& name) {
  Pickle pickle;
  Machine machine(bytes, &pickle);
  const char* problem = machine.Run();
  pickle.size = bytes.size() - machine.rest().size();
  if (problem == nullptr) return pickle;
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is not a pickle that can be read: ", problem,
                   " (opcode ", absl::StrFormat("0x%02x", machine.opcode()),
                   ", before byte ", pickle.size, ")"));
}

}  // namespace caldera::base
