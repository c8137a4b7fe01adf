// What signals do to a run. While it trains, a signal is a wish that the loop
// reads between two steps; before and after that, nothing would be lost that is
// not in the run folder already, and the program ends at once.
//
//   HandleSignals();                  // when the program starts
//   BeginTraining();
//   options.should_stop = [](int64_t) { return StopSignal() != 0; };
//   options.should_save = [](int64_t) { return TakeSaveRequest(); };
//   EndTraining();
//
//   INT, TERM, HUP, XCPU   a checkpoint, then the end, with status 128 + signal
//   USR1, USR2             a checkpoint; the run goes on
//
// `sbatch --signal=USR1@120` and preemption by submitit announce an end by USR1
// or USR2, which SIGTERM then follows: so they save and do not end. A second
// INT ends at once; a second TERM does not, as launchers send it to a process
// and again to its group. HUP stays ignored where it was (nohup).
#ifndef CALDERA_SSL_RUN_SIGNALS_H_
#define CALDERA_SSL_RUN_SIGNALS_H_

namespace caldera::ssl {

void HandleSignals();

void BeginTraining();
void EndTraining();

// Returns the signal that asked this process to stop, 0 if none did.
int StopSignal();

// Returns true once for each request to save (several may be one).
bool TakeSaveRequest();

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_RUN_SIGNALS_H_
