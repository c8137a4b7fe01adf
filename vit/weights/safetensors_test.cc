#include "vit/weights/safetensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;

// Returns the little-endian length, header and data, as the format defines.
std::string File(const std::string& header, const std::string& data = "") {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) {
    bytes += static_cast<char>(uint64_t{header.size()} >> shift & 0xff);
  }
  return bytes + header + data;
}

void ExpectRefused(const std::string& bytes, const std::string& reason) {
  const absl::StatusOr<Safetensors> file = ParseSafetensors(bytes, "x.st");
  ASSERT_FALSE(file.ok()) << reason;
  EXPECT_EQ(file.status(),
            absl::InvalidArgumentError(absl::StrCat(
                "x.st is not a valid safetensors file: ", reason)));
}

// Returns a header with one tensor "a" and four bytes of data.
void ExpectTensorRefused(const std::string& entry, const std::string& reason) {
  ExpectRefused(File(absl::StrCat("{\"a\":", entry, "}"), "abcd"),
                absl::StrCat("tensor \"a\": ", reason));
}

TEST(Safetensors, RoundTripsEveryDtypeAndShape) {
  Safetensors file;
  for (const at::ScalarType dtype :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
        at::kShort, at::kChar, at::kByte, at::kBool}) {
    const std::string name = c10::toString(dtype);
    file.tensors[name] = at::arange(15).sub(7).to(dtype).view({3, 5});
    file.tensors[name + " scalar"] = at::full({}, 1, dtype);
    file.tensors[name + " empty"] = at::empty({2, 0, 3}, dtype);
    file.tensors[name + " transposed"] = file.tensors[name].t();
    file.tensors[name + " sliced"] = file.tensors[name].slice(1, 1, 5, 2);
    file.tensors[name + " expanded"] = file.tensors[name][0].expand({2, 5});
  }
  file.tensors["a \"name\" \\ with \n \xc3\xa9"] = at::full({1}, 2.0);
  file.metadata = {{"format", "pt"}, {"text", "two\nlines, \"\xe2\x82\xac\""}};
  const fs::path path = fs::path(testing::TempDir()) / "all.safetensors";
  ASSERT_EQ(WriteSafetensors(path, file), absl::OkStatus());

  const absl::StatusOr<Safetensors> again = ReadSafetensors(path);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_EQ(again->metadata, file.metadata);
  ASSERT_EQ(again->tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    ASSERT_EQ(again->tensors.count(name), 1) << name;
    const at::Tensor& read = again->tensors.at(name);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_EQ(read.sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(read.is_contiguous()) << name;
    EXPECT_TRUE(at::equal(read, tensor)) << name;
  }
}

TEST(Safetensors, MapsTheFileAndNeverWritesIt) {
  const fs::path path = fs::path(testing::TempDir()) / "mapped.safetensors";
  ASSERT_EQ(WriteSafetensors(path, {{{"w", at::full({3}, 1.0)}}, {}}),
            absl::OkStatus());
  const absl::StatusOr<Safetensors> mapped = ReadSafetensors(path);
  ASSERT_EQ(mapped.status(), absl::OkStatus());
  const at::Tensor w = mapped->tensors.at("w");
  w.fill_(2);
  ASSERT_EQ(WriteSafetensors(path, {{{"w", at::full({3}, 3.0)}}, {}}),
            absl::OkStatus());
  EXPECT_TRUE(at::equal(w, at::full({3}, 2.0)));
  EXPECT_TRUE(
      at::equal(ReadSafetensors(path)->tensors.at("w"), at::full({3}, 3.0)));
}

TEST(Safetensors, ReadsUnalignedTensorsAndBooleansOfAnyByte) {
  const std::string bytes =
      File(R"({"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},)"
           R"("b":{"dtype":"I16","shape":[2],"data_offsets":[3,7]}})",
           std::string("\0\1\7\1\0\2\0", 7));
  const fs::path path = fs::path(testing::TempDir()) / "odd.safetensors";
  std::ofstream(path, std::ios::binary) << bytes;
  const absl::StatusOr<Safetensors> file = ReadSafetensors(path);
  ASSERT_EQ(file.status(), absl::OkStatus());
  const at::Tensor flags = file->tensors.at("a");
  EXPECT_EQ(flags.scalar_type(), at::kBool);
  EXPECT_TRUE(at::equal(flags.to(at::kByte), at::tensor({0, 1, 1}, at::kByte)));
  EXPECT_TRUE(at::equal(file->tensors.at("b"), at::tensor({1, 2}, at::kShort)));
}

TEST(Safetensors, RoundTripsNothingAndGradients) {
  const fs::path path = fs::path(testing::TempDir()) / "few.safetensors";
  ASSERT_EQ(WriteSafetensors(path, {}), absl::OkStatus());
  absl::StatusOr<Safetensors> again = ReadSafetensors(path);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_TRUE(again->tensors.empty());
  EXPECT_TRUE(again->metadata.empty());

  const at::Tensor parameter = at::full({2}, 3.0).requires_grad_();
  ASSERT_EQ(WriteSafetensors(path, {{{"p", parameter}}, {}}), absl::OkStatus());
  again = ReadSafetensors(path);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_FALSE(again->tensors["p"].requires_grad());
  EXPECT_TRUE(at::equal(again->tensors["p"], parameter));
}

