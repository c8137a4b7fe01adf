#ifndef CALDERA_SSL_TRAIN_COMMAND_H_
#define CALDERA_SSL_TRAIN_COMMAND_H_

// The command that trains what a spec describes, under its several names.
//
//   int main(int argc, char** argv) {
//     return ssl::RunTrainCommand({"pretrain", "trains an encoder ...",
//                                  "fashion_mnist/m_mae"}, argc, argv);
//   }

namespace caldera::ssl {

struct TrainCommand {
  const char* name;     // the binary's
  const char* purpose;  // goes on "name: ..." in --help
  const char* spec;     // an example
  // Only specs of the method `classification` are taken.
  bool needs_classification = false;
};

// Everything that main does; its exit status. --help says the rest.
int RunTrainCommand(const TrainCommand& command, int argc, char** argv);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_COMMAND_H_
