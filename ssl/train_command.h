// Implements the command that trains the experiment of a spec, under its
// several names.
//
//   int main(int argc, char** argv) {
//     return ssl::RunTrainCommand({"pretrain", "trains an encoder ...",
//                                  "fashion_mnist/m_mae"}, argc, argv);
//   }
#ifndef CALDERA_SSL_TRAIN_COMMAND_H_
#define CALDERA_SSL_TRAIN_COMMAND_H_

namespace caldera::ssl {

struct TrainCommand {
  const char* name;     // the binary's
  const char* purpose;  // goes on "name: ..." in --help
  const char* spec;     // an example
  // Accepts only specs of the method `classification`.
  bool needs_classification = false;
};

// Does everything that main does and returns its exit status. --help describes
// the flags.
int RunTrainCommand(const TrainCommand& command, int argc, char** argv);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_COMMAND_H_