TEST(Safetensors, ParsesAMinimalFile) {
  const std::string bytes(
      "\x3a\0\0\0\0\0\0\0"
      "{\"w\":{\"dtype\":\"I16\",\"shape\":[2],"
      "\"data_offsets\":[0,4]}}    "
      "\x01\x00\xfe\xff",
      8 + 0x3a + 4);
  const absl::StatusOr<Safetensors> file = ParseSafetensors(bytes, "x.st");
  ASSERT_EQ(file.status(), absl::OkStatus());
  ASSERT_EQ(file->tensors.size(), 1);
  EXPECT_TRUE(
      at::equal(file->tensors.at("w"), at::tensor({1, -2}, at::kShort)));
  EXPECT_TRUE(file->metadata.empty());
}

TEST(Safetensors, RefusesFilesWithoutAHeader) {
  ExpectRefused("", "only 0 bytes");
  ExpectRefused("1234567", "only 7 bytes");
  ExpectRefused(File("{}  ").substr(0, 10),
                "the header should have 4 bytes, the file has 2");
  ExpectRefused(std::string(8, '\xff') + "{}",
                "the header should have 18446744073709551615 bytes, the file "
                "has 2");
  for (const std::string header : {"", "{", "{\"a\"}", "[]", "null", "1",
                                   "{} x", "{\"\xff\":1}", "{\"a\":1e999}"}) {
    ExpectRefused(File(header), "the header is not a JSON object");
  }
}

TEST(Safetensors, RefusesDeepNesting) {
  for (const std::string open : {"[", "{\"a\":", "{\"a\":["}) {
    std::string header;
    while (header.size() < 1'000'000) header += open;
    ExpectRefused(File(header), "the header nests more than 8 levels of JSON");
  }
}

TEST(Safetensors, RefusesKeysThatOccurTwice) {
  const std::string empty =
      R"({"dtype":"I8","shape":[0],"data_offsets":[0,0]})";
  ExpectRefused(File(absl::StrCat("{\"b\":", empty, ",\"b\":", empty, "}")),
                "the key \"b\" occurs twice");
  ExpectRefused(File(R"({"__metadata__":{"k":"1","k":"2"}})"),
                "the key \"k\" occurs twice");
  // The same key in two objects is valid.
  EXPECT_TRUE(
      ParseSafetensors(
          File(absl::StrCat("{\"b\":", empty, ",\"c\":", empty, "}")), "x.st")
          .ok());
}

TEST(Safetensors, RefusesIncompleteEntries) {
  const std::string reason = "needs dtype, shape and data_offsets [begin, end]";
  for (const std::string entry :
       {"1", "[]", "{}", R"({"shape":[1],"data_offsets":[0,4]})",
        R"({"dtype":"F32","data_offsets":[0,4]})",
        R"({"dtype":"F32","shape":[1]})",
        R"({"dtype":4,"shape":[1],"data_offsets":[0,4]})",
        R"({"dtype":"F32","shape":1,"data_offsets":[0,4]})",
        R"({"dtype":"F32","shape":[1],"data_offsets":4})",
        R"({"dtype":"F32","shape":[1],"data_offsets":[4]})",
        R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,4]})"}) {
    ExpectTensorRefused(entry, reason);
  }
}

// Their places count as those of other tensors.
TEST(Safetensors, PassesOverUnknownDtypes) {
  for (const std::string dtype : {"F8_E4M3", "C64", ""}) {
    const std::string entry = absl::StrCat("{\"dtype\":\"", dtype,
                                           "\",\"shape\":[4],"
                                           "\"data_offsets\":[0,4]}");
    std::string header = absl::StrCat("{\"w\":", entry,
                                      ",\"v\":{\"dtype\":\"F32\",\"shape\":[1]"
                                      ",\"data_offsets\":[4,8]}}");
    const uint64_t size = header.size();
    const std::string bytes =
        std::string(reinterpret_cast<const char*>(&size), 8) + header +
        std::string(8, '\0');
    const auto file = ParseSafetensors(bytes, "x");
    ASSERT_EQ(file.status(), absl::OkStatus()) << dtype;
    EXPECT_EQ(file->ignored, std::vector<std::string>{"w"});
    EXPECT_EQ(file->tensors.size(), 1);
    EXPECT_EQ(file->tensors.count("v"), 1);
  }
}

TEST(Safetensors, RefusesWrongShapes) {
  const auto entry = [](const std::string& shape) {
    return absl::StrCat("{\"dtype\":\"F32\",\"shape\":", shape,
                        ",\"data_offsets\":[0,4]}");
  };
  for (const std::string shape :
       {"[-1]", "[1.0]", "[0.5]", "[\"1\"]", "[null]", "[[1]]", "[true]",
        "[18446744073709551616]"}) {
    ExpectTensorRefused(entry(shape), "shape has a value that is not a size");
  }
  for (const std::string shape :
       {"[18446744073709551615]", "[9223372036854775808]",
        "[4611686018427387904]", "[4294967296,4294967296]",
        // The tensor has no bytes, but its strides overflow.
        "[0,4294967296,4294967296]", "[4294967296,0,4294967296]"}) {
    ExpectTensorRefused(entry(shape), "shape overflows");
  }
  ExpectTensorRefused(entry("[2]"), "shape needs 8 bytes, data_offsets give 4");
  ExpectTensorRefused(entry("[0]"), "shape needs 0 bytes, data_offsets give 4");
}

