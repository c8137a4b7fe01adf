#include "base/pickle/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"

namespace caldera::base {
namespace {

using Kind = PickleValue::Kind;
using testing::HasSubstr;

// Returns the bytes of a string literal, zeros included.
template <size_t N>
std::string Bytes(const char (&text)[N]) {
  return std::string(text, N - 1);
}

void ExpectRefused(const std::string& bytes, const std::string& reason) {
  const absl::StatusOr<Pickle> pickle = ParsePickle(bytes, "x.pkl");
  ASSERT_EQ(pickle.status().code(), absl::StatusCode::kInvalidArgument)
      << reason;
  EXPECT_THAT(std::string(pickle.status().message()),
              HasSubstr(absl::StrCat("x.pkl is not a pickle that can be read: ",
                                     reason)));
}

int64_t Integer(const std::string& bytes) {
  const absl::StatusOr<Pickle> pickle = ParsePickle(bytes + ".", "x.pkl");
  EXPECT_EQ(pickle.status(), absl::OkStatus());
  EXPECT_EQ(pickle->root->kind, Kind::kInt);
  return pickle->root->integer;
}

TEST(Pickle, ReadsIntegers) {
  EXPECT_EQ(Integer("K\xff"), 255);
  EXPECT_EQ(Integer("M\x01\x02"), 0x201);
  EXPECT_EQ(Integer("J\xfe\xff\xff\xff"), -2);
  EXPECT_EQ(Integer(Bytes("\x8a\0")), 0);
  EXPECT_EQ(Integer("\x8a\x01\xff"), -1);
  EXPECT_EQ(Integer(Bytes("\x8a\x02\xff\0")), 255);
  EXPECT_EQ(Integer(Bytes("\x8b\x03\0\0\0\1\2\3")), 0x30201);
  EXPECT_EQ(Integer(Bytes("\x8a\x08\0\0\0\0\0\0\0\x80")),
            std::numeric_limits<int64_t>::min());
}

TEST(Pickle, KeepsLongIntegersAsBytes) {
  const std::string bytes = "\x8a\x09ninebytes.";
  const absl::StatusOr<Pickle> pickle = ParsePickle(bytes, "x.pkl");
  ASSERT_EQ(pickle.status(), absl::OkStatus());
  EXPECT_EQ(pickle->root->kind, Kind::kBigInt);
  EXPECT_EQ(pickle->root->text, "ninebytes");
}

// These are {"a": (True, [None, 1]), "b": b"z"} by Python's pickle, protocols 2
// and 5.
TEST(Pickle, ReadsContainersOfOldAndNewProtocols) {
  const std::string old_bytes = Bytes(
      "\x80\x02}q\0(X\x01\0\0\0aq\1\x88]q\2(NK\1e\x86q\3X\x01\0\0\0bq\4"
      "C\1zq\5u.behind");
  const std::string new_bytes = Bytes(
      "\x80\x05\x95\x1b\0\0\0\0\0\0\0}\x94(\x8c\1a\x94\x88]\x94(NK\1e"
      "\x86\x94\x8c\1b\x94"
      "C\1z\x94u.behind");
  for (const std::string& bytes : {old_bytes, new_bytes}) {
    const absl::StatusOr<Pickle> pickle = ParsePickle(bytes, "x.pkl");
    ASSERT_EQ(pickle.status(), absl::OkStatus());
    EXPECT_EQ(pickle->size, bytes.size() - 6);
    const PickleValue& dict = *pickle->root;
    ASSERT_EQ(dict.kind, Kind::kDict);
    ASSERT_EQ(dict.items.size(), 4);
    EXPECT_EQ(dict.items[0]->text, "a");
    ASSERT_EQ(dict.items[1]->kind, Kind::kTuple);
    ASSERT_EQ(dict.items[1]->items.size(), 2);
    EXPECT_EQ(dict.items[1]->items[0]->kind, Kind::kBool);
    EXPECT_EQ(dict.items[1]->items[0]->integer, 1);
    const PickleValue& list = *dict.items[1]->items[1];
    ASSERT_EQ(list.kind, Kind::kList);
    ASSERT_EQ(list.items.size(), 2);
    EXPECT_EQ(list.items[0]->kind, Kind::kOpaque);
    EXPECT_EQ(list.items[1]->integer, 1);
    EXPECT_EQ(dict.items[3]->kind, Kind::kBytes);
    EXPECT_EQ(dict.items[3]->text, "z");
  }
}

TEST(Pickle, KeepsCallsAsDataAndNeverMakesThem) {
  for (const std::string& bytes :
       {Bytes("\x80\x02"
              "cposix\nsystem\nX\x04\0\0\0evil\x85R."),
        Bytes("\x80\x04\x8c\5posix\x8c\6system\x93\x8c\4evil\x85R."),
        // What an object would receive afterwards is its state.
        Bytes("cposix\nsystem\nX\4\0\0\0evil\x85RK\1K\2sK\1a}b."),
        Bytes("cposix\nsystem\nX\4\0\0\0evil\x85\x81.")}) {
    const absl::StatusOr<Pickle> pickle = ParsePickle(bytes, "x.pkl");
    ASSERT_EQ(pickle.status(), absl::OkStatus());
    const PickleValue& call = *pickle->root;
    ASSERT_EQ(call.kind, Kind::kCall);
    ASSERT_EQ(call.items.size(), 2);
    EXPECT_TRUE(call.items[0]->IsGlobal("posix", "system"));
    EXPECT_EQ(call.items[1]->items[0]->text, "evil");
    const bool built = bytes[bytes.size() - 2] == 'b';
    ASSERT_EQ(call.state != nullptr, built);
    if (built) {
      EXPECT_EQ(call.state->kind, Kind::kDict);
    }
  }
}

TEST(Pickle, ReadsOrderedDictionaries) {
  for (const std::string& bytes :
       {Bytes("ccollections\nOrderedDict\n)RK\7K\x08s}b."),
        Bytes("ccollections\nOrderedDict\n(](](K\7K\10eetR."),
        Bytes("ccollections\nOrderedDict\n]K\7K\x08\x86"
              "a\x85R.")}) {
    const absl::StatusOr<Pickle> pickle = ParsePickle(bytes, "x.pkl");
    ASSERT_EQ(pickle.status(), absl::OkStatus());
    ASSERT_EQ(pickle->root->kind, Kind::kDict);
    ASSERT_EQ(pickle->root->items.size(), 2);
    EXPECT_EQ(pickle->root->items[0]->integer, 7);
    EXPECT_EQ(pickle->root->items[1]->integer, 8);
  }
}

TEST(Pickle, MayHoldItself) {
  const absl::StatusOr<Pickle> pickle =
      ParsePickle(Bytes("]q\0h\0a."), "x.pkl");
  ASSERT_EQ(pickle.status(), absl::OkStatus());
  EXPECT_EQ(pickle->root->items[0], pickle->root);
}

TEST(Pickle, ReadsDeepNestingWithoutRecursion) {
  std::string bytes(1'000'000, ']');
  bytes += std::string(999'999, 'a') + ".";
  EXPECT_EQ(ParsePickle(bytes, "x.pkl").status(), absl::OkStatus());
}

TEST(Pickle, BoundsItsWork) {
  const std::string reason = "it has too many opcodes";
  std::string pushes;
  for (uint64_t i = 0; i <= kMaxPickleOpcodes / 2; ++i) pushes += "N0";
  ExpectRefused(pushes, reason);
  // A long list is turned into a dictionary many times.
  std::string bomb = "]q";
  bomb += '\0';
  bomb += '(';
  for (int i = 0; i < 10'000; ++i) bomb += "NN\x86";
  bomb += "e0";
  for (int i = 0; i < 1'000; ++i) {
    bomb += Bytes("ccollections\nOrderedDict\nh\0\x85R0");
  }
  ExpectRefused(bomb, reason);
}

TEST(Pickle, RefusesOtherOpcodes) {
  const std::string reason = "it holds an opcode that is not read";
  // The opcodes are INT, INST, OBJ, EXT1, PERSID, STRING, DUP, NEXT_BUFFER and
  // an unknown one.
  for (const char opcode :
       {'I', 'i', 'o', '\x82', 'P', 'S', '2', '\x97', '\xff'}) {
    ExpectRefused(std::string("NN") + opcode + "1\n.", reason);
  }
  ExpectRefused("\x80\x06N.", "its protocol is above 5");
}

TEST(Pickle, RefusesTruncations) {
  const std::string whole = Bytes(
      "\x80\x02}q\0(X\x01\0\0\0aq\1M\1\1J\1\1\1\1\x86\x8a\1\1\x95\0\0\0\0\0\0"
      "\0\0cm\nn\nG\0\0\0\0\0\0\0\0Nu.");
  ASSERT_EQ(ParsePickle(whole, "x.pkl").status(), absl::OkStatus());
  for (size_t size = 0; size < whole.size(); ++size) {
    ExpectRefused(whole.substr(0, size), "it ends too early");
  }
  // No file is as long as these lengths.
  ExpectRefused("\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "it ends too early");
  ExpectRefused("X\xff\xff\xff\xff", "it ends too early");
  ExpectRefused("\x8b\xff\xff\xff\xff", "it ends too early");
}

TEST(Pickle, RefusesStacksThatDoNotMatch) {
  const std::string few = "an opcode finds too few values on the stack";
  for (const char* bytes :
       {".",      "NN.", "(.",   "0",      "1",    "t",     "\x85", "N\x86",
        "NN\x87", "a",   "]a",   "e",      "(e",   "s",     "}Ns",  "u",
        "}(Nu",   "(Nd", "R",    "NR",     "\x93", "N\x93", "b",    "Nb",
        "Q",      "q1",  "\x94", "(N\x86", "N(a",  "NN(R",  "\x90"}) {
    ExpectRefused(bytes, few);
  }
  const std::string other = "an opcode finds a value of another type";
  for (const char* bytes : {"}Na", "](NNu", "](N\x90", "cm\nn\nNR", "NN\x93",
                            "ccollections\nOrderedDict\nN\x85R",
                            "ccollections\nOrderedDict\n]Na\x85R"}) {
    ExpectRefused(bytes, other);
  }
  ExpectRefused("h1", "it recalls a value that it has not stored");
  ExpectRefused("j1234", "it recalls a value that it has not stored");
}

}  // namespace
}  // namespace caldera::base
