// Where a debug build writes how often each line ran (Package.swift: -profile-generate), unless LLVM_PROFILE_FILE names a
// file as `make test` does: nowhere, so that a daemon started by hand leaves nothing in its folder.
// compiler-rt has this name as a weak symbol of its own, default.profraw.
const char __llvm_profile_filename[] = "/dev/null";
