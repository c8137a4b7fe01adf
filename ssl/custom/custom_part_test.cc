#include "ssl/custom/custom_part.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace caldera::ssl {
namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual double Area() const = 0;
};

class Square : public Shape {
 public:
  explicit Square(double side) : side_(side) {}
  double Area() const override { return side_ * side_; }

 private:
  double side_;
};

using CustomShape = CustomPart<Shape, double>;

const CustomShape kSquare(
    "square", "an example", [](CustomOptions& options, double unit) {
      const double side = options.Number("side", 2);
      const int64_t times = options.Integer("times", 1);
      const bool big =
          options.Choice("size", "small", {"small", "big"}) == "big";
      return std::make_unique<Square>(side * unit * static_cast<double>(times) *
                                      (big ? 10 : 1));
    });

const CustomShape kNone("none", "another",
                        [](CustomOptions&, double unit)
                            -> absl::StatusOr<std::unique_ptr<Shape>> {
                          if (unit > 0) return std::make_unique<Square>(0);
                          return absl::InvalidArgumentError("unit: too small");
                        });

using CustomOther = CustomPart<Shape>;

CustomSpec Spec(const std::string& text) {
  CustomSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec));
  return spec;
}

std::string Error(const std::string& text, double unit = 1) {
  const auto shape = CustomShape::Create(Spec(text), unit);
  EXPECT_EQ(shape.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(shape.status().message());
}

TEST(CustomPart, IsMadeFromItsOptions) {
  EXPECT_EQ((*CustomShape::Create(Spec("name: 'square'"), 3))->Area(), 36);
  EXPECT_EQ((*CustomShape::Create(
                 Spec("name: 'square' option: 'side=0.5' option: 'size=big' "
                      "option: 'times=2'"),
                 1))
                ->Area(),
            100);
}

TEST(CustomPart, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(
      Error("name: 'sqare'"),
      "name: \"sqare\" is not a registered part of this kind; did you mean "
      "\"square\"?");
  EXPECT_EQ(Error(""), "name: none is given; did you mean \"none\"?");
  EXPECT_EQ(
      CustomOther::Create(Spec("name: 'square'")).status().message(),
      "name: \"square\" is not a registered part of this kind, and no other "
      "is; write one (docs/adding-a-method.md)");
  EXPECT_EQ(Error("name: 'square' option: 'side=1' option: 'tims=2'"),
            "option[1]: square has no option \"tims\"; did you mean "
            "\"times\"?");
  EXPECT_EQ(Error("name: 'none' option: 'side=1'"),
            "option[0]: none has no option \"side\", and no others; leave it "
            "out");
}

TEST(CustomPart, RefusesWrongOptions) {
  EXPECT_EQ(Error("name: 'square' option: 'side'"),
            "option[0]: is not of the form key=value");
  EXPECT_EQ(Error("name: 'square' option: '=3'"),
            "option[0]: is not of the form key=value");
  EXPECT_EQ(Error("name: 'square' option: 'side=1' option: 'side=2'"),
            "option[1]: \"side\" is given twice");
  for (const char* value : {"wide", "inf", "nan", "", "1x"}) {
    EXPECT_EQ(Error(std::string("name: 'square' option: 'side=") + value + "'"),
              std::string("option[0]: side=") + value + " is not a number");
  }
  EXPECT_EQ(Error("name: 'square' option: 'times=1.5'"),
            "option[0]: times=1.5 is not an integer");
  EXPECT_EQ(Error("name: 'square' option: 'size=huge'"),
            "option[0]: size=huge is none of small, big");
}

TEST(CustomPart, MayRefuseWhatItIsGiven) {
  EXPECT_EQ(Error("name: 'none'", -1), "unit: too small");
}

TEST(CustomExamples, AreThoseOfAllParts) {
  EXPECT_EQ(CustomExamples().at("square"), "an example");
  EXPECT_EQ(CustomExamples().at("none"), "another");
  EXPECT_EQ(CustomShape::Names(), (std::vector<std::string>{"none", "square"}));
}

TEST(CustomExamplesDeathTest, NamesAreTakenOnce) {
  EXPECT_DEATH(AddCustomExample("square", ""), "two custom parts");
}

}  // namespace
}  // namespace caldera::ssl
