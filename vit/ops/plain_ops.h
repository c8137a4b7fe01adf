// Chooses the plain form of every operation of this folder that is fused with
// its neighbour: the same formula from one operator after the other.
//
//   const vit::PlainOps plain(experiment.train().plain_ops());
//   encoder->forward(images);  // linear(norm(x)), x + linear(y), ...
//
// A fused operation and its plain form differ in rounding, memory and time
// alone. Where a result looks wrong, a run with the plain forms tells whether a
// fused one is the cause. Only the plain forms, attention's among them, have
// second derivatives (first_derivative.h).
//
// The choice holds for all threads of the process, and is made in the forward
// pass: a backward pass follows the graph that the forward pass has recorded.
//
// Caveat: at most one thread has such objects, each inside the other's scope.
#ifndef CALDERA_VIT_OPS_PLAIN_OPS_H_
#define CALDERA_VIT_OPS_PLAIN_OPS_H_

namespace caldera::vit {

class PlainOps {
 public:
  explicit PlainOps(bool plain = true);
  ~PlainOps();  // restores the choice of before
  PlainOps(const PlainOps&) = delete;
  PlainOps& operator=(const PlainOps&) = delete;

  // Returns true where the plain forms are chosen.
  static bool chosen();

 private:
  bool before_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_PLAIN_OPS_H_