TEST(Safetensors, RefusesWrongOffsets) {
  const auto entry = [](const std::string& offsets) {
    return absl::StrCat(
        "{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":", offsets, "}");
  };
  for (const std::string offsets : {"[-4,0]", "[0,4.0]", "[\"0\",4]"}) {
    ExpectTensorRefused(entry(offsets),
                        "data_offsets has a value that is not an offset");
  }
  ExpectTensorRefused(entry("[1,5]"),
                      "data_offsets [1, 5] lie outside the 4 bytes of data");
  ExpectTensorRefused(entry("[4,0]"),
                      "data_offsets [4, 0] lie outside the 4 bytes of data");
  ExpectTensorRefused(
      entry("[18446744073709551615,3]"),
      "data_offsets [18446744073709551615, 3] lie outside the 4 bytes of data");
}

TEST(Safetensors, RefusesOverlapsHolesAndTrailingBytes) {
  const auto file = [](const std::string& first, const std::string& second) {
    const std::string entry = R"({"dtype":"I16","shape":[1],"data_offsets":)";
    return File(
        absl::StrCat("{\"b\":", entry, first, "},\"a\":", entry, second, "}}"),
        "abcdef");
  };
  ExpectRefused(file("[0,2]", "[1,3]"),
                "tensor \"a\" begins at 1 where 2 was expected: overlap or "
                "hole");
  ExpectRefused(file("[2,4]", "[2,4]"),
                "tensor \"a\" begins at 2 where 0 was expected: overlap or "
                "hole");
  ExpectRefused(file("[4,6]", "[0,2]"),
                "tensor \"b\" begins at 4 where 2 was expected: overlap or "
                "hole");
  ExpectRefused(file("[2,4]", "[0,2]"), "2 bytes after the last tensor");
  ExpectRefused(File("{}", "a"), "1 bytes after the last tensor");
}

TEST(Safetensors, RefusesMetadataThatIsNoText) {
  ExpectRefused(File(R"({"__metadata__":"pt"})"),
                "__metadata__ is not an object");
  for (const std::string value : {"1", "null", "{}", "[\"a\"]"}) {
    ExpectRefused(File(absl::StrCat("{\"__metadata__\":{\"k\":", value, "}}")),
                  "__metadata__ \"k\" is not a string");
  }
}

TEST(ReadSafetensors, NamesThePath) {
  const fs::path folder = fs::path(testing::TempDir()) / "read";
  fs::create_directories(folder);
  const std::string missing = folder / "missing.safetensors";
  EXPECT_EQ(ReadSafetensors(missing).status(),
            absl::NotFoundError(absl::StrCat("cannot open ", missing,
                                             ": No such file or directory")));
  EXPECT_EQ(ReadSafetensors(folder).status(),
            absl::InvalidArgumentError(absl::StrCat(
                "cannot read ", folder.string(), ": it is no regular file")));
  const std::string cut = folder / "cut.safetensors";
  std::ofstream(cut) << "{}";
  EXPECT_EQ(ReadSafetensors(cut).status(),
            absl::InvalidArgumentError(absl::StrCat(
                cut, " is not a valid safetensors file: only 2 bytes")));
}

TEST(WriteSafetensors, RefusesWhatTheFormatCannotHold) {
  const fs::path path = fs::path(testing::TempDir()) / "refused.safetensors";
  EXPECT_EQ(
      WriteSafetensors(path,
                       {{{"z", at::full({1}, 1, at::kComplexFloat)}}, {}}),
      absl::InvalidArgumentError("safetensors cannot hold the type of \"z\""));
  EXPECT_EQ(
      WriteSafetensors(path, {{{"__metadata__", at::full({1}, 1.0)}}, {}}),
      absl::InvalidArgumentError(
          "safetensors cannot hold a tensor named \"__metadata__\""));
  const std::string no_utf8 = "\xff";
  for (const Safetensors& file :
       {Safetensors{{{no_utf8, at::full({1}, 1.0)}}, {}},
        Safetensors{{}, {{no_utf8, "v"}}}, Safetensors{{}, {{"k", no_utf8}}}}) {
    EXPECT_EQ(
        WriteSafetensors(path, file),
        absl::InvalidArgumentError(absl::StrCat(
            path.string(), ": a tensor's name or the metadata is not UTF-8")));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(WriteSafetensors, SaysWhereItCouldNotWrite) {
  const std::string path =
      fs::path(testing::TempDir()) / "no_such_folder" / "a.safetensors";
  const absl::Status status = WriteSafetensors(path, {});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find(path), absl::string_view::npos) << status;
}

}  // namespace
}  // namespace caldera::vit
