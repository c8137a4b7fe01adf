#include "vit/weights/pth_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace caldera::vit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string File(const std::string& name) {
  std::ifstream file("vit/weights/testdata/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void ExpectRefused(const std::string& bytes, const std::string& reason) {
  const absl::StatusOr<PthIndex> index = ParsePthIndex(bytes, "x.pth");
  ASSERT_EQ(index.status().code(), absl::StatusCode::kInvalidArgument)
      << reason;
  EXPECT_THAT(std::string(index.status().message()), HasSubstr(reason));
  EXPECT_EQ(index.status().message().substr(0, 5), "x.pth");
}

template <size_t N>
std::string Bytes(const char (&text)[N]) {
  return std::string(text, N - 1);
}

// Returns a file in the format before 1.6, whose numbers no checksum protects:
// {"w": float32, the arguments of _rebuild_tensor_v2 after the storage} of the
// storage "0" with `declared` elements, two of which are in the file.
std::string Stream(const std::string& arguments, uint8_t declared = 2,
                   const std::string& storage_class = "FloatStorage") {
  const std::string magic =
      Bytes("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
  const std::string version = Bytes("\x80\x02M\xe9\x03.");
  const std::string machine = Bytes("\x80\x02}X\x0d\0\0\0little_endian\x88s.");
  const std::string object = absl::StrCat(
      Bytes("\x80\x02}X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0"
            "storagectorch\n"),
      storage_class, Bytes("\nX\1\0\0\0000X\3\0\0\0cpuK"),
      std::string(1, declared), "NtQ", arguments, "\x89NtRs.");
  const std::string keys = Bytes("\x80\x02]X\1\0\0\0000a.");
  return absl::StrCat(magic, version, machine, object, keys,
                      Bytes("\2\0\0\0\0\0\0\0abcdefgh"));
}

// The arguments are offset 0, shape [2] and stride [1].
std::string Plain() { return Bytes("K\0K\2\x85K\1\x85"); }

TEST(PthIndex, ReadsBothFormatsAlike) {
  const std::string zip = File("bare.pth"), stream = File("legacy.pth");
  const absl::StatusOr<PthIndex> a = ParsePthIndex(zip, "a");
  const absl::StatusOr<PthIndex> b = ParsePthIndex(stream, "b");
  ASSERT_EQ(a.status(), absl::OkStatus());
  ASSERT_EQ(b.status(), absl::OkStatus());
  ASSERT_EQ(a->tensors.size(), 20);
  ASSERT_EQ(b->tensors.size(), 20);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(a->tensors[i].name, b->tensors[i].name);
    EXPECT_EQ(a->tensors[i].dtype, "F32");
    EXPECT_EQ(a->tensors[i].shape, b->tensors[i].shape);
    EXPECT_EQ(a->tensors[i].strides, b->tensors[i].strides);
    EXPECT_EQ(a->tensors[i].bytes, b->tensors[i].bytes);
  }
  EXPECT_EQ(a->tensors[0].name, "cls_token");
  EXPECT_THAT(a->tensors[0].shape, ElementsAre(1, 1, 8));
  EXPECT_EQ(a->container, "");
  EXPECT_THAT(a->ignored, IsEmpty());
}

TEST(PthIndex, FindsTheStateDictOfATrainingCheckpoint) {
  for (const auto& [file, container, first] :
       {std::tuple("training.pth", "model", "cls_token"),
        std::tuple("state_dict.pth", "state_dict",
                   "module._orig_mod.cls_token"),
        std::tuple("teacher.pth", "teacher", "module.backbone.cls_token")}) {
    const std::string bytes = File(file);
    const absl::StatusOr<PthIndex> index = ParsePthIndex(bytes, file);
    ASSERT_EQ(index.status(), absl::OkStatus());
    EXPECT_EQ(index->container, container);
    EXPECT_EQ(index->tensors[0].name, first);
  }
}

TEST(PthIndex, LeavesHostileObjectsAlone) {
  std::string bytes = File("hostile_beside.pth");
  absl::StatusOr<PthIndex> index = ParsePthIndex(bytes, "x.pth");
  ASSERT_EQ(index.status(), absl::OkStatus());
  EXPECT_EQ(index->tensors.size(), 1);
  EXPECT_THAT(index->ignored, IsEmpty());
  bytes = File("hostile_inside.pth");
  index = ParsePthIndex(bytes, "x.pth");
  ASSERT_EQ(index.status(), absl::OkStatus());
  EXPECT_EQ(index->tensors.size(), 1);
  EXPECT_THAT(index->ignored, ElementsAre("extra"));
  ExpectRefused(File("hostile_root.pth"),
                "it holds an object of posix.system, and no code of a file is "
                "run; save model.state_dict(), or a dictionary that holds it "
                "as \"model\"");
  EXPECT_FALSE(std::filesystem::exists("caldera_was_here"));
}

TEST(PthIndex, RefusesOtherFiles) {
  ExpectRefused("", "it is not a file of torch.save");
  ExpectRefused("\x80\x02N.", "it is not a file of torch.save");
  ExpectRefused(File("plain.safetensors"), "it is not a file of torch.save");
  ExpectRefused(File("no_index.pth"),
                "it is a zip archive, but not one of torch.save: it has no "
                "FOLDER/data.pkl");
  ExpectRefused(File("module.pth"),
                "it holds an object of torch.nn.modules.linear.Linear");
  ExpectRefused(File("module_legacy.pth"), "it holds no dictionary");
  ExpectRefused(File("no_tensors.pth"),
                "its dictionary holds no tensors, neither of its own nor "
                "under model, state_dict, model_state_dict or teacher; it "
                "holds \"a\"");
  ExpectRefused(File("big_endian.pth"), "its numbers are big-endian");
  ExpectRefused(File("deflated.pth"), "is compressed or encrypted");
}

