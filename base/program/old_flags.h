// Accepts flags under the names that they once had.
//
//   RenameOldFlags(argc, argv);  // --run_dir=a becomes --run=a, with a note
//
// One thing has one name in every program: --run is a run folder, --checkpoint
// a file of weights or a run whose weights are read, --data a data set, --spec
// a spec, --out what is written (docs/commands.md). Commands that people wrote
// down with the older names still work.
//
// Caveat: a program that defines a flag of an old name keeps it.
#ifndef CALDERA_BASE_PROGRAM_OLD_FLAGS_H_
#define CALDERA_BASE_PROGRAM_OLD_FLAGS_H_

namespace caldera::base {

// Replaces each argument that names a flag by its old name, where this program
// has the flag of the new name, and says so on stderr, once for each name.
// Arguments behind "--" stay. Call this before the flags are parsed.
void RenameOldFlags(int argc, char** argv);

}  // namespace caldera::base

#endif  // CALDERA_BASE_PROGRAM_OLD_FLAGS_H_
