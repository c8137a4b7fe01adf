#include "eval/linear/lbfgs.h"

#include <ATen/TensorOperators.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

namespace caldera::eval {
namespace {

constexpr double kDecrease = 1e-4;   // c1 of the Wolfe conditions
constexpr double kCurvature = 0.9;   // c2
constexpr int kMaxEvaluations = 25;  // a line search

double Dot(const at::Tensor& a, const at::Tensor& b) {
  return a.flatten().dot(b.flatten()).item<double>();
}

// A point on the search line: x + step * direction.
struct Point {
  double step, value, slope;
  at::Tensor x, gradient;
};

class Line {
 public:
  Line(const DifferentiableFunction& function, const Point& start,
       const at::Tensor& direction)
      : function_(function), start_(start), direction_(direction) {}

  Point At(double step) {
    ++evaluations_;
    Point p{step, 0, 0, start_.x + step * direction_, {}};
    p.value = function_(p.x, &p.gradient);
    p.slope = Dot(p.gradient, direction_);
    return p;
  }
  int evaluations() const { return evaluations_; }

  // Returns true for a sufficient decrease, false if the value is not finite.
  bool Decreases(const Point& p) const {
    return p.value <= start_.value + kDecrease * p.step * start_.slope;
  }
  bool Flat(const Point& p) const {
    return std::abs(p.slope) <= -kCurvature * start_.slope;
  }

 private:
  const DifferentiableFunction& function_;
  const Point& start_;
  const at::Tensor& direction_;
  int evaluations_ = 0;
};

// Returns the minimum of the cubic through two points and their slopes, kept a
// tenth of the interval from its ends, or the middle if there is no minimum.
double CubicMinimum(const Point& a, const Point& b) {
  const double width = b.step - a.step;
  const double middle = a.step + 0.5 * width;
  const double d1 =
      a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!std::isfinite(square) || square < 0) return middle;
  const double d2 = std::copysign(std::sqrt(square), width);
  const double step =
      b.step - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  if (!std::isfinite(step)) return middle;
  const double low = std::min(a.step, b.step), margin = 0.1 * std::abs(width);
  return std::clamp(step, low + margin, low + std::abs(width) - margin);
}

// Implements algorithm 3.6: `low` satisfies the decrease with the least value
// so far, and the interval to `high` holds an acceptable step.
Point Zoom(Line& line, Point low, Point high) {
  while (line.evaluations() < kMaxEvaluations) {
    Point p = line.At(CubicMinimum(low, high));
    if (!line.Decreases(p) || p.value >= low.value) {
      high = std::move(p);
      continue;
    }
    if (line.Flat(p)) return p;
    if (p.slope * (high.step - low.step) >= 0) high = std::move(low);
    low = std::move(p);
  }
  return low;
}

// Implements algorithm 3.5. Returns a point of step 0 if nothing lower was
// found.
Point Search(Line& line, const Point& start, double first_step) {
  Point previous = start;
  double step = first_step;
  while (line.evaluations() < kMaxEvaluations) {
    Point p = line.At(step);
    if (!line.Decreases(p) ||
        (previous.step > 0 && p.value >= previous.value)) {
      return Zoom(line, std::move(previous), std::move(p));
    }
    if (line.Flat(p)) return p;
    if (p.slope >= 0) return Zoom(line, std::move(p), std::move(previous));
    previous = std::move(p);
    step *= 2;
  }
  return previous;
}

// Implements the two-loop recursion: returns -H g from the last steps s and
// gradient changes y.
class InverseHessian {
 public:
  explicit InverseHessian(size_t history) : history_(history) {}

  void Add(const at::Tensor& s, const at::Tensor& y) {
    const double curvature = Dot(s, y);
    const double y_squared = Dot(y, y);
    // The pair is only rounding and would break positive definiteness.
    if (!(curvature > 1e-10 * y_squared)) return;
    if (pairs_.size() == history_) pairs_.pop_front();
    pairs_.push_back({s, y, curvature});
    scale_ = curvature / y_squared;
  }
  void Clear() { pairs_.clear(); }
  bool empty() const { return pairs_.empty(); }

  at::Tensor Direction(const at::Tensor& gradient) const {
    at::Tensor q = -gradient;
    std::vector<double> alpha(pairs_.size());
    for (size_t i = pairs_.size(); i-- > 0;) {
      alpha[i] = Dot(pairs_[i].s, q) / pairs_[i].curvature;
      q.sub_(pairs_[i].y, alpha[i]);
    }
    if (!pairs_.empty()) q.mul_(scale_);
    for (size_t i = 0; i < pairs_.size(); ++i) {
      const double beta = Dot(pairs_[i].y, q) / pairs_[i].curvature;
      q.add_(pairs_[i].s, alpha[i] - beta);
    }
    return q;
  }

 private:
  struct Pair {
    at::Tensor s, y;
    double curvature;
  };
  size_t history_;
  std::deque<Pair> pairs_;
  double scale_ = 1;
};

}  // namespace

LbfgsResult MinimizeLbfgs(const DifferentiableFunction& function, at::Tensor x,
                          const LbfgsOptions& options) {
  CHECK(x.scalar_type() == at::kDouble);
  Point here{0, 0, 0, std::move(x), {}};
  here.value = function(here.x, &here.gradient);
  const double target =
      options.gradient_tolerance * std::sqrt(Dot(here.gradient, here.gradient));
  InverseHessian hessian(options.history);
  for (int iteration = 0;; ++iteration) {
    const double norm = std::sqrt(Dot(here.gradient, here.gradient));
    // A test for "not above" would take NaN for convergence.
    if (norm <= target) return {here.x, here.value, iteration, true};
    if (iteration == options.max_iterations || !std::isfinite(norm)) {
      return {here.x, here.value, iteration, false};
    }
    Point next;
    // Tries again from the gradient alone, in case old pairs mislead.
    for (const bool again : {false, true}) {
      if (again) hessian.Clear();
      const at::Tensor direction = hessian.Direction(here.gradient);
      here.step = 0;
      here.slope = Dot(here.gradient, direction);
      next = here;
      if (here.slope < 0) {
        Line line(function, here, direction);
        next = Search(line, here, hessian.empty() ? std::min(1., 1 / norm) : 1);
      }
      if (next.step > 0) break;
    }
    if (next.step == 0) return {here.x, here.value, iteration, false};
    hessian.Add(next.x - here.x, next.gradient - here.gradient);
    here = std::move(next);
  }
}

int64_t LbfgsTensors(const LbfgsOptions& options) {
  // Two of each pair; five points of a line search with their gradients, the
  // direction, and a new pair with what it is computed from.
  return 2 * int64_t{std::min(options.history, options.max_iterations)} + 16;
}

}  // namespace caldera::eval