TEST(PthIndex, RefusesTensorsThatTheReaderLacks) {
  ExpectRefused(File("sparse.pth"),
                "tensor \"w\": tensors of torch._utils._rebuild_sparse_tensor "
                "are not supported");
  ExpectRefused(File("complex.pth"),
                "tensor \"w\": elements of torch.ComplexFloatStorage are not "
                "supported");
}

TEST(PthIndex, RefusesDamagedStorages) {
  ExpectRefused(File("no_storage.pth"), "it has no entry \"small/data/0\"");
  ExpectRefused(File("short_storage.pth"),
                "tensor \"w\": its storage has 4 bytes where 8 are expected");
  std::string damaged = File("small.pth");
  const size_t data = damaged.find(Bytes("\0\0\x80\x3f\0\0\0\x40"));
  ASSERT_NE(data, std::string::npos);
  damaged[data] = 1;
  ExpectRefused(damaged, "does not have its checksum");
}

TEST(PthIndex, ReadsAStream) {
  const std::string bytes = Stream(Plain());
  const absl::StatusOr<PthIndex> index = ParsePthIndex(bytes, "x.pth");
  ASSERT_EQ(index.status(), absl::OkStatus());
  ASSERT_EQ(index->tensors.size(), 1);
  EXPECT_EQ(index->tensors[0].bytes, "abcdefgh");
  EXPECT_TRUE(LooksLikePth(bytes));
}

TEST(PthIndex, RefusesTensorsThatLeaveTheirStorage) {
  ExpectRefused(Stream(Bytes("K\0K\3\x85K\1\x85")),
                "tensor \"w\": shape [3] with strides [1] from element 0 "
                "leaves its storage of 2 elements");
  ExpectRefused(Stream(Bytes("K\1K\2\x85K\1\x85")), "leaves its storage");
  ExpectRefused(Stream(Bytes("K\0K\2\x85K\2\x85")), "leaves its storage");
  ExpectRefused(Stream(Bytes("K\3K\0\x85K\1\x85")), "leaves its storage");
  ExpectRefused(Stream(Bytes("J\xff\xff\xff\xffK\2\x85K\1\x85")),
                "it lacks its storage or its offset, or that is negative");
  for (const std::string& extents :
       {Bytes("J\xff\xff\xff\xff\x85K\1\x85"),
        Bytes("K\2\x85J\xff\xff\xff\xff"
              "\x85"),
        Bytes("K\2\x85K\1K\1\x86"), Bytes("NK\1\x85"), Bytes("K\2\x85)")}) {
    ExpectRefused(Stream(Bytes("K\0") + extents),
                  "its shape and strides are not as many sizes, none of them "
                  "negative");
  }
}

TEST(PthIndex, RefusesShapesThatOverflowOrExplode) {
  const std::string huge = Bytes("\x8a\x08\0\0\0\0\0\0\0\x40");  // 2^62
  ExpectRefused(Stream(Bytes("K\0") + huge + "\x85" + Bytes("K\0\x85")),
                "its shape overflows");
  ExpectRefused(
      Stream(Bytes("K\0") + huge + huge + "\x86" + Bytes("K\0K\0\x86")),
      "its shape overflows");
  ExpectRefused(Stream(Bytes("K\0K\3\x85") + huge + "\x85"),
                "its shape overflows");
  // The tensor has no bytes, but its strides overflow.
  ExpectRefused(Stream(Bytes("K\0K\0") + huge + "\x86" + Bytes("K\0K\0\x86")),
                "its shape overflows");
  // One element is repeated 2^31 - 1 times.
  ExpectRefused(Stream(Bytes("K\0J\xff\xff\xff\x7f\x85K\0\x85")),
                "beyond 16 times its size; save contiguous tensors");
  // The tensor has 65 dimensions.
  std::string ones, zeros;
  for (int i = 0; i < 65; ++i) {
    ones += "K\1";
    zeros += Bytes("K\0");
  }
  ExpectRefused(Stream(Bytes("K\0(") + ones + "t(" + zeros + "t"),
                "its shape and strides are not");
}

TEST(PthIndex, RefusesDamagedStreams) {
  const std::string whole = Stream(Plain());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParsePthIndex(whole.substr(0, size), "x.pth").ok()) << size;
  }
  ExpectRefused(Stream(Plain(), 3),
                "its storage \"0\" is cut off or of another size than its "
                "tensors say");
  ExpectRefused(Stream(Plain(), 2, "NoStorage"),
                "elements of torch.NoStorage are not supported");
  ExpectRefused(
      absl::StrReplaceAll(whole, {{"little_endian\x88", "little_endian\x89"}}),
      "its numbers are big-endian");
  ExpectRefused(absl::StrReplaceAll(whole, {{"\xe9\x03", "\xea\x03"}}),
                "its format version is not 1001");
}

TEST(PthIndex, SurvivesEveryChangedByte) {
  for (const std::string& whole :
       {Stream(Plain()), File("small.pth"), File("small.pth").substr(0, 900)}) {
    for (size_t i = 0; i < whole.size(); ++i) {
      for (const int change : {0x01, 0x80, 0xff}) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ change);
        const absl::StatusOr<PthIndex> index = ParsePthIndex(changed, "x.pth");
        if (!index.ok()) continue;
        for (const PthTensor& tensor : index->tensors) {
          EXPECT_LE(tensor.bytes.size(), changed.size());
        }
      }
    }
  }
}

}  // namespace
}  // namespace caldera::vit
